/* SPDX-License-Identifier: Apache-2.0 */
/* Register, Update, De-register (OMA LwM2M Core 1.1 section 6.2): one message each, or a row of
 * Block1 messages when the links are long. */
#include "device/engine.h"
#include "device/update/update.h"

#include "core/lwm2m/number.h"

#include <string.h>

#define QUERY_MAX 72u            /* "ep=" and an endpoint name */
#define OPTIONS_ROOM 80u         /* what the options of a registration take more than an answer's */
#define MARGIN_S 100u            /* MAX_TRANSMIT_WAIT is 93 s (RFC 7252 section 4.8.2) */
#define ROOT_FORMATS "112 11542" /* of the root link: SenML CBOR, TLV */

void cot__registration_forget(cot__client *c)
{
    c->registration = COT__REG_NONE;
    c->update_at = c->now;
    c->location_len = 0;
    c->collect.open = false;
    cot__observe_clear(c);
}

/* Render the links into memory.body. */
static cot_status render_links(const cot__client *c, size_t *len)
{
    cot_writer w;
    cot_link_writer l;
    cot_lwm2m_path root = cot_lwm2m_path_of(0, 0, 0, 0, 0);
    cot_writer_init(&w, c->config->memory.body, c->config->memory.body_cap);
    cot_link_begin(&l, &w);
    cot_link_path(&l, &root);
    cot_link_attr_text(&l, "rt", "oma.lwm2m");
    cot_link_attr_text(&l, "ct", ROOT_FORMATS);
    for (size_t i = 0; i < cot__object_count(c); i++) {
        const cot_object *o = cot__object_at(c, i);
        cot_lwm2m_path p = cot_lwm2m_path_of(1, o->id, 0, 0, 0);
        if (o->id == 0)
            continue;
        if (o->version != NULL || o->instance_count == 0)
            cot_link_path(&l, &p);
        if (o->version != NULL)
            cot_link_attr_token(&l, "ver", o->version);
        for (uint8_t k = 0; k < o->instance_count; k++) {
            cot_lwm2m_path instance = cot_lwm2m_path_of(2, o->id, o->instances[k], 0, 0);
            cot_link_path(&l, &instance);
        }
    }
    *len = w.len;
    return w.err;
}

static void query_text(cot_coap_writer *m, const char *key, const char *value)
{
    uint8_t buf[QUERY_MAX];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_text(&w, key);
    cot_write_text(&w, value);
    cot_coap_write_option(m, COT_COAP_URI_QUERY, buf, w.len);
}

static void query_lifetime(cot_coap_writer *m, uint32_t lifetime)
{
    uint8_t buf[QUERY_MAX];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_text(&w, "lt=");
    cot_decimal_write_uint(&w, lifetime);
    cot_coap_write_option(m, COT_COAP_URI_QUERY, buf, w.len);
}

static void write_options(const cot__client *c, cot_coap_writer *m)
{
    if (c->registration == COT__REG_REGISTERING)
        cot_coap_write_segments(m, COT_COAP_URI_PATH, "rd", '/');
    else
        cot_coap_write_segments(m, COT_COAP_URI_PATH, c->location, '/');
    if (c->push.total > 0)
        cot_coap_write_option_uint(m, COT_COAP_CONTENT_FORMAT, COT_FORMAT_LINK);
    if (c->registration == COT__REG_REGISTERING) {
        query_text(m, "ep=", c->config->endpoint);
        query_lifetime(m, c->lifetime);
        query_text(m, "lwm2m=", "1.1");
        query_text(m, "b=", "U");
    } else if (c->registration == COT__REG_UPDATING && c->lifetime != c->lifetime_sent) {
        query_lifetime(m, c->lifetime);
    }
}

/* Send the message of the present state: for REGISTERING and UPDATING the block that comes next. */
static cot_status send_next(cot__client *c)
{
    const cot_client_memory *mem = &c->config->memory;
    bool leaving = c->registration == COT__REG_LEAVING;
    cot_coap_writer m;
    cot_coap_head h;
    cot_coap_slice slice;
    size_t len = 0;
    cot_status s = cot__request_head(c, leaving ? COT_COAP_DELETE : COT_COAP_POST, &h);
    if (s == COT_OK && c->push.total > 0)
        s = render_links(c, &len);
    if (s != COT_OK)
        return s;
    if (len != c->push.total) /* the objects have changed between two blocks */
        cot_coap_push_init(&c->push, (uint32_t)len, cot__szx_for(mem->request_cap - OPTIONS_ROOM));
    cot_coap_push_next(&c->push, &slice);
    cot_coap_write_begin(&m, mem->request, mem->request_cap, &h);
    write_options(c, &m);
    if (slice.has_block)
        cot_coap_write_option_uint(&m, COT_COAP_BLOCK1, cot_coap_block_encode(&slice.block));
    if (slice.has_block && slice.offset == 0)
        cot_coap_write_option_uint(&m, COT_COAP_SIZE1, c->push.total);
    if (slice.len > 0)
        cot_coap_write_payload(&m, mem->body + slice.offset, slice.len);
    s = cot_coap_write_end(&m, &len);
    if (s == COT_OK)
        cot__request_send(c, COT__REQUEST_REGISTRATION, &h, len);
    return s;
}

