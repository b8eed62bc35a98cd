/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the object tables. They are short, so all are linear. */
#include "device/engine.h"

size_t cot__object_count(const cot__client *c)
{
    return c->builtin_count + c->config->object_count;
}

const cot_object *cot__object_at(const cot__client *c, size_t i)
{
    return i < c->builtin_count ? &c->builtin[i] : c->config->objects[i - c->builtin_count];
}

const cot_resource *cot__resource_find(const cot_object *o, uint16_t id)
{
    for (uint8_t i = 0; i < o->resource_count; i++) {
        if (o->resources[i].id == id)
            return &o->resources[i];
    }
    return NULL;
}

static bool instance_exists(const cot_object *o, uint16_t id)
{
    for (uint8_t i = 0; i < o->instance_count; i++) {
        if (o->instances[i] == id)
            return true;
    }
    return false;
}

bool cot__locate(const cot__client *c, cot__request *q)
{
    const cot_lwm2m_path *path = &q->path;
    size_t i = 0;
    q->resource = NULL;
    do {
        if (i == cot__object_count(c))
            return false;
        q->object = cot__object_at(c, i++);
    } while (q->object->id != path->id[0]);
    if (path->level >= 2 && !instance_exists(q->object, path->id[1]))
        return false;
    if (path->level < 3)
        return true;
    q->resource = cot__resource_find(q->object, path->id[2]);
    return q->resource != NULL && (path->level < 4 || path->id[3] < q->resource->items);
}

void cot__walk_init(cot__walk *w, const cot_object *o, const cot_lwm2m_path *below)
{
    *w = (cot__walk){.o = o, .below = below};
}

bool cot__walk_next(cot__walk *w, cot_place *at)
{
    const cot_object *o = w->o;
    const cot_lwm2m_path *b = w->below;
    for (; w->i < o->instance_count; w->i++, w->r = 0) {
        at->instance = o->instances[w->i];
        if (b->level >= 2 && at->instance != b->id[1])
            continue;
        for (; w->r < o->resource_count; w->r++, w->item = 0) {
            w->resource = &o->resources[w->r];
            at->resource = w->resource->id;
            if (b->level >= 3 && at->resource != b->id[2])
                continue;
            while (w->item == 0 || w->item < w->resource->items) {
                at->item = w->item++;
                if (b->level < 4 || at->item == b->id[3])
                    return true;
            }
        }
    }
    return false;
}
