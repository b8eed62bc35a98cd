/* SPDX-License-Identifier: Apache-2.0 */
/* Read: the representation of an object, instance, resource or resource instance. */
#include "device/engine.h"

cot_status cot__read_value(const cot_object *o, const cot_resource *r, const cot_place *at,
                           cot_value *v)
{
    if (o->read == NULL)
        return COT_E_UNSUPPORTED;
    v->type = COT_NONE;
    cot_status s = o->read(o, at, v);
    return s == COT_OK && v->type != r->type ? COT_E_TYPE : s;
}

/* Put all readable places below `path`. COT_OK and *count of them; or a callback's failure. */
static cot_status put_all(const cot_object *o, const cot_lwm2m_path *path, cot_lwm2m_encoder *e,
                          size_t *count)
{
    cot__walk walk;
    cot_place at;
    cot__walk_init(&walk, o, path);
    while (cot__walk_next(&walk, &at)) {
        cot_value v;
        if ((walk.resource->ops & COT_READ) == 0)
            continue;
        cot_status s = cot__read_value(o, walk.resource, &at, &v);
        if (s == COT_E_NOT_FOUND)
            continue;
        if (s != COT_OK)
            return s;
        cot_lwm2m_path p = {.id = {o->id, at.instance, at.resource, at.item}, .level = 3};
        p.level = (walk.resource->ops & COT_MULTIPLE) != 0 ? 4 : 3;
        cot_lwm2m_encode_put(e, &p, &v);
        ++*count;
    }
    return COT_OK;
}

static uint8_t code_of(cot_status s)
{
    if (s == COT_OK)
        return COT_COAP_CONTENT;
    if (s == COT_E_UNSUPPORTED || s == COT_E_STATE || s == COT_E_TYPE)
        return COT_COAP_NOT_ACCEPTABLE; /* the format cannot carry it */
    return COT_COAP_INTERNAL_ERROR;
}

uint8_t cot__read(cot__client *c, const cot__request *q, uint16_t format, size_t *len)
{
    cot_lwm2m_encoder e;
    cot_writer w;
    size_t count = 0;
    if (q->resource != NULL && (q->resource->ops & COT_READ) == 0)
        return COT_COAP_NOT_ALLOWED;
    if (q->resource == NULL && (format == COT_FORMAT_TEXT || format == COT_FORMAT_OPAQUE))
        return COT_COAP_NOT_ACCEPTABLE;
    cot_writer_init(&w, c->config->memory.body, c->config->memory.body_cap);
    cot_lwm2m_encode_begin(&e, format, &q->path, &w);
    if (put_all(q->object, &q->path, &e, &count) != COT_OK)
        return COT_COAP_INTERNAL_ERROR;
    if (count == 0 && q->resource != NULL)
        return COT_COAP_NOT_FOUND;
    uint8_t code = code_of(cot_lwm2m_encode_end(&e));
    *len = w.len;
    return code;
}
