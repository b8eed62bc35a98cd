/* SPDX-License-Identifier: Apache-2.0 */
/* core/coap/msg.c: the messages of RFC 7252 appendix A and RFC 7641 appendix A, and all ways to be malformed. */
#include "core/coap/msg.h"
#include "tests/unit/test.h"

#include <string.h>

typedef struct bad {
    const char *why;
    const char *bytes;
    size_t len;
    cot_status status;
} bad;

#define BAD(why, bytes, status)                                                                    \
    {                                                                                              \
        why, bytes, sizeof(bytes) - 1, status                                                      \
    }

static const bad bads[] = {
    BAD("nothing", "", COT_E_TRUNCATED),
    BAD("3 bytes", "\x40\x01\x12", COT_E_TRUNCATED),
    BAD("version 0", "\x00\x01\x12\x34", COT_E_UNSUPPORTED),
    BAD("version 2", "\x80\x01\x12\x34", COT_E_UNSUPPORTED),
    BAD("version 3, malformed", "\xcf\x01\x12\x34", COT_E_UNSUPPORTED),
    BAD("token length 9",
        "\x49\x01\x12\x34"
        "123456789",
        COT_E_MALFORMED),
    BAD("token length 15",
        "\x4f\x01\x12\x34"
        "123456789012345",
        COT_E_MALFORMED),
    BAD("token cut off",
        "\x44\x01\x12\x34"
        "123",
        COT_E_MALFORMED),
    BAD("empty with token", "\x41\x00\x12\x34\x01", COT_E_MALFORMED),
    BAD("empty with a byte", "\x40\x00\x12\x34\x00", COT_E_MALFORMED),
    BAD("empty with payload", "\x60\x00\x12\x34\xff\x01", COT_E_MALFORMED),
    BAD("empty NON", "\x50\x00\x12\x34", COT_E_MALFORMED),
    BAD("class 1", "\x40\x21\x12\x34", COT_E_MALFORMED),
    BAD("class 3", "\x40\x61\x12\x34", COT_E_MALFORMED),
    BAD("class 6", "\x40\xc1\x12\x34", COT_E_MALFORMED),
    BAD("class 7 (CoAP over TCP)", "\x50\xe1\x12\x34", COT_E_MALFORMED),
    BAD("request in an ACK", "\x60\x01\x12\x34", COT_E_MALFORMED),
    BAD("request in a RST", "\x70\x01\x12\x34", COT_E_MALFORMED),
    BAD("response in a RST", "\x70\x45\x12\x34", COT_E_MALFORMED),
    BAD("marker without payload", "\x40\x01\x12\x34\xff", COT_E_MALFORMED),
    BAD("marker after an option",
        "\x40\x01\x12\x34\xb1"
        "a\xff",
        COT_E_MALFORMED),
    BAD("option delta 15",
        "\x40\x01\x12\x34\xf1"
        "a",
        COT_E_MALFORMED),
    BAD("option length 15",
        "\x40\x01\x12\x34\x1f"
        "123456789012345",
        COT_E_MALFORMED),
    BAD("option value cut off",
        "\x40\x01\x12\x34\xb3"
        "ab",
        COT_E_MALFORMED),
    BAD("8 bit delta cut off", "\x40\x01\x12\x34\xd0", COT_E_MALFORMED),
    BAD("16 bit delta cut off", "\x40\x01\x12\x34\xe0\x00", COT_E_MALFORMED),
    BAD("8 bit length cut off", "\x40\x01\x12\x34\x1d", COT_E_MALFORMED),
    BAD("16 bit length cut off", "\x40\x01\x12\x34\x1e\x00", COT_E_MALFORMED),
    BAD("long value cut off",
        "\x40\x01\x12\x34\x1d\x00"
        "abc",
        COT_E_MALFORMED),
    BAD("option number 65,536", "\x40\x01\x12\x34\xe0\xfe\xf2\x10", COT_E_MALFORMED),
};

static void refuses_each_malformed_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        cot_coap_msg m;
        /* exactly as many bytes as there are, for ASan */
        uint8_t *copy = test_malloc(bads[i].len + 1);
        memcpy(copy + 1, bads[i].bytes, bads[i].len);
        cot_status status = cot_coap_parse(copy + 1, bads[i].len, &m);
        if (status != bads[i].status)
            fail_msg("%s: %d", bads[i].why, status);
        if (status == COT_E_MALFORMED)
            assert_int_equal(m.head.mid, 0x1234);
        test_free(copy);
    }
}

static void option_number_65535_is_legal(void **state)
{
    (void)state;
    cot_coap_msg m;
    cot_coap_options it;
    cot_coap_option o;
    static const uint8_t in[] = {0x40, 1, 0x12, 0x34, 0xe0, 0xfe, 0xf2};
    assert_int_equal(cot_coap_parse(in, sizeof in, &m), COT_OK);
    cot_coap_options_init(&it, m.options);
    assert_true(cot_coap_options_next(&it, &o));
    assert_int_equal(o.number, 65535);
    assert_int_equal(o.value.len, 0);
    assert_false(cot_coap_options_next(&it, &o));
}

