/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, as steps from version to version; internal to store/. */
#ifndef COTTER_SERVER_HUB_STORE_SCHEMA_H
#define COTTER_SERVER_HUB_STORE_SCHEMA_H

#include "server/hub/store/store.h"

/* store__migration[v] are the statements, NULL last, that bring a database from version v to v + 1. */
extern const char *const *const store__migration[STORE_VERSION];

#endif
