/* SPDX-License-Identifier: Apache-2.0 */
/* Make and convert LwM2M values. */
#include "core/lwm2m/value.h"

#include "core/cbor/float.h"
#include "core/lwm2m/text.h"
#include "core/lwm2m/tlv.h"

#include <string.h>

void cot_value_set_bytes(cot_value *v, cot_type type, cot_bytes bytes)
{
    v->type = type;
    v->as.bytes.p = bytes.p;
    v->as.bytes.len = bytes.len;
}

static cot_value of_bytes(cot_type type, cot_bytes bytes)
{
    cot_value v;
    cot_value_set_bytes(&v, type, bytes);
    return v;
}

cot_value cot_value_text(const char *text)
{
    return of_bytes(COT_STRING, (cot_bytes){(const uint8_t *)text, strlen(text)});
}

cot_value cot_value_string(cot_bytes text)
{
    return of_bytes(COT_STRING, text);
}

cot_value cot_value_opaque(cot_bytes bytes)
{
    return of_bytes(COT_OPAQUE, bytes);
}

cot_value cot_value_int(int64_t i)
{
    return (cot_value){.type = COT_INTEGER, .as.i = i};
}

cot_value cot_value_uint(uint64_t u)
{
    return (cot_value){.type = COT_UNSIGNED, .as.u = u};
}

cot_value cot_value_float(double f)
{
    return (cot_value){.type = COT_FLOAT, .as.f = f};
}

cot_value cot_value_bool(bool b)
{
    return (cot_value){.type = COT_BOOLEAN, .as.b = b};
}

cot_value cot_value_time(int64_t seconds)
{
    return (cot_value){.type = COT_TIME, .as.i = seconds};
}

cot_value cot_value_objlnk(uint16_t object, uint16_t instance)
{
    cot_value v = {.type = COT_OBJLNK};
    v.as.link.object = object;
    v.as.link.instance = instance;
    return v;
}

cot_bytes cot_value_bytes(const cot_value *v)
{
    if (v->type == COT_STRING || v->type == COT_OPAQUE || v->type == COT_CORELNK)
        return (cot_bytes){v->as.bytes.p, v->as.bytes.len};
    return (cot_bytes){NULL, 0};
}

static cot_status float_to_integer(double f, cot_value *out)
{
    bool is_unsigned = out->type == COT_UNSIGNED;
    /* Powers of two are exact doubles; NaN fails both comparisons. */
    double low = is_unsigned ? 0.0 : -9223372036854775808.0;
    double end = is_unsigned ? 18446744073709551616.0 : 9223372036854775808.0;
    double back;
    if (!(f >= low && f < end))
        return COT_E_RANGE;
    if (is_unsigned) {
        out->as.u = (uint64_t)f;
        back = (double)out->as.u;
    } else {
        out->as.i = (int64_t)f;
        back = (double)out->as.i;
    }
    return back == f ? COT_OK : COT_E_RANGE;
}

/* The number `in` as the number type out->type. */
static cot_status convert_number(const cot_value *in, cot_value *out)
{
    bool is_unsigned = in->type == COT_UNSIGNED;
    if (in->type == COT_FLOAT)
        return float_to_integer(in->as.f, out);
    if (in->type != COT_INTEGER && in->type != COT_TIME && !is_unsigned)
        return COT_E_TYPE;
    if (out->type == COT_FLOAT) {
        out->as.f = is_unsigned ? (double)in->as.u : (double)in->as.i;
        return COT_OK;
    }
    /* Signed and unsigned share their bits wherever the value is in both ranges. */
    out->as.u = is_unsigned ? in->as.u : (uint64_t)in->as.i;
    if (is_unsigned == (out->type == COT_UNSIGNED) || out->as.u <= INT64_MAX)
        return COT_OK;
    return COT_E_RANGE;
}

static cot_status convert(const cot_value *in, cot_value *out)
{
    switch (out->type) {
    case COT_INTEGER:
    case COT_TIME:
    case COT_UNSIGNED:
    case COT_FLOAT:
        return convert_number(in, out);
    case COT_OBJLNK:
        if (in->type == COT_STRING)
            return cot_lwm2m_text_decode(cot_value_bytes(in), COT_OBJLNK, NULL, out);
        break;
    case COT_CORELNK:
        if (in->type == COT_STRING) {
            out->as = in->as;
            return COT_OK;
        }
        break;
    case COT_NONE:
    case COT_BOOLEAN:
    case COT_STRING:
    case COT_OPAQUE:
        break;
    }
    return COT_E_TYPE;
}

cot_status cot_lwm2m_value_as(const cot_lwm2m_record *rec, cot_type want, cot_writer *scratch,
                              cot_value *out)
{
    cot_bytes raw = cot_value_bytes(&rec->value);
    cot_status s = COT_OK;
    *out = (cot_value){.type = want};
    if (rec->value.type == COT_NONE || want == COT_NONE)
        s = COT_E_TYPE;
    else if (rec->form == COT_FORM_TEXT)
        s = cot_lwm2m_text_decode(raw, want, scratch, out);
    else if (rec->form == COT_FORM_TLV)
        s = cot_tlv_value(raw, want, out);
    else if (rec->value.type == want)
        *out = rec->value;
    else
        s = convert(&rec->value, out);
    if (s != COT_OK)
        out->type = COT_NONE;
    return s;
}

bool cot_value_equal(const cot_value *a, const cot_value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case COT_NONE:
        return true;
    case COT_INTEGER:
    case COT_TIME:
        return a->as.i == b->as.i;
    case COT_UNSIGNED:
        return a->as.u == b->as.u;
    case COT_FLOAT:
        return cot_double_bits(a->as.f) == cot_double_bits(b->as.f);
    case COT_BOOLEAN:
        return a->as.b == b->as.b;
    case COT_STRING:
    case COT_OPAQUE:
    case COT_CORELNK:
        return cot_bytes_equal(cot_value_bytes(a), cot_value_bytes(b));
    case COT_OBJLNK:
        return a->as.link.object == b->as.link.object && a->as.link.instance == b->as.link.instance;
    }
    return false;
}
