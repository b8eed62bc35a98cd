/* SPDX-License-Identifier: Apache-2.0 */
/* Lifetime refreshes on their way to hub: noted in a ring, one entry a slot, told within 5 s, many in a
 * datagram. */
#include "server/net/net.h"

#define AGAIN_MS 50u /* hub's queue was full */

static void on_due(loop_timer *t);

static uint32_t *place(net_worker *w, uint32_t n)
{
    uint32_t at = w->dirty_head + n;
    return &w->dirty[at < w->table.capacity ? at : at - w->table.capacity];
}

void net_refresh_note(net_worker *w, uint32_t slot)
{
    net_slot *s = &w->slots[slot];
    if (s->dirty || w->dirty_count == w->table.capacity)
        return;
    s->dirty = true;
    s->dirty_at = (uint32_t)w->loop->now;
    *place(w, w->dirty_count++) = slot;
    if (w->dirty_timer.slot == 0) {
        w->dirty_timer.on_due = on_due;
        w->dirty_timer.ctx = w;
        loop_arm(w->loop, &w->dirty_timer, w->loop->now + NET_REFRESH_MS);
    }
}

/* COT_OK also when there is nothing to tell. */
static cot_status tell_one(net_worker *w, uint32_t slot)
{
    const table_registration *r =
        table_is_live(&w->table, slot) ? table_registration_of(&w->table, slot) : NULL;
    if (r == NULL)
        return COT_OK;
    ipc_refresh m = {.location = r->location};
    net_address_ipc(table_address_of(&w->table, slot), &m.from);
    ipc_put_refresh(ipc_begin(&w->hub, IPC_REFRESH), &m);
    return ipc_end(&w->hub, -1);
}

/* Tell those that were noted at least `age` ms ago. False: hub takes no more now. */
static bool tell(net_worker *w, uint32_t age)
{
    while (w->dirty_count > 0) {
        uint32_t slot = *place(w, 0);
        net_slot *s = &w->slots[slot];
        if (s->dirty && (uint32_t)w->loop->now - s->dirty_at < age)
            return true;
        if (s->dirty && tell_one(w, slot) != COT_OK)
            return false;
        s->dirty = false;
        w->dirty_head = w->dirty_head + 1 < w->table.capacity ? w->dirty_head + 1 : 0;
        w->dirty_count--;
    }
    return true;
}

void net_refresh_now(net_worker *w, uint32_t slot)
{
    if (tell_one(w, slot) != COT_OK)
        net_refresh_note(w, slot);
}

static void on_due(loop_timer *t)
{
    net_worker *w = t->ctx;
    bool all = tell(w, NET_REFRESH_MS);
    if (w->dirty_count == 0)
        return;
    cot_ms wait = AGAIN_MS;
    uint32_t age = (uint32_t)w->loop->now - w->slots[*place(w, 0)].dirty_at;
    if (all && age < NET_REFRESH_MS)
        wait = NET_REFRESH_MS - age > AGAIN_MS ? NET_REFRESH_MS - age : AGAIN_MS;
    loop_arm(w->loop, t, w->loop->now + wait);
}

void net_refresh_all(net_worker *w)
{
    (void)tell(w, 0);
}
