/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: its state, and what its parts call of each other. One thread, no malloc after the start; every
 * pool is bounded. How a datagram goes through it: docs/internals/net.md. */
#ifndef COTTER_SERVER_NET_NET_H
#define COTTER_SERVER_NET_NET_H

#include "core/base/wheel.h"
#include "core/coap/block.h"
#include "core/coap/observe.h"
#include "core/coap/rules.h"
#include "core/coap/view.h"
#include "server/ipc/ipc.h"
#include "server/net/pool.h"
#include "server/net/table/table.h"
#include "server/role.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define NET_LISTENERS 8u
#define NET_BATCH 64u
#define NET_DATAGRAM 2048u /* a longer one is dropped and counted */
#define NET_MESSAGE 1280u  /* the longest CoAP message that we send */
#define NET_SZX 6u         /* blocks of 1,024 bytes */
#define NET_BLOCK 1024u
#define NET_JOBS 4096u /* operations for hub, under way or waiting */
#define NET_JOBS_A_DEVICE 8u
#define NET_PENDING 4096u        /* requests of devices that wait for hub */
#define NET_PENDINGS_A_DEVICE 3u /* one of them may be a registration that comes in blocks */
#define NET_ID_INDICES 4096u     /* an id has 12 bits for an index of the asker's */
#define NET_PATHS 1024u          /* address changes that are being verified */
#define NET_BODIES 64u           /* long bodies, IPC_PAYLOAD_MAX each */
#define NET_RELEASES 8u          /* firmware images mapped */
#define NET_WAITERS 16u          /* requests that wait for one to be mapped */
#define NET_PIGGYBACK_MS 1000u   /* a request that waits longer gets an empty ACK */
#define NET_REFRESH_MS 4000u     /* a refresh reaches hub after this, the store within 5 s */

typedef struct net_worker net_worker;
typedef struct net_session_part net_session_part; /* DTLS: session.h */

typedef struct net_listener {
    net_worker *w;
    loop_io io;
    bool dtls;
    bool loopback;
} net_listener;

/* Who a datagram came from. */
typedef struct net_peer {
    uint32_t slot; /* TABLE_NONE: nobody known */
    bool moved;    /* `from` is not (yet) the slot's address */
    table_address from;
} net_peer;

/* A request that is being served. */
typedef struct net_request {
    net_peer who;
    cot_coap_msg msg;
    cot_coap_view view;
    cot_coap_peer *peer; /* the slot's, being changed; NULL for nobody */
    bool forget;         /* as if it had not come: its repetition will be no duplicate */
} net_request;

/* Volatile part of a slot, by the same index. Indices into pools are + 1; 0: none. */
typedef struct net_slot {
    uint32_t chain; /* next slot of the same address hash, + 1 */
    uint32_t job;   /* first of its jobs: the one under way */
    uint32_t pending;
    uint32_t path;
    uint32_t handshake; /* running, or kept while the session is fresh */
    uint32_t dirty_at;  /* low half of the time when a refresh was noted; valid when dirty */
    uint8_t pendings;
    bool stranger; /* NoSec, not registered: counted in strangers */
    bool dirty;
    bool doomed; /* its session is over: it goes at the next tick */
    uint8_t jobs;
} net_slot;

typedef enum net_job_kind { NET_JOB_COMMAND, NET_JOB_READ, NET_JOB_FETCH } net_job_kind;

/* An operation on a device: one CoAP exchange after the other until there is a result. FETCH is the
 * rest of a notification that did not fit into one message. */
typedef struct net_job {
    cot_coap_exchange exchange; /* the one under way */
    loop_timer timer;           /* exchange.deadline or give_up, whichever is first */
    net_worker *w;
    cot_ms give_up;
    uint64_t id;
    ipc_location location;
    uint32_t slot;
    uint32_t next; /* of the slot's jobs, + 1 */
    uint8_t kind;  /* net_job_kind */
    uint8_t operation;
    uint8_t step;    /* job.c */
    uint8_t attempt; /* how many content formats were tried */
    bool started;
    bool hub_mid_used; /* the command's own MID and token have gone out */
    uint16_t mid;
    uint8_t token[8]; /* the command's; a READ's own */
    ipc_path path;
    uint16_t format;
    uint32_t body; /* of the request: pool index + 1; 0: in `small` */
    uint32_t body_len;
    uint32_t answer; /* assembled answer: pool index + 1 */
    cot_coap_push push;
    cot_coap_fetch fetch;
    bool pushing;
    bool fetching;
    uint16_t answer_format;
    uint8_t answer_code;
    uint8_t small[256];
    uint16_t bytes_len;
    uint8_t bytes[NET_MESSAGE]; /* the message, for repeating */
} net_job;

