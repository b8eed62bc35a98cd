/* SPDX-License-Identifier: Apache-2.0 */
/* Adds a fleet's devices to the server by its REST API, as an operator would: POST /devices/import. */
#ifndef COTTER_SIM_PROVISION_H
#define COTTER_SIM_PROVISION_H

#include "sim/client.h"
#include "sim/credentials.h"

#include <stdbool.h>

/* Import `count` devices (credentials NULL: NoSec) into `group` (NULL: none). True when all are there;
 * false with a line on stderr. */
bool sim_provision(const char *api, const char *token_file, const char *group,
                   const sim_settings *settings, const sim_credentials *credentials,
                   uint32_t count);

#endif
