/* SPDX-License-Identifier: Apache-2.0 */
/* server/net/table: what survives a process, and what is not believed. Design rule 4. */
#include "server/net/table/file.h"
#include "server/net/table/table.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPACITY 1000u
#define NOW 1000000u

static int file;
static table t;
static table_identity id = {
    .boot_id = {1}, .server_key = {2}, .worker = 3, .listeners = 2, .crashed = true};

static void reopen_at(cot_ms now)
{
    /* As after SIGKILL: nothing of the process is closed in order. */
    if (t.header != NULL) {
        (void)munmap(t.header, TABLE_HEADER_BYTES + (size_t)CAPACITY * sizeof(table_slot));
        (void)munmap(t.free, CAPACITY * sizeof *t.free);
    }
    assert_int_equal(table_open(&t, file, CAPACITY, &id, &cot_coap_defaults, now), COT_OK);
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    id.worker = 3;
    id.boot_id[0] = 1;
    id.server_key[0] = 2;
    id.listeners = 2;
    id.crashed = true;
    file = memfd_create("table", MFD_CLOEXEC);
    assert_true(file >= 0);
    reopen_at(NOW);
    assert_true(t.fresh);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    table_close(&t);
    close(file);
    return 0;
}

static table_address address_of(uint8_t n)
{
    table_address a = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = n}, .port = 5000};
    return a;
}

static cot_dtls_record record_of(uint32_t i)
{
    cot_dtls_record r = {.out_next = 1024,
                         .in_top = 5,
                         .in_window = 1,
                         .suite = COT_DTLS_CCM_8,
                         .cid_in_len = COT_DTLS_CID_IN_MAX};
    memset(r.key_in, 7, sizeof r.key_in);
    table_index_put(&t, i, r.cid_in);
    return r;
}

static table_registration registration_of(uint32_t i)
{
    table_registration r = {.lifetime = 60, .version = 11};
    memset(r.location.b, 9, sizeof r.location.b);
    table_index_put(&t, i, r.location.b);
    return r;
}

static uint32_t make_slot(bool dtls)
{
    uint32_t i = table_take(&t);
    table_address a = address_of((uint8_t)(i + 1));
    cot_dtls_record r = record_of(i);
    cot_coap_peer p;
    cot_coap_peer_init(&p, &cot_coap_defaults, 77);
    table_create(&t, i, dtls ? IPC_PSK : IPC_NOSEC, dtls ? 5 : 0, &a, dtls ? &r : NULL, &p, NOW);
    table_registration reg = registration_of(i);
    table_set_registration(&t, i, &reg, NOW);
    return i;
}

/* ---- ---- */