typedef enum net_pending_kind {
    NET_PENDING_REGISTER,
    NET_PENDING_UPDATE,
    NET_PENDING_DEREGISTER,
    NET_PENDING_COLLECT /* Block1 of a long registration is coming in */
} net_pending_kind;

/* A request of a device that waits for hub. */
typedef struct net_pending {
    cot_coap_exchange exchange; /* the separate response, when it came to that */
    loop_timer timer;
    net_worker *w;
    uint64_t id;
    cot_coap_head head; /* of the request */
    uint32_t slot;
    uint32_t next;  /* of the slot's, + 1 */
    cot_ms created; /* of the slot, so that a reused index is noticed */
    uint8_t kind;
    uint8_t code;  /* of the separate response */
    bool acked;    /* the empty ACK went out */
    bool answered; /* hub's answer came: the separate response is under way */
    net_peer who;
    table_registration registration; /* as it will be */
    ipc_mode mode;
    cot_coap_collect collect;
    uint8_t endpoint_len;
    uint8_t binding_len;
    bool has_binding;
    bool has_links;
    uint32_t links_len;
    uint16_t bytes_len;
    uint8_t endpoint[IPC_ENDPOINT_MAX];
    uint8_t binding[IPC_BINDING_MAX];
    uint8_t bytes[96]; /* the separate response */
    uint8_t links[IPC_LINKS_MAX];
} net_pending;

/* A peer that sent from a new address, until that address is verified (design.md rule 3). */
typedef struct net_path {
    cot_coap_exchange exchange;
    loop_timer timer;
    net_worker *w;
    uint32_t slot;
    table_address to;
    uint32_t received; /* bytes from there */
    uint32_t sent;     /* bytes to there, ≤ 3 × received */
    uint16_t bytes_len;
    uint8_t bytes[64];
} net_path;

/* A request for a block that came before hub handed the image over. */
typedef struct net_waiter {
    net_peer who;
    cot_ms created; /* of the slot */
    cot_coap_head head;
    uint32_t has;
    uint32_t block2;
} net_waiter;

typedef struct net_release {
    uint8_t name[IPC_RELEASE_NAME_MAX];
    uint8_t name_len;  /* 0: unused */
    bool asked;        /* hub has not answered yet */
    cot_ms none_until; /* hub said that there is no such release */
    net_waiter waiters[NET_WAITERS];
    size_t waiter_count;
    uint8_t etag[8];
    const uint8_t *image; /* mapped, read-only; NULL: none */
    uint64_t size;
    uint64_t id;
    cot_ms used;
} net_release;

typedef struct net_counters {
    uint64_t received, sent;
    uint64_t malformed, unknown_option, not_found, too_long, dropped;
    uint64_t handshakes, refused, replayed, bad_record, wrong_cid;
    uint64_t overload, challenged, moved;
} net_counters;

/* One sendmmsg() of the future. */
typedef struct net_outbox {
    int fd;
    unsigned count;
    struct mmsghdr header[NET_BATCH];
    struct iovec iov[NET_BATCH];
    struct sockaddr_storage to[NET_BATCH];
    uint8_t bytes[NET_BATCH][NET_DATAGRAM];
} net_outbox;

typedef struct net_inbox {
    struct mmsghdr header[NET_BATCH];
    struct iovec iov[NET_BATCH];
    struct sockaddr_storage from[NET_BATCH];
    table_address address[NET_BATCH];
    uint8_t bytes[NET_BATCH][NET_DATAGRAM];
} net_inbox;

