/* SPDX-License-Identifier: Apache-2.0 */
/* server/net: operations on devices, notifications, firmware, with a scripted hub. Design rule 9 on the worker's
 * side. */
#include "core/lwm2m/content.h"
#include "tests/unit/net_world.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static world x;
static world_device d;
static ipc_location location;
static const uint8_t token[8] = {9, 8, 7, 6, 5, 4, 3, 2};
static const ipc_path temperature = {3, {3303, 0, 5700}};

static int setup(void **state)
{
    (void)state;
    world_open(&x);
    device_open(&d, 2);
    device_register(&x, &d, "dev", 3600);
    location = table_registration_of(&x.w->table, 0)->location;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    device_close(&d);
    world_close(&x);
    return 0;
}

static void command(uint64_t id, uint16_t mid, uint8_t operation, ipc_path path, uint16_t format,
                    const void *payload, size_t len)
{
    ipc_command c = {.id = id,
                     .location = location,
                     .mid = mid,
                     .operation = operation,
                     .path = path,
                     .format = format,
                     .payload = {payload, len}};
    memcpy(c.token, token, 8);
    ipc_put_command(ipc_begin(&x.hub, IPC_COMMAND), &c);
    assert_int_equal(ipc_end(&x.hub, -1), COT_OK);
    world_run(&x, 20);
}

static void ask(uint64_t id, uint8_t operation, ipc_path path, uint32_t timeout)
{
    ipc_read r = {.id = id,
                  .location = location,
                  .operation = operation,
                  .path = path,
                  .timeout_ms = timeout};
    ipc_put_read(ipc_begin(&x.hub, IPC_READ), &r);
    assert_int_equal(ipc_end(&x.hub, -1), COT_OK);
    world_run(&x, 20);
}

static ipc_result result_of(ipc_type type, uint64_t id)
{
    ipc_result m;
    cot_reader r;
    world_message *got = world_hub_got(&x, type);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_result(&r, &m), COT_OK);
    assert_int_equal(m.id, id);
    assert_memory_equal(m.location.b, location.b, sizeof location.b);
    return m;
}

/* The one record of a SenML pack. */
static cot_lwm2m_record record_of(cot_bytes pack, const char *path)
{
    cot_lwm2m_path root = {.level = 0};
    cot_lwm2m_path want;
    cot_lwm2m_decoder dec;
    cot_lwm2m_record rec;
    cot_lwm2m_record more;
    assert_int_equal(cot_lwm2m_path_parse((cot_bytes){(const uint8_t *)path, strlen(path)}, &want),
                     COT_OK);
    assert_int_equal(cot_lwm2m_decode_begin(&dec, COT_FORMAT_SENML_CBOR, &root, pack), COT_OK);
    assert_int_equal(cot_lwm2m_decode_next(&dec, &rec), COT_OK);
    assert_int_equal(cot_lwm2m_path_compare(&rec.path, &want), 0);
    assert_int_equal(cot_lwm2m_decode_next(&dec, &more), COT_E_NOT_FOUND);
    return rec;
}

static bool path_is(const char *path)
{
    return cot_coap_path_is(d.view.path, path);
}

/* ---- reads ---- */

static void a_read_asks_for_senml_and_falls_back(void **state)
{
    (void)state;
    static const uint8_t tlv[] = {0xE4, 0x16, 0x44, 0x41, 0xAC, 0x00, 0x00}; /* 5700 = 21.5f */
    ask(1, IPC_OP_READ, temperature, 10000);
    assert_true(device_got(&d));
    assert_true(path_is("3303/0/5700"));
    assert_int_equal(d.msg.head.code, COT_COAP_GET);
    assert_int_equal(d.view.accept, COT_FORMAT_SENML_CBOR);
    assert_true(d.msg.head.mid < 0x8000);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_NOT_ACCEPTABLE, -1, -1, NULL, 0);
    assert_true(device_got(&d));
    assert_int_equal(d.view.accept, COT_FORMAT_TLV);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, -1, COT_FORMAT_TLV, tlv, sizeof tlv);
    ipc_result m = result_of(IPC_READ_RESULT, 1);
    assert_int_equal(m.code, COT_COAP_CONTENT);
    assert_int_equal(m.format, COT_FORMAT_SENML_CBOR);
    cot_lwm2m_record rec = record_of(m.payload, "/3303/0/5700");
    assert_int_equal(rec.value.type, COT_FLOAT);
    assert_true(rec.value.as.f > 21.4 && rec.value.as.f < 21.6);
}

