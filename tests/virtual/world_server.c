/* SPDX-License-Identifier: Apache-2.0 */
/* The server's half of the world, and time. */
#include "tests/virtual/world.h"

#include "core/lwm2m/content.h"
#include "core/lwm2m/number.h"

#include <string.h>

#define LOCATION "rd/abcdef0123456789"
#define REPLIES 8

static struct {
    uint16_t mid;
    size_t len;
    uint8_t bytes[1500];
} replies[REPLIES];
static unsigned next_reply;

static void transmit(world *w, const uint8_t *bytes, size_t len)
{
    uint8_t dgram[LINK_MTU];
    world_head(dgram, WORLD_DATA, w->session);
    memcpy(dgram + WORLD_HEAD, bytes, len);
    if (w->session != 0)
        link_send(&w->net, WORLD_SERVER, WORLD_DEVICE, dgram, len + WORLD_HEAD, w->now);
}

static void send_empty(world *w, uint8_t type, uint16_t mid)
{
    uint8_t out[COT_COAP_EMPTY_LEN];
    if (type == 0)
        return;
    cot_coap_write_empty(out, type, mid);
    transmit(w, out, sizeof out);
}

/* --- registrations and the release --- */

static uint8_t registration(world *w, const cot_coap_msg *m, const cot_coap_view *v, bool update,
                            cot_coap_writer *out)
{
    uint8_t code = 0;
    cot_coap_block b;
    uint32_t at = w->collect.offset;
    if (COT_COAP_HAS(v, BLOCK1)) {
        if (cot_coap_block_decode(v->block1, &b) == COT_OK && b.num == 0) {
            cot_coap_collect_init(&w->collect, WORLD_BODY, 6);
            at = 0;
        }
        cot_status s = cot_coap_collect_step(&w->collect, v, m->payload, &code, &b);
        if (s == COT_OK)
            memcpy(w->links + at, m->payload.p, m->payload.len);
        w->links_len = at + m->payload.len;
        cot_coap_write_option_uint(out, COT_COAP_BLOCK1, cot_coap_block_encode(&b));
        if (code != 0)
            return code;
    } else if (m->payload.len > 0) {
        memcpy(w->links, m->payload.p, m->payload.len);
        w->links_len = m->payload.len;
    }
    cot_bytes text;
    uint64_t lifetime = w->lifetime;
    if (cot_coap_query_find(v->query, "lt", &text) &&
        cot_decimal_parse_uint(text, &lifetime) != COT_OK)
        w->broken = "lt is no number";
    w->lifetime = (uint32_t)lifetime;
    w->expires = w->now + lifetime * 1000;
    w->updates += update;
    w->registers += !update;
    return update ? COT_COAP_CHANGED : COT_COAP_CREATED;
}

static uint8_t do_register(world *w, const cot_coap_msg *m, const cot_coap_view *v,
                           cot_coap_writer *out)
{
    cot_bytes ep, version;
    if (w->refuse != 0)
        return w->refuse;
    if (!cot_coap_query_find(v->query, "ep", &ep) || ep.len >= sizeof w->endpoint ||
        !cot_coap_query_find(v->query, "lwm2m", &version) || !cot_bytes_is(version, "1.1"))
        return COT_COAP_BAD_REQUEST;
    if (v->content_format != COT_FORMAT_LINK)
        w->broken = "a registration without link format";
    memcpy(w->endpoint, ep.p, ep.len);
    w->endpoint[ep.len] = '\0';
    cot_coap_writer probe = *out;
    uint8_t code = registration(w, m, v, false, &probe);
    if (code == COT_COAP_CREATED) {
        w->registered = true;
        cot_coap_write_segments(out, COT_COAP_LOCATION_PATH, LOCATION, '/');
        w->observing.len = 0;
    }
    cot_coap_block b;
    if (COT_COAP_HAS(v, BLOCK1) && cot_coap_block_decode(v->block1, &b) == COT_OK)
        cot_coap_write_option_uint(out, COT_COAP_BLOCK1, cot_coap_block_encode(&b));
    return code;
}