/* RFC 7252, figures 16 and 17. */
static void reads_the_rfcs_request_and_response(void **state)
{
    (void)state;
    static const uint8_t get[] = "\x41\x01\x7d\x35\x20\xbbtemperature";
    static const uint8_t content[] = "\x61\x45\x7d\x35\x20\xff"
                                     "22.3 C";
    cot_coap_msg m;
    cot_coap_options it;
    cot_coap_option o;
    assert_int_equal(cot_coap_parse(get, sizeof get - 1, &m), COT_OK);
    assert_int_equal(m.head.type, COT_COAP_CON);
    assert_int_equal(m.head.code, COT_COAP_GET);
    assert_int_equal(m.head.mid, 0x7d35);
    assert_int_equal(m.head.token.len, 1);
    assert_int_equal(m.head.token.b[0], 0x20);
    assert_int_equal(m.payload.len, 0);
    assert_true(cot_coap_is_request(&m.head));
    cot_coap_options_init(&it, m.options);
    assert_true(cot_coap_options_next(&it, &o));
    assert_int_equal(o.number, COT_COAP_URI_PATH);
    assert_true(cot_bytes_is(o.value, "temperature"));
    assert_false(cot_coap_options_next(&it, &o));

    assert_int_equal(cot_coap_parse(content, sizeof content - 1, &m), COT_OK);
    assert_int_equal(m.head.type, COT_COAP_ACK);
    assert_int_equal(m.head.code, COT_COAP_CONTENT);
    assert_true(cot_coap_is_response(&m.head));
    assert_true(cot_bytes_is(m.payload, "22.3 C"));
    assert_int_equal(m.options.len, 0);
}

static void reads_empty_messages(void **state)
{
    (void)state;
    static const uint8_t types[] = {COT_COAP_CON, COT_COAP_ACK, COT_COAP_RST};
    for (size_t i = 0; i < sizeof types; i++) {
        uint8_t out[COT_COAP_EMPTY_LEN];
        cot_coap_msg m;
        cot_coap_write_empty(out, types[i], 0xbc90);
        assert_int_equal(cot_coap_parse(out, sizeof out, &m), COT_OK);
        assert_int_equal(m.head.type, types[i]);
        assert_int_equal(m.head.mid, 0xbc90);
        assert_false(cot_coap_is_request(&m.head) || cot_coap_is_response(&m.head));
    }
}

/* RFC 7641 appendix A.1: registration and its answer. */
static void writes_the_rfcs_observation(void **state)
{
    (void)state;
    static const char get[] = "\x41\x01\x16\x33\x4a\x60\x5btemperature";
    static const char content[] = "\x61\x45\x16\x33\x4a\x61\x09\x81\x0f\xff"
                                  "18.5 Cel";
    uint8_t buf[64];
    size_t len;
    cot_coap_writer w;
    cot_coap_head h = {{1, {0x4a}}, COT_COAP_CON, COT_COAP_GET, 0x1633};
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_option_uint(&w, COT_COAP_OBSERVE, 0);
    cot_coap_write_segments(&w, COT_COAP_URI_PATH, "temperature", '/');
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    assert_int_equal(len, sizeof get - 1);
    assert_memory_equal(buf, get, len);

    h.type = COT_COAP_ACK;
    h.code = COT_COAP_CONTENT;
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_option_uint(&w, COT_COAP_OBSERVE, 9);
    cot_coap_write_option_uint(&w, COT_COAP_MAX_AGE, 15);
    cot_coap_write_payload(&w, "18.5 Cel", 8);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    assert_int_equal(len, sizeof content - 1);
    assert_memory_equal(buf, content, len);
}

/* Every border of the delta and length encodings, written and read again. */
static void keeps_options_at_the_borders(void **state)
{
    (void)state;
    static const uint16_t numbers[] = {0, 12, 25, 293, 294, 563, 65535};
    static const size_t lengths[] = {12, 13, 268, 269, 300, 0, 1};
    static uint8_t buf[2048];
    static uint8_t value[300];
    size_t len;
    cot_coap_writer w;
    cot_coap_msg m;
    cot_coap_options it;
    cot_coap_option o;
    cot_coap_head h = {{0, {0}}, COT_COAP_NON, COT_COAP_POST, 1};
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    for (size_t i = 0; i < 7; i++) {
        memset(value, (int)i + 1, sizeof value);
        cot_coap_write_option(&w, numbers[i], value, lengths[i]);
    }
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    assert_int_equal(cot_coap_parse(buf, len, &m), COT_OK);
    cot_coap_options_init(&it, m.options);
    for (size_t i = 0; i < 7; i++) {
        assert_true(cot_coap_options_next(&it, &o));
        assert_int_equal(o.number, numbers[i]);
        assert_int_equal(o.value.len, lengths[i]);
        for (size_t k = 0; k < o.value.len; k++)
            assert_int_equal(o.value.p[k], i + 1);
    }
    assert_false(cot_coap_options_next(&it, &o));
}

