/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and releases. */
#include "server/hub/store/release.h"

#include "server/hub/store/query.h"

#include <string.h>

#define GROUP                                                                                      \
    "SELECT id, name, vendor, class, policy, parallel, release, key, stopped, sweep, devices,"     \
    " created_at FROM groups "

static void take_group(query *q, store_group *g)
{
    g->id = query_col_int(q, 0);
    query_col_chars(q, 1, g->name, sizeof g->name);
    query_col_copy(q, 2, g->vendor, STORE_UUID);
    query_col_copy(q, 3, g->class_id, STORE_UUID);
    g->policy = (uint8_t)query_col_int(q, 4);
    g->parallel = (uint32_t)query_col_int(q, 5);
    g->has_release = !query_col_null(q, 6);
    query_col_copy(q, 6, g->release, STORE_RELEASE_ID);
    cot_bytes key = query_col_bytes(q, 7);
    g->key_len = key.len <= sizeof g->key ? key.len : 0;
    query_col_copy(q, 7, g->key, g->key_len);
    g->stopped = query_col_int(q, 8) != 0;
    g->sweeping = !query_col_null(q, 9);
    g->sweep = query_col_int(q, 9);
    g->devices = (uint64_t)query_col_int(q, 10);
    g->created_at = query_col_int(q, 11);
}

static cot_status one_group(query *q, store_group *out)
{
    bool found = query_row(q);
    if (found)
        take_group(q, out);
    return query_one(q, found);
}

/* The columns that an edit may change, in this order. */
static void bind_group(query *q, const store_group *g)
{
    query_blob(q, g->vendor, STORE_UUID);
    query_blob(q, g->class_id, STORE_UUID);
    query_int(q, g->policy);
    query_int(q, g->parallel);
    query_blob(q, g->has_release ? g->release : NULL, STORE_RELEASE_ID);
    query_blob(q, g->key_len == 0 ? NULL : g->key, g->key_len);
    query_int(q, g->stopped);
}

