/* SPDX-License-Identifier: Apache-2.0 */
/* Upgrades: one row a device and release. */
#include "server/hub/store/release.h"

#include "server/hub/store/query.h"

#define COLUMNS                                                                                    \
    "SELECT u.device, d.endpoint, u.release, r.version, r.sequence, u.grp, u.state, u.attempts,"   \
    " u.sent, u.size, u.result, u.detail, u.due_at, u.updated_at, u.offer FROM upgrades u"         \
    " JOIN devices d ON d.id = u.device LEFT JOIN releases r ON r.id = u.release "

static void take_upgrade(query *q, store_upgrade *u)
{
    u->device = query_col_int(q, 0);
    query_col_chars(q, 1, u->endpoint, sizeof u->endpoint);
    query_col_copy(q, 2, u->release, STORE_RELEASE_ID);
    query_col_chars(q, 3, u->version, sizeof u->version);
    u->sequence = query_col_int(q, 4);
    u->group = query_col_int(q, 5);
    u->state = (uint8_t)query_col_int(q, 6);
    u->attempts = (uint8_t)query_col_int(q, 7);
    u->sent = (uint64_t)query_col_int(q, 8);
    u->size = (uint64_t)query_col_int(q, 9);
    u->result = query_col_null(q, 10) ? (int16_t)-1 : (int16_t)query_col_int(q, 10);
    query_col_chars(q, 11, u->detail, sizeof u->detail);
    u->due_at = query_col_int(q, 12);
    u->updated_at = query_col_int(q, 13);
    u->offer = query_col_int(q, 14);
}

static cot_status one_upgrade(query *q, store_upgrade *out)
{
    bool found = query_row(q);
    if (found)
        take_upgrade(q, out);
    return query_one(q, found);
}

static void bind_due(query *q, store_ms due_at)
{
    if (due_at == 0)
        query_null(q);
    else
        query_int(q, due_at);
}

