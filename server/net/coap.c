/* SPDX-License-Identifier: Apache-2.0 */
/* One CoAP message: rules, then who serves it. The slot's CoAP peer is loaded, changed and committed here;
 * whatever is called in between works on that copy (rq->peer) and queues datagrams, which leave only after
 * the commit. */
#include "server/net/net.h"
#include "server/net/session.h"

#include <string.h>

/* ---- answering ---- */

cot_coap_writer *net_reply_begin(net_worker *w, const net_request *rq, uint8_t code)
{
    cot_coap_head h = {.code = code, .token = rq->msg.head.token};
    if (rq->msg.head.type == COT_COAP_CON) {
        h.type = COT_COAP_ACK;
        h.mid = rq->msg.head.mid;
    } else {
        h.type = COT_COAP_NON;
        h.mid = (uint16_t)(net_random32() & w->params.mid_last);
        if (rq->peer != NULL)
            (void)cot_coap_mid_next(rq->peer, &w->params, w->loop->now, &h.mid);
    }
    cot_coap_write_begin(&w->reply_writer, w->reply, sizeof w->reply, &h);
    return &w->reply_writer;
}

void net_reply_end(net_worker *w, net_request *rq)
{
    size_t len;
    if (cot_coap_write_end(&w->reply_writer, &len) != COT_OK)
        return;
    if (rq->peer != NULL)
        cot_coap_answered(rq->peer, rq->msg.head.mid, w->reply[1]);
    net_send(w, &rq->who, w->reply, len);
}

void net_reply(net_worker *w, net_request *rq, uint8_t code)
{
    (void)net_reply_begin(w, rq, code);
    net_reply_end(w, rq);
}

void net_reply_text(net_worker *w, net_request *rq, uint8_t code, const char *text)
{
    cot_coap_writer *m = net_reply_begin(w, rq, code);
    cot_coap_write_payload(m, text, strlen(text));
    net_reply_end(w, rq);
}

static void send_empty(net_worker *w, const net_peer *who, uint8_t type, uint16_t mid)
{
    uint8_t out[COT_COAP_EMPTY_LEN];
    if (type == 0)
        return;
    cot_coap_write_empty(out, type, mid);
    net_send(w, who, out, sizeof out);
}

/* ---- requests ---- */

/* The one segment after a prefix; false when there is not exactly one. */
static bool one_segment(cot_coap_segments rest, cot_bytes *seg)
{
    return rest.count == 1 && cot_coap_segments_next(&rest, seg);
}

static void serve_rd(net_worker *w, net_request *rq, cot_coap_segments rest)
{
    cot_bytes location;
    if (rest.count == 0 && rq->msg.head.code == COT_COAP_POST)
        net_rd_register(w, rq);
    else if (!one_segment(rest, &location))
        net_reply(w, rq, rest.count == 0 ? COT_COAP_NOT_ALLOWED : COT_COAP_NOT_FOUND);
    else if (rq->msg.head.code == COT_COAP_POST)
        net_rd_update(w, rq, location);
    else if (rq->msg.head.code == COT_COAP_DELETE)
        net_rd_deregister(w, rq, location);
    else
        net_reply(w, rq, COT_COAP_NOT_ALLOWED);
}

static void serve(net_worker *w, net_request *rq)
{
    cot_coap_segments rest;
    cot_bytes name;
    cot_status s = cot_coap_view_fetch(&rq->msg, &rq->view);
    if (s == COT_E_UNSUPPORTED) {
        w->counters.unknown_option++;
        net_reply(w, rq, rq->view.error);
    } else if (s != COT_OK) {
        w->counters.unknown_option++;
        if (rq->peer != NULL)
            send_empty(w, &rq->who, cot_coap_reject(rq->peer, &rq->msg.head), rq->msg.head.mid);
    } else if (cot_coap_path_starts(rq->view.path, "rd", &rest)) {
        serve_rd(w, rq, rest);
    } else if (cot_coap_path_starts(rq->view.path, "fw", &rest) && one_segment(rest, &name)) {
        net_firmware_get(w, rq, name);
    } else {
        w->counters.not_found++;
        net_reply(w, rq, COT_COAP_NOT_FOUND);
    }
}

/* The same request again: the same answer again, without effect. Responses to GET are made anew. */
static void repeat(net_worker *w, net_request *rq, uint8_t code)
{
    cot_coap_segments rest;
    if (code == COT_COAP_EMPTY || cot_coap_view_fetch(&rq->msg, &rq->view) != COT_OK)
        return;
    if (cot_coap_path_starts(rq->view.path, "fw", &rest))
        serve(w, rq);
    else
        net_rd_repeat(w, rq, code);
}

/* ---- responses, and what else comes ---- */

typedef struct matched {
    cot_coap_exchange *exchange;
    net_job *job;
    net_pending *pending;
    net_path *path;
} matched;

static matched match(net_worker *w, uint32_t slot, const cot_coap_head *h)
{
    matched m = {NULL, NULL, NULL, net_path_of(w, slot)};
    if (m.path != NULL && cot_coap_matches(&m.path->exchange, h)) {
        m.exchange = &m.path->exchange;
        return m;
    }
    m.path = NULL;
    m.job = net_job_exchange(w, slot, h);
    m.pending = m.job == NULL ? net_rd_exchange(w, slot, h) : NULL;
    if (m.job != NULL)
        m.exchange = &m.job->exchange;
    else if (m.pending != NULL)
        m.exchange = &m.pending->exchange;
    return m;
}

