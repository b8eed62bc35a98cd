/* SPDX-License-Identifier: Apache-2.0 */
/* TLV payloads as (path, value) records. */
#include "core/cbor/writer.h"
#include "core/lwm2m/tlv.h"

/* --- writing: content first, then its head is put before it --- */

void cot_tlv_begin(cot_tlv_writer *t, const cot_lwm2m_path *base, cot_writer *w)
{
    *t = (cot_tlv_writer){.w = w, .base = *base, .last = *base};
    if (base->level == 0)
        cot_writer_fail(w, COT_E_UNSUPPORTED);
}

static void insert_head(cot_writer *w, size_t start, cot_tlv_kind kind, uint16_t id)
{
    uint8_t head[6];
    cot_writer h;
    cot_writer_init(&h, head, sizeof head);
    cot_tlv_write_head(&h, kind, id, w->len - start);
    if (h.err != COT_OK)
        cot_writer_fail(w, h.err);
    else
        cot_write_insert(w, start, head, h.len);
}

static void close_multiple(cot_tlv_writer *t)
{
    if (t->multiple_open)
        insert_head(t->w, t->multiple_start, COT_TLV_MULTIPLE_RESOURCE, t->last.id[2]);
    t->multiple_open = false;
}

static void close_instance(cot_tlv_writer *t)
{
    close_multiple(t);
    if (t->instance_open)
        insert_head(t->w, t->instance_start, COT_TLV_OBJECT_INSTANCE, t->last.id[1]);
    t->instance_open = false;
}

/* Close what `path` is not in, open what it is in. */
static void enter(cot_tlv_writer *t, const cot_lwm2m_path *path)
{
    bool other_instance = t->last.id[1] != path->id[1];
    if (other_instance)
        close_instance(t);
    if (other_instance || t->last.id[2] != path->id[2] || path->level < 4)
        close_multiple(t);
    if (t->base.level == 1 && !t->instance_open) {
        t->instance_open = true;
        t->instance_start = t->w->len;
    }
    if (t->base.level <= 3 && path->level == 4 && !t->multiple_open) {
        t->multiple_open = true;
        t->multiple_start = t->w->len;
    }
    t->last = *path;
}

void cot_tlv_put(cot_tlv_writer *t, const cot_lwm2m_path *path, const cot_value *v)
{
    enter(t, path);
    if (path->level < 4 && v->type == COT_NONE) { /* an empty container */
        if (path->level == 3)
            cot_tlv_write_head(t->w, COT_TLV_MULTIPLE_RESOURCE, path->id[2], 0);
        return;
    }
    if (path->level < 3) {
        cot_writer_fail(t->w, COT_E_TYPE);
        return;
    }
    size_t start = t->w->len;
    cot_tlv_write_value(t->w, v);
    insert_head(t->w, start, path->level == 3 ? COT_TLV_RESOURCE : COT_TLV_RESOURCE_INSTANCE,
                path->id[path->level - 1]);
}

void cot_tlv_end(cot_tlv_writer *t)
{
    close_instance(t);
}

/* --- reading --- */

cot_status cot_tlv_reader_init(cot_tlv_reader *t, const cot_lwm2m_path *base, cot_bytes payload)
{
    t->depth = 0;
    t->base = *base;
    t->at[0] = *base;
    cot_reader_init(&t->in[0], payload.p, payload.len);
    if (base->level == 0)
        cot_reader_fail(&t->in[0], COT_E_UNSUPPORTED);
    return t->in[0].err;
}

/* The path of `tlv` inside `at`; COT_E_MALFORMED when its kind cannot stand there. On top level the
 * heads of what the request already names may be there or not: a write on /3/0 may hold resources, or
 * the instance 0 around them. */
static cot_status path_of(const cot_tlv_reader *t, const cot_tlv *tlv, cot_lwm2m_path *path)
{
    bool top = t->depth == 0;
    uint8_t level = t->at[t->depth].level;
    *path = t->at[t->depth];
    switch (tlv->kind) {
    case COT_TLV_OBJECT_INSTANCE:
        if (!top)
            return COT_E_MALFORMED;
        path->level = 1;
        break;
    case COT_TLV_RESOURCE:
    case COT_TLV_MULTIPLE_RESOURCE:
        if (!top && level != 2)
            return COT_E_MALFORMED;
        if (level == 1)
            path->id[1] = COT_LWM2M_NO_ID;
        path->level = 2;
        break;
    case COT_TLV_RESOURCE_INSTANCE:
        if (level < 3)
            return COT_E_MALFORMED;
        path->level = 3;
        break;
    }
    for (size_t i = path->level; i < 4; i++)
        path->id[i] = 0;
    if (tlv->id == COT_LWM2M_NO_ID)
        return COT_E_MALFORMED;
    return cot_lwm2m_path_push(path, tlv->id);
}

static cot_status enter_container(cot_tlv_reader *t, const cot_tlv *tlv, const cot_lwm2m_path *path)
{
    /* A container above the base must lead to it: instance 1 is no answer to /3/0. */
    if (!cot_lwm2m_path_has_prefix(path, &t->base) && !cot_lwm2m_path_has_prefix(&t->base, path))
        return COT_E_RANGE;
    t->depth++;
    t->at[t->depth] = *path;
    cot_reader_init(&t->in[t->depth], tlv->value.p, tlv->value.len);
    return COT_OK;
}

cot_status cot_tlv_next(cot_tlv_reader *t, cot_lwm2m_record *rec)
{
    *rec = (cot_lwm2m_record){.form = COT_FORM_TLV, .value = {.type = COT_NONE}};
    for (;;) {
        cot_reader *in = &t->in[t->depth];
        if (in->err != COT_OK)
            return in->err;
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
        bool container =
            tlv.kind == COT_TLV_OBJECT_INSTANCE || tlv.kind == COT_TLV_MULTIPLE_RESOURCE;
        if (s == COT_OK && container && tlv.value.len > 0) {
            s = enter_container(t, &tlv, &rec->path);
            if (s == COT_OK)
                continue;
        }
        if (s == COT_OK && !container)
            rec->value = cot_value_opaque(tlv.value);
        if (s == COT_OK && !cot_lwm2m_path_has_prefix(&rec->path, &t->base))
            s = COT_E_RANGE;
        if (s != COT_OK)
            cot_reader_fail(&t->in[0], s);
        t->depth = s == COT_OK ? t->depth : 0;
        return s;
    }
}
