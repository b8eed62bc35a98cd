/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted surroundings of a hub. */
#include "tests/unit/hub_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint8_t answer[IPC_PAYLOAD_MAX];

static void open_hub(world *w)
{
    char why[STORE_WHY] = "";
    hub_config config = {.version = "test",
                         .workers = 2,
                         .boot_id = {w->boot},
                         .max_devices = 1000000,
                         .coap = {"127.0.0.1:5683"},
                         .coaps = {"[::1]:5684", "127.0.0.1:5684"},
                         .upgrade_backoff = 30000,
                         .upgrade_stall = 300000};
    if (store_open(w->path, false, &w->st, why) != COT_OK)
        fail_msg("%s", why);
    w->h = hub_new(w->st, &config, w->now, w->utc);
    assert_non_null(w->h);
    bool wrote = false;
    assert_int_equal(hub_start(w->h), COT_OK);
    assert_int_equal(store_work_end(w->st, true, &wrote), COT_OK);
    assert_int_equal(store_commit(w->st), COT_OK);
}

static void first_token(world *w)
{
    bool wrote = false;
    char file[96];
    (void)snprintf(file, sizeof file, "%s/token", w->folder);
    FILE *f = fopen(file, "w+");
    assert_non_null(f);
    assert_int_equal(hub_first_token(w->st, fileno(f), w->utc), COT_OK);
    assert_int_equal(store_work_end(w->st, true, &wrote), COT_OK);
    assert_int_equal(store_commit(w->st), COT_OK);
    assert_int_equal(fread(w->token, 1, HUB_TOKEN_TEXT, f), HUB_TOKEN_TEXT);
    (void)fclose(f);
}

int world_set_up(void **state)
{
    world *w = calloc(1, sizeof *w);
    if (w == NULL)
        return -1;
    (void)snprintf(w->folder, sizeof w->folder, "/tmp/cotter-hub-XXXXXX");
    if (mkdtemp(w->folder) == NULL)
        return -1;
    (void)snprintf(w->path, sizeof w->path, "%s/cotter.db", w->folder);
    w->now = 1000000;
    w->utc = 1700000000000;
    w->fd = -1;
    hub_list_init(&w->said);
    open_hub(w);
    first_token(w);
    *state = w;
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    while (d != NULL && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d != NULL)
        closedir(d);
    (void)rmdir(folder);
}

int world_tear_down(void **state)
{
    world *w = *state;
    hub_list_clear(&w->said);
    hub_free(w->h);
    store_close(w->st);
    remove_folder(w->folder);
    free(w);
    return 0;
}

void world_restart(world *w)
{
    hub_list_clear(&w->said);
    hub_free(w->h);
    store_close(w->st);
    open_hub(w);
}

static cot_status handle(world *w, hub_message *m)
{
    bool wrote = false;
    w->h->now = w->now;
    w->h->utc = w->utc;
    cot_status s = hub_handle(w->h, m);
    hub_list_move(&w->said, &w->h->at_once);
    assert_int_equal(store_work_end(w->st, s == COT_OK && !w->h->undo, &wrote), COT_OK);
    assert_int_equal(store_commit(w->st), COT_OK);
    hub_list_move(&w->said, &w->h->out);
    m->fd = -1; /* the test's */
    hub_message_free(m);
    return s;
}

void world_later(world *w, cot_ms ms)
{
    w->now += ms;
    w->utc += (store_ms)ms;
    assert_int_equal(handle(w, hub_message_new(IPC_MONITOR, 0, 0, (cot_bytes){NULL, 0}, -1)),
                     COT_OK);
}

cot_writer *world_put(world *w)
{
    cot_writer_init(&w->m, w->put, sizeof w->put);
    return &w->m;
}

cot_status world_say(world *w, uint8_t role, uint8_t index, ipc_type type)
{
    assert_int_equal(w->m.err, COT_OK);
    return handle(
        w, hub_message_new(role, index, (uint8_t)type, (cot_bytes){w->put, w->m.len}, w->fd));
}

hub_message *world_hear(world *w, ipc_type type, cot_reader *body)
{
    hub_message *m = hub_list_pop(&w->said);
    assert_non_null(m);
    assert_int_equal(m->type, type);
    cot_reader_init(body, m->body, m->len);
    return m;
}

hub_message *world_wait(world *w, ipc_type type, cot_reader *body)
{
    while (w->said.head != NULL && w->said.head->type != type)
        hub_message_free(hub_list_pop(&w->said));
    return world_hear(w, type, body);
}

bool world_quiet(const world *w, ipc_type type)
{
    for (const hub_message *m = w->said.head; m != NULL; m = m->next)
        if (m->type == type)
            return false;
    return true;
}

void world_forget(world *w)
{
    hub_list_clear(&w->said);
}

cot_writer *world_args(world *w, uint64_t pairs)
{
    cot_writer_init(&w->w, w->args, sizeof w->args);
    cot_cbor_write_map(&w->w, pairs);
    return &w->w;
}

uint16_t world_answer(world *w, cot_bytes *body)
{
    for (hub_message *m = hub_list_pop(&w->said); m != NULL; m = hub_list_pop(&w->said)) {
        ipc_reply reply = {0};
        cot_reader r;
        if (m->type != IPC_REPLY) {
            hub_message_free(m);
            continue;
        }
        cot_reader_init(&r, m->body, m->len);
        assert_int_equal(ipc_get_reply(&r, &reply), COT_OK);
        assert_int_equal(reply.id, w->call);
        memcpy(answer, reply.body.p, reply.body.len);
        *body = (cot_bytes){answer, reply.body.len};
        hub_message_free(m);
        return reply.status;
    }
    return 0;
}

