/* SPDX-License-Identifier: Apache-2.0 */
/* server/net: registration interface, with a scripted hub. Design rules 3 (NoSec), 9, 10 on the worker's side. */
#include "tests/unit/net_world.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

static world x;
static world_device d;

static int setup(void **state)
{
    (void)state;
    world_open(&x);
    device_open(&d, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    device_close(&d);
    world_close(&x);
    return 0;
}

static void send_update(const char *query, const char *payload)
{
    char path[32] = "rd/";
    memcpy(path + 3, d.location, sizeof d.location);
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, path, query, -1, payload);
}

static void a_registration_reaches_hub_and_its_answer_the_device(void **state)
{
    (void)state;
    ipc_register m;
    cot_reader r;
    device_register(&x, &d, "dev", 60);
    assert_int_equal(d.msg.head.type, COT_COAP_ACK); /* piggybacked */
    world_message *got = world_hub_got(&x, IPC_REGISTER);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_register(&r, &m), COT_OK);
    assert_true(cot_bytes_is(m.endpoint, "dev"));
    assert_true(cot_bytes_is(m.links, "</1/0>,</3/0>,</3303/0>"));
    assert_true(cot_bytes_is(m.binding, "U"));
    assert_int_equal(m.lifetime, 60);
    assert_int_equal(m.version, 11);
    assert_int_equal(m.mode, IPC_NOSEC);
    assert_int_equal(m.from.ip[15], 2);
    assert_int_equal(x.w->table.live, 1);
}

static void hubs_refusal_reaches_the_device(void **state)
{
    (void)state;
    x.answer_register = COT_COAP_FORBIDDEN; /* the endpoint has a credential: rule on NoSec */
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40, "</3/0>");
    world_run(&x, 20);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_FORBIDDEN);
    assert_null(table_registration_of(&x.w->table, 0));
}

static void rule_10_no_answer_before_hubs(void **state)
{
    (void)state;
    x.hub_answers = false;
    uint16_t mid =
        device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev&lwm2m=1.1", 40, "</3/0>");
    world_run(&x, 900);
    assert_false(device_got(&d));
    assert_null(table_registration_of(&x.w->table, 0));
    world_run(&x, 200); /* past the piggyback time: an empty ACK */
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_EMPTY);
    assert_int_equal(d.msg.head.type, COT_COAP_ACK);
    assert_int_equal(d.msg.head.mid, mid);
    world_message *got = world_hub_got(&x, IPC_REGISTER);
    cot_reader r;
    cot_reader_init(&r, got->body, got->len);
    ipc_answer a = {.id = cot_read_u64(&r), .code = COT_COAP_CREATED};
    ipc_put_answer(ipc_begin(&x.hub, IPC_ANSWER), &a);
    assert_int_equal(ipc_end(&x.hub, -1), COT_OK);
    world_run(&x, 20);
    assert_true(device_got(&d)); /* the separate response */
    assert_int_equal(d.msg.head.type, COT_COAP_CON);
    assert_int_equal(d.msg.head.code, COT_COAP_CREATED);
    assert_int_equal(d.msg.head.token.len, 2);
    assert_non_null(table_registration_of(&x.w->table, 0));
    world_run(&x, 4000); /* not acknowledged: repeated */
    assert_true(device_got(&d));
    uint8_t ack[COT_COAP_EMPTY_LEN];
    cot_coap_write_empty(ack, COT_COAP_ACK, d.msg.head.mid);
    device_send(&x, &d, ack, sizeof ack);
    world_run(&x, 60000);
    assert_false(device_got(&d));
    assert_int_equal(x.w->pendings.used, 0);
}

static void duplicates_have_one_effect_and_one_answer(void **state)
{
    (void)state;
    x.hub_answers = false;
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40, "</3/0>");
    d.mid--;
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40, "</3/0>");
    assert_false(device_got(&d));
    (void)world_hub_got(&x, IPC_REGISTER);
    assert_null(world_hub_peek(&x, IPC_REGISTER));
}

static void a_duplicate_gets_the_first_answer_again(void **state)
{
    (void)state;
    device_register(&x, &d, "dev", 60);
    char first[23];
    memcpy(first, d.location, sizeof first);
    d.mid--;
    device_register(&x, &d, "dev", 60); /* the same MID: the same location, hub hears nothing */
    assert_string_equal(first, d.location);
    (void)world_hub_got(&x, IPC_REGISTER);
    assert_null(world_hub_peek(&x, IPC_REGISTER));
}

