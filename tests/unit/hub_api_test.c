/* SPDX-License-Identifier: Apache-2.0 */
/* API: who may do what, lists and their pages, imports, tokens, events, the audit log. */
#include "tests/unit/hub_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t items(cot_bytes body, cot_cbor_reader *r)
{
    cot_cbor_reader_init(r, hub_map_find(body, "items"), 0);
    return cot_cbor_read_array(r);
}

/* A new token of that role becomes the caller's. */
static uint64_t become(world *w, const char *role, uint64_t expires_at)
{
    cot_bytes body;
    cot_writer *a = world_args(w, 2 + (expires_at != 0));
    hub_put_text(a, "name", role);
    hub_put_text(a, "role", role);
    if (expires_at != 0)
        hub_put_uint(a, "expires_at", expires_at);
    assert_int_equal(world_call(w, IPC_API_TOKEN_ADD, &body), 201);
    uint64_t id = world_uint(body, "id");
    world_text(body, "token", w->token, sizeof w->token);
    assert_int_equal(strlen(w->token), HUB_TOKEN_TEXT);
    return id;
}

static uint16_t call_endpoint(world *w, ipc_api api, const char *endpoint)
{
    cot_bytes body;
    hub_put_text(world_args(w, 1), "endpoint", endpoint);
    return world_call(w, api, &body);
}

static void no_operation_without_a_token(void **state)
{
    world *w = *state;
    cot_bytes body;
    w->token[10] ^= 1;
    for (unsigned api = IPC_API_STATUS; api <= IPC_API_AUDIT_LIST; api++) {
        world_args(w, 0);
        assert_int_equal(world_call(w, (ipc_api)api, &body), 401);
    }
    w->token[0] = '\0';
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_STATUS, &body), 401);
}

static void rule_13_each_role_may_do_its_part(void **state)
{
    static const ipc_api changes[] = {
        IPC_API_DEVICE_ADD,   IPC_API_DEVICE_IMPORT,  IPC_API_DEVICE_EDIT,    IPC_API_DEVICE_REMOVE,
        IPC_API_COMMAND_ADD,  IPC_API_COMMAND_CANCEL, IPC_API_GROUP_ADD,      IPC_API_GROUP_EDIT,
        IPC_API_GROUP_REMOVE, IPC_API_RELEASE_ADD,    IPC_API_RELEASE_REMOVE, IPC_API_UPGRADE_STOP,
        IPC_API_UPGRADE_START};
    static const ipc_api admins[] = {IPC_API_TOKEN_LIST, IPC_API_TOKEN_ADD, IPC_API_TOKEN_REMOVE,
                                     IPC_API_AUDIT_LIST};
    world *w = *state;
    char admin[HUB_TOKEN_TEXT + 1];
    cot_bytes body;
    memcpy(admin, w->token, sizeof admin);
    for (unsigned operate = 0; operate < 2; operate++) {
        memcpy(w->token, admin, sizeof admin);
        (void)become(w, operate ? "operate" : "read", 0);
        for (size_t i = 0; i < sizeof admins / sizeof admins[0]; i++) {
            world_args(w, 0);
            assert_int_equal(world_call(w, admins[i], &body), 403);
        }
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            world_args(w, 0);
            uint16_t status = world_call(w, changes[i], &body);
            assert_int_equal(status == 403, !operate);
        }
        world_args(w, 0);
        assert_int_equal(world_call(w, IPC_API_DEVICE_LIST, &body), 200);
    }
}

static void a_token_ends_by_time_and_by_removal(void **state)
{
    world *w = *state;
    cot_bytes body;
    char admin[HUB_TOKEN_TEXT + 1];
    memcpy(admin, w->token, sizeof admin);
    (void)become(w, "read", (uint64_t)w->utc + 1000);
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_STATUS, &body), 200);
    w->utc += 1000;
    assert_int_equal(world_call(w, IPC_API_STATUS, &body), 401);
    memcpy(w->token, admin, sizeof admin);
    uint64_t second = become(w, "admin", 0);
    hub_put_uint(world_args(w, 1), "id", second);
    assert_int_equal(world_call(w, IPC_API_TOKEN_REMOVE, &body), 409); /* itself */
    hub_put_uint(world_args(w, 1), "id", 1);
    assert_int_equal(world_call(w, IPC_API_TOKEN_REMOVE, &body), 204);
    memcpy(w->token, admin, sizeof admin);
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_STATUS, &body), 401);
}