static void text_gets_the_type_of_the_model(void **state)
{
    (void)state;
    ask(1, IPC_OP_READ, (ipc_path){3, {3, 0, 9}}, 10000);
    assert_true(device_got(&d));
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, -1, COT_FORMAT_TEXT, "87", 2);
    ipc_result m = result_of(IPC_READ_RESULT, 1);
    cot_lwm2m_record rec = record_of(m.payload, "/3/0/9");
    assert_int_equal(rec.value.as.i, 87);
    ask(2, IPC_OP_READ, (ipc_path){3, {40000, 0, 1}}, 10000); /* unknown: what it looks like */
    assert_true(device_got(&d));
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, -1, COT_FORMAT_TEXT, "87", 2);
    m = result_of(IPC_READ_RESULT, 2);
    rec = record_of(m.payload, "/40000/0/1");
    assert_int_equal(rec.value.type, COT_STRING);
}

static void a_separate_response_and_an_error(void **state)
{
    (void)state;
    uint8_t ack[COT_COAP_EMPTY_LEN];
    ask(1, IPC_OP_DISCOVER, (ipc_path){1, {3}}, 60000);
    assert_true(device_got(&d));
    assert_int_equal(d.view.accept, COT_FORMAT_LINK);
    cot_coap_write_empty(ack, COT_COAP_ACK, d.msg.head.mid);
    device_send(&x, &d, ack, sizeof ack);
    world_run(&x, 20000);
    device_respond(&x, &d, COT_COAP_CON, COT_COAP_CONTENT, -1, COT_FORMAT_LINK, "</3>", 4);
    ipc_result m = result_of(IPC_READ_RESULT, 1);
    assert_int_equal(m.format, COT_FORMAT_LINK);
    assert_true(cot_bytes_is(m.payload, "</3>"));
    assert_true(device_got(&d)); /* it is acknowledged */
    assert_int_equal(d.msg.head.type, COT_COAP_ACK);
    ask(2, IPC_OP_READ, (ipc_path){1, {9}}, 10000);
    assert_true(device_got(&d));
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_NOT_FOUND, -1, -1, "no", 2);
    m = result_of(IPC_READ_RESULT, 2);
    assert_int_equal(m.code, COT_COAP_NOT_FOUND);
    assert_true(cot_bytes_is(m.payload, "no"));
}

static void a_silent_device_ends_a_read_in_time(void **state)
{
    (void)state;
    ask(1, IPC_OP_READ, temperature, 3000);
    ask(2, IPC_OP_READ, temperature, 1000); /* waits behind it, and its time runs */
    world_run(&x, 1100);
    assert_int_equal(result_of(IPC_READ_RESULT, 2).code, 0);
    world_run(&x, 2500);
    assert_int_equal(result_of(IPC_READ_RESULT, 1).code, 0);
    assert_int_equal(x.w->jobs.used, 0);
}

static void one_request_at_a_time_and_a_bounded_queue(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < NET_JOBS_A_DEVICE; i++)
        ask(i, IPC_OP_READ, temperature, 60000);
    ask(99, IPC_OP_READ, temperature, 60000);
    assert_int_equal(result_of(IPC_READ_RESULT, 99).code, COT_COAP_UNAVAILABLE);
    for (uint64_t i = 0; i < NET_JOBS_A_DEVICE; i++) {
        assert_true(device_got(&d));
        world_device more = d;
        assert_false(device_got(&more)); /* NSTART 1 */
        device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, -1, COT_FORMAT_TEXT, "1", 1);
        (void)result_of(IPC_READ_RESULT, i);
    }
}

static void unknown_locations_are_answered(void **state)
{
    (void)state;
    location.b[9] ^= 1;
    ask(1, IPC_OP_READ, temperature, 1000);
    assert_int_equal(result_of(IPC_READ_RESULT, 1).code, IPC_CODE_NOT_SENT);
    command(2, 0x8000, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, NULL, 0);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 2).code, IPC_CODE_NOT_SENT);
}

