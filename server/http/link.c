/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in flight to hub and keys. An id is generation, counter and slot: 24, 29 and 11 bits. */
#include "server/http/link.h"

#include <unistd.h>

#define SWEEP_MS 250u
#define SLOT_BITS 11u
#define QUEUE_BYTES (4u * 1024u * 1024u)

static size_t slot_of(uint64_t id)
{
    return (size_t)(id & (HTTP_CALLS_MAX - 1u));
}

static void take_out(http_link *k, http_call *c)
{
    size_t slot = slot_of(c->id);
    k->slots[slot] = NULL;
    k->free[k->free_count++] = (uint16_t)slot;
    c->id = 0;
}

static void try_send(http_link *k, http_call *c)
{
    if (ipc_is_open(&k->channel)) {
        c->put(c, ipc_begin(&k->channel, c->type));
        c->sent = ipc_end(&k->channel, c->fd) == COT_OK;
    }
}

static void lose(http_link *k, http_call *c, http_lost why)
{
    take_out(k, c);
    c->on_lost(c, why);
}

static void on_sweep(loop_timer *t)
{
    http_link *k = t->ctx;
    bool any = false;
    for (size_t i = 0; i < HTTP_CALLS_MAX; i++) {
        http_call *c = k->slots[i];
        if (c == NULL) {
            continue;
        }
        any = true;
        if (k->loop->now >= c->deadline) {
            lose(k, c, HTTP_LOST_TIME);
        } else if (!c->sent) {
            try_send(k, c);
        }
    }
    if (any) {
        loop_arm(k->loop, t, k->loop->now + SWEEP_MS);
    }
}

/* What was sent on the channel that has ended waits for the next one, or is lost. */
static void unsend(http_link *k)
{
    for (size_t i = 0; i < HTTP_CALLS_MAX; i++) {
        http_call *c = k->slots[i];
        if (c != NULL && c->live && c->sent) {
            lose(k, c, HTTP_LOST_PEER);
        } else if (c != NULL) {
            c->sent = false;
        }
    }
}

static void on_closed(ipc_channel *channel)
{
    http_link *k = channel->ctx;
    unsend(k);
    if (k->on_down != NULL) {
        k->on_down(k->ctx);
    }
}

static cot_status on_message(ipc_channel *channel, ipc_type type, cot_reader *body, int fd)
{
    http_link *k = channel->ctx;
    if (fd >= 0) {
        (void)close(fd); /* http needs none */
    }
    if (type != k->reply) {
        return k->on_other != NULL ? k->on_other(k->ctx, type, body) : COT_E_UNSUPPORTED;
    }
    cot_reader ahead = *body;
    uint64_t id = cot_read_u64(&ahead);
    http_call *c = k->slots[slot_of(id)];
    if (c == NULL || c->id != id || id == 0) {
        return COT_OK; /* the asker has gone, or a second answer to a repetition */
    }
    take_out(k, c);
    return c->on_reply(c, body);
}

void http_link_init(http_link *k, loop *l, ipc_type reply, uint32_t generation)
{
    *k = (http_link){.loop = l, .reply = reply};
    k->channel.io.fd = -1;
    k->channel.ctx = k;
    k->channel.on_message = on_message;
    k->channel.on_closed = on_closed;
    k->channel.secret = true; /* tokens and devices' keys go over it */
    k->sweep.on_due = on_sweep;
    k->sweep.ctx = k;
    k->counter = (uint64_t)(generation & 0xFFFFFFu) << 29 | 1u;
    for (size_t i = 0; i < HTTP_CALLS_MAX; i++) {
        k->free[k->free_count++] = (uint16_t)(HTTP_CALLS_MAX - 1u - i);
    }
}

void http_link_up(http_link *k, int fd)
{
    if (ipc_is_open(&k->channel)) {
        ipc_close(&k->channel);
        unsend(k);
    }
    if (ipc_open(&k->channel, k->loop, fd, QUEUE_BYTES) != COT_OK) {
        return;
    }
    if (k->on_up != NULL) {
        k->on_up(k->ctx);
    }
    for (size_t i = 0; i < HTTP_CALLS_MAX; i++) {
        if (k->slots[i] != NULL && !k->slots[i]->sent) {
            try_send(k, k->slots[i]);
        }
    }
}

cot_status http_link_send(http_link *k, http_call *c)
{
    if (k->free_count == 0) {
        return COT_E_LIMIT;
    }
    size_t slot = k->free[--k->free_count];
    c->id = k->counter++ << SLOT_BITS | slot;
    c->sent = false;
    k->slots[slot] = c;
    try_send(k, c);
    if (k->sweep.slot == 0) {
        loop_arm(k->loop, &k->sweep, k->loop->now + SWEEP_MS);
    }
    return COT_OK;
}

void http_link_drop(http_link *k, http_call *c)
{
    if (c->id != 0) {
        take_out(k, c);
    }
}

void http_link_free(http_link *k)
{
    for (size_t i = 0; i < HTTP_CALLS_MAX; i++) {
        if (k->slots[i] != NULL) {
            lose(k, k->slots[i], HTTP_LOST_PEER);
        }
    }
    loop_disarm(k->loop, &k->sweep);
    ipc_free(&k->channel);
}
