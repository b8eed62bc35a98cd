/* SPDX-License-Identifier: Apache-2.0 */
/* Strict pull reader for CBOR: one item's head at a time, typed reads. */
#include "core/cbor/reader.h"

#include "core/cbor/float.h"
#include "core/cbor/writer.h"

static const cot_cbor_item nothing = {COT_CBOR_NONE, 0, {NULL, 0}};

void cot_cbor_reader_init(cot_cbor_reader *r, cot_bytes in, uint8_t mode)
{
    cot_reader_init(&r->in, in.p, in.len);
    r->mode = mode;
}

static cot_cbor_item fail(cot_cbor_reader *r, cot_status err)
{
    cot_reader_fail(&r->in, err);
    return nothing;
}

/* Argument of the additional information `info`, 0–27. */
static uint64_t read_argument(cot_cbor_reader *r, uint8_t info)
{
    if (info < 24)
        return info;
    size_t n = (size_t)1 << (info - 24);
    uint64_t v = cot_read_uint(&r->in, n);
    if ((r->mode & COT_CBOR_CANONICAL) != 0 && cot_cbor_head_size(v) != n + 1)
        cot_reader_fail(&r->in, COT_E_MALFORMED);
    return v;
}

static cot_cbor_item read_float(cot_cbor_reader *r, uint8_t info)
{
    uint64_t v = cot_read_uint(&r->in, (size_t)1 << (info - 24));
    uint64_t bits = v;
    if (info == 25)
        bits = cot_half_to_double_bits((uint16_t)v);
    else if (info == 26)
        bits = cot_single_to_double_bits((uint32_t)v);

    uint32_t single;
    uint16_t half;
    if ((r->mode & COT_CBOR_CANONICAL) != 0 &&
        ((info > 25 && cot_double_bits_to_half(bits, &half)) ||
         (info > 26 && cot_double_bits_to_single(bits, &single))))
        return fail(r, COT_E_MALFORMED);
    return (cot_cbor_item){COT_CBOR_FLOAT, bits, {NULL, 0}};
}

static cot_cbor_item read_simple(cot_cbor_reader *r, uint8_t info)
{
    if (info > 24)
        return read_float(r, info);
    uint64_t v = info;
    if (info == 24) {
        v = cot_read_u8(&r->in);
        if (v < 32) /* would have a form of one byte: not well-formed (RFC 8949 section 3.3) */
            return fail(r, COT_E_MALFORMED);
    }
    return (cot_cbor_item){COT_CBOR_SIMPLE, v, {NULL, 0}};
}

static cot_cbor_item read_indefinite(cot_cbor_reader *r, cot_cbor_type major)
{
    if (major == COT_CBOR_UINT || major == COT_CBOR_NINT || major == COT_CBOR_TAG)
        return fail(r, COT_E_MALFORMED);
    if ((r->mode & COT_CBOR_ALLOW_INDEFINITE) == 0 || major == COT_CBOR_BYTES ||
        major == COT_CBOR_TEXT)
        return fail(r, COT_E_UNSUPPORTED);
    if (major == COT_CBOR_SIMPLE)
        major = COT_CBOR_BREAK;
    return (cot_cbor_item){major, COT_CBOR_INDEFINITE, {NULL, 0}};
}

static void read_content(cot_cbor_reader *r, cot_cbor_item *item)
{
    item->bytes = cot_read_bytes(&r->in, (size_t)item->arg);
    if (item->type == COT_CBOR_TEXT && !cot_utf8_valid(item->bytes))
        cot_reader_fail(&r->in, COT_E_MALFORMED);
}

/* The head of an item; strings without their content. */
static cot_cbor_item read_head(cot_cbor_reader *r)
{
    uint8_t first = cot_read_u8(&r->in);
    uint8_t info = first & 31;
    cot_cbor_item item = {(cot_cbor_type)(first >> 5), 0, {NULL, 0}};

    if (r->in.err != COT_OK)
        return nothing;
    if (info == 31)
        return read_indefinite(r, item.type);
    if (info > 27)
        return fail(r, COT_E_MALFORMED);
    if (item.type == COT_CBOR_SIMPLE)
        return read_simple(r, info);
    item.arg = read_argument(r, info);
    return item;
}