/* The worker dies while hub thinks: the device's repetition is a new request, not silence. */
static void rule_9_a_waiting_registration_survives_the_worker(void **state)
{
    (void)state;
    x.hub_answers = false;
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40, "</3/0>");
    x.hub_answers = true;
    world_kill(&x);
    d.mid--;
    device_register(&x, &d, "dev", 60);
}

static void hub_hears_unanswered_requests_again_with_their_ids(void **state)
{
    (void)state;
    cot_reader r;
    x.hub_answers = false;
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40, "</3/0>");
    world_message *got = world_hub_got(&x, IPC_REGISTER);
    cot_reader_init(&r, got->body, got->len);
    uint64_t id = cot_read_u64(&r);
    world_hub_goes(&x);
    x.hub_answers = true;
    world_hub_comes(&x);
    world_run(&x, 20);
    (void)world_hub_got(&x, IPC_HELLO);
    got = world_hub_got(&x, IPC_REGISTER);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(cot_read_u64(&r), id);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_CREATED);
}

static void rule_10_a_refresh_is_answered_from_the_table_and_told_within_5_s(void **state)
{
    (void)state;
    device_register(&x, &d, "dev", 60);
    world_run(&x, 1000);
    for (int i = 0; i < 10; i++) {
        send_update("", NULL);
        assert_true(device_got(&d));
        assert_int_equal(d.msg.head.code, COT_COAP_CHANGED);
    }
    assert_null(world_hub_peek(&x, IPC_UPDATE));
    world_run(&x, 5000);
    (void)world_hub_got(&x, IPC_REFRESH);
    assert_null(world_hub_peek(&x, IPC_REFRESH)); /* ten became one */
}

static void a_changed_attribute_waits_for_hub(void **state)
{
    (void)state;
    ipc_update m;
    cot_reader r;
    device_register(&x, &d, "dev", 60);
    send_update("lt=120", NULL);
    world_run(&x, 20);
    world_message *got = world_hub_got(&x, IPC_UPDATE);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_update(&r, &m), COT_OK);
    assert_int_equal(m.lifetime, 120);
    assert_int_equal(m.has_links, 0);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_CHANGED);
    assert_int_equal(table_registration_of(&x.w->table, 0)->lifetime, 120);
    send_update("b=UQ", "</3/0>,</4/0>");
    world_run(&x, 20);
    got = world_hub_got(&x, IPC_UPDATE);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_update(&r, &m), COT_OK);
    assert_true(cot_bytes_is(m.links, "</3/0>,</4/0>"));
    assert_true(cot_bytes_is(m.binding, "UQ"));
}

static void a_registration_ends_after_its_lifetime(void **state)
{
    (void)state;
    device_register(&x, &d, "dev", 10);
    world_run(&x, 8000);
    send_update("", NULL);
    world_run(&x, 8000);
    assert_null(world_hub_peek(&x, IPC_EXPIRED));
    assert_non_null(table_registration_of(&x.w->table, 0));
    world_run(&x, 3000);
    (void)world_hub_got(&x, IPC_EXPIRED);
    while (device_got(&d))
        ;
    send_update("", NULL);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_NOT_FOUND);
    world_run(&x, 301000);
    assert_int_equal(x.w->table.live, 0);
}

static void a_lifetime_goes_on_over_a_kill(void **state)
{
    (void)state;
    device_register(&x, &d, "dev", 10);
    world_run(&x, 6000);
    world_kill(&x);
    send_update("", NULL);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_CHANGED);
    world_run(&x, 6000);
    world_kill(&x);
    assert_null(world_hub_peek(&x, IPC_EXPIRED));
    world_run(&x, 5000);
    (void)world_hub_got(&x, IPC_EXPIRED);
}

/* The wheel grows with the slots, and no lifetime is forgotten over it. */
static void lifetimes_survive_the_growth_of_the_wheel(void **state)
{
    (void)state;
    enum { MANY = 4200 }; /* above its first size */
    device_close(&d);
    world_close(&x);
    world_open_for(&x, 10000);
    device_open(&d, 2);
    device_register(&x, &d, "dev", 10);
    cot_coap_peer peer;
    cot_coap_peer_init(&peer, &cot_coap_defaults, 1);
    for (uint32_t n = 0; n < MANY; n++) {
        uint32_t i = table_take(&x.w->table);
        table_address a = {.ip = {[0] = 1, [1] = (uint8_t)(n >> 8), [2] = (uint8_t)n}, .port = 1};
        table_registration r = {.lifetime = 20 + n % 10, .version = 11};
        table_index_put(&x.w->table, i, r.location.b);
        table_create(&x.w->table, i, IPC_NOSEC, 0, &a, NULL, &peer, x.loop.now);
        table_set_registration(&x.w->table, i, &r, x.loop.now);
        net_peer_link(x.w, i);
    }
    assert_true(x.w->wheel.count > 4096);
    world_run(&x, 11000);
    (void)world_hub_got(&x, IPC_EXPIRED); /* the first device's, from before the growth */
    assert_null(world_hub_peek(&x, IPC_EXPIRED));
    world_run(&x, 20000);
    uint32_t registered = 0;
    for (uint32_t i = 0; i < x.w->table.top; i++)
        registered +=
            table_is_live(&x.w->table, i) && table_registration_of(&x.w->table, i) != NULL;
    assert_int_equal(registered, 0);
}

