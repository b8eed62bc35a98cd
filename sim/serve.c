/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated device's objects: 3/0 (identity, firmware version) and 3303/0 (a temperature that
 * drifts, a reset that counts, a name that can be written). */
#include "sim/serve.h"

#include "core/coap/observe.h"
#include "core/lwm2m/content.h"
#include "core/lwm2m/link.h"

#include <stdio.h>
#include <string.h>

#define ANSWER 768

static bool text_value(cot_value *v, const char *text)
{
    v->type = COT_STRING;
    v->as.bytes.p = (const uint8_t *)text;
    v->as.bytes.len = strlen(text);
    return true;
}

static double temperature(const sim_client *c, uint32_t device)
{
    return 15.0 + (double)((device * 7 + c->observation[0].sequence) % 200) / 10.0;
}

/* The value of /object/0/resource; false when there is none. */
static bool value_of(const sim_client *c, uint32_t device, const cot_lwm2m_path *p, cot_value *v)
{
    uint32_t key = (uint32_t)p->id[0] << 16 | p->id[2];
    memset(v, 0, sizeof *v);
    switch (key) {
    case 3u << 16 | 0:
        return text_value(v, "Cotter");
    case 3u << 16 | 1:
        return text_value(v, "cotter-sim");
    case 3u << 16 | 3:
        return text_value(v, "1.0.0");
    case 3303u << 16 | 5700:
        v->type = COT_FLOAT;
        v->as.f = temperature(c, device);
        return true;
    case 3303u << 16 | 5701:
        return text_value(v, "Cel");
    default:
        return false;
    }
}

static const uint16_t readable[][2] = {{3, 0}, {3, 1}, {3, 3}, {3303, 5700}, {3303, 5701}};

/* Encode all values at or below `at`. COT_E_NOT_FOUND when there are none. */
static cot_status encode(const sim_client *c, uint32_t device, const cot_lwm2m_path *at,
                         uint16_t format, cot_writer *w)
{
    cot_lwm2m_encoder e;
    size_t found = 0;
    cot_lwm2m_encode_begin(&e, format, at, w);
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        cot_lwm2m_path p = cot_lwm2m_path_of(3, readable[i][0], 0, readable[i][1], 0);
        cot_value v;
        if (!cot_lwm2m_path_has_prefix(&p, at) || !value_of(c, device, &p, &v))
            continue;
        cot_lwm2m_encode_put(&e, &p, &v);
        found++;
    }
    cot_status s = cot_lwm2m_encode_end(&e);
    return s == COT_OK && found == 0 ? COT_E_NOT_FOUND : s;
}

/* The answer to `m`: its ACK, or a NON to a NON. */
static void begin(cot_coap_writer *out, uint8_t *buf, sim_client *c, const cot_coap_msg *m,
                  uint8_t code, cot_ms now)
{
    cot_coap_head h = {
        .type = COT_COAP_ACK, .code = code, .token = m->head.token, .mid = m->head.mid};
    if (m->head.type == COT_COAP_NON) {
        h.type = COT_COAP_NON;
        (void)cot_coap_mid_next(&c->peer, &cot_coap_defaults, now, &h.mid);
    }
    cot_coap_write_begin(out, buf, ANSWER, &h);
}

static void finish(cot_coap_writer *out, const uint8_t *buf, sim_world *w, uint32_t device)
{
    size_t len = 0;
    if (cot_coap_write_end(out, &len) == COT_OK)
        w->sink.send(w->sink.ctx, device, buf, len);
}

static void answer_code(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m,
                        uint8_t code, cot_ms now)
{
    uint8_t buf[ANSWER];
    cot_coap_writer out;
    begin(&out, buf, c, m, code, now);
    finish(&out, buf, w, device);
    cot_coap_answered(&c->peer, m->head.mid, code);
}

/* Remember or forget an observation; the Observe option's value for the answer, or −1 for none. */
static int64_t observe(sim_client *c, const sim_world *w, const cot_coap_msg *m,
                       const cot_coap_view *v, const cot_lwm2m_path *p, cot_ms now)
{
    sim_observation *o = NULL;
    for (size_t i = 0; i < SIM_OBSERVATIONS; i++)
        if (o == NULL || c->observation[i].token.len == 0 ||
            cot_coap_token_equal(&c->observation[i].token, &m->head.token))
            o = &c->observation[i];
    if (cot_coap_observe_wish(v) == COT_COAP_OBSERVE_STOP) {
        memset(o, 0, sizeof *o);
        return -1;
    }
    if (cot_coap_observe_wish(v) == COT_COAP_OBSERVE_NONE || p->level != 3 || p->id[0] != 3303)
        return -1;
    o->token = m->head.token;
    o->resource = p->id[2];
    o->format = v->accept == COT_COAP_NO_FORMAT ? w->settings->format : v->accept;
    if (c->next_notify == COT_NEVER)
        c->next_notify = now + w->settings->notify_ms;
    return o->sequence++;
}

static void answer_get(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m,
                       const cot_coap_view *v, const cot_lwm2m_path *p, cot_ms now)
{
    uint8_t buf[ANSWER];
    uint8_t body[512];
    cot_coap_writer out;
    cot_writer value;
    uint16_t format = v->accept == COT_COAP_NO_FORMAT ? w->settings->format : v->accept;
    cot_writer_init(&value, body, sizeof body);
    cot_status s = encode(c, device, p, format, &value);
    if (s != COT_OK) {
        answer_code(c, w, device, m,
                    s == COT_E_NOT_FOUND ? COT_COAP_NOT_FOUND : COT_COAP_NOT_ACCEPTABLE, now);
        return;
    }
    int64_t sequence = observe(c, w, m, v, p, now);
    begin(&out, buf, c, m, COT_COAP_CONTENT, now);
    if (sequence >= 0)
        cot_coap_write_option_uint(&out, COT_COAP_OBSERVE, (uint32_t)sequence & 0xffffff);
    cot_coap_write_option_uint(&out, COT_COAP_CONTENT_FORMAT, format);
    cot_coap_write_payload(&out, body, value.len);
    finish(&out, buf, w, device);
    cot_coap_answered(&c->peer, m->head.mid, COT_COAP_CONTENT);
}

