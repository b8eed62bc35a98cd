/* SPDX-License-Identifier: Apache-2.0 */
/* The caller-given memory that Mbed TLS allocates from: first fit, coalescing, released whole.
 * Exactly one arena is current while Mbed TLS runs; without one, allocation fails. */
#ifndef COTTER_DTLS_ARENA_H
#define COTTER_DTLS_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct cot__arena {
    uint8_t *memory;
    size_t len;
    size_t used; /* bytes now, headers included */
    size_t peak;
} cot__arena;

/* The first place in memory[0..*len) that is aligned for any object; *len becomes what is left of
 * it. */
void *cot__aligned(void *memory, size_t *len);

void cot__arena_init(cot__arena *a, void *memory, size_t len);
/* Make `a` (or none: NULL) current; returns the one before, to be given back in the end. */
cot__arena *cot__arena_enter(cot__arena *a);
/* Zero all bytes. Nothing that was allocated may be used any more. */
void cot__arena_wipe(cot__arena *a);

#endif
