/* SPDX-License-Identifier: Apache-2.0 */
/* API: last known values, observations, live Read and Discover. */
#include "server/hub/api.h"

#include "core/lwm2m/link.h"

#include <stdio.h>
#include <string.h>

static bool value_row(void *ctx, const cot_lwm2m_path *path, const cot_value *v, store_ms at)
{
    hub_page *l = ctx;
    cot_writer *w = &l->rq->w;
    uint8_t text[COT_LWM2M_PATH_TEXT + 1] = {0};
    cot_writer t;
    if (!hub_page_item(l))
        return false;
    cot_cbor_write_map(w, 4);
    hub_put_path(w, "path", path);
    hub_put_value(w, v);
    hub_put_time(w, "at", at);
    cot_writer_init(&t, text, COT_LWM2M_PATH_TEXT);
    cot_lwm2m_path_write(&t, path);
    return hub_page_item_end(l, (const char *)text);
}

uint16_t hub_api_value_list(hub_request *rq)
{
    hub_page l;
    store_device d;
    cot_lwm2m_path after = {{0, 0, 0, 0}, 0};
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    cot_bytes cursor = hub_arg_text_or_none(rq, "cursor");
    hub_page_begin(&l, rq);
    if (cursor.len > 0 && cot_lwm2m_path_parse(cursor, &after) != COT_OK)
        return hub_bad_cursor(rq);
    return hub_page_end(&l, store_value_list(rq->h->st, d.id, &after, value_row, &l));
}

/* "pmin=1&pmax=60": the number of one attribute, or null. */
static void put_attribute(cot_writer *w, const char *key, const char *attributes)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%s=", key);
    const char *at = strstr(attributes, name);
    uint64_t v = 0;
    if (at == NULL) {
        hub_put_null(w, key);
        return;
    }
    for (at += strlen(name); *at >= '0' && *at <= '9'; at++)
        v = v * 10 + (uint64_t)(*at - '0');
    hub_put_uint(w, key, v);
}

static bool observation_row(void *ctx, const store_observation *o)
{
    hub_page *l = ctx;
    cot_writer *w = &l->rq->w;
    l->mark = w->len;
    cot_cbor_write_map(w, 4);
    hub_put_path(w, "path", &o->path);
    put_attribute(w, "pmin", o->attributes);
    put_attribute(w, "pmax", o->attributes);
    hub_put_time(w, "created_at", o->created_at);
    return hub_page_item_end(l, "");
}

uint16_t hub_api_observation_list(hub_request *rq)
{
    hub_page l;
    store_device d;
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    hub_page_begin(&l, rq);
    return hub_page_end(&l, store_observation_list(rq->h->st, d.id, observation_row, &l));
}

/* ---- live ---- */

static uint16_t start(hub_request *rq, uint8_t operation)
{
    store_device d;
    cot_lwm2m_path path = hub_arg_path(rq);
    uint64_t seconds = hub_arg_uint(rq, "timeout", 30, 60);
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    if (!d.registered)
        return hub_problem(rq, 409, "The device is not registered now; ask again when it is.");
    cot_status s = hub_read_start(rq->h, HUB_READ_CALL, &d, operation, &path, rq->call,
                                  (uint32_t)seconds * 1000);
    return s == COT_OK ? 0 : hub_problem(rq, 429, "Too many live reads are under way; ask again.");
}

uint16_t hub_api_read(hub_request *rq)
{
    return start(rq, IPC_OP_READ);
}

uint16_t hub_api_discover(hub_request *rq)
{
    return start(rq, IPC_OP_DISCOVER);
}

/* The value of an attribute as text; quotes are gone already. */
static uint64_t write_attributes(cot_writer *w, cot_bytes attrs)
{
    cot_link_attr_item item;
    uint64_t count = 0;
    while (cot_link_attr_next(&attrs, &item) == COT_OK) {
        if (w != NULL) {
            cot_cbor_write_text(w, item.name);
            cot_cbor_write_text(w, item.value);
        }
        count++;
    }
    return count;
}

static void write_links(cot_writer *w, cot_bytes payload)
{
    cot_link_reader r;
    cot_link link;
    uint64_t count = 0;
    hub_put_key(w, "links");
    size_t begin = w->len;
    cot_link_reader_init(&r, payload);
    while (cot_link_next(&r, (cot_bytes){NULL, 0}, &link) == COT_OK) {
        if (!link.is_path)
            continue;
        cot_cbor_write_map(w, 2);
        hub_put_path(w, "path", &link.path);
        hub_put_key(w, "attributes");
        cot_cbor_write_map(w, write_attributes(NULL, link.attrs));
        (void)write_attributes(w, link.attrs);
        count++;
    }
    cot_cbor_insert_array(w, begin, count);
}

/* The HTTP status for the CoAP code of a device's answer. */
static uint16_t status_of(uint8_t code)
{
    switch (code) {
    case 0x80:
        return 400;
    case 0x81:
        return 403; /* 4.01: the device does not let this server */
    case 0x83:
        return 403;
    case 0x84:
        return 404;
    case 0x85:
        return 405;
    case 0xA3:
        return 503;
    default:
        return 502;
    }
}

static void device_problem(hub *h, const hub_read *read, const ipc_result *result)
{
    char detail[300];
    bool text = result->format == 0 && cot_utf8_valid(result->payload) && result->payload.len > 0;
    (void)snprintf(detail, sizeof detail, "The device answered %u.%02u%s%.*s", result->code >> 5,
                   result->code & 31u, text ? ": " : ".",
                   text ? (int)(result->payload.len & 0xFF) : 0,
                   text ? (const char *)result->payload.p : "");
    if (!cot_utf8_valid(store_bytes(detail)))
        (void)snprintf(detail, sizeof detail, "The device answered %u.%02u.", result->code >> 5,
                       result->code & 31u);
    hub_reply_problem(h, read->call, status_of(result->code), detail);
}

cot_status hub_read_reply(hub *h, const hub_read *read, const store_device *d,
                          const ipc_result *result)
{
    cot_writer w;
    if (result->code == 0) {
        hub_reply_problem(h, read->call, 504, "The device did not answer in time.");
        return COT_OK;
    }
    if (d == NULL) {
        hub_reply_problem(h, read->call, 404, "The device was removed.");
        return COT_OK;
    }
    if (result->code >> 5 != 2) {
        device_problem(h, read, result);
        return COT_OK;
    }
    cot_writer_init(&w, h->reply, sizeof h->reply);
    cot_cbor_write_map(&w, 2);
    hub_put_path(&w, "path", &read->path);
    if (read->operation == IPC_OP_READ)
        hub_write_values(&w, &read->path, result->format, result->payload);
    else
        write_links(&w, result->payload);
    if (w.err != COT_OK) {
        hub_reply_problem(h, read->call, 413,
                          "The device's answer is too long; ask for a part of it.");
        return COT_OK;
    }
    hub_reply(h, read->call, 200, (cot_bytes){h->reply, w.len});
    hub_say_at_once(h);
    return read->operation == IPC_OP_READ
               ? hub_values(h, d, &read->path, result->format, result->payload)
               : COT_OK;
}
