/* SPDX-License-Identifier: Apache-2.0 */
/* Discover (OMA LwM2M Core 1.1 section 6.3.2): what is there, with its attributes, as links. */
#include "device/engine.h"

typedef struct discovery {
    const cot__client *c;
    const cot_object *o;
    cot_link_writer links;
    cot_lwm2m_path at; /* of the link in work */
} discovery;

/* How many values are there? What cannot be read counts as one. */
static uint8_t dimension(const discovery *d, const cot_resource *r)
{
    uint8_t n = 0;
    cot_place at = {d->at.id[1], r->id, 0};
    do {
        cot_value v;
        if ((r->ops & COT_READ) == 0 || cot__read_value(d->o, r, &at, &v) != COT_E_NOT_FOUND)
            n++;
    } while (++at.item < r->items);
    return n;
}

static void link_resource(discovery *d, const cot_resource *r)
{
    uint8_t n = dimension(d, r);
    if (n == 0)
        return;
    d->at.level = 3;
    d->at.id[2] = r->id;
    cot_link_path(&d->links, &d->at);
    if ((r->ops & COT_MULTIPLE) != 0)
        cot_link_attr_uint(&d->links, "dim", n);
    cot__attributes_link(d->c, &d->links, &d->at);
}

static void link_instance(discovery *d, uint16_t instance)
{
    d->at = (cot_lwm2m_path){.id = {d->o->id, instance}, .level = 2};
    cot_link_path(&d->links, &d->at);
    cot__attributes_link(d->c, &d->links, &d->at);
    for (uint8_t i = 0; i < d->o->resource_count; i++)
        link_resource(d, &d->o->resources[i]);
}

static void link_object(discovery *d)
{
    cot_link_path(&d->links, &d->at);
    if (d->o->version != NULL)
        cot_link_attr_token(&d->links, "ver", d->o->version);
    cot__attributes_link(d->c, &d->links, &d->at);
    for (uint8_t i = 0; i < d->o->instance_count; i++)
        link_instance(d, d->o->instances[i]);
}

uint8_t cot__discover(cot__client *c, const cot__request *q, size_t *len)
{
    cot_writer w;
    discovery d = {.c = c, .o = q->object, .at = q->path};
    if (q->path.level > 3)
        return COT_COAP_BAD_REQUEST;
    cot_writer_init(&w, c->config->memory.body, c->config->memory.body_cap);
    cot_link_begin(&d.links, &w);
    if (q->path.level == 1)
        link_object(&d);
    else if (q->path.level == 2)
        link_instance(&d, q->path.id[1]);
    else
        link_resource(&d, q->resource);
    *len = w.len;
    return w.err == COT_OK ? COT_COAP_CONTENT : COT_COAP_INTERNAL_ERROR;
}
