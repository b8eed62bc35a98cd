/* SPDX-License-Identifier: Apache-2.0 */
/* A hashed timer wheel over caller-owned arrays, for a million timers: set, cancel and expiry are
 * O(1); links are 32-bit indices, so that the arrays may lie anywhere. A timer never fires early,
 * and at most one tick late. A far timer is looked at once a turn (slots × tick; 65,536 × 16 ms are
 * 17 minutes).
 *
 *     static cot_wheel_node nodes[N];
 *     static uint32_t heads[SLOTS], used[SLOTS / 32];
 *     cot_wheel_init(&w, nodes, N, heads, used, SLOTS, 4, now);  all are off; a tick is 16 ms
 *     cot_wheel_set(&w, 7, now + 2000);                          timer 7 on, or moved
 *     while ((i = cot_wheel_pop(&w, now)) != COT_WHEEL_NONE)
 *         timer i is due: it is off now, and may be set again here
 *     sleep until cot_wheel_deadline(&w) */
#ifndef COTTER_BASE_WHEEL_H
#define COTTER_BASE_WHEEL_H

#include <cotter/status.h>

#include <stdbool.h>
#include <stdint.h>

#define COT_WHEEL_NONE UINT32_MAX

typedef struct cot_wheel_node {
    uint64_t tick; /* when it is due; UINT64_MAX: off */
    uint32_t next;
    uint32_t prev; /* COT_WHEEL_NONE: first of its slot */
} cot_wheel_node;

typedef struct cot_wheel {
    cot_wheel_node *nodes;
    uint32_t *heads; /* first node of each slot */
    uint32_t *used;  /* one bit a slot: it has nodes */
    uint64_t tick;   /* all ticks up to this one are done, or in work at `cursor` */
    uint32_t count;  /* nodes */
    uint32_t mask;   /* slots − 1 */
    uint32_t cursor; /* next node to look at in the slot of `tick` */
    uint32_t set;    /* timers that are on */
    uint8_t shift;   /* a tick is 1 << shift ms */
} cot_wheel;

/* `slots`: a power of two, ≥ 32. nodes[0..count), heads[0..slots), used[0..slots/32) stay with the
 * wheel. */
void cot_wheel_init(cot_wheel *w, cot_wheel_node *nodes, uint32_t count, uint32_t *heads,
                    uint32_t *used, uint32_t slots, uint8_t shift, cot_ms now);
/* Switch timer i < count on, or move it. COT_NEVER switches it off. A deadline in the past fires at
 * the next tick. */
void cot_wheel_set(cot_wheel *w, uint32_t i, cot_ms deadline);
void cot_wheel_cancel(cot_wheel *w, uint32_t i);
bool cot_wheel_is_set(const cot_wheel *w, uint32_t i);
/* A timer that is due, switched off; COT_WHEEL_NONE when there is none (more). */
uint32_t cot_wheel_pop(cot_wheel *w, cot_ms now);
/* When to call pop again: no timer is due before it (it may be too early, never too late);
 * COT_NEVER when all are off. */
cot_ms cot_wheel_deadline(const cot_wheel *w);

#endif