static uint8_t serve_release(world *w, const cot_coap_view *v, cot_coap_writer *out)
{
    cot_coap_slice slice;
    const uint8_t tag[2] = {0xE7, w->release_tag};
    if (w->refuse_fetch != 0)
        return w->refuse_fetch;
    if (cot_coap_slice_of(v, (uint32_t)w->release_len, 6, &slice) != COT_OK)
        return COT_COAP_BAD_REQUEST;
    if (slice.offset + slice.len > w->asked_to)
        w->asked_to = slice.offset + slice.len;
    cot_coap_write_option(out, COT_COAP_ETAG, tag, sizeof tag);
    cot_coap_write_option_uint(out, COT_COAP_BLOCK2, cot_coap_block_encode(&slice.block));
    if (slice.offset == 0)
        cot_coap_write_option_uint(out, COT_COAP_SIZE2, (uint32_t)w->release_len);
    if (slice.len > 0)
        cot_coap_write_payload(out, w->release + slice.offset, slice.len);
    return COT_COAP_CONTENT;
}

static uint8_t serve(world *w, const cot_coap_msg *m, const cot_coap_view *v, cot_coap_writer *out)
{
    uint8_t method = m->head.code;
    if (method == COT_COAP_GET && cot_coap_path_is(v->path, "fw/1"))
        return serve_release(w, v, out);
    if (method == COT_COAP_POST && cot_coap_path_is(v->path, "rd"))
        return do_register(w, m, v, out);
    if (!cot_coap_path_is(v->path, LOCATION) || !w->registered)
        return COT_COAP_NOT_FOUND;
    if (method == COT_COAP_POST)
        return registration(w, m, v, true, out);
    w->deregisters++;
    w->registered = false;
    return COT_COAP_DELETED;
}

static void answer_request(world *w, const cot_coap_msg *m)
{
    cot_coap_view v;
    cot_coap_writer out;
    cot_coap_head h = {.type = COT_COAP_ACK, .mid = m->head.mid, .token = m->head.token};
    next_reply = (next_reply + 1) % REPLIES;
    uint8_t *bytes = replies[next_reply].bytes;
    if (cot_coap_view_fetch(m, &v) != COT_OK)
        w->broken = "a request with options that are unknown";
    cot_coap_write_begin(&out, bytes, 1500, &h);
    uint8_t code = serve(w, m, &v, &out);
    size_t len = 0;
    if (cot_coap_write_end(&out, &len) != COT_OK)
        w->broken = "the server's answer was not written";
    bytes[1] = code;
    replies[next_reply].mid = m->head.mid;
    replies[next_reply].len = len;
    cot_coap_answered(&w->peer, m->head.mid, w->separate ? COT_COAP_EMPTY : code);
    if (w->separate) {
        send_empty(w, COT_COAP_ACK, m->head.mid);
        w->separate_mid = ++w->peer.mid;
        bytes[0] = (uint8_t)(bytes[0] & ~0x30u); /* CON */
        bytes[2] = (uint8_t)(w->separate_mid >> 8);
        bytes[3] = (uint8_t)w->separate_mid;
    }
    transmit(w, bytes, len);
}

static void answer_duplicate(world *w, uint16_t mid)
{
    for (unsigned i = 0; i < REPLIES; i++) {
        if (replies[i].len > 0 && replies[i].mid == mid)
            transmit(w, replies[i].bytes, replies[i].len);
    }
}