static void what_was_committed_survives(void **state)
{
    (void)state;
    static const uint8_t token[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    ipc_path path = {.count = 3, .id = {3303, 0, 5700}};
    ipc_path got;
    cot_coap_peer p;
    uint32_t i = make_slot(true);
    table_address moved = address_of(200);
    table_set_address(&t, i, &moved);
    table_refresh(&t, i, NOW + 5);
    assert_int_equal(table_observation_add(&t, i, token, &path), COT_OK);
    assert_true(table_observation_newer(&t, i, 0, 10, NOW));
    reopen_at(NOW + 10);
    assert_false(t.fresh);
    assert_int_equal(t.live, 1);
    assert_int_equal(t.adopted, 1);
    assert_int_equal(table_mode(&t, i), IPC_PSK);
    assert_memory_equal(table_address_of(&t, i), &moved, sizeof moved);
    assert_int_equal(table_registration_of(&t, i)->lifetime, 60);
    assert_int_equal(t.slots[i].refreshed, NOW + 5);
    assert_int_equal(t.slots[i].credential, 5);
    assert_int_equal(table_record(&t, i)->out_next, 1024);
    assert_int_equal(table_observation_find(&t, i, token), 0);
    table_observation_path(&t, i, 0, &got);
    assert_int_equal(got.count, 3);
    assert_int_equal(got.id[0], 3303);
    assert_int_equal(got.id[2], 5700);
    assert_false(table_observation_newer(&t, i, 0, 9, NOW + 11));
    assert_true(table_observation_newer(&t, i, 0, 11, NOW + 11));
    table_peer_get(&t, i, &p);
    assert_int_equal(p.mid, cot_coap_defaults.mid_first + 77 * 65536u / 65536u);
    assert_int_equal(table_find_location(&t, &table_registration_of(&t, i)->location), i);
}

static void a_freed_slot_is_free_and_wiped(void **state)
{
    (void)state;
    uint32_t i = make_slot(true);
    ipc_location l = table_registration_of(&t, i)->location;
    table_remove(&t, i);
    assert_int_equal(table_find_location(&t, &l), TABLE_NONE);
    for (size_t b = 0; b < 16; b++)
        assert_int_equal(t.slots[i].record.key_in[b], 0);
    reopen_at(NOW);
    assert_int_equal(t.live, 0);
    assert_int_equal(table_take(&t), i);
}

/* Review: a kill between freeing and wiping must not leave keys behind. */
static void keys_of_a_free_slot_are_wiped_at_adoption(void **state)
{
    (void)state;
    uint32_t i = make_slot(true);
    t.slots[i].state = STATE_MAGIC | STATE_FREE;
    reopen_at(NOW);
    const uint8_t *p = (const uint8_t *)&t.slots[i].record;
    for (size_t b = 0; b < sizeof t.slots[i].record; b++)
        assert_int_equal(p[b], 0);
}

static void a_location_must_match_in_every_byte(void **state)
{
    (void)state;
    uint32_t i = make_slot(false);
    ipc_location l = table_registration_of(&t, i)->location;
    assert_int_equal(table_find_location(&t, &l), i);
    for (size_t b = 0; b < sizeof l.b; b++) {
        ipc_location other = l;
        other.b[b] ^= 1;
        assert_int_equal(table_find_location(&t, &other), TABLE_NONE);
    }
}

/* Rule 1: a session whose worker died before any application record came does not count. */
static void rule_1_a_fresh_session_dies_with_its_worker(void **state)
{
    (void)state;
    uint32_t kept = make_slot(true);
    uint32_t i = table_take(&t);
    table_address a = address_of(9);
    cot_dtls_record r = record_of(i);
    cot_coap_peer p;
    cot_coap_peer_init(&p, &cot_coap_defaults, 0);
    r.fresh = 1;
    table_create(&t, i, IPC_PSK, 5, &a, &r, &p, NOW);
    reopen_at(NOW);
    assert_true(table_is_live(&t, kept));
    assert_false(table_is_live(&t, i));
    assert_int_equal(t.discarded, 1);
    i = table_take(&t);
    r = record_of(i);
    r.fresh = 1;
    table_create(&t, i, IPC_PSK, 5, &a, &r, &p, NOW);
    table_record_settled(&t, i);
    reopen_at(NOW);
    assert_true(table_is_live(&t, i));
}

/* Rule 4: every slot is validated as untrusted input; a bad one is quarantined. */
static void rule_4_a_bad_slot_is_quarantined(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t offset;
        uint8_t value; /* xor */
        bool dtls;
    } bad[] = {
        {"magic", offsetof(table_slot, state) + 7, 0x01, true},
        {"unknown state bit", offsetof(table_slot, state) + 1, 0x01, true},
        {"mode of another kind", offsetof(table_slot, state), IPC_PSK << STATE_MODE_SHIFT, true},
        {"no credential", offsetof(table_slot, credential), 5, true},
        {"credential of NoSec", offsetof(table_slot, credential), 5, false},
        {"refreshed in the future", offsetof(table_slot, refreshed) + 6, 1, true},
        {"created in the future", offsetof(table_slot, created) + 6, 1, true},
        {"listener", offsetof(table_slot, address) + offsetof(table_address, listener), 2, true},
        {"address padding", offsetof(table_slot, address) + sizeof(table_address) - 1, 1, true},
        {"location's worker", offsetof(table_slot, registration) + sizeof(table_registration), 1,
         true},
        {"location's index", offsetof(table_slot, registration) + sizeof(table_registration) + 3, 1,
         true},
        {"version",
         offsetof(table_slot, registration) + sizeof(table_registration) +
             offsetof(table_registration, version),
         4, true},
        {"suite", offsetof(table_slot, record) + offsetof(cot_dtls_record, suite), 64, true},
        {"connection ID of another slot",
         offsetof(table_slot, record) + offsetof(cot_dtls_record, cid_in) + 3, 1, true},
        {"record of NoSec", offsetof(table_slot, record) + 4, 1, false},
    };
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        teardown(NULL);
        setup(NULL);
        uint32_t good = make_slot(true);
        uint32_t i = make_slot(bad[k].dtls);
        ((uint8_t *)&t.slots[i])[bad[k].offset] ^= bad[k].value;
        reopen_at(NOW);
        if (table_is_live(&t, i) || t.quarantined != 1)
            fail_msg("%s is believed", bad[k].what);
        assert_true(table_is_live(&t, good));
        assert_int_equal(t.live, 1);
        reopen_at(NOW);
        assert_false(table_is_live(&t, i));
        for (uint32_t n = 0; n < CAPACITY - 2; n++)
            assert_int_not_equal(table_take(&t), i);
        assert_int_equal(table_take(&t), TABLE_NONE);
    }
}

static void random_bytes_are_never_believed_nor_harmful(void **state)
{
    (void)state;
    uint32_t x = 1;
    uint32_t made[20];
    for (size_t n = 0; n < 20; n++)
        made[n] = make_slot(n % 2 == 0);
    for (int round = 0; round < 200; round++) {
        for (int k = 0; k < 30; k++) {
            x = x * 1664525u + 1013904223u;
            uint8_t *p = (uint8_t *)&t.slots[made[(x >> 8) % 20]];
            p[(x >> 12) % sizeof(table_slot)] = (uint8_t)(x >> 24);
        }
        reopen_at(NOW);
        assert_int_equal(t.live, t.adopted);
        assert_true(t.live <= 20);
    }
}

