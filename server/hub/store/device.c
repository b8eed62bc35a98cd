/* SPDX-License-Identifier: Apache-2.0 */
/* Devices and their credentials. */
#include "server/hub/store/device.h"

#include "server/hub/store/query.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "SELECT d.id, d.endpoint, d.mode, c.id, c.identity, d.grp, g.name, d.version, d.sequence,"     \
    " d.created_at, d.seen_at, r.location, r.worker, r.mode, r.ip, r.port, r.lifetime, r.version," \
    " r.binding, r.registered_at, r.seen_at, r.probe FROM devices d"                               \
    " LEFT JOIN credentials c ON c.device = d.id LEFT JOIN groups g ON g.id = d.grp"               \
    " LEFT JOIN registrations r ON r.device = d.id "

static void take_device(query *q, store_device *d)
{
    d->id = query_col_int(q, 0);
    query_col_chars(q, 1, d->endpoint, sizeof d->endpoint);
    d->mode = (uint8_t)query_col_int(q, 2);
    d->credential = query_col_int(q, 3);
    query_col_chars(q, 4, d->identity, sizeof d->identity);
    d->group = query_col_int(q, 5);
    query_col_chars(q, 6, d->group_name, sizeof d->group_name);
    query_col_chars(q, 7, d->version, sizeof d->version);
    d->sequence = query_col_null(q, 8) ? -1 : query_col_int(q, 8);
    d->created_at = query_col_int(q, 9);
    d->seen_at = query_col_int(q, 10);
    d->registered = !query_col_null(q, 11);
    if (!d->registered)
        return;
    query_col_copy(q, 11, d->reg.location.b, sizeof d->reg.location.b);
    d->reg.worker = (uint8_t)query_col_int(q, 12);
    d->reg.mode = (uint8_t)query_col_int(q, 13);
    query_col_copy(q, 14, d->reg.address.ip, sizeof d->reg.address.ip);
    d->reg.address.port = (uint16_t)query_col_int(q, 15);
    d->reg.lifetime = (uint32_t)query_col_int(q, 16);
    d->reg.version = (uint8_t)query_col_int(q, 17);
    query_col_chars(q, 18, d->reg.binding, sizeof d->reg.binding);
    d->reg.registered_at = query_col_int(q, 19);
    d->seen_at = query_col_int(q, 20);
    d->reg.probe = (uint8_t)query_col_int(q, 21);
}

static cot_status add_credential(store *s, store_id device, const store_device_new *d)
{
    query q;
    if (d->mode == IPC_NOSEC)
        return COT_OK;
    query_begin(
        &q, s,
        "INSERT INTO credentials(device, mode, identity, digest, sealed) VALUES(?, ?, ?, ?, ?)");
    query_int(&q, device);
    query_int(&q, d->mode);
    query_text(&q, d->identity);
    query_blob(&q, d->digest.p, d->digest.len);
    query_blob(&q, d->sealed.p, d->sealed.len);
    return query_run(&q);
}

cot_status store_device_add(store *s, const store_device_new *d, store_id *id)
{
    query q;
    query_begin(&q, s,
                "INSERT INTO devices(endpoint, mode, grp, mid, created_at) VALUES(?, ?, ?, ?, ?)");
    query_text(&q, d->endpoint);
    query_int(&q, d->mode);
    if (d->group == 0)
        query_null(&q);
    else
        query_int(&q, d->group);
    query_int(&q, d->mid);
    query_int(&q, d->now);
    cot_status status = query_run(&q);
    *id = sqlite3_last_insert_rowid(s->db);
    return status == COT_OK ? add_credential(s, *id, d) : status;
}

static cot_status one_device(query *q, store_device *out)
{
    bool found = query_row(q);
    if (found)
        take_device(q, out);
    return query_one(q, found);
}

cot_status store_device_get(store *s, cot_bytes endpoint, store_device *out)
{
    query q;
    query_begin(&q, s, COLUMNS "WHERE d.endpoint = ?");
    query_text(&q, endpoint);
    return one_device(&q, out);
}

cot_status store_device_by_id(store *s, store_id id, store_device *out)
{
    query q;
    query_begin(&q, s, COLUMNS "WHERE d.id = ?");
    query_int(&q, id);
    return one_device(&q, out);
}

cot_status store_device_by_location(store *s, const ipc_location *l, store_device *out)
{
    query q;
    query_begin(&q, s,
                COLUMNS "WHERE d.id = (SELECT device FROM registrations WHERE location = ?)");
    query_blob(&q, l->b, sizeof l->b);
    return one_device(&q, out);
}

