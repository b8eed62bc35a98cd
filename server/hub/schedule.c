/* SPDX-License-Identifier: Apache-2.0 */
/* What the upgrade engine does by time: sweeps of groups, starts within their limits, deadlines. */
#include "server/hub/upgrade.h"

#include <string.h>

#define BATCH 64u
#define PUMP_EVERY 500u /* ms */

/* A group changed, or has a new release: look through its devices, a batch each turn. */
static cot_status sweep(hub *h)
{
    store_group g;
    store_id ids[BATCH];
    size_t count = 0;
    cot_status s = store_group_next_sweep(h->st, &g);
    if (s == COT_E_NOT_FOUND)
        return COT_OK;
    if (s == COT_OK)
        s = store_device_sweep(h->st, g.id, g.sweep, ids, BATCH, &count);
    for (size_t i = 0; s == COT_OK && i < count; i++)
        s = hub_upgrade_check(h, ids[i]);
    return s == COT_OK
               ? store_group_sweep(h->st, g.id, count == BATCH, count == 0 ? 0 : ids[count - 1])
               : s;
}

static cot_status start_one(hub *h, const store_upgrade_key *key)
{
    store_upgrade u;
    store_device d;
    cot_status s = store_upgrade_active(h->st, key->device, &u);
    if (s != COT_E_NOT_FOUND)
        return s; /* one at a time */
    s = store_upgrade_get(h->st, key->device, key->release, &u);
    if (s == COT_OK)
        s = store_device_by_id(h->st, key->device, &d);
    return s == COT_OK ? hub_upgrade_begin(h, &d, &u) : s;
}

static cot_status start_some(hub *h, const store_group *g)
{
    store_upgrade_key keys[BATCH];
    uint64_t running = 0;
    size_t count = 0;
    cot_status s = store_upgrade_count_active(h->st, g->id, &running);
    uint64_t room = running < g->parallel ? g->parallel - running : 0;
    if (s != COT_OK || room == 0)
        return s;
    s = store_upgrade_waiting(h->st, g->id, h->utc, keys, room < BATCH ? (size_t)room : BATCH,
                              &count);
    for (size_t i = 0; s == COT_OK && i < count; i++)
        s = start_one(h, &keys[i]);
    return s;
}

typedef struct groups {
    store_group list[16];
    size_t count;
} groups;

static bool take_group(void *ctx, const store_group *g)
{
    groups *all = ctx;
    all->list[all->count++] = *g;
    return all->count < sizeof all->list / sizeof all->list[0];
}

static cot_status pump(hub *h)
{
    groups all = {.count = 16};
    char after[STORE_NAME_MAX + 1] = "";
    cot_status s = COT_OK;
    while (s == COT_OK && all.count == 16) {
        all.count = 0;
        s = store_group_list(h->st, store_bytes(after), take_group, &all);
        for (size_t i = 0; s == COT_OK && i < all.count; i++)
            if (all.list[i].policy == STORE_AUTOMATIC && !all.list[i].stopped &&
                !all.list[i].sweeping)
                s = start_some(h, &all.list[i]);
        if (all.count > 0)
            (void)store_chars(after, sizeof after, store_bytes(all.list[all.count - 1].name));
    }
    return s;
}

static cot_status out_of_time(hub *h, const store_device *d, store_upgrade *u)
{
    bool updating = u->state == STORE_UPDATING;
    bool runs = updating && strcmp(d->version, u->version) == 0;
    if (runs) /* a further attempt would do the same */
        return hub_upgrade_failed(
            h, d, u, "the device runs the release, but does not confirm it (5/0/5 is not 1)");
    return hub_upgrade_attempt_failed(h, d, u, -1,
                                      updating ? "the device did not come back in time"
                                               : "the download made no progress");
}

static cot_status overdue(hub *h)
{
    store_upgrade_key keys[BATCH];
    size_t count = 0;
    store_upgrade u;
    store_device d;
    cot_status s = store_upgrade_overdue(h->st, h->utc, keys, BATCH, &count);
    for (size_t i = 0; s == COT_OK && i < count; i++) {
        s = store_upgrade_get(h->st, keys[i].device, keys[i].release, &u);
        if (s == COT_OK)
            s = store_device_by_id(h->st, keys[i].device, &d);
        if (s == COT_OK)
            s = out_of_time(h, &d, &u);
    }
    return s;
}

cot_status hub_upgrades_due(hub *h)
{
    cot_status s = sweep(h);
    if (s == COT_OK)
        s = overdue(h);
    if (s != COT_OK || h->now - h->pumped < PUMP_EVERY)
        return s;
    h->pumped = h->now;
    return pump(h);
}

cot_status hub_upgrade_stop(hub *h, store_id group)
{
    store_upgrade_key keys[BATCH];
    size_t count = BATCH;
    store_id after = 0;
    cot_status s = COT_OK;
    while (s == COT_OK && count == BATCH) {
        s = store_upgrade_running(h->st, group, after, keys, BATCH, &count);
        for (size_t i = 0; s == COT_OK && i < count; i++) {
            after = keys[i].device;
            s = hub_upgrade_cancel(h, keys[i].device);
        }
    }
    return s == COT_OK ? store_upgrade_stop(h->st, group, h->utc) : s;
}
