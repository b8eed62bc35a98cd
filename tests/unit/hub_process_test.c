/* SPDX-License-Identifier: Apache-2.0 */
/* The hub process over real channels, killed again and again: every command that was acknowledged is
 * executed exactly once, and no registration is lost (rules 9 and 10). The test is monitor, worker, device
 * and http in one. */
#include "tests/unit/test.h"

#include "server/hub/api.h"
#include "server/role_wire.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICES 4u
#define CALLS 160u /* STORE_COMMANDS_KEPT of each device are kept */
#define WINDOW 8u
#define KILLS 24u
#define QUEUE (4u * IPC_DATAGRAM_MAX)
#define COMMANDS 512u

/* What the device knows of a command: it deduplicates by message id and token (RFC 7252 section 4.5). */
typedef struct seen {
    uint64_t id;
    uint16_t mid;
    uint8_t token[8];
    unsigned executed;
} seen;

typedef struct call {
    bool sent;
    uint16_t status; /* 0: not answered */
    uint64_t command;
} call;

static char folder[64];
static int data_dir;
static int token_file;
static char token[HUB_TOKEN_TEXT + 1];
static loop l;
static ipc_channel monitor;
static ipc_channel net;
static ipc_channel http;
static pid_t child;
static uint32_t generation;
static bool ready;
static uint8_t answer_code;
static seen seens[COMMANDS];
static size_t seen_count;
static call calls[CALLS];
static uint8_t reply_body[IPC_PAYLOAD_MAX];
static size_t reply_len;
static uint64_t reply_id;
static uint16_t reply_status;

/* ---- the peers ---- */

static cot_status on_monitor(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    (void)c;
    (void)body;
    (void)fd;
    if (type == IPC_READY)
        ready = true;
    return COT_OK;
}

static void answer_command(const ipc_command *c)
{
    ipc_result r = {c->id, c->location, 0x44, 0, {NULL, 0}};
    ipc_put_result(ipc_begin(&net, IPC_COMMAND_RESULT), &r);
    (void)ipc_end(&net, -1);
}

static void execute(const ipc_command *c)
{
    seen *s = NULL;
    for (size_t i = 0; i < seen_count; i++)
        if (seens[i].id == c->id)
            s = &seens[i];
    if (s == NULL) {
        assert_true(seen_count < COMMANDS);
        s = &seens[seen_count++];
        s->id = c->id;
    }
    if (s->executed == 0 || s->mid != c->mid || memcmp(s->token, c->token, 8) != 0)
        s->executed++;
    s->mid = c->mid;
    memcpy(s->token, c->token, 8);
    answer_command(c);
}

static cot_status on_net(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    ipc_command command;
    ipc_answer answer;
    ipc_read read;
    (void)fd;
    if (type == IPC_COMMAND && ipc_get_command(body, &command) == COT_OK)
        execute(&command);
    if (type == IPC_ANSWER && ipc_get_answer(body, &answer) == COT_OK)
        answer_code = answer.code;
    if (type == IPC_READ && ipc_get_read(body, &read) == COT_OK) {
        ipc_put_result(ipc_begin(c, IPC_READ_RESULT),
                       &(ipc_result){read.id, read.location, 0x84, 0, {NULL, 0}});
        (void)ipc_end(c, -1);
    }
    return COT_OK;
}

static cot_status on_http(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    ipc_reply r;
    (void)c;
    (void)fd;
    if (type != IPC_REPLY || ipc_get_reply(body, &r) != COT_OK)
        return COT_OK;
    reply_id = r.id;
    reply_status = r.status;
    reply_len = r.body.len;
    memcpy(reply_body, r.body.p, r.body.len);
    if (r.id >= 1 && r.id <= CALLS) {
        uint64_t id = 0;
        (void)hub_item_uint(hub_map_find(r.body, "id"), &id);
        calls[r.id - 1].status = r.status;
        calls[r.id - 1].command = id;
    }
    return COT_OK;
}

static void on_closed(ipc_channel *c)
{
    (void)c;
}

/* ---- the monitor ---- */

static void open_channel(ipc_channel *c, ipc_handler *handler, int fd)
{
    c->on_message = handler;
    c->on_closed = on_closed;
    assert_int_equal(ipc_open(c, &l, fd, QUEUE), COT_OK);
}

