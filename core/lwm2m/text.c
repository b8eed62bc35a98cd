/* SPDX-License-Identifier: Apache-2.0 */
/* text/plain values. */
#include "core/lwm2m/text.h"

#include "core/cbor/reader.h"
#include "core/lwm2m/number.h"

#include <string.h>

static cot_status decode_id(const uint8_t *text, size_t len, uint16_t *out)
{
    uint64_t id;
    cot_status s = cot_decimal_parse_uint((cot_bytes){text, len}, &id);
    *out = (uint16_t)id;
    return id > UINT16_MAX ? COT_E_RANGE : s;
}

static cot_status decode_link(cot_bytes text, cot_value *out)
{
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.p, ':', text.len);
    if (colon == NULL)
        return COT_E_MALFORMED;
    size_t n = (size_t)(colon - text.p);
    cot_status s = decode_id(text.p, n, &out->as.link.object);
    return s != COT_OK ? s : decode_id(colon + 1, text.len - n - 1, &out->as.link.instance);
}

static cot_status decode_opaque(cot_bytes text, cot_writer *scratch, cot_value *out)
{
    if (scratch == NULL)
        return COT_E_SPACE;
    size_t start = scratch->len;
    cot_status s = cot_base64_decode(text, scratch);
    if (s == COT_OK) {
        out->as.bytes.p = scratch->p + start;
        out->as.bytes.len = scratch->len - start;
    }
    return s;
}

static cot_status decode_bool(cot_bytes text, cot_value *out)
{
    if (text.len != 1 || (text.p[0] != '0' && text.p[0] != '1'))
        return COT_E_MALFORMED;
    out->as.b = text.p[0] == '1';
    return COT_OK;
}

static cot_status decode_string(cot_bytes text, cot_value *out)
{
    out->as.bytes.p = text.p;
    out->as.bytes.len = text.len;
    return cot_utf8_valid(text) ? COT_OK : COT_E_MALFORMED;
}

cot_status cot_lwm2m_text_decode(cot_bytes text, cot_type want, cot_writer *scratch, cot_value *out)
{
    out->type = want;
    switch (want) {
    case COT_INTEGER:
    case COT_TIME:
        return cot_decimal_parse_int(text, &out->as.i);
    case COT_UNSIGNED:
        return cot_decimal_parse_uint(text, &out->as.u);
    case COT_FLOAT:
        return cot_decimal_parse_double(text, &out->as.f);
    case COT_BOOLEAN:
        return decode_bool(text, out);
    case COT_STRING:
    case COT_CORELNK:
        return decode_string(text, out);
    case COT_OPAQUE:
        return decode_opaque(text, scratch, out);
    case COT_OBJLNK:
        return decode_link(text, out);
    case COT_NONE:
        break;
    }
    return COT_E_TYPE;
}

void cot_lwm2m_text_write(cot_writer *w, const cot_value *v)
{
    switch (v->type) {
    case COT_INTEGER:
    case COT_TIME:
        cot_decimal_write_int(w, v->as.i);
        return;
    case COT_UNSIGNED:
        cot_decimal_write_uint(w, v->as.u);
        return;
    case COT_FLOAT:
        cot_decimal_write_double(w, v->as.f);
        return;
    case COT_BOOLEAN:
        cot_write_u8(w, v->as.b ? '1' : '0');
        return;
    case COT_STRING:
    case COT_CORELNK:
        cot_write_bytes(w, v->as.bytes.p, v->as.bytes.len);
        return;
    case COT_OPAQUE:
        cot_base64_write(w, cot_value_bytes(v));
        return;
    case COT_OBJLNK:
        cot_decimal_write_uint(w, v->as.link.object);
        cot_write_u8(w, ':');
        cot_decimal_write_uint(w, v->as.link.instance);
        return;
    case COT_NONE:
        break;
    }
    cot_writer_fail(w, COT_E_TYPE);
}
