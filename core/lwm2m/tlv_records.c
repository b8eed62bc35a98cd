/* SPDX-License-Identifier: Apache-2.0 */
/* TLV payloads as (path, value) records. */
#include "core/cbor/writer.h"
#include "core/lwm2m/encoder.h"
#include "core/lwm2m/tlv.h"

/* --- writing: content first, then its head is put before it --- */

enum { INSTANCE, MULTIPLE, CONTAINERS };

static void insert_head(cot_writer *w, size_t start, cot_tlv_kind kind, uint16_t id)
{
    uint8_t head[6];
    cot_writer h;
    cot_writer_init(&h, head, sizeof head);
    cot_tlv_write_head(&h, kind, id, w->len - start);
    cot_writer_fail(w, h.err);
    cot_write_insert(w, start, head, h.len);
}

/* Close the open containers, the innermost first, down to the one of index `last`. */
static void close_to(cot_lwm2m_encoder *e, size_t last)
{
    static const cot_tlv_kind kinds[CONTAINERS] = {COT_TLV_OBJECT_INSTANCE,
                                                   COT_TLV_MULTIPLE_RESOURCE};
    for (size_t i = CONTAINERS; i-- > last;) {
        if (e->open[i])
            insert_head(e->w, e->start[i], kinds[i], e->last.id[i + 1]);
        e->open[i] = false;
    }
}

static void open(cot_lwm2m_encoder *e, size_t i)
{
    if (!e->open[i])
        e->start[i] = e->w->len;
    e->open[i] = true;
}

/* Close what `path` is not in, open what it is in. */
static void enter(cot_lwm2m_encoder *e, const cot_lwm2m_path *path)
{
    if (e->last.id[1] != path->id[1])
        close_to(e, INSTANCE);
    else if (e->last.id[2] != path->id[2] || path->level < 4)
        close_to(e, MULTIPLE);
    if (e->base.level == 1)
        open(e, INSTANCE);
    if (e->base.level <= 3 && path->level == 4)
        open(e, MULTIPLE);
}

void cot__tlv_put(cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v)
{
    size_t last = path->level - 1u;
    enter(e, path);
    if (last < 3 && v->type == COT_NONE) { /* an empty container */
        if (last == 2)
            cot_tlv_write_head(e->w, COT_TLV_MULTIPLE_RESOURCE, path->id[2], 0);
        return;
    }
    size_t start = e->w->len;
    cot_tlv_write_value(e->w, v);
    insert_head(e->w, start, last == 2 ? COT_TLV_RESOURCE : COT_TLV_RESOURCE_INSTANCE,
                path->id[last]);
}

void cot__tlv_end(cot_lwm2m_encoder *e)
{
    close_to(e, INSTANCE);
}

/* --- reading --- */

cot_status cot_tlv_reader_init(cot_tlv_reader *t, const cot_lwm2m_path *base, cot_bytes payload)
{
    t->depth = 0;
    t->at[0] = *base;
    cot_reader_init(&t->in[0], payload.p, payload.len);
    return base->level == 0 ? COT_E_UNSUPPORTED : COT_OK;
}

/* The path of `tlv` inside the open container; COT_E_MALFORMED when its kind cannot stand there. On top
 * level the heads of what the request already names may be there or not: a write on /3/0 may hold
 * resources, or the instance 0 around them. */
static cot_status path_of(const cot_tlv_reader *t, const cot_tlv *tlv, cot_lwm2m_path *path)
{
    static const uint8_t places[] = {
        /* what level a kind's identifier has */
        [COT_TLV_OBJECT_INSTANCE] = 1,
        [COT_TLV_RESOURCE_INSTANCE] = 3,
        [COT_TLV_MULTIPLE_RESOURCE] = 2,
        [COT_TLV_RESOURCE] = 2,
    };
    uint8_t place = places[tlv->kind];
    uint8_t level = t->at[t->depth].level;
    bool fits = t->depth == 0 ? place < 3 || level >= 3 : place == level;
    if (!fits || tlv->id == COT_LWM2M_NO_ID)
        return COT_E_MALFORMED;
    *path = t->at[t->depth];
    if (level == 1 && place == 2)
        path->id[1] = COT_LWM2M_NO_ID;
    for (size_t i = place; i < 4; i++)
        path->id[i] = 0;
    path->level = place;
    return cot_lwm2m_path_push(path, tlv->id);
}

/* A container above the base must lead to it: instance 1 is no answer to /3/0. */
static bool leads_to(const cot_lwm2m_path *path, const cot_lwm2m_path *base)
{
    return cot_lwm2m_path_has_prefix(path, base) || cot_lwm2m_path_has_prefix(base, path);
}

cot_status cot_tlv_next(cot_tlv_reader *t, cot_lwm2m_record *rec)
{
    rec->form = COT_FORM_TLV;
    for (;;) {
        cot_reader *in = &t->in[t->depth];
        if (cot_reader_left(in) == 0) {
            if (t->depth == 0)
                return COT_E_NOT_FOUND;
            t->depth--;
            continue;
        }
        cot_tlv tlv = cot_tlv_read(in);
        cot_status s = in->err;
        if (s == COT_OK)
            s = path_of(t, &tlv, &rec->path);
        if (s != COT_OK)
            return s;
        if (tlv.kind == COT_TLV_RESOURCE || tlv.kind == COT_TLV_RESOURCE_INSTANCE) {
            cot_value_set_bytes(&rec->value, COT_OPAQUE, tlv.value);
            return COT_OK;
        }
        if (tlv.value.len == 0) /* an empty container */
            return COT_OK;
        if (!leads_to(&rec->path, &t->at[0]))
            return COT_E_RANGE;
        t->depth++;
        t->at[t->depth] = rec->path;
        cot_reader_init(&t->in[t->depth], tlv.value.p, tlv.value.len);
    }
}
