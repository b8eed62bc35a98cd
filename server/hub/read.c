/* SPDX-License-Identifier: Apache-2.0 */
/* Live reads: bounded, in memory, lost with the process. hub's own reads learn what a newly registered
 * device is. */
#include "server/hub/hub.h"

#include "server/hub/api.h"

#include <string.h>

#define PROBE_INSTANCE 1u /* /3/0 whole */
#define PROBE_VERSION 2u  /* /3/0/3 alone, for devices that cannot do the former */
#define PROBE_TIMEOUT 30000u
#define PROBE_AGAIN 60000 /* ms after a probe that was not answered */

static hub_read *free_slot(hub *h)
{
    for (size_t tries = 0; tries < HUB_READS; tries++) {
        hub_read *slot = &h->reads[h->read_next++ % HUB_READS];
        if (slot->kind == HUB_READ_FREE)
            return slot;
    }
    return NULL;
}

cot_status hub_read_start(hub *h, hub_read_kind kind, const store_device *d, uint8_t operation,
                          const cot_lwm2m_path *path, uint64_t call, uint32_t timeout_ms)
{
    hub_read *slot = free_slot(h);
    bool own = kind != HUB_READ_CALL;
    if (slot == NULL || (own && h->probes >= HUB_PROBES))
        return COT_E_LIMIT;
    *slot = (hub_read){
        .id = ++h->read_round * HUB_READS + (uint64_t)(slot - h->reads),
        .kind = (uint8_t)kind,
        .worker = d->reg.worker,
        .operation = operation,
        .call = call,
        .device = d->id,
        .path = *path,
        .deadline = h->now + timeout_ms + 1000, /* the worker gives up first */
    };
    h->probes += own;
    ipc_read out = {
        .id = slot->id,
        .location = d->reg.location,
        .operation = operation,
        .path = {path->level, {path->id[0], path->id[1], path->id[2], path->id[3]}},
        .timeout_ms = timeout_ms,
    };
    ipc_put_read(hub_begin(h, IPC_NET, d->reg.worker, IPC_READ), &out);
    hub_end(h, -1);
    return COT_OK;
}

static void release(hub *h, hub_read *slot)
{
    if (slot->kind == HUB_READ_PROBE || slot->kind == HUB_READ_UPGRADE)
        h->probes--;
    slot->kind = HUB_READ_FREE;
}

/* ---- hub's own ---- */

cot_status hub_probe(hub *h, const store_device *d)
{
    if (!d->registered || d->reg.probe == 0)
        return COT_OK;
    cot_lwm2m_path path = cot_lwm2m_path_of(d->reg.probe == PROBE_INSTANCE ? 2 : 3, 3, 0, 3, 0);
    cot_status s = hub_read_start(h, HUB_READ_PROBE, d, IPC_OP_READ, &path, 0, PROBE_TIMEOUT);
    if (s == COT_E_LIMIT)
        return COT_OK; /* it stays due */
    return store_registration_probe(h->st, &d->reg.location, d->reg.probe, h->utc + PROBE_AGAIN);
}

cot_status hub_probes_due(hub *h)
{
    store_id ids[HUB_PROBES];
    size_t count = 0;
    store_device d;
    if (h->probes >= HUB_PROBES)
        return COT_OK;
    cot_status s = store_registration_due(h->st, h->utc, ids, HUB_PROBES - h->probes, &count);
    for (size_t i = 0; s == COT_OK && i < count; i++) {
        s = store_device_by_id(h->st, ids[i], &d);
        if (s == COT_OK)
            s = hub_probe(h, &d);
    }
    return s;
}

static cot_status probe_done(hub *h, const store_device *d, const ipc_result *result)
{
    store_device now;
    bool good = result->code >> 5 == 2;
    if (result->code == 0)
        return COT_OK; /* no answer: it is due again later */
    uint8_t next = !good && d->reg.probe == PROBE_INSTANCE ? PROBE_VERSION : 0;
    cot_status s = store_registration_probe(h->st, &d->reg.location, next, h->utc);
    if (s == COT_OK && good) {
        cot_lwm2m_path path = cot_lwm2m_path_of(d->reg.probe == PROBE_INSTANCE ? 2 : 3, 3, 0, 3, 0);
        s = hub_values(h, d, &path, result->format, result->payload);
    }
    if (s != COT_OK)
        return s;
    if (next == 0)
        return hub_upgrade_check(h, d->id);
    s = store_device_by_id(h->st, d->id, &now);
    return s == COT_OK ? hub_probe(h, &now) : s;
}

