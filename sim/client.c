/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated device's own requests: Register, Update, Deregister, notifications. */
#include "sim/client.h"

#include "sim/serve.h"

#include "core/coap/view.h"

#include <stdio.h>
#include <string.h>

#define RETRY_MS 5000u
#define MESSAGE 512

static const char links[] = "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</3303/0>";

uint32_t sim_random(sim_world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 16);
}

void sim_endpoint(const sim_settings *s, uint32_t device, char out[static 64])
{
    (void)snprintf(out, 64, "%s-%06u", s->prefix, (unsigned)device);
}

void sim_client_init(sim_client *c, sim_world *w)
{
    memset(c, 0, sizeof *c);
    cot_coap_peer_init(&c->peer, &cot_coap_defaults, (uint16_t)sim_random(w));
    c->exchange.deadline = COT_NEVER;
    c->next_update = COT_NEVER;
    c->next_notify = COT_NEVER;
}

/* ---- writing our requests: a function of state, mid and token ---- */

static void write_register(cot_coap_writer *m, const sim_world *w, uint32_t device)
{
    char text[64];
    char query[96];
    cot_coap_write_segments(m, COT_COAP_URI_PATH, "rd", '/');
    cot_coap_write_option_uint(m, COT_COAP_CONTENT_FORMAT, 40);
    sim_endpoint(w->settings, device, text);
    (void)snprintf(query, sizeof query, "ep=%s", text);
    cot_coap_write_option(m, COT_COAP_URI_QUERY, query, strlen(query));
    (void)snprintf(query, sizeof query, "lt=%u", (unsigned)w->settings->lifetime);
    cot_coap_write_option(m, COT_COAP_URI_QUERY, query, strlen(query));
    cot_coap_write_segments(m, COT_COAP_URI_QUERY, "lwm2m=1.1&b=U", '&');
    cot_coap_write_payload(m, links, sizeof links - 1);
}

static void write_location(cot_coap_writer *m, const sim_client *c)
{
    char path[SIM_LOCATION_MAX + 1];
    memcpy(path, c->location, c->location_len);
    path[c->location_len] = '\0';
    cot_coap_write_segments(m, COT_COAP_URI_PATH, path, '/');
}

static uint8_t request_code(const sim_client *c)
{
    return c->state == SIM_LEAVING ? COT_COAP_DELETE : COT_COAP_POST;
}

static void transmit(const sim_client *c, sim_world *w, uint32_t device, const cot_coap_head *h)
{
    uint8_t buf[MESSAGE];
    cot_coap_writer m;
    size_t len = 0;
    cot_coap_write_begin(&m, buf, sizeof buf, h);
    if (c->state == SIM_REGISTERING)
        write_register(&m, w, device);
    else
        write_location(&m, c);
    if (cot_coap_write_end(&m, &len) == COT_OK)
        w->sink.send(w->sink.ctx, device, buf, len);
}

static void request(sim_client *c, sim_world *w, uint32_t device, sim_state state, cot_ms now)
{
    cot_coap_head h = {.type = COT_COAP_CON};
    uint32_t token = sim_random(w);
    c->state = (uint8_t)state;
    h.code = request_code(c);
    if (cot_coap_mid_next(&c->peer, &cot_coap_defaults, now, &h.mid) != COT_OK) {
        c->next_update = now + RETRY_MS;
        c->state = state == SIM_REGISTERING ? SIM_IDLE : SIM_REGISTERED;
        return;
    }
    h.token.len = 4;
    memcpy(h.token.b, &token, 4);
    cot_coap_open(&c->exchange, &c->peer, &cot_coap_defaults, &h, sim_random(w), now);
    transmit(c, w, device, &h);
}

void sim_client_register(sim_client *c, sim_world *w, uint32_t device, cot_ms now)
{
    request(c, w, device, SIM_REGISTERING, now);
}

void sim_client_update(sim_client *c, sim_world *w, uint32_t device, cot_ms now)
{
    if (c->state == SIM_REGISTERED)
        request(c, w, device, SIM_UPDATING, now);
}

void sim_client_leave(sim_client *c, sim_world *w, uint32_t device, cot_ms now)
{
    if (c->state == SIM_REGISTERED)
        request(c, w, device, SIM_LEAVING, now);
}

/* ---- answers to them ---- */

static cot_ms update_after(const sim_world *w)
{
    const sim_settings *s = w->settings;
    return s->update_ms != 0 ? s->update_ms : (cot_ms)s->lifetime * 1000 * 9 / 10;
}

/* Register anew after a while, which doubles up to 64 × RETRY_MS. */
static void retry(sim_client *c, sim_world *w, cot_ms now)
{
    uint32_t wait = RETRY_MS << (c->tries < 6 ? c->tries : 6);
    c->tries++;
    c->state = SIM_IDLE;
    c->next_update = now + wait + sim_random(w) % RETRY_MS;
}

