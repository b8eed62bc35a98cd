/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies over a lossy link, block by block: fetched by Block2 while they may change, and sent by Block1 to
 * a receiver that wants smaller blocks or a smaller body. A body that is said to be whole has every byte of
 * one version, always; and each transfer comes to its end within 24 virtual hours. */
#include "core/coap/block.h"
#include "tests/virtual/pair.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 12000, SEEDS = 2000 };

typedef struct script {
    cot_coap_fetch fetch;
    cot_coap_push push;
    cot_coap_collect collect;
    uint32_t version; /* of the server's body; its ETag */
    uint32_t total;
    uint32_t limit; /* of the receiver */
    uint32_t sunk;  /* bytes in the sink */
    uint32_t whole; /* how often a body was whole */
    uint32_t restarts;
    uint8_t szx[2];
    bool pushing;
    bool refused; /* the sender was told that the body is too large */
    bool done;
    uint8_t sink[BODY_MAX];
} script;

static pair world;
static script plot;
static uint64_t restarts;
static uint64_t refusals;

static uint8_t body_byte(uint32_t version, uint32_t i)
{
    return (uint8_t)((i * 2654435761u >> 13) + version * 41);
}

static void body_read(uint32_t version, const cot_coap_slice *s, uint8_t *out)
{
    for (uint32_t i = 0; i < s->len; i++)
        out[i] = body_byte(version, s->offset + i);
}

static void sink_append(pair *p, uint32_t at, cot_bytes payload)
{
    script *s = p->user;
    if (at != s->sunk || payload.len > BODY_MAX - s->sunk) {
        p->broken = "a block does not join the sink";
        return;
    }
    if (payload.len > 0)
        memcpy(s->sink + s->sunk, payload.p, payload.len);
    s->sunk += (uint32_t)payload.len;
}

static void check_whole(pair *p, uint32_t version)
{
    script *s = p->user;
    s->whole++;
    if (s->sunk != s->total && version == s->version)
        p->broken = "a body has a wrong length";
    for (uint32_t i = 0; i < s->sunk; i++)
        if (s->sink[i] != body_byte(version, i))
            p->broken = "a wrong byte";
}

static void write_block(cot_coap_writer *w, uint16_t number, const cot_coap_block *b)
{
    cot_coap_write_option_uint(w, number, cot_coap_block_encode(b));
}

/* ---- the client ---- */

static void send_next(pair *p)
{
    script *s = p->user;
    cot_coap_slice part;
    uint8_t bytes[1024];
    cot_coap_writer *w =
        pair_begin(p, PAIR_CLIENT, COT_COAP_CON, s->pushing ? COT_COAP_PUT : COT_COAP_GET);
    if (s->pushing) {
        cot_coap_push_next(&s->push, &part);
        if (part.has_block)
            write_block(w, COT_COAP_BLOCK1, &part.block);
        if (part.offset == 0)
            cot_coap_write_option_uint(w, COT_COAP_SIZE1, s->total);
        body_read(s->version, &part, bytes);
        cot_coap_write_payload(w, bytes, part.len);
    } else {
        cot_coap_block b = cot_coap_fetch_next(&s->fetch);
        write_block(w, COT_COAP_BLOCK2, &b);
    }
    pair_send(p, PAIR_CLIENT);
}

static void fetched(pair *p, const cot_coap_msg *m, const cot_coap_view *v)
{
    script *s = p->user;
    uint32_t at = s->fetch.offset;
    cot_status status = m->head.code == COT_COAP_CONTENT
                            ? cot_coap_fetch_step(&s->fetch, v, m->payload)
                            : COT_E_RANGE; /* the body has shrunk: begin again */
    if (status == COT_E_RANGE)
        cot_coap_fetch_init(&s->fetch, 0, BODY_MAX, s->szx[PAIR_CLIENT]);
    if (status == COT_E_RANGE || status == COT_E_STATE) {
        s->sunk = 0;
        s->restarts++;
    } else if (status == COT_OK) {
        sink_append(p, at, m->payload);
        s->done = s->fetch.done;
        if (s->done)
            check_whole(p, s->fetch.etag[0]);
    } else {
        p->broken = "a block was not taken";
    }
}

static void pushed(pair *p, const cot_coap_msg *m, const cot_coap_view *v)
{
    script *s = p->user;
    cot_status status = cot_coap_push_step(&s->push, m->head.code, v);
    if (status == COT_OK) {
        s->done = s->push.done;
    } else if (status == COT_E_LIMIT) {
        s->done = true;
        s->refused = s->push.size1 == s->limit;
    } else if (status == COT_E_DENIED) {
        cot_coap_push_init(&s->push, s->total, s->szx[PAIR_CLIENT]);
        s->restarts++;
    } else if (status == COT_E_STATE) {
        s->restarts++;
    } else {
        p->broken = "an answer does not fit";
    }
}

/* ---- the server ---- */

