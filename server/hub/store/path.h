/* SPDX-License-Identifier: Apache-2.0 */
/* A path as one number, in the order of paths; internal to store/. */
#ifndef COTTER_SERVER_HUB_STORE_PATH_H
#define COTTER_SERVER_HUB_STORE_PATH_H

#include "core/lwm2m/path.h"

int64_t store__path_number(const cot_lwm2m_path *p);
cot_lwm2m_path store__path_of_number(int64_t number);

#endif
