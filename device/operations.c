/* SPDX-License-Identifier: Apache-2.0 */
/* From method, path and options of a request to the LwM2M operation (OMA LwM2M Core 1.1 section
 * 6.3, table 6.3.13-1 of the CoAP mapping). */
#include "device/engine.h"

static uint8_t parse_path(cot__request *q)
{
    cot_coap_segments path = q->view.path;
    cot_bytes segment;
    while (cot_coap_segments_next(&path, &segment)) {
        if (cot_lwm2m_path_push_text(&q->path, segment) != COT_OK)
            return COT_COAP_NOT_FOUND;
    }
    return 0;
}

static void read_or_observe(cot__client *c, cot__request *q, cot__reply *reply)
{
    enum cot_coap_observe_wish wish = cot_coap_observe_wish(&q->view);
    uint16_t format = q->view.accept;
    if (format == COT_FORMAT_LINK) {
        reply->code = cot__discover(c, q, &reply->len);
        reply->format = reply->code == COT_COAP_CONTENT ? format : COT_COAP_NO_FORMAT;
        return;
    }
    if (format == COT_COAP_NO_FORMAT)
        format = cot_lwm2m_format_default(false);
    if (!cot_lwm2m_format_supported(format)) {
        reply->code = COT_COAP_NOT_ACCEPTABLE;
        return;
    }
    reply->code = cot__read(c, q, format, &reply->len);
    if (reply->code == COT_COAP_CONTENT)
        reply->format = format;
    if (wish == COT_COAP_OBSERVE_STOP)
        cot__observe_cancel(c, &q->msg->head.token);
    if (wish == COT_COAP_OBSERVE_START && reply->code == COT_COAP_CONTENT)
        cot__observe_add(c, q, reply);
}

static uint8_t execute(cot__client *c, const cot__request *q)
{
    const cot_object *o = q->object;
    cot_place at = {q->path.id[1], q->path.id[2], 0};
    if (q->view.content_format != COT_COAP_NO_FORMAT && q->view.content_format != COT_FORMAT_TEXT)
        return COT_COAP_BAD_FORMAT;
    cot_status s = o->execute(o, &at, q->payload.p, q->payload.len);
    if (s == COT_OK)
        cot__changed(c, &q->path);
    return cot__code_of(s);
}

static uint8_t post(cot__client *c, const cot__request *q)
{
    if (q->path.level < 2)
        return COT_COAP_NOT_ALLOWED; /* Create */
    if (q->path.level == 3 && (q->resource->ops & COT_EXECUTE) != 0 && q->object->execute != NULL)
        return execute(c, q);
    return cot__write(c, q, false);
}

static uint8_t put(cot__client *c, const cot__request *q)
{
    bool attributes = q->view.query.count > 0 && q->payload.len == 0 &&
                      q->view.content_format == COT_COAP_NO_FORMAT;
    return attributes ? cot__attributes_write(c, q) : cot__write(c, q, true);
}

void cot__serve(cot__client *c, cot__request *q, cot__reply *reply)
{
    uint8_t method = q->msg->head.code;
    reply->code = parse_path(q);
    if (reply->code != 0)
        return;
    reply->code = COT_COAP_NOT_ALLOWED;
    if (q->path.level == 0)
        return; /* only composite and bootstrap operations go to the root */
    if (q->path.id[0] == 0) {
        reply->code = COT_COAP_UNAUTHORIZED; /* Security is for the bootstrap server only */
    } else if (!cot__locate(c, q)) {
        reply->code = COT_COAP_NOT_FOUND;
    } else if (method == COT_COAP_GET) {
        c->collect.open = false; /* memory.body is needed */
        read_or_observe(c, q, reply);
    } else if (method == COT_COAP_PUT || method == COT_COAP_POST) {
        if (cot__blocks_collect(c, q, reply))
            reply->code = method == COT_COAP_PUT ? put(c, q) : post(c, q);
    }
}
