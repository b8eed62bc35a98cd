/* SPDX-License-Identifier: Apache-2.0 */
/* The LwM2M 1.1 client engine of a device. One static cot_client, buffers given by the caller, no
 * allocation, no threads. A whole device is examples/minimal.c.
 *
 *     cot_client_init(&client, &config);
 *     for (;;) {
 *         cot_ms next = cot_client_poll(&client, now());
 *         sleep until `next`, a datagram or an event of the application;
 *     } */
#ifndef COTTER_CLIENT_H
#define COTTER_CLIENT_H

#include <cotter/channel.h>
#include <cotter/object.h>
#include <cotter/port.h>
#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values of resource 0/x/2 (OMA LwM2M Core 1.1, appendix E.1). */
typedef enum cot_security_mode {
    COT_MODE_PSK = 0,
    COT_MODE_RPK = 1,
    COT_MODE_X509 = 2,
    COT_MODE_NOSEC = 3
} cot_security_mode;

/* Instance 0 of objects 0 and 1: the server that the device registers with. */
typedef struct cot_account {
    const char *uri; /* coap://HOST[:PORT] or coaps://…; HOST a name, an IPv4 or a bracketed IPv6
                        literal; lives as long as the client */
    uint16_t short_server_id; /* 1 … 65534 */
    cot_security_mode mode;
    uint32_t lifetime;    /* seconds, ≥ 1; the server may change it (1/0/1) until the restart */
    cot_channel *channel; /* carries the datagrams: a nosec or dtls channel of the application's */
} cot_account;

/* Object 3, instance 0. NULL leaves a text out. */
typedef struct cot_device_info {
    const char *manufacturer;
    const char *model;
    const char *serial;
    const char *firmware_version; /* 3/0/3: what rollouts compare; the exact text of the release */
} cot_device_info;

typedef enum cot_event_kind {
    COT_EVENT_CONNECTING,   /* resolving, handshaking or registering has begun */
    COT_EVENT_REFUSED,      /* the attempt failed: status, code; it is repeated at retry_at */
    COT_EVENT_REGISTERED,   /* a registration is acknowledged */
    COT_EVENT_UPDATED,      /* a registration update is acknowledged */
    COT_EVENT_LOST,         /* a registration that stood is gone: status, code; registers anew */
    COT_EVENT_DEREGISTERED, /* cot_client_stop() has finished; nothing more happens */
    COT_EVENT_REBOOT,       /* 3/0/4 was executed: the application restarts after this poll */
    COT_EVENT_FIRMWARE,     /* 5/0/3 or 5/0/5 changed: firmware_state, firmware_result */
    COT_EVENT_NOTIFIED,     /* a notification has left */
    COT_EVENT_RESTART       /* the port's reset comes next, to try the new firmware */
} cot_event_kind;

typedef struct cot_event {
    cot_event_kind kind;
    cot_status status;       /* why, for REFUSED, LOST; else COT_OK */
    uint8_t code;            /* CoAP code of the answer (0x84 = 4.04), 0 when there was none */
    cot_refusal refusal;     /* REFUSED, LOST: what the channel says */
    cot_ms retry_at;         /* REFUSED, LOST: when the next attempt begins */
    uint8_t firmware_state;  /* 5/0/3 */
    uint8_t firmware_result; /* 5/0/5 */
} cot_event;

/* Room for one observation, and for pmin and pmax of one path (Write-Attributes). The caller gives
 * arrays of them; what is inside is the library's. */
typedef struct cot_observation {
    _Alignas(8) unsigned char opaque[48];
} cot_observation;

typedef struct cot_attributes {
    _Alignas(4) unsigned char opaque[20];
} cot_attributes;

/* All memory of the client beside itself. Lives as long as the client. */
typedef struct cot_client_memory {
    uint8_t *rx; /* one received datagram */
    size_t rx_cap;
    uint8_t *tx; /* one datagram to send; as large as rx, or, to save memory, rx itself */
    size_t tx_cap;
    uint8_t *request; /* the one outstanding confirmable message of ours; ≥ 192. Its size sets the
                         block size of a registration and of confirmable notifications. */
    size_t request_cap;
    uint8_t *body; /* one representation, in or out: the largest that can be read or, in blocks,
                      written */
    size_t body_cap;
    cot_observation *observations;
    size_t observation_count;
    cot_attributes *attributes;
    size_t attribute_count;
} cot_client_memory;

/* A firmware updater, <cotter/update.h>. */
typedef struct cot_update cot_update;

typedef struct cot_client_config {
    const char *endpoint; /* endpoint client name, ≤ 64 bytes */
    cot_account account;
    cot_device_info device;
    const cot_object *const *objects; /* the application's own, ascending by id; 1, 3, 5 are in */
    size_t object_count;
    const cot_port *port;
    cot_update *update; /* NULL: no object 5 */
    cot_client_memory memory;
    uint8_t
        confirm_every; /* every n-th notification of an observation is confirmable, and one a day
                              at least; 0 and 1: each one */
    /* Called from cot_client_poll(); `e` lives during the call. May call cot_client_changed,
     * _update and _stop. NULL: nobody listens. */
    void (*event)(void *app, const cot_event *e);
    void *app;
} cot_client_config;

#define COT_CLIENT_SIZE (280 + 40 * sizeof(void *))
typedef struct cot_client {
    _Alignas(8) unsigned char opaque[COT_CLIENT_SIZE];
} cot_client;

/* Prepare the client; sends nothing. `config` is borrowed for the client's life, as all that it
 * names. COT_OK; COT_E_RANGE: endpoint, lifetime, short id or a buffer's size is out of range;
 * COT_E_MALFORMED: the URI; COT_E_IO: no entropy. */
cot_status cot_client_init(cot_client *c, const cot_client_config *config);

/* Do all that is due at `now`: take datagrams, answer, send, retry, notify. Never blocks by itself.
 * Returns the time by which it wants to be called again (it may be called earlier at any time, and
 * must be when the port has a datagram); COT_NEVER after COT_EVENT_DEREGISTERED. */
cot_ms cot_client_poll(cot_client *c, cot_ms now);

/* The value of a resource (or, with 65535, of a whole instance; with 65535 twice, the object's list
 * of instances) has changed: notify who observes it, register the list anew. */
void cot_client_changed(cot_client *c, uint16_t object, uint16_t instance, uint16_t resource);

/* Send a registration update at the next poll. COT_OK; COT_E_STATE: not registered. */
cot_status cot_client_update(cot_client *c);

/* Deregister and end; COT_EVENT_DEREGISTERED comes when it is acknowledged or given up. */
void cot_client_stop(cot_client *c);

bool cot_client_registered(const cot_client *c);

#endif
