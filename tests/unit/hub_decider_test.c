/* SPDX-License-Identifier: Apache-2.0 */
/* The decider's thread on a disk that is full: what needs no disk goes on, what does is refused. */
#include "tests/unit/crash_vfs.h"
#include "tests/unit/test.h"

#include "server/hub/api.h"
#include "server/hub/decider.h"

#include <string.h>

static decider d;
static store *st;
static char token[HUB_TOKEN_TEXT + 1];

static int set_up(void **state)
{
    char why[STORE_WHY];
    uint8_t hash[32];
    bool wrote = false;
    store_token t = {.name = "test", .role = STORE_ADMIN, .created_at = 1};
    hub_config config = {.workers = 1, .max_devices = 1000};
    store_device_new dev = {
        .endpoint = store_bytes("dev"), .mode = IPC_NOSEC, .mid = 0x8000, .now = 1};
    store_device_new other = {
        .endpoint = store_bytes("other"), .mode = IPC_NOSEC, .mid = 0x8000, .now = 1};
    store_id id = 0;
    (void)state;
    crash_vfs_install();
    crash_vfs_clear();
    if (store_open("cotter.db", false, &st, why) != COT_OK || !hub_token_make(token) ||
        !hub_token_hash(store_bytes(token), hash) ||
        store_token_add(st, &t, hash, &t.id) != COT_OK ||
        store_device_add(st, &dev, &id) != COT_OK || store_device_add(st, &other, &id) != COT_OK ||
        store_work_end(st, true, &wrote) != COT_OK || store_commit(st) != COT_OK)
        return -1;
    return decider_start(&d, hub_new(st, &config, 1, 1700000000000), -1) != COT_OK;
}

static int tear_down(void **state)
{
    (void)state;
    crash_vfs_full(false);
    decider_stop(&d);
    hub_queue_free(&d.out);
    hub_free(d.hub);
    store_close(st);
    crash_vfs_clear();
    return 0;
}

static void say(uint8_t role, ipc_type type, const cot_writer *w)
{
    hub_message *m = hub_message_new(role, 0, (uint8_t)type, (cot_bytes){w->p, w->len}, -1);
    assert_non_null(m);
    hub_queue_push(&d.in, m, DECIDER_BOUND);
}

/* The next message of that type; others are left out. */
static hub_message *hear(ipc_type type)
{
    static hub_list heard;
    if (heard.tail == NULL)
        hub_list_init(&heard);
    for (;;) {
        for (hub_message *m = hub_list_pop(&heard); m != NULL; m = hub_list_pop(&heard)) {
            if (m->type == type)
                return m;
            hub_message_free(m);
        }
        assert_true(hub_queue_take(&d.out, &heard, true));
    }
}

static uint8_t register_device(const char *endpoint, uint8_t location)
{
    uint8_t body[512];
    cot_writer w;
    cot_reader r;
    ipc_answer answer = {0};
    ipc_register reg = {.id = 3,
                        .location = {{location}},
                        .lifetime = 60,
                        .version = 11,
                        .endpoint = store_bytes(endpoint),
                        .links = store_bytes("</3303/0>")};
    cot_writer_init(&w, body, sizeof body);
    ipc_put_register(&w, &reg);
    say(IPC_NET, IPC_REGISTER, &w);
    hub_message *m = hear(IPC_ANSWER);
    cot_reader_init(&r, m->body, m->len);
    assert_int_equal(ipc_get_answer(&r, &answer), COT_OK);
    hub_message_free(m);
    return answer.code;
}

static void ask(ipc_api api, const char *endpoint, const char *path)
{
    uint8_t args[256];
    uint8_t body[512];
    cot_writer a;
    cot_writer w;
    cot_writer_init(&a, args, sizeof args);
    cot_cbor_write_map(&a, path == NULL ? 1 : 2);
    hub_put_text(&a, "endpoint", endpoint);
    if (path != NULL)
        hub_put_text(&a, "path", path);
    ipc_call call = {9, (uint16_t)api, store_bytes(token), {args, a.len}};
    cot_writer_init(&w, body, sizeof body);
    ipc_put_call(&w, &call);
    say(IPC_HTTP, IPC_CALL, &w);
}

static uint16_t status_heard(void)
{
    ipc_reply reply = {0};
    cot_reader r;
    hub_message *m = hear(IPC_REPLY);
    cot_reader_init(&r, m->body, m->len);
    assert_int_equal(ipc_get_reply(&r, &reply), COT_OK);
    hub_message_free(m);
    return reply.status;
}

static uint64_t read_id(const char *path)
{
    ipc_read read = {0};
    cot_reader r;
    ask(IPC_API_RESOURCE_READ, "dev", path);
    for (;;) {
        hub_message *m = hear(IPC_READ);
        cot_reader_init(&r, m->body, m->len);
        assert_int_equal(ipc_get_read(&r, &read), COT_OK);
        hub_message_free(m);
        if (read.path.id[0] == 3303)
            return read.id;
    }
}

static void answer_read(uint64_t id)
{
    uint8_t payload[4096];
    uint8_t body[8192];
    cot_lwm2m_encoder e;
    cot_writer p;
    cot_writer w;
    char text[3000];
    cot_lwm2m_path path = cot_lwm2m_path_of(3, 3303, 0, 5750, 0);
    memset(text, 'x', sizeof text); /* long, so that it needs new pages */
    text[sizeof text - 1] = '\0';
    cot_value v = cot_value_text(text);
    cot_writer_init(&p, payload, sizeof payload);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &path, &p);
    cot_lwm2m_encode_put(&e, &path, &v);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_OK);
    ipc_result result = {id, {{1}}, 0x45, COT_FORMAT_SENML_CBOR, {payload, p.len}};
    cot_writer_init(&w, body, sizeof body);
    ipc_put_result(&w, &result);
    say(IPC_NET, IPC_READ_RESULT, &w);
}

static void rule_10_a_full_disk_stops_only_what_needs_it(void **state)
{
    (void)state;
    assert_int_equal(register_device("dev", 1), 0x41);
    crash_vfs_full(true);
    for (unsigned i = 0; i < 3; i++) {
        answer_read(read_id("3303/0/5750"));
        assert_int_equal(status_heard(), 200); /* live reads go on */
        ask(IPC_API_DEVICE_GET, "dev", NULL);
        assert_int_equal(status_heard(), 200);
        assert_int_equal(register_device("other", 2), 0xA3); /* not acknowledged */
        ask(IPC_API_DEVICE_REMOVE, "dev", NULL);
        assert_int_equal(status_heard(), 503);
    }
    crash_vfs_full(false);
    assert_int_equal(register_device("other", 2), 0x41);
    ask(IPC_API_DEVICE_REMOVE, "dev", NULL);
    assert_int_equal(status_heard(), 204);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rule_10_a_full_disk_stops_only_what_needs_it, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