static void answer_discover(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m,
                            const cot_lwm2m_path *at, cot_ms now)
{
    uint8_t buf[ANSWER];
    cot_coap_writer out;
    cot_link_writer links;
    begin(&out, buf, c, m, COT_COAP_CONTENT, now);
    cot_coap_write_option_uint(&out, COT_COAP_CONTENT_FORMAT, COT_FORMAT_LINK);
    cot_link_begin(&links, cot_coap_write_payload_begin(&out));
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        cot_lwm2m_path p = cot_lwm2m_path_of(3, readable[i][0], 0, readable[i][1], 0);
        if (cot_lwm2m_path_has_prefix(&p, at))
            cot_link_path(&links, &p);
    }
    finish(&out, buf, w, device);
    cot_coap_answered(&c->peer, m->head.mid, COT_COAP_CONTENT);
}

static uint8_t write_or_execute(sim_client *c, sim_world *w, const cot_coap_msg *m,
                                const cot_lwm2m_path *p)
{
    bool sensor = p->level >= 2 && p->id[0] == 3303 && p->id[1] == 0;
    if (m->head.code == COT_COAP_POST && sensor && p->level == 3 && p->id[2] == 5605) {
        c->executes++;
        w->counts->executes++;
        return COT_COAP_CHANGED;
    }
    if (sensor && (p->level == 2 || p->id[2] == 5750)) {
        c->writes++;
        w->counts->writes++;
        return COT_COAP_CHANGED;
    }
    return sensor ? COT_COAP_NOT_ALLOWED : COT_COAP_NOT_FOUND;
}

static cot_status path_of(const cot_coap_view *v, cot_lwm2m_path *p)
{
    cot_coap_segments rest = v->path;
    cot_bytes seg;
    cot_status s = COT_OK;
    *p = cot_lwm2m_path_of(0, 0, 0, 0, 0);
    while (s == COT_OK && cot_coap_segments_next(&rest, &seg))
        s = cot_lwm2m_path_push_text(p, seg);
    return s;
}

void sim_serve(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m, cot_ms now)
{
    cot_coap_view v;
    cot_lwm2m_path p;
    w->counts->requests++;
    if (cot_coap_view_fetch(m, &v) != COT_OK)
        answer_code(c, w, device, m, v.error == 0 ? COT_COAP_BAD_OPTION : v.error, now);
    else if (path_of(&v, &p) != COT_OK)
        answer_code(c, w, device, m, COT_COAP_NOT_FOUND, now);
    else if (m->head.code == COT_COAP_GET && v.accept == COT_FORMAT_LINK)
        answer_discover(c, w, device, m, &p, now);
    else if (m->head.code == COT_COAP_GET)
        answer_get(c, w, device, m, &v, &p, now);
    else if (m->head.code == COT_COAP_PUT && m->payload.len == 0)
        answer_code(c, w, device, m, COT_COAP_CHANGED, now); /* Write-Attributes: taken, not used */
    else if (m->head.code == COT_COAP_PUT || m->head.code == COT_COAP_POST)
        answer_code(c, w, device, m, write_or_execute(c, w, m, &p), now);
    else
        answer_code(c, w, device, m, COT_COAP_NOT_ALLOWED, now);
}

void sim_serve_again(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m,
                     uint8_t code)
{
    uint8_t buf[ANSWER];
    cot_coap_writer out;
    cot_coap_view v;
    cot_lwm2m_path p;
    begin(&out, buf, c, m, code, 0);
    if (code == COT_COAP_CONTENT && cot_coap_view_fetch(m, &v) == COT_OK &&
        path_of(&v, &p) == COT_OK) {
        uint16_t format = v.accept == COT_COAP_NO_FORMAT ? w->settings->format : v.accept;
        cot_coap_write_option_uint(&out, COT_COAP_CONTENT_FORMAT, format);
        (void)encode(c, device, &p, format, cot_coap_write_payload_begin(&out));
    }
    finish(&out, buf, w, device);
}

void sim_notify(sim_client *c, sim_world *w, uint32_t device, cot_ms now)
{
    for (size_t i = 0; i < SIM_OBSERVATIONS; i++) {
        sim_observation *o = &c->observation[i];
        cot_coap_head h = {.type = COT_COAP_NON, .code = COT_COAP_CONTENT, .token = o->token};
        uint8_t buf[ANSWER];
        cot_coap_writer out;
        cot_lwm2m_path p = cot_lwm2m_path_of(3, 3303, 0, o->resource, 0);
        if (o->token.len == 0 ||
            cot_coap_mid_next(&c->peer, &cot_coap_defaults, now, &h.mid) != COT_OK)
            continue;
        o->sequence++;
        cot_coap_write_begin(&out, buf, sizeof buf, &h);
        cot_coap_write_option_uint(&out, COT_COAP_OBSERVE, o->sequence & 0xffffff);
        cot_coap_write_option_uint(&out, COT_COAP_CONTENT_FORMAT, o->format);
        if (encode(c, device, &p, o->format, cot_coap_write_payload_begin(&out)) != COT_OK)
            continue;
        finish(&out, buf, w, device);
        w->counts->notifications++;
    }
}