static void a_dropped_registration_ends_what_waits(void **state)
{
    (void)state;
    command(3, 0x8003, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, NULL, 0);
    command(4, 0x8004, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, NULL, 0);
    ipc_drop m = {.location = location};
    ipc_put_drop(ipc_begin(&x.hub, IPC_DROP), &m);
    assert_int_equal(ipc_end(&x.hub, -1), COT_OK);
    world_run(&x, 20);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 3).code, 0); /* it has gone out */
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 4).code, IPC_CODE_NOT_SENT);
    while (device_got(&d))
        ;
    device_register(&x, &d, "dev", 60);
    location = table_registration_of(&x.w->table, 0)->location;
    command(5, 0x8005, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, NULL, 0);
    while (device_got(&d) && d.msg.head.mid != 0x8005)
        ;
    assert_int_equal(d.msg.head.mid, 0x8005); /* NSTART is free again */
}

static void a_long_answer_comes_in_blocks(void **state)
{
    (void)state;
    static uint8_t body[3000];
    static uint8_t bytes[2048];
    memset(body, 'x', sizeof body);
    ask(1, IPC_OP_READ, (ipc_path){3, {3, 0, 0}}, 10000);
    for (uint32_t num = 0; num < 3; num++) {
        cot_coap_writer m;
        size_t len;
        size_t n = num < 2 ? 1024 : sizeof body - 2048;
        cot_coap_block b = {.num = num, .more = num < 2, .szx = 6};
        assert_true(device_got(&d));
        if (num > 0) {
            cot_coap_block want;
            assert_true(COT_COAP_HAS(&d.view, BLOCK2));
            assert_int_equal(cot_coap_block_decode(d.view.block2, &want), COT_OK);
            assert_int_equal(want.num, num);
        }
        cot_coap_head h = {.type = COT_COAP_ACK,
                           .code = COT_COAP_CONTENT,
                           .token = d.msg.head.token,
                           .mid = d.msg.head.mid};
        cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
        cot_coap_write_option_uint(&m, COT_COAP_CONTENT_FORMAT, COT_FORMAT_TEXT);
        cot_coap_write_option_uint(&m, COT_COAP_BLOCK2, cot_coap_block_encode(&b));
        cot_coap_write_payload(&m, body + num * 1024, n);
        assert_int_equal(cot_coap_write_end(&m, &len), COT_OK);
        device_send(&x, &d, bytes, len);
    }
    ipc_result m = result_of(IPC_READ_RESULT, 1);
    cot_lwm2m_record rec = record_of(m.payload, "/3/0/0");
    assert_int_equal(rec.value.as.bytes.len, sizeof body);
    assert_int_equal(x.w->bodies.used, 0);
}

/* ---- commands ---- */

static size_t senml_int(uint8_t *out, size_t cap, ipc_path path, int64_t v)
{
    cot_writer w;
    cot_lwm2m_encoder e;
    cot_lwm2m_path p = cot_lwm2m_path_of(path.count, path.id[0], path.id[1], path.id[2], 0);
    cot_value value = cot_value_int(v);
    cot_writer_init(&w, out, cap);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &p, &w);
    cot_lwm2m_encode_put(&e, &p, &value);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_OK);
    return w.len;
}

static void a_write_carries_hubs_mid_and_token_and_falls_back(void **state)
{
    (void)state;
    uint8_t pack[64];
    ipc_path path = {3, {1, 0, 1}};
    size_t n = senml_int(pack, sizeof pack, path, 300);
    command(5, 0x8005, IPC_OP_WRITE, path, COT_FORMAT_SENML_CBOR, pack, n);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_PUT);
    assert_int_equal(d.msg.head.mid, 0x8005);
    assert_int_equal(d.msg.head.token.len, 8);
    assert_memory_equal(d.msg.head.token.b, token, 8);
    assert_int_equal(d.view.content_format, COT_FORMAT_SENML_CBOR);
    assert_int_equal(d.msg.payload.len, n);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_BAD_FORMAT, -1, -1, NULL, 0);
    assert_true(device_got(&d));
    assert_int_equal(d.view.content_format, COT_FORMAT_TLV);
    assert_true(d.msg.head.mid < 0x8000);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_BAD_FORMAT, -1, -1, NULL, 0);
    assert_true(device_got(&d));
    assert_int_equal(d.view.content_format, COT_FORMAT_TEXT);
    assert_true(cot_bytes_is(d.msg.payload, "300"));
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CHANGED, -1, -1, NULL, 0);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 5).code, COT_COAP_CHANGED);
}

