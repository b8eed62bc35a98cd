/* SPDX-License-Identifier: Apache-2.0 */
/* Sending to peers, and address changes (design.md rule 3, RFC 9146 section 6): a new address is sent at
 * most 3 times what came from it until it has echoed a fresh token. */
#include "server/net/session.h"

#include <string.h>

#define AMPLIFICATION 3u

net_path *net_path_of(net_worker *w, uint32_t slot)
{
    uint32_t i = w->slots[slot].path;
    return i == 0 ? NULL : pool_at(&w->paths, i - 1);
}

bool net_path_settled(const net_worker *w, uint32_t slot)
{
    return w->slots[slot].path == 0;
}

static size_t size_on_wire(net_worker *w, uint32_t slot, size_t len)
{
    bool plain = table_mode(&w->table, slot) == IPC_NOSEC;
    return plain ? len : net_session_size(w, slot, len);
}

static void send_to(net_worker *w, uint32_t slot, const table_address *to, const uint8_t *bytes,
                    size_t len)
{
    if (table_mode(&w->table, slot) == IPC_NOSEC)
        net_send_raw(w, to, bytes, len);
    else
        (void)net_session_send(w, slot, to, bytes, len);
}

void net_send(net_worker *w, const net_peer *to, const uint8_t *bytes, size_t len)
{
    if (to->slot == TABLE_NONE) {
        net_send_raw(w, &to->from, bytes, len);
        return;
    }
    if (!to->moved) {
        send_to(w, to->slot, table_address_of(&w->table, to->slot), bytes, len);
        return;
    }
    net_path *p = net_path_of(w, to->slot);
    size_t size = size_on_wire(w, to->slot, len);
    if (p == NULL || !net_address_equal(&p->to, &to->from) ||
        p->sent + size > AMPLIFICATION * p->received) {
        w->counters.dropped++;
        return;
    }
    p->sent += (uint32_t)size;
    send_to(w, to->slot, &p->to, bytes, len);
}

/* ---- the probe: a confirmable GET /3/0/16 with a fresh token ---- */

static void probe_send(net_worker *w, net_path *p)
{
    net_peer to = {.slot = p->slot, .moved = true, .from = p->to};
    net_send(w, &to, p->bytes, p->bytes_len);
    loop_arm(w->loop, &p->timer, p->exchange.deadline);
}

/* The old address stays. */
static void give_up(net_worker *w, uint32_t slot)
{
    net_path_end(w, slot);
    net_job_start(w, slot);
}

static void on_due(loop_timer *t)
{
    net_path *p = t->ctx;
    net_worker *w = p->w;
    cot_coap_peer peer;
    table_peer_get(&w->table, p->slot, &peer);
    enum cot_coap_action a = cot_coap_due(&p->exchange, &peer, &w->params, w->loop->now);
    table_peer_put(&w->table, p->slot, &peer);
    if (a == COT_COAP_RESEND)
        probe_send(w, p);
    else if (a == COT_COAP_LOST)
        give_up(w, p->slot);
    else
        loop_arm(w->loop, &p->timer, p->exchange.deadline);
}

static void probe_start(net_worker *w, net_path *p)
{
    cot_coap_peer peer;
    cot_coap_writer m;
    size_t len = 0;
    cot_coap_head h = {.type = COT_COAP_CON, .code = COT_COAP_GET, .token = {.len = 8}};
    table_peer_get(&w->table, p->slot, &peer);
    if (cot_coap_mid_next(&peer, &w->params, w->loop->now, &h.mid) != COT_OK) {
        net_path_end(w, p->slot);
        return;
    }
    net_random(h.token.b, sizeof h.token.b);
    cot_coap_write_begin(&m, p->bytes, sizeof p->bytes, &h);
    cot_coap_write_segments(&m, COT_COAP_URI_PATH, "3/0/16", '/');
    (void)cot_coap_write_end(&m, &len); /* always fits */
    p->bytes_len = (uint16_t)len;
    cot_coap_open(&p->exchange, &peer, &w->params, &h, net_random32(), w->loop->now);
    table_peer_put(&w->table, p->slot, &peer);
    p->timer.on_due = on_due;
    p->timer.ctx = p;
    probe_send(w, p);
}

void net_path_seen(net_worker *w, const net_peer *who, size_t bytes)
{
    net_path *p = net_path_of(w, who->slot);
    if (p != NULL && !net_address_equal(&p->to, &who->from)) {
        net_path_end(w, who->slot);
        p = NULL;
    }
    if (p != NULL) {
        p->received += (uint32_t)bytes;
        return;
    }
    p = pool_take(&w->paths);
    if (p == NULL) {
        w->counters.overload++;
        return;
    }
    p->w = w;
    p->slot = who->slot;
    p->to = who->from;
    p->received = (uint32_t)bytes;
    w->slots[who->slot].path = pool_index(&w->paths, p) + 1;
    w->counters.challenged++;
    probe_start(w, p);
}

void net_path_end(net_worker *w, uint32_t slot)
{
    net_path *p = net_path_of(w, slot);
    if (p == NULL)
        return;
    cot_coap_peer peer;
    table_peer_get(&w->table, slot, &peer);
    cot_coap_close(&p->exchange, &peer);
    table_peer_put(&w->table, slot, &peer);
    loop_disarm(w->loop, &p->timer);
    w->slots[slot].path = 0;
    pool_give(&w->paths, p);
}

/* The probe's exchange is closed: its token came back. */
void net_path_answered(net_worker *w, net_path *p, const net_peer *who)
{
    uint32_t slot = p->slot;
    if (!who->moved || !net_address_equal(&p->to, &who->from))
        return; /* from elsewhere: proves nothing about `to` */
    loop_disarm(w->loop, &p->timer);
    table_address to = p->to;
    w->slots[slot].path = 0;
    pool_give(&w->paths, p);
    net_peer_move(w, slot, &to); /* net_on_message starts the jobs that wait */
}
