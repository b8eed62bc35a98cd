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

bool cot__instance_exists(const cot_object *o, uint16_t id)
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
    if (path->level >= 2 && !cot__instance_exists(q->object, path->id[1]))
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

static void advance(cot__walk *w)
{
    const cot_resource *r = &w->o->resources[w->r];
    if ((r->ops & COT_MULTIPLE) != 0 && w->item + 1 < r->items) {
        w->item++;
        return;
    }
    w->item = 0;
    if (++w->r < w->o->resource_count)
        return;
    w->r = 0;
    w->i++;
}

static bool is_below(const cot__walk *w, const cot_place *at)
{
    const cot_lwm2m_path *b = w->below;
    return (b->level < 2 || b->id[1] == at->instance) &&
           (b->level < 3 || b->id[2] == at->resource) && (b->level < 4 || b->id[3] == at->item);
}

bool cot__walk_next(cot__walk *w, cot_place *at)
{
    while (w->i < w->o->instance_count && w->o->resource_count > 0) {
        w->resource = &w->o->resources[w->r];
        *at = (cot_place){w->o->instances[w->i], w->resource->id, w->item};
        advance(w);
        if (is_below(w, at))
            return true;
    }
    return false;
}
