/* SPDX-License-Identifier: Apache-2.0 */
/* Observations (RFC 7641, OMA LwM2M Core 1.1 section 6.4): who observes what, and when a
 * notification leaves. A change within pmin waits, pmax sends without a change, and what has changed
 * several times while a message is on its way leaves once, with the newest value. */
#include "device/engine.h"

#include <string.h>

#define RETRY_MS 1000u /* when a notification cannot be written, or there is no message id for it */

static cot__observation *first_place(const cot__client *c)
{
    return (cot__observation *)(void *)c->config->memory.observations;
}

static size_t count_of(const cot__client *c)
{
    return c->config->memory.observation_count;
}

/* The observation with this token; or, with a path, one of the same path and format (the server has
 * observed it anew, the old token is forgotten), or an unused one. NULL: none of these. */
static cot__observation *find(const cot__client *c, const cot_coap_token *token,
                              const cot_lwm2m_path *path, uint16_t format)
{
    cot__observation *unused = NULL;
    cot__observation *o = first_place(c);
    for (size_t n = count_of(c); n > 0; n--, o++) {
        if (!o->used)
            unused = path != NULL ? o : NULL;
        else if (cot_coap_token_equal(&o->token, token) ||
                 (path != NULL && o->format == format &&
                  cot_lwm2m_path_compare(&o->path, path) == 0))
            return o;
    }
    return unused;
}

static void drop(cot__client *c, cot__observation *o)
{
    o->used = false;
    if (c->request_kind == COT__REQUEST_NOTIFY && c->request_observation == o)
        cot__request_cancel(c);
}

void cot__observe_add(cot__client *c, const cot__request *q, cot__reply *reply)
{
    const cot_coap_token *token = &q->msg->head.token;
    cot__observation *o = find(c, token, &q->path, reply->format);
    if (o == NULL)
        return; /* no room: a plain answer says that it is not observed (RFC 7641 section 4.1) */
    uint32_t seq = o->used ? o->notifier.seq : 0;
    drop(c, o);
    memset(o, 0, sizeof *o);
    cot_coap_notifier_init(&o->notifier, c->now);
    o->notifier.seq = seq;
    o->used = true;
    o->path = q->path;
    o->format = reply->format;
    o->token = *token;
    o->sent_at = c->now;
    reply->has_observe = true;
    reply->observe_value = cot_coap_notifier_next(&o->notifier, 0);
    o->notifier.sent = false; /* the answer is an ACK: no RST can refer to its mid */
}

void cot__observe_cancel(cot__client *c, const cot_coap_token *token)
{
    cot__observation *o = find(c, token, NULL, 0);
    if (o != NULL)
        drop(c, o);
}

void cot__observe_reset(cot__client *c, uint16_t mid)
{
    cot__observation *o = first_place(c);
    for (size_t n = count_of(c); n > 0; n--, o++) {
        if (o->used && cot_coap_notifier_reset(&o->notifier, mid))
            drop(c, o);
    }
}

void cot__observe_clear(cot__client *c)
{
    cot__observation *o = first_place(c);
    for (size_t n = count_of(c); n > 0; n--, o++)
        o->used = false;
}

void cot__changed(cot__client *c, const cot_lwm2m_path *path)
{
    cot__observation *o = first_place(c);
    for (size_t n = count_of(c); n > 0; n--, o++) {
        if (cot_lwm2m_path_has_prefix(path, &o->path) || cot_lwm2m_path_has_prefix(&o->path, path))
            o->dirty = true;
    }
}

void cot__observe_outcome(cot__client *c, cot__outcome what)
{
    cot__observation *o = c->request_observation;
    if (what == COT__CONFIRMED)
        cot_coap_notifier_confirmed(&o->notifier, c->now);
    else if (what == COT__REJECTED)
        o->used = false;
    else
        o->dirty = true; /* it goes out again when the server is back */
}

static cot_ms due_at(const cot__client *c, const cot__observation *o)
{
    uint32_t wait = cot__attributes_period(c, &o->path, false);
    if (!o->dirty) {
        uint32_t pmax = cot__attributes_period(c, &o->path, true);
        if (pmax == 0 || pmax < wait) /* section 7.3.2: below pmin it is ignored */
            return COT_NEVER;
        wait = pmax;
    }
    return o->sent_at + (cot_ms)wait * 1000;
}

static uint8_t wanted_type(const cot__client *c, const cot__observation *o)
{
    bool confirm = o->unconfirmed + 1 >= c->config->confirm_every;
    return cot_coap_notifier_type(&o->notifier, confirm ? COT_COAP_CON : COT_COAP_NON, c->now);
}

static void notify(cot__client *c, cot__observation *o)
{
    const cot_client_memory *memory = &c->config->memory;
    cot_coap_head h = {.type = wanted_type(c, o), .token = o->token};
    cot__reply reply = {.format = o->format};
    bool con = h.type == COT_COAP_CON;
    size_t len = 0;
    cot_status s = cot_coap_mid_next(&c->peer, &cot_coap_defaults, c->now, &h.mid);
    cot__request q;
    q.path = o->path;
    h.code = cot__locate(c, &q) ? cot__read(c, &q, o->format, &reply.len) : COT_COAP_NOT_FOUND;
    reply.has_observe = h.code == COT_COAP_CONTENT;
    reply.observe_value = cot_coap_notifier_next(&o->notifier, h.mid);
    if (!reply.has_observe) /* what was observed is gone: an error ends it (section 4.2) */
        reply.format = COT_COAP_NO_FORMAT;
    if (s == COT_OK)
        s = cot__blocks_write(c, con ? memory->request : memory->tx,
                              con ? memory->request_cap : memory->tx_cap - COT_CHANNEL_OVERHEAD, &h,
                              NULL, &reply, &len);
    o->sent_at = c->now + (s == COT_OK ? 0 : RETRY_MS);
    if (s != COT_OK)
        return;
    o->dirty = false;
    o->used = reply.has_observe;
    cot__emit_kind(c, COT_EVENT_NOTIFIED);
    if (con) {
        o->unconfirmed = 0;
        c->request_observation = o;
        cot__request_send(c, COT__REQUEST_NOTIFY, &h, len);
    } else {
        o->unconfirmed++;
        cot_coap_non_sent(&c->peer, len, c->now);
        cot__connection_send(c, memory->tx, len);
    }
}

/* The observation that is the first to notify, and when. */
static cot_ms first_of(const cot__client *c, cot__observation **first)
{
    bool con_may = cot__request_possible(c);
    cot_ms non_at = cot_coap_non_when(&c->peer);
    cot_ms free = cot__blocks_free_at(c);
    cot_ms when = COT_NEVER;
    if (c->registration != COT__REG_STANDS)
        return when;
    cot__observation *o = first_place(c);
    for (size_t n = count_of(c); n > 0; n--, o++) {
        if (!o->used)
            continue;
        bool con = wanted_type(c, o) == COT_COAP_CON;
        cot_ms due = due_at(c, o);
        if (!con && due < non_at)
            due = non_at;
        if ((con && !con_may) || due >= when)
            continue;
        when = due;
        *first = o;
    }
    return when > free ? when : free;
}

void cot__observe_tick(cot__client *c)
{
    cot__observation *o = NULL;
    if (first_of(c, &o) <= c->now)
        notify(c, o); /* one a poll: the deadline says when the next one is due */
}

cot_ms cot__observe_deadline(const cot__client *c)
{
    cot__observation *o = NULL;
    return first_of(c, &o);
}
