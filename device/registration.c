/* SPDX-License-Identifier: Apache-2.0 */
/* Register, Update, De-register (OMA LwM2M Core 1.1 section 6.2): one message each, or a row of
 * Block1 messages when the links are long. */
#include "device/engine.h"
#include "device/update/update.h"

#include "core/lwm2m/number.h"

#include <string.h>

#define QUERY_MAX 72u    /* "ep=" and an endpoint name */
#define OPTIONS_ROOM 80u /* what the options of a registration take more than an answer's */
#define MARGIN_S 100u    /* MAX_TRANSMIT_WAIT is 93 s (RFC 7252 section 4.8.2) */

void cot__registration_forget(cot__client *c)
{
    c->registration = COT__REG_NONE;
    c->update_at = c->now;
    c->collect.open = false;
    cot__observe_clear(c);
}

static void write_options(const cot__client *c, cot_coap_writer *m)
{
    uint8_t buf[QUERY_MAX];
    cot_writer w;
    bool first = c->registration == COT__REG_REGISTERING;
    cot_coap_write_segments(m, COT_COAP_URI_PATH, first ? "rd" : c->location, '/');
    if (c->push.total > 0)
        cot_coap_write_option_uint(m, COT_COAP_CONTENT_FORMAT, COT_FORMAT_LINK);
    cot_writer_init(&w, buf, sizeof buf - 1);
    if (first) {
        cot_write_text(&w, "lwm2m=1.1\nb=U\nep=");
        cot_write_text(&w, c->config->endpoint);
    }
    if (c->with_lifetime) {
        cot_write_text(&w, first ? "\nlt=" : "lt=");
        cot_decimal_write_uint(&w, c->lifetime_sent);
    }
    buf[w.len] = '\0';
    cot_coap_write_segments(m, COT_COAP_URI_QUERY, (const char *)buf,
                            '\n'); /* a '&' may be in a name */
}

static cot_status write_message(cot__client *c, const cot_coap_head *h, size_t *len)
{
    const cot_client_memory *mem = &c->config->memory;
    cot_coap_writer m;
    cot_coap_slice slice;
    cot_status s = COT_OK;
    *len = 0;
    if (c->push.total > 0)
        s = cot__discover_all(c, len);
    if (s != COT_OK)
        return s;
    if (*len != c->push.total) /* the first block, or the objects have changed between two */
        cot_coap_push_init(&c->push, (uint32_t)*len, cot__szx_for(mem->request_cap - OPTIONS_ROOM));
    cot_coap_push_next(&c->push, &slice);
    cot_coap_write_begin(&m, mem->request, mem->request_cap, h);
    write_options(c, &m);
    if (slice.has_block) {
        cot_coap_write_option_uint(&m, COT_COAP_BLOCK1, cot_coap_block_encode(&slice.block));
        cot_coap_write_option_uint(&m, COT_COAP_SIZE1, c->push.total);
    }
    cot_coap_write_payload(&m, mem->body + slice.offset, slice.len);
    return cot_coap_write_end(&m, len);
}

/* Send the message of the present state: for REGISTERING and UPDATING the block that comes next. */
static void send_next(cot__client *c)
{
    bool leaving = c->registration == COT__REG_LEAVING;
    cot_coap_head h;
    size_t len = 0;
    cot_status s = cot__request_head(c, leaving ? COT_COAP_DELETE : COT_COAP_POST, &h);
    if (s == COT_OK)
        s = write_message(c, &h, &len);
    if (s == COT_OK)
        cot__request_send(c, COT__REQUEST_REGISTRATION, &h, len);
    else
        cot__connection_fail(c, s, 0);
}

static void begin(cot__client *c, cot__registration_state state)
{
    bool first = state == COT__REG_REGISTERING;
    bool links = state != COT__REG_LEAVING && (first || c->links_changed);
    c->registration = state;
    c->with_lifetime = state != COT__REG_LEAVING && (first || c->lifetime != c->lifetime_sent);
    c->lifetime_sent = c->lifetime;
    c->links_changed = false;
    cot_coap_push_init(&c->push, links, 0); /* of no real length yet */
    send_next(c);
}

/* When the next message of a registration leaves. What changes sets update_at. */
cot_ms cot__registration_deadline(const cot__client *c)
{
    if (!cot__request_possible(c))
        return COT_NEVER;
    bool between = c->registration != COT__REG_NONE && c->registration != COT__REG_STANDS;
    if (c->stopping || between)
        return c->now;
    cot_ms free = c->links_changed ? cot__blocks_free_at(c) : 0; /* links need memory.body */
    return c->update_at > free ? c->update_at : free;
}

void cot__registration_tick(cot__client *c)
{
    if (cot__registration_deadline(c) > c->now)
        return;
    if (c->registration == COT__REG_STANDS)
        begin(c, c->stopping ? COT__REG_LEAVING : COT__REG_UPDATING);
    else if (c->registration != COT__REG_NONE)
        send_next(c); /* the next block */
    else if (c->stopping)
        cot__connection_end(c);
    else
        begin(c, COT__REG_REGISTERING);
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
    return COT_OK;
}

static void stands(cot__client *c, cot_event_kind kind)
{
    uint32_t margin = c->lifetime >= 2 * MARGIN_S ? MARGIN_S : c->lifetime / 2;
    bool again = c->links_changed || c->lifetime != c->lifetime_sent; /* since it was sent */
    c->registration = COT__REG_STANDS;
    c->update_at = c->now + (again ? 0 : (cot_ms)(c->lifetime - margin) * 1000);
    c->failures = 0;
    if (kind == COT_EVENT_REGISTERED && c->config->update != NULL)
        cot__update_registered(c);
    cot__emit_kind(c, kind);
}

void cot__registration_answer(cot__client *c, const cot_coap_msg *m, const cot_coap_view *v)
{
    bool first = c->registration == COT__REG_REGISTERING;
    if (c->registration == COT__REG_LEAVING) {
        cot__connection_end(c);
        return;
    }
    if (m == NULL) {
        cot__connection_fail(c, COT_E_TIMEOUT, 0);
        return;
    }
    uint8_t code = m->head.code;
    cot_status s = cot_coap_push_step(&c->push, code, v);
    if (s == COT_E_STATE || (s == COT_OK && !c->push.done))
        return; /* the next block leaves with the next tick */
    s = code == (first ? COT_COAP_CREATED : COT_COAP_CHANGED) ? COT_OK : COT_E_DENIED;
    if (s == COT_OK && first)
        s = keep_location(c, v);
    if (s == COT_OK)
        stands(c, first ? COT_EVENT_REGISTERED : COT_EVENT_UPDATED);
    else
        cot__connection_fail(c, s, code);
}