/* The worker dies after sending: hub gives the same command again, and the device gets the same bytes. */
static void rule_9_a_new_worker_sends_the_same_message(void **state)
{
    (void)state;
    uint8_t first[256];
    command(6, 0x8006, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, "0='now'", 7);
    assert_true(device_got(&d));
    size_t len = d.len;
    memcpy(first, d.bytes, len);
    world_kill(&x);
    command(6, 0x8006, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, "0='now'", 7);
    assert_true(device_got(&d));
    assert_int_equal(d.len, len);
    assert_memory_equal(d.bytes, first, len);
    /* hub restarts meanwhile and repeats: nothing is sent again, one result comes. */
    command(6, 0x8006, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, "0='now'", 7);
    world_device more = d;
    assert_false(device_got(&more));
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CHANGED, -1, -1, NULL, 0);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 6).code, COT_COAP_CHANGED);
    assert_null(world_hub_peek(&x, IPC_COMMAND_RESULT));
}

static void a_command_without_an_answer_ends_unknown(void **state)
{
    (void)state;
    unsigned copies = 0;
    command(7, 0x8007, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, NULL, 0);
    world_run(&x, 100000);
    while (device_got(&d)) {
        copies++;
        assert_int_equal(d.msg.head.mid, 0x8007);
    }
    assert_int_equal(copies, 5); /* MAX_RETRANSMIT 4 */
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 7).code, 0);
}

static void a_reset_is_an_answer(void **state)
{
    (void)state;
    uint8_t rst[COT_COAP_EMPTY_LEN];
    command(7, 0x8007, IPC_OP_EXECUTE, (ipc_path){3, {3, 0, 4}}, 0, NULL, 0);
    assert_true(device_got(&d));
    cot_coap_write_empty(rst, COT_COAP_RST, d.msg.head.mid);
    device_send(&x, &d, rst, sizeof rst);
    assert_true(COT_COAP_CLASS(result_of(IPC_COMMAND_RESULT, 7).code) == 5);
}

static void a_long_write_goes_out_in_blocks(void **state)
{
    (void)state;
    static uint8_t body[2500];
    memset(body, 'y', sizeof body);
    command(8, 0x8008, IPC_OP_WRITE, (ipc_path){3, {5, 0, 1}}, COT_FORMAT_TEXT, body, sizeof body);
    size_t got = 0;
    for (uint32_t num = 0; num < 3; num++) {
        cot_coap_block b;
        uint8_t bytes[64];
        size_t len;
        cot_coap_writer m;
        assert_true(device_got(&d));
        assert_true(COT_COAP_HAS(&d.view, BLOCK1));
        assert_int_equal(cot_coap_block_decode(d.view.block1, &b), COT_OK);
        assert_int_equal(b.num, num);
        got += d.msg.payload.len;
        cot_coap_head h = {.type = COT_COAP_ACK,
                           .code = b.more ? COT_COAP_CONTINUE : COT_COAP_CHANGED,
                           .token = d.msg.head.token,
                           .mid = d.msg.head.mid};
        cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
        cot_coap_write_option_uint(&m, COT_COAP_BLOCK1, d.view.block1);
        assert_int_equal(cot_coap_write_end(&m, &len), COT_OK);
        device_send(&x, &d, bytes, len);
    }
    assert_int_equal(got, sizeof body);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 8).code, COT_COAP_CHANGED);
    assert_int_equal(x.w->bodies.used, 0);
}

/* ---- observations ---- */

static void observe(const char *attributes)
{
    command(9, 0x8009, IPC_OP_OBSERVE, temperature, 0, attributes, strlen(attributes));
    if (attributes[0] != '\0') {
        assert_true(device_got(&d));
        assert_int_equal(d.msg.head.code, COT_COAP_PUT);
        assert_int_equal(d.view.query.count, 2);
        device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CHANGED, -1, -1, NULL, 0);
    }
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.mid, 0x8009);
    assert_int_equal(cot_coap_observe_wish(&d.view), COT_COAP_OBSERVE_START);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, 1, COT_FORMAT_TEXT, "20", 2);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 9).code, COT_COAP_CONTENT);
}