static void serve_get(pair *p, const cot_coap_event *ev, const cot_coap_msg *m,
                      const cot_coap_view *v)
{
    script *s = p->user;
    cot_coap_slice part;
    uint8_t bytes[1024];
    if (ev->kind == COT_COAP_GOT_REQUEST && s->version < 3 && link_chance(&p->net, 2)) {
        s->version++;
        s->total = link_between(&p->net, 0, BODY_MAX);
    }
    cot_status status = cot_coap_slice_of(v, s->total, s->szx[PAIR_SERVER], &part);
    uint8_t code = status == COT_OK ? COT_COAP_CONTENT : COT_COAP_BAD_REQUEST;
    cot_coap_writer *w = pair_reply_begin(p, PAIR_SERVER, m, code);
    if (status == COT_OK) {
        uint8_t etag = (uint8_t)s->version;
        cot_coap_write_option(w, COT_COAP_ETAG, &etag, 1);
        write_block(w, COT_COAP_BLOCK2, &part.block);
        if (part.offset == 0)
            cot_coap_write_option_uint(w, COT_COAP_SIZE2, s->total);
        body_read(s->version, &part, bytes);
        cot_coap_write_payload(w, bytes, part.len);
    }
    pair_reply(p, PAIR_SERVER, m);
}

static void serve_put(pair *p, const cot_coap_event *ev, const cot_coap_msg *m,
                      const cot_coap_view *v)
{
    script *s = p->user;
    uint8_t code = ev->code;
    cot_coap_block answer;
    if (ev->kind == COT_COAP_GOT_REQUEST) {
        cot_status status = cot_coap_collect_step(&s->collect, v, m->payload, &code, &answer);
        uint32_t at = s->collect.offset - (uint32_t)m->payload.len;
        if (status == COT_OK) {
            s->sunk = at == 0 ? 0 : s->sunk;
            sink_append(p, at, m->payload);
        }
        if (code == COT_COAP_EMPTY) {
            code = COT_COAP_CHANGED;
            check_whole(p, s->version);
        }
    } else { /* rebuild the answer */
        cot_coap_block_decode(v->block1, &answer);
        if (code != COT_COAP_TOO_LARGE && answer.szx > s->szx[PAIR_SERVER])
            answer.szx = s->szx[PAIR_SERVER];
    }
    cot_coap_writer *w = pair_reply_begin(p, PAIR_SERVER, m, code);
    if (COT_COAP_HAS(v, BLOCK1))
        write_block(w, COT_COAP_BLOCK1, &answer);
    if (code == COT_COAP_TOO_LARGE)
        cot_coap_write_option_uint(w, COT_COAP_SIZE1, s->limit);
    pair_reply(p, PAIR_SERVER, m);
}

/* ---- both ---- */

static void on_time(pair *p)
{
    script *s = p->user;
    if (!s->done && pair_ready(p, PAIR_CLIENT))
        send_next(p);
}

static void on_lost(pair *p, unsigned at)
{
    (void)at;
    p->wake = p->now + link_between(&p->net, 0, 30000); /* then the same block again */
}

static void on_event(pair *p, unsigned at, const cot_coap_event *ev, const cot_coap_msg *m)
{
    script *s = p->user;
    cot_coap_view v;
    if (cot_coap_view_fetch(m, &v) != COT_OK) {
        p->broken = "an option was not understood";
    } else if (at == PAIR_SERVER) {
        if (s->pushing)
            serve_put(p, ev, m, &v);
        else
            serve_get(p, ev, m, &v);
    } else if (ev->kind == COT_COAP_GOT_RESPONSE) {
        if (s->pushing)
            pushed(p, m, &v);
        else
            fetched(p, m, &v);
        p->wake = p->now;
    }
}

static bool check_end(const pair *p, const script *s)
{
    if (p->broken != NULL)
        return link_fail(p->broken, s->sunk, s->total);
    if (!s->done)
        return link_fail("the transfer did not end", s->sunk, s->total);
    if (p->end[0].peer.waiting != 0 || p->end[1].peer.waiting != 0)
        return link_fail("exchanges left over", 1, 0);
    bool too_large = s->pushing && s->limit < s->total;
    if (s->refused != too_large || (s->whole == 0) != too_large)
        return link_fail("the outcome", s->whole, !too_large);
    if (p->net.config.loss == 0 && s->pushing && s->restarts > 0)
        return link_fail("restarts without loss", s->restarts, 0);
    return true;
}

static bool run(uint64_t seed)
{
    pair *p = &world;
    script *s = &plot;
    pair_init(p, seed, (unsigned)(seed % 5) * 10, seed % 3 != 0);
    memset(s, 0, sizeof *s);
    s->pushing = seed % 2 == 0;
    s->total = link_between(&p->net, 0, BODY_MAX);
    s->limit = link_chance(&p->net, 10) ? link_between(&p->net, 0, BODY_MAX) : BODY_MAX;
    s->szx[0] = (uint8_t)link_between(&p->net, 2, COT_COAP_SZX_MAX);
    s->szx[1] = (uint8_t)link_between(&p->net, 2, COT_COAP_SZX_MAX);
    cot_coap_fetch_init(&s->fetch, 0, BODY_MAX, s->szx[0]);
    cot_coap_push_init(&s->push, s->total, s->szx[0]);
    cot_coap_collect_init(&s->collect, s->limit, s->szx[1]);
    p->user = s;
    p->on_event = on_event;
    p->on_lost = on_lost;
    p->on_time = on_time;
    pair_run(p, p->now + 24 * 3600 * (cot_ms)1000);
    restarts += s->restarts;
    refusals += s->refused;
    return check_end(p, s);
}

int main(void)
{
    unsigned failed = link_run_seeds("coap_blockwise_test", 1, SEEDS, run);
    printf("restarts %" PRIu64 ", refusals %" PRIu64 "\n", restarts, refusals);
    return failed == 0 ? 0 : 1;
}
