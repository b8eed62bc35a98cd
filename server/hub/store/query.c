/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements, cached by the address of their text. */
#include "server/hub/store/query.h"

#include <assert.h>
#include <string.h>

static size_t slot_of(const char *sql)
{
    return (size_t)(((uintptr_t)sql * 0x9E3779B97F4A7C15u) >> 40) & (STORE__STATEMENTS - 1);
}

static sqlite3_stmt *prepared(store *s, const char *sql, int *rc)
{
    size_t i = slot_of(sql);
    while (s->cache[i].sql != NULL && s->cache[i].sql != sql)
        i = (i + 1) & (STORE__STATEMENTS - 1);
    if (s->cache[i].sql == NULL) {
        assert(s->cached < STORE__STATEMENTS / 2); /* else the search above might not end */
        *rc =
            sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->cache[i].stmt, NULL);
        if (*rc != SQLITE_OK)
            return NULL;
        s->cache[i].sql = sql;
        s->cached++;
    }
    return s->cache[i].stmt;
}

static int execute(store *s, const char *sql)
{
    int rc = SQLITE_OK;
    sqlite3_stmt *stmt = prepared(s, sql, &rc);
    if (stmt == NULL)
        return rc;
    rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Open what a write needs to be inside of. */
static int open_work(store *s)
{
    int rc = SQLITE_OK;
    if (!s->open_transaction) {
        static const char begin[] = "BEGIN IMMEDIATE";
        rc = execute(s, begin);
        s->open_transaction = rc == SQLITE_OK;
    }
    if (rc == SQLITE_OK && !s->open_work) {
        static const char savepoint[] = "SAVEPOINT work";
        rc = execute(s, savepoint);
        s->open_work = rc == SQLITE_OK;
    }
    return rc;
}

void query_begin(query *q, store *s, const char *sql)
{
    *q = (query){s, NULL, 0, SQLITE_OK};
    q->stmt = prepared(s, sql, &q->rc);
    if (q->stmt != NULL && !sqlite3_stmt_readonly(q->stmt))
        q->rc = open_work(s);
}

static void latch(query *q, int rc)
{
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void query_int(query *q, int64_t v)
{
    if (q->rc == SQLITE_OK)
        latch(q, sqlite3_bind_int64(q->stmt, ++q->bound, v));
}

void query_text(query *q, cot_bytes text)
{
    if (text.p == NULL)
        query_null(q);
    else if (q->rc == SQLITE_OK)
        latch(q, sqlite3_bind_text64(q->stmt, ++q->bound, (const char *)text.p, text.len,
                                     SQLITE_STATIC, SQLITE_UTF8));
}

void query_chars(query *q, const char *text)
{
    query_text(q, store_bytes(text));
}

void query_blob(query *q, const void *p, size_t len)
{
    if (p == NULL)
        query_null(q);
    else if (q->rc == SQLITE_OK)
        latch(q, sqlite3_bind_blob64(q->stmt, ++q->bound, p, len, SQLITE_STATIC));
}

void query_null(query *q)
{
    if (q->rc == SQLITE_OK)
        latch(q, sqlite3_bind_null(q->stmt, ++q->bound));
}

bool query_row(query *q)
{
    if (q->rc != SQLITE_OK)
        return false;
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        latch(q, sqlite3_extended_errcode(q->s->db));
    return false;
}

int64_t query_col_int(query *q, int col)
{
    return sqlite3_column_int64(q->stmt, col);
}

bool query_col_null(query *q, int col)
{
    return sqlite3_column_type(q->stmt, col) == SQLITE_NULL;
}

cot_bytes query_col_bytes(query *q, int col)
{
    const void *p = sqlite3_column_blob(q->stmt, col);
    int n = sqlite3_column_bytes(q->stmt, col);
    return (cot_bytes){p, p == NULL || n < 0 ? 0 : (size_t)n};
}

void query_col_chars(query *q, int col, char *out, size_t cap)
{
    cot_bytes b = query_col_bytes(q, col);
    size_t n = b.len < cap ? b.len : cap - 1;
    if (n > 0)
        memcpy(out, b.p, n);
    out[n] = '\0';
}

void query_col_copy(query *q, int col, void *out, size_t len)
{
    cot_bytes b = query_col_bytes(q, col);
    memset(out, 0, len);
    if (b.len == len && len > 0)
        memcpy(out, b.p, len);
}

/* Extended result codes in their primary class; constraints told apart. */
static cot_status status_of(int rc)
{
    if (rc == SQLITE_OK)
        return COT_OK;
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
        return COT_E_EXISTS;
    switch (rc & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_NOMEM:
        return COT_E_IO;
    default:
        return COT_E_INTERNAL;
    }
}

cot_status query_done(query *q)
{
    if (q->stmt != NULL) {
        sqlite3_reset(q->stmt);
        sqlite3_clear_bindings(q->stmt);
    }
    return status_of(q->rc);
}

cot_status query_one(query *q, bool found)
{
    cot_status s = query_done(q);
    return s == COT_OK && !found ? COT_E_NOT_FOUND : s;
}

cot_status query_run(query *q)
{
    while (query_row(q))
        ;
    return query_done(q);
}

cot_status query_change(query *q)
{
    cot_status s = query_run(q);
    return s == COT_OK && sqlite3_changes(q->s->db) == 0 ? COT_E_NOT_FOUND : s;
}

cot_status store_work_end(store *s, bool keep, bool *wrote)
{
    static const char undo[] = "ROLLBACK TO work";
    static const char release[] = "RELEASE work";
    bool had = s->open_work;
    int rc = SQLITE_OK;
    *wrote = false;
    if (!had)
        return COT_OK;
    s->open_work = false;
    if (sqlite3_get_autocommit(s->db)) { /* a full disk made SQLite roll all of it back */
        s->open_transaction = false;
        return COT_E_IO;
    }
    if (!keep)
        rc = execute(s, undo);
    if (rc == SQLITE_OK)
        rc = execute(s, release);
    *wrote = keep && rc == SQLITE_OK;
    return status_of(rc);
}

bool store_pending(const store *s)
{
    return s->open_transaction;
}

cot_status store_commit(store *s)
{
    static const char commit[] = "COMMIT";
    static const char rollback[] = "ROLLBACK";
    if (!s->open_transaction)
        return COT_OK;
    s->open_transaction = false;
    int rc = execute(s, commit);
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(s->db))
        (void)execute(s, rollback);
    return status_of(rc);
}