static void begin(cot__client *c, cot__registration_state state, bool with_links)
{
    size_t len = 0;
    cot_status s = with_links ? render_links(c, &len) : COT_OK;
    cot__registration_state before = c->registration;
    cot_coap_push_init(&c->push, (uint32_t)len,
                       cot__szx_for(c->config->memory.request_cap - OPTIONS_ROOM));
    c->registration = state;
    if (s == COT_OK)
        s = send_next(c);
    if (s == COT_OK) {
        c->links_changed = c->links_changed && !with_links;
    } else if (s == COT_E_AGAIN) {
        c->registration = before;
    } else {
        cot__connection_fail(c, COT_EVENT_REFUSED, s, 0);
    }
}

static cot_ms refresh_after(const cot__client *c)
{
    if (c->lifetime >= 2 * MARGIN_S)
        return (cot_ms)(c->lifetime - MARGIN_S) * 1000;
    return (cot_ms)c->lifetime * 500;
}

static bool update_due(const cot__client *c)
{
    return c->links_changed || c->lifetime != c->lifetime_sent || c->now >= c->update_at;
}

/* An update that is due leaves at once, but links need memory.body. */
static cot_ms begins_at(const cot__client *c)
{
    return c->links_changed ? cot__blocks_free_at(c) : c->now;
}

void cot__registration_tick(cot__client *c)
{
    if (!cot__request_possible(c))
        return;
    switch (c->registration) {
    case COT__REG_NONE:
        if (c->stopping)
            cot__connection_end(c);
        else if (c->now >= c->update_at)
            begin(c, COT__REG_REGISTERING, true);
        break;
    case COT__REG_STANDS:
        if (c->stopping)
            begin(c, COT__REG_LEAVING, false);
        else if (update_due(c) && begins_at(c) <= c->now)
            begin(c, COT__REG_UPDATING, c->links_changed);
        break;
    case COT__REG_REGISTERING: /* the next block */
    case COT__REG_UPDATING:
    case COT__REG_LEAVING:
        (void)send_next(c);
        break;
    }
}

cot_ms cot__registration_deadline(const cot__client *c)
{
    if (!cot__request_possible(c))
        return COT_NEVER;
    if (c->registration == COT__REG_NONE && !c->stopping)
        return c->update_at;
    if (c->registration != COT__REG_STANDS || c->stopping || update_due(c))
        return begins_at(c);
    return c->update_at;
}

static cot_status keep_location(cot__client *c, const cot_coap_view *v)
{
    cot_coap_segments path = v->path;
    cot_bytes segment;
    cot_writer w;
    cot_writer_init(&w, (uint8_t *)c->location, sizeof c->location - 1);
    while (cot_coap_segments_next(&path, &segment)) {
        if (w.len > 0)
            cot_write_u8(&w, '/');
        cot_write_bytes(&w, segment.p, segment.len);
    }
    if (w.err != COT_OK || w.len == 0)
        return COT_E_RANGE;
    c->location[w.len] = '\0';
    c->location_len = (uint8_t)w.len;
    return COT_OK;
}

static void stands(cot__client *c, cot_event_kind kind)
{
    cot_event e = {.kind = kind};
    c->registration = COT__REG_STANDS;
    c->lifetime_sent = c->lifetime;
    c->update_at = c->now + refresh_after(c);
    c->failures = 0;
    if (kind == COT_EVENT_REGISTERED && c->config->update != NULL)
        cot__update_registered(c);
    cot__emit(c, &e);
}

/* The session is good: register anew over it, `delay` from now. */
static void begin_anew(cot__client *c, cot_event_kind kind, cot_status why, uint8_t code,
                       cot_ms delay)
{
    cot_event e = {.kind = kind, .status = why, .code = code, .retry_at = c->now + delay};
    cot__registration_forget(c);
    c->update_at = e.retry_at;
    cot__emit(c, &e);
}

static void refused(cot__client *c, cot_event_kind kind, cot_status why, uint8_t code)
{
    if (COT_COAP_CLASS(code) == 5)
        begin_anew(c, kind, COT_E_AGAIN, code, cot__connection_backoff(c));
    else
        cot__connection_fail(c, kind, why, code);
}

static void registered(cot__client *c, uint8_t code, const cot_coap_view *v)
{
    cot_status s = code == COT_COAP_CREATED ? keep_location(c, v) : COT_E_DENIED;
    if (s == COT_OK)
        stands(c, COT_EVENT_REGISTERED);
    else
        refused(c, COT_EVENT_REFUSED, s, code);
}

static void updated(cot__client *c, uint8_t code)
{
    if (code == COT_COAP_CHANGED)
        stands(c, COT_EVENT_UPDATED);
    else if (code == COT_COAP_NOT_FOUND)
        begin_anew(c, COT_EVENT_LOST, COT_E_NOT_FOUND, code, 0);
    else
        refused(c, COT_EVENT_LOST, COT_E_DENIED, code);
}

void cot__registration_answer(cot__client *c, uint8_t code, const cot_coap_view *v)
{
    if (c->registration == COT__REG_LEAVING) {
        cot__connection_end(c);
        return;
    }
    bool first = c->registration == COT__REG_REGISTERING;
    if (v == NULL) {
        cot__connection_fail(c, first ? COT_EVENT_REFUSED : COT_EVENT_LOST, COT_E_TIMEOUT, 0);
        return;
    }
    cot_status s = cot_coap_push_step(&c->push, code, v);
    if (s == COT_E_STATE || (s == COT_OK && !c->push.done))
        return; /* the next block leaves with the next tick */
    if (first)
        registered(c, code, v);
    else
        updated(c, code);
}
