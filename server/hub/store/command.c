/* SPDX-License-Identifier: Apache-2.0 */
/* The durable command queue: one row a command, its state moved by single statements. */
#include "server/hub/store/command.h"

#include "server/hub/store/path.h"
#include "server/hub/store/query.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "SELECT id, device, operation, path, format, origin, state, code, detail, mid, token,"         \
    " created_at, sent_at, finished_at, again FROM commands "

static void take_command(query *q, store_command *c)
{
    c->id = query_col_int(q, 0);
    c->device = query_col_int(q, 1);
    c->operation = (uint8_t)query_col_int(q, 2);
    c->path = store__path_of_number(query_col_int(q, 3));
    c->format = (uint16_t)query_col_int(q, 4);
    c->origin = (uint8_t)query_col_int(q, 5);
    c->state = (uint8_t)query_col_int(q, 6);
    c->code = (uint8_t)query_col_int(q, 7);
    query_col_chars(q, 8, c->detail, sizeof c->detail);
    c->mid = (uint16_t)query_col_int(q, 9);
    query_col_copy(q, 10, c->token, sizeof c->token);
    c->created_at = query_col_int(q, 11);
    c->sent_at = query_col_int(q, 12);
    c->finished_at = query_col_int(q, 13);
    c->again = query_col_int(q, 14) != 0;
}

static cot_status one_command(query *q, store_command *out)
{
    bool found = query_row(q);
    if (found)
        take_command(q, out);
    return query_one(q, found);
}

cot_status store_command_find(store *s, store_id device, cot_bytes key, store_id *id)
{
    query q;
    *id = 0;
    if (key.len == 0)
        return COT_E_NOT_FOUND;
    query_begin(&q, s, "SELECT id FROM commands WHERE device = ? AND idem = ?");
    query_int(&q, device);
    query_blob(&q, key.p, key.len);
    bool found = query_row(&q);
    *id = found ? query_col_int(&q, 0) : 0;
    return query_one(&q, found);
}

