/* SPDX-License-Identifier: Apache-2.0 */
/* Discover (OMA LwM2M Core 1.1 section 6.3.2): what is there, with its attributes, as links. */
#include "device/engine.h"

/* How many values are there? What cannot be read counts as one. */
static uint8_t dimension(const cot_object *o, const cot_resource *r, uint16_t instance)
{
    uint8_t n = 0;
    cot_place at = {instance, r->id, 0};
    do {
        cot_value v;
        if ((r->ops & COT_READ) == 0 || cot__read_value(o, r, &at, &v) != COT_E_NOT_FOUND)
            n++;
    } while (++at.item < r->items);
    return n;
}

static void link_resource(const cot__client *c, cot_link_writer *l, const cot_object *o,
                          const cot_resource *r, uint16_t instance)
{
    uint8_t n = dimension(o, r, instance);
    cot_lwm2m_path p = cot_lwm2m_path_of(3, o->id, instance, r->id, 0);
    if (n == 0)
        return;
    cot_link_path(l, &p);
    if ((r->ops & COT_MULTIPLE) != 0)
        cot_link_attr_uint(l, "dim", n);
    cot__attributes_link(c, l, &p);
}

static void link_instance(const cot__client *c, cot_link_writer *l, const cot_object *o,
                          uint16_t instance)
{
    cot_lwm2m_path p = cot_lwm2m_path_of(2, o->id, instance, 0, 0);
    cot_link_path(l, &p);
    cot__attributes_link(c, l, &p);
    for (uint8_t i = 0; i < o->resource_count; i++)
        link_resource(c, l, o, &o->resources[i], instance);
}

static void link_object(const cot__client *c, cot_link_writer *l, const cot_object *o)
{
    cot_lwm2m_path p = cot_lwm2m_path_of(1, o->id, 0, 0, 0);
    cot_link_path(l, &p);
    if (o->version != NULL)
        cot_link_attr_token(l, "ver", o->version);
    cot__attributes_link(c, l, &p);
    for (uint8_t i = 0; i < o->instance_count; i++)
        link_instance(c, l, o, o->instances[i]);
}

uint8_t cot__discover(cot__client *c, const cot__request *q, size_t *len)
{
    cot_writer w;
    cot_link_writer l;
    if (q->path.level > 3)
        return COT_COAP_BAD_REQUEST;
    if (!cot__path_exists(q->object, &q->path))
        return COT_COAP_NOT_FOUND;
    cot_writer_init(&w, c->config->memory.body, c->config->memory.body_cap);
    cot_link_begin(&l, &w);
    if (q->path.level == 1)
        link_object(c, &l, q->object);
    else if (q->path.level == 2)
        link_instance(c, &l, q->object, q->path.id[1]);
    else
        link_resource(c, &l, q->object, cot__resource_find(q->object, q->path.id[2]),
                      q->path.id[1]);
    *len = w.len;
    return w.err == COT_OK ? COT_COAP_CONTENT : COT_COAP_INTERNAL_ERROR;
}
