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
        cot_writer_fail(w, COT_E_TYPE);
        return;
    }
}

void cot_senml_put(cot_senml_writer *s, const cot_lwm2m_path *path, const cot_value *v)
{
    bool first = s->count == 0;
    bool named = path->level > s->base.level; /* else the base name says it all */

    s->count++;
    cot_cbor_write_map(s->w, 1u + first + named);
    if (first) {
        cot_cbor_write_int(s->w, COT_SENML_BASE_NAME);
        write_base_name(s->w, &s->base, named);
    }
    if (named) {
        cot_cbor_write_uint(s->w, COT_SENML_NAME);
        write_name(s->w, path, s->base.level);
    }
    write_value(s->w, v);
}

void cot_senml_end(cot_senml_writer *s)
{
    cot_cbor_insert_array(s->w, s->start, s->count);
}
