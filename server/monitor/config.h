/* SPDX-License-Identifier: Apache-2.0 */
/* cotterd's configuration file (libconfig syntax): what it may say, and its defaults. Commented in
 * packaging/cotterd.conf. */
#ifndef COTTER_SERVER_MONITOR_CONFIG_H
#define COTTER_SERVER_MONITOR_CONFIG_H

#include "server/role.h"

#include <limits.h>

#define CONFIG_PATH_MAX 256u
#define CONFIG_ERROR_MAX 512u

/* An IP address and port as written, "127.0.0.1:5683" or "[::]:5684". */
typedef struct config_listener {
    char text[ROLE_ADDRESS_MAX];
} config_listener;

typedef struct config {
    char data[CONFIG_PATH_MAX];
    char run[CONFIG_PATH_MAX];
    uint32_t workers; /* 1..ROLE_WORKERS_MAX */
    uint32_t max_devices;
    uint32_t handshakes;
    uint32_t lifetime_min; /* s */
    uint32_t lifetime_max;
    bool allow_nosec;
    config_listener coap[ROLE_LISTENERS]; /* "" ends the list */
    config_listener coaps[ROLE_LISTENERS];
    char client_ca[CONFIG_PATH_MAX]; /* PEM; "": X.509 is not offered */
    char public_uri[ROLE_TEXT_MAX];
    config_listener http; /* "": no plain HTTP */
    char http_unix[CONFIG_PATH_MAX];
    config_listener https;
    char https_certificate[CONFIG_PATH_MAX];
    char https_key[CONFIG_PATH_MAX];
    char users[5][64]; /* by ipc_role; [0]: the group that may read the admin token */
} config;

/* Defaults, then the file. `error` gets one line "FILE:LINE: KEY: what is wrong" without a newline.
 * COT_OK; COT_E_MALFORMED; COT_E_NOT_FOUND (the file cannot be read). */
cot_status config_load(config *c, const char *file, char error[static CONFIG_ERROR_MAX]);

#endif