static void rule_4_three_deaths_quarantine_the_slot_touched_last(void **state)
{
    (void)state;
    uint32_t i = make_slot(true);
    uint32_t other = make_slot(true);
    table_touch(&t, i);
    reopen_at(NOW + 1000);
    table_touch(&t, i);
    reopen_at(NOW + 2000);
    assert_true(table_is_live(&t, i));
    table_touch(&t, i);
    reopen_at(NOW + 3000);
    assert_false(table_is_live(&t, i));
    assert_true(table_is_live(&t, other));
    assert_int_equal(t.quarantined, 1);
}

static void deaths_far_apart_do_not(void **state)
{
    (void)state;
    uint32_t i = make_slot(true);
    for (unsigned n = 1; n < 6; n++) {
        table_touch(&t, i);
        reopen_at(NOW + n * 6000);
    }
    assert_true(table_is_live(&t, i));
}

static void a_kill_from_outside_is_no_crash(void **state)
{
    (void)state;
    uint32_t i = make_slot(true);
    id.crashed = false;
    for (unsigned n = 1; n < 6; n++) {
        table_touch(&t, i);
        reopen_at(NOW + n);
    }
    assert_true(table_is_live(&t, i));
}

/* On a file system without room a new slot is refused; the old ones go on, and nothing dies of SIGBUS. */
static void a_full_file_system_refuses_new_slots(void **state)
{
    (void)state;
    char folder[] = "/tmp/net_table_test.XXXXXX";
    char path[64];
    int status;
    if (geteuid() != 0)
        skip();
    assert_non_null(mkdtemp(folder));
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("tmpfs", folder, "tmpfs", 0, "size=256k") != 0)
            _exit(77);
        (void)snprintf(path, sizeof path, "%s/table", folder);
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        memset(&t, 0, sizeof t);
        if (table_open(&t, file, 100000, &id, &cot_coap_defaults, NOW) != COT_OK)
            _exit(1);
        unsigned made = 0;
        while (t.free_count > 0 || t.top < t.reserved || table_reserve(&t, t.top + 64) == COT_OK) {
            (void)make_slot(true);
            made++;
        }
        if (made < 200 || made > 400 || table_take(&t) != TABLE_NONE)
            _exit(2);
        for (uint32_t i = 0; i < made; i++)
            table_refresh(&t, i, NOW + 1);
        table_remove(&t, 5);
        _exit(table_take(&t) == 5 ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)rmdir(folder);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip(); /* no mounts here */
    assert_int_equal(status, 0);
}

static void an_orderly_end_is_no_death(void **state)
{
    (void)state;
    uint32_t i = make_slot(true);
    for (unsigned n = 1; n < 6; n++) {
        table_touch(&t, i);
        table_close(&t);
        reopen_at(NOW + n);
    }
    assert_true(table_is_live(&t, i));
}

static void another_boot_key_worker_or_size_starts_empty(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        teardown(NULL);
        setup(NULL);
        (void)make_slot(true);
        id.boot_id[0] = k == 0 ? 9 : 1;
        id.server_key[0] = k == 1 ? 9 : 2;
        id.worker = k == 2 ? 9 : 3;
        id.listeners = k == 3 ? 9 : 2;
        reopen_at(NOW);
        assert_true(t.fresh);
        assert_int_equal(t.live, 0);
        assert_int_equal(t.top, 0);
    }
}

static void a_truncated_file_starts_empty(void **state)
{
    (void)state;
    (void)make_slot(true);
    assert_int_equal(ftruncate(file, 100), 0);
    reopen_at(NOW);
    assert_true(t.fresh);
    assert_int_equal(t.live, 0);
}

static void memory_grows_with_use_only(void **state)
{
    (void)state;
    struct stat st;
    teardown(NULL);
    memset(&t, 0, sizeof t);
    file = memfd_create("table", MFD_CLOEXEC);
    assert_int_equal(table_open(&t, file, 1000000, &id, &cot_coap_defaults, NOW), COT_OK);
    (void)make_slot(true);
    assert_int_equal(fstat(file, &st), 0);
    assert_true(st.st_blocks * 512 <= 4 * 4096);
    table_close(&t);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_was_committed_survives),
        T(a_freed_slot_is_free_and_wiped),
        T(keys_of_a_free_slot_are_wiped_at_adoption),
        T(a_location_must_match_in_every_byte),
        T(rule_1_a_fresh_session_dies_with_its_worker),
        T(rule_4_a_bad_slot_is_quarantined),
        T(random_bytes_are_never_believed_nor_harmful),
        T(rule_4_three_deaths_quarantine_the_slot_touched_last),
        T(deaths_far_apart_do_not),
        T(a_kill_from_outside_is_no_crash),
        T(a_full_file_system_refuses_new_slots),
        T(an_orderly_end_is_no_death),
        T(another_boot_key_worker_or_size_starts_empty),
        T(a_truncated_file_starts_empty),
        T(memory_grows_with_use_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