static void deregistration(void **state)
{
    (void)state;
    char path[32] = "rd/";
    device_register(&x, &d, "dev", 60);
    memcpy(path + 3, d.location, sizeof d.location);
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_DELETE, path, "", -1, NULL);
    world_run(&x, 20);
    (void)world_hub_got(&x, IPC_DEREGISTER);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_DELETED);
    assert_null(table_registration_of(&x.w->table, 0));
}

static void hub_drops_a_registration(void **state)
{
    (void)state;
    device_register(&x, &d, "dev", 60);
    ipc_drop m = {.location = table_registration_of(&x.w->table, 0)->location};
    ipc_put_drop(ipc_begin(&x.hub, IPC_DROP), &m);
    assert_int_equal(ipc_end(&x.hub, -1), COT_OK);
    world_run(&x, 20);
    send_update("", NULL);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_NOT_FOUND);
}

static void bad_registrations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int format;
        const char *links;
        uint8_t code;
    } bad[] = {
        {"lt=60", 40, "</3/0>", COT_COAP_BAD_REQUEST},
        {"ep=a&lt=x", 40, "</3/0>", COT_COAP_BAD_REQUEST},
        {"ep=a&lt=0", 40, "</3/0>", COT_COAP_BAD_REQUEST},
        {"ep=a&lwm2m=2.0", 40, "</3/0>", COT_COAP_BAD_REQUEST},
        {"ep=a&b=01234567890123456", 40, "</3/0>", COT_COAP_BAD_REQUEST},
        {"ep=\xff\xfe", 40, "</3/0>", COT_COAP_BAD_REQUEST},
        {"ep=a", 40, "</3/0", COT_COAP_BAD_REQUEST},
        {"ep=a", 40, NULL, COT_COAP_BAD_REQUEST},
        {"ep=a", 112, "</3/0>", COT_COAP_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", bad[i].query, bad[i].format,
                             bad[i].links);
        if (!device_got(&d) || d.msg.head.code != bad[i].code)
            fail_msg("%s is not refused with %02x", bad[i].query, bad[i].code);
    }
    assert_null(world_hub_peek(&x, IPC_REGISTER));
}

/* RFC 7252 sections 4.2, 4.3, 5.4.1. */
static void malformed_messages_and_unknown_critical_options(void **state)
{
    (void)state;
    static const uint8_t ping[] = {0x40, 0, 0x12, 0x34};
    static const uint8_t broken[] = {0x49, 1, 0x12, 0x35, 0};
    static const uint8_t other_version[] = {0x80, 1, 0x12, 0x36};
    static const uint8_t critical[] = {0x40, 1, 0x12, 0x37, 0x90 /* option 9 */};
    static const uint8_t elsewhere[] = {0x40, 1, 0x12, 0x38, 0xb1, 'x'};
    device_send(&x, &d, ping, sizeof ping);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.type, COT_COAP_RST);
    device_send(&x, &d, broken, sizeof broken);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.type, COT_COAP_RST);
    assert_int_equal(d.msg.head.mid, 0x1235);
    device_send(&x, &d, other_version, sizeof other_version);
    assert_false(device_got(&d));
    device_send(&x, &d, critical, sizeof critical);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_BAD_OPTION);
    device_send(&x, &d, elsewhere, sizeof elsewhere);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_NOT_FOUND);
    assert_int_equal(x.w->counters.malformed, 2);
    assert_int_equal(x.w->counters.unknown_option, 1);
    assert_int_equal(x.w->table.live, 0); /* nothing of this makes state */
}