static void keep_location(sim_client *c, const cot_coap_view *v)
{
    cot_coap_segments rest = v->path;
    cot_bytes seg;
    c->location_len = 0;
    while (cot_coap_segments_next(&rest, &seg)) {
        size_t at = c->location_len;
        if (at + seg.len + 1 > SIM_LOCATION_MAX)
            return;
        if (at > 0)
            c->location[at++] = '/';
        if (seg.len > 0)
            memcpy(c->location + at, seg.p, seg.len);
        c->location_len = (uint8_t)(at + seg.len);
    }
}

static void answered(sim_client *c, sim_world *w, const cot_coap_msg *m, cot_ms now)
{
    cot_coap_view v;
    uint8_t was = c->state;
    if (cot_coap_view_fetch(m, &v) != COT_OK || COT_COAP_CLASS(m->head.code) != 2) {
        w->counts->refused++;
        retry(c, w, now);
        return;
    }
    c->tries = 0;
    c->state = was == SIM_LEAVING ? SIM_LEFT : SIM_REGISTERED;
    c->next_update = was == SIM_LEAVING ? COT_NEVER : now + update_after(w);
    if (was == SIM_REGISTERING) {
        keep_location(c, &v);
        w->counts->registrations++;
    } else if (was == SIM_UPDATING) {
        w->counts->updates++;
    }
}

static void lost(sim_client *c, sim_world *w, cot_ms now)
{
    w->counts->lost++;
    if (c->state == SIM_LEAVING)
        c->state = SIM_LEFT;
    else
        retry(c, w, now);
}

/* ---- in ---- */

static void send_empty(sim_world *w, uint32_t device, uint8_t type, uint16_t mid)
{
    uint8_t out[COT_COAP_EMPTY_LEN];
    cot_coap_write_empty(out, type, mid);
    w->sink.send(w->sink.ctx, device, out, sizeof out);
}

void sim_client_receive(sim_client *c, sim_world *w, uint32_t device, const uint8_t *msg,
                        size_t len, cot_ms now)
{
    cot_coap_msg m;
    cot_status s = cot_coap_parse(msg, len, &m);
    if (s == COT_E_MALFORMED) {
        uint8_t type = cot_coap_reject(&c->peer, &m.head);
        if (type != 0)
            send_empty(w, device, type, m.head.mid);
    }
    if (s != COT_OK)
        return;
    cot_coap_exchange *x = cot_coap_matches(&c->exchange, &m.head) ? &c->exchange : NULL;
    cot_coap_event e = cot_coap_receive(&c->peer, x, &cot_coap_defaults, &m.head, now);
    if (e.reply != 0)
        send_empty(w, device, e.reply, m.head.mid);
    switch ((enum cot_coap_event_kind)e.kind) {
    case COT_COAP_GOT_REQUEST:
        sim_serve(c, w, device, &m, now);
        break;
    case COT_COAP_GOT_DUPLICATE:
        if (e.code != COT_COAP_EMPTY)
            sim_serve_again(c, w, device, &m, e.code);
        break;
    case COT_COAP_GOT_RESPONSE:
        answered(c, w, &m, now);
        break;
    case COT_COAP_GOT_RESET:
        lost(c, w, now);
        break;
    case COT_COAP_GOT_STRAY_RESET:
        memset(c->observation, 0, sizeof c->observation);
        c->next_notify = COT_NEVER;
        break;
    case COT_COAP_GOT_UNKNOWN: {
        uint8_t type = cot_coap_reject(&c->peer, &m.head);
        if (type != 0)
            send_empty(w, device, type, m.head.mid);
        break;
    }
    case COT_COAP_GOT_NOTHING:
    case COT_COAP_GOT_ACK:
    case COT_COAP_GOT_PONG:
        break;
    }
}

/* ---- time ---- */

static void exchange_due(sim_client *c, sim_world *w, uint32_t device, cot_ms now)
{
    cot_coap_head h = {.type = COT_COAP_CON,
                       .code = request_code(c),
                       .mid = c->exchange.mid,
                       .token = c->exchange.token};
    switch (cot_coap_due(&c->exchange, &c->peer, &cot_coap_defaults, now)) {
    case COT_COAP_RESEND:
        w->counts->resent++;
        transmit(c, w, device, &h);
        break;
    case COT_COAP_LOST:
        lost(c, w, now);
        break;
    case COT_COAP_WAIT:
        break;
    }
}

void sim_client_due(sim_client *c, sim_world *w, uint32_t device, cot_ms now)
{
    if (!cot_coap_is_closed(&c->exchange) && c->exchange.deadline <= now)
        exchange_due(c, w, device, now);
    if (c->next_notify <= now) {
        c->next_notify = now + w->settings->notify_ms;
        sim_notify(c, w, device, now);
    }
    if (c->next_update > now)
        return;
    c->next_update = COT_NEVER;
    if (c->state == SIM_IDLE)
        sim_client_register(c, w, device, now);
    else
        sim_client_update(c, w, device, now);
}

cot_ms sim_client_deadline(const sim_client *c)
{
    cot_ms d = cot_coap_is_closed(&c->exchange) ? COT_NEVER : c->exchange.deadline;
    if (c->next_update < d)
        d = c->next_update;
    return c->next_notify < d ? c->next_notify : d;
}
