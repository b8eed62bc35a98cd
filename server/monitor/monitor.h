/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's state: its children and what it hands them. */
#ifndef COTTER_SERVER_MONITOR_MONITOR_H
#define COTTER_SERVER_MONITOR_MONITOR_H

#include "server/monitor/config.h"
#include "server/monitor/files.h"
#include "server/role_wire.h"

#include <sys/types.h>

#define MONITOR_CHILDREN (ROLE_WORKERS_MAX + 3u)
#define MONITOR_CHANNEL_FD 3 /* in a child, right after its start */
#define MONITOR_ROOT_FD 4
#define MONITOR_LOCK_FD 5
#define MONITOR_DATA_LOCK_FD 6

typedef struct monitor monitor;

typedef struct child {
    monitor *m;
    uint8_t role; /* ipc_role */
    uint8_t index;
    bool wanted;  /* to be started again when it dies */
    bool ready;   /* it said so, in this generation */
    bool once;    /* it was ready once */
    bool crashed; /* its last run ended in a fault of its own */
    uint32_t generation;
    pid_t pid;    /* 0: not running */
    loop_io exit; /* its pidfd */
    ipc_channel channel;
    loop_timer again;
    cot_ms started;
    uint32_t failures; /* in a row: the back-off's step */
} child;

typedef struct listener {
    int fds[ROLE_WORKERS_MAX];
    char address[ROLE_ADDRESS_MAX];
    bool loopback;
    bool dtls;
} listener;

struct monitor {
    config config;
    files files;
    loop loop;
    const char *version;
    child children[MONITOR_CHILDREN];
    size_t child_count;
    cot_ms connected[MONITOR_CHILDREN][MONITOR_CHILDREN]; /* when; [lower][higher] */
    listener udp[2 * ROLE_LISTENERS];
    size_t udp_count;
    int http, http_unix, https; /* -1: none */
    char http_address[ROLE_ADDRESS_MAX];
    char https_address[ROLE_ADDRESS_MAX];
    loop_io signals;
    loop_timer late; /* a stage of the stop takes too long */
    uint8_t stage;   /* of the stop; 0: running */
    int status;      /* exit status */
};

/* Run until stopped; the exit status. */
int monitor_run(monitor *m, const char *config_file, const char *version);

/* Names as in argv and logs: "net". */
const char *role_name(uint8_t role);

/* Start it: a new process, its descriptors and configuration, channels to its peers. Never fails: what
 * goes wrong is tried again with back-off. */
void child_start(child *c);
/* Called by child.c. */
void monitor_renew_listeners(monitor *m); /* those of http that a former http has shut down */
void monitor_child_ready(child *c);
void monitor_child_failed(child *c, cot_bytes text);
void monitor_child_died(child *c);

#endif
