/* SPDX-License-Identifier: Apache-2.0 */
/* A worker in this process with a scripted hub and devices on loopback sockets, in virtual time (link with
 * -Wl,--wrap=clock_gettime). */
#ifndef COTTER_TESTS_UNIT_NET_WORLD_H
#define COTTER_TESTS_UNIT_NET_WORLD_H

#include "server/net/net.h"
#include "server/net/session.h"

#define WORLD_MESSAGES 256u

typedef struct world_message {
    ipc_type type;
    size_t len;
    uint8_t body[4096];
} world_message;

typedef struct world {
    loop loop;
    net_worker *w;
    int table;
    int sockets[2]; /* plain, DTLS */
    uint16_t port[2];
    ipc_channel hub; /* our end */
    ipc_channel keys;
    world_message inbox[WORLD_MESSAGES];
    unsigned head;
    unsigned tail;
    bool hub_answers; /* say 2.01, 2.04, 2.02 by itself */
    uint8_t answer_register;
    role_config config;
} world;

typedef struct world_device {
    int fd;
    uint16_t mid;
    uint8_t bytes[2048]; /* the last datagram */
    size_t len;
    cot_coap_msg msg; /* in `bytes` */
    cot_coap_view view;
    char location[23];
} world_device;

void world_open(world *x); /* for 1,000 devices */
void world_open_for(world *x, uint32_t devices);
void world_close(world *x);
void world_advance(cot_ms ms); /* the clock only */
/* Turns, with the clock going on, until nothing more can happen in `ms`. */
void world_run(world *x, cot_ms ms);
/* SIGKILL and a new worker on the same table; hub is introduced anew. */
void world_kill(world *x);
void world_hub_goes(world *x);
void world_hub_comes(world *x);
/* The next message that hub got, or fail; NULL from _peek when there is none. */
world_message *world_hub_got(world *x, ipc_type type);
world_message *world_hub_peek(world *x, ipc_type type);

void device_open(world_device *d, uint8_t host); /* 127.0.0.HOST */
void device_close(world_device *d);
void device_send(world *x, world_device *d, const uint8_t *bytes, size_t len);
/* A request: "POST", "rd", "ep=a&lt=60", content-format or -1, payload. Returns its MID. */
uint16_t device_request(world *x, world_device *d, uint8_t type, uint8_t code, const char *path,
                        const char *query, int format, const char *payload);
/* Take the next datagram; false when there is none. */
bool device_got(world_device *d);
/* Register and note the location. */
void device_register(world *x, world_device *d, const char *endpoint, uint32_t lifetime);
void device_respond(world *x, world_device *d, uint8_t type, uint8_t code, int observe, int format,
                    const void *payload, size_t len);

#endif
