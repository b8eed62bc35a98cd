/* SPDX-License-Identifier: Apache-2.0 */
/* The only ways to write to the table file: one ordered 64-bit store, or several in a row into memory
 * that nothing refers to yet. The kill test counts them (tests/unit/net_table_kill_test.c). */
#ifndef COTTER_SERVER_NET_TABLE_STORE_H
#define COTTER_SERVER_NET_TABLE_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef COTTER_TABLE_KILL
void table_before_store(void);
#else
static inline void table_before_store(void)
{
}
#endif

static inline void table_store(uint64_t *at, uint64_t value)
{
    table_before_store();
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static inline uint64_t table_load(const uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* `size` bytes, a multiple of 8, word by word. */
static inline void table_fill(void *at, const void *from, size_t size)
{
    uint64_t *words = (uint64_t *)at;
    for (size_t i = 0; i < size / 8; i++) {
        uint64_t v;
        memcpy(&v, (const uint8_t *)from + 8 * i, 8);
        table_store(&words[i], v);
    }
}

#endif
