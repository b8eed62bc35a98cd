/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite for the files of store/ only: the handle's inside, and prepared statements that latch the
 * first error. Nothing outside server/hub/store includes this or writes SQL. */
#ifndef COTTER_SERVER_HUB_STORE_QUERY_H
#define COTTER_SERVER_HUB_STORE_QUERY_H

#include "server/hub/store/store.h"

#include <sqlite3.h>

#define STORE__STATEMENTS 512u /* slots of the statement cache; a power of two, at most half full */

struct store {
    sqlite3 *db;
    bool read_only;
    bool open_transaction;
    bool open_work; /* a savepoint of the work in progress */
    size_t cached;
    struct {
        const char *sql; /* the literal's address is the key */
        sqlite3_stmt *stmt;
    } cache[STORE__STATEMENTS];
};

typedef struct query {
    store *s;
    sqlite3_stmt *stmt;
    int bound;
    int rc; /* SQLITE_OK, or the first error */
} query;

/* Take the prepared statement of `sql`, a string literal that stands at one place only. A statement that
 * writes opens the transaction and the work's savepoint by itself. */
void query_begin(query *q, store *s, const char *sql);
/* Bind the next parameter. Bytes must live until the query is done; p == NULL binds NULL. */
void query_int(query *q, int64_t v);
void query_text(query *q, cot_bytes text);
void query_chars(query *q, const char *text);
void query_blob(query *q, const void *p, size_t len);
void query_null(query *q);
/* The next row is there. */
bool query_row(query *q);
int64_t query_col_int(query *q, int col);
bool query_col_null(query *q, int col);
cot_bytes query_col_bytes(query *q, int col); /* borrowed until the next query_row */
/* Text into out[0..cap), NUL-terminated, cut when too long (the schema does not let it be). */
void query_col_chars(query *q, int col, char *out, size_t cap);
/* `len` bytes into out; zeros when the column has another length. */
void query_col_copy(query *q, int col, void *out, size_t len);
/* After the last row, or before: give the statement back. COT_OK; what store.h says on errors. */
cot_status query_done(query *q);
/* Exactly one row was wanted and read by the caller: COT_E_NOT_FOUND if `found` is false. */
cot_status query_one(query *q, bool found);
/* Run a statement without rows. */
cot_status query_run(query *q);
/* The same; COT_E_NOT_FOUND when it changed nothing. */
cot_status query_change(query *q);

#endif