static void writes_uints_in_the_shortest_form(void **state)
{
    (void)state;
    static const struct {
        uint32_t v;
        size_t len;
    } t[] = {{0, 0},       {1, 1},        {255, 1},       {256, 2},
             {0x10000, 3}, {0xff0000, 3}, {0x1000000, 4}, {0xffffffff, 4}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        uint8_t buf[16];
        size_t len;
        cot_coap_writer w;
        cot_coap_head h = {{0, {0}}, COT_COAP_CON, COT_COAP_GET, 1};
        cot_coap_write_begin(&w, buf, sizeof buf, &h);
        cot_coap_write_option_uint(&w, COT_COAP_MAX_AGE, t[i].v);
        assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
        assert_int_equal(len, 6 + t[i].len);
        cot_bytes value = {buf + 6, t[i].len};
        assert_int_equal(cot_coap_option_uint(value), t[i].v);
    }
    cot_bytes zeros = {(const uint8_t *)"\0\0\7", 3};
    assert_int_equal(cot_coap_option_uint(zeros), 7);
}

static void writer_refuses(void **state)
{
    (void)state;
    uint8_t buf[32];
    size_t len;
    cot_coap_writer w;
    cot_coap_head h = {{9, {0}}, COT_COAP_CON, COT_COAP_GET, 1};
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_E_RANGE);
    h.token.len = 0;
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_option(&w, 12, "", 0);
    cot_coap_write_option(&w, 12, "", 0); /* the same number again is in order */
    cot_coap_write_option(&w, 11, "", 0);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_E_STATE);
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_payload(&w, "p", 1);
    cot_coap_write_option(&w, 12, "", 0);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_E_STATE);
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_payload(&w, "p", 1);
    cot_coap_write_payload(&w, "p", 1);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_E_STATE);
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_option(&w, 12, buf, 269 + 65536);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_E_RANGE);
}

static void writer_measures(void **state)
{
    (void)state;
    uint8_t buf[16];
    size_t len;
    cot_coap_writer w;
    cot_coap_head h = {{2, {1, 2}}, COT_COAP_CON, COT_COAP_GET, 1};
    for (size_t cap = 0; cap < sizeof buf; cap++) {
        cot_coap_write_begin(&w, buf, cap, &h);
        cot_coap_write_segments(&w, COT_COAP_URI_PATH, "a/b", '/');
        cot_coap_write_payload(&w, "pq", 2);
        assert_int_equal(cot_coap_write_end(&w, &len), cap < 13 ? COT_E_SPACE : COT_OK);
        assert_int_equal(len, 13);
    }
}

static void an_empty_payload_takes_its_marker_back(void **state)
{
    (void)state;
    uint8_t buf[8];
    size_t len;
    cot_coap_writer w;
    cot_coap_head h = {{0, {0}}, COT_COAP_CON, COT_COAP_GET, 1};
    for (size_t cap = 4; cap < 6; cap++) {
        cot_coap_write_begin(&w, buf, cap, &h);
        (void)cot_coap_write_payload_begin(&w);
        assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
        assert_int_equal(len, 4);
    }
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_write_u8(cot_coap_write_payload_begin(&w), 'x');
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    assert_memory_equal(buf, "\x40\x01\x00\x01\xffx", 6);
    cot_coap_write_begin(&w, buf, 3, &h);
    (void)cot_coap_write_payload_begin(&w);
    assert_int_equal(cot_coap_write_end(&w, &len), COT_E_SPACE);
    assert_int_equal(len, 4);
}

static void compares_tokens(void **state)
{
    (void)state;
    cot_coap_token a = {2, {1, 2, 3}};
    cot_coap_token b = {2, {1, 2, 4}};
    assert_true(cot_coap_token_equal(&a, &b));
    b.b[1] = 9;
    assert_false(cot_coap_token_equal(&a, &b));
    b = a;
    b.len = 1;
    assert_false(cot_coap_token_equal(&a, &b));
    a.len = b.len = 0;
    assert_true(cot_coap_token_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_each_malformed_message),
        cmocka_unit_test(option_number_65535_is_legal),
        cmocka_unit_test(reads_the_rfcs_request_and_response),
        cmocka_unit_test(reads_empty_messages),
        cmocka_unit_test(writes_the_rfcs_observation),
        cmocka_unit_test(keeps_options_at_the_borders),
        cmocka_unit_test(writes_uints_in_the_shortest_form),
        cmocka_unit_test(writer_refuses),
        cmocka_unit_test(writer_measures),
        cmocka_unit_test(an_empty_payload_takes_its_marker_back),
        cmocka_unit_test(compares_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