cot_cbor_item cot_cbor_next(cot_cbor_reader *r)
{
    bool indefinite = cot_reader_left(&r->in) > 0 && (*r->in.p & 31) == 31;
    cot_cbor_item item = read_head(r);
    /* What is counted takes a byte each at least; so a count is never taken for INDEFINITE. */
    bool counted = item.type >= COT_CBOR_BYTES && item.type <= COT_CBOR_MAP && !indefinite;
    if (counted && item.arg > cot_reader_left(&r->in))
        return fail(r, COT_E_TRUNCATED);
    if (item.type == COT_CBOR_BYTES || item.type == COT_CBOR_TEXT)
        read_content(r, &item);
    return r->in.err == COT_OK ? item : nothing;
}

cot_cbor_type cot_cbor_peek(const cot_cbor_reader *r)
{
    if (cot_reader_left(&r->in) == 0)
        return COT_CBOR_NONE;
    uint8_t first = *r->in.p;
    if (first == 0xFF)
        return COT_CBOR_BREAK;
    if (first >= 0xF9 && first <= 0xFB)
        return COT_CBOR_FLOAT;
    return (cot_cbor_type)(first >> 5);
}

/* The next item if it is of `type`; else COT_E_TYPE is latched. */
static cot_cbor_item expect(cot_cbor_reader *r, cot_cbor_type type)
{
    cot_cbor_item item = cot_cbor_next(r);
    if (item.type == type)
        return item;
    return fail(r, COT_E_TYPE);
}

uint64_t cot_cbor_read_uint(cot_cbor_reader *r)
{
    return expect(r, COT_CBOR_UINT).arg;
}

int64_t cot_cbor_read_int(cot_cbor_reader *r)
{
    cot_cbor_item item = cot_cbor_next(r);
    int64_t v = 0;
    cot_status s = cot_cbor_item_int(&item, &v);
    if (s != COT_OK)
        cot_reader_fail(&r->in, s);
    return v;
}

double cot_cbor_read_double(cot_cbor_reader *r)
{
    cot_cbor_item item = cot_cbor_next(r);
    if (item.type != COT_CBOR_UINT && item.type != COT_CBOR_NINT && item.type != COT_CBOR_FLOAT)
        cot_reader_fail(&r->in, COT_E_TYPE);
    return cot_cbor_item_double(&item);
}

bool cot_cbor_read_bool(cot_cbor_reader *r)
{
    cot_cbor_item item = expect(r, COT_CBOR_SIMPLE);
    if (item.type == COT_CBOR_SIMPLE && item.arg != 20 && item.arg != 21)
        cot_reader_fail(&r->in, COT_E_TYPE);
    return item.arg == 21;
}

cot_bytes cot_cbor_read_bytes(cot_cbor_reader *r)
{
    return expect(r, COT_CBOR_BYTES).bytes;
}

cot_bytes cot_cbor_read_text(cot_cbor_reader *r)
{
    return expect(r, COT_CBOR_TEXT).bytes;
}

uint64_t cot_cbor_read_bytes_head(cot_cbor_reader *r)
{
    cot_cbor_item item = read_head(r);
    if (r->in.err != COT_OK)
        return 0;
    if (item.type != COT_CBOR_BYTES)
        return fail(r, COT_E_TYPE).arg;
    return item.arg;
}

uint64_t cot_cbor_read_array(cot_cbor_reader *r)
{
    return expect(r, COT_CBOR_ARRAY).arg;
}

uint64_t cot_cbor_read_map(cot_cbor_reader *r)
{
    return expect(r, COT_CBOR_MAP).arg;
}

uint64_t cot_cbor_read_tag(cot_cbor_reader *r)
{
    return expect(r, COT_CBOR_TAG).arg;
}

cot_status cot_cbor_item_int(const cot_cbor_item *item, int64_t *out)
{
    *out = 0;
    if (item->type != COT_CBOR_UINT && item->type != COT_CBOR_NINT)
        return COT_E_TYPE;
    if (item->arg > INT64_MAX)
        return COT_E_RANGE;
    *out = item->type == COT_CBOR_UINT ? (int64_t)item->arg : -1 - (int64_t)item->arg;
    return COT_OK;
}

double cot_cbor_item_double(const cot_cbor_item *item)
{
    if (item->type == COT_CBOR_FLOAT)
        return cot_double_of_bits(item->arg);
    if (item->type == COT_CBOR_UINT)
        return (double)item->arg;
    return item->type == COT_CBOR_NINT ? -1.0 - (double)item->arg : 0.0;
}
