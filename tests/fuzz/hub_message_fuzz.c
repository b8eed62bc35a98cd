/* SPDX-License-Identifier: Apache-2.0 */
/* hub takes any run of messages from net and http. Property: it never falls, what it says are messages
 * that their readers accept, and every reply is well-formed CBOR.
 * Input: (u8 kind, u8 worker, u16 length, body)…; for a call the body is u8 operation and the arguments. */
#include "tests/unit/crash_vfs.h"

#include "server/hub/api.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static store *st;
static char token[HUB_TOKEN_TEXT + 1];

static const uint8_t kinds[] = {
    IPC_REGISTER, IPC_UPDATE,   IPC_DEREGISTER,    IPC_REFRESH,          IPC_EXPIRED,
    IPC_HELLO,    IPC_REFUSED,  IPC_PSK_WANTED,    IPC_COMMAND_RESULT,   IPC_READ_RESULT,
    IPC_NOTIFY,   IPC_PROGRESS, IPC_FIRMWARE_OPEN, IPC_CREDENTIAL_WANTED};

static void must(bool good)
{
    if (!good)
        abort();
}

static void run(hub *h, uint8_t role, uint8_t index, uint8_t type, cot_bytes body)
{
    hub_message *m = hub_message_new(role, index, type, body, -1);
    must(m != NULL);
    h->now += 100;
    h->utc += 100;
    (void)hub_handle(h, m);
    hub_list_move(&h->out, &h->at_once);
    hub_message_free(m);
}

static void call(hub *h, cot_bytes body)
{
    uint8_t buf[4096];
    cot_writer w;
    if (body.len == 0 || body.len > 2048)
        return;
    ipc_call c = {1,
                  (uint16_t)(IPC_API_STATUS + body.p[0] % IPC_API_AUDIT_LIST),
                  store_bytes(token),
                  {body.p + 1, body.len - 1}};
    cot_writer_init(&w, buf, sizeof buf);
    ipc_put_call(&w, &c);
    must(w.err == COT_OK);
    run(h, IPC_HTTP, 0, IPC_CALL, (cot_bytes){buf, w.len});
}

static void check(const hub_message *m)
{
    union {
        ipc_reply reply;
        ipc_event event;
        ipc_command command;
        ipc_read read;
        ipc_answer answer;
        ipc_drop drop;
    } v;
    cot_reader r;
    cot_reader_init(&r, m->body, m->len);
    if (m->type == IPC_REPLY) {
        must(ipc_get_reply(&r, &v.reply) == COT_OK);
        must(cot_cbor_check(v.reply.body, 0) == COT_OK);
    } else if (m->type == IPC_EVENT) {
        must(ipc_get_event(&r, &v.event) == COT_OK);
        must(cot_cbor_check(v.event.body, 0) == COT_OK);
    } else if (m->type == IPC_COMMAND) {
        must(ipc_get_command(&r, &v.command) == COT_OK);
    } else if (m->type == IPC_READ) {
        must(ipc_get_read(&r, &v.read) == COT_OK);
    } else if (m->type == IPC_ANSWER) {
        must(ipc_get_answer(&r, &v.answer) == COT_OK);
    } else if (m->type == IPC_DROP) {
        must(ipc_get_drop(&r, &v.drop) == COT_OK);
    }
}

static void first_device(hub *h)
{
    uint8_t buf[512];
    cot_writer w;
    ipc_register reg = {.id = 1,
                        .location = {{1}},
                        .lifetime = 60,
                        .version = 11,
                        .endpoint = store_bytes("dev"),
                        .links = store_bytes("</3/0>,</5/0>")};
    cot_writer_init(&w, buf, sizeof buf);
    ipc_put_register(&w, &reg);
    run(h, IPC_NET, 0, IPC_REGISTER, (cot_bytes){buf, w.len});
}

static hub *make(void)
{
    hub_config config = {.workers = 2, .max_devices = 100, .coap = {"127.0.0.1:5683"}};
    hub *h = hub_new(st, &config, 1000, 1700000000000);
    must(h != NULL);
    return h;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char why[STORE_WHY];
    uint8_t hash[32];
    bool wrote = false;
    store_id id = 0;
    store_token t = {.name = "fuzz", .role = STORE_ADMIN, .created_at = 1};
    store_group g = {.name = "g", .policy = STORE_AUTOMATIC, .parallel = 1, .created_at = 1};
    (void)argc;
    (void)argv;
    crash_vfs_install();
    must(store_open("cotter.db", false, &st, why) == COT_OK);
    must(hub_token_make(token) && hub_token_hash(store_bytes(token), hash));
    store_device_new dev = {
        .endpoint = store_bytes("dev"), .mode = IPC_NOSEC, .mid = 0x8000, .now = 1};
    must(store_device_add(st, &dev, &id) == COT_OK);
    must(store_token_add(st, &t, hash, &t.id) == COT_OK && store_group_add(st, &g, &id) == COT_OK);
    hub *h = make();
    first_device(h);
    hub_free(h);
    must(store_work_end(st, true, &wrote) == COT_OK && store_commit(st) == COT_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_reader r;
    bool wrote = false;
    hub *h = make();
    h->subscribed = true;
    cot_reader_init(&r, data, size);
    while (cot_reader_left(&r) >= 4) {
        uint8_t kind = cot_read_u8(&r);
        uint8_t index = cot_read_u8(&r) & 1;
        size_t len = cot_read_u16(&r);
        cot_bytes body = cot_read_bytes(&r, len < cot_reader_left(&r) ? len : cot_reader_left(&r));
        if (kind == 0)
            run(h, IPC_MONITOR, 0, 0, (cot_bytes){NULL, 0});
        else if (kind & 1)
            call(h, body);
        else
            run(h, IPC_NET, index, kinds[kind / 2 % sizeof kinds], body);
    }
    for (hub_message *m = hub_list_pop(&h->out); m != NULL; m = hub_list_pop(&h->out)) {
        check(m);
        hub_message_free(m);
    }
    hub_free(h);
    must(store_work_end(st, false, &wrote) == COT_OK);
    return 0;
}
