/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP's transmission rules (RFC 7252 sections 4 and 5.2 to 5.3). */
#include "core/coap/rules.h"

#include <string.h>

/* Peers keep time in units of 1,024 ms, plus 1: 0 means "never", 32 bits last 139 years. */
enum { UNIT_SHIFT = 10, NON_GAP = 3 };

/* States of what was seen, two of them the type of the Empty message that it got, and two flags: it was a
 * NON; it was there at the last ageing. */
enum {
    SEEN_NONE,
    SEEN_PENDING,
    SEEN_ACKED = COT_COAP_ACK,
    SEEN_RESET = COT_COAP_RST,
    SEEN_ANSWERED,
    SEEN_NON = 64,
    SEEN_OLD = 128
};
enum { WINDOW_SPAN = 64 };
enum { CLOSED, WAIT_ACK, WAIT_RESPONSE, WAIT_NON };
enum { REQUEST, RESPONSE, PING };

const cot_coap_params cot_coap_defaults = {
    .ack_timeout = 2000,
    .ack_spread = 1000,
    .exchange_lifetime = 247000,
    .response_wait = 247000,
    .mid_first = 0,
    .mid_last = 0xffff,
    .max_retransmit = 4,
    .nstart = 1,
};

static uint32_t stamp(cot_ms now)
{
    return (uint32_t)(now >> UNIT_SHIFT) + 1;
}

/* Is the moment `at` at most `life` ms ago? "Yes" lasts up to two units too long. */
static bool within(uint32_t at, uint32_t now, uint32_t life)
{
    return at != 0 && now - at <= (life >> UNIT_SHIFT) + 1;
}

void cot_coap_peer_init(cot_coap_peer *p, const cot_coap_params *c, uint16_t random)
{
    uint32_t span = (uint32_t)c->mid_last - c->mid_first + 1;
    memset(p, 0, sizeof *p);
    p->mid = (uint16_t)(c->mid_first + (random * span >> 16));
}

cot_status cot_coap_mid_next(cot_coap_peer *p, const cot_coap_params *c, cot_ms now, uint16_t *mid)
{
    uint32_t half = ((uint32_t)c->mid_last - c->mid_first + 1) / 2;
    uint32_t at = (uint32_t)p->mid - c->mid_first;
    unsigned in = at >= half;
    if ((at == 0 || at == half) && within(p->half_left[in], stamp(now), c->exchange_lifetime))
        return COT_E_AGAIN;
    p->half_left[in] = stamp(now);
    *mid = p->mid;
    p->mid = p->mid == c->mid_last ? c->mid_first : (uint16_t)(p->mid + 1);
    return COT_OK;
}

bool cot_coap_may_send(const cot_coap_peer *p, const cot_coap_params *c)
{
    return p->waiting < c->nstart;
}

cot_ms cot_coap_non_when(const cot_coap_peer *p)
{
    return p->non_after == 0 ? 0 : (cot_ms)(p->non_after - 1) << UNIT_SHIFT;
}

void cot_coap_non_sent(cot_coap_peer *p, size_t len, cot_ms now)
{
    uint32_t from = stamp(now);
    if (p->non_after > from)
        from = p->non_after;
    p->non_after = from + (len > NON_GAP ? (uint32_t)len : NON_GAP);
}

/* The peer is alive: its silence does not hold back NON messages any longer. */
static void heard(cot_coap_peer *p, cot_ms now)
{
    uint32_t soon = stamp(now) + NON_GAP;
    if (p->non_after > soon)
        p->non_after = soon;
}

/* ---- exchanges ---- */

void cot_coap_open(cot_coap_exchange *x, cot_coap_peer *p, const cot_coap_params *c,
                   const cot_coap_head *h, uint32_t random, cot_ms now)
{
    bool con = h->type == COT_COAP_CON;
    if (cot_coap_is_request(h))
        x->kind = REQUEST;
    else
        x->kind = h->code == COT_COAP_EMPTY ? PING : RESPONSE;
    x->token = h->token;
    x->mid = h->mid;
    x->resent = 0;
    x->state = con ? WAIT_ACK : WAIT_NON;
    x->timeout = c->ack_timeout + (uint32_t)((uint64_t)c->ack_spread * random >> 32);
    x->deadline = now + (con ? x->timeout : c->response_wait);
    if (p->waiting < UINT8_MAX)
        p->waiting++;
}

/* An acknowledged request does not count against NSTART any longer (section 4.7). */
static void stop_counting(const cot_coap_exchange *x, cot_coap_peer *p)
{
    if (x->state != CLOSED && x->state != WAIT_RESPONSE && p->waiting > 0)
        p->waiting--;
}

void cot_coap_close(cot_coap_exchange *x, cot_coap_peer *p)
{
    stop_counting(x, p);
    x->state = CLOSED;
    x->deadline = COT_NEVER;
}

bool cot_coap_is_closed(const cot_coap_exchange *x)
{
    return x->state == CLOSED;
}

