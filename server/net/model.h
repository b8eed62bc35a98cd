/* SPDX-License-Identifier: Apache-2.0 */
/* Types of the resources of common objects, for formats that do not carry them. */
#ifndef COTTER_SERVER_NET_MODEL_H
#define COTTER_SERVER_NET_MODEL_H

#include <cotter/value.h>

/* COT_NONE: not known. */
cot_type net_model_type(uint16_t object, uint16_t resource);

#endif
