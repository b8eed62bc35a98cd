/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations: who may register as what, and what follows from it. */
#include "server/hub/hub.h"

#include "server/hub/cbor.h"

#include <stdio.h>
#include <string.h>

enum { CREATED = 0x41, DELETED = 0x42, CHANGED = 0x44, FORBIDDEN = 0x83, NOT_FOUND = 0x84 };

static void answer(hub *h, const hub_message *m, uint64_t id, uint8_t code)
{
    ipc_put_answer(hub_begin(h, IPC_NET, m->index, IPC_ANSWER), &(ipc_answer){id, code});
    hub_end(h, -1);
}

static void event(hub *h, const char *name, const store_device *d)
{
    cot_writer *w = hub_event_begin(h);
    cot_cbor_write_map(w, 6);
    hub_put_text(w, "endpoint", d->endpoint);
    hub_put_time(w, "at", h->utc);
    hub_put_text(w, "mode", hub_mode_text(d->reg.mode));
    hub_put_address(w, "address", &d->reg.address);
    hub_put_text(w, "lwm2m", d->reg.version == 10 ? "1.0" : "1.1");
    hub_put_uint(w, "lifetime", d->reg.lifetime);
    hub_event_end(h, name);
}

void hub_drop(hub *h, const store_device *d, bool end_session)
{
    ipc_drop drop = {d->reg.location, end_session};
    ipc_put_drop(hub_begin(h, IPC_NET, d->reg.worker, IPC_DROP), &drop);
    hub_end(h, -1);
}

/* What the worker lost ends by time (below); what only the worker has is dropped at its next refresh. */
static void compare_counts(hub *h, const ipc_hello *hello)
{
    char name[24];
    uint64_t stored = 0;
    (void)snprintf(name, sizeof name, "worker.%u", (unsigned)hello->worker);
    if (store_count(h->st, name, &stored) == COT_OK && stored != hello->registrations)
        log_line("info", "hub.registrations_differ", "worker=%u stored=%llu live=%u",
                 (unsigned)hello->worker, (unsigned long long)stored, hello->registrations);
}

cot_status hub_on_hello(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_hello hello;
    cot_status s = ipc_get_hello(r, &hello);
    if (s != COT_OK || hello.worker != m->index)
        return s != COT_OK ? s : COT_E_RANGE;
    if (hello.fresh)
        return store_registration_remove_worker(h->st, hello.worker);
    compare_counts(h, &hello);
    return hub_command_resend(h, hello.worker);
}

static cot_status refuse(hub *h, const hub_message *m, const ipc_register *reg, ipc_reason reason)
{
    store_refusal row = {0};
    row.at = h->utc;
    row.mode = reg->mode;
    row.reason = (uint8_t)reason;
    row.from = reg->from;
    (void)store_chars(row.identity, sizeof row.identity, reg->endpoint);
    answer(h, m, reg->id, FORBIDDEN);
    return hub_refusal(h, &row);
}

/* Which device is it? COT_OK; COT_E_DENIED with *reason; errors of the store. No row is ever made from the
 * network: an endpoint that nobody added is refused in every mode. */
static cot_status identify(hub *h, const ipc_register *reg, store_device *d, ipc_reason *reason)
{
    cot_status s = store_device_get(h->st, reg->endpoint, d);
    *reason = IPC_REASON_ENDPOINT_NOT_COVERED;
    if (s == COT_OK && reg->mode == IPC_NOSEC && d->mode != IPC_NOSEC) {
        *reason = IPC_REASON_NOSEC_FORBIDDEN;
        return COT_E_DENIED;
    }
    if (s == COT_OK && reg->mode != IPC_NOSEC)
        s = store_credential_covers(h->st, (store_id)reg->credential, d->id);
    return s == COT_E_NOT_FOUND ? COT_E_DENIED : s;
}

static bool same_location(const store_device *d, const ipc_location *l)
{
    return d->registered && cot_bytes_equal((cot_bytes){d->reg.location.b, sizeof l->b},
                                            (cot_bytes){l->b, sizeof l->b});
}

bool hub_is_holder(const hub_message *m, const store_device *d, const ipc_location *l)
{
    return d->reg.worker == m->index && same_location(d, l);
}

typedef struct renewal {
    store_observation list[32];
    size_t count;
} renewal;

static bool take_observation(void *ctx, const store_observation *o)
{
    renewal *r = ctx;
    r->list[r->count++] = *o;
    return r->count < sizeof r->list / sizeof r->list[0];
}

