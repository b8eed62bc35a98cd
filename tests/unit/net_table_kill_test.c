/* SPDX-License-Identifier: Apache-2.0 */
/* Design rules 4, 5, 9: a worker that kills itself at its N-th store into the table, for every N, first in a
 * register / observe / notify / execute / update script, then in every change that the table knows. Built with
 * COTTER_TABLE_KILL. */
#include "server/net/table/store.h"
#include "tests/unit/net_world.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long stores_left; /* 0: no end */

void table_before_store(void)
{
    if (stores_left > 0 && --stores_left == 0)
        (void)raise(SIGKILL);
}

/* Run `f` in a process that dies at its n-th store. True: it died there. */
static bool dies_at(unsigned long n, void (*f)(void))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        stores_left = n;
        f();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

/* ---- the script, with a scripted hub and a device ---- */

enum { REGISTER, OBSERVE, NOTIFY, EXECUTE, REFRESH, UPDATE, STEPS };

typedef struct progress { /* shared with the child: what device and hub know */
    unsigned step;
    char location[23];
    ipc_location at_hub;
    uint16_t executed_mid; /* 0: not yet */
    unsigned executed;
    uint8_t execute[256]; /* the first request's bytes */
    size_t execute_len;
} progress;

static progress *p;
static world x;
static world_device d;
static const uint8_t observe_token[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t execute_token[8] = {8, 7, 6, 5, 4, 3, 2, 1};

static void step_register(void)
{
    ipc_register m;
    cot_reader r;
    d.mid = 1000;
    device_register(&x, &d, "dev", 300);
    memcpy(p->location, d.location, sizeof p->location);
    world_message *got = world_hub_peek(&x, IPC_REGISTER);
    if (got == NULL) /* answered before the death, and repeated from the table */
        return;
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_register(&r, &m), COT_OK);
    p->at_hub = m.location;
}

static void command(uint64_t id, uint16_t mid, const uint8_t *token, uint8_t operation,
                    ipc_path path)
{
    ipc_command c = {
        .id = id, .location = p->at_hub, .mid = mid, .operation = operation, .path = path};
    memcpy(c.token, token, 8);
    ipc_put_command(ipc_begin(&x.hub, IPC_COMMAND), &c);
    assert_int_equal(ipc_end(&x.hub, -1), COT_OK);
    world_run(&x, 20);
}

static void expect_result(uint64_t id, uint8_t code)
{
    ipc_result m;
    cot_reader r;
    world_message *got = world_hub_got(&x, IPC_COMMAND_RESULT);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_result(&r, &m), COT_OK);
    assert_int_equal(m.id, id);
    assert_int_equal(m.code, code);
}

static void step_observe(void)
{
    command(7, 0x8000, observe_token, IPC_OP_OBSERVE, (ipc_path){3, {3303, 0, 5700, 0}});
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.mid, 0x8000);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, 1, 0, "21.5", 4);
    expect_result(7, COT_COAP_CONTENT);
}

static void step_notify(void)
{
    memcpy(d.msg.head.token.b, observe_token, 8);
    d.msg.head.token.len = 8;
    d.mid = 2000;
    device_respond(&x, &d, COT_COAP_CON, COT_COAP_CONTENT, 5, 0, "22.5", 4);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.type, COT_COAP_ACK);
}

/* The device's side of rule 9: the same MID is executed once; and it must be the same message. */
static void step_execute(void)
{
    command(8, 0x8001, execute_token, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4, 0}});
    assert_true(device_got(&d));
    if (p->executed_mid == 0) {
        p->executed++;
        p->executed_mid = d.msg.head.mid;
        p->execute_len = d.len;
        memcpy(p->execute, d.bytes, d.len);
    }
    assert_int_equal(d.len, p->execute_len);
    assert_memory_equal(d.bytes, p->execute, d.len);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CHANGED, -1, -1, NULL, 0);
    expect_result(8, COT_COAP_CHANGED);
}

static void update(uint16_t mid, const char *query)
{
    char path[32] = "rd/";
    memcpy(path + 3, p->location, sizeof p->location);
    d.mid = mid;
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, path, query, -1, NULL);
    world_run(&x, 20);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_CHANGED);
}

static void run_script(void)
{
    while (p->step < STEPS) {
        switch (p->step) {
        case REGISTER:
            step_register();
            break;
        case OBSERVE:
            step_observe();
            break;
        case NOTIFY:
            step_notify();
            break;
        case EXECUTE:
            step_execute();
            break;
        case REFRESH:
            update(1001, "");
            break;
        default:
            update(1002, "lt=600");
            break;
        }
        p->step++;
    }
}

static void child(void)
{
    unsigned long n = stores_left;
    stores_left = 0;
    world_kill(&x); /* a worker of this process on the shared table */
    stores_left = n;
    run_script();
}

