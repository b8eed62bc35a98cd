/* SPDX-License-Identifier: Apache-2.0 */
/* The client's state and the calls between the files of device/. What a file owns of the state is
 * said beside it; others only read it. docs/internals/device.md has the whole. */
#ifndef COTTER_DEVICE_ENGINE_H
#define COTTER_DEVICE_ENGINE_H

#include "core/coap/block.h"
#include "core/coap/observe.h"
#include "core/coap/rules.h"
#include "core/lwm2m/content.h"
#include "core/lwm2m/link.h"

#include <cotter/client.h>
#include <cotter/update.h>

#define COT__ANY 65535u /* in a place: all instances, all resources */
#define COT__LOCATION_MAX 80u

typedef enum cot__link_state {
    COT__LINK_DOWN, /* until retry_at */
    COT__LINK_CONNECTING,
    COT__LINK_UP,
    COT__LINK_ENDED
} cot__link_state;

typedef enum cot__registration_state {
    COT__REG_NONE,
    COT__REG_REGISTERING,
    COT__REG_STANDS,
    COT__REG_UPDATING,
    COT__REG_LEAVING
} cot__registration_state;

/* What the one outstanding confirmable message is. */
typedef enum cot__request_kind {
    COT__REQUEST_NONE,
    COT__REQUEST_REGISTRATION,
    COT__REQUEST_NOTIFY,
    COT__REQUEST_FETCH
} cot__request_kind;

typedef struct cot__observation {
    cot_coap_notifier notifier;
    cot_ms sent_at;
    bool used;
    bool dirty;          /* something below path has changed since sent_at */
    uint8_t unconfirmed; /* notifications since the last confirmable one */
    cot_coap_token token;
    cot_lwm2m_path path;
    uint16_t format;
} cot__observation;

enum { COT__PMIN, COT__PMAX, COT__PERIODS };

typedef struct cot__attributes {
    uint32_t period[COT__PERIODS]; /* s */
    cot_lwm2m_path path;
    uint8_t has; /* bit n: period[n]; 0: the place is free */
} cot__attributes;

/* Bytes first, then words, then what is large: Thumb reaches the first 32 and 128 bytes in 2 bytes. */
typedef struct cot__client {
    const cot_client_config *config;

    /* connection.c */
    cot__link_state link;
    uint8_t failures; /* in a row */
    bool stopping;
    bool unseeded; /* client.c: the entropy has failed in this poll */

    /* request.c */
    cot__request_kind request_kind;

    /* registration.c */
    cot__registration_state registration;
    bool links_changed;
    bool with_lifetime; /* the message in work has lt= */

    uint8_t builtin_count; /* objects/ */

    size_t request_len;
    cot__observation *request_observation; /* of NOTIFY */
    uint32_t lifetime;                     /* seconds, 1/0/1 */
    uint32_t lifetime_sent;                /* that the server knows */
    uint32_t period[COT__PERIODS];         /* 1/0/2 and 1/0/3 (0: none), s */
    uint32_t collect_key;                  /* of method, format and Request-Tag */

    cot_ms now;       /* of the running poll */
    cot_ms retry_at;  /* DOWN: the next attempt; else when this address counts as silent */
    cot_ms update_at; /* REG_NONE: not before this, a busy server has said 5.xx */
    cot_ms collect_at;
    cot_coap_exchange exchange; /* request.c */
    cot_coap_push push;         /* of the links */

    /* blocks.c: the body that comes in by Block1 */
    cot_coap_collect collect;
    cot_lwm2m_path collect_path;

    cot_address server; /* connection.c */
    cot_coap_peer peer;
    cot_object builtin[3];            /* 1, 3, 5 */
    char location[COT__LOCATION_MAX]; /* segments joined by '/' */
} cot__client;

_Static_assert(sizeof(cot__client) <= COT_CLIENT_SIZE, "COT_CLIENT_SIZE in cotter/client.h");
_Static_assert(sizeof(cot__observation) == sizeof(cot_observation), "cotter/client.h");
_Static_assert(sizeof(cot__attributes) == sizeof(cot_attributes), "cotter/client.h");

/* A request of the server that is being served, and the answer in the making. */
typedef struct cot__request {
    const cot_coap_msg *msg;
    cot_coap_view view;
    cot_lwm2m_path path;
    const cot_object *object;
    const cot_resource *resource; /* NULL above the level of resources */
    cot_bytes payload;            /* whole, also when it came in blocks */
} cot__request;

typedef struct cot__reply {
    uint8_t code;
    uint16_t format; /* COT_COAP_NO_FORMAT: no payload */
    size_t len;      /* of the payload in memory.body */
    uint32_t observe_value;
    uint32_t size1; /* 0: no such option */
    cot_coap_block block1;
    bool has_observe;
    bool has_block1;
} cot__reply;

static inline cot__client *cot__of(cot_client *c)
{
    return (cot__client *)(void *)c;
}

/* --- client.c --- */
void cot__emit(cot__client *c, const cot_event *e);
void cot__emit_kind(cot__client *c, cot_event_kind kind); /* all else zero */
uint32_t cot__random(cot__client *c); /* without entropy the poll ends the link */
uint8_t cot__szx_for(size_t message_cap);

/* --- connection.c: resolve, open the channel, back off --- */
/* Seal and send one CoAP message. `msg` may lie in memory.tx. What cannot be sent counts as lost. */
void cot__connection_send(cot__client *c, const uint8_t *msg, size_t len);
void cot__connection_receive(cot__client *c, bool *more);
void cot__connection_tick(cot__client *c);
cot_ms cot__connection_deadline(const cot__client *c);
/* This attempt, or the link that stood, has failed (`code`: the server's answer, or 0): back off,
 * then begin anew. */
