/* SPDX-License-Identifier: Apache-2.0 */
/* Which database files are taken: ours, of this version; and paths as numbers keep their order. */
#include "tests/unit/test.h"

#include "server/hub/store/path.h"
#include "server/hub/store/store.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cotter-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/cotter.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void change(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void opens_what_it_made(void **state)
{
    char why[STORE_WHY];
    store *st = NULL;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(store_open(path, false, &st, why), COT_OK);
        store_close(st);
    }
}

static void refuses_a_newer_version(void **state)
{
    char why[STORE_WHY];
    store *st = NULL;
    (void)state;
    assert_int_equal(store_open(path, false, &st, why), COT_OK);
    store_close(st);
    change("PRAGMA user_version=1000");
    assert_int_equal(store_open(path, false, &st, why), COT_E_UNSUPPORTED);
    assert_null(st);
    assert_non_null(strstr(why, "newer"));
    change("PRAGMA user_version=1");
}

static void copies_an_older_database_before_it_is_changed(void **state)
{
    char why[STORE_WHY];
    char copy[112];
    store *st = NULL;
    sqlite3 *db = NULL;
    (void)state;
    change("PRAGMA application_id=1131377778; PRAGMA user_version=0; CREATE TABLE before(x)");
    assert_int_equal(store_open(path, false, &st, why), COT_OK);
    store_close(st);
    change("SELECT endpoint FROM devices; SELECT x FROM before");
    (void)snprintf(copy, sizeof copy, "%s.v0", path);
    assert_int_equal(sqlite3_open_v2(copy, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT x FROM before", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(db, "SELECT * FROM devices", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    (void)unlink(copy);
}

static void refuses_another_program_s_database(void **state)
{
    char why[STORE_WHY];
    store *st = NULL;
    (void)state;
    change("CREATE TABLE theirs(x)");
    assert_int_equal(store_open(path, false, &st, why), COT_E_MALFORMED);
    assert_null(st);
}

static void refuses_a_file_that_is_no_database(void **state)
{
    char why[STORE_WHY];
    store *st = NULL;
    (void)state;
    FILE *f = fopen(path, "w");
    for (unsigned i = 0; i < 1000; i++)
        (void)fputs("no database ", f);
    (void)fclose(f);
    assert_int_equal(store_open(path, false, &st, why), COT_E_MALFORMED);
    assert_null(st);
    assert_non_null(strstr(why, path));
    assert_non_null(strstr(why, "is no database"));
}

static void paths_as_numbers_keep_their_order(void **state)
{
    static const uint16_t ids[] = {0, 1, 3, 32766, 32767, 32768, 65534};
    cot_lwm2m_path before = {{0, 0, 0, 0}, 0};
    (void)state;
    for (size_t a = 0; a < 7; a++)
        for (size_t b = 0; b < 7; b++)
            for (uint8_t level = 1; level <= 2; level++) {
                cot_lwm2m_path p = cot_lwm2m_path_of(level, ids[a], ids[b], 0, 0);
                cot_lwm2m_path q = store__path_of_number(store__path_number(&p));
                assert_int_equal(cot_lwm2m_path_compare(&p, &q), 0);
                int order = cot_lwm2m_path_compare(&before, &p);
                int64_t x = store__path_number(&before);
                int64_t y = store__path_number(&p);
                assert_int_equal((x > y) - (x < y), (order > 0) - (order < 0));
                before = p;
            }
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(opens_what_it_made),
        T(refuses_a_newer_version),
        T(copies_an_older_database_before_it_is_changed),
        T(refuses_another_program_s_database),
        T(refuses_a_file_that_is_no_database),
        T(paths_as_numbers_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
