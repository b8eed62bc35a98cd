/* SPDX-License-Identifier: Apache-2.0 */
/* Live registrations: one a device at most, found by their location. */
#include "server/hub/store/device.h"

#include "server/hub/store/query.h"

#include <string.h>

static cot_status put_links(store *s, store_id device, cot_bytes links)
{
    query q;
    query_begin(&q, s, "INSERT OR REPLACE INTO links VALUES(?, ?)");
    query_int(&q, device);
    query_blob(&q, links.len == 0 ? (const uint8_t *)"" : links.p, links.len);
    return query_run(&q);
}

static cot_status remove_of_device(store *s, store_id device)
{
    query q;
    query_begin(&q, s, "DELETE FROM registrations WHERE device = ?");
    query_int(&q, device);
    return query_run(&q);
}

cot_status store_register(store *s, const store_registration *r)
{
    query q;
    cot_status status = remove_of_device(s, r->device);
    if (status != COT_OK)
        return status;
    query_begin(
        &q, s,
        "INSERT INTO registrations(location, device, worker, mode, credential, ip, port, lifetime,"
        " version, binding, registered_at, seen_at, probe, probe_at)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?11)");
    query_blob(&q, r->location.b, sizeof r->location.b);
    query_int(&q, r->device);
    query_int(&q, r->worker);
    query_int(&q, r->mode);
    query_int(&q, r->credential);
    query_blob(&q, r->address.ip, sizeof r->address.ip);
    query_int(&q, r->address.port);
    query_int(&q, r->lifetime);
    query_int(&q, r->version);
    query_text(&q, r->binding.p == NULL ? store_bytes("") : r->binding);
    query_int(&q, r->now);
    query_int(&q, r->probe);
    status = query_run(&q);
    return status == COT_OK ? put_links(s, r->device, r->links) : status;
}

cot_status store_registration_update(store *s, uint8_t worker, const ipc_update *u, store_ms now)
{
    query q;
    query_begin(
        &q, s,
        "UPDATE registrations SET ip = ?2, port = ?3, lifetime = ?4, seen_at = ?5,"
        " binding = coalesce(?6, binding) WHERE location = ?1 AND worker = ?7 RETURNING device");
    query_blob(&q, u->location.b, sizeof u->location.b);
    query_blob(&q, u->from.ip, sizeof u->from.ip);
    query_int(&q, u->from.port);
    query_int(&q, u->lifetime);
    query_int(&q, now);
    query_text(&q, u->has_binding ? u->binding : (cot_bytes){NULL, 0});
    query_int(&q, worker);
    bool found = query_row(&q);
    store_id device = found ? query_col_int(&q, 0) : 0;
    while (found && query_row(&q))
        ;
    cot_status status = query_one(&q, found);
    return status == COT_OK && u->has_links ? put_links(s, device, u->links) : status;
}

cot_status store_registration_refresh(store *s, uint8_t worker, const ipc_refresh *r, store_ms now)
{
    query q;
    query_begin(
        &q, s,
        "UPDATE registrations SET ip = ?, port = ?, seen_at = ? WHERE location = ? AND worker = ?");
    query_blob(&q, r->from.ip, sizeof r->from.ip);
    query_int(&q, r->from.port);
    query_int(&q, now);
    query_blob(&q, r->location.b, sizeof r->location.b);
    query_int(&q, worker);
    return query_change(&q);
}

cot_status store_registration_seen(store *s, const ipc_location *l, store_ms now)
{
    query q;
    query_begin(&q, s, "UPDATE registrations SET seen_at = ? WHERE location = ?");
    query_int(&q, now);
    query_blob(&q, l->b, sizeof l->b);
    return query_run(&q);
}

cot_status store_registration_remove(store *s, const ipc_location *l)
{
    query q;
    query_begin(&q, s, "DELETE FROM registrations WHERE location = ?");
    query_blob(&q, l->b, sizeof l->b);
    return query_change(&q);
}

cot_status store_registration_remove_worker(store *s, uint8_t worker)
{
    query q;
    query_begin(&q, s, "DELETE FROM registrations WHERE worker = ?");
    query_int(&q, worker);
    return query_run(&q);
}

cot_status store_registration_remove_above(store *s, uint8_t workers)
{
    query q;
    query_begin(&q, s, "DELETE FROM registrations WHERE worker >= ?");
    query_int(&q, workers);
    return query_run(&q);
}

cot_status store_registration_page(store *s, const ipc_location *after, store_stale *rows,
                                   size_t cap, size_t *count)
{
    query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT location, lifetime, seen_at FROM registrations WHERE location > ?"
                " ORDER BY location LIMIT ?");
    query_blob(&q, after->b, sizeof after->b);
    query_int(&q, (int64_t)cap);
    while (*count < cap && query_row(&q)) {
        store_stale *row = &rows[(*count)++];
        query_col_copy(&q, 0, row->location.b, sizeof row->location.b);
        row->lifetime = (uint32_t)query_col_int(&q, 1);
        row->seen_at = query_col_int(&q, 2);
    }
    return query_done(&q);
}

cot_status store_registration_probe(store *s, const ipc_location *l, uint8_t probe, store_ms at)
{
    query q;
    query_begin(&q, s, "UPDATE registrations SET probe = ?, probe_at = ? WHERE location = ?");
    query_int(&q, probe);
    query_int(&q, at);
    query_blob(&q, l->b, sizeof l->b);
    return query_change(&q);
}

cot_status store_registration_due(store *s, store_ms now, store_id *ids, size_t cap, size_t *count)
{
    query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT device FROM registrations WHERE probe > 0 AND probe_at <= ? ORDER BY "
                "probe_at LIMIT ?");
    query_int(&q, now);
    query_int(&q, (int64_t)cap);
    while (*count < cap && query_row(&q))
        ids[(*count)++] = query_col_int(&q, 0);
    return query_done(&q);
}

cot_status store_links(store *s, store_id device, uint8_t *out, size_t cap, size_t *len)
{
    query q;
    *len = 0;
    query_begin(&q, s, "SELECT links FROM links WHERE device = ?");
    query_int(&q, device);
    bool found = query_row(&q);
    if (found) {
        cot_bytes b = query_col_bytes(&q, 0);
        if (b.len > cap)
            return query_done(&q), COT_E_SPACE;
        if (b.len > 0)
            memcpy(out, b.p, b.len);
        *len = b.len;
    }
    return query_one(&q, found);
}
