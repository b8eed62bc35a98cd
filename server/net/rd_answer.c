/* SPDX-License-Identifier: Apache-2.0 */
/* Registration requests on their way to hub and back to the device. */
#include "server/net/net.h"

#include <string.h>

/* ---- to hub ---- */

static void put_register(net_worker *w, const net_pending *p)
{
    ipc_register m = {.id = p->id,
                      .location = p->registration.location,
                      .mode = (uint8_t)p->mode,
                      .credential = w->table.slots[p->slot].credential,
                      .lifetime = p->registration.lifetime,
                      .version = p->registration.version,
                      .endpoint = {p->endpoint, p->endpoint_len},
                      .binding = {p->binding, p->binding_len},
                      .links = {p->links, p->links_len}};
    net_address_ipc(&p->who.from, &m.from);
    ipc_put_register(ipc_begin(&w->hub, IPC_REGISTER), &m);
}

static void put_update(net_worker *w, const net_pending *p)
{
    ipc_update m = {.id = p->id,
                    .location = p->registration.location,
                    .lifetime = p->registration.lifetime,
                    .has_binding = p->has_binding ? 1 : 0,
                    .has_links = p->has_links ? 1 : 0,
                    .binding = {p->binding, p->binding_len},
                    .links = {p->links, p->links_len}};
    net_address_ipc(&p->who.from, &m.from);
    ipc_put_update(ipc_begin(&w->hub, IPC_UPDATE), &m);
}

cot_status net_rd_send(net_worker *w, net_pending *p)
{
    ipc_deregister d = {.id = p->id, .location = p->registration.location};
    switch ((net_pending_kind)p->kind) {
    case NET_PENDING_REGISTER:
        put_register(w, p);
        break;
    case NET_PENDING_UPDATE:
        put_update(w, p);
        break;
    case NET_PENDING_DEREGISTER:
        ipc_put_deregister(ipc_begin(&w->hub, IPC_DEREGISTER), &d);
        break;
    case NET_PENDING_COLLECT:
        return COT_OK;
    }
    return ipc_end(&w->hub, -1);
}

void net_rd_send_all(net_worker *w)
{
    for (uint32_t i = 0; i < w->pendings.top; i++) {
        net_pending *p = pool_at(&w->pendings, i);
        if (p->id != 0 && !p->answered)
            (void)net_rd_send(w, p);
    }
}

_Static_assert(NET_PENDING <= NET_ID_INDICES, "an id holds the index");

/* ---- from hub ---- */

/* What the table has to say from now on; before the device hears of it. */
static void commit(net_worker *w, const net_pending *p, uint8_t code)
{
    uint32_t slot = p->slot;
    if (COT_COAP_CLASS(code) != 2)
        return;
    if (p->kind == NET_PENDING_DEREGISTER) {
        net_job_drop_slot(w, slot);
        table_clear_registration(&w->table, slot);
        table_refresh(&w->table, slot, w->loop->now);
    } else {
        if (p->kind == NET_PENDING_REGISTER)
            table_clear_observations(&w->table, slot); /* the device has begun anew */
        table_set_registration(&w->table, slot, &p->registration, w->loop->now);
        net_peer_stranger(w, slot, false);
    }
    net_peer_schedule(w, slot);
}

static void write_answer(cot_coap_writer *m, const ipc_location *location, uint8_t code)
{
    char text[23];
    if (code != COT_COAP_CREATED || location == NULL)
        return;
    net_location_text(location, text);
    cot_coap_write_option(m, COT_COAP_LOCATION_PATH, "rd", 2);
    cot_coap_write_option(m, COT_COAP_LOCATION_PATH, text, 22);
}

static void on_due(loop_timer *t)
{
    net_pending *p = t->ctx;
    net_worker *w = p->w;
    cot_coap_peer peer;
    table_peer_get(&w->table, p->slot, &peer);
    enum cot_coap_action a = cot_coap_due(&p->exchange, &peer, &w->params, w->loop->now);
    table_peer_put(&w->table, p->slot, &peer);
    if (a == COT_COAP_LOST) {
        uint32_t slot = p->slot;
        net_pending_free(w, p);
        net_job_start(w, slot);
        return;
    }
    if (a == COT_COAP_RESEND)
        net_send(w, &p->who, p->bytes, p->bytes_len);
    loop_arm(w->loop, &p->timer, p->exchange.deadline);
}

/* The empty ACK is out (or the request was a NON): a message of our own, confirmable for a CON. */
static void answer_separately(net_worker *w, net_pending *p, cot_coap_peer *peer, uint8_t code)
{
    cot_coap_writer m;
    size_t len;
    bool con = p->head.type == COT_COAP_CON;
    cot_coap_head h = {
        .type = con ? COT_COAP_CON : COT_COAP_NON, .code = code, .token = p->head.token};
    if (cot_coap_mid_next(peer, &w->params, w->loop->now, &h.mid) != COT_OK)
        h.mid = (uint16_t)(net_random32() & w->params.mid_last);
    cot_coap_write_begin(&m, p->bytes, sizeof p->bytes, &h);
    write_answer(&m, &p->registration.location, code);
    (void)cot_coap_write_end(&m, &len); /* always fits */
    p->bytes_len = (uint16_t)len;
    if (con) {
        cot_coap_open(&p->exchange, peer, &w->params, &h, net_random32(), w->loop->now);
        p->answered = true;
        p->timer.on_due = on_due;
        loop_arm(w->loop, &p->timer, p->exchange.deadline);
    }
    net_send(w, &p->who, p->bytes, p->bytes_len);
}

static void answer_at_once(net_worker *w, net_pending *p, cot_coap_peer *peer, uint8_t code)
{
    net_request rq = {.who = p->who, .peer = peer};
    rq.msg.head = p->head;
    cot_coap_writer *m = net_reply_begin(w, &rq, code);
    write_answer(m, &p->registration.location, code);
    net_reply_end(w, &rq);
}

void net_rd_on_answer(net_worker *w, const ipc_answer *a)
{
    uint32_t i = (uint32_t)(a->id & (NET_PENDING - 1));
    net_pending *p = i < w->pendings.top ? pool_at(&w->pendings, i) : NULL;
    if (p == NULL || p->id != a->id || p->answered)
        return; /* answered already, or its slot has gone */
    cot_coap_peer peer;
    uint32_t slot = p->slot;
    commit(w, p, a->code);
    table_peer_get(&w->table, slot, &peer);
    bool separate = p->acked || p->head.type != COT_COAP_CON;
    if (separate)
        answer_separately(w, p, &peer, a->code);
    else
        answer_at_once(w, p, &peer, a->code);
    table_peer_put(&w->table, slot, &peer);
    if (!p->answered)
        net_pending_free(w, p);
    /* A NoSec sender that hub does not want has no place in the table. */
    if (w->slots[slot].stranger && w->slots[slot].pending == 0)
        net_peer_remove(w, slot);
    else
        net_job_start(w, slot);
}

/* ---- duplicates ---- */

void net_rd_repeat(net_worker *w, net_request *rq, uint8_t code)
{
    const table_registration *r =
        rq->who.slot == TABLE_NONE ? NULL : table_registration_of(&w->table, rq->who.slot);
    cot_coap_writer *m = net_reply_begin(w, rq, code);
    write_answer(m, r == NULL ? NULL : &r->location, code);
    if (code == COT_COAP_CONTINUE && COT_COAP_HAS(&rq->view, BLOCK1))
        cot_coap_write_option_uint(m, COT_COAP_BLOCK1, rq->view.block1);
    net_reply_end(w, rq);
}