static cot_status upgrade_read_done(hub *h, const store_device *d, const hub_read *slot,
                                    const ipc_result *result)
{
    if (result->code >> 5 != 2)
        return COT_OK; /* the engine's deadline sees to it */
    return hub_values(h, d, &slot->path, result->format, result->payload);
}

/* ---- outcomes ---- */

/* The worker has no such registration: the device has to come back first. */
static cot_status not_sent(hub *h, const hub_read *read, const ipc_result *result)
{
    if (read->kind == HUB_READ_CALL)
        hub_reply_problem(h, read->call, 503,
                          "The device's registration was lost; ask again when it is back.");
    hub_say_at_once(h);
    return hub_registration_gone(h, &result->location);
}

cot_status hub_on_read_result(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_result result;
    store_device d;
    cot_status s = ipc_get_result(r, &result);
    if (s != COT_OK)
        return s;
    hub_read *slot = &h->reads[result.id % HUB_READS];
    if (slot->kind == HUB_READ_FREE || slot->id != result.id || slot->worker != m->index)
        return COT_OK; /* given up meanwhile */
    hub_read read = *slot;
    release(h, slot);
    if (result.code == IPC_CODE_NOT_SENT)
        return not_sent(h, &read, &result);
    s = store_device_by_id(h->st, read.device, &d);
    if (s == COT_E_NOT_FOUND || (s == COT_OK && read.kind != HUB_READ_CALL && !d.registered))
        s = COT_E_NOT_FOUND;
    if (read.kind == HUB_READ_CALL)
        return hub_read_reply(h, &read, s == COT_OK ? &d : NULL, &result);
    if (s == COT_E_NOT_FOUND)
        return COT_OK;
    if (s != COT_OK)
        return s;
    return read.kind == HUB_READ_PROBE ? probe_done(h, &d, &result)
                                       : upgrade_read_done(h, &d, &read, &result);
}

void hub_reads_lost(hub *h, uint8_t worker)
{
    for (size_t i = 0; i < HUB_READS; i++) {
        hub_read *slot = &h->reads[i];
        if (slot->kind == HUB_READ_FREE || slot->worker != worker)
            continue;
        if (slot->kind == HUB_READ_CALL)
            hub_reply_problem(h, slot->call, 503,
                              "The worker that talks to this device restarts; ask again.");
        release(h, slot);
    }
}

void hub_reads_device_lost(hub *h, store_id device)
{
    for (size_t i = 0; i < HUB_READS; i++) {
        hub_read *slot = &h->reads[i];
        if (slot->kind == HUB_READ_FREE || slot->device != device)
            continue;
        if (slot->kind == HUB_READ_CALL)
            hub_reply_problem(h, slot->call, 503,
                              "The device's registration ended meanwhile; ask again.");
        release(h, slot);
    }
}

void hub_reads_call_end(hub *h, uint64_t call)
{
    for (size_t i = 0; i < HUB_READS; i++)
        if (h->reads[i].kind == HUB_READ_CALL && h->reads[i].call == call)
            release(h, &h->reads[i]);
}

void hub_reads_all_calls_end(hub *h)
{
    for (size_t i = 0; i < HUB_READS; i++)
        if (h->reads[i].kind == HUB_READ_CALL)
            release(h, &h->reads[i]);
}

cot_status hub_reads_due(hub *h)
{
    for (size_t i = 0; i < HUB_READS; i++) {
        hub_read *slot = &h->reads[i];
        if (slot->kind == HUB_READ_FREE || slot->deadline > h->now)
            continue;
        if (slot->kind == HUB_READ_CALL)
            hub_reply_problem(h, slot->call, 504, "The device did not answer in time.");
        release(h, slot);
    }
    return COT_OK;
}
