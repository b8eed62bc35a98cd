/* SPDX-License-Identifier: Apache-2.0 */
/* Finding slots by address, and their end. Both structures are the process's own; a full table costs 4 + 16 +
 * 4 bytes a slot for them. */
#include "server/net/net.h"
#include "server/net/session.h"

#include <string.h>

#define NOSEC_IDLE_MS                                                                              \
    300000u /* a NoSec address without a registration: longer than EXCHANGE_LIFETIME */
#define SESSION_IDLE_MS 3600000u /* a DTLS session whose registration has ended */
#define SESSION_NEW_MS 120000u   /* one that has not registered yet */

bool net_address_equal(const table_address *a, const table_address *b)
{
    return memcmp(a->ip, b->ip, sizeof a->ip) == 0 && a->port == b->port &&
           a->listener == b->listener;
}

/* Keyed, because addresses are the senders' choice: multiply and fold (as in wyhash). */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide r = (wide)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint32_t *bucket(const net_worker *w, const table_address *a)
{
    uint64_t ip[2];
    memcpy(ip, a->ip, sizeof ip);
    uint64_t h = mix(ip[0] ^ w->hash_key[0], ip[1] ^ w->hash_key[1]);
    h = mix(h ^ a->port ^ (uint64_t)a->listener << 16, w->hash_key[0] | 1);
    return &w->heads[h & w->mask];
}

void net_peer_prefetch_bucket(const net_worker *w, const table_address *a)
{
    __builtin_prefetch(bucket(w, a));
}

uint32_t net_peer_first(const net_worker *w, const table_address *a)
{
    uint32_t i = *bucket(w, a);
    if (i == 0)
        return TABLE_NONE;
    __builtin_prefetch(&w->slots[i - 1], 1);
    return i - 1;
}

uint32_t net_peer_find(const net_worker *w, const table_address *a)
{
    for (uint32_t i = *bucket(w, a); i != 0; i = w->slots[i - 1].chain)
        if (net_address_equal(table_address_of(&w->table, i - 1), a))
            return i - 1;
    return TABLE_NONE;
}

static void link_address(net_worker *w, uint32_t slot)
{
    uint32_t *head = bucket(w, table_address_of(&w->table, slot));
    w->slots[slot].chain = *head;
    *head = slot + 1;
}

static void unlink_address(net_worker *w, uint32_t slot)
{
    uint32_t *p = bucket(w, table_address_of(&w->table, slot));
    while (*p != 0 && *p != slot + 1)
        p = &w->slots[*p - 1].chain;
    if (*p != 0)
        *p = w->slots[slot].chain;
    w->slots[slot].chain = 0;
}

/* The wheel touches a node for every slot that it has: it grows by doubling. */
static void grow_wheel(net_worker *w, uint32_t slot)
{
    uint32_t count = w->wheel.count;
    if (slot < count)
        return;
    while (count <= slot)
        count = count < w->table.capacity / 2 ? count * 2 : w->table.capacity;
    net_wheel_open(w, count);
    for (uint32_t i = 0; i < slot; i++)
        if (table_is_live(&w->table, i))
            net_peer_schedule(w, i);
}

void net_peer_link(net_worker *w, uint32_t slot)
{
    grow_wheel(w, slot);
    link_address(w, slot);
    net_peer_schedule(w, slot);
}

void net_peer_unlink(net_worker *w, uint32_t slot)
{
    unlink_address(w, slot);
    cot_wheel_cancel(&w->wheel, slot);
}

void net_peer_move(net_worker *w, uint32_t slot, const table_address *to)
{
    unlink_address(w, slot);
    table_set_address(&w->table, slot, to);
    link_address(w, slot);
    w->counters.moved++;
    if (table_registration_of(&w->table, slot) != NULL)
        net_refresh_now(w, slot); /* hub shows where devices are */
}

void net_peer_stranger(net_worker *w, uint32_t slot, bool is)
{
    net_slot *s = &w->slots[slot];
    if (is && !s->stranger)
        w->strangers++;
    else if (!is && s->stranger)
        w->strangers--;
    s->stranger = is;
}

void net_peer_remove(net_worker *w, uint32_t slot)
{
    net_peer_stranger(w, slot, false);
    net_job_drop_slot(w, slot);
    net_rd_drop_slot(w, slot);
    net_path_end(w, slot);
    net_session_drop_slot(w, slot);
    net_peer_unlink(w, slot);
    table_remove(&w->table, slot);
    w->slots[slot].dirty = false;
    w->slots[slot].doomed = false;
}

void net_peer_doom(net_worker *w, uint32_t slot)
{
    w->slots[slot].doomed = true;
    cot_wheel_set(&w->wheel, slot, w->loop->now);
}

static cot_ms expiry(const net_worker *w, uint32_t slot)
{
    const table_slot *s = &w->table.slots[slot];
    const table_registration *r = table_registration_of(&w->table, slot);
    if (w->slots[slot].doomed)
        return 0;
    if (r != NULL)
        return s->refreshed + (cot_ms)r->lifetime * 1000u;
    if (table_mode(&w->table, slot) == IPC_NOSEC)
        return s->refreshed + NOSEC_IDLE_MS;
    return s->refreshed + (s->refreshed == s->created ? SESSION_NEW_MS : SESSION_IDLE_MS);
}

/* A refresh does not move the timer: when it fires, the deadline is looked at again. */
void net_peer_schedule(net_worker *w, uint32_t slot)
{
    cot_wheel_set(&w->wheel, slot, expiry(w, slot));
}

static void expire(net_worker *w, uint32_t slot)
{
    cot_ms due = expiry(w, slot);
    if (due > w->loop->now) {
        cot_wheel_set(&w->wheel, slot, due);
        return;
    }
    const table_registration *r = table_registration_of(&w->table, slot);
    if (r == NULL) {
        net_peer_remove(w, slot);
        return;
    }
    ipc_expired e = {.location = r->location};
    ipc_put_expired(ipc_begin(&w->hub, IPC_EXPIRED), &e);
    if (ipc_end(&w->hub, -1) != COT_OK) {
        cot_wheel_set(&w->wheel, slot, w->loop->now + 1000); /* hub has to hear of it */
        return;
    }
    if (w->slots[slot].doomed) {
        net_peer_remove(w, slot);
        return;
    }
    net_job_drop_slot(w, slot);
    table_clear_registration(&w->table, slot);
    table_refresh(&w->table, slot, w->loop->now); /* the idle time begins */
    net_peer_schedule(w, slot);
}

void net_peers_expire(net_worker *w)
{
    uint32_t slot;
    while ((slot = cot_wheel_pop(&w->wheel, w->loop->now)) != COT_WHEEL_NONE)
        if (table_is_live(&w->table, slot))
            expire(w, slot);
}