static void locations_are_read_as_they_are_written(void **state)
{
    (void)state;
    ipc_location l;
    ipc_location back;
    char text[23];
    for (int i = 0; i < 2000; i++) {
        net_random(l.b, sizeof l.b);
        net_location_text(&l, text);
        assert_int_equal(net_location_parse((cot_bytes){(const uint8_t *)text, 22}, &back), COT_OK);
        assert_memory_equal(l.b, back.b, sizeof l.b);
    }
    for (int c = 1; c < 256; c++) {
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == '-' || c == '_';
        text[5] = (char)c;
        assert_int_equal(net_location_parse((cot_bytes){(const uint8_t *)text, 22}, &back),
                         digit ? COT_OK : COT_E_MALFORMED);
    }
    assert_int_equal(net_location_parse((cot_bytes){(const uint8_t *)text, 21}, &back),
                     COT_E_MALFORMED);
}

/* Review: a refused NoSec sender, or one that says nonsense, has no place in the table. */
static void refused_strangers_take_no_slot(void **state)
{
    (void)state;
    x.answer_register = COT_COAP_FORBIDDEN;
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40, "</3/0>");
    world_run(&x, 20);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_FORBIDDEN);
    (void)device_request(&x, &d, COT_COAP_CON, COT_COAP_POST, "rd", "lt=x", 40, "</3/0>");
    assert_true(device_got(&d));
    assert_int_equal(x.w->table.live, 0);
    assert_int_equal(x.w->strangers, 0);
    x.answer_register = COT_COAP_CREATED;
    device_register(&x, &d, "dev", 60);
    assert_int_equal(x.w->table.live, 1);
    assert_int_equal(x.w->strangers, 0);
}

static void strangers_share_a_part_of_the_table(void **state)
{
    (void)state;
    x.hub_answers = false;
    world_device many[100];
    for (uint8_t i = 0; i < 100; i++) {
        device_open(&many[i], (uint8_t)(10 + i));
        (void)device_request(&x, &many[i], COT_COAP_CON, COT_COAP_POST, "rd", "ep=dev", 40,
                             "</3/0>");
    }
    assert_true(x.w->table.live <= x.w->table.capacity / 16 + 1);
    assert_true(device_got(&many[99]));
    assert_int_equal(many[99].msg.head.code, COT_COAP_UNAVAILABLE);
    for (uint8_t i = 0; i < 100; i++)
        device_close(&many[i]);
}

/* Review: requests that wait for hub are bounded per device. */
static void a_device_has_few_requests_waiting(void **state)
{
    (void)state;
    device_register(&x, &d, "dev", 60);
    x.hub_answers = false;
    for (int i = 0; i < 6; i++)
        send_update("lt=120", NULL);
    unsigned refused = 0;
    while (device_got(&d))
        refused += d.msg.head.code == COT_COAP_UNAVAILABLE ? 1 : 0;
    assert_int_equal(refused, 6 - NET_PENDINGS_A_DEVICE);
    assert_int_equal(x.w->pendings.used, NET_PENDINGS_A_DEVICE);
}

static void a_datagram_beyond_our_limit_gets_4_13(void **state)
{
    (void)state;
    static char links[4000];
    memset(links, 'x', sizeof links - 1);
    uint8_t bytes[4096];
    size_t len;
    cot_coap_writer m;
    cot_coap_head h = {.type = COT_COAP_CON, .code = COT_COAP_POST, .mid = 5};
    cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
    cot_coap_write_segments(&m, COT_COAP_URI_PATH, "rd", '/');
    cot_coap_write_payload(&m, links, 3990);
    assert_int_equal(cot_coap_write_end(&m, &len), COT_OK);
    device_send(&x, &d, bytes, len);
    assert_true(device_got(&d));
    assert_int_equal(d.msg.head.code, COT_COAP_TOO_LARGE);
    assert_int_equal(d.view.size1, 1024);
    assert_int_equal(x.w->counters.too_long, 1);
}