static bool notify(uint8_t type, int number, const char *text, double want)
{
    ipc_notify n;
    cot_reader r;
    device_respond(&x, &d, type, COT_COAP_CONTENT, number, COT_FORMAT_TEXT, text, strlen(text));
    world_message *got = world_hub_peek(&x, IPC_NOTIFY);
    if (got == NULL)
        return false;
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_notify(&r, &n), COT_OK);
    assert_memory_equal(n.token, token, 8);
    cot_lwm2m_record rec = record_of(n.payload, "/3303/0/5700");
    double v = rec.value.type == COT_FLOAT ? rec.value.as.f : (double)rec.value.as.i;
    assert_true(v > want - 0.01 && v < want + 0.01);
    return true;
}

static void notifications_reach_hub_in_order(void **state)
{
    (void)state;
    observe("pmin=1&pmax=60");
    assert_true(notify(COT_COAP_CON, 5, "21.5", 21.5));
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.type, COT_COAP_ACK);
    memcpy(d.msg.head.token.b, token, 8);
    d.msg.head.token.len = 8;
    assert_false(notify(COT_COAP_NON, 4, "21.4", 21.4)); /* older */
    assert_true(notify(COT_COAP_NON, 6, "21.6", 21.6));
    assert_false(device_got(&d));
    world_kill(&x); /* an observation outlives the worker, and so does the order */
    d.msg.head.token.len = 8;
    memcpy(d.msg.head.token.b, token, 8);
    assert_false(notify(COT_COAP_NON, 6, "21.6", 21.6));
    assert_true(notify(COT_COAP_NON, 7, "21.7", 21.7));
}

static void an_unknown_notification_is_reset(void **state)
{
    (void)state;
    observe("");
    memset(d.msg.head.token.b, 1, 8);
    assert_false(notify(COT_COAP_NON, 5, "1", 1));
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.type, COT_COAP_RST);
}

static void without_hub_a_notification_is_not_acknowledged(void **state)
{
    (void)state;
    observe("");
    world_hub_goes(&x);
    device_respond(&x, &d, COT_COAP_CON, COT_COAP_CONTENT, 5, COT_FORMAT_TEXT, "1", 1);
    assert_false(device_got(&d));
    world_hub_comes(&x);
    world_run(&x, 20);
    d.mid--; /* its repetition */
    assert_true(notify(COT_COAP_CON, 5, "1", 1));
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.type, COT_COAP_ACK);
}

static void cancelled_and_ended_observations(void **state)
{
    (void)state;
    observe("");
    command(10, 0x800a, IPC_OP_CANCEL, temperature, 0, NULL, 0);
    assert_true(device_got(&d));
    assert_int_equal(cot_coap_observe_wish(&d.view), COT_COAP_OBSERVE_STOP);
    assert_memory_equal(d.msg.head.token.b, token, 8);
    device_respond(&x, &d, COT_COAP_ACK, COT_COAP_CONTENT, -1, COT_FORMAT_TEXT, "1", 1);
    assert_int_equal(result_of(IPC_COMMAND_RESULT, 10).code, COT_COAP_CONTENT);
    assert_int_equal(table_observation_find(&x.w->table, 0, token), -1);
    observe("");
    device_respond(&x, &d, COT_COAP_CON, COT_COAP_NOT_FOUND, -1, -1, NULL, 0);
    world_message *got = world_hub_got(&x, IPC_NOTIFY);
    assert_int_equal(got->body[24], COT_COAP_NOT_FOUND);
    assert_int_equal(table_observation_find(&x.w->table, 0, token), -1);
}

/* ---- firmware ---- */

static int firmware_file(size_t size, bool sealed)
{
    int fd = memfd_create("image", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    uint8_t block[1000];
    for (size_t at = 0; at < size; at += sizeof block) {
        size_t n = size - at < sizeof block ? size - at : sizeof block;
        memset(block, (int)(at / sizeof block), sizeof block);
        assert_int_equal(write(fd, block, n), n);
    }
    if (sealed)
        assert_int_equal(
            fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL), 0);
    return fd;
}

static void hub_hands_over(cot_status status, size_t size, bool sealed)
{
    ipc_firmware_open o;
    cot_reader r;
    world_message *got = world_hub_got(&x, IPC_FIRMWARE_OPEN);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_firmware_open(&r, &o), COT_OK);
    assert_true(cot_bytes_is(o.name, "abcd"));
    int fd = status == COT_OK ? firmware_file(size, sealed) : -1;
    ipc_firmware f = {.id = o.id, .status = status, .size = size, .etag = {7}};
    ipc_put_firmware(ipc_begin(&x.hub, IPC_FIRMWARE), &f);
    assert_int_equal(ipc_end(&x.hub, fd), COT_OK);
    if (fd >= 0)
        close(fd);
    world_run(&x, 20);
}