cot_status store_device_set_group(store *s, store_id id, store_id group)
{
    query q;
    query_begin(&q, s, "UPDATE devices SET grp = ? WHERE id = ?");
    if (group == 0)
        query_null(&q);
    else
        query_int(&q, group);
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_device_set_version(store *s, store_id id, cot_bytes version)
{
    query q;
    query_begin(&q, s, "UPDATE devices SET version = ? WHERE id = ?");
    query_text(&q, version);
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_device_set_sequence(store *s, store_id id, int64_t sequence)
{
    query q;
    query_begin(&q, s, "UPDATE devices SET sequence = ? WHERE id = ?");
    query_int(&q, sequence);
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_device_remove(store *s, store_id id)
{
    query q;
    query_begin(&q, s, "DELETE FROM devices WHERE id = ?");
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_device_next_mid(store *s, store_id id, uint16_t *mid)
{
    query q;
    query_begin(&q, s,
                "UPDATE devices SET mid = 32768 + (mid + 1) % 32768 WHERE id = ? RETURNING mid");
    query_int(&q, id);
    bool found = query_row(&q);
    *mid = found ? (uint16_t)query_col_int(&q, 0) : 0;
    while (found && query_row(&q))
        ;
    return query_one(&q, found);
}

static bool starts_with(const char *endpoint, cot_bytes prefix)
{
    size_t n = strlen(endpoint);
    return n >= prefix.len && (prefix.len == 0 || memcmp(endpoint, prefix.p, prefix.len) == 0);
}

cot_status store_device_list(store *s, const store_device_filter *f, store_device_row *row,
                             void *ctx)
{
    static const char all[] =
        COLUMNS "WHERE d.endpoint > ?1 AND d.endpoint >= ?2"
                " AND (?3 = 0 OR (?3 = 1) = (r.location IS NOT NULL)) ORDER BY d.endpoint";
    static const char in_group[] = COLUMNS
        "WHERE d.endpoint > ?1 AND d.endpoint >= ?2"
        " AND (?3 = 0 OR (?3 = 1) = (r.location IS NOT NULL)) AND d.grp = ?4 ORDER BY d.endpoint";
    store_device d;
    query q;
    query_begin(&q, s, f->group == 0 ? all : in_group);
    query_text(&q, f->after.p == NULL ? store_bytes("") : f->after);
    query_text(&q, f->prefix.p == NULL ? store_bytes("") : f->prefix);
    query_int(&q, (int64_t)f->registered);
    if (f->group != 0)
        query_int(&q, f->group);
    while (query_row(&q)) {
        take_device(&q, &d);
        if (!starts_with(d.endpoint, f->prefix) || !row(ctx, &d))
            break;
    }
    return query_done(&q);
}

cot_status store_device_sweep(store *s, store_id group, store_id after, store_id *ids, size_t cap,
                              size_t *count)
{
    query q;
    *count = 0;
    query_begin(&q, s, "SELECT id FROM devices WHERE grp = ? AND id > ? ORDER BY id LIMIT ?");
    query_int(&q, group);
    query_int(&q, after);
    query_int(&q, (int64_t)cap);
    while (*count < cap && query_row(&q))
        ids[(*count)++] = query_col_int(&q, 0);
    return query_done(&q);
}

static cot_status one_credential(query *q, store_credential *out)
{
    bool found = query_row(q);
    if (found) {
        out->id = query_col_int(q, 0);
        out->device = query_col_int(q, 1);
        out->mode = (uint8_t)query_col_int(q, 2);
        cot_bytes sealed = query_col_bytes(q, 3);
        out->sealed_len = sealed.len <= sizeof out->sealed ? sealed.len : 0;
        if (out->sealed_len > 0)
            memcpy(out->sealed, sealed.p, out->sealed_len);
    }
    return query_one(q, found);
}

cot_status store_credential_by_identity(store *s, uint8_t mode, cot_bytes identity,
                                        store_credential *out)
{
    query q;
    query_begin(&q, s,
                "SELECT id, device, mode, sealed FROM credentials WHERE identity = ? AND mode = ?");
    query_text(&q, identity);
    query_int(&q, mode);
    return one_credential(&q, out);
}

cot_status store_credential_by_digest(store *s, const uint8_t digest[static 32],
                                      store_credential *out)
{
    query q;
    query_begin(&q, s, "SELECT id, device, mode, sealed FROM credentials WHERE digest = ?");
    query_blob(&q, digest, 32);
    return one_credential(&q, out);
}

cot_status store_credential_covers(store *s, store_id credential, store_id device)
{
    query q;
    query_begin(&q, s, "SELECT 1 FROM credentials WHERE id = ? AND device = ?");
    query_int(&q, credential);
    query_int(&q, device);
    return query_one(&q, query_row(&q));
}