struct net_worker {
    loop *loop;
    role_config config;
    cot_coap_params params;
    table table;
    net_slot *slots; /* table.capacity */
    uint32_t *heads; /* address hash: slot + 1 */
    uint32_t mask;   /* heads − 1 */
    uint64_t hash_key[2];
    cot_wheel wheel; /* expiry of slots */
    cot_wheel_node *nodes;
    uint32_t *wheel_heads;
    uint32_t *wheel_used;
    loop_timer wheel_timer;
    loop_hook hook;
    net_listener listeners[NET_LISTENERS];
    uint32_t listener_count;
    net_inbox *in;
    net_outbox *out;
    ipc_channel hub;
    ipc_channel keys;
    void (*peer_lost)(net_worker *w, uint8_t role); /* NULL in tests */
    void *env;
    uint64_t id_base; /* random: ids of requests are new after a restart */
    uint64_t id_next;
    pool jobs;
    pool pendings;
    pool paths;
    pool bodies;
    net_release releases[NET_RELEASES];
    uint32_t strangers; /* NoSec slots without a registration */
    uint32_t *dirty;    /* ring of slots whose refresh hub does not know yet */
    uint32_t dirty_head;
    uint32_t dirty_count;
    loop_timer dirty_timer;
    uint8_t echo_key[32];      /* of NoSec challenges */
    net_session_part *session; /* DTLS; NULL: none */
    net_counters counters;
    uint8_t reply[NET_MESSAGE];
    cot_coap_writer reply_writer;
};

/* ---- worker.c ---- */

typedef struct net_setup {
    loop *loop;
    role_config config;
    int table_fd;
    uint8_t server_key[8];
    struct {
        int fd;
        bool dtls;
        bool loopback;
    } listeners[NET_LISTENERS];
    uint32_t listener_count;
} net_setup;

/* Allocate everything, adopt the table. COT_OK; COT_E_IO; COT_E_LIMIT. */
cot_status net_open(net_worker *w, const net_setup *setup);
void net_close(net_worker *w);
/* Begin with an empty wheel of `count` timers. */
void net_wheel_open(net_worker *w, uint32_t count);
uint64_t net_new_id(net_worker *w);
void net_random(void *out, size_t len);
uint32_t net_random32(void);

/* ---- peers.c: slots by address, their expiry ---- */

/* Ask for the memory that net_peer_find will want; the first slot of the bucket, or TABLE_NONE. */
void net_peer_prefetch_bucket(const net_worker *w, const table_address *a);
uint32_t net_peer_first(const net_worker *w, const table_address *a);
uint32_t net_peer_find(const net_worker *w, const table_address *a);
void net_peer_link(net_worker *w, uint32_t slot);   /* into the address hash and the wheel */
void net_peer_unlink(net_worker *w, uint32_t slot); /* out of the hash */
/* Count the slot as a stranger, or no longer. */
void net_peer_stranger(net_worker *w, uint32_t slot, bool is);
void net_peer_move(net_worker *w, uint32_t slot, const table_address *to);
/* End all that waits on the slot, and free it. */
void net_peer_remove(net_worker *w, uint32_t slot);
/* As remove, at the next tick, and hub is told: from within something that still uses the slot. */
void net_peer_doom(net_worker *w, uint32_t slot);
void net_peer_schedule(net_worker *w, uint32_t slot); /* set its expiry in the wheel anew */
void net_peers_expire(net_worker *w);
bool net_address_equal(const table_address *a, const table_address *b);

/* ---- socket.c ---- */

void net_on_socket(loop_io *io, uint32_t events);
/* Queue a datagram; it leaves with the next net_flush. */
void net_send_raw(net_worker *w, const table_address *to, const uint8_t *bytes, size_t len);
void net_flush(net_worker *w);
void net_address_from(table_address *a, const struct sockaddr_storage *sa, uint8_t listener);
void net_address_ipc(const table_address *a, ipc_address *out);

/* ---- path.c: sending to a slot, address changes ---- */

/* Send a CoAP message to a slot's address, or back to an unverified one within its budget. */
void net_send(net_worker *w, const net_peer *to, const uint8_t *bytes, size_t len);
/* `bytes` came, authentic and newest, from an address that is not the slot's. */
void net_path_seen(net_worker *w, const net_peer *who, size_t bytes);
/* May this slot be sent to freely? */
bool net_path_settled(const net_worker *w, uint32_t slot);
net_path *net_path_of(net_worker *w, uint32_t slot);
void net_path_answered(net_worker *w, net_path *p, const net_peer *who);
void net_path_end(net_worker *w, uint32_t slot);

/* ---- coap.c ---- */