static void get_block(uint32_t num)
{
    uint8_t bytes[128];
    size_t len;
    cot_coap_writer m;
    cot_coap_block b = {.num = num, .szx = 6};
    cot_coap_head h = {
        .type = COT_COAP_CON, .code = COT_COAP_GET, .token = {1, {1}}, .mid = d.mid++};
    cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
    cot_coap_write_segments(&m, COT_COAP_URI_PATH, "fw/abcd", '/');
    cot_coap_write_option_uint(&m, COT_COAP_BLOCK2, cot_coap_block_encode(&b));
    assert_int_equal(cot_coap_write_end(&m, &len), COT_OK);
    device_send(&x, &d, bytes, len);
}

static void firmware_is_served_in_blocks_with_progress(void **state)
{
    (void)state;
    const size_t size = 10000;
    get_block(0);
    assert_false(device_got(&d)); /* hub has not answered */
    hub_hands_over(COT_OK, size, true);
    size_t got = 0;
    for (uint32_t num = 0; got < size; num++) {
        cot_coap_block b;
        if (num > 0)
            get_block(num);
        assert_true(device_got(&d));
        assert_int_equal(d.msg.head.code, COT_COAP_CONTENT);
        assert_int_equal(d.view.etag.len, 8);
        assert_int_equal(cot_coap_block_decode(d.view.block2, &b), COT_OK);
        assert_int_equal(b.num, num);
        assert_int_equal(d.msg.payload.p[0], num * 1024 / 1000);
        got += d.msg.payload.len;
        assert_int_equal(b.more, got < size);
    }
    assert_int_equal(got, size);
    world_message *last = NULL;
    for (world_message *m; (m = world_hub_peek(&x, IPC_PROGRESS)) != NULL; last = m)
        ;
    ipc_progress p;
    cot_reader r;
    assert_non_null(last);
    cot_reader_init(&r, last->body, last->len);
    assert_int_equal(ipc_get_progress(&r, &p), COT_OK);
    assert_int_equal(p.sent, size);
    d.mid--; /* a repetition of the last block gets it again */
    get_block(9);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_CONTENT);
}

static void unsealed_or_missing_firmware_is_not_served(void **state)
{
    (void)state;
    get_block(0);
    hub_hands_over(COT_OK, 5000, false);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_NOT_FOUND);
    world_run(&x, 6000);
    get_block(0);
    hub_hands_over(COT_E_NOT_FOUND, 0, true);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_NOT_FOUND);
    get_block(0); /* believed for a while */
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_NOT_FOUND);
    assert_null(world_hub_peek(&x, IPC_FIRMWARE_OPEN));
}

static void firmware_is_for_registered_devices(void **state)
{
    (void)state;
    world_device stranger;
    device_open(&stranger, 7);
    (void)device_request(&x, &stranger, COT_COAP_CON, COT_COAP_GET, "fw/abcd", "", -1, NULL);
    assert_true(device_got(&stranger));
    assert_int_equal(stranger.msg.head.code, COT_COAP_NOT_FOUND);
    assert_null(world_hub_peek(&x, IPC_FIRMWARE_OPEN));
    device_close(&stranger);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_read_asks_for_senml_and_falls_back),
        T(text_gets_the_type_of_the_model),
        T(a_separate_response_and_an_error),
        T(a_silent_device_ends_a_read_in_time),
        T(one_request_at_a_time_and_a_bounded_queue),
        T(unknown_locations_are_answered),
        T(a_dropped_registration_ends_what_waits),
        T(a_long_answer_comes_in_blocks),
        T(a_write_carries_hubs_mid_and_token_and_falls_back),
        T(rule_9_a_new_worker_sends_the_same_message),
        T(a_command_without_an_answer_ends_unknown),
        T(a_reset_is_an_answer),
        T(a_long_write_goes_out_in_blocks),
        T(notifications_reach_hub_in_order),
        T(an_unknown_notification_is_reset),
        T(without_hub_a_notification_is_not_acknowledged),
        T(cancelled_and_ended_observations),
        T(firmware_is_served_in_blocks_with_progress),
        T(unsealed_or_missing_firmware_is_not_served),
        T(firmware_is_for_registered_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
