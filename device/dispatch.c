/* SPDX-License-Identifier: Apache-2.0 */
/* One received CoAP message: through the transmission rules to a request served, or to the answer of
 * our own request. */
#include "device/engine.h"

static void send_reply(cot__client *c, const cot_coap_msg *m, const cot_coap_view *v,
                       cot__reply *reply)
{
    const cot_client_memory *mem = &c->config->memory;
    size_t cap = mem->tx_cap - COT_CHANNEL_OVERHEAD;
    size_t len = 0;
    cot_coap_head h = {.type = COT_COAP_ACK, .code = reply->code, .mid = m->head.mid};
    h.token = m->head.token;
    if (m->head.type == COT_COAP_NON) {
        h.type = COT_COAP_NON;
        if (cot_coap_mid_next(&c->peer, &cot_coap_defaults, c->now, &h.mid) != COT_OK)
            return;
    }
    if (cot__blocks_write(c, mem->tx, cap, &h, v, reply, &len) != COT_OK) {
        *reply = (cot__reply){.format = COT_COAP_NO_FORMAT};
        h.code = COT_COAP_BAD_REQUEST; /* a Block2 beyond the end, or malformed */
        (void)cot__blocks_write(c, mem->tx, cap, &h, v, reply, &len); /* no options: it fits */
    }
    cot__connection_send(c, mem->tx, len);
}

/* A duplicate gets the same answer without a second effect: a read is read again, of the others the
 * rules kept the code (RFC 7252 section 4.5). */
static void answer_again(cot__client *c, cot__request *q, uint8_t code, cot__reply *reply)
{
    if (code == COT_COAP_CONTENT) {
        cot__serve(c, q, reply);
        return;
    }
    reply->code = code;
    reply->has_block1 = COT_COAP_HAS(&q->view, BLOCK1) &&
                        cot_coap_block_decode(q->view.block1, &reply->block1) == COT_OK;
    if (code == COT_COAP_TOO_LARGE)
        reply->size1 = c->collect.limit;
}

/* Returns the Empty message to send instead of an answer, or 0. */
static uint8_t serve(cot__client *c, const cot_coap_msg *m, bool duplicate, uint8_t code)
{
    cot__request q = {.msg = m, .payload = m->payload};
    cot__reply reply = {.format = COT_COAP_NO_FORMAT};
    cot_status s = cot_coap_view_fetch(m, &q.view);
    if (s == COT_E_UNSUPPORTED) {
        reply.code = q.view.error;
    } else if (s != COT_OK) {
        return cot_coap_reject(&c->peer, &m->head);
    } else if (duplicate) {
        answer_again(c, &q, code, &reply);
    } else {
        cot__serve(c, &q, &reply);
    }
    if (!duplicate)
        cot_coap_answered(&c->peer, m->head.mid, reply.code);
    send_reply(c, m, &q.view, &reply);
    return 0;
}

static uint8_t judge(cot__client *c, const cot_coap_event *e, const cot_coap_msg *m)
{
    cot_coap_view v;
    bool good = true;
    switch ((enum cot_coap_event_kind)e->kind) {
    case COT_COAP_GOT_REQUEST:
        return serve(c, m, false, 0);
    case COT_COAP_GOT_DUPLICATE: /* reading again must not spoil a body that comes in blocks */
        if (e->code != 0 && !(e->code == COT_COAP_CONTENT && cot__blocks_free_at(c) > c->now))
            return serve(c, m, true, e->code);
        break;
    case COT_COAP_GOT_RESPONSE:
        good = cot_coap_view_fetch(m, &v) == COT_OK;
        cot__request_event(c, e, good ? m : NULL, good ? &v : NULL);
        return good ? e->reply : cot_coap_reject(&c->peer, &m->head);
    case COT_COAP_GOT_ACK:
    case COT_COAP_GOT_RESET:
        cot__request_event(c, e, NULL, NULL);
        break;
    case COT_COAP_GOT_UNKNOWN:
        return cot_coap_reject(&c->peer, &m->head);
    case COT_COAP_GOT_STRAY_RESET:
        cot__observe_reset(c, m->head.mid);
        break;
    case COT_COAP_GOT_PONG:
    case COT_COAP_GOT_NOTHING:
        break;
    }
    return e->reply;
}

void cot__dispatch(cot__client *c, const uint8_t *msg, size_t len)
{
    cot_coap_msg m;
    uint8_t empty = 0;
    cot_status s = cot_coap_parse(msg, len, &m);
    if (s == COT_OK) {
        cot_coap_event e =
            cot_coap_receive(&c->peer, &c->exchange, &cot_coap_defaults, &m.head, c->now);
        empty = judge(c, &e, &m);
    } else if (s == COT_E_MALFORMED) {
        empty = cot_coap_reject(&c->peer, &m.head);
    }
    if (empty == 0)
        return;
    uint8_t out[COT_COAP_EMPTY_LEN]; /* last: tx may be the buffer that the message lies in */
    cot_coap_write_empty(out, empty, m.head.mid);
    cot__connection_send(c, out, sizeof out);
}
