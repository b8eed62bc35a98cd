/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks lie one after the other: a header with the size in units and the free flag, then the
 * bytes. A handshake has less than a hundred, so a walk finds room. */
#include "dtls/mbedtls/arena.h"

#include "core/base/bytes.h"

#include MBEDTLS_CONFIG_FILE

#include <stdalign.h>
#include <string.h>

typedef union block {
    struct {
        uint32_t units; /* of sizeof(block), with the header */
        uint32_t taken;
    } h;
    max_align_t align;
} block;

static COT_ARENA_LOCAL cot__arena *current;

static block *first(const cot__arena *a)
{
    return (block *)(void *)a->memory;
}

static block *end(const cot__arena *a)
{
    return first(a) + a->len / sizeof(block);
}

void *cot__aligned(void *memory, size_t *len)
{
    size_t skew = (uintptr_t)memory % alignof(max_align_t);
    size_t skip = skew == 0 ? 0 : alignof(max_align_t) - skew;
    skip = skip < *len ? skip : *len;
    *len -= skip;
    return (uint8_t *)memory + skip;
}

void cot__arena_init(cot__arena *a, void *memory, size_t len)
{
    memset(a, 0, sizeof *a);
    a->memory = cot__aligned(memory, &len);
    a->len = len / sizeof(block) * sizeof(block);
    if (a->len == 0)
        return;
    first(a)->h.units = (uint32_t)(a->len / sizeof(block));
    first(a)->h.taken = 0;
}

cot__arena *cot__arena_enter(cot__arena *a)
{
    cot__arena *before = current;
    current = a;
    return before;
}

void cot__arena_wipe(cot__arena *a)
{
    cot_wipe(a->memory, a->len);
}

static void merge_following(const cot__arena *a, block *b)
{
    block *next = b + b->h.units;
    while (next < end(a) && next->h.taken == 0) {
        b->h.units += next->h.units;
        next = b + b->h.units;
    }
}

static void *take(cot__arena *a, size_t units)
{
    for (block *b = first(a); b < end(a); b += b->h.units) {
        if (b->h.taken != 0)
            continue;
        merge_following(a, b);
        if (b->h.units < units)
            continue;
        if (b->h.units > units) {
            block *rest = b + units;
            rest->h.units = b->h.units - (uint32_t)units;
            rest->h.taken = 0;
            b->h.units = (uint32_t)units;
        }
        b->h.taken = 1;
        a->used += units * sizeof(block);
        if (a->used > a->peak)
            a->peak = a->used;
        return b + 1;
    }
    return NULL;
}

void *cot__arena_calloc(size_t count, size_t size)
{
    cot__arena *a = current;
    if (a == NULL || count == 0 || size == 0 || size > a->len / count)
        return NULL;
    void *p = take(a, (count * size + sizeof(block) - 1) / sizeof(block) + 1);
    if (p != NULL)
        memset(p, 0, count * size);
    return p;
}

void cot__arena_free(void *p)
{
    if (p == NULL || current == NULL)
        return;
    block *b = (block *)p - 1;
    current->used -= b->h.units * sizeof(block);
    b->h.taken = 0;
}
