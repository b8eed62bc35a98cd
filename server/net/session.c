/* SPDX-License-Identifier: Apache-2.0 */
/* Established DTLS sessions: records in and out of the table (design.md rules 1, 2, 5). */
#include "server/net/handshake.h"

#include <string.h>

#define TYPE_AT 0u
#define EPOCH_AT 3u
#define CID_AT 11u
#define MESSAGE_AT 13u /* handshake message type in a first record without connection ID */
#define CLIENT_HELLO 1u

/* ---- out ---- */

size_t net_session_size(net_worker *w, uint32_t slot, size_t len)
{
    return cot_dtls_record_size(table_record(&w->table, slot), len);
}

static size_t seal(net_worker *w, uint32_t slot, const table_address *to, uint8_t type,
                   const uint8_t *bytes, size_t len)
{
    static uint8_t out[NET_DATAGRAM];
    uint64_t number;
    size_t used = 0;
    cot_dtls_record *r = table_record(&w->table, slot);
    if (w->slots[slot].doomed)
        return 0;
    cot_status s = cot_dtls_record_reserve(r, 1, &number, table_record_store);
    if (s == COT_OK)
        s = cot_dtls_record_seal(r, &w->session->aead, number, type, bytes, len, out, sizeof out,
                                 &used);
    if (s != COT_OK) {
        if (s == COT_E_CLOSED)
            net_peer_doom(w, slot); /* its numbers are used up */
        w->counters.dropped++;
        return 0;
    }
    net_send_raw(w, to, out, used);
    return used;
}

size_t net_session_send(net_worker *w, uint32_t slot, const table_address *to, const uint8_t *bytes,
                        size_t len)
{
    return seal(w, slot, to, COT_DTLS_DATA, bytes, len);
}

void net_session_close(net_worker *w, uint32_t slot)
{
    (void)seal(w, slot, table_address_of(&w->table, slot), COT_DTLS_ALERT, cot_dtls_close_notify,
               COT_DTLS_ALERT_LEN);
}

void net_session_drop_slot(net_worker *w, uint32_t slot)
{
    net_handshake *h = net_handshake_of(w, slot);
    if (h != NULL)
        net_handshake_end(w, h);
}

/* ---- in ---- */

static void on_alert(net_worker *w, uint32_t slot, const cot_dtls_opened *o)
{
    cot_dtls_alert_action a = cot_dtls_alert_read(o->data, o->len);
    if (a == COT_DTLS_ALERT_IGNORE)
        return;
    if (a == COT_DTLS_ALERT_CLOSE)
        net_session_close(w, slot);
    net_peer_doom(w, slot);
}

/* The first application record: the handshake is over for both, its context goes. */
static void settle(net_worker *w, uint32_t slot)
{
    net_handshake *h = net_handshake_of(w, slot);
    table_record_settled(&w->table, slot);
    if (h != NULL)
        net_handshake_end(w, h);
}

static void on_data(net_worker *w, uint32_t slot, const table_address *from,
                    const cot_dtls_opened *o, size_t *credit)
{
    net_peer who = {.slot = slot, .from = *from};
    if (table_record(&w->table, slot)->fresh != 0)
        settle(w, slot);
    bool elsewhere = !net_address_equal(from, table_address_of(&w->table, slot));
    /* An old record from elsewhere proves nothing: its answer goes to the known address. */
    if (elsewhere && o->newest) {
        who.moved = true;
        net_path_seen(w, &who, *credit);
        *credit = 0;
    }
    net_on_message(w, &who, o->data, o->len);
}

static void on_handshake_record(net_worker *w, uint32_t slot)
{
    net_handshake *h = net_handshake_of(w, slot);
    if (h == NULL || table_record(&w->table, slot)->fresh == 0)
        return;
    cot_dtls_handshake_repeat(h->dtls);
    net_handshake_pump(w, h);
}

static void count(net_worker *w, cot_status s)
{
    if (s == COT_E_REPLAY)
        w->counters.replayed++;
    else
        w->counters.bad_record++;
}

/* All records of a datagram for one session. An address that is not verified gets credit for the datagram
 * once, however many records are in it. */
