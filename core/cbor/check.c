/* SPDX-License-Identifier: Apache-2.0 */
/* Check a whole CBOR item, with the order of map keys. */
#include "core/cbor/reader.h"

#include <string.h>

bool cot_cbor_key_after(cot_bytes prev, cot_bytes next)
{
    size_t n = prev.len < next.len ? prev.len : next.len;
    int order = n == 0 ? 0 : memcmp(prev.p, next.p, n);
    return order < 0 || (order == 0 && prev.len < next.len);
}

/* The keys of the map whose head has been read; `r` is a copy, so that the map's content is still to
 * come for the caller. */
static cot_status check_keys(cot_cbor_reader r, uint64_t pairs)
{
    cot_bytes last = {NULL, 0};
    for (; pairs > 0; pairs--) {
        cot_bytes key = cot_cbor_skip(&r);
        if (!cot_cbor_key_after(last, key))
            return COT_E_MALFORMED;
        last = key;
        cot_cbor_skip(&r);
    }
    return COT_OK;
}

cot_status cot_cbor_check(cot_bytes in, uint8_t mode)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, in, mode);
    cot_cbor_skip(&r);
    cot_status s = cot_reader_end(&r.in);
    if ((mode & COT_CBOR_CANONICAL) == 0)
        return s;
    cot_cbor_reader_init(&r, in, mode);
    while (s == COT_OK && cot_reader_left(&r.in) > 0) {
        cot_cbor_item item = cot_cbor_next(&r);
        if (item.type == COT_CBOR_MAP && item.arg != COT_CBOR_INDEFINITE)
            s = check_keys(r, item.arg);
    }
    return s;
}
