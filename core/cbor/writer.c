/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical CBOR writer. */
#include "core/cbor/writer.h"

#include "core/cbor/float.h"

#include <string.h>

enum {
    UINT = 0x00,
    NINT = 0x20,
    BYTES = 0x40,
    TEXT = 0x60,
    ARRAY = 0x80,
    MAP = 0xA0,
    TAG = 0xC0,
    SIMPLE = 0xE0
};

size_t cot_cbor_head_size(uint64_t v)
{
    if (v < 24)
        return 1;
    if (v <= UINT8_MAX)
        return 2;
    if (v <= UINT16_MAX)
        return 3;
    return v <= UINT32_MAX ? 5 : 9;
}

/* The lead byte of an argument of `n` bytes: 24 for 1, 25 for 2, 26 for 4, 27 for 8. */
static uint8_t lead(uint8_t major, size_t n)
{
    uint8_t info = 24;
    while (n > 1) {
        n >>= 1;
        info++;
    }
    return major | info;
}

static void write_head(cot_writer *w, uint8_t major, uint64_t v)
{
    size_t n = cot_cbor_head_size(v) - 1;
    if (n == 0) {
        cot_write_u8(w, (uint8_t)(major | v));
        return;
    }
    cot_write_u8(w, lead(major, n));
    cot_write_uint(w, v, n);
}

void cot_cbor_write_uint(cot_writer *w, uint64_t v)
{
    write_head(w, UINT, v);
}

void cot_cbor_write_nint(cot_writer *w, uint64_t n)
{
    write_head(w, NINT, n);
}

void cot_cbor_write_int(cot_writer *w, int64_t v)
{
    if (v < 0)
        cot_cbor_write_nint(w, ~(uint64_t)v);
    else
        cot_cbor_write_uint(w, (uint64_t)v);
}

void cot_cbor_write_bytes_head(cot_writer *w, uint64_t len)
{
    write_head(w, BYTES, len);
}

void cot_cbor_write_bytes(cot_writer *w, cot_bytes bytes)
{
    write_head(w, BYTES, bytes.len);
    cot_write_bytes(w, bytes.p, bytes.len);
}

void cot_cbor_write_text(cot_writer *w, cot_bytes text)
{
    write_head(w, TEXT, text.len);
    cot_write_bytes(w, text.p, text.len);
}

void cot_cbor_write_array(cot_writer *w, uint64_t items)
{
    write_head(w, ARRAY, items);
}

void cot_cbor_write_map(cot_writer *w, uint64_t pairs)
{
    write_head(w, MAP, pairs);
}

void cot_cbor_write_tag(cot_writer *w, uint64_t tag)
{
    write_head(w, TAG, tag);
}

void cot_cbor_write_simple(cot_writer *w, uint8_t value)
{
    if (value >= 24 && value < 32)
        cot_writer_fail(w, COT_E_RANGE);
    else
        write_head(w, SIMPLE, value);
}

void cot_cbor_write_bool(cot_writer *w, bool b)
{
    cot_cbor_write_simple(w, b ? 21 : 20);
}

void cot_cbor_write_null(cot_writer *w)
{
    cot_cbor_write_simple(w, 22);
}

void cot_cbor_write_double(cot_writer *w, double v)
{
    uint64_t bits = cot_double_bits(v);
    size_t n = cot_double_shortest(&bits);
    cot_write_u8(w, lead(SIMPLE, n));
    cot_write_uint(w, bits, n);
}

void cot_write_insert(cot_writer *w, size_t at, const uint8_t *bytes, size_t n)
{
    size_t moved = w->len - at;
    cot_write_bytes(w, bytes, n); /* only for its length and its check of the room */
    if (w->err != COT_OK || n == 0)
        return;
    memmove(w->p + at + n, w->p + at, moved);
    memcpy(w->p + at, bytes, n);
}

void cot_cbor_insert_array(cot_writer *w, size_t start, uint64_t items)
{
    uint8_t head[9];
    cot_writer h;
    cot_writer_init(&h, head, sizeof head);
    cot_cbor_write_array(&h, items);
    cot_write_insert(w, start, head, h.len);
}
