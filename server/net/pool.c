/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded pools. */
#include "server/net/pool.h"

#include <string.h>
#include <sys/mman.h>

void *pool_map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

cot_status pool_open(pool *p, uint32_t count, size_t size)
{
    memset(p, 0, sizeof *p);
    p->size = (size + 15) & ~(size_t)15;
    p->count = count;
    p->items = pool_map(count * p->size);
    p->free = pool_map(count * sizeof *p->free);
    return p->items == NULL || p->free == NULL ? COT_E_IO : COT_OK;
}

void pool_close(pool *p)
{
    if (p->items != NULL)
        (void)munmap(p->items, p->count * p->size);
    if (p->free != NULL)
        (void)munmap(p->free, p->count * sizeof *p->free);
    memset(p, 0, sizeof *p);
}

void *pool_at(const pool *p, uint32_t i)
{
    return p->items + i * p->size;
}

uint32_t pool_index(const pool *p, const void *item)
{
    return (uint32_t)((size_t)((const uint8_t *)item - p->items) / p->size);
}

void *pool_take(pool *p)
{
    uint32_t i;
    if (p->free_count > 0)
        i = p->free[--p->free_count];
    else if (p->top < p->count)
        i = p->top++;
    else
        return NULL;
    p->used++;
    return memset(pool_at(p, i), 0, p->size);
}

void pool_give(pool *p, void *item)
{
    p->free[p->free_count++] = pool_index(p, item);
    p->used--;
}
