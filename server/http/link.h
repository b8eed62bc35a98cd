/* SPDX-License-Identifier: Apache-2.0 */
/* http's end of a channel to hub or keys: requests in flight, found by their id in O(1), sent again
 * when the peer comes back, ended when their time is over. */
#ifndef COTTER_SERVER_HTTP_LINK_H
#define COTTER_SERVER_HTTP_LINK_H

#include "server/ipc/ipc.h"

#define HTTP_CALLS_MAX 2048u

typedef enum http_lost {
    HTTP_LOST_PEER, /* a live call, and the peer has gone */
    HTTP_LOST_TIME  /* no answer before the deadline */
} http_lost;

/* The owner keeps it, and what `put` reads, in place while id is not 0. */
typedef struct http_call http_call;
struct http_call {
    uint64_t id; /* 0: not in flight; the link sets it */
    ipc_type type;
    bool live; /* must not be repeated to a restarted peer */
    bool sent; /* on the present channel; the link's */
    int fd;    /* goes with it, or -1; stays the owner's */
    cot_ms deadline;
    void (*put)(const http_call *c, cot_writer *w);
    /* One of them is called once; id is 0 again by then. A malformed body closes the channel. */
    cot_status (*on_reply)(http_call *c, cot_reader *body);
    void (*on_lost)(http_call *c, http_lost why);
    void *ctx;
};

typedef struct http_link {
    ipc_channel channel;
    loop *loop;
    loop_timer sweep;
    http_call *slots[HTTP_CALLS_MAX];
    uint16_t free[HTTP_CALLS_MAX];
    size_t free_count;
    uint64_t counter;
    ipc_type reply; /* IPC_REPLY or IPC_SEALED: the body begins with the id */
    /* Any other message. */
    cot_status (*on_other)(void *ctx, ipc_type type, cot_reader *body);
    /* A new channel is open; nothing was sent on it yet. */
    void (*on_up)(void *ctx);
    /* The channel has ended; another one must come. */
    void (*on_down)(void *ctx);
    void *ctx;
} http_link;

/* `generation` of this process keeps its ids apart from those of its earlier lives. */
void http_link_init(http_link *k, loop *l, ipc_type reply, uint32_t generation);
/* Take over a channel to a (re)started peer; what is unanswered is sent on it. */
void http_link_up(http_link *k, int fd);

/* Put a call in flight, with a new id. When the peer is away, or its queue full, it waits for it.
 * COT_OK; COT_E_LIMIT: HTTP_CALLS_MAX are in flight. */
cot_status http_link_send(http_link *k, http_call *c);
/* Take it back without a callback; nothing happens when it is not in flight. */
void http_link_drop(http_link *k, http_call *c);
/* Loses every call. */
void http_link_free(http_link *k);

#endif