static void rule_4_and_9_a_script_survives_a_kill_at_every_store(void **state)
{
    (void)state;
    unsigned long n = 1;
    p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (bool died = true; died; n++) {
        memset(p, 0, sizeof *p);
        world_open(&x);
        device_open(&d, 2);
        died = dies_at(n, child);
        while (device_got(&d)) /* what was on its way is lost */
            ;
        world_kill(&x);
        assert_int_equal(x.w->table.quarantined, 0);
        run_script();
        assert_int_equal(x.w->table.live, 1);
        assert_int_equal(p->executed, 1);
        assert_int_equal(table_registration_of(&x.w->table, 0)->lifetime, 600);
        assert_true(table_observation_find(&x.w->table, 0, observe_token) >= 0);
        device_close(&d);
        world_close(&x);
    }
    print_message("%lu stores\n", n - 2);
    assert_true(n > 50);
}

/* ---- every change of the table by itself ---- */

typedef struct known {     /* shared: what has left the process */
    uint64_t used_number;  /* highest record number that was used, + 1 */
    uint64_t taken_number; /* highest number whose data was used, + 1 */
} known;

static known *k;
static table t;
static int file;
static const table_identity id = {.listeners = 1};

static table_address address_of(uint8_t n)
{
    table_address a = {.port = n};
    memset(a.ip, n, sizeof a.ip);
    return a;
}

static table_registration registration_of(uint8_t n)
{
    table_registration r = {.lifetime = n, .version = 10};
    memset(r.location.b, n, sizeof r.location.b);
    table_index_put(&t, 0, r.location.b);
    return r;
}

static void open_table(void)
{
    assert_int_equal(table_open(&t, file, 10, &id, &cot_coap_defaults, 1000), COT_OK);
}

static void changes(void)
{
    unsigned long n = stores_left;
    cot_dtls_record r = {.suite = COT_DTLS_CCM_8, .out_next = 1024};
    cot_coap_peer peer;
    ipc_path path = {1, {3}};
    stores_left = 0;
    open_table();
    stores_left = n;
    cot_coap_peer_init(&peer, &cot_coap_defaults, 1);
    table_address a = address_of(1);
    uint32_t i = table_take(&t);
    table_create(&t, i, IPC_PSK, 1, &a, &r, &peer, 1000);
    for (uint8_t round = 1; round < 4; round++) {
        uint64_t first = 0;
        a = address_of((uint8_t)(round + 1));
        table_registration reg = registration_of(round);
        table_set_registration(&t, i, &reg, 1000);
        reg = registration_of((uint8_t)(round + 10)); /* over a live one */
        table_set_registration(&t, i, &reg, 1000);
        table_set_address(&t, i, &a);
        memset(&peer.seen, round, sizeof peer.seen);
        table_peer_put(&t, i, &peer);
        assert_int_equal(table_observation_add(&t, i, observe_token, &path), COT_OK);
        (void)table_observation_newer(&t, i, 0, round, 1000);
        assert_int_equal(
            cot_dtls_record_reserve(table_record(&t, i), 2, &first, table_record_store), COT_OK);
        k->used_number = first + 2;
        uint64_t number = 50u * round;
        assert_int_equal(cot_dtls_record_accept(table_record(&t, i), number, table_record_store),
                         COT_OK);
        k->taken_number = number + 1;
        table_observation_remove(&t, i, 0);
        table_clear_registration(&t, i);
    }
    table_record_settled(&t, i);
    table_remove(&t, i);
}

static bool was_received(const cot_dtls_record *r, uint64_t number)
{
    if (number > r->in_top)
        return false;
    return r->in_top - number >= 64 || (r->in_window >> (r->in_top - number) & 1u) != 0;
}

static void check_slot(void)
{
    const table_address *a = table_address_of(&t, 0);
    table_address whole = address_of((uint8_t)a->port);
    assert_memory_equal(a, &whole, sizeof whole);
    const table_registration *r = table_registration_of(&t, 0);
    if (r != NULL) {
        table_registration want = registration_of((uint8_t)r->lifetime);
        assert_memory_equal(r, &want, sizeof want);
    }
    cot_coap_peer peer;
    table_peer_get(&t, 0, &peer);
    /* Rule 5: no number that left is free; rule 2: none that came in is new. */
    assert_true(table_record(&t, 0)->out_next >= k->used_number);
    if (k->taken_number > 0)
        assert_true(was_received(table_record(&t, 0), k->taken_number - 1));
}

static void rule_4_and_5_every_change_is_whole_or_not_there(void **state)
{
    (void)state;
    unsigned long n = 1;
    unsigned long seen_live = 0;
    k = mmap(NULL, sizeof *k, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (bool died = true; died; n++) {
        memset(k, 0, sizeof *k);
        file = memfd_create("table", MFD_CLOEXEC);
        died = dies_at(n, changes);
        open_table();
        assert_int_equal(t.quarantined, 0);
        if (table_is_live(&t, 0)) {
            seen_live++;
            check_slot();
        }
        table_close(&t);
        close(file);
    }
    print_message("%lu stores\n", n - 2);
    assert_true(n > 100);
    assert_true(seen_live > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_4_and_5_every_change_is_whole_or_not_there),
        cmocka_unit_test(rule_4_and_9_a_script_survives_a_kill_at_every_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
