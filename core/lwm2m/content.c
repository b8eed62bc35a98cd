/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that knows which content format is coded by what. */
#include "core/lwm2m/content.h"

#include "core/lwm2m/text.h"

#include <string.h>

/* What codes a format. Text and opaque carry one value, without its path. */
enum kind { NO_KIND, TEXT, OPAQUE, SENML, TLV };

static uint8_t kind_of(uint32_t format)
{
    switch (format) {
    case COT_FORMAT_TEXT:
        return TEXT;
    case COT_FORMAT_OPAQUE:
        return OPAQUE;
    case COT_FORMAT_SENML_CBOR:
        return SENML;
    case COT_FORMAT_TLV:
        return TLV;
    default:
        return NO_KIND;
    }
}

bool cot_lwm2m_format_supported(uint32_t format)
{
    return kind_of(format) != NO_KIND;
}

uint16_t cot_lwm2m_format_default(bool lwm2m_1_0)
{
    return lwm2m_1_0 ? COT_FORMAT_TLV : COT_FORMAT_SENML_CBOR;
}

void cot_lwm2m_encode_begin(cot_lwm2m_encoder *e, uint32_t format, const cot_lwm2m_path *base,
                            cot_writer *w)
{
    memset(e, 0, sizeof *e);
    e->kind = kind_of(format);
    e->base = *base;
    e->last = *base;
    e->w = w;
    e->start[0] = w->len;
    /* TLV has no place for several objects. */
    if (e->kind == NO_KIND || (e->kind == TLV && base->level == 0))
        cot_writer_fail(w, COT_E_UNSUPPORTED);
}

static bool failed(const cot_writer *w)
{
    return w->err != COT_OK && w->err != COT_E_SPACE;
}

/* COT_OK when `v` may come now at `path`. */
static cot_status admit(const cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v)
{
    if (!cot_lwm2m_path_has_prefix(path, &e->base))
        return COT_E_RANGE;
    for (size_t i = 0; i < path->level; i++) {
        if (path->id[i] == COT_LWM2M_NO_ID)
            return COT_E_RANGE;
    }
    /* Out of order, twice, or content of what was said to be empty. */
    if (e->count > 0 && (e->kind <= OPAQUE || cot_lwm2m_path_compare(&e->last, path) >= 0 ||
                         cot_lwm2m_path_has_prefix(path, &e->last)))
        return COT_E_STATE;
    return v->type != COT_NONE && path->level < 3 ? COT_E_TYPE : COT_OK;
}

static void put_opaque(cot_writer *w, const cot_value *v)
{
    if (v->type == COT_OPAQUE)
        cot_write_bytes(w, v->as.bytes.p, v->as.bytes.len);
    else
        cot_writer_fail(w, COT_E_TYPE);
}

void cot_lwm2m_encode_put(cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v)
{
    cot_status s = admit(e, path, v);
    cot_writer_fail(e->w, s);
    if (s != COT_OK || failed(e->w) || (v->type == COT_NONE && e->kind != TLV))
        return;
    if (e->kind == TLV)
        cot__tlv_put(e, path, v);
    else if (e->kind == SENML)
        cot__senml_put(e, path, v);
    else if (e->kind == TEXT)
        cot_lwm2m_text_write(e->w, v);
    else
        put_opaque(e->w, v);
    e->count++;
    e->last = *path;
}

void cot_lwm2m_encode_put_record(cot_lwm2m_encoder *e, const cot_lwm2m_record *rec)
{
    if (rec->form == COT_FORM_TYPED)
        cot_lwm2m_encode_put(e, &rec->path, &rec->value);
    else
        cot_writer_fail(e->w, COT_E_TYPE);
}

cot_status cot_lwm2m_encode_end(cot_lwm2m_encoder *e)
{
    if (e->kind == TLV && !failed(e->w))
        cot__tlv_end(e);
    else if (e->kind == SENML && !failed(e->w))
        cot__senml_end(e);
    return e->w->err;
}

cot_status cot_lwm2m_decode_begin(cot_lwm2m_decoder *d, uint32_t format, const cot_lwm2m_path *base,
                                  cot_bytes payload)
{
    memset(d, 0, sizeof *d);
    d->kind = kind_of(format);
    d->base = *base;
    if (d->kind == TLV)
        d->err = cot_tlv_reader_init(&d->as.tlv, base, payload);
    else if (d->kind == SENML)
        cot_senml_reader_init(&d->as.senml, payload);
    else if (d->kind != NO_KIND)
        d->as.single = payload;
    else
        d->err = COT_E_UNSUPPORTED;
    return d->err;
}

static cot_status next_single(cot_lwm2m_decoder *d, cot_lwm2m_record *rec)
{
    if (d->base.level < 3) /* these formats belong to one resource */
        return COT_E_UNSUPPORTED;
    d->err = COT_E_NOT_FOUND; /* the next time */
    rec->path = d->base;
    cot_value_set_bytes(&rec->value, COT_OPAQUE, d->as.single);
    rec->form = d->kind == TEXT ? COT_FORM_TEXT : COT_FORM_TYPED;
    return COT_OK;
}

cot_status cot_lwm2m_decode_next(cot_lwm2m_decoder *d, cot_lwm2m_record *rec)
{
    cot_status s = d->err;
    memset(rec, 0, sizeof *rec);
    if (s != COT_OK)
        return s;
    if (d->kind == TLV)
        s = cot_tlv_next(&d->as.tlv, rec);
    else if (d->kind == SENML)
        s = cot_senml_next(&d->as.senml, rec);
    else
        s = next_single(d, rec);
    if (s == COT_OK && !cot_lwm2m_path_has_prefix(&rec->path, &d->base))
        s = COT_E_RANGE;
    if (s != COT_OK)
        d->err = s;
    return s;
}

bool cot_lwm2m_decode_time(const cot_lwm2m_decoder *d, double *time)
{
    *time = 0;
    return d->kind == SENML && cot_senml_time(&d->as.senml, time);
}
