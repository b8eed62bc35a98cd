/* SPDX-License-Identifier: Apache-2.0 */
/* The types of the common objects' resources, for formats that do not carry them: TLV and text have none,
 * SenML has one number type (OMA LwM2M Core 1.1 appendix E; OMA registry). Only the server asks. */
#ifndef COTTER_LWM2M_TYPES_H
#define COTTER_LWM2M_TYPES_H

#include "core/lwm2m/path.h"

#include <cotter/value.h>

/* The type of the resource (or resource instance) at `path`. COT_NONE: not known, or `path` names none. */
cot_type cot_lwm2m_type_of(const cot_lwm2m_path *path);

#endif
