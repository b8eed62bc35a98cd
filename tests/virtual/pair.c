/* SPDX-License-Identifier: Apache-2.0 */
/* Two CoAP ends on a lossy link. */
#include "tests/virtual/pair.h"

#include <string.h>

void pair_init(pair *p, uint64_t seed, unsigned loss, bool rough)
{
    link_config c = {.loss = loss, .delay_min = 5, .delay_max = 400};
    if (rough) {
        c.dup = 20;
        c.reorder = 20;
        c.late = 12000;
    }
    link_init(&p->net, &c, seed);
    p->now = link_between(&p->net, 0, 100000);
    p->wake = p->now;
    p->resent = 0;
    p->duplicates = 0;
    p->broken = NULL;
    for (int i = 0; i < 2; i++) {
        memset(&p->end[i].x, 0, sizeof p->end[i].x);
        cot_coap_close(&p->end[i].x, &p->end[i].peer);
        cot_coap_peer_init(&p->end[i].peer, &cot_coap_defaults, (uint16_t)link_random(&p->net));
    }
}

bool pair_ready(const pair *p, unsigned at)
{
    return cot_coap_is_closed(&p->end[at].x) &&
           cot_coap_may_send(&p->end[at].peer, &cot_coap_defaults);
}

static cot_coap_writer *begin(pair *p, unsigned at)
{
    pair_end *e = &p->end[at];
    if (!pair_ready(p, at))
        p->broken = "an exchange begins while another one is open";
    if (cot_coap_mid_next(&e->peer, &cot_coap_defaults, p->now, &e->head.mid) != COT_OK)
        p->broken = "no message id";
    cot_coap_write_begin(&e->w, e->bytes, sizeof e->bytes, &e->head);
    return &e->w;
}

cot_coap_writer *pair_begin(pair *p, unsigned at, uint8_t type, uint8_t code)
{
    cot_coap_head h = {.type = type, .code = code, .token.len = 4};
    for (int i = 0; i < 4; i++)
        h.token.b[i] = (uint8_t)link_random(&p->net);
    p->end[at].head = h;
    return begin(p, at);
}

cot_coap_writer *pair_begin_response(pair *p, unsigned at, const cot_coap_token *token,
                                     uint8_t code)
{
    cot_coap_head h = {.type = COT_COAP_CON, .code = code, .token = *token};
    p->end[at].head = h;
    return begin(p, at);
}

void pair_send(pair *p, unsigned at)
{
    pair_end *e = &p->end[at];
    if (cot_coap_write_end(&e->w, &e->len) != COT_OK)
        p->broken = "a message was not written";
    cot_coap_open(&e->x, &e->peer, &cot_coap_defaults, &e->head, link_random(&p->net), p->now);
    link_send(&p->net, at, !at, e->bytes, e->len, p->now);
}

cot_coap_writer *pair_reply_begin(pair *p, unsigned at, const cot_coap_msg *m, uint8_t code)
{
    pair_end *e = &p->end[at];
    cot_coap_head h = {.type = COT_COAP_ACK, .code = code, .mid = m->head.mid};
    h.token = m->head.token;
    if (m->head.type == COT_COAP_NON) {
        h.type = COT_COAP_NON;
        if (cot_coap_mid_next(&e->peer, &cot_coap_defaults, p->now, &h.mid) != COT_OK)
            p->broken = "no message id";
    }
    e->head = h;
    cot_coap_write_begin(&e->w, e->reply, sizeof e->reply, &h);
    return &e->w;
}

void pair_reply(pair *p, unsigned at, const cot_coap_msg *m)
{
    pair_end *e = &p->end[at];
    size_t len;
    if (cot_coap_write_end(&e->w, &len) != COT_OK)
        p->broken = "a reply was not written";
    link_send(&p->net, at, !at, e->reply, len, p->now);
    cot_coap_answered(&e->peer, m->head.mid, e->head.code);
}

void pair_empty(pair *p, unsigned at, uint8_t type, uint16_t mid)
{
    uint8_t out[COT_COAP_EMPTY_LEN];
    cot_coap_write_empty(out, type, mid);
    link_send(&p->net, at, !at, out, sizeof out, p->now);
}

static void deliver(pair *p, const link_packet *packet)
{
    cot_coap_msg m;
    unsigned at = packet->to;
    pair_end *e = &p->end[at];
    if (cot_coap_parse(packet->bytes, packet->len, &m) != COT_OK) {
        p->broken = "a packet did not parse";
        return;
    }
    cot_coap_exchange *x = cot_coap_matches(&e->x, &m.head) ? &e->x : NULL;
    cot_coap_event ev = cot_coap_receive(&e->peer, x, &cot_coap_defaults, &m.head, p->now);
    if (ev.reply != 0)
        pair_empty(p, at, ev.reply, m.head.mid);
    switch ((enum cot_coap_event_kind)ev.kind) {
    case COT_COAP_GOT_DUPLICATE:
        p->duplicates++;
        if (ev.code != COT_COAP_EMPTY)
            p->on_event(p, at, &ev, &m);
        break;
    case COT_COAP_GOT_REQUEST:
    case COT_COAP_GOT_RESPONSE:
    case COT_COAP_GOT_UNKNOWN:
        p->on_event(p, at, &ev, &m);
        break;
    case COT_COAP_GOT_RESET:
        p->on_lost(p, at);
        break;
    case COT_COAP_GOT_NOTHING:
    case COT_COAP_GOT_ACK:
    case COT_COAP_GOT_STRAY_RESET:
    case COT_COAP_GOT_PONG:
        break;
    }
}

static void timers(pair *p)
{
    for (unsigned at = 0; at < 2; at++) {
        pair_end *e = &p->end[at];
        switch (cot_coap_due(&e->x, &e->peer, &cot_coap_defaults, p->now)) {
        case COT_COAP_WAIT:
            break;
        case COT_COAP_RESEND:
            p->resent++;
            link_send(&p->net, at, !at, e->bytes, e->len, p->now);
            break;
        case COT_COAP_LOST:
            p->on_lost(p, at);
            break;
        }
    }
    if (p->wake <= p->now) {
        p->wake = COT_NEVER;
        p->on_time(p);
    }
}

static cot_ms earlier(cot_ms a, cot_ms b)
{
    return a < b ? a : b;
}

void pair_run(pair *p, cot_ms until)
{
    static link_packet packet;
    while (p->broken == NULL) {
        cot_ms next = earlier(link_deadline(&p->net), p->wake);
        next = earlier(next, earlier(p->end[0].x.deadline, p->end[1].x.deadline));
        if (next == COT_NEVER || next > until)
            return;
        if (next > p->now)
            p->now = next;
        while (p->broken == NULL && link_receive(&p->net, &packet, p->now))
            deliver(p, &packet);
        timers(p);
    }
}
