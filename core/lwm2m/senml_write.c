/* SPDX-License-Identifier: Apache-2.0 */
/* Write SenML packs in CBOR. */
#include "core/cbor/writer.h"
#include "core/lwm2m/senml_cbor.h"
#include "core/lwm2m/text.h"

void cot_senml_begin(cot_senml_writer *s, const cot_lwm2m_path *base, cot_writer *w)
{
    *s = (cot_senml_writer){.w = w, .base = *base, .start = w->len};
}

/* "/3/0", and "/3/0/" when names follow; the root is "/" in both cases. */
static void write_base_name(cot_writer *w, const cot_lwm2m_path *base, bool names_follow)
{
    uint8_t text[COT_LWM2M_PATH_TEXT + 1];
    cot_writer t;
    cot_writer_init(&t, text, sizeof text);
    cot_lwm2m_path_write(&t, base);
    if (names_follow && base->level > 0)
        cot_write_u8(&t, '/');
    cot_cbor_write_text(w, (cot_bytes){text, t.len});
}

/* The ids below the base, "0/7": what the base name is continued by. */
static void write_name(cot_writer *w, const cot_lwm2m_path *p, uint8_t from)
{
    uint8_t text[COT_LWM2M_PATH_TEXT];
    cot_lwm2m_path rest = {{0, 0, 0, 0}, 0};
    cot_writer t;
    cot_writer_init(&t, text, sizeof text);
    for (uint8_t i = from; i < p->level; i++)
        (void)cot_lwm2m_path_push(&rest, p->id[i]);
    cot_lwm2m_path_write(&t, &rest);
    cot_cbor_write_text(w, (cot_bytes){text + 1, t.len - 1});
}

/* Seconds; whole ones as an integer, which is shorter and is what most receivers expect. */
static void write_time(cot_writer *w, double t)
{
    if (t > -9007199254740992.0 && t < 9007199254740992.0 && (double)(int64_t)t >= t &&
        (double)(int64_t)t <= t)
        cot_cbor_write_int(w, (int64_t)t);
    else
        cot_cbor_write_double(w, t);
}

static void write_link(cot_writer *w, const cot_value *v)
{
    uint8_t text[11]; /* 65535:65535 */
    cot_writer t;
    cot_writer_init(&t, text, sizeof text);
    cot_lwm2m_text_write(&t, v);
    cot_cbor_write_text(w, (cot_bytes){(const uint8_t *)"vlo", 3});
    cot_cbor_write_text(w, (cot_bytes){text, t.len});
}

/* Label and value. */
static void write_value(cot_writer *w, const cot_value *v)
{
    switch (v->type) {
    case COT_INTEGER:
    case COT_TIME:
        cot_cbor_write_uint(w, COT_SENML_VALUE);
        cot_cbor_write_int(w, v->as.i);
        return;
    case COT_UNSIGNED:
        cot_cbor_write_uint(w, COT_SENML_VALUE);
        cot_cbor_write_uint(w, v->as.u);
        return;
    case COT_FLOAT:
        cot_cbor_write_uint(w, COT_SENML_VALUE);
        cot_cbor_write_double(w, v->as.f);
        return;
    case COT_BOOLEAN:
        cot_cbor_write_uint(w, COT_SENML_BOOL);
        cot_cbor_write_bool(w, v->as.b);
        return;
    case COT_STRING:
    case COT_CORELNK:
        cot_cbor_write_uint(w, COT_SENML_STRING);
        cot_cbor_write_text(w, cot_value_bytes(v));
        return;
    case COT_OPAQUE:
        cot_cbor_write_uint(w, COT_SENML_DATA);
        cot_cbor_write_bytes(w, cot_value_bytes(v));
        return;
    case COT_OBJLNK:
        write_link(w, v);
        return;
    case COT_NONE:
        return;
    }
}

void cot_senml_put(cot_senml_writer *s, const cot_lwm2m_record *rec)
{
    bool first = s->count == 0;
    bool named = rec->path.level > s->base.level; /* else the base name says it all */
    bool valued = rec->value.type != COT_NONE;
    bool base_timed = first && rec->timed;
    if (base_timed)
        s->base_time = rec->time;
    double time = rec->timed ? rec->time - s->base_time : 0.0 - s->base_time;
    bool timed = time < 0.0 || time > 0.0;

    s->count++;
    cot_cbor_write_map(s->w, (first ? 1u : 0u) + base_timed + named + valued + timed);
    if (first) {
        cot_cbor_write_int(s->w, COT_SENML_BASE_NAME);
        write_base_name(s->w, &s->base, named);
    }
    if (base_timed) {
        cot_cbor_write_int(s->w, COT_SENML_BASE_TIME);
        write_time(s->w, s->base_time);
    }
    if (named) {
        cot_cbor_write_uint(s->w, COT_SENML_NAME);
        write_name(s->w, &rec->path, s->base.level);
    }
    if (valued)
        write_value(s->w, &rec->value);
    if (timed) {
        cot_cbor_write_uint(s->w, COT_SENML_TIME);
        write_time(s->w, time);
    }
}

void cot_senml_end(cot_senml_writer *s)
{
    cot_cbor_insert_array(s->w, s->start, s->count);
}
