/* SPDX-License-Identifier: Apache-2.0 */
/* Registration interface (OMA LwM2M Core 1.1 section 6.2, Transport section 6.4.3): register, update,
 * deregister. hub decides; a mere refresh of a lifetime is answered from the table. */
#include "core/cbor/reader.h"
#include "core/lwm2m/link.h"
#include "core/lwm2m/number.h"
#include "server/net/net.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define LIFETIME_DEFAULT 86400u
#define ECHO_LEN 12u /* 4 of time, 8 of MAC */
#define ECHO_MS 60000u
#define STRANGERS_SHARE 16u /* of the table: NoSec addresses that have not registered */

/* ---- location ids: 16 bytes, 22 characters of base64url ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void net_location_text(const ipc_location *l, char out[static 23])
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < sizeof l->b; i++) {
        bits = bits << 8 | l->b[i];
        for (have += 8; have >= 6; have -= 6)
            out[n++] = digits[bits >> (have - 6) & 63u];
    }
    out[n++] = digits[bits << (6 - have) & 63u];
    out[n] = '\0';
}

/* The value of a base64url character; 64: it is none. */
static uint32_t digit_of(uint8_t c)
{
    if (c >= 'a')
        return c <= 'z' ? c - 'a' + 26u : 64;
    if (c >= 'A')
        return c <= 'Z' ? c - 'A' + 0u : c == '_' ? 63 : 64;
    if (c >= '0')
        return c <= '9' ? c - '0' + 52u : 64;
    return c == '-' ? 62 : 64;
}

cot_status net_location_parse(cot_bytes text, ipc_location *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    if (text.len != 22)
        return COT_E_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t d = digit_of(text.p[i]);
        if (d > 63)
            return COT_E_MALFORMED;
        bits = bits << 6 | d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out->b[n++] = (uint8_t)(bits >> have);
        }
    }
    return n == sizeof out->b ? COT_OK : COT_E_MALFORMED;
}

/* ---- what the query says ---- */

typedef struct attributes {
    cot_bytes endpoint;
    cot_bytes binding;
    bool has_binding;
    bool has_lifetime;
    uint64_t lifetime;
    uint8_t version;
} attributes;

static cot_status read_attributes(const net_worker *w, const cot_coap_view *v, attributes *a)
{
    cot_bytes text;
    memset(a, 0, sizeof *a);
    a->lifetime = LIFETIME_DEFAULT;
    a->version = 10;
    (void)cot_coap_query_find(v->query, "ep", &a->endpoint);
    a->has_binding = cot_coap_query_find(v->query, "b", &a->binding);
    a->has_lifetime = cot_coap_query_find(v->query, "lt", &text);
    if (a->has_lifetime &&
        (cot_decimal_parse_uint(text, &a->lifetime) != COT_OK ||
         a->lifetime < w->config.lifetime_min || a->lifetime > w->config.lifetime_max))
        return COT_E_RANGE;
    if (cot_coap_query_find(v->query, "lwm2m", &text)) {
        if (text.len < 3 || text.p[0] != '1' || text.p[1] != '.')
            return COT_E_RANGE; /* another major version */
        a->version = text.len == 3 && text.p[2] == '0' ? 10 : 11;
    }
    return a->binding.len > IPC_BINDING_MAX || !cot_utf8_valid(a->binding) ? COT_E_RANGE : COT_OK;
}

static bool links_right(cot_bytes links)
{
    cot_link_reader r;
    cot_link link;
    cot_status s;
    cot_link_reader_init(&r, links);
    do
        s = cot_link_next(&r, (cot_bytes){NULL, 0}, &link);
    while (s == COT_OK);
    return s == COT_E_NOT_FOUND;
}

/* ---- requests that wait for hub ---- */

static net_pending *pending_of(net_worker *w, uint32_t index_1)
{
    return index_1 == 0 ? NULL : pool_at(&w->pendings, index_1 - 1);
}

static net_pending *pending_new(net_worker *w, const net_request *rq, net_pending_kind kind)
{
    net_slot *s = &w->slots[rq->who.slot];
    net_pending *p = s->pendings < NET_PENDINGS_A_DEVICE ? pool_take(&w->pendings) : NULL;
    if (p == NULL) {
        w->counters.overload++;
        return NULL;
    }
    p->w = w;
    p->kind = (uint8_t)kind;
    p->id = net_new_id(w) | pool_index(&w->pendings, p);
    p->head = rq->msg.head;
    p->who = rq->who;
    p->slot = rq->who.slot;
    p->created = w->table.slots[p->slot].created;
    p->mode = table_mode(&w->table, p->slot);
    p->next = s->pending;
    s->pending = pool_index(&w->pendings, p) + 1;
    s->pendings++;
    return p;
}

