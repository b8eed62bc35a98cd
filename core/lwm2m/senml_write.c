/* SPDX-License-Identifier: Apache-2.0 */
/* Write SenML packs in CBOR. */
#include "core/cbor/writer.h"
#include "core/lwm2m/encoder.h"
#include "core/lwm2m/senml_cbor.h"
#include "core/lwm2m/text.h"

static const uint8_t labels[] = {
    [COT_INTEGER] = COT_SENML_VALUE,  [COT_UNSIGNED] = COT_SENML_VALUE,
    [COT_FLOAT] = COT_SENML_VALUE,    [COT_BOOLEAN] = COT_SENML_BOOL,
    [COT_STRING] = COT_SENML_STRING,  [COT_OPAQUE] = COT_SENML_DATA,
    [COT_TIME] = COT_SENML_VALUE,     [COT_OBJLNK] = 0, /* "vlo" */
    [COT_CORELNK] = COT_SENML_STRING,
};

static void write_link(cot_writer *w, const cot_value *v)
{
    uint8_t text[11]; /* 65535:65535 */
    cot_writer t;
    cot_writer_init(&t, text, sizeof text);
    cot_lwm2m_text_write(&t, v);
    cot_cbor_write_text(w, (cot_bytes){(const uint8_t *)"vlo", 3});
    cot_cbor_write_text(w, (cot_bytes){text, t.len});
}

/* Label and value, which is not COT_NONE. */
static void write_value(cot_writer *w, const cot_value *v)
{
    if (v->type != COT_OBJLNK)
        cot_cbor_write_uint(w, labels[v->type]);
    switch (v->type) {
    case COT_INTEGER:
    case COT_TIME:
        cot_cbor_write_int(w, v->as.i);
        break;
    case COT_UNSIGNED:
        cot_cbor_write_uint(w, v->as.u);
        break;
    case COT_FLOAT:
        cot_cbor_write_double(w, v->as.f);
        break;
    case COT_BOOLEAN:
        cot_cbor_write_bool(w, v->as.b);
        break;
    case COT_STRING:
    case COT_CORELNK:
    case COT_NONE: /* does not come here */
        cot_cbor_write_text(w, cot_value_bytes(v));
        break;
    case COT_OPAQUE:
        cot_cbor_write_bytes(w, cot_value_bytes(v));
        break;
    case COT_OBJLNK:
        write_link(w, v);
        break;
    }
}

void cot__senml_put(cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v)
{
    uint8_t text[COT_LWM2M_PATH_TEXT];
    cot_writer t;
    bool first = e->count == 0;
    bool named = path->level > e->base.level; /* else the base name says it all */

    /* The path is in two pieces: the base with the slash behind it, and the rest. */
    cot_writer_init(&t, text, sizeof text);
    cot_lwm2m_path_write(&t, &e->base);
    size_t split = t.len + (named && e->base.level > 0);
    cot_writer_init(&t, text, sizeof text);
    cot_lwm2m_path_write(&t, path);

    cot_cbor_write_map(e->w, 1u + first + named);
    if (first) {
        cot_cbor_write_int(e->w, COT_SENML_BASE_NAME);
        cot_cbor_write_text(e->w, (cot_bytes){text, split});
    }
    if (named) {
        cot_cbor_write_uint(e->w, COT_SENML_NAME);
        cot_cbor_write_text(e->w, (cot_bytes){text + split, t.len - split});
    }
    write_value(e->w, v);
}

void cot__senml_end(cot_lwm2m_encoder *e)
{
    cot_cbor_insert_array(e->w, e->start[0], e->count);
}