uint16_t world_call(world *w, ipc_api api, cot_bytes *body)
{
    hub_list kept;
    uint16_t status = 0;
    ipc_call call = {++w->call, (uint16_t)api, store_bytes(w->token), {w->args, w->w.len}};
    hub_list_init(&kept);
    hub_list_move(&kept, &w->said);
    ipc_put_call(world_put(w), &call);
    assert_int_equal(world_say(w, IPC_HTTP, 0, IPC_CALL), COT_OK);
    for (hub_message *m = hub_list_pop(&w->said); m != NULL; m = hub_list_pop(&w->said)) {
        if (m->type != IPC_REPLY) {
            hub_list_push(&kept, m);
            continue;
        }
        hub_list one;
        hub_list_init(&one);
        hub_list_push(&one, m);
        world copy = *w;
        hub_list_init(&copy.said);
        hub_list_move(&copy.said, &one);
        status = world_answer(&copy, body);
    }
    hub_list_move(&w->said, &kept);
    return status;
}

ipc_location world_location(uint8_t n)
{
    ipc_location l = {{n, 0xC0, n}};
    return l;
}

void world_add_nosec(world *w, const char *endpoint)
{
    cot_bytes body;
    cot_writer *a = world_args(w, 2);
    hub_put_text(a, "endpoint", endpoint);
    hub_put_text(a, "mode", "nosec");
    assert_int_equal(world_call(w, IPC_API_DEVICE_ADD, &body), 201);
}

void world_add_psk(world *w, const char *endpoint, const char *group)
{
    cot_bytes body;
    cot_writer *a = world_args(w, group == NULL ? 3 : 4);
    hub_put_text(a, "endpoint", endpoint);
    hub_put_text(a, "mode", "psk");
    hub_put_bytes(a, "sealed", store_bytes("sealed by keys, which hub cannot open"));
    if (group != NULL)
        hub_put_text(a, "group", group);
    assert_int_equal(world_call(w, IPC_API_DEVICE_ADD, &body), 201);
}

store_id world_credential(world *w, const char *identity)
{
    store_credential c = {0};
    assert_int_equal(store_credential_by_identity(w->st, IPC_PSK, store_bytes(identity), &c),
                     COT_OK);
    return c.id;
}

uint8_t world_register(world *w, uint8_t worker, const char *endpoint, uint8_t location,
                       uint8_t mode, store_id credential)
{
    cot_reader r;
    ipc_answer code;
    store_device d;
    if (mode == IPC_NOSEC && !w->strict &&
        store_device_get(w->st, store_bytes(endpoint), &d) == COT_E_NOT_FOUND)
        world_add_nosec(w, endpoint);
    ipc_register reg = {
        .id = 77,
        .location = world_location(location),
        .mode = mode,
        .credential = (uint64_t)credential,
        .from = {{[10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1}, 4000},
        .lifetime = 300,
        .version = 11,
        .endpoint = store_bytes(endpoint),
        .binding = store_bytes("U"),
        .links = store_bytes("</1/0>,</3/0>,</5/0>,</3303/0>"),
    };
    ipc_put_register(world_put(w), &reg);
    assert_int_equal(world_say(w, IPC_NET, worker, IPC_REGISTER), COT_OK);
    hub_list rest;
    hub_list_init(&rest);
    uint8_t result = 0;
    for (hub_message *m = hub_list_pop(&w->said); m != NULL; m = hub_list_pop(&w->said)) {
        if (m->type != IPC_ANSWER) {
            hub_list_push(&rest, m);
            continue;
        }
        cot_reader_init(&r, m->body, m->len);
        assert_int_equal(ipc_get_answer(&r, &code), COT_OK);
        assert_int_equal(code.id, 77);
        result = code.code;
        hub_message_free(m);
    }
    hub_list_move(&w->said, &rest);
    return result;
}

void world_text(cot_bytes map, const char *key, char *out, size_t cap)
{
    cot_bytes text;
    cot_bytes item = hub_map_find(map, key);
    if (!hub_item_text(item, &text))
        fail_msg("no text under %s", key);
    assert_int_equal(store_chars(out, cap, text), COT_OK);
}

uint64_t world_uint(cot_bytes map, const char *key)
{
    uint64_t v = 0;
    if (!hub_item_uint(hub_map_find(map, key), &v))
        fail_msg("no number under %s", key);
    return v;
}

void world_answer_probe(world *w, const char *version)
{
    uint8_t payload[256];
    cot_lwm2m_encoder e;
    cot_writer p;
    cot_reader r;
    ipc_read read;
    cot_lwm2m_path base = cot_lwm2m_path_of(2, 3, 0, 0, 0);
    cot_lwm2m_path path = cot_lwm2m_path_of(3, 3, 0, 3, 0);
    cot_value v = cot_value_text(version);
    hub_message *m = world_wait(w, IPC_READ, &r);
    assert_int_equal(ipc_get_read(&r, &read), COT_OK);
    cot_writer_init(&p, payload, sizeof payload);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &base, &p);
    cot_lwm2m_encode_put(&e, &path, &v);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_OK);
    ipc_result result = {read.id, read.location, 0x45, COT_FORMAT_SENML_CBOR, {payload, p.len}};
    uint8_t worker = m->index;
    hub_message_free(m);
    ipc_put_result(world_put(w), &result);
    assert_int_equal(world_say(w, IPC_NET, worker, IPC_READ_RESULT), COT_OK);
}