/* Rule 3, NoSec: an Update from a new address is challenged (Echo), then the address is taken. */
static void rule_3_a_nosec_update_from_a_new_address_is_challenged(void **state)
{
    (void)state;
    world_device other;
    char path[32] = "rd/";
    uint8_t bytes[256];
    size_t len;
    device_register(&x, &d, "dev", 60);
    memcpy(path + 3, d.location, sizeof d.location);
    device_open(&other, 3);
    (void)device_request(&x, &other, COT_COAP_CON, COT_COAP_POST, path, "", -1, NULL);
    assert_true(device_got(&other));
    assert_int_equal(other.msg.head.code, COT_COAP_UNAUTHORIZED);
    assert_true(COT_COAP_HAS(&other.view, ECHO));
    assert_int_equal(table_address_of(&x.w->table, 0)->ip[15], 2);
    /* A made-up value gets another challenge, the right one is taken; from elsewhere it is not. */
    for (int attempt = 0; attempt < 3; attempt++) {
        uint8_t echo[40];
        size_t echo_len = other.view.echo.len;
        memcpy(echo, other.view.echo.p, echo_len);
        echo[echo_len - 1] ^= attempt == 0 ? 1 : 0;
        cot_coap_writer m;
        cot_coap_head h = {.type = COT_COAP_CON, .code = COT_COAP_POST, .mid = other.mid++};
        cot_coap_write_begin(&m, bytes, sizeof bytes, &h);
        cot_coap_write_segments(&m, COT_COAP_URI_PATH, path, '/');
        cot_coap_write_option(&m, COT_COAP_ECHO, echo, echo_len);
        assert_int_equal(cot_coap_write_end(&m, &len), COT_OK);
        if (attempt == 1) { /* the right value, but another sender */
            world_device thief;
            device_open(&thief, 4);
            device_send(&x, &thief, bytes, len);
            assert_true(device_got(&thief));
            assert_int_equal(thief.msg.head.code, COT_COAP_UNAUTHORIZED);
            device_close(&thief);
            continue;
        }
        device_send(&x, &other, bytes, len);
        assert_true(device_got(&other));
        assert_int_equal(other.msg.head.code,
                         attempt == 0 ? COT_COAP_UNAUTHORIZED : COT_COAP_CHANGED);
    }
    assert_int_equal(table_address_of(&x.w->table, 0)->ip[15], 3);
    assert_int_equal(x.w->table.live, 1);
    device_close(&other);
}

static void a_long_registration_comes_in_blocks(void **state)
{
    (void)state;
    static char links[3000];
    ipc_register m;
    cot_reader r;
    size_t len;
    uint8_t bytes[2048];
    memset(links, 0, sizeof links);
    for (int i = 0; strlen(links) < 2500; i++)
        (void)snprintf(links + strlen(links), 32, "%s</3303/%d>", i == 0 ? "" : ",", i);
    for (uint32_t num = 0; num < 3; num++) {
        cot_coap_writer w;
        size_t at = num * 1024;
        size_t n = strlen(links) - at < 1024 ? strlen(links) - at : 1024;
        cot_coap_block b = {.num = num, .more = num < 2, .szx = 6};
        cot_coap_head h = {.type = COT_COAP_CON, .code = COT_COAP_POST, .mid = d.mid++};
        cot_coap_write_begin(&w, bytes, sizeof bytes, &h);
        cot_coap_write_segments(&w, COT_COAP_URI_PATH, "rd", '/');
        cot_coap_write_option_uint(&w, COT_COAP_CONTENT_FORMAT, 40);
        cot_coap_write_segments(&w, COT_COAP_URI_QUERY, "ep=dev", '&');
        cot_coap_write_option_uint(&w, COT_COAP_BLOCK1, cot_coap_block_encode(&b));
        cot_coap_write_payload(&w, links + at, n);
        assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
        device_send(&x, &d, bytes, len);
        world_run(&x, 20);
        assert_true(device_got(&d));
        assert_int_equal(d.msg.head.code, num < 2 ? COT_COAP_CONTINUE : COT_COAP_CREATED);
    }
    world_message *got = world_hub_got(&x, IPC_REGISTER);
    cot_reader_init(&r, got->body, got->len);
    assert_int_equal(ipc_get_register(&r, &m), COT_OK);
    assert_int_equal(m.links.len, strlen(links));
    assert_memory_equal(m.links.p, links, strlen(links));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_registration_reaches_hub_and_its_answer_the_device),
        T(hubs_refusal_reaches_the_device),
        T(rule_10_no_answer_before_hubs),
        T(duplicates_have_one_effect_and_one_answer),
        T(a_duplicate_gets_the_first_answer_again),
        T(rule_9_a_waiting_registration_survives_the_worker),
        T(hub_hears_unanswered_requests_again_with_their_ids),
        T(rule_10_a_refresh_is_answered_from_the_table_and_told_within_5_s),
        T(a_changed_attribute_waits_for_hub),
        T(a_registration_ends_after_its_lifetime),
        T(a_lifetime_goes_on_over_a_kill),
        T(lifetimes_survive_the_growth_of_the_wheel),
        T(deregistration),
        T(hub_drops_a_registration),
        T(bad_registrations_are_refused),
        T(malformed_messages_and_unknown_critical_options),
        T(locations_are_read_as_they_are_written),
        T(refused_strangers_take_no_slot),
        T(strangers_share_a_part_of_the_table),
        T(a_device_has_few_requests_waiting),
        T(a_datagram_beyond_our_limit_gets_4_13),
        T(rule_3_a_nosec_update_from_a_new_address_is_challenged),
        T(a_long_registration_comes_in_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