enum cot_coap_action cot_coap_due(cot_coap_exchange *x, cot_coap_peer *p, const cot_coap_params *c,
                                  cot_ms now)
{
    if (x->state == CLOSED || now < x->deadline)
        return COT_COAP_WAIT;
    if (x->state == WAIT_ACK && x->resent < c->max_retransmit) {
        x->resent++;
        x->timeout *= 2;
        x->deadline = now + x->timeout;
        return COT_COAP_RESEND;
    }
    cot_coap_close(x, p);
    return COT_COAP_LOST;
}

bool cot_coap_matches(const cot_coap_exchange *x, const cot_coap_head *h)
{
    if (x->state == CLOSED)
        return false;
    if (h->type == COT_COAP_ACK)
        return x->mid == h->mid && x->state != WAIT_NON;
    if (h->type == COT_COAP_RST)
        return x->mid == h->mid && x->state != WAIT_RESPONSE;
    return x->kind == REQUEST && cot_coap_is_response(h) &&
           cot_coap_token_equal(&x->token, &h->token);
}

/* ---- what came from the peer ---- */

/* Forget in two steps: what was there at the last ageing goes, so that each stays for one
 * EXCHANGE_LIFETIME at least and two at most, without a time of its own. */
static void age(cot_coap_peer *p, const cot_coap_params *c, uint32_t now)
{
    uint32_t life = (c->exchange_lifetime >> UNIT_SHIFT) + 1;
    uint32_t gap = p->aged == 0 ? UINT32_MAX : now - p->aged;
    bool all = gap / 2 >= life;
    if (gap <= life)
        return;
    for (size_t i = 0; i < COT_COAP_SEEN; i++) {
        cot_coap_seen *s = &p->seen[i];
        if (all || (s->state & SEEN_OLD) != 0)
            s->state = SEEN_NONE;
        else if (s->state != SEEN_NONE)
            s->state |= SEEN_OLD;
    }
    for (size_t i = 0; i < COT_COAP_WINDOWS; i++) {
        cot_coap_window *w = &p->windows[i];
        if (all || w->old != 0) {
            w->bits[0] = 0;
            w->bits[1] = 0;
        }
        w->old = 1;
    }
    p->aged = now;
}

static cot_coap_seen *find_seen(cot_coap_peer *p, uint16_t mid)
{
    for (size_t i = 0; i < COT_COAP_SEEN; i++)
        if (p->seen[i].state != SEEN_NONE && p->seen[i].mid == mid)
            return &p->seen[i];
    return NULL;
}

static cot_coap_window *window_of(cot_coap_peer *p, uint16_t mid)
{
    return &p->windows[mid >> 15];
}

/* Is bit `back` set: did the id come that is so much older than the newest? */
static bool came(const cot_coap_window *w, uint16_t back)
{
    return back < WINDOW_SPAN && (w->bits[back >> 5] >> (back & 31u) & 1u) != 0;
}

static void set(cot_coap_window *w, uint16_t back, bool on)
{
    uint32_t bit = UINT32_C(1) << (back & 31u);
    uint32_t *bits = &w->bits[back >> 5 & 1u];
    *bits = on ? *bits | bit : *bits & ~bit;
}

/* Note that `mid` came; the window moves up to it. */
static void add_to_window(cot_coap_window *w, uint16_t mid)
{
    uint16_t back = (uint16_t)(w->newest - mid);
    if (back >= WINDOW_SPAN) {
        uint16_t ahead = (uint16_t)-back;
        for (unsigned n = ahead < WINDOW_SPAN ? ahead : WINDOW_SPAN; n > 0; n--) {
            w->bits[1] = w->bits[1] << 1 | w->bits[0] >> 31;
            w->bits[0] <<= 1;
        }
        w->newest = mid;
        back = 0;
    }
    set(w, back, true);
    w->old = 0;
}

static void remember(cot_coap_peer *p, const cot_coap_head *h, unsigned state)
{
    cot_coap_seen *s = find_seen(p, h->mid);
    if (s == NULL)
        s = &p->seen[p->next++ % COT_COAP_SEEN];
    s->mid = h->mid;
    s->code = COT_COAP_EMPTY;
    s->state = (uint8_t)(h->type == COT_COAP_NON ? state | SEEN_NON : state);
    add_to_window(window_of(p, h->mid), h->mid);
}

static void forget(cot_coap_peer *p, cot_coap_seen *s)
{
    cot_coap_window *w = window_of(p, s->mid);
    uint16_t back = (uint16_t)(w->newest - s->mid);
    s->state = SEEN_NONE;
    if (back < WINDOW_SPAN)
        set(w, back, false);
}

void cot_coap_peer_adopt(cot_coap_peer *p, const cot_coap_params *c)
{
    p->waiting = 0;
    p->non_after = 0;
    if (p->mid < c->mid_first || p->mid > c->mid_last)
        p->mid = c->mid_first;
    for (size_t i = 0; i < COT_COAP_SEEN; i++)
        if ((p->seen[i].state & ~(unsigned)(SEEN_NON | SEEN_OLD)) == SEEN_PENDING)
            forget(p, &p->seen[i]);
}

