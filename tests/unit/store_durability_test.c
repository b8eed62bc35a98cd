/* SPDX-License-Identifier: Apache-2.0 */
/* Rule 10: power may go at every write, truncation and sync; what was committed is there afterwards, whole works only.
 * And a disk that is full refuses work without losing any. */
#include "tests/unit/crash_vfs.h"
#include "tests/unit/test.h"

#include "server/hub/store/command.h"
#include "server/hub/store/device.h"

#include <stdio.h>

#define DATABASE "cotter.db"
#define ROUNDS 12u

static store *try_open(void)
{
    char why[STORE_WHY];
    store *st = NULL;
    return store_open(DATABASE, false, &st, why) == COT_OK ? st : NULL;
}

static void name_of(unsigned n, char out[static 16])
{
    (void)snprintf(out, 16, "dev-%u", n);
}

/* One work: a device with a registration and a command, three tables and their triggers. */
static cot_status work(store *st, unsigned n)
{
    char name[16];
    store_id device = 0;
    store_id command = 0;
    uint8_t digest[32] = {(uint8_t)n};
    name_of(n, name);
    store_device_new d = {.endpoint = store_bytes(name),
                          .mode = IPC_RPK,
                          .digest = {digest, 32},
                          .mid = 0x8000,
                          .now = 1};
    cot_status s = store_device_add(st, &d, &device);
    store_registration r = {.location = {{(uint8_t)n}},
                            .device = device,
                            .lifetime = 60,
                            .version = 11,
                            .links = store_bytes("</3/0>"),
                            .now = 2};
    if (s == COT_OK)
        s = store_register(st, &r);
    store_command_new c = {.device = device, .operation = IPC_OP_EXECUTE, .now = 3};
    return s == COT_OK ? store_command_add(st, &c, &command) : s;
}

/* Works until the power goes; the number that were acknowledged. Works 3n+1, 3n+2 share a commit; every
 * fourth work is undone. */
static unsigned script(store *st)
{
    unsigned acknowledged = 0;
    for (unsigned n = 0; n < ROUNDS; n++) {
        bool wrote = false;
        cot_status s = work(st, n);
        bool keep = n % 4 != 3;
        if (store_work_end(st, s == COT_OK && keep, &wrote) != COT_OK || s != COT_OK)
            return acknowledged;
        if (n % 3 == 1)
            continue; /* goes with the next one's commit */
        if (store_commit(st) != COT_OK)
            return acknowledged;
        acknowledged = n + 1;
    }
    return acknowledged;
}

/* Works 0..acknowledged-1 are there, but for the undone ones; each later one is there whole or not at all. */
static void check(unsigned acknowledged)
{
    store_device d;
    store_command c;
    uint64_t counted = 0;
    uint64_t found = 0;
    store *st = try_open();
    assert_non_null(st);
    for (unsigned n = 0; n < ROUNDS; n++) {
        char name[16];
        name_of(n, name);
        cot_status s = store_device_get(st, store_bytes(name), &d);
        if (n < acknowledged)
            assert_int_equal(s, n % 4 == 3 ? COT_E_NOT_FOUND : COT_OK);
        if (s != COT_OK)
            continue;
        found++;
        assert_true(d.registered);
        assert_int_equal(store_command_first_open(st, d.id, &c), COT_OK);
    }
    assert_int_equal(store_count(st, "devices", &counted), COT_OK);
    assert_int_equal(counted, found);
    store_close(st);
}

static void every_step_of_the_script(uint64_t seed)
{
    crash_vfs_clear();
    store *st = try_open();
    assert_non_null(st);
    assert_int_equal(script(st), ROUNDS);
    uint64_t steps = crash_vfs_steps();
    store_close(st);
    assert_true(steps > 20);
    for (uint64_t cut = 1; cut <= steps; cut++) {
        unsigned acknowledged = 0;
        crash_vfs_clear();
        crash_vfs_cut_at(cut);
        st = try_open();
        if (st != NULL)
            acknowledged = script(st);
        store_close(st);
        crash_vfs_power_on(seed == 0 ? 0 : seed * 1000003 + cut);
        check(acknowledged);
    }
    crash_vfs_clear();
}

static void rule_10_unsynced_writes_are_lost(void **state)
{
    (void)state;
    every_step_of_the_script(0);
}

static void rule_10_unsynced_writes_are_there_by_chance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        every_step_of_the_script(seed);
}

/* A positive control: a disk that lies loses acknowledged works, and this test would see it. */
static void rule_10_a_lying_disk_is_noticed(void **state)
{
    store_device d;
    (void)state;
    crash_vfs_clear();
    store *st = try_open();
    crash_vfs_lie(true);
    assert_int_equal(script(st), ROUNDS);
    store_close(st);
    crash_vfs_lie(false);
    crash_vfs_power_on(0);
    st = try_open();
    assert_true(st == NULL || store_device_get(st, store_bytes("dev-0"), &d) == COT_E_NOT_FOUND);
    store_close(st);
    crash_vfs_clear();
}

static void rule_10_a_full_disk_refuses_and_recovers(void **state)
{
    store_device d;
    bool wrote = false;
    (void)state;
    crash_vfs_clear();
    store *st = try_open();
    assert_int_equal(work(st, 0), COT_OK);
    assert_int_equal(store_work_end(st, true, &wrote), COT_OK);
    assert_int_equal(store_commit(st), COT_OK);
    crash_vfs_full(true);
    cot_status s = work(st, 1);
    if (s == COT_OK)
        s = store_work_end(st, true, &wrote);
    else
        (void)store_work_end(st, false, &wrote);
    if (s == COT_OK)
        s = store_commit(st);
    assert_int_equal(s, COT_E_IO);
    assert_false(store_pending(st));
    assert_int_equal(store_device_get(st, store_bytes("dev-0"), &d), COT_OK); /* reads go on */
    assert_int_equal(store_device_get(st, store_bytes("dev-1"), &d), COT_E_NOT_FOUND);
    crash_vfs_full(false);
    assert_int_equal(work(st, 1), COT_OK);
    assert_int_equal(store_work_end(st, true, &wrote), COT_OK);
    assert_int_equal(store_commit(st), COT_OK);
    assert_int_equal(store_device_get(st, store_bytes("dev-1"), &d), COT_OK);
    store_close(st);
    crash_vfs_clear();
}

static int install(void **state)
{
    (void)state;
    crash_vfs_install();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_10_unsynced_writes_are_lost),
        cmocka_unit_test(rule_10_unsynced_writes_are_there_by_chance),
        cmocka_unit_test(rule_10_a_lying_disk_is_noticed),
        cmocka_unit_test(rule_10_a_full_disk_refuses_and_recovers),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
