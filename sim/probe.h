/* SPDX-License-Identifier: Apache-2.0 */
/* A bare closed loop for the peers of our benches: the same devices, window and sizes as the fleet's, one
 * datagram a device, whatever comes back counts as its answer. */
#ifndef COTTER_SIM_PROBE_H
#define COTTER_SIM_PROBE_H

#include <cotter/status.h>

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

typedef enum probe_kind {
    PROBE_ECHO, /* `size` bytes to an echo service */
    PROBE_GET   /* a confirmable CoAP GET of `path` */
} probe_kind;

typedef struct probe_config {
    struct sockaddr_in server;
    uint32_t count;
    uint32_t window;
    probe_kind kind;
    size_t size;
    const char *path;
    cot_ms duration;
} probe_config;

/* Answers that came within the duration; −1 with a line on stderr. */
int64_t probe_run(const probe_config *c);

#endif