/* A new registration ends the device's observations (LwM2M core 1.1 section 6.4); ours go on. */
static cot_status renew_observations(hub *h, const store_device *d)
{
    renewal r;
    store_id id = 0;
    r.count = 0;
    cot_status s = store_observation_list(h->st, d->id, take_observation, &r);
    for (size_t i = 0; s == COT_OK && i < r.count; i++) {
        store_command_new c = {
            .device = d->id,
            .operation = IPC_OP_OBSERVE,
            .path = r.list[i].path,
            .payload = store_bytes(r.list[i].attributes),
            .origin = STORE_ORIGIN_OBSERVE,
            .now = h->utc,
        };
        s = store_command_add(h->st, &c, &id);
    }
    return s;
}

/* The former registration is over. Said after the answer to the new one: a device that registers again in the same
 * session has no old location then, so this finds nothing; an old session that it left behind ends. */
static void drop_former(hub *h, const hub_message *m, const ipc_register *reg,
                        const store_device *d)
{
    bool same_path = d->reg.worker == m->index && d->reg.address.port == reg->from.port &&
                     cot_bytes_equal((cot_bytes){d->reg.address.ip, sizeof reg->from.ip},
                                     (cot_bytes){reg->from.ip, sizeof reg->from.ip});
    if (d->registered)
        hub_drop(h, d, !same_path);
}

static cot_status accept(hub *h, const hub_message *m, const ipc_register *reg, store_device *d)
{
    store_registration row = {
        .location = reg->location,
        .device = d->id,
        .worker = m->index,
        .mode = reg->mode,
        .credential = (store_id)reg->credential,
        .address = reg->from,
        .lifetime = reg->lifetime,
        .version = reg->version,
        .binding = reg->binding,
        .links = reg->links,
        .probe = 1,
        .now = h->utc,
    };
    const store_device former = *d;
    hub_reads_device_lost(h, d->id);
    cot_status s = hub_command_lost(h, d->id);
    if (s == COT_OK)
        s = store_register(h->st, &row);
    if (s == COT_OK)
        s = renew_observations(h, d);
    if (s == COT_OK)
        s = store_device_by_id(h->st, d->id, d);
    if (s != COT_OK)
        return s;
    answer(h, m, reg->id, CREATED);
    drop_former(h, m, reg, &former);
    event(h, "registered", d);
    s = hub_command_next(h, d);
    return s == COT_OK ? hub_probe(h, d) : s;
}

cot_status hub_on_register(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_register reg;
    store_device d;
    ipc_reason reason = IPC_REASON_PROTOCOL;
    cot_status s = ipc_get_register(r, &reg);
    if (s != COT_OK)
        return s;
    s = identify(h, &reg, &d, &reason);
    if (s == COT_E_DENIED)
        return refuse(h, m, &reg, reason);
    if (s != COT_OK)
        return s;
    if (same_location(&d, &reg.location)) /* asked again after a restart: it is done */
        return answer(h, m, reg.id, CREATED), COT_OK;
    return accept(h, m, &reg, &d);
}

cot_status hub_on_update(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_update u;
    store_device d;
    cot_status s = ipc_get_update(r, &u);
    if (s != COT_OK)
        return s;
    s = store_registration_update(h->st, m->index, &u, h->utc);
    if (s == COT_E_NOT_FOUND)
        return answer(h, m, u.id, NOT_FOUND), COT_OK;
    if (s == COT_OK)
        s = store_device_by_location(h->st, &u.location, &d);
    if (s != COT_OK)
        return s;
    answer(h, m, u.id, CHANGED);
    event(h, "updated", &d);
    return hub_command_next(h, &d);
}

static cot_status remove_registration(hub *h, const ipc_location *l, const char *name,
                                      store_id *device)
{
    store_device d;
    cot_status s = store_device_by_location(h->st, l, &d);
    if (s == COT_OK)
        s = store_registration_remove(h->st, l);
    if (s != COT_OK)
        return s;
    *device = d.id;
    hub_reads_device_lost(h, d.id);
    event(h, name, &d);
    return COT_OK;
}

static cot_status end_registration(hub *h, const ipc_location *l, const char *name)
{
    store_id device = 0;
    cot_status s = remove_registration(h, l, name, &device);
    if (s == COT_OK)
        s = hub_command_lost(h, device);
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}