static void rule_13_only_the_hash_of_a_token_is_stored(void **state)
{
    world *w = *state;
    char file[2][112];
    (void)snprintf(file[0], sizeof file[0], "%s", w->path);
    (void)snprintf(file[1], sizeof file[1], "%s-wal", w->path);
    for (unsigned i = 0; i < 2; i++) {
        static uint8_t bytes[4 << 20];
        int fd = open(file[i], O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
        close(fd);
        assert_true(n >= 0);
        assert_null(memmem(bytes, (size_t)n, w->token + 4, 20));
    }
}

static void rule_8_a_secret_is_never_read_back(void **state)
{
    static const ipc_api reads[] = {IPC_API_DEVICE_GET, IPC_API_DEVICE_LIST, IPC_API_DEVICE_WHY,
                                    IPC_API_VALUE_LIST, IPC_API_AUDIT_LIST};
    static const char blob[] = "sealed by keys";
    world *w = *state;
    world_add_psk(w, "dev", NULL); /* with a blob that begins like this */
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        cot_bytes body;
        hub_put_text(world_args(w, 1), "endpoint", "dev");
        assert_int_equal(world_call(w, reads[i], &body), 200);
        assert_null(memmem(body.p, body.len, blob, sizeof blob - 1));
    }
}

static void a_list_comes_in_pages_by_any_limit(void **state)
{
    world *w = *state;
    char name[16];
    for (unsigned i = 0; i < 25; i++) {
        (void)snprintf(name, sizeof name, "dev-%02u", i);
        world_add_psk(w, name, NULL);
    }
    for (uint64_t limit = 1; limit <= 30; limit += 4) {
        char cursor[64] = "";
        unsigned seen = 0;
        do {
            cot_bytes body;
            cot_cbor_reader r;
            cot_writer *a = world_args(w, 1 + (cursor[0] != '\0'));
            hub_put_uint(a, "limit", limit);
            if (cursor[0] != '\0')
                hub_put_text(a, "cursor", cursor);
            assert_int_equal(world_call(w, IPC_API_DEVICE_LIST, &body), 200);
            uint64_t n = items(body, &r);
            assert_true(n >= 1 && n <= limit);
            for (; n > 0; n--) {
                char endpoint[32];
                (void)snprintf(name, sizeof name, "dev-%02u", seen++);
                world_text(cot_cbor_skip(&r), "endpoint", endpoint, sizeof endpoint);
                assert_string_equal(endpoint, name);
            }
            if (hub_item_null(hub_map_find(body, "next")))
                cursor[0] = '\0';
            else
                world_text(body, "next", cursor, sizeof cursor);
        } while (cursor[0] != '\0');
        assert_int_equal(seen, 25);
    }
}

