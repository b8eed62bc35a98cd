/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, audit log, refusals. */
#include "server/hub/store/token.h"

#include "server/hub/store/query.h"

#define TOKEN "SELECT id, name, role, created_at, expires_at, used_at FROM tokens "

static void take_token(query *q, store_token *t)
{
    t->id = query_col_int(q, 0);
    query_col_chars(q, 1, t->name, sizeof t->name);
    t->role = (uint8_t)query_col_int(q, 2);
    t->created_at = query_col_int(q, 3);
    t->expires_at = query_col_int(q, 4);
    t->used_at = query_col_int(q, 5);
}

static cot_status one_token(query *q, store_token *out)
{
    bool found = query_row(q);
    if (found)
        take_token(q, out);
    return query_one(q, found);
}

cot_status store_token_add(store *s, const store_token *t, const uint8_t hash[static 32],
                           store_id *id)
{
    query q;
    query_begin(
        &q, s,
        "INSERT INTO tokens(name, role, hash, created_at, expires_at) VALUES(?, ?, ?, ?, ?)");
    query_chars(&q, t->name);
    query_int(&q, t->role);
    query_blob(&q, hash, 32);
    query_int(&q, t->created_at);
    if (t->expires_at == 0)
        query_null(&q);
    else
        query_int(&q, t->expires_at);
    cot_status status = query_run(&q);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

cot_status store_token_by_hash(store *s, const uint8_t hash[static 32], store_token *out)
{
    query q;
    query_begin(&q, s, TOKEN "WHERE hash = ?");
    query_blob(&q, hash, 32);
    return one_token(&q, out);
}

cot_status store_token_get(store *s, store_id id, store_token *out)
{
    query q;
    query_begin(&q, s, TOKEN "WHERE id = ?");
    query_int(&q, id);
    return one_token(&q, out);
}

cot_status store_token_used(store *s, store_id id, store_ms now)
{
    query q;
    query_begin(&q, s, "UPDATE tokens SET used_at = ? WHERE id = ?");
    query_int(&q, now);
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_token_remove(store *s, store_id id)
{
    query q;
    query_begin(&q, s, "DELETE FROM tokens WHERE id = ?");
    query_int(&q, id);
    return query_change(&q);
}

cot_status store_token_any_admin(store *s, store_id but, bool *any)
{
    query q;
    query_begin(&q, s,
                "SELECT 1 FROM tokens WHERE role = 3 AND expires_at IS NULL AND id <> ? LIMIT 1");
    query_int(&q, but);
    *any = query_row(&q);
    return query_done(&q);
}

cot_status store_token_list(store *s, store_id after, store_token_row *row, void *ctx)
{
    store_token t;
    query q;
    query_begin(&q, s, TOKEN "WHERE id > ? ORDER BY id");
    query_int(&q, after);
    while (query_row(&q)) {
        take_token(&q, &t);
        if (!row(ctx, &t))
            break;
    }
    return query_done(&q);
}

cot_status store_audit_add(store *s, const store_audit *a)
{
    query q;
    query_begin(&q, s,
                "INSERT INTO audit(at, actor, action, subject, detail) VALUES(?, ?, ?, ?, ?)");
    query_int(&q, a->at);
    query_chars(&q, a->actor);
    query_chars(&q, a->action);
    query_chars(&q, a->subject);
    query_chars(&q, a->detail);
    return query_run(&q);
}

cot_status store_audit_list(store *s, store_id before, store_audit_row *row, void *ctx)
{
    store_audit a;
    query q;
    query_begin(
        &q, s,
        "SELECT id, at, actor, action, subject, detail FROM audit WHERE id < ? ORDER BY id DESC");
    query_int(&q, before == 0 ? INT64_MAX : before);
    while (query_row(&q)) {
        a.id = query_col_int(&q, 0);
        a.at = query_col_int(&q, 1);
        query_col_chars(&q, 2, a.actor, sizeof a.actor);
        query_col_chars(&q, 3, a.action, sizeof a.action);
        query_col_chars(&q, 4, a.subject, sizeof a.subject);
        query_col_chars(&q, 5, a.detail, sizeof a.detail);
        if (!row(ctx, &a))
            break;
    }
    return query_done(&q);
}

/* The same refusal a moment ago: move its time. COT_E_NOT_FOUND: it is a new one. */
static cot_status repeat(store *s, const store_refusal *r)
{
    query q;
    query_begin(&q, s,
                "UPDATE refusals SET at = ?1, ip = ?2, port = ?3 WHERE id ="
                " (SELECT max(id) FROM refusals WHERE identity = ?4) AND reason = ?5 AND mode = ?6"
                " AND at > ?1 - ?7");
    query_int(&q, r->at);
    query_blob(&q, r->from.ip, sizeof r->from.ip);
    query_int(&q, r->from.port);
    query_chars(&q, r->identity);
    query_int(&q, r->reason);
    query_int(&q, r->mode);
    query_int(&q, STORE_REFUSAL_QUIET);
    return query_change(&q);
}

static cot_status insert(store *s, const store_refusal *r)
{
    query q;
    query_begin(
        &q, s,
        "INSERT INTO refusals(at, identity, mode, reason, ip, port) VALUES(?, ?, ?, ?, ?, ?)");
    query_int(&q, r->at);
    query_chars(&q, r->identity);
    query_int(&q, r->mode);
    query_int(&q, r->reason);
    query_blob(&q, r->from.ip, sizeof r->from.ip);
    query_int(&q, r->from.port);
    cot_status status = query_run(&q);
    if (status != COT_OK)
        return status;
    query_begin(&q, s, "DELETE FROM refusals WHERE id <= ?");
    query_int(&q, sqlite3_last_insert_rowid(s->db) - STORE_REFUSALS_KEPT);
    return query_run(&q);
}

cot_status store_refusal_add(store *s, const store_refusal *r, bool *is_new)
{
    cot_status status = repeat(s, r);
    *is_new = status == COT_E_NOT_FOUND;
    return *is_new ? insert(s, r) : status;
}

cot_status store_refusal_list(store *s, cot_bytes identity, store_refusal_row *row, void *ctx)
{
    store_refusal r;
    query q;
    query_begin(&q, s,
                "SELECT at, identity, mode, reason, ip, port FROM refusals WHERE identity = ?"
                " ORDER BY id DESC LIMIT 20");
    query_text(&q, identity);
    while (query_row(&q)) {
        r.at = query_col_int(&q, 0);
        query_col_chars(&q, 1, r.identity, sizeof r.identity);
        r.mode = (uint8_t)query_col_int(&q, 2);
        r.reason = (uint8_t)query_col_int(&q, 3);
        query_col_copy(&q, 4, r.from.ip, sizeof r.from.ip);
        r.from.port = (uint16_t)query_col_int(&q, 5);
        if (!row(ctx, &r))
            break;
    }
    return query_done(&q);
}

cot_status store_credential_digest(store *s, store_id device, uint8_t digest[static 32])
{
    query q;
    query_begin(&q, s, "SELECT digest FROM credentials WHERE device = ? AND digest IS NOT NULL");
    query_int(&q, device);
    bool found = query_row(&q);
    if (found)
        query_col_copy(&q, 0, digest, 32);
    return query_one(&q, found);
}