static void take_notification(world *w, const cot_coap_msg *m)
{
    cot_coap_view v;
    if (w->reset_next || !cot_coap_token_equal(&m->head.token, &w->observing) ||
        cot_coap_view_fetch(m, &v) != COT_OK) {
        send_empty(w, cot_coap_reject(&w->peer, &m->head), m->head.mid);
        if (m->head.type == COT_COAP_NON)
            send_empty(w, COT_COAP_RST, m->head.mid);
        w->reset_next = false;
        return;
    }
    send_empty(w, cot_coap_accept(&w->peer, &m->head), m->head.mid);
    if (!COT_COAP_HAS(&v, OBSERVE) || !cot_coap_order_newer(&w->order, v.observe, w->now))
        return;
    w->notifications++;
    w->confirmable_notifications += m->head.type == COT_COAP_CON;
    memcpy(w->notified, m->payload.p, m->payload.len);
    w->notified_len = m->payload.len;
    w->notified_at = w->now;
}

/* --- requests to the device --- */

static void write_ask(world *w, cot_coap_writer *m)
{
    const world_ask *a = w->ask;
    cot_coap_slice slice = {0};
    cot_coap_block b;
    if (a->extra_option != 0 && a->extra_option < COT_COAP_OBSERVE)
        cot_coap_write_option(m, a->extra_option, NULL, 0);
    if (a->observe >= 0 && w->fetch.offset == 0)
        cot_coap_write_option_uint(m, COT_COAP_OBSERVE, (uint32_t)a->observe);
    cot_coap_write_segments(m, COT_COAP_URI_PATH, a->path, '/');
    if (a->format != COT_COAP_NO_FORMAT)
        cot_coap_write_option_uint(m, COT_COAP_CONTENT_FORMAT, a->format);
    if (a->query != NULL)
        cot_coap_write_segments(m, COT_COAP_URI_QUERY, a->query, '&');
    if (a->accept != COT_COAP_NO_FORMAT)
        cot_coap_write_option_uint(m, COT_COAP_ACCEPT, a->accept);
    b = cot_coap_fetch_next(&w->fetch);
    if (a->code == COT_COAP_GET && (w->fetch.offset > 0 || a->szx < 6))
        cot_coap_write_option_uint(m, COT_COAP_BLOCK2, cot_coap_block_encode(&b));
    cot_coap_push_next(&w->push, &slice);
    if (a->one_block) {
        slice = (cot_coap_slice){.len = (uint32_t)a->payload_len, .has_block = true};
        slice.block = (cot_coap_block){a->block_num, !a->last_block, a->szx};
    }
    if (slice.has_block)
        cot_coap_write_option_uint(m, COT_COAP_BLOCK1, cot_coap_block_encode(&slice.block));
    if (a->extra_option > COT_COAP_BLOCK1)
        cot_coap_write_option(m, a->extra_option, NULL, 0);
    if (slice.len > 0)
        cot_coap_write_payload(m, (const uint8_t *)a->payload + slice.offset, slice.len);
}

static void send_ask(world *w)
{
    cot_coap_head h = {.type = w->ask->non ? COT_COAP_NON : COT_COAP_CON, .code = w->ask->code};
    cot_coap_writer m;
    h.token.len = 8;
    for (int i = 0; i < 8; i++)
        h.token.b[i] = (uint8_t)link_random(&w->net);
    if (w->ask->token.len > 0)
        h.token = w->ask->token;
    if (cot_coap_mid_next(&w->peer, &cot_coap_defaults, w->now, &h.mid) != COT_OK)
        w->broken = "the server has no message id";
    cot_coap_write_begin(&m, w->out, sizeof w->out, &h);
    write_ask(w, &m);
    if (cot_coap_write_end(&m, &w->out_len) != COT_OK)
        w->broken = "the server's request was not written";
    if (w->ask->observe == 0 && w->fetch.offset == 0) {
        w->answer->token = h.token;
        w->observing = h.token;
        memset(&w->order, 0, sizeof w->order);
    }
    cot_coap_open(&w->x, &w->peer, &cot_coap_defaults, &h, link_random(&w->net), w->now);
    transmit(w, w->out, w->out_len);
}

