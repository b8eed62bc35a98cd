/* SPDX-License-Identifier: Apache-2.0 */
/* Stored commands (rule 9), observations, and the last values of resources. */
#ifndef COTTER_SERVER_HUB_STORE_COMMAND_H
#define COTTER_SERVER_HUB_STORE_COMMAND_H

#include "server/hub/store/store.h"

#include "core/lwm2m/path.h"
#include "server/ipc/messages.h"

#include <cotter/value.h>

#define STORE_DETAIL_MAX 160u
#define STORE_KEY_MAX 64u       /* bytes of an idempotency key */
#define STORE_COMMANDS_KEPT 100 /* finished commands of a device */

typedef enum store_command_state { /* stored as numbers: never change one */
                                   STORE_QUEUED = 0,
                                   STORE_SENT = 1, /* given to a worker; the device may have it */
                                   STORE_DONE = 2,
                                   STORE_FAILED = 3,  /* the device answered with an error */
                                   STORE_UNKNOWN = 4, /* no answer: it may have happened */
                                   STORE_EXPIRED = 5,
                                   STORE_CANCELLED = 6
} store_command_state;

typedef enum store_origin {
    STORE_ORIGIN_API = 0,
    STORE_ORIGIN_OBSERVE = 1, /* hub renews an observation after a registration */
    STORE_ORIGIN_UPGRADE = 2  /* a step of the upgrade engine */
} store_origin;

typedef struct store_command {
    store_id id;
    store_id device;
    uint8_t operation; /* ipc_operation */
    cot_lwm2m_path path;
    uint16_t format;
    uint8_t origin;
    uint8_t state;
    uint8_t code; /* CoAP code; 0: none */
    char detail[STORE_DETAIL_MAX + 1];
    uint16_t mid;
    uint8_t token[8];
    store_ms created_at;
    store_ms sent_at;     /* CLOCK_BOOTTIME: its age must not follow steps of the wall clock */
    bool again;           /* given to a worker more than once */
    store_ms finished_at; /* 0: not yet */
} store_command;

typedef struct store_command_new {
    store_id device;
    uint8_t operation;
    cot_lwm2m_path path;
    uint16_t format;
    cot_bytes payload;
    uint8_t origin;
    cot_bytes key; /* idempotency; empty: none */
    store_ms now;
} store_command_new;

/* The device's command with that idempotency key. COT_E_NOT_FOUND, also for an empty key. */
cot_status store_command_find(store *s, store_id device, cot_bytes key, store_id *id);
cot_status store_command_add(store *s, const store_command_new *c, store_id *id);
/* COT_E_NOT_FOUND. */
cot_status store_command_get(store *s, store_id id, store_command *out);
/* The payload into buf. COT_E_SPACE. */
cot_status store_command_payload(store *s, store_id id, uint8_t *buf, size_t cap, size_t *len);
/* The oldest command of the device that is queued or sent. COT_E_NOT_FOUND: none. */
cot_status store_command_first_open(store *s, store_id device, store_command *out);
/* Open commands of a device, to bound them. */
cot_status store_command_count_open(store *s, store_id device, uint64_t *out);
cot_status store_command_sent(store *s, store_id id, uint16_t mid, const uint8_t token[static 8],
                              store_ms now);
/* It is given to a worker again. */
cot_status store_command_again(store *s, store_id id);
/* Back into the queue: it has no effect if sent twice, and gets a new message id. */
cot_status store_command_requeue(store *s, store_id id);
/* Final states. Only the newest STORE_COMMANDS_KEPT finished ones of a device are kept. */
cot_status store_command_finish(store *s, const store_command *c, uint8_t state, uint8_t code,
                                cot_bytes detail, store_ms now);

/* Take the device's queued commands of that origin back. */
cot_status store_command_withdraw(store *s, store_id device, uint8_t origin, store_ms now);

typedef bool store_command_row(void *ctx, const store_command *c);
/* A device's commands with id < before (0: all), newest first. */
cot_status store_command_list(store *s, store_id device, store_id before, store_command_row *row,
                              void *ctx);
/* Commands under way at a worker with id > after, in the order of their ids: up to `cap` ids. */
cot_status store_command_ids_sent(store *s, uint8_t worker, store_id after, store_id *ids,
                                  size_t cap, size_t *count);
/* Commands that were sent before `before` or, by another boot's clock, after `now`: up to `cap` ids. */
cot_status store_command_ids_overdue(store *s, store_ms before, store_ms now, store_id *ids,
                                     size_t cap, size_t *count);

/* ---- observations ---- */

typedef struct store_observation {
    cot_lwm2m_path path;
    uint8_t token[8];
    char attributes[STORE_DETAIL_MAX + 1]; /* "pmin=1&pmax=60", "" */
    store_ms created_at;
} store_observation;

cot_status store_observation_put(store *s, store_id device, const store_observation *o);
cot_status store_observation_get(store *s, store_id device, const cot_lwm2m_path *path,
                                 store_observation *out);
cot_status store_observation_by_token(store *s, store_id device, const uint8_t token[static 8],
                                      store_observation *out);
cot_status store_observation_remove(store *s, store_id device, const cot_lwm2m_path *path);
typedef bool store_observation_row(void *ctx, const store_observation *o);
cot_status store_observation_list(store *s, store_id device, store_observation_row *row, void *ctx);

/* ---- last values ---- */

cot_status store_value_put(store *s, store_id device, const cot_lwm2m_path *path,
                           const cot_value *v, store_ms at);
typedef bool store_value_row(void *ctx, const cot_lwm2m_path *path, const cot_value *v,
                             store_ms at);
/* After a path (level 0: from the first), in the order of paths. */
cot_status store_value_list(store *s, store_id device, const cot_lwm2m_path *after,
                            store_value_row *row, void *ctx);

#endif
