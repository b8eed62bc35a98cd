/* SPDX-License-Identifier: Apache-2.0 */
/* Read over whole CBOR items with a small stack of our own instead of recursion. */
#include "core/cbor/reader.h"

#include <string.h>

/* What a level still expects: a number of items, or one of these. */
#define UNTIL_BREAK (UINT64_MAX - 0)  /* array of indefinite length */
#define KEY_OR_BREAK (UINT64_MAX - 1) /* map of indefinite length, before a key */
#define VALUE_OF_KEY (UINT64_MAX - 2) /* the same, before a value */

typedef struct level {
    uint64_t left;
    bool map;
    cot_bytes key;        /* the last whole key of a map */
    const uint8_t *begin; /* where the item being read at this level began */
} level;

bool cot_cbor_key_after(cot_bytes prev, cot_bytes next)
{
    size_t n = prev.len < next.len ? prev.len : next.len;
    int order = n == 0 ? 0 : memcmp(prev.p, next.p, n);
    return order < 0 || (order == 0 && prev.len < next.len);
}

static bool at_key(const level *l)
{
    return l->map && (l->left == KEY_OR_BREAK || (l->left < VALUE_OF_KEY && l->left % 2 == 0));
}

/* An item of this level has been read to its end. */
static cot_status item_done(level *l, const uint8_t *end, bool ordered)
{
    if (at_key(l)) {
        cot_bytes key = {l->begin, (size_t)(end - l->begin)};
        if (ordered && !cot_cbor_key_after(l->key, key))
            return COT_E_MALFORMED;
        l->key = key;
    }
    if (l->left == KEY_OR_BREAK)
        l->left = VALUE_OF_KEY;
    else if (l->left == VALUE_OF_KEY)
        l->left = KEY_OR_BREAK;
    else if (l->left != UNTIL_BREAK)
        l->left--;
    return COT_OK;
}

/* How many items follow the head of `item`. */
static uint64_t content_of(const cot_cbor_item *item)
{
    if (item->type == COT_CBOR_TAG)
        return 1;
    if (item->type == COT_CBOR_ARRAY)
        return item->arg == COT_CBOR_INDEFINITE ? UNTIL_BREAK : item->arg;
    if (item->type == COT_CBOR_MAP)
        return item->arg == COT_CBOR_INDEFINITE ? KEY_OR_BREAK : item->arg * 2;
    return 0;
}

cot_bytes cot_cbor_skip(cot_cbor_reader *r)
{
    const uint8_t *start = r->in.p;
    bool ordered = (r->mode & COT_CBOR_CANONICAL) != 0;
    level stack[COT_CBOR_MAX_DEPTH + 1] = {{1, false, {NULL, 0}, NULL}};
    size_t depth = 0;

    while (stack[0].left > 0 && r->in.err == COT_OK) {
        level *l = &stack[depth];
        const uint8_t *begin = r->in.p;
        cot_cbor_item item = cot_cbor_next(r);
        uint64_t content = content_of(&item);
        if (item.type == COT_CBOR_BREAK) {
            if (depth == 0 || (l->left != UNTIL_BREAK && l->left != KEY_OR_BREAK))
                cot_reader_fail(&r->in, COT_E_MALFORMED);
            l->left = 0;
        } else {
            l->begin = begin;
            if (content > 0 && depth == COT_CBOR_MAX_DEPTH)
                cot_reader_fail(&r->in, COT_E_LIMIT);
            else if (content > 0)
                stack[++depth] = (level){content, item.type == COT_CBOR_MAP, {NULL, 0}, NULL};
            else if (item_done(l, r->in.p, ordered) != COT_OK)
                cot_reader_fail(&r->in, COT_E_MALFORMED);
        }
        while (depth > 0 && stack[depth].left == 0) {
            depth--;
            if (item_done(&stack[depth], r->in.p, ordered) != COT_OK)
                cot_reader_fail(&r->in, COT_E_MALFORMED);
        }
    }
    if (r->in.err != COT_OK)
        return (cot_bytes){NULL, 0};
    return (cot_bytes){start, (size_t)(r->in.p - start)};
}

cot_status cot_cbor_check(cot_bytes in, uint8_t mode)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, in, mode);
    cot_cbor_skip(&r);
    return cot_reader_end(&r.in);
}
