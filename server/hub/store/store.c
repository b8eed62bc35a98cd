/* SPDX-License-Identifier: Apache-2.0 */
/* Open, check and migrate the database; small things that every table needs. */
#include "server/hub/store/schema.h"

#include "server/hub/store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x436F7472 /* "Cotr" */
#define CACHE_KIB 8192

static cot_status fail(char *why, cot_status s, const char *path, const char *what)
{
    (void)snprintf(why, STORE_WHY, "%s: %s", path, what);
    return s;
}

/* The one number that a pragma answers; -1 when it answers none. */
static int64_t pragma(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t v = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        v = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return v;
}

static bool journal_is_wal(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    bool wal = false;
    if (sqlite3_prepare_v2(db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        wal = strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    sqlite3_finalize(stmt);
    return wal;
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* A copy of an old database beside it, before it is changed. */
static bool copy_aside(sqlite3 *db, const char *path, int64_t version)
{
    char name[512];
    char *sql = NULL;
    int n = snprintf(name, sizeof name, "%s.v%lld", path, (long long)version);
    if (n < 0 || (size_t)n >= sizeof name)
        return false;
    (void)remove(name); /* of an earlier try */
    sql = sqlite3_mprintf("VACUUM INTO %Q", name);
    bool good = sql != NULL && run(db, sql);
    sqlite3_free(sql);
    return good;
}

static bool migrate(sqlite3 *db, int64_t from)
{
    char stamp[96];
    bool good = run(db, "BEGIN EXCLUSIVE");
    for (int64_t v = from; good && v < STORE_VERSION; v++)
        for (size_t i = 0; good && store__migration[v][i] != NULL; i++)
            good = run(db, store__migration[v][i]);
    (void)snprintf(stamp, sizeof stamp, "PRAGMA user_version=%d; PRAGMA application_id=%d;",
                   STORE_VERSION, APPLICATION_ID);
    good = good && run(db, stamp) && run(db, "COMMIT");
    if (!good)
        (void)run(db, "ROLLBACK");
    return good;
}

static cot_status check_version(sqlite3 *db, const char *path, char *why)
{
    int64_t version = pragma(db, "PRAGMA user_version");
    int64_t application = pragma(db, "PRAGMA application_id");
    int64_t tables = pragma(db, "SELECT count(*) FROM sqlite_schema");
    if (tables < 0)
        return fail(why, COT_E_MALFORMED, path, sqlite3_errmsg(db));
    if (tables > 0 && application != APPLICATION_ID)
        return fail(why, COT_E_MALFORMED, path, "is a database of another program");
    if (version > STORE_VERSION)
        return fail(why, COT_E_UNSUPPORTED, path, "was made by a newer cotterd: install that one");
    if (tables > 0 && version < STORE_VERSION && !copy_aside(db, path, version))
        return fail(why, COT_E_IO, path, "cannot be copied before its migration");
    if (version < STORE_VERSION && !migrate(db, version))
        return fail(why, COT_E_IO, path, sqlite3_errmsg(db));
    return COT_OK;
}

static cot_status set_up(store *s, const char *path, char *why)
{
    char cache[48];
    (void)snprintf(cache, sizeof cache, "PRAGMA cache_size=-%d",
                   s->read_only ? CACHE_KIB / 8 : CACHE_KIB);
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, 2000);
    if (pragma(s->db, "SELECT count(*) FROM sqlite_schema") < 0 &&
        sqlite3_errcode(s->db) == SQLITE_NOTADB)
        return fail(why, COT_E_MALFORMED, path, "is no database: put it back from the backup");
    if (!s->read_only && !journal_is_wal(s->db))
        return fail(why, COT_E_STATE, path,
                    "cannot be written, or its file system does not do write-ahead logs");
    if (!run(s->db, cache) || !run(s->db, "PRAGMA foreign_keys=ON") ||
        !run(s->db, "PRAGMA synchronous=FULL") || !run(s->db, "PRAGMA temp_store=MEMORY") ||
        !run(s->db, "PRAGMA trusted_schema=OFF"))
        return fail(why, COT_E_IO, path, sqlite3_errmsg(s->db));
    if (pragma(s->db, "PRAGMA synchronous") != 2 || pragma(s->db, "PRAGMA foreign_keys") != 1)
        return fail(why, COT_E_STATE, path, "synchronous=FULL does not hold");
    return s->read_only ? COT_OK : check_version(s->db, path, why);
}

cot_status store_open(const char *path, bool read_only, store **out, char why[static STORE_WHY])
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    store *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL)
        return fail(why, COT_E_IO, path, "out of memory");
    s->read_only = read_only;
    cot_status status = COT_OK;
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
        status = fail(why, COT_E_IO, path, s->db == NULL ? "out of memory" : sqlite3_errmsg(s->db));
    else
        status = set_up(s, path, why);
    if (status != COT_OK) {
        store_close(s);
        return status;
    }
    *out = s;
    return COT_OK;
}

void store_close(store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < STORE__STATEMENTS; i++)
        sqlite3_finalize(s->cache[i].stmt);
    sqlite3_close(s->db);
    free(s);
}

cot_status store_is_new(store *s, bool *is_new)
{
    query q;
    query_begin(&q, s, "SELECT count(*) FROM sqlite_sequence");
    *is_new = query_row(&q) && query_col_int(&q, 0) == 0;
    return query_done(&q);
}

cot_status store_request_note(store *s, cot_bytes request, const char *made, store_ms now)
{
    query q;
    if (request.len == 0)
        return COT_OK;
    query_begin(&q, s, "INSERT OR REPLACE INTO requests VALUES(?, ?, ?)");
    query_blob(&q, request.p, request.len);
    query_chars(&q, made);
    query_int(&q, now);
    return query_run(&q);
}

cot_status store_request_find(store *s, cot_bytes request, char *made, size_t cap)
{
    query q;
    if (request.len == 0)
        return COT_E_NOT_FOUND;
    query_begin(&q, s, "SELECT made FROM requests WHERE request = ?");
    query_blob(&q, request.p, request.len);
    bool found = query_row(&q);
    if (found)
        query_col_chars(&q, 0, made, cap);
    return query_one(&q, found);
}

cot_status store_request_forget(store *s, store_ms before)
{
    query q;
    query_begin(&q, s, "DELETE FROM requests WHERE at < ?");
    query_int(&q, before);
    return query_run(&q);
}

cot_status store_boot(store *s, const uint8_t id[static 16], bool *other)
{
    query q;
    query_begin(&q, s, "SELECT 1 FROM boot WHERE id = ?");
    query_blob(&q, id, 16);
    *other = !query_row(&q);
    cot_status status = query_done(&q);
    if (status != COT_OK || !*other)
        return status;
    query_begin(&q, s, "INSERT OR REPLACE INTO boot VALUES(1, ?)");
    query_blob(&q, id, 16);
    return query_run(&q);
}

cot_status store_count(store *s, const char *name, uint64_t *out)
{
    query q;
    query_begin(&q, s, "SELECT n FROM counters WHERE name = ?");
    query_chars(&q, name);
    *out = query_row(&q) ? (uint64_t)query_col_int(&q, 0) : 0;
    return query_done(&q);
}

cot_status store_chars(char *out, size_t cap, cot_bytes text)
{
    out[0] = '\0';
    if (text.len >= cap)
        return COT_E_RANGE;
    if (text.len > 0)
        memcpy(out, text.p, text.len);
    out[text.len] = '\0';
    return COT_OK;
}

cot_bytes store_bytes(const char *text)
{
    return (cot_bytes){(const uint8_t *)text, strlen(text)};
}