/* Has the message come before? Then its duplicate gets what the first one got, a NON nothing. */
static bool judge_duplicate(cot_coap_peer *p, uint16_t mid, cot_coap_event *ev)
{
    const cot_coap_seen *s = find_seen(p, mid);
    const cot_coap_window *w = window_of(p, mid);
    if (s == NULL && !came(w, (uint16_t)(w->newest - mid)))
        return false;
    ev->kind = COT_COAP_GOT_DUPLICATE;
    if (s != NULL && (s->state & SEEN_NON) == 0) {
        uint8_t state = s->state & 7;
        ev->code = s->code; /* Empty unless answered */
        if (state == SEEN_ACKED || state == SEEN_RESET)
            ev->reply = state;
    }
    return true;
}

static uint8_t judge_ack(cot_coap_peer *p, cot_coap_exchange *x, const cot_coap_params *c,
                         const cot_coap_head *h, cot_ms now)
{
    if (x == NULL)
        return COT_COAP_GOT_NOTHING;
    if (h->code != COT_COAP_EMPTY) {
        if (x->kind != REQUEST || !cot_coap_token_equal(&x->token, &h->token))
            return COT_COAP_GOT_NOTHING;
        cot_coap_close(x, p);
        return COT_COAP_GOT_RESPONSE;
    }
    if (x->state == WAIT_RESPONSE)
        return COT_COAP_GOT_NOTHING;
    if (x->kind != REQUEST) {
        cot_coap_close(x, p);
        return COT_COAP_GOT_ACK;
    }
    stop_counting(x, p);
    x->state = WAIT_RESPONSE;
    x->deadline = now + c->response_wait;
    return COT_COAP_GOT_ACK;
}

static uint8_t judge_reset(cot_coap_peer *p, cot_coap_exchange *x)
{
    if (x == NULL)
        return COT_COAP_GOT_STRAY_RESET;
    cot_coap_close(x, p);
    return x->kind == PING ? COT_COAP_GOT_PONG : COT_COAP_GOT_RESET;
}

/* A CON or NON that carries a request or a response. */
static cot_coap_event judge_message(cot_coap_peer *p, cot_coap_exchange *x,
                                    const cot_coap_params *c, const cot_coap_head *h, cot_ms now)
{
    cot_coap_event ev = {COT_COAP_GOT_UNKNOWN, 0, COT_COAP_EMPTY};
    age(p, c, stamp(now));
    if (judge_duplicate(p, h->mid, &ev))
        return ev;
    if (cot_coap_is_request(h)) {
        remember(p, h, SEEN_PENDING);
        ev.kind = COT_COAP_GOT_REQUEST;
    } else if (x != NULL) {
        cot_coap_close(x, p);
        ev.kind = COT_COAP_GOT_RESPONSE;
        ev.reply = cot_coap_accept(p, h);
    }
    return ev;
}

cot_coap_event cot_coap_receive(cot_coap_peer *p, cot_coap_exchange *x, const cot_coap_params *c,
                                const cot_coap_head *h, cot_ms now)
{
    cot_coap_event ev = {COT_COAP_GOT_NOTHING, 0, COT_COAP_EMPTY};
    if (x != NULL && !cot_coap_matches(x, h))
        x = NULL;
    heard(p, now);
    if (h->type == COT_COAP_ACK)
        ev.kind = judge_ack(p, x, c, h, now);
    else if (h->type == COT_COAP_RST)
        ev.kind = judge_reset(p, x);
    else if (h->code == COT_COAP_EMPTY)
        ev.reply = COT_COAP_RST; /* a ping (section 4.3) */
    else
        ev = judge_message(p, x, c, h, now);
    return ev;
}

void cot_coap_answered(cot_coap_peer *p, uint16_t mid, uint8_t code)
{
    cot_coap_seen *s = find_seen(p, mid);
    if (s == NULL)
        return;
    s->code = code;
    s->state =
        (uint8_t)((s->state & SEEN_NON) | (code == COT_COAP_EMPTY ? SEEN_ACKED : SEEN_ANSWERED));
}

uint8_t cot_coap_accept(cot_coap_peer *p, const cot_coap_head *h)
{
    if (h->type != COT_COAP_CON && h->type != COT_COAP_NON)
        return 0;
    remember(p, h, SEEN_ACKED);
    return h->type == COT_COAP_CON ? COT_COAP_ACK : 0;
}

uint8_t cot_coap_reject(cot_coap_peer *p, const cot_coap_head *h)
{
    if (h->type != COT_COAP_CON && h->type != COT_COAP_NON)
        return 0;
    remember(p, h, SEEN_RESET);
    return h->type == COT_COAP_CON || cot_coap_is_response(h) ? COT_COAP_RST : 0;
}