/* A whole CoAP message, in the clear. */
void net_on_message(net_worker *w, const net_peer *who, const uint8_t *bytes, size_t len);
/* Only the first part of a message: a request gets 4.13 with Size1. */
void net_on_too_long(net_worker *w, const net_peer *who, const uint8_t *bytes, size_t len);
/* Answer a request: begin, options and payload, end. CON: on the ACK. Marks the request as answered. */
cot_coap_writer *net_reply_begin(net_worker *w, const net_request *rq, uint8_t code);
void net_reply_end(net_worker *w, net_request *rq);
void net_reply(net_worker *w, net_request *rq, uint8_t code); /* no options, no payload */
void net_reply_text(net_worker *w, net_request *rq, uint8_t code, const char *text);

/* ---- rd.c, rd_answer.c: /rd ---- */

void net_rd_register(net_worker *w, net_request *rq);
void net_rd_update(net_worker *w, net_request *rq, cot_bytes location);
void net_rd_deregister(net_worker *w, net_request *rq, cot_bytes location);
/* Say again what a duplicate's first copy was answered with. */
void net_rd_repeat(net_worker *w, net_request *rq, uint8_t code);
cot_status net_rd_send(net_worker *w, net_pending *p); /* to hub */
void net_rd_send_all(net_worker *w);                   /* again, after hub restarted */
void net_rd_on_answer(net_worker *w, const ipc_answer *a);
net_pending *net_rd_exchange(net_worker *w, uint32_t slot, const cot_coap_head *h);
void net_rd_drop_slot(net_worker *w, uint32_t slot);
void net_pending_free(net_worker *w, net_pending *p);
void net_location_text(const ipc_location *l, char out[static 23]);
cot_status net_location_parse(cot_bytes text, ipc_location *out);

/* ---- refresh.c ---- */

void net_refresh_note(net_worker *w, uint32_t slot);
void net_refresh_now(net_worker *w, uint32_t slot); /* one, at once: its address changed */
void net_refresh_all(net_worker *w);                /* tell hub everything that waits, now */

/* ---- job.c, job_message.c, job_answer.c: operations on devices ---- */

void net_job_command(net_worker *w, const ipc_command *c);
void net_job_read(net_worker *w, const ipc_read *r);
/* The first block of a notification came; fetch the rest. */
void net_job_fetch(net_worker *w, uint32_t slot, int observation, const cot_coap_view *v,
                   cot_bytes payload);
void net_job_start(net_worker *w, uint32_t slot); /* the next one, if it may */
net_job *net_job_exchange(net_worker *w, uint32_t slot, const cot_coap_head *h);
void net_job_response(net_worker *w, net_job *j, net_request *rq);
void net_job_reset(net_worker *w, net_job *j);
void net_job_wait(net_worker *w, net_job *j); /* arm its timer */
void net_job_drop_slot(net_worker *w, uint32_t slot);
/* End with a result (code 0: none came). */
void net_job_end(net_worker *w, net_job *j, uint8_t code, uint16_t format, cot_bytes payload);
/* Write the next message of the job into j->bytes. COT_OK; COT_E_AGAIN: no MID now; COT_E_LIMIT,
 * COT_E_UNSUPPORTED: it cannot be sent at all. */
cot_status net_job_write(net_worker *w, net_job *j, cot_coap_peer *peer, cot_coap_head *h);
uint8_t *net_body(net_worker *w, uint32_t index_1);

/* ---- notify.c, content.c ---- */

/* A response that belongs to no exchange. Returns the Empty message to send (ACK, RST) or 0. */
uint8_t net_notify(net_worker *w, net_request *rq);
/* Decode what a device sent for `path` and write it as SenML CBOR. COT_OK; COT_E_UNSUPPORTED (a format
 * that we do not read), or as cot_lwm2m_decode_next. */
cot_status net_to_senml(const ipc_path *path, uint16_t format, cot_bytes payload, cot_writer *out);
/* The other way: what hub gave, in `format`. */
cot_status net_from_senml(const ipc_path *path, uint16_t format, cot_bytes payload,
                          cot_writer *out);

/* ---- firmware.c ---- */

void net_firmware_get(net_worker *w, net_request *rq, cot_bytes name);
void net_firmware_on_answer(net_worker *w, const ipc_firmware *f, int fd);

/* ---- hub.c ---- */

void net_hub_open(net_worker *w, int fd);
void net_keys_open(net_worker *w, int fd);

#endif