static void give(role_fd_kind kind, int fd)
{
    role_fd f = {.kind = (uint8_t)kind, .fd = fd};
    role_put_fd(ipc_begin(&monitor, IPC_DESCRIPTOR), &f);
    assert_int_equal(ipc_end(&monitor, fd), COT_OK);
}

static void introduce(ipc_role role, ipc_channel *c, ipc_handler *handler)
{
    int pair[2];
    assert_int_equal(ipc_pair(pair), COT_OK);
    open_channel(c, handler, pair[0]);
    ipc_put_peer(ipc_begin(&monitor, IPC_PEER), &(ipc_peer){(uint8_t)role, 0, generation});
    assert_int_equal(ipc_end(&monitor, pair[1]), COT_OK);
    close(pair[1]);
}

static void run_child(int fd)
{
    role_env env;
    if (role_receive(&env, fd) != COT_OK)
        _exit(9);
    _exit(hub_main(&env));
}

static void turns_until(const bool *condition)
{
    cot_ms end = loop_clock() + 20000;
    while (!*condition) {
        assert_true(loop_clock() < end);
        assert_int_equal(loop_turn(&l, 100), COT_OK);
    }
}

static void start(void)
{
    int pair[2];
    role_config config = {
        .role = IPC_HUB, .workers = 1, .max_devices = 1000, .generation = ++generation};
    (void)snprintf(config.version, sizeof config.version, "test");
    assert_int_equal(ipc_pair(pair), COT_OK);
    ready = false;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pair[0]);
        run_child(pair[1]);
    }
    close(pair[1]);
    open_channel(&monitor, on_monitor, pair[0]);
    give(ROLE_FD_DATA_DIR, data_dir);
    give(ROLE_FD_ADMIN_TOKEN, token_file);
    role_put_config(ipc_begin(&monitor, IPC_START), &config);
    assert_int_equal(ipc_end(&monitor, -1), COT_OK);
    introduce(IPC_NET, &net, on_net);
    introduce(IPC_HTTP, &http, on_http);
    ipc_put_hello(ipc_begin(&net, IPC_HELLO), &(ipc_hello){0, generation == 1, DEVICES});
    assert_int_equal(ipc_end(&net, -1), COT_OK);
    turns_until(&ready);
}