static void take_content(world *w, const cot_coap_msg *m, const cot_coap_view *v)
{
    world_answer *a = w->answer;
    uint32_t at = w->fetch.offset;
    cot_status s = cot_coap_fetch_step(&w->fetch, v, m->payload);
    if (s == COT_OK && m->payload.len > 0)
        memcpy(a->body + at, m->payload.p, m->payload.len);
    a->len = w->fetch.offset;
    w->asking = false;
    if (s == COT_E_STATE || (s == COT_OK && !w->fetch.done)) {
        send_ask(w);
        w->asking = true;
    } else if (s != COT_OK) {
        a->code = 0;
    }
}

static void take_answer(world *w, const cot_coap_msg *m)
{
    cot_coap_view v;
    world_answer *a = w->answer;
    if (!w->asking)
        return;
    if (cot_coap_view_fetch(m, &v) != COT_OK) {
        w->broken = "an answer with options that are unknown";
        return;
    }
    a->code = m->head.code;
    a->format = v.content_format;
    a->observed = a->observed || COT_COAP_HAS(&v, OBSERVE);
    a->size1 = v.size1;
    a->etag_len = v.etag.len;
    if (w->push.total > 0 && !w->ask->one_block) {
        cot_status s = cot_coap_push_step(&w->push, m->head.code, &v);
        if (s == COT_E_STATE || (s == COT_OK && !w->push.done)) {
            send_ask(w);
            return;
        }
    }
    if (m->head.code == COT_COAP_CONTENT)
        take_content(w, m, &v);
    else
        w->asking = false;
}

static void begin_session(world *w, uint32_t session)
{
    uint8_t welcome[WORLD_HEAD];
    if (session > w->session) { /* what was asked in the old one has no answer any more */
        w->session = session;
        cot_coap_close(&w->x, &w->peer);
        cot_coap_peer_init(&w->peer, &cot_coap_defaults, (uint16_t)link_random(&w->net));
        memset(replies, 0, sizeof replies);
        if (w->asking)
            w->answer->code = 0;
        w->asking = false;
    }
    world_head(welcome, WORLD_WELCOME, session);
    link_send(&w->net, WORLD_SERVER, WORLD_DEVICE, welcome, sizeof welcome, w->now);
}

static void server_receive(world *w, const link_packet *p)
{
    cot_coap_msg m;
    if (w->silent || p->len < WORLD_HEAD)
        return;
    if (w->deaf > 0) {
        w->deaf--;
        return;
    }
    if (p->bytes[0] == WORLD_HELLO)
        begin_session(w, world_session(p->bytes));
    if (p->bytes[0] != WORLD_DATA || world_session(p->bytes) != w->session)
        return;
    if (cot_coap_parse(p->bytes + WORLD_HEAD, p->len - WORLD_HEAD, &m) != COT_OK) {
        w->broken = "the device sent what is no CoAP";
        return;
    }
    w->acks += m.head.type == COT_COAP_ACK && m.head.code == 0 && m.head.mid == w->separate_mid;
    bool ours = !cot_coap_is_closed(&w->x) && cot_coap_matches(&w->x, &m.head);
    cot_coap_event e =
        cot_coap_receive(&w->peer, ours ? &w->x : NULL, &cot_coap_defaults, &m.head, w->now);
    send_empty(w, e.reply, m.head.mid);
    if (e.kind == COT_COAP_GOT_REQUEST)
        answer_request(w, &m);
    else if (e.kind == COT_COAP_GOT_DUPLICATE)
        answer_duplicate(w, m.head.mid);
    else if (e.kind == COT_COAP_GOT_RESPONSE)
        take_answer(w, &m);
    else if (e.kind == COT_COAP_GOT_UNKNOWN)
        take_notification(w, &m);
    else if (e.kind == COT_COAP_GOT_RESET)
        w->broken = "the device reset a request";
}

/* --- time --- */