static cot_status end(hub *h, const hub_message *m, const ipc_location *l, const char *name)
{
    store_device d;
    if (store_device_by_location(h->st, l, &d) == COT_OK && !hub_is_holder(m, &d, l))
        return COT_OK;
    return end_registration(h, l, name);
}

cot_status hub_registration_gone(hub *h, const ipc_location *l)
{
    store_id device = 0;
    cot_status s = remove_registration(h, l, "expired", &device);
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}

cot_status hub_on_deregister(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_deregister d;
    cot_status s = ipc_get_deregister(r, &d);
    if (s == COT_OK)
        s = end(h, m, &d.location, "deregistered");
    if (s == COT_OK)
        answer(h, m, d.id, DELETED);
    return s;
}

cot_status hub_on_expired(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_expired e;
    cot_status s = ipc_get_expired(r, &e);
    return s == COT_OK ? end(h, m, &e.location, "expired") : s;
}

/* ---- by time ---- */

/* Its worker has not refreshed it for a lifetime: its word that it expired was lost with one of us. A clock that stepped
 * is believed again after a lifetime; a hub that was away waits for one too, but not longer than HUB_STALE_WAIT: workers tell
 * within seconds what was refreshed meanwhile. */
static bool is_stale(const hub *h, const store_stale *r)
{
    store_ms lifetime = (store_ms)r->lifetime * 1000 + HUB_STALE_GRACE;
    store_ms wait = lifetime < HUB_STALE_WAIT ? lifetime : HUB_STALE_WAIT;
    return h->utc - r->seen_at > lifetime && (store_ms)(h->now - h->started) > wait &&
           (h->stepped_at == 0 || (store_ms)(h->now - h->stepped_at) > lifetime);
}

static void watch_clock(hub *h)
{
    store_ms offset = h->utc - (store_ms)h->now;
    store_ms moved = offset - h->clock_offset;
    if (moved > HUB_CLOCK_STEP || moved < -HUB_CLOCK_STEP)
        h->stepped_at = h->now;
    h->clock_offset = offset;
}

cot_status hub_registrations_stale(hub *h)
{
    store_stale rows[HUB_STALE_BATCH];
    size_t count = 0;
    store_device d;
    watch_clock(h);
    cot_status s = store_registration_page(h->st, &h->stale_after, rows, HUB_STALE_BATCH, &count);
    for (size_t i = 0; s == COT_OK && i < count; i++) {
        h->stale_after = rows[i].location;
        if (!is_stale(h, &rows[i]))
            continue;
        s = store_device_by_location(h->st, &rows[i].location, &d);
        if (s == COT_OK)
            hub_drop(h, &d, false);
        if (s == COT_OK)
            s = end_registration(h, &rows[i].location, "expired");
    }
    if (count < HUB_STALE_BATCH)
        h->stale_after = (ipc_location){{0}}; /* from the beginning again */
    return s;
}

cot_status hub_start(hub *h)
{
    bool other = false;
    cot_status s = store_boot(h->st, h->config.boot_id, &other);
    if (s == COT_OK && other)
        s = hub_command_all_lost(h);
    return s == COT_OK ? store_registration_remove_above(h->st, h->config.workers) : s;
}

/* ---- refreshes ---- */

/* A worker holds a registration that is not known here: it is to forget it. */
static void drop_unknown(hub *h, uint8_t worker, const ipc_location *l)
{
    ipc_put_drop(hub_begin(h, IPC_NET, worker, IPC_DROP), &(ipc_drop){*l, 0});
    hub_end(h, -1);
}

/* The loop gathers refreshes for up to 5 s: the body is a run of them, each after its worker's number. */
cot_status hub_on_refresh(hub *h, const hub_message *m, cot_reader *r)
{
    cot_status s = COT_OK;
    (void)m;
    while (s == COT_OK && cot_reader_left(r) > 0) {
        ipc_refresh refresh;
        cot_reader in;
        uint8_t worker = cot_read_u8(r);
        cot_bytes one = cot_read_bytes(r, HUB_REFRESH_SIZE - 1);
        cot_reader_init(&in, one.p, one.len);
        s = ipc_get_refresh(&in, &refresh);
        if (s == COT_OK)
            s = store_registration_refresh(h->st, worker, &refresh, h->utc);
        if (s == COT_E_NOT_FOUND) {
            drop_unknown(h, worker, &refresh.location);
            s = COT_OK;
        }
    }
    return s;
}