static void session_records(net_worker *w, uint32_t slot, const table_address *from, uint8_t *bytes,
                            size_t len)
{
    cot_datagram in = {bytes, len};
    cot_dtls_opened o;
    size_t credit = len;
    table_touch(&w->table, slot);
    while (in.len > 0 && table_is_live(&w->table, slot) && !w->slots[slot].doomed) {
        cot_dtls_record *r = table_record(&w->table, slot);
        cot_status s = cot_dtls_record_open(r, &w->session->aead, &in, &o);
        if (s != COT_OK) {
            count(w, s);
            continue;
        }
        s = cot_dtls_record_accept(r, o.number, table_record_store);
        if (o.type == COT_DTLS_DATA) {
            on_data(w, slot, from, &o, &credit);
        } else if (o.type == COT_DTLS_ALERT) {
            on_alert(w, slot, &o);
        } else {
            on_handshake_record(w, slot);
        }
        if (s == COT_E_CLOSED && table_is_live(&w->table, slot))
            net_peer_doom(w, slot);
    }
}

/* ---- which session or handshake ---- */

static void by_cid(net_worker *w, const table_address *from, const uint8_t *cid, uint8_t *bytes,
                   size_t len)
{
    uint32_t slot = table_index_of(&w->table, cid);
    if (slot == TABLE_NONE) {
        w->counters.wrong_cid++;
        return;
    }
    net_handshake *h = net_handshake_of(w, slot);
    if (h != NULL && !h->done)
        net_handshake_received(w, h, bytes, len); /* its Finished */
    else if (table_is_live(&w->table, slot) && table_mode(&w->table, slot) != IPC_NOSEC)
        session_records(w, slot, from, bytes, len);
    else
        w->counters.wrong_cid++;
}

static void client_hello(net_worker *w, const table_address *from, const uint8_t *bytes, size_t len)
{
    uint8_t reply[COT_DTLS_HELLO_VERIFY_LEN];
    size_t reply_len = 0;
    switch (cot_dtls_cookie_check(&w->session->cookie, (const uint8_t *)from, sizeof *from, bytes,
                                  len, w->loop->now, reply, &reply_len)) {
    case COT_DTLS_FIRST_DROP:
        w->counters.malformed++;
        break;
    case COT_DTLS_FIRST_VERIFY:
        net_send_raw(w, from, reply, reply_len);
        break;
    case COT_DTLS_FIRST_ACCEPT:
        net_handshake_start(w, from, bytes, len);
        break;
    }
}

/* The first record has no connection ID. */
static void by_address(net_worker *w, const table_address *from, uint8_t *bytes, size_t len)
{
    bool epoch_0 = bytes[EPOCH_AT] == 0 && bytes[EPOCH_AT + 1] == 0;
    net_handshake *h = net_handshake_at(w, from);
    if (epoch_0 && bytes[TYPE_AT] == COT_DTLS_HANDSHAKE && len > MESSAGE_AT &&
        bytes[MESSAGE_AT] == CLIENT_HELLO) {
        client_hello(w, from, bytes, len);
        return;
    }
    if (h != NULL && (epoch_0 || !h->done)) {
        net_handshake_received(w, h, bytes, len);
        return;
    }
    uint32_t slot = epoch_0 ? TABLE_NONE : net_peer_find(w, from);
    if (slot != TABLE_NONE && table_mode(&w->table, slot) != IPC_NOSEC)
        session_records(w, slot, from, bytes, len);
    else
        w->counters.dropped++;
}

uint32_t net_session_peek(const net_worker *w, const uint8_t *bytes, size_t len)
{
    if (len < CID_AT + COT_DTLS_CID_IN_MAX || bytes[TYPE_AT] != COT_DTLS_CID)
        return TABLE_NONE;
    uint32_t slot = table_index_of(&w->table, bytes + CID_AT);
    if (slot != TABLE_NONE)
        __builtin_prefetch(&w->slots[slot], 1);
    return slot;
}

void net_session_datagram(net_worker *w, const table_address *from, uint8_t *bytes, size_t len)
{
    const uint8_t *cid;
    cot_status s = cot_dtls_record_cid(bytes, len, COT_DTLS_CID_IN_MAX, &cid);
    if (s == COT_OK)
        by_cid(w, from, cid, bytes, len);
    else if (s == COT_E_UNSUPPORTED)
        by_address(w, from, bytes, len);
    else
        w->counters.malformed++;
}