static uint16_t import(world *w, unsigned count, unsigned twice, bool sealed, cot_bytes *body)
{
    static uint8_t bytes[65536];
    char name[16];
    cot_writer s;
    cot_writer_init(&s, bytes, sizeof bytes);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "im-%u", i == twice ? 0 : i);
        cot_cbor_write_map(&s, 3);
        hub_put_text(&s, "endpoint", name);
        hub_put_text(&s, "mode", "nosec");
        hub_put_uint(&s, "line", i + 1);
    }
    assert_int_equal(s.err, COT_OK);
    w->fd = memfd_create("import", MFD_ALLOW_SEALING);
    assert_int_equal(write(w->fd, bytes, s.len), s.len);
    if (sealed)
        assert_int_equal(fcntl(w->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
    hub_put_bytes(world_args(w, 1), "request", store_bytes("0123456789abcdef"));
    uint16_t status = world_call(w, IPC_API_DEVICE_IMPORT, body);
    close(w->fd);
    w->fd = -1;
    return status;
}

static void an_import_is_all_or_nothing(void **state)
{
    world *w = *state;
    cot_bytes body;
    cot_cbor_reader r;
    assert_int_equal(import(w, 100, 57, true, &body), 409);
    cot_cbor_reader_init(&r, hub_map_find(body, "errors"), 0);
    assert_int_equal(cot_cbor_read_array(&r), 1);
    assert_int_equal(world_uint(cot_cbor_skip(&r), "line"), 58);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_GET, "im-3"), 404);
    assert_int_equal(import(w, 100, 1000, true, &body), 200);
    assert_int_equal(world_uint(body, "imported"), 100);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_GET, "im-3"), 200);
    world_restart(w);
    assert_int_equal(import(w, 100, 1000, true, &body), 200); /* asked again */
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_STATUS, &body), 200);
    assert_int_equal(world_uint(body, "devices"), 100);
}

static void an_unsealed_body_is_refused(void **state)
{
    world *w = *state;
    cot_bytes body;
    assert_int_equal(import(w, 3, 1000, false, &body), 422);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_GET, "im-1"), 404);
    assert_int_equal(import(w, 3, 1000, true, &body), 200);
}

static void a_creation_asked_for_twice_has_one_effect(void **state)
{
    world *w = *state;
    cot_bytes body;
    for (unsigned i = 0; i < 2; i++) {
        cot_writer *a = world_args(w, 3);
        hub_put_text(a, "endpoint", "dev");
        hub_put_text(a, "mode", "nosec");
        hub_put_bytes(a, "request", store_bytes("0123456789abcdef"));
        assert_int_equal(world_call(w, IPC_API_DEVICE_ADD, &body), 201);
        world_restart(w);
    }
    cot_writer *a = world_args(w, 3);
    hub_put_text(a, "endpoint", "dev");
    hub_put_text(a, "mode", "nosec");
    hub_put_bytes(a, "request", store_bytes("another request!"));
    assert_int_equal(world_call(w, IPC_API_DEVICE_ADD, &body), 409);
}

static void removing_a_device_ends_its_session_and_frees_its_identity(void **state)
{
    world *w = *state;
    cot_reader r;
    ipc_drop drop;
    world_add_psk(w, "dev", NULL);
    store_id credential = world_credential(w, "dev");
    assert_int_equal(world_register(w, 1, "dev", 1, IPC_PSK, credential), 0x41);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_REMOVE, "dev"), 204);
    hub_message *m = world_wait(w, IPC_DROP, &r);
    assert_int_equal(m->index, 1);
    assert_int_equal(ipc_get_drop(&r, &drop), COT_OK);
    assert_int_equal(drop.end_session, 1);
    hub_message_free(m);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_GET, "dev"), 404);
    world_add_psk(w, "dev", NULL);
    assert_true(world_credential(w, "dev") > credential); /* ids are never used again */
    assert_int_equal(world_register(w, 1, "dev", 2, IPC_PSK, credential), 0x83);
}

static void live_reads_end_when_a_worker_or_the_time_does(void **state)
{
    world *w = *state;
    cot_bytes body;
    assert_int_equal(world_register(w, 0, "dev", 1, IPC_NOSEC, 0), 0x41);
    for (unsigned i = 0; i < 3; i++) {
        cot_writer *a = world_args(w, 3);
        hub_put_text(a, "endpoint", "dev");
        hub_put_text(a, "path", "3/0/0");
        hub_put_uint(a, "timeout", 2);
        assert_int_equal(world_call(w, IPC_API_RESOURCE_READ, &body), 0);
        world_put(w);
        if (i == 0)
            assert_int_equal(world_say(w, IPC_NET, 0, IPC_PEER), COT_OK); /* a new worker came */
        else if (i == 1)
            world_later(w, 4000);
        else /* the device came back over another registration */
            assert_int_equal(world_register(w, 0, "dev", 2, IPC_NOSEC, 0), 0x41);
        assert_int_equal(world_answer(w, &body), i == 1 ? 504 : 503);
    }
}

