/* SPDX-License-Identifier: Apache-2.0 */
/* Strict pull reader for CBOR: one item's head at a time, typed reads. */
#include "core/cbor/reader.h"

#include "core/cbor/float.h"
#include "core/cbor/writer.h"

void cot_cbor_reader_init(cot_cbor_reader *r, cot_bytes in, uint8_t mode)
{
    cot_reader_init(&r->in, in.p, in.len);
    r->mode = mode;
}

/* The value of a float's bits, as a double's. */
static void finish_float(cot_cbor_reader *r, uint8_t info, cot_cbor_item *item)
{
    uint64_t wire = item->arg;
    uint64_t bits = wire;
    if (info == 25)
        bits = cot_half_to_double_bits((uint16_t)bits);
    else if (info == 26)
        bits = cot_single_to_double_bits((uint32_t)bits);
    item->type = COT_CBOR_FLOAT;
    item->arg = bits;
    if ((r->mode & COT_CBOR_CANONICAL) != 0 &&
        (cot_double_shortest(&bits) != 1u << (info - 24) || bits != wire))
        cot_reader_fail(&r->in, COT_E_MALFORMED);
}

static void finish_indefinite(cot_cbor_reader *r, cot_cbor_item *item)
{
    static const uint8_t never = 1u << COT_CBOR_UINT | 1u << COT_CBOR_NINT | 1u << COT_CBOR_TAG;
    cot_cbor_type major = item->type;
    item->arg = COT_CBOR_INDEFINITE;
    if ((never >> major & 1) != 0)
        cot_reader_fail(&r->in, COT_E_MALFORMED);
    if ((r->mode & COT_CBOR_ALLOW_INDEFINITE) == 0 || major == COT_CBOR_BYTES ||
        major == COT_CBOR_TEXT)
        cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
    if (major == COT_CBOR_SIMPLE)
        item->type = COT_CBOR_BREAK;
}

/* The head of an item; strings without their content. Returns the additional information of its first
 * byte. */
static uint8_t read_head(cot_cbor_reader *r, cot_cbor_item *item)
{
    uint8_t first = cot_read_u8(&r->in);
    uint8_t info = first & 31;
    size_t n = info < 24 ? 0 : (size_t)1 << (info & 3); /* bytes that follow */

    *item = (cot_cbor_item){(cot_cbor_type)(first >> 5), info, {NULL, 0}};
    if (info == 31) {
        finish_indefinite(r, item);
        return info;
    }
    if (info > 27)
        cot_reader_fail(&r->in, COT_E_MALFORMED);
    if (n > 0)
        item->arg = cot_read_uint(&r->in, n);
    if (item->type == COT_CBOR_SIMPLE && n > 1)
        finish_float(r, info, item);
    else if (item->type == COT_CBOR_SIMPLE && n == 1 && item->arg < 32)
        cot_reader_fail(&r->in, COT_E_MALFORMED); /* not well-formed: RFC 8949 section 3.3 */
    else if ((r->mode & COT_CBOR_CANONICAL) != 0 && cot_cbor_head_size(item->arg) != n + 1)
        cot_reader_fail(&r->in, COT_E_MALFORMED);
    return info;
}

cot_cbor_item cot_cbor_next(cot_cbor_reader *r)
{
    cot_cbor_item item;
    bool definite = read_head(r, &item) != 31;
    if (definite && item.type >= COT_CBOR_BYTES && item.type <= COT_CBOR_MAP) {
        /* What is counted takes a byte each at least; so a count is never taken for INDEFINITE. */
        if (item.arg > cot_reader_left(&r->in))
            cot_reader_fail(&r->in, COT_E_TRUNCATED);
        if (item.type <= COT_CBOR_TEXT)
            item.bytes = cot_read_bytes(&r->in, (size_t)item.arg);
        if (item.type == COT_CBOR_TEXT && !cot_utf8_valid(item.bytes))
            cot_reader_fail(&r->in, COT_E_MALFORMED);
    }
    if (r->in.err != COT_OK)
        item = (cot_cbor_item){COT_CBOR_NONE, 0, {NULL, 0}};
    return item;
}

cot_cbor_type cot_cbor_peek(const cot_cbor_reader *r)
{
    cot_cbor_reader copy = *r;
    return cot_cbor_next(&copy).type;
}

/* Argument of the next item, which has to be of `type`, else COT_E_TYPE is latched. */
static uint64_t read_argument(cot_cbor_reader *r, cot_cbor_type type)
{
    cot_cbor_item item = cot_cbor_next(r);
    if (item.type == type)
        return item.arg;
    cot_reader_fail(&r->in, COT_E_TYPE);
    return 0;
}

/* The same for the content of a string. */
static cot_bytes read_string(cot_cbor_reader *r, cot_cbor_type type)
{
    cot_cbor_item item = cot_cbor_next(r);
    if (item.type == type)
        return item.bytes;
    cot_reader_fail(&r->in, COT_E_TYPE);
    return (cot_bytes){NULL, 0};
}

uint64_t cot_cbor_read_uint(cot_cbor_reader *r)
{
    return read_argument(r, COT_CBOR_UINT);
}

uint32_t cot_cbor_read_u32(cot_cbor_reader *r)
{
    uint64_t v = cot_cbor_read_uint(r);
    if (v <= UINT32_MAX)
        return (uint32_t)v;
    cot_reader_fail(&r->in, COT_E_RANGE);
    return 0;
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
    uint64_t v = read_argument(r, COT_CBOR_SIMPLE);
    if (v != 20 && v != 21)
        cot_reader_fail(&r->in, COT_E_TYPE);
    return v == 21;
}

cot_bytes cot_cbor_read_bytes(cot_cbor_reader *r)
{
    return read_string(r, COT_CBOR_BYTES);
}

cot_bytes cot_cbor_read_text(cot_cbor_reader *r)
{
    return read_string(r, COT_CBOR_TEXT);
}

uint64_t cot_cbor_read_bytes_head(cot_cbor_reader *r)
{
    cot_cbor_item item;
    read_head(r, &item);
    if (item.type != COT_CBOR_BYTES)
        cot_reader_fail(&r->in, COT_E_TYPE);
    return r->in.err == COT_OK ? item.arg : 0;
}

uint64_t cot_cbor_read_array(cot_cbor_reader *r)
{
    return read_argument(r, COT_CBOR_ARRAY);
}

uint64_t cot_cbor_read_map(cot_cbor_reader *r)
{
    return read_argument(r, COT_CBOR_MAP);
}

uint64_t cot_cbor_read_tag(cot_cbor_reader *r)
{
    return read_argument(r, COT_CBOR_TAG);
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
