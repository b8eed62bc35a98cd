/* SPDX-License-Identifier: Apache-2.0 */
/* Read over a whole CBOR item with a small stack of our own instead of recursion. */
#include "core/cbor/reader.h"

/* What a level still expects: a number of items; or, of indefinite length, as if there were no end, which
 * for a map is an even number before each key. Neither limit is reached by items that take a byte each. */
#define ENDLESS_ARRAY SIZE_MAX
#define ENDLESS (SIZE_MAX / 2) /* the least number that means so */

/* How many items follow the head of `item`. COT_CBOR_INDEFINITE becomes ENDLESS_ARRAY, and the even number
 * below it for a map. */
static size_t content_of(const cot_cbor_item *item)
{
    if (item->type == COT_CBOR_TAG)
        return 1;
    if (item->type == COT_CBOR_ARRAY)
        return (size_t)item->arg;
    return item->type == COT_CBOR_MAP ? (size_t)item->arg * 2 : 0;
}

/* One item more, or the break that ends the level; what it then expects. */
static size_t after(cot_cbor_reader *r, const cot_cbor_item *item, size_t left)
{
    if (item->type != COT_CBOR_BREAK)
        return left == ENDLESS_ARRAY ? left : left - 1;
    if (left != ENDLESS_ARRAY && (left < ENDLESS || left % 2 != 0))
        cot_reader_fail(&r->in, COT_E_MALFORMED);
    return 0;
}

cot_bytes cot_cbor_skip(cot_cbor_reader *r)
{
    const uint8_t *start = r->in.p;
    size_t left[COT_CBOR_MAX_DEPTH + 1];
    size_t depth = 0;

    left[0] = 1;
    for (;;) {
        cot_cbor_item item = cot_cbor_next(r);
        size_t content = content_of(&item);
        left[depth] = after(r, &item, left[depth]);
        if (content > 0 && depth == COT_CBOR_MAX_DEPTH)
            cot_reader_fail(&r->in, COT_E_LIMIT);
        else if (content > 0)
            left[++depth] = content;
        if (r->in.err != COT_OK)
            return (cot_bytes){NULL, 0};
        for (; left[depth] == 0; depth--)
            if (depth == 0)
                return (cot_bytes){start, (size_t)(r->in.p - start)};
    }
}