cot_status store_command_add(store *s, const store_command_new *c, store_id *id)
{
    query q;
    *id = 0;
    query_begin(
        &q, s,
        "INSERT INTO commands(device, operation, path, format, payload, origin, state, idem,"
        " created_at) VALUES(?, ?, ?, ?, ?, ?, 0, ?, ?)");
    query_int(&q, c->device);
    query_int(&q, c->operation);
    query_int(&q, store__path_number(&c->path));
    query_int(&q, c->format);
    query_blob(&q, c->payload.p, c->payload.len);
    query_int(&q, c->origin);
    query_blob(&q, c->key.len == 0 ? NULL : c->key.p, c->key.len);
    query_int(&q, c->now);
    cot_status status = query_run(&q);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

cot_status store_command_get(store *s, store_id id, store_command *out)
{
    query q;
    query_begin(&q, s, COLUMNS "WHERE id = ?");
    query_int(&q, id);
    return one_command(&q, out);
}

cot_status store_command_payload(store *s, store_id id, uint8_t *buf, size_t cap, size_t *len)
{
    query q;
    *len = 0;
    query_begin(&q, s, "SELECT payload FROM commands WHERE id = ?");
    query_int(&q, id);
    bool found = query_row(&q);
    if (found) {
        cot_bytes b = query_col_bytes(&q, 0);
        if (b.len > cap)
            return query_done(&q), COT_E_SPACE;
        if (b.len > 0)
            memcpy(buf, b.p, b.len);
        *len = b.len;
    }
    return query_one(&q, found);
}

cot_status store_command_first_open(store *s, store_id device, store_command *out)
{
    query q;
    query_begin(&q, s, COLUMNS "WHERE device = ? AND state IN (0, 1) ORDER BY id LIMIT 1");
    query_int(&q, device);
    return one_command(&q, out);
}

cot_status store_command_count_open(store *s, store_id device, uint64_t *out)
{
    query q;
    query_begin(&q, s, "SELECT count(*) FROM commands WHERE device = ? AND state IN (0, 1)");
    query_int(&q, device);
    *out = query_row(&q) ? (uint64_t)query_col_int(&q, 0) : 0;
    return query_done(&q);
}

cot_status store_command_sent(store *s, store_id id, uint16_t mid, const uint8_t token[static 8],
                              store_ms now)
{
    query q;
    query_begin(
        &q, s,
        "UPDATE commands SET state = 1, mid = ?, token = ?, sent_at = ?, again = 0 WHERE id = ?");
    query_int(&q, mid);
    query_blob(&q, token, 8);
    query_int(&q, now);
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_command_again(store *s, store_id id)
{
    query q;
    query_begin(&q, s, "UPDATE commands SET again = 1 WHERE id = ?");
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_command_requeue(store *s, store_id id)
{
    query q;
    query_begin(
        &q, s,
        "UPDATE commands SET state = 0, mid = NULL, token = NULL, sent_at = NULL WHERE id = ?");
    query_int(&q, id);
    return query_change(&q);
}

static cot_status trim(store *s, store_id device)
{
    query q;
    query_begin(
        &q, s,
        "DELETE FROM commands WHERE device = ?1 AND state > 1 AND id < (SELECT id FROM commands"
        " WHERE device = ?1 AND state > 1 ORDER BY id DESC LIMIT 1 OFFSET ?2)");
    query_int(&q, device);
    query_int(&q, STORE_COMMANDS_KEPT);
    return query_run(&q);
}

cot_status store_command_finish(store *s, const store_command *c, uint8_t state, uint8_t code,
                                cot_bytes detail, store_ms now)
{
    query q;
    query_begin(
        &q, s,
        "UPDATE commands SET state = ?, code = ?, detail = ?, finished_at = ?, payload = NULL"
        " WHERE id = ?");
    query_int(&q, state);
    query_int(&q, code);
    query_text(
        &q, (cot_bytes){detail.p, detail.len > STORE_DETAIL_MAX ? STORE_DETAIL_MAX : detail.len});
    query_int(&q, now);
    query_int(&q, c->id);
    cot_status status = query_change(&q);
    return status == COT_OK ? trim(s, c->device) : status;
}

cot_status store_command_withdraw(store *s, store_id device, uint8_t origin, store_ms now)
{
    query q;
    query_begin(&q, s,
                "UPDATE commands SET state = 6, finished_at = ?, payload = NULL"
                " WHERE device = ? AND state = 0 AND origin = ?");
    query_int(&q, now);
    query_int(&q, device);
    query_int(&q, origin);
    return query_run(&q);
}

cot_status store_command_list(store *s, store_id device, store_id before, store_command_row *row,
                              void *ctx)
{
    store_command c;
    query q;
    query_begin(&q, s, COLUMNS "WHERE device = ? AND id < ? ORDER BY id DESC");
    query_int(&q, device);
    query_int(&q, before == 0 ? INT64_MAX : before);
    while (query_row(&q)) {
        take_command(&q, &c);
        if (!row(ctx, &c))
            break;
    }
    return query_done(&q);
}

static cot_status take_ids(query *q, store_id *ids, size_t cap, size_t *count)
{
    *count = 0;
    while (*count < cap && query_row(q))
        ids[(*count)++] = query_col_int(q, 0);
    return query_done(q);
}

cot_status store_command_ids_sent(store *s, uint8_t worker, store_id after, store_id *ids,
                                  size_t cap, size_t *count)
{
    query q;
    query_begin(&q, s,
                "SELECT c.id FROM commands c INDEXED BY commands_sent"
                " JOIN registrations r ON r.device = c.device"
                " WHERE c.state = 1 AND r.worker = ? AND c.id > ? ORDER BY c.id LIMIT ?");
    query_int(&q, worker);
    query_int(&q, after);
    query_int(&q, (int64_t)cap);
    return take_ids(&q, ids, cap, count);
}

cot_status store_command_ids_overdue(store *s, store_ms before, store_ms now, store_id *ids,
                                     size_t cap, size_t *count)
{
    query q;
    query_begin(
        &q, s, "SELECT id FROM commands WHERE state = 1 AND (sent_at <= ? OR sent_at > ?) LIMIT ?");
    query_int(&q, before);
    query_int(&q, now);
    query_int(&q, (int64_t)cap);
    return take_ids(&q, ids, cap, count);
}