static void on_response(net_worker *w, net_request *rq, const matched *m)
{
    if (m->path != NULL) {
        net_path_answered(w, m->path, &rq->who);
        return;
    }
    if (m->job == NULL)
        return;
    if (cot_coap_view_fetch(&rq->msg, &rq->view) == COT_OK) {
        net_job_response(w, m->job, rq);
    } else {
        w->counters.unknown_option++;
        net_job_end(w, m->job, COT_COAP_CODE(5, 2), 0, (cot_bytes){NULL, 0});
    }
}

static void act(net_worker *w, net_request *rq, const matched *m, const cot_coap_event *ev)
{
    switch ((enum cot_coap_event_kind)ev->kind) {
    case COT_COAP_GOT_REQUEST:
        serve(w, rq);
        break;
    case COT_COAP_GOT_DUPLICATE:
        repeat(w, rq, ev->code);
        break;
    case COT_COAP_GOT_RESPONSE:
        on_response(w, rq, m);
        break;
    case COT_COAP_GOT_UNKNOWN:
        send_empty(w, &rq->who, net_notify(w, rq), rq->msg.head.mid);
        break;
    case COT_COAP_GOT_ACK:
        if (m->job != NULL)
            net_job_wait(w, m->job);
        else if (m->pending != NULL)
            net_pending_free(w, m->pending);
        break;
    case COT_COAP_GOT_RESET:
        if (m->job != NULL)
            net_job_reset(w, m->job);
        else if (m->pending != NULL)
            net_pending_free(w, m->pending);
        break;
    case COT_COAP_GOT_STRAY_RESET:
    case COT_COAP_GOT_PONG:
    case COT_COAP_GOT_NOTHING:
        break;
    }
}

static void known_peer(net_worker *w, net_request *rq)
{
    uint32_t slot = rq->who.slot;
    cot_coap_peer peer;
    table_peer_get(&w->table, slot, &peer);
    rq->peer = &peer;
    matched m = match(w, slot, &rq->msg.head);
    /* Without room to tell hub the result it is as if the answer were lost: it comes again. */
    if (m.job != NULL && ipc_is_open(&w->hub) && ipc_room(&w->hub) < 2 * IPC_DATAGRAM_MAX) {
        w->counters.dropped++;
        return;
    }
    cot_coap_event ev =
        cot_coap_receive(&peer, m.exchange, &w->params, &rq->msg.head, w->loop->now);
    send_empty(w, &rq->who, ev.reply, rq->msg.head.mid);
    act(w, rq, &m, &ev);
    if (table_is_live(&w->table, slot) && !rq->forget) {
        table_peer_put(&w->table, slot, &peer);
        net_job_start(w, slot);
    }
}

/* Nobody we know, without DTLS. Only a registration makes a slot for it. */
static void stranger(net_worker *w, net_request *rq)
{
    const cot_coap_head *h = &rq->msg.head;
    if (cot_coap_is_request(h))
        serve(w, rq);
    else if (h->type == COT_COAP_CON || (h->type == COT_COAP_NON && cot_coap_is_response(h)))
        send_empty(w, &rq->who, COT_COAP_RST, h->mid);
}

static void malformed(net_worker *w, net_request *rq)
{
    cot_coap_peer peer;
    w->counters.malformed++;
    if (rq->who.slot == TABLE_NONE) {
        if (rq->msg.head.type == COT_COAP_CON)
            send_empty(w, &rq->who, COT_COAP_RST, rq->msg.head.mid);
        return;
    }
    table_peer_get(&w->table, rq->who.slot, &peer);
    uint8_t type = cot_coap_reject(&peer, &rq->msg.head);
    table_peer_put(&w->table, rq->who.slot, &peer);
    send_empty(w, &rq->who, type, rq->msg.head.mid);
}

void net_on_message(net_worker *w, const net_peer *who, const uint8_t *bytes, size_t len)
{
    net_request rq = {.who = *who};
    cot_status s = cot_coap_parse(bytes, len, &rq.msg);
    if (who->slot != TABLE_NONE)
        table_touch(&w->table, who->slot);
    if (s == COT_OK && who->slot != TABLE_NONE)
        known_peer(w, &rq);
    else if (s == COT_OK)
        stranger(w, &rq);
    else if (s == COT_E_MALFORMED)
        malformed(w, &rq);
    else
        w->counters.malformed++;
}

void net_on_too_long(net_worker *w, const net_peer *who, const uint8_t *bytes, size_t len)
{
    net_request rq = {.who = *who};
    if (cot_coap_parse(bytes, len, &rq.msg) != COT_OK || !cot_coap_is_request(&rq.msg.head))
        return;
    cot_coap_writer *m = net_reply_begin(w, &rq, COT_COAP_TOO_LARGE);
    cot_coap_write_option_uint(m, COT_COAP_SIZE1, NET_BLOCK);
    net_reply_end(w, &rq);
}