static void events_can_be_read_again_from_a_number(void **state)
{
    world *w = *state;
    cot_bytes body;
    cot_cbor_reader r;
    char name[16];
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_SUBSCRIBE, &body), 200);
    uint64_t first = world_uint(body, "sequence");
    for (uint8_t i = 1; i <= 5; i++) {
        (void)snprintf(name, sizeof name, "e-%u", (unsigned)i);
        assert_int_equal(world_register(w, 0, name, i, IPC_NOSEC, 0), 0x41);
    }
    assert_false(world_quiet(w, IPC_EVENT));
    hub_put_uint(world_args(w, 1), "since", first + 2);
    assert_int_equal(world_call(w, IPC_API_SUBSCRIBE, &body), 200);
    assert_int_equal(world_uint(body, "sequence"), first + 5);
    cot_cbor_reader_init(&r, hub_map_find(body, "events"), 0);
    assert_int_equal(cot_cbor_read_array(&r), 3);
    assert_int_equal(world_uint(cot_cbor_skip(&r), "sequence"), first + 3);
    w->utc += 1;
    world_restart(w);
    hub_put_uint(world_args(w, 1), "since", first + 5);
    assert_int_equal(world_call(w, IPC_API_SUBSCRIBE, &body), 200);
    assert_true(world_uint(body, "sequence") > first + 5); /* numbers rise over restarts */
}

static void every_change_is_in_the_audit_log(void **state)
{
    world *w = *state;
    cot_bytes body;
    cot_cbor_reader r;
    char text[64];
    world_add_psk(w, "dev", NULL);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_REMOVE, "nobody"), 404); /* changes nothing */
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_REMOVE, "dev"), 204);
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_AUDIT_LIST, &body), 200);
    assert_int_equal(items(body, &r), 2);
    cot_bytes item = cot_cbor_skip(&r);
    world_text(item, "action", text, sizeof text);
    assert_string_equal(text, "device.remove");
    world_text(item, "actor", text, sizeof text);
    assert_string_equal(text, "first start");
    world_text(item, "subject", text, sizeof text);
    assert_string_equal(text, "dev");
}

static void what_a_role_may_not_do_is_in_the_audit_log(void **state)
{
    world *w = *state;
    cot_bytes body;
    cot_cbor_reader r;
    char admin[HUB_TOKEN_TEXT + 1];
    char text[64];
    memcpy(admin, w->token, sizeof admin);
    (void)become(w, "read", 0);
    assert_int_equal(call_endpoint(w, IPC_API_DEVICE_REMOVE, "dev"), 403);
    memcpy(w->token, admin, sizeof admin);
    world_args(w, 0);
    assert_int_equal(world_call(w, IPC_API_AUDIT_LIST, &body), 200);
    assert_true(items(body, &r) >= 1);
    cot_bytes item = cot_cbor_skip(&r);
    world_text(item, "actor", text, sizeof text);
    assert_string_equal(text, "read");
    world_text(item, "action", text, sizeof text);
    assert_string_equal(text, "device.remove");
    world_text(item, "detail", text, sizeof text);
    assert_non_null(strstr(text, "refused"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(no_operation_without_a_token),
        T(rule_13_each_role_may_do_its_part),
        T(a_token_ends_by_time_and_by_removal),
        T(rule_13_only_the_hash_of_a_token_is_stored),
        T(rule_8_a_secret_is_never_read_back),
        T(a_list_comes_in_pages_by_any_limit),
        T(an_import_is_all_or_nothing),
        T(an_unsealed_body_is_refused),
        T(a_creation_asked_for_twice_has_one_effect),
        T(removing_a_device_ends_its_session_and_frees_its_identity),
        T(live_reads_end_when_a_worker_or_the_time_does),
        T(events_can_be_read_again_from_a_number),
        T(every_change_is_in_the_audit_log),
        T(what_a_role_may_not_do_is_in_the_audit_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
