/* SPDX-License-Identifier: Apache-2.0 */
/* The one storage interface of hub: open, transactions, and (in the headers beside it) what is stored.
 * Behind it SQLite; another engine replaces this folder and nothing else.
 *
 * Unless a function says more, each returns COT_OK; COT_E_IO (disk full or failing: answer 503 / 5.03,
 * nothing was changed); COT_E_INTERNAL (the database does not fit this program: a bug). One handle
 * belongs to one thread.
 *
 * Work: a run of calls that hold or fail together. The first call that writes opens a transaction and a savepoint
 * in it; store_work_end keeps or undoes the work; store_commit makes all works since the last commit
 * durable at once (group commit). */
#ifndef COTTER_SERVER_HUB_STORE_STORE_H
#define COTTER_SERVER_HUB_STORE_STORE_H

#include "core/base/bytes.h"

#define STORE_VERSION 1 /* PRAGMA user_version */
#define STORE_WHY 200u

typedef struct store store;
typedef int64_t store_id; /* > 0, never used again; 0: none */
typedef int64_t store_ms; /* UTC, milliseconds since 1970 */

/* Open or make the database file. A file of an older version is first copied to PATH.vN, then migrated in one
 * transaction. read_only: a second handle, for look-ups beside the writing one.
 * COT_OK; else `why` is one line: COT_E_UNSUPPORTED (made by a newer version), COT_E_IO, COT_E_STATE (the file system
 * does not do WAL, or synchronous=FULL did not hold), COT_E_MALFORMED (no database of ours). */
cot_status store_open(const char *path, bool read_only, store **out, char why[static STORE_WHY]);
void store_close(store *s);

/* End the work in progress; `keep` false undoes its writes. *wrote: it had written something (kept). */
cot_status store_work_end(store *s, bool keep, bool *wrote);
bool store_pending(const store *s); /* works wait for a commit */
/* COT_OK: all works are durable. Otherwise all of them are undone. */
cot_status store_commit(store *s);

/* The database is new: nothing was ever added to it. */
cot_status store_is_new(store *s, bool *is_new);
/* Requests that have been answered and may come again (rule 8 of docs/internals/api.md): note what a
 * request made, find it again. COT_E_NOT_FOUND from find. Forget those before `before`. */
cot_status store_request_note(store *s, cot_bytes request, const char *made, store_ms now);
cot_status store_request_find(store *s, cot_bytes request, char *made, size_t cap);
cot_status store_request_forget(store *s, store_ms before);

/* Note the machine's boot. *other: the one that was noted before, if any, was another. */
cot_status store_boot(store *s, const uint8_t id[static 16], bool *other);

/* Totals that triggers keep: "devices", "registered", "worker.N". 0 when there is none. */
cot_status store_count(store *s, const char *name, uint64_t *out);

/* Copy of text into a row's array: COT_E_RANGE when it does not fit. */
cot_status store_chars(char *out, size_t cap, cot_bytes text);
cot_bytes store_bytes(const char *text);

#endif
