/* SPDX-License-Identifier: Apache-2.0 */
/* A build without instruments: nothing beyond the roles' lists. */
#include "server/sandbox/lists.h"

const sandbox_list sandbox_instruments = {NULL, 0};
const bool sandbox_instrumented = false;
char *const sandbox_environment[] = {NULL};