void net_pending_free(net_worker *w, net_pending *p)
{
    uint32_t *at = &w->slots[p->slot].pending;
    uint32_t me = pool_index(&w->pendings, p) + 1;
    while (*at != 0 && *at != me)
        at = &pending_of(w, *at)->next;
    if (*at != 0) {
        *at = p->next;
        w->slots[p->slot].pendings--;
    }
    loop_disarm(w->loop, &p->timer);
    p->id = 0;
    pool_give(&w->pendings, p);
}

void net_rd_drop_slot(net_worker *w, uint32_t slot)
{
    while (w->slots[slot].pending != 0)
        net_pending_free(w, pending_of(w, w->slots[slot].pending));
}

net_pending *net_rd_exchange(net_worker *w, uint32_t slot, const cot_coap_head *h)
{
    for (net_pending *p = pending_of(w, w->slots[slot].pending); p != NULL;
         p = pending_of(w, p->next))
        if (p->answered && cot_coap_matches(&p->exchange, h))
            return p;
    return NULL;
}

static void on_slow(loop_timer *t)
{
    net_pending *p = t->ctx;
    net_worker *w = p->w;
    uint8_t out[COT_COAP_EMPTY_LEN];
    cot_coap_peer peer;
    if (p->acked || p->head.type != COT_COAP_CON)
        return;
    p->acked = true;
    table_peer_get(&w->table, p->slot, &peer);
    cot_coap_answered(&peer, p->head.mid, COT_COAP_EMPTY);
    table_peer_put(&w->table, p->slot, &peer);
    cot_coap_write_empty(out, COT_COAP_ACK, p->head.mid);
    net_send(w, &p->who, out, sizeof out);
}

/* Hand it to hub. When hub is not there it waits, and goes out again when hub is back. */
static void hand_over(net_worker *w, net_pending *p)
{
    p->timer.on_due = on_slow;
    p->timer.ctx = p;
    loop_arm(w->loop, &p->timer, w->loop->now + NET_PIGGYBACK_MS);
    (void)net_rd_send(w, p);
}

static void store_body(net_pending *p, const attributes *a, cot_bytes links)
{
    p->endpoint_len = (uint8_t)a->endpoint.len;
    p->has_binding = a->has_binding;
    p->binding_len = (uint8_t)a->binding.len;
    if (a->endpoint.len > 0)
        memcpy(p->endpoint, a->endpoint.p, a->endpoint.len);
    if (a->binding.len > 0)
        memcpy(p->binding, a->binding.p, a->binding.len);
    if (links.len > 0)
        memcpy(p->links, links.p, links.len);
    p->links_len = (uint32_t)links.len;
}

/* ---- register ---- */

/* A NoSec peer gets its slot with its first registration. */
static bool slot_for_stranger(net_worker *w, net_request *rq, cot_coap_peer *peer)
{
    bool room = w->strangers <= w->table.capacity / STRANGERS_SHARE;
    uint32_t slot = room ? table_take(&w->table) : TABLE_NONE;
    if (slot == TABLE_NONE) {
        w->counters.overload++;
        return false;
    }
    cot_coap_peer_init(peer, &w->params, (uint16_t)net_random32());
    (void)cot_coap_receive(peer, NULL, &w->params, &rq->msg.head, w->loop->now);
    table_create(&w->table, slot, IPC_NOSEC, 0, &rq->who.from, NULL, peer, w->loop->now);
    net_peer_link(w, slot);
    net_peer_stranger(w, slot, true);
    rq->who.slot = slot;
    rq->peer = peer;
    return true;
}

/* What is wrong with a registration: the code to answer, or 0. */
static uint8_t judge_register(const attributes *a, const cot_coap_view *v, cot_bytes links,
                              cot_status attributes_read)
{
    if (v->content_format != COT_COAP_NO_FORMAT && v->content_format != 40)
        return COT_COAP_BAD_FORMAT;
    if (links.len > IPC_LINKS_MAX)
        return COT_COAP_TOO_LARGE;
    if (attributes_read != COT_OK || a->endpoint.len == 0 || a->endpoint.len > IPC_ENDPOINT_MAX ||
        !cot_utf8_valid(a->endpoint))
        return COT_COAP_BAD_REQUEST;
    return links.len == 0 || !links_right(links) ? COT_COAP_BAD_REQUEST : 0;
}

static void register_whole(net_worker *w, net_request *rq, cot_bytes links)
{
    attributes a;
    cot_status s = read_attributes(w, &rq->view, &a);
    uint8_t wrong = judge_register(&a, &rq->view, links, s);
    net_pending *p = wrong != 0 ? NULL : pending_new(w, rq, NET_PENDING_REGISTER);
    if (p == NULL) {
        net_reply(w, rq, wrong != 0 ? wrong : COT_COAP_UNAVAILABLE);
        return;
    }
    store_body(p, &a, links);
    p->registration.lifetime = (uint32_t)a.lifetime;
    p->registration.version = a.version;
    net_random(p->registration.location.b, sizeof p->registration.location.b);
    table_index_put(&w->table, p->slot, p->registration.location.b);
    hand_over(w, p);
}

