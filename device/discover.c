/* SPDX-License-Identifier: Apache-2.0 */
/* What is there, as links: for Discover (OMA LwM2M Core 1.1 section 6.3.2) with resources and
 * attributes, for a registration (section 6.2.1) without. */
#include "device/engine.h"

#define ROOT_LINK "</>;rt=\"oma.lwm2m\";ct=\"112 11542\"" /* SenML CBOR, TLV */

typedef struct discovery {
    const cot__client *c;
    const cot_object *o;
    cot_link_writer links;
    cot_lwm2m_path at; /* of the link in work */
    bool deep;         /* with resources and attributes; a registration has neither */
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

static void link_attributes(discovery *d)
{
    if (d->deep)
        cot__attributes_link(d->c, &d->links, &d->at);
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
    link_attributes(d);
}

static void link_instance(discovery *d, uint16_t instance)
{
    d->at.level = 2;
    d->at.id[1] = instance;
    cot_link_path(&d->links, &d->at);
    link_attributes(d);
    for (uint8_t i = 0; d->deep && i < d->o->resource_count; i++)
        link_resource(d, &d->o->resources[i]);
}

static void link_object(discovery *d)
{
    const cot_object *o = d->o;
    if (d->deep || o->version != NULL || o->instance_count == 0)
        cot_link_path(&d->links, &d->at);
    if (o->version != NULL)
        cot_link_attr_token(&d->links, "ver", o->version);
    link_attributes(d);
    for (uint8_t i = 0; i < o->instance_count; i++)
        link_instance(d, o->instances[i]);
}

uint8_t cot__discover(cot__client *c, const cot__request *q, size_t *len)
{
    cot_writer w;
    discovery d = {.c = c, .o = q->object, .at = q->path, .deep = true};
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

cot_status cot__discover_all(const cot__client *c, size_t *len)
{
    cot_writer w;
    discovery d = {.c = c};
    cot_writer_init(&w, c->config->memory.body, c->config->memory.body_cap);
    cot_write_text(&w, ROOT_LINK);
    cot_link_begin(&d.links, &w);
    d.links.any = true; /* the root link */
    for (size_t i = 0; i < cot__object_count(c); i++) {
        d.o = cot__object_at(c, i);
        d.at.id[0] = d.o->id;
        d.at.level = 1;
        link_object(&d);
    }
    *len = w.len;
    return w.err;
}
