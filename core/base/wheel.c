/* SPDX-License-Identifier: Apache-2.0 */
/* Hashed timer wheel: slot = tick mod slots, each slot a doubly linked list of indices. */
#include "core/base/wheel.h"

#include <assert.h>

#define OFF UINT64_MAX

static uint32_t slot_of(const cot_wheel *w, uint64_t tick)
{
    return (uint32_t)tick & w->mask;
}

static void mark(cot_wheel *w, uint32_t slot, bool used)
{
    uint32_t bit = UINT32_C(1) << (slot & 31u);
    if (used)
        w->used[slot >> 5] |= bit;
    else
        w->used[slot >> 5] &= ~bit;
}

void cot_wheel_init(cot_wheel *w, cot_wheel_node *nodes, uint32_t count, uint32_t *heads,
                    uint32_t *used, uint32_t slots, uint8_t shift, cot_ms now)
{
    assert(slots >= 32 && (slots & (slots - 1)) == 0);
    w->nodes = nodes;
    w->heads = heads;
    w->used = used;
    w->tick = now >> shift;
    w->count = count;
    w->mask = slots - 1;
    w->cursor = COT_WHEEL_NONE;
    w->set = 0;
    w->shift = shift;
    for (uint32_t i = 0; i < count; i++)
        nodes[i].tick = OFF;
    for (uint32_t i = 0; i < slots; i++)
        heads[i] = COT_WHEEL_NONE;
    for (uint32_t i = 0; i < slots / 32; i++)
        used[i] = 0;
}

bool cot_wheel_is_set(const cot_wheel *w, uint32_t i)
{
    return w->nodes[i].tick != OFF;
}

void cot_wheel_cancel(cot_wheel *w, uint32_t i)
{
    assert(i < w->count);
    cot_wheel_node *n = &w->nodes[i];
    if (n->tick == OFF)
        return;
    uint32_t slot = slot_of(w, n->tick);
    if (w->cursor == i)
        w->cursor = n->next;
    if (n->prev != COT_WHEEL_NONE)
        w->nodes[n->prev].next = n->next;
    else
        w->heads[slot] = n->next;
    if (n->next != COT_WHEEL_NONE)
        w->nodes[n->next].prev = n->prev;
    if (w->heads[slot] == COT_WHEEL_NONE)
        mark(w, slot, false);
    n->tick = OFF;
    w->set--;
}

void cot_wheel_set(cot_wheel *w, uint32_t i, cot_ms deadline)
{
    cot_wheel_cancel(w, i);
    if (deadline == COT_NEVER)
        return;
    cot_wheel_node *n = &w->nodes[i];
    uint64_t round_up = (deadline & ((UINT64_C(1) << w->shift) - 1)) != 0;
    n->tick = (deadline >> w->shift) + round_up;
    if (n->tick <= w->tick) /* that slot may be in work: its cursor has passed the front */
        n->tick = w->tick + 1;
    uint32_t slot = slot_of(w, n->tick);
    n->prev = COT_WHEEL_NONE;
    n->next = w->heads[slot];
    if (n->next != COT_WHEEL_NONE)
        w->nodes[n->next].prev = i;
    w->heads[slot] = i;
    mark(w, slot, true);
    w->set++;
}

/* Ticks from `tick` to the next one whose slot has nodes: 1 … slots; 0 when there is none. */
static uint32_t distance(const cot_wheel *w, uint64_t tick)
{
    uint32_t step = 1;
    while (step <= w->mask + 1) {
        uint32_t slot = slot_of(w, tick + step);
        uint32_t word = w->used[slot >> 5] >> (slot & 31u);
        if (word == 0) {
            step += 32 - (slot & 31u);
            continue;
        }
        while ((word & 1u) == 0) {
            word >>= 1;
            step++;
        }
        return step <= w->mask + 1 ? step : 0;
    }
    return 0;
}

uint32_t cot_wheel_pop(cot_wheel *w, cot_ms now)
{
    uint64_t target = now >> w->shift;
    if (target > w->tick && target - w->tick > w->mask + UINT64_C(1)) {
        w->tick = target - w->mask - 1; /* one turn meets every slot */
        w->cursor = COT_WHEEL_NONE;
    }
    for (;;) {
        while (w->cursor != COT_WHEEL_NONE) {
            uint32_t i = w->cursor;
            w->cursor = w->nodes[i].next;
            if (w->nodes[i].tick <= target) {
                cot_wheel_cancel(w, i);
                return i;
            }
        }
        if (w->tick >= target)
            return COT_WHEEL_NONE;
        uint32_t step = distance(w, w->tick);
        if (step == 0 || step > target - w->tick) {
            w->tick = target;
            return COT_WHEEL_NONE;
        }
        w->tick += step;
        w->cursor = w->heads[slot_of(w, w->tick)];
    }
}

cot_ms cot_wheel_deadline(const cot_wheel *w)
{
    if (w->cursor != COT_WHEEL_NONE)
        return w->tick << w->shift;
    uint32_t step = distance(w, w->tick);
    return step == 0 ? COT_NEVER : (w->tick + step) << w->shift;
}
