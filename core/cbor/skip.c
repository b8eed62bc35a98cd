/* SPDX-License-Identifier: Apache-2.0 */
/* Read over a whole CBOR item with a small stack of our own instead of recursion. */
#include "core/cbor/reader.h"

/* What a level still expects: a number of items, or one of these. */
#define UNTIL_BREAK (SIZE_MAX - 0)  /* array of indefinite length */
#define KEY_OR_BREAK (SIZE_MAX - 1) /* map of indefinite length, before a key */
#define VALUE_OF_KEY (SIZE_MAX - 2) /* the same, before a value */

/* How many items follow the head of `item`; they take a byte each at least and so fit a size_t. */
static size_t content_of(const cot_cbor_item *item)
{
    bool endless = item->arg == COT_CBOR_INDEFINITE;
    if (item->type == COT_CBOR_TAG)
        return 1;
    if (item->type == COT_CBOR_ARRAY)
        return endless ? UNTIL_BREAK : (size_t)item->arg;
    if (item->type == COT_CBOR_MAP)
        return endless ? KEY_OR_BREAK : (size_t)item->arg * 2;
    return 0;
}

/* What a level expects after one item more. */
static size_t after_item(size_t left)
{
    if (left == KEY_OR_BREAK)
        return VALUE_OF_KEY;
    if (left == VALUE_OF_KEY)
        return KEY_OR_BREAK;
    return left == UNTIL_BREAK ? left : left - 1;
}

cot_bytes cot_cbor_skip(cot_cbor_reader *r)
{
    const uint8_t *start = r->in.p;
    size_t left[COT_CBOR_MAX_DEPTH + 1] = {1};
    size_t depth = 0;

    while ((depth > 0 || left[0] > 0) && r->in.err == COT_OK) {
        cot_cbor_item item = cot_cbor_next(r);
        size_t content = content_of(&item);
        if (item.type == COT_CBOR_BREAK) {
            if (left[depth] != UNTIL_BREAK && left[depth] != KEY_OR_BREAK)
                cot_reader_fail(&r->in, COT_E_MALFORMED);
            left[depth] = 0;
        } else {
            left[depth] = after_item(left[depth]);
            if (content > 0 && depth == COT_CBOR_MAX_DEPTH)
                cot_reader_fail(&r->in, COT_E_LIMIT);
            else if (content > 0)
                left[++depth] = content;
        }
        while (depth > 0 && left[depth] == 0)
            depth--;
    }
    if (r->in.err != COT_OK)
        return (cot_bytes){NULL, 0};
    return (cot_bytes){start, (size_t)(r->in.p - start)};
}