cot_status store_group_add(store *s, const store_group *g, store_id *id)
{
    query q;
    query_begin(&q, s,
                "INSERT INTO groups(vendor, class, policy, parallel, release, key, stopped, name,"
                " created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_group(&q, g);
    query_chars(&q, g->name);
    query_int(&q, g->created_at);
    cot_status status = query_run(&q);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

cot_status store_group_get(store *s, cot_bytes name, store_group *out)
{
    query q;
    query_begin(&q, s, GROUP "WHERE name = ?");
    query_text(&q, name);
    return one_group(&q, out);
}

cot_status store_group_by_id(store *s, store_id id, store_group *out)
{
    query q;
    query_begin(&q, s, GROUP "WHERE id = ?");
    query_int(&q, id);
    return one_group(&q, out);
}

cot_status store_group_edit(store *s, const store_group *g)
{
    query q;
    query_begin(
        &q, s,
        "UPDATE groups SET vendor = ?, class = ?, policy = ?, parallel = ?, release = ?, key = ?,"
        " stopped = ?, sweep = 0 WHERE id = ?");
    bind_group(&q, g);
    query_int(&q, g->id);
    return query_change(&q);
}

cot_status store_group_remove(store *s, store_id id)
{
    query q;
    query_begin(&q, s, "DELETE FROM groups WHERE id = ?");
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_group_sweep(store *s, store_id id, bool more, store_id at)
{
    query q;
    query_begin(&q, s, "UPDATE groups SET sweep = ? WHERE id = ?");
    if (more)
        query_int(&q, at);
    else
        query_null(&q);
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_group_list(store *s, cot_bytes after, store_group_row *row, void *ctx)
{
    store_group g;
    query q;
    query_begin(&q, s, GROUP "WHERE name > ? ORDER BY name");
    query_text(&q, after.p == NULL ? store_bytes("") : after);
    while (query_row(&q)) {
        take_group(&q, &g);
        if (!row(ctx, &g))
            break;
    }
    return query_done(&q);
}

cot_status store_group_next_sweep(store *s, store_group *out)
{
    query q;
    query_begin(&q, s, GROUP "WHERE sweep IS NOT NULL LIMIT 1");
    return one_group(&q, out);
}

#define RELEASE                                                                                    \
    "SELECT r.seq, r.id, r.version, r.grp, g.name, r.vendor, r.class, r.sequence, r.size, "        \
    "r.digest,"                                                                                    \
    " r.state, r.created_at, length(r.envelope) FROM releases r LEFT JOIN groups g ON g.id = "     \
    "r.grp "

static void take_release(query *q, store_release *r)
{
    r->seq = query_col_int(q, 0);
    query_col_copy(q, 1, r->id, STORE_RELEASE_ID);
    query_col_chars(q, 2, r->version, sizeof r->version);
    r->group = query_col_int(q, 3);
    query_col_chars(q, 4, r->group_name, sizeof r->group_name);
    query_col_copy(q, 5, r->vendor, STORE_UUID);
    query_col_copy(q, 6, r->class_id, STORE_UUID);
    r->sequence = query_col_int(q, 7);
    r->size = query_col_int(q, 8);
    query_col_copy(q, 9, r->digest, sizeof r->digest);
    r->state = (uint8_t)query_col_int(q, 10);
    r->created_at = query_col_int(q, 11);
    r->envelope_size = query_col_int(q, 12);
}

static cot_status one_release(query *q, store_release *out)
{
    bool found = query_row(q);
    if (found)
        take_release(q, out);
    return query_one(q, found);
}

cot_status store_release_add(store *s, const store_release *r, cot_bytes envelope)
{
    query q;
    query_begin(
        &q, s,
        "INSERT INTO releases(id, version, grp, vendor, class, sequence, size, digest, created_at,"
        " envelope) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_blob(&q, r->id, STORE_RELEASE_ID);
    query_chars(&q, r->version);
    if (r->group == 0)
        query_null(&q);
    else
        query_int(&q, r->group);
    query_blob(&q, r->vendor, STORE_UUID);
    query_blob(&q, r->class_id, STORE_UUID);
    query_int(&q, r->sequence);
    query_int(&q, r->size);
    query_blob(&q, r->digest, sizeof r->digest);
    query_int(&q, r->created_at);
    query_blob(&q, envelope.p, envelope.len);
    return query_run(&q);
}

cot_status store_release_get(store *s, const uint8_t id[static STORE_RELEASE_ID],
                             store_release *out)
{
    query q;
    query_begin(&q, s, RELEASE "WHERE r.id = ?");
    query_blob(&q, id, STORE_RELEASE_ID);
    return one_release(&q, out);
}

cot_status store_release_newest(store *s, const uint8_t vendor[static STORE_UUID],
                                const uint8_t class_id[static STORE_UUID], store_release *out)
{
    query q;
    query_begin(&q, s,
                RELEASE "WHERE r.class = ? AND r.vendor = ? AND r.state = 0"
                        " ORDER BY r.sequence DESC, r.seq DESC LIMIT 1");
    query_blob(&q, class_id, STORE_UUID);
    query_blob(&q, vendor, STORE_UUID);
    return one_release(&q, out);
}

cot_status store_release_of_version(store *s, const uint8_t vendor[static STORE_UUID],
                                    const uint8_t class_id[static STORE_UUID], cot_bytes version,
                                    store_release *out)
{
    query q;
    query_begin(&q, s,
                RELEASE "WHERE r.class = ? AND r.vendor = ? AND r.version = ?"
                        " ORDER BY r.sequence DESC LIMIT 1");
    query_blob(&q, class_id, STORE_UUID);
    query_blob(&q, vendor, STORE_UUID);
    query_text(&q, version);
    return one_release(&q, out);
}

cot_status store_release_withdraw(store *s, const uint8_t id[static STORE_RELEASE_ID])
{
    query q;
    query_begin(&q, s, "UPDATE releases SET state = 1 WHERE id = ?");
    query_blob(&q, id, STORE_RELEASE_ID);
    return query_change(&q);
}

cot_status store_release_list(store *s, store_id before, store_release_row *row, void *ctx)
{
    store_release r;
    query q;
    query_begin(&q, s, RELEASE "WHERE r.seq < ? ORDER BY r.seq DESC");
    query_int(&q, before == 0 ? INT64_MAX : before);
    while (query_row(&q)) {
        take_release(&q, &r);
        if (!row(ctx, &r))
            break;
    }
    return query_done(&q);
}

cot_status store_release_read(store *s, store_id seq, uint64_t at, void *out, size_t len)
{
    sqlite3_blob *blob = NULL;
    cot_status status = COT_E_IO;
    if (sqlite3_blob_open(s->db, "main", "releases", "envelope", seq, 0, &blob) == SQLITE_OK &&
        at + len <= (uint64_t)sqlite3_blob_bytes(blob) && len <= INT32_MAX &&
        sqlite3_blob_read(blob, out, (int)len, (int)at) == SQLITE_OK)
        status = COT_OK;
    sqlite3_blob_close(blob);
    return status;
}
