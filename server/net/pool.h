/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded pool of equal items in mapped memory: pages appear when items are first used. */
#ifndef COTTER_SERVER_NET_POOL_H
#define COTTER_SERVER_NET_POOL_H

#include <cotter/status.h>

#include <stddef.h>
#include <stdint.h>

typedef struct pool {
    uint8_t *items;
    uint32_t *free; /* a stack: the last given back is taken first */
    uint32_t free_count;
    uint32_t top; /* items at and above it were never used */
    uint32_t count;
    uint32_t used;
    size_t size;
} pool;

/* COT_OK; COT_E_IO. */
cot_status pool_open(pool *p, uint32_t count, size_t size);
void pool_close(pool *p);
/* A zeroed item, or NULL when all are used. */
void *pool_take(pool *p);
void pool_give(pool *p, void *item);
void *pool_at(const pool *p, uint32_t i);
uint32_t pool_index(const pool *p, const void *item);

/* Zeroed memory that costs nothing until it is touched; never fails later. NULL. */
void *pool_map(size_t size);

#endif
