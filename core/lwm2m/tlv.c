/* SPDX-License-Identifier: Apache-2.0 */
/* One TLV: its head and its value. */
#include "core/lwm2m/tlv.h"

#include "core/cbor/float.h"
#include "core/cbor/reader.h"

/* The type byte: bits 7–6 kind, 5 two bytes of identifier, 4–3 bytes of length, 2–0 length if those
 * are 0. */
enum { KIND_SHIFT = 6, WIDE_ID = 0x20, LENGTH_SHIFT = 3, SHORT_LENGTH = 7 };

cot_tlv cot_tlv_read(cot_reader *r)
{
    cot_tlv t;
    uint8_t type = cot_read_u8(r);
    size_t length_bytes = type >> LENGTH_SHIFT & 3;
    t.kind = (cot_tlv_kind)(type >> KIND_SHIFT);
    t.id = (uint16_t)cot_read_uint(r, (type & WIDE_ID) != 0 ? 2 : 1);
    size_t len = type & SHORT_LENGTH;
    if (length_bytes > 0)
        len = (size_t)cot_read_uint(r, length_bytes);
    t.value = cot_read_bytes(r, len);
    return t;
}

void cot_tlv_write_head(cot_writer *w, cot_tlv_kind kind, uint16_t id, size_t len)
{
    size_t id_bytes = id > UINT8_MAX ? 2 : 1;
    size_t length_bytes = 0; /* of a length that does not stand in the type byte */
    unsigned type = (unsigned)kind << KIND_SHIFT | (id_bytes == 2 ? WIDE_ID : 0u);
    if (len <= SHORT_LENGTH) {
        type |= (unsigned)len;
        len = 0;
    } else {
        length_bytes = len > UINT16_MAX ? 3 : len > UINT8_MAX ? 2 : 1;
        type |= (unsigned)length_bytes << LENGTH_SHIFT;
    }
    cot_write_u8(w, (uint8_t)type);
    cot_write_uint(w, id, id_bytes);
    cot_write_uint(w, len, length_bytes);
}

/* The low 1, 2, 4 or 8 bytes of `bits`; `magnitude` below 2^7, 2^15, 2^31 says how many. */
static void write_number(cot_writer *w, uint64_t bits, uint64_t magnitude)
{
    if (magnitude >> 31 != 0)
        cot_write_u64(w, bits);
    else if (magnitude >= 0x8000)
        cot_write_u32(w, (uint32_t)bits);
    else if (magnitude >= 0x80)
        cot_write_u16(w, (uint16_t)bits);
    else
        cot_write_u8(w, (uint8_t)bits);
}

static void write_float(cot_writer *w, double f)
{
    uint64_t bits = cot_double_bits(f);
    uint32_t single;
    if (cot_double_bits_to_single(bits, &single))
        cot_write_u32(w, single);
    else
        cot_write_u64(w, bits);
}

void cot_tlv_write_value(cot_writer *w, const cot_value *v)
{
    switch (v->type) {
    case COT_INTEGER:
    case COT_TIME:
        write_number(w, v->as.u, v->as.i < 0 ? ~v->as.u : v->as.u); /* the bits of as.i */
        return;
    case COT_UNSIGNED:
        write_number(w, v->as.u, v->as.u >> 1); /* without a sign there is a bit more */
        return;
    case COT_FLOAT:
        write_float(w, v->as.f);
        return;
    case COT_BOOLEAN:
        cot_write_u8(w, v->as.b ? 1 : 0);
        return;
    case COT_STRING:
    case COT_OPAQUE:
    case COT_CORELNK:
        cot_write_bytes(w, v->as.bytes.p, v->as.bytes.len);
        return;
    case COT_OBJLNK:
        cot_write_u16(w, v->as.link.object);
        cot_write_u16(w, v->as.link.instance);
        return;
    case COT_NONE:
        break;
    }
    cot_writer_fail(w, COT_E_TYPE);
}

/* Big-endian of 1, 2, 4 or 8 bytes, two's complement when `is_signed`. */
static cot_status read_number(cot_bytes raw, bool is_signed, cot_value *out)
{
    uint64_t v = 0;
    if (raw.len == 0 || raw.len > 8 || (raw.len & (raw.len - 1)) != 0)
        return COT_E_MALFORMED;
    if (is_signed && raw.p[0] >= 0x80)
        v = UINT64_MAX;
    for (size_t i = 0; i < raw.len; i++)
        v = v << 8 | raw.p[i];
    out->as.u = v; /* as.i are the same bits */
    return COT_OK;
}

cot_status cot_tlv_value(cot_bytes raw, cot_type want, cot_value *out)
{
    cot_reader r;
    size_t n = raw.len;
    cot_reader_init(&r, raw.p, n);
    out->type = want;

    switch (want) {
    case COT_INTEGER:
    case COT_TIME:
    case COT_UNSIGNED:
        return read_number(raw, want != COT_UNSIGNED, out);
    case COT_FLOAT:
        if (n != 4 && n != 8)
            return COT_E_MALFORMED;
        out->as.f = cot_double_of_bits(n == 4 ? cot_single_to_double_bits(cot_read_u32(&r))
                                              : cot_read_u64(&r));
        return COT_OK;
    case COT_BOOLEAN:
        if (n != 1 || raw.p[0] > 1)
            return COT_E_MALFORMED;
        out->as.b = raw.p[0] == 1;
        return COT_OK;
    case COT_STRING:
    case COT_CORELNK:
    case COT_OPAQUE:
        out->as.bytes.p = raw.p;
        out->as.bytes.len = n;
        return want == COT_OPAQUE || cot_utf8_valid(raw) ? COT_OK : COT_E_MALFORMED;
    case COT_OBJLNK:
        if (n != 4)
            return COT_E_MALFORMED;
        out->as.link.object = cot_read_u16(&r);
        out->as.link.instance = cot_read_u16(&r);
        return COT_OK;
    case COT_NONE:
        break;
    }
    return COT_E_TYPE;
}