/* Block1: collect, one transfer a slot. */
static net_pending *collecting(net_worker *w, const net_request *rq)
{
    for (net_pending *p = pending_of(w, w->slots[rq->who.slot].pending); p != NULL;
         p = pending_of(w, p->next))
        if (p->kind == NET_PENDING_COLLECT)
            return p;
    net_pending *p = pending_new(w, rq, NET_PENDING_COLLECT);
    if (p != NULL)
        cot_coap_collect_init(&p->collect, IPC_LINKS_MAX, NET_SZX);
    return p;
}

static void on_collect_late(loop_timer *t)
{
    net_pending *p = t->ctx;
    net_pending_free(p->w, p);
}

static void register_block(net_worker *w, net_request *rq)
{
    net_pending *p = collecting(w, rq);
    uint8_t code = COT_COAP_UNAVAILABLE;
    cot_coap_block block = {0};
    if (p == NULL) {
        net_reply(w, rq, code);
        return;
    }
    uint32_t at = p->collect.offset;
    cot_status s = cot_coap_collect_step(&p->collect, &rq->view, rq->msg.payload, &code, &block);
    if (s == COT_OK) {
        at = p->collect.offset - (uint32_t)rq->msg.payload.len;
        if (rq->msg.payload.len > 0)
            memcpy(p->links + at, rq->msg.payload.p, rq->msg.payload.len);
    }
    p->timer.on_due = on_collect_late;
    p->timer.ctx = p;
    loop_arm(w->loop, &p->timer, w->loop->now + w->params.exchange_lifetime);
    if (s == COT_OK && code == 0) {
        static uint8_t whole[IPC_LINKS_MAX];
        cot_bytes links = {whole, p->collect.offset};
        memcpy(whole, p->links, links.len);
        net_pending_free(w, p);
        register_whole(w, rq, links);
        return;
    }
    cot_coap_writer *m = net_reply_begin(w, rq, code);
    cot_coap_write_option_uint(m, COT_COAP_BLOCK1, cot_coap_block_encode(&block));
    if (s == COT_E_LIMIT)
        cot_coap_write_option_uint(m, COT_COAP_SIZE1, IPC_LINKS_MAX);
    net_reply_end(w, rq);
}

void net_rd_register(net_worker *w, net_request *rq)
{
    cot_coap_peer peer;
    bool stranger = rq->who.slot == TABLE_NONE;
    if (stranger && !slot_for_stranger(w, rq, &peer)) {
        net_reply(w, rq, COT_COAP_UNAVAILABLE);
        return;
    }
    if (COT_COAP_HAS(&rq->view, BLOCK1))
        register_block(w, rq);
    else
        register_whole(w, rq, rq->msg.payload);
    if (!stranger)
        return;
    rq->peer = NULL;
    if (w->slots[rq->who.slot].pending != 0)
        table_peer_put(&w->table, rq->who.slot, &peer);
    else
        net_peer_remove(w, rq->who.slot); /* refused at once: no place in the table for that */
}

/* ---- NoSec from another address: a challenge by Echo (RFC 9175 section 2) ---- */

static void echo_value(const net_worker *w, const table_address *a, uint32_t time,
                       uint8_t out[static ECHO_LEN])
{
    uint8_t in[24];
    uint8_t mac[32];
    unsigned len = 0;
    memcpy(in, a->ip, 16);
    for (size_t i = 0; i < 4; i++) {
        in[16 + i] = (uint8_t)(time >> (24 - 8 * i));
        out[i] = in[16 + i];
    }
    in[20] = (uint8_t)(a->port >> 8);
    in[21] = (uint8_t)a->port;
    in[22] = a->listener;
    in[23] = 0;
    (void)HMAC(EVP_sha256(), w->echo_key, sizeof w->echo_key, in, sizeof in, mac, &len);
    memcpy(out + 4, mac, ECHO_LEN - 4);
}

static bool echo_right(const net_worker *w, const net_request *rq)
{
    uint8_t want[ECHO_LEN];
    cot_bytes e = rq->view.echo;
    if (e.len != ECHO_LEN)
        return false;
    cot_reader r;
    cot_reader_init(&r, e.p, e.len);
    uint32_t time = cot_read_u32(&r);
    echo_value(w, &rq->who.from, time, want);
    return cot_equal_ct(want, e.p, ECHO_LEN) && (uint32_t)w->loop->now - time <= ECHO_MS;
}