void cot__connection_fail(cot__client *c, cot_status why, uint8_t code);
void cot__connection_end(cot__client *c);

/* --- dispatch.c: one received CoAP message --- */
void cot__dispatch(cot__client *c, const uint8_t *msg, size_t len);

/* --- blocks.c --- */
/* Make q->payload whole. True: it is; false: *reply is what to answer for this block. */
bool cot__blocks_collect(cot__client *c, cot__request *q, cot__reply *reply);
/* When memory.body is free again of a body that is coming in; not after now: it is free. */
cot_ms cot__blocks_free_at(const cot__client *c);
/* A notification or answer into out[0..cap): options, and the slice of memory.body that q wants. */
cot_status cot__blocks_write(cot__client *c, uint8_t *out, size_t cap, const cot_coap_head *h,
                             const cot_coap_view *q, const cot__reply *reply, size_t *len);

/* --- operations.c: from method and path to read, write, … --- */
void cot__serve(cot__client *c, cot__request *q, cot__reply *reply);

/* --- table.c --- */
size_t cot__object_count(const cot__client *c);
const cot_object *cot__object_at(const cot__client *c, size_t i);
const cot_resource *cot__resource_find(const cot_object *o, uint16_t id);
/* Sets q->object and q->resource to what q->path names. False: it is not in the tables (a resource
 * instance: within `items`). */
bool cot__locate(const cot__client *c, cot__request *q);

/* All places of an object's table at or below a path, in ascending order. */
typedef struct cot__walk {
    const cot_object *o;
    const cot_lwm2m_path *below;
    const cot_resource *resource; /* of the place last given */
    uint16_t item;                /* the next one of `resource` */
    uint8_t i;
    uint8_t r;
} cot__walk;
void cot__walk_init(cot__walk *w, const cot_object *o, const cot_lwm2m_path *below);
bool cot__walk_next(cot__walk *w, cot_place *at);

/* --- read.c --- */
/* Put the representation of what q has located into memory.body. Returns the CoAP code: 2.05 and
 * *len, or an error. */
uint8_t cot__read(cot__client *c, const cot__request *q, uint16_t format, size_t *len);
/* The value at one place, of the table's type. COT_OK, COT_E_NOT_FOUND, or the callback's. */
cot_status cot__read_value(const cot_object *o, const cot_resource *r, const cot_place *at,
                           cot_value *v);

/* --- write.c --- */
/* The answer to a write or an Execute that ended with `s`. */
uint8_t cot__code_of(cot_status s);
uint8_t cot__write(cot__client *c, const cot__request *q, bool replace);

/* --- discover.c --- */
uint8_t cot__discover(cot__client *c, const cot__request *q, size_t *len);
/* The links of a registration into memory.body. COT_OK; COT_E_SPACE. */
cot_status cot__discover_all(const cot__client *c, size_t *len);

/* --- attributes.c: pmin and pmax --- */
uint8_t cot__attributes_write(cot__client *c, const cot__request *q);
/* pmin, or pmax with 0 for none, in force for an observation of `path`, in s. */
uint32_t cot__attributes_period(const cot__client *c, const cot_lwm2m_path *path, bool max);
void cot__attributes_link(const cot__client *c, cot_link_writer *l, const cot_lwm2m_path *path);

/* --- observe.c --- */
/* A GET with Observe 0 was read well: keep it. Sets reply->has_observe when there was room. */
void cot__observe_add(cot__client *c, const cot__request *q, cot__reply *reply);
void cot__observe_cancel(cot__client *c, const cot_coap_token *token);
void cot__observe_reset(cot__client *c, uint16_t mid); /* a RST came for a NON notification */
void cot__observe_clear(cot__client *c);
/* What lies at, above or below `path` has another value now. */
void cot__changed(cot__client *c, const cot_lwm2m_path *path);
void cot__observe_tick(cot__client *c);
cot_ms cot__observe_deadline(const cot__client *c);
/* What became of the confirmable notification. */
typedef enum cot__outcome { COT__CONFIRMED, COT__REJECTED, COT__LOST } cot__outcome;
void cot__observe_outcome(cot__client *c, cot__outcome what);

/* --- request.c: the one outstanding confirmable message --- */
bool cot__request_possible(const cot__client *c);
/* Head for a new request with a fresh token and mid. COT_OK; COT_E_AGAIN; COT_E_IO. */
cot_status cot__request_head(cot__client *c, uint8_t code, cot_coap_head *h);
/* memory.request[0..len) begins with `h`: send it and keep it. */
void cot__request_send(cot__client *c, cot__request_kind kind, const cot_coap_head *h, size_t len);
void cot__request_tick(cot__client *c);
void cot__request_cancel(cot__client *c);
/* An answer, an ACK or a RST for it came; `m` and `v` are NULL without a response. */
void cot__request_event(cot__client *c, const cot_coap_event *e, const cot_coap_msg *m,
                        const cot_coap_view *v);

/* --- registration.c --- */
void cot__registration_tick(cot__client *c);
cot_ms cot__registration_deadline(const cot__client *c);
/* m and v NULL: no answer came, or a RST. */
void cot__registration_answer(cot__client *c, const cot_coap_msg *m, const cot_coap_view *v);
void cot__registration_forget(cot__client *c);

/* --- objects/ --- */
void cot__objects_init(cot__client *c);
extern const cot_object cot__object_server; /* their ctx is the client */
extern const cot_object cot__object_device;
extern const cot_object cot__object_firmware;
extern const uint16_t cot__instance_0[1];
cot_status cot__text_value(const char *text, cot_value *v); /* NULL: COT_E_NOT_FOUND */

#endif