static void stop_with(int how)
{
    int status = 0;
    if (how == SIGKILL) {
        kill(child, SIGKILL);
    } else {
        (void)ipc_send_empty(&monitor, IPC_STOP);
        ipc_flush(&monitor);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (how != SIGKILL)
        assert_int_equal(status, 0);
    ipc_close(&monitor);
    ipc_close(&net);
    ipc_close(&http);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cotter-hub-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    data_dir = open(folder, O_DIRECTORY | O_CLOEXEC);
    token_file = openat(data_dir, "admin.token", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return loop_init(&l) != COT_OK || data_dir < 0 || token_file < 0;
}

static int tear_down(void **state)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    (void)state;
    while (d != NULL && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            (void)unlinkat(data_dir, e->d_name, 0);
    if (d != NULL)
        closedir(d);
    ipc_free(&monitor);
    ipc_free(&net);
    ipc_free(&http);
    loop_free(&l);
    close(token_file);
    close(data_dir);
    return rmdir(folder);
}

/* ---- the script ---- */

static void add_device(const char *name, uint64_t id)
{
    uint8_t args[64];
    cot_writer w;
    cot_writer_init(&w, args, sizeof args);
    cot_cbor_write_map(&w, 2);
    hub_put_text(&w, "endpoint", name);
    hub_put_text(&w, "mode", "nosec");
    ipc_call c = {id, IPC_API_DEVICE_ADD, store_bytes(token), {args, w.len}};
    ipc_put_call(ipc_begin(&http, IPC_CALL), &c);
    assert_int_equal(ipc_end(&http, -1), COT_OK);
    for (cot_ms end = loop_clock() + 20000; reply_id != id && loop_clock() < end;)
        (void)loop_turn(&l, 100);
    assert_int_equal(reply_status, 201);
}

static void register_devices(void)
{
    for (uint8_t i = 0; i < DEVICES; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "dev-%u", (unsigned)i);
        add_device(name, 2000000u + i);
        ipc_register r = {.id = i,
                          .location = {{i, 1}},
                          .lifetime = 300,
                          .version = 11,
                          .endpoint = store_bytes(name),
                          .links = store_bytes("</3/0>")};
        answer_code = 0;
        ipc_put_register(ipc_begin(&net, IPC_REGISTER), &r);
        assert_int_equal(ipc_end(&net, -1), COT_OK);
        for (cot_ms end = loop_clock() + 20000; answer_code == 0 && loop_clock() < end;)
            (void)loop_turn(&l, 100);
        assert_int_equal(answer_code, 0x41);
    }
}

/* Send call `n`, or send it again: same id, same request. */
static void send_call(size_t n)
{
    uint8_t args[256];
    uint8_t request[16] = {(uint8_t)n, (uint8_t)(n >> 8), 0x77};
    char name[8];
    cot_writer w;
    cot_writer_init(&w, args, sizeof args);
    (void)snprintf(name, sizeof name, "dev-%u", (unsigned)(n % DEVICES));
    cot_cbor_write_map(&w, 4);
    hub_put_text(&w, "endpoint", name);
    hub_put_text(&w, "operation", "execute");
    hub_put_text(&w, "path", "3/0/4");
    hub_put_bytes(&w, "request", (cot_bytes){request, sizeof request});
    ipc_call c = {n + 1, IPC_API_COMMAND_ADD, store_bytes(token), {args, w.len}};
    ipc_put_call(ipc_begin(&http, IPC_CALL), &c);
    (void)ipc_end(&http, -1);
    calls[n].sent = true;
}

static size_t answered(void)
{
    size_t n = 0;
    for (size_t i = 0; i < CALLS; i++)
        n += calls[i].status != 0;
    return n;
}

/* Calls below `limit`, WINDOW at a time: so that every kill finds some under way. */
static void fill_window(size_t limit)
{
    size_t under_way = 0;
    for (size_t i = 0; i < limit && i < CALLS && under_way < WINDOW; i++) {
        if (calls[i].status != 0)
            continue;
        under_way++;
        if (!calls[i].sent)
            send_call(i);
    }
}

static void forget_sent(void)
{
    for (size_t i = 0; i < CALLS; i++)
        if (calls[i].status == 0)
            calls[i].sent = false;
}

static void state_of(uint64_t command, char *out, size_t cap)
{
    uint8_t args[32];
    cot_bytes text;
    cot_writer w;
    cot_writer_init(&w, args, sizeof args);
    cot_cbor_write_map(&w, 1);
    hub_put_uint(&w, "id", command);
    reply_id = 0;
    ipc_call c = {1000000 + command, IPC_API_COMMAND_GET, store_bytes(token), {args, w.len}};
    ipc_put_call(ipc_begin(&http, IPC_CALL), &c);
    assert_int_equal(ipc_end(&http, -1), COT_OK);
    for (cot_ms end = loop_clock() + 20000; reply_id != c.id && loop_clock() < end;)
        (void)loop_turn(&l, 100);
    assert_int_equal(reply_status, 200);
    assert_true(hub_item_text(hub_map_find((cot_bytes){reply_body, reply_len}, "state"), &text));
    assert_int_equal(store_chars(out, cap, text), COT_OK);
}

static void check_commands(void)
{
    char state[16] = "";
    for (size_t i = 0; i < CALLS; i++) {
        unsigned executed = 0;
        assert_true(calls[i].status == 202 || calls[i].status == 200);
        cot_ms end = loop_clock() + 20000;
        do {
            state_of(calls[i].command, state, sizeof state);
        } while (strcmp(state, "done") != 0 && loop_clock() < end);
        assert_string_equal(state, "done");
        for (size_t j = 0; j < seen_count; j++)
            if (seens[j].id == calls[i].command)
                executed += seens[j].executed;
        assert_int_equal(executed, 1);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(calls[j].command, calls[i].command);
    }
}

static void rule_9_acknowledged_commands_are_executed_once_under_kills(void **state)
{
    uint32_t random = 12345;
    unsigned kills = 0;
    (void)state;
    start();
    assert_int_equal(pread(token_file, token, HUB_TOKEN_TEXT, 0), HUB_TOKEN_TEXT);
    register_devices();
    while (answered() < CALLS || kills < KILLS) {
        random = random * 1664525u + 1013904223u;
        cot_ms end = loop_clock() + (random >> 24) / 32;
        do {
            fill_window(CALLS * (kills + 1) / KILLS);
            (void)loop_turn(&l, 1);
        } while (loop_clock() < end);
        if (kills < KILLS) {
            kills++;
            stop_with(SIGKILL);
            forget_sent();
            start();
        }
    }
    check_commands();
    stop_with(0);
    assert_int_equal(kills, KILLS);
}

/* The largest write goes through under the system call list, in whatever order its values come. */
static void a_write_of_many_values_is_sorted(void **state)
{
    uint8_t args[4096];
    cot_writer w;
    (void)state;
    start();
    assert_int_equal(pread(token_file, token, HUB_TOKEN_TEXT, 0), HUB_TOKEN_TEXT);
    register_devices();
    cot_writer_init(&w, args, sizeof args);
    cot_cbor_write_map(&w, 4);
    hub_put_text(&w, "endpoint", "dev-0");
    hub_put_text(&w, "operation", "write");
    hub_put_text(&w, "path", "3303/0");
    hub_put_key(&w, "values");
    cot_cbor_write_array(&w, 64);
    for (uint16_t i = 0; i < 64; i++) {
        cot_lwm2m_path path = cot_lwm2m_path_of(3, 3303, 0, (uint16_t)(i * 37 % 64), 0);
        cot_cbor_write_map(&w, 2);
        hub_put_path(&w, "path", &path);
        hub_put_uint(&w, "value", i);
    }
    ipc_call c = {3000000, IPC_API_COMMAND_ADD, store_bytes(token), {args, w.len}};
    ipc_put_call(ipc_begin(&http, IPC_CALL), &c);
    assert_int_equal(ipc_end(&http, -1), COT_OK);
    for (cot_ms end = loop_clock() + 20000; reply_id != c.id && loop_clock() < end;)
        (void)loop_turn(&l, 100);
    assert_int_equal(reply_status, 202);
    stop_with(0);
}

/* A taken worker that asks for firmware without end and never reads: it loses its channel, hub lives. */
static void a_peer_that_does_not_read_loses_its_channel(void **state)
{
    static ipc_channel stuck;
    loop other;
    bool wrote = false;
    store *st = NULL;
    char why[STORE_WHY];
    char path[96];
    store_release r = {.version = "1", .sequence = 1, .size = 1, .created_at = 1};
    (void)state;
    (void)snprintf(path, sizeof path, "%s/cotter.db", folder);
    assert_int_equal(store_open(path, false, &st, why), COT_OK);
    assert_int_equal(store_release_add(st, &r, store_bytes("image")), COT_OK);
    assert_int_equal(store_work_end(st, true, &wrote), COT_OK);
    assert_int_equal(store_commit(st), COT_OK);
    store_close(st);
    start();
    int pair[2];
    assert_int_equal(ipc_pair(pair), COT_OK);
    assert_int_equal(loop_init(&other), COT_OK);
    stuck.on_message = on_net;
    stuck.on_closed = on_closed;
    assert_int_equal(ipc_open(&stuck, &other, pair[0], QUEUE), COT_OK);
    ipc_put_peer(ipc_begin(&monitor, IPC_PEER), &(ipc_peer){IPC_NET, 0, 99});
    assert_int_equal(ipc_end(&monitor, pair[1]), COT_OK);
    close(pair[1]);
    struct pollfd gone = {.fd = pair[0], .events = POLLRDHUP};
    for (cot_ms end = loop_clock() + 20000; loop_clock() < end;) {
        ipc_firmware_open open = {1, store_bytes("00000000000000000000000000000000")};
        for (unsigned i = 0; i < 100; i++) {
            ipc_put_firmware_open(ipc_begin(&stuck, IPC_FIRMWARE_OPEN), &open);
            (void)ipc_end(&stuck, -1);
        }
        ipc_flush(&stuck);
        (void)loop_turn(&l, 1);
        if (poll(&gone, 1, 0) == 1 && (gone.revents & (POLLHUP | POLLRDHUP)) != 0)
            break;
    }
    assert_true((gone.revents & (POLLHUP | POLLRDHUP)) != 0);
    ipc_free(&stuck);
    loop_free(&other);
    stop_with(0); /* hub lives, and ends as it should */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rule_9_acknowledged_commands_are_executed_once_under_kills,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_of_many_values_is_sorted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_peer_that_does_not_read_loses_its_channel, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