cot_status store_upgrade_put(store *s, const store_upgrade *u)
{
    query q;
    query_begin(&q, s,
                "INSERT OR REPLACE INTO upgrades VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_int(&q, u->device);
    query_blob(&q, u->release, STORE_RELEASE_ID);
    query_int(&q, u->group);
    query_int(&q, u->state);
    query_int(&q, u->attempts);
    query_int(&q, (int64_t)u->sent);
    query_int(&q, (int64_t)u->size);
    if (u->result < 0)
        query_null(&q);
    else
        query_int(&q, u->result);
    query_chars(&q, u->detail);
    bind_due(&q, u->due_at);
    query_int(&q, u->updated_at);
    query_int(&q, u->offer);
    return query_run(&q);
}

cot_status store_upgrade_get(store *s, store_id device,
                             const uint8_t release[static STORE_RELEASE_ID], store_upgrade *out)
{
    query q;
    query_begin(&q, s, COLUMNS "WHERE u.device = ? AND u.release = ?");
    query_int(&q, device);
    query_blob(&q, release, STORE_RELEASE_ID);
    return one_upgrade(&q, out);
}

cot_status store_upgrade_active(store *s, store_id device, store_upgrade *out)
{
    query q;
    query_begin(&q, s, COLUMNS "WHERE u.device = ? AND u.state BETWEEN 1 AND 4 LIMIT 1");
    query_int(&q, device);
    return one_upgrade(&q, out);
}

cot_status store_upgrade_superseded(store *s, store_id device,
                                    const uint8_t release[static STORE_RELEASE_ID],
                                    store_upgrade *out)
{
    query q;
    query_begin(&q, s,
                COLUMNS
                "WHERE u.device = ? AND u.release <> ? AND u.state IN (0, 1, 2, 3, 7) LIMIT 1");
    query_int(&q, device);
    query_blob(&q, release, STORE_RELEASE_ID);
    return one_upgrade(&q, out);
}

cot_status store_upgrade_count_active(store *s, store_id group, uint64_t *out)
{
    query q;
    query_begin(&q, s, "SELECT count(*) FROM upgrades WHERE grp = ? AND state BETWEEN 1 AND 4");
    query_int(&q, group);
    *out = query_row(&q) ? (uint64_t)query_col_int(&q, 0) : 0;
    return query_done(&q);
}

cot_status store_upgrade_progress(store *s, store_id device,
                                  const uint8_t release[static STORE_RELEASE_ID], uint64_t sent,
                                  uint64_t size, store_ms due_at, store_ms now)
{
    query q;
    query_begin(&q, s,
                "UPDATE upgrades SET state = 2, sent = ?, size = ?, due_at = ?, updated_at = ?"
                " WHERE device = ? AND release = ? AND state IN (1, 2)");
    query_int(&q, (int64_t)sent);
    query_int(&q, (int64_t)size);
    bind_due(&q, due_at);
    query_int(&q, now);
    query_int(&q, device);
    query_blob(&q, release, STORE_RELEASE_ID);
    return query_change(&q);
}

cot_status store_upgrade_list(store *s, const store_upgrade_filter *f, store_upgrade_row *row,
                              void *ctx)
{
    static const char all[] = COLUMNS "WHERE (u.device, u.release) > (?1, ?2)"
                                      " AND (?3 < 0 OR u.state = ?3) ORDER BY u.device, u.release";
    static const char in_group[] =
        COLUMNS "WHERE (u.device, u.release) > (?1, ?2) AND (?3 < 0 OR u.state = ?3)"
                " AND u.grp = ?4 ORDER BY u.device, u.release";
    store_upgrade u;
    query q;
    query_begin(&q, s, f->group == 0 ? all : in_group);
    query_int(&q, f->after_device);
    query_blob(&q, f->after_release, STORE_RELEASE_ID);
    query_int(&q, f->state);
    if (f->group != 0)
        query_int(&q, f->group);
    while (query_row(&q)) {
        take_upgrade(&q, &u);
        if (!row(ctx, &u))
            break;
    }
    return query_done(&q);
}

static cot_status take_keys(query *q, store_upgrade_key *keys, size_t cap, size_t *count)
{
    *count = 0;
    while (*count < cap && query_row(q)) {
        keys[*count].device = query_col_int(q, 0);
        query_col_copy(q, 1, keys[*count].release, STORE_RELEASE_ID);
        (*count)++;
    }
    return query_done(q);
}

cot_status store_upgrade_overdue(store *s, store_ms now, store_upgrade_key *keys, size_t cap,
                                 size_t *count)
{
    query q;
    query_begin(&q, s,
                "SELECT device, release FROM upgrades WHERE due_at <= ? AND due_at IS NOT NULL"
                " AND state BETWEEN 1 AND 4 ORDER BY due_at LIMIT ?");
    query_int(&q, now);
    query_int(&q, (int64_t)cap);
    return take_keys(&q, keys, cap, count);
}

cot_status store_upgrade_waiting(store *s, store_id group, store_ms now, store_upgrade_key *keys,
                                 size_t cap, size_t *count)
{
    query q;
    query_begin(
        &q, s,
        "SELECT u.device, u.release FROM upgrades u JOIN registrations r ON r.device = u.device"
        " WHERE u.grp = ? AND u.state = 0 AND (u.due_at IS NULL OR u.due_at <= ?) LIMIT ?");
    query_int(&q, group);
    query_int(&q, now);
    query_int(&q, (int64_t)cap);
    return take_keys(&q, keys, cap, count);
}

cot_status store_upgrade_running(store *s, store_id group, store_id after, store_upgrade_key *keys,
                                 size_t cap, size_t *count)
{
    query q;
    query_begin(&q, s,
                "SELECT device, release FROM upgrades WHERE grp = ? AND state BETWEEN 1 AND 4"
                " AND device > ? ORDER BY device LIMIT ?");
    query_int(&q, group);
    query_int(&q, after);
    query_int(&q, (int64_t)cap);
    return take_keys(&q, keys, cap, count);
}

cot_status store_upgrade_stop(store *s, store_id group, store_ms now)
{
    query q;
    query_begin(&q, s,
                "UPDATE upgrades SET state = 7, due_at = NULL, updated_at = ?, detail = 'stopped'"
                " WHERE grp = ? AND state < 5");
    query_int(&q, now);
    query_int(&q, group);
    return query_run(&q);
}

cot_status store_upgrade_start(store *s, store_id group, store_ms now)
{
    query q;
    query_begin(&q, s,
                "UPDATE upgrades SET state = 0, due_at = ?1, updated_at = ?1, detail = ''"
                " WHERE grp = ?2 AND state = 7");
    query_int(&q, now);
    query_int(&q, group);
    return query_run(&q);
}