static void challenge(net_worker *w, net_request *rq)
{
    uint8_t value[ECHO_LEN];
    echo_value(w, &rq->who.from, (uint32_t)w->loop->now, value);
    cot_coap_writer *m = net_reply_begin(w, rq, COT_COAP_UNAUTHORIZED);
    cot_coap_write_option(m, COT_COAP_ECHO, value, sizeof value);
    net_reply_end(w, rq);
    w->counters.challenged++;
}

/* The slot of a location for this request's sender. TABLE_NONE: answered already. */
static uint32_t owner(net_worker *w, net_request *rq, cot_bytes location)
{
    ipc_location l;
    uint32_t slot = net_location_parse(location, &l) == COT_OK ? table_find_location(&w->table, &l)
                                                               : TABLE_NONE;
    if (slot != TABLE_NONE && slot == rq->who.slot)
        return slot;
    bool plain = !w->listeners[rq->who.from.listener].dtls;
    if (slot == TABLE_NONE || !plain || table_mode(&w->table, slot) != IPC_NOSEC) {
        net_reply(w, rq, COT_COAP_NOT_FOUND);
        return TABLE_NONE;
    }
    if (!echo_right(w, rq)) {
        challenge(w, rq);
        return TABLE_NONE;
    }
    return slot;
}

/* ---- update, deregister ---- */

static void update(net_worker *w, net_request *rq)
{
    attributes a;
    uint32_t slot = rq->who.slot;
    const table_registration *r = table_registration_of(&w->table, slot);
    bool has_links = rq->msg.payload.len > 0;
    uint8_t wrong = 0;
    if (read_attributes(w, &rq->view, &a) != COT_OK || (has_links && !links_right(rq->msg.payload)))
        wrong = COT_COAP_BAD_REQUEST;
    else if (has_links && rq->msg.payload.len > IPC_LINKS_MAX)
        wrong = COT_COAP_TOO_LARGE;
    if (wrong != 0) {
        net_reply(w, rq, wrong);
        return;
    }
    bool same = !has_links && !a.has_binding && (!a.has_lifetime || a.lifetime == r->lifetime);
    if (same) {
        table_refresh(&w->table, slot, w->loop->now);
        net_refresh_note(w, slot);
        net_reply(w, rq, COT_COAP_CHANGED);
        return;
    }
    net_pending *p = pending_new(w, rq, NET_PENDING_UPDATE);
    if (p == NULL) {
        net_reply(w, rq, COT_COAP_UNAVAILABLE);
        return;
    }
    a.endpoint = (cot_bytes){NULL, 0};
    store_body(p, &a, rq->msg.payload);
    p->has_links = has_links;
    p->registration = *r;
    if (a.has_lifetime)
        p->registration.lifetime = (uint32_t)a.lifetime;
    hand_over(w, p);
}

static void deregister(net_worker *w, net_request *rq)
{
    net_pending *p = pending_new(w, rq, NET_PENDING_DEREGISTER);
    if (p == NULL) {
        net_reply(w, rq, COT_COAP_UNAVAILABLE);
        return;
    }
    p->registration = *table_registration_of(&w->table, rq->who.slot);
    hand_over(w, p);
}

/* Run `f` as the owner of the location: a NoSec sender whose Echo was right becomes it. */
static void as_owner(net_worker *w, net_request *rq, cot_bytes location,
                     void (*f)(net_worker *, net_request *))
{
    uint32_t slot = owner(w, rq, location);
    cot_coap_peer peer;
    if (slot == TABLE_NONE)
        return;
    if (slot == rq->who.slot) {
        f(w, rq);
        return;
    }
    if (rq->who.slot != TABLE_NONE && table_registration_of(&w->table, rq->who.slot) != NULL) {
        net_reply(w, rq, COT_COAP_NOT_FOUND); /* another device registered from that address */
        return;
    }
    if (rq->who.slot != TABLE_NONE)
        net_peer_remove(w, rq->who.slot);
    net_peer_move(w, slot, &rq->who.from);
    rq->who.slot = slot;
    table_peer_get(&w->table, slot, &peer);
    cot_coap_event ev = cot_coap_receive(&peer, NULL, &w->params, &rq->msg.head, w->loop->now);
    cot_coap_peer *before = rq->peer;
    rq->peer = &peer;
    if (ev.kind == COT_COAP_GOT_REQUEST)
        f(w, rq);
    else
        net_rd_repeat(w, rq, ev.code);
    table_peer_put(&w->table, slot, &peer);
    rq->peer = before;
}

void net_rd_update(net_worker *w, net_request *rq, cot_bytes location)
{
    as_owner(w, rq, location, update);
}

void net_rd_deregister(net_worker *w, net_request *rq, cot_bytes location)
{
    as_owner(w, rq, location, deregister);
}