static void step(world *w)
{
    link_packet p;
    while (link_receive(&w->net, &p, w->now)) {
        if (p.to == WORLD_SERVER) {
            server_receive(w, &p);
        } else if (w->running && w->inbox_count < 64) {
            w->inbox[(w->inbox_first + w->inbox_count++) % 64] = p;
            w->wake = w->now;
        }
    }
    enum cot_coap_action todo = cot_coap_due(&w->x, &w->peer, &cot_coap_defaults, w->now);
    if (todo == COT_COAP_RESEND)
        transmit(w, w->out, w->out_len);
    if (todo == COT_COAP_LOST && w->asking) {
        w->answer->code = 0; /* what came so far is not the whole */
        w->asking = false;
    }
    if (w->registered && w->now > w->expires)
        w->registered = false;
    if (w->running && w->wake <= w->now)
        w->wake = cot_client_poll(&w->client, w->now);
    if (w->running && w->wake < w->now)
        w->broken = "the device asks for a time that is past";
    if (w->dark)
        w->running = false;
}

static cot_ms next_time(const world *w)
{
    cot_ms t = link_deadline(&w->net);
    if (w->x.deadline < t)
        t = w->x.deadline;
    if (w->running && w->wake < t)
        t = w->wake;
    return t;
}

void world_run(world *w, cot_ms until, const bool *stop)
{
    unsigned same = 0;
    while (w->broken == NULL && (stop == NULL || !*stop)) {
        step(w);
        cot_ms t = next_time(w);
        same = t <= w->now ? same + 1 : 0;
        if (same > 10000)
            w->broken = "time stands still";
        if (t > until) {
            w->now = until > w->now ? until : w->now;
            return;
        }
        w->now = t > w->now ? t : w->now;
    }
}

bool world_register(world *w, cot_ms limit)
{
    cot_ms end = w->now + limit;
    while (w->now < end && !(w->registered && cot_client_registered(&w->client)) && !w->broken)
        world_run(w, w->now + 100, NULL);
    return w->registered && cot_client_registered(&w->client);
}

bool world_do(world *w, const world_ask *ask, world_answer *answer, unsigned tries)
{
    for (; tries > 0 && w->broken == NULL; tries--) {
        memset(answer, 0, sizeof *answer);
        w->ask = ask;
        w->answer = answer;
        cot_coap_push_init(&w->push, (uint32_t)ask->payload_len, ask->szx);
        cot_coap_fetch_init(&w->fetch, 0, WORLD_BODY, ask->szx);
        w->asking = true;
        send_ask(w);
        while (w->asking && w->broken == NULL)
            world_run(w, w->now + 5, NULL);
        cot_coap_close(&w->x, &w->peer);
        if (answer->code != 0)
            return true;
    }
    return false;
}

uint8_t world_read(world *w, const char *path, uint16_t accept, world_answer *answer)
{
    world_ask a = {.code = COT_COAP_GET,
                   .path = path,
                   .format = COT_COAP_NO_FORMAT,
                   .accept = accept,
                   .observe = -1,
                   .szx = 6};
    (void)world_do(w, &a, answer, 1);
    return answer->code;
}

static uint8_t send_text(world *w, uint8_t code, const char *path, const char *text)
{
    static world_answer answer;
    world_ask a = {.code = code,
                   .path = path,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1,
                   .payload = text,
                   .payload_len = strlen(text),
                   .szx = 6};
    a.format = a.payload_len > 0 ? COT_FORMAT_TEXT : COT_COAP_NO_FORMAT;
    (void)world_do(w, &a, &answer, 1);
    return answer.code;
}

uint8_t world_put(world *w, const char *path, const char *text)
{
    return send_text(w, COT_COAP_PUT, path, text);
}

uint8_t world_post(world *w, const char *path, const char *text)
{
    return send_text(w, COT_COAP_POST, path, text);
}

long world_number(world *w, const char *path)
{
    static world_answer answer;
    int64_t v;
    if (world_read(w, path, COT_FORMAT_TEXT, &answer) != COT_COAP_CONTENT)
        return -1;
    cot_bytes text = {answer.body, answer.len};
    return cot_decimal_parse_int(text, &v) == COT_OK ? (long)v : -1;
}
