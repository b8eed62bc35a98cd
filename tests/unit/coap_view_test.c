/* SPDX-License-Identifier: Apache-2.0 */
/* core/coap/view.c */
#include "core/coap/view.h"
#include "tests/unit/test.h"

#include <string.h>

static uint8_t buf[512];
static cot_coap_writer w;
static cot_coap_msg m;
static cot_coap_view v;

static void begin(uint8_t type, uint8_t code)
{
    cot_coap_head h = {{0, {0}}, type, code, 1};
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
}

static cot_status fetch(void)
{
    size_t len;
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    assert_int_equal(cot_coap_parse(buf, len, &m), COT_OK);
    return cot_coap_view_fetch(&m, &v);
}

static void fetches_a_registration(void **state)
{
    (void)state;
    cot_bytes seg;
    cot_bytes value;
    begin(COT_COAP_CON, COT_COAP_POST);
    cot_coap_write_segments(&w, COT_COAP_URI_PATH, "rd/xyz", '/');
    cot_coap_write_option_uint(&w, COT_COAP_CONTENT_FORMAT, 40);
    cot_coap_write_segments(&w, COT_COAP_URI_QUERY, "lwm2m=1.1&ep=node&lt=300&Q&b=", '&');
    cot_coap_write_option_uint(&w, COT_COAP_ACCEPT, 0);
    assert_int_equal(fetch(), COT_OK);
    assert_int_equal(v.content_format, 40);
    assert_int_equal(v.accept, 0);
    assert_int_equal(v.has, 0);
    assert_true(cot_coap_path_is(v.path, "rd/xyz"));
    assert_false(cot_coap_path_is(v.path, "rd"));
    assert_false(cot_coap_path_is(v.path, "rd/xyz/a"));
    assert_false(cot_coap_path_is(v.path, "rd/xy"));
    assert_false(cot_coap_path_is(v.path, "rd/xyzz"));
    assert_false(cot_coap_path_is(v.path, ""));
    cot_coap_segments rest;
    assert_true(cot_coap_path_starts(v.path, "rd", &rest));
    assert_int_equal(rest.count, 1);
    assert_true(cot_coap_segments_next(&rest, &seg));
    assert_true(cot_bytes_is(seg, "xyz"));
    assert_false(cot_coap_segments_next(&rest, &seg));
    assert_int_equal(v.query.count, 5);
    assert_true(cot_coap_query_find(v.query, "ep", &value));
    assert_true(cot_bytes_is(value, "node"));
    assert_true(cot_coap_query_find(v.query, "lt", &value));
    assert_true(cot_bytes_is(value, "300"));
    assert_true(cot_coap_query_find(v.query, "Q", &value));
    assert_int_equal(value.len, 0);
    assert_true(cot_coap_query_find(v.query, "b", &value));
    assert_int_equal(value.len, 0);
    assert_false(cot_coap_query_find(v.query, "e", &value));
    assert_false(cot_coap_query_find(v.query, "epp", &value));
}

static void tells_the_root_path(void **state)
{
    (void)state;
    begin(COT_COAP_CON, COT_COAP_GET);
    assert_int_equal(fetch(), COT_OK);
    assert_true(cot_coap_path_is(v.path, ""));
    begin(COT_COAP_CON, COT_COAP_GET);
    cot_coap_write_option(&w, COT_COAP_URI_PATH, "", 0);
    assert_int_equal(fetch(), COT_OK);
    assert_true(cot_coap_path_is(v.path, ""));
    begin(COT_COAP_CON, COT_COAP_GET);
    cot_coap_write_option(&w, COT_COAP_URI_PATH, "a/b", 3); /* one segment with a slash in it */
    assert_int_equal(fetch(), COT_OK);
    assert_false(cot_coap_path_is(v.path, "a/b"));
    assert_false(cot_coap_path_is(v.path, ""));
}

static void fetches_every_option(void **state)
{
    (void)state;
    begin(COT_COAP_CON, COT_COAP_PUT);
    cot_coap_write_option(&w, COT_COAP_IF_MATCH, "m", 1);
    cot_coap_write_option(&w, COT_COAP_URI_HOST, "host", 4);
    cot_coap_write_option(&w, COT_COAP_ETAG, "e1", 2);
    cot_coap_write_option(&w, COT_COAP_ETAG, "e2", 2);
    cot_coap_write_option(&w, COT_COAP_IF_NONE_MATCH, "", 0);
    cot_coap_write_option_uint(&w, COT_COAP_OBSERVE, 0xabcdef);
    cot_coap_write_option_uint(&w, COT_COAP_URI_PORT, 5683);
    cot_coap_write_option_uint(&w, COT_COAP_MAX_AGE, 0x12345678);
    cot_coap_write_option_uint(&w, COT_COAP_BLOCK2, 0x123456);
    cot_coap_write_option_uint(&w, COT_COAP_BLOCK1, 0x654321);
    cot_coap_write_option_uint(&w, COT_COAP_SIZE2, 22);
    cot_coap_write_option_uint(&w, COT_COAP_SIZE1, 11);
    cot_coap_write_option(&w, COT_COAP_ECHO, "echo", 4);
    cot_coap_write_option(&w, COT_COAP_REQUEST_TAG, "t", 1);
    assert_int_equal(fetch(), COT_OK);
    assert_int_equal(v.has, COT_COAP_HAS_PROXY - 1);
    assert_true(cot_bytes_is(v.if_match, "m"));
    assert_true(cot_bytes_is(v.etag, "e1"));
    assert_true(cot_bytes_is(v.echo, "echo"));
    assert_true(cot_bytes_is(v.request_tag, "t"));
    assert_int_equal(v.observe, 0xabcdef);
    assert_int_equal(v.max_age, 0x12345678);
    assert_int_equal(v.block2, 0x123456);
    assert_int_equal(v.block1, 0x654321);
    assert_int_equal(v.size2, 22);
    assert_int_equal(v.size1, 11);
    assert_int_equal(v.content_format, COT_COAP_NO_FORMAT);
    assert_int_equal(v.accept, COT_COAP_NO_FORMAT);
}

static void fetches_a_location(void **state)
{
    (void)state;
    begin(COT_COAP_ACK, COT_COAP_CREATED);
    cot_coap_write_segments(&w, COT_COAP_LOCATION_PATH, "rd/5a3f", '/');
    cot_coap_write_segments(&w, COT_COAP_LOCATION_QUERY, "x=1", '&');
    assert_int_equal(fetch(), COT_OK);
    assert_true(cot_coap_path_is(v.path, "rd/5a3f"));
    assert_int_equal(v.query.count, 1);
}

/* One option, and what each kind of message that carries it gets. */
static void expect(uint16_t number, size_t len, int times, uint8_t request_error,
                   cot_status response)
{
    static const uint8_t value[300];
    for (int kind = 0; kind < 4; kind++) {
        bool request = kind < 2;
        bool con = kind % 2 == 0;
        begin(con ? COT_COAP_CON : COT_COAP_NON, request ? COT_COAP_GET : COT_COAP_CONTENT);
        for (int i = 0; i < times; i++)
            cot_coap_write_option(&w, number, value, len);
        cot_status wanted = response;
        if (request && request_error == 0)
            wanted = COT_OK;
        else if (request)
            wanted =
                con || request_error == COT_COAP_NO_PROXY ? COT_E_UNSUPPORTED : COT_E_MALFORMED;
        assert_int_equal(fetch(), wanted);
        if (wanted == COT_E_UNSUPPORTED)
            assert_int_equal(v.error, request_error);
    }
}

static void judges_unknown_options(void **state)
{
    (void)state;
    expect(9, 1, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED); /* OSCORE: critical, not known */
    expect(65533, 0, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(65532, 5, 3, 0, COT_OK); /* elective */
    /* A bad length or a repetition makes a known option unknown (sections 5.4.3, 5.4.5). */
    expect(COT_COAP_URI_HOST, 0, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_URI_HOST, 256, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_URI_PATH, 256, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_ACCEPT, 2, 2, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_ACCEPT, 3, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_BLOCK1, 4, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_BLOCK1, 3, 2, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_BLOCK2, 3, 1, 0, COT_OK);
    expect(COT_COAP_IF_NONE_MATCH, 1, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
    expect(COT_COAP_IF_MATCH, 8, 3, 0, COT_E_MALFORMED); /* has no meaning in a response */
    expect(COT_COAP_OBSERVE, 4, 1, 0, COT_OK);
    expect(COT_COAP_ECHO, 41, 1, 0, COT_OK);
    assert_false(COT_COAP_HAS(&v, ECHO));
    expect(COT_COAP_CONTENT_FORMAT, 2, 2, 0, COT_OK);
    assert_int_equal(v.content_format, 0); /* the first */
}

static void refuses_to_be_a_proxy(void **state)
{
    (void)state;
    expect(COT_COAP_PROXY_URI, 20, 1, COT_COAP_NO_PROXY, COT_E_MALFORMED);
    expect(COT_COAP_PROXY_SCHEME, 4, 1, COT_COAP_NO_PROXY, COT_E_MALFORMED);
    expect(COT_COAP_PROXY_SCHEME, 0, 1, COT_COAP_BAD_OPTION, COT_E_MALFORMED);
}

static void knows_option_classes(void **state)
{
    (void)state;
    assert_true(COT_COAP_IS_CRITICAL(COT_COAP_URI_PATH) && COT_COAP_IS_UNSAFE(COT_COAP_URI_PATH));
    assert_false(COT_COAP_IS_CRITICAL(COT_COAP_ETAG) || COT_COAP_IS_UNSAFE(COT_COAP_ETAG));
    assert_false(COT_COAP_IS_CRITICAL(COT_COAP_OBSERVE));
    assert_true(COT_COAP_IS_UNSAFE(COT_COAP_OBSERVE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_a_registration), cmocka_unit_test(tells_the_root_path),
        cmocka_unit_test(fetches_every_option),   cmocka_unit_test(fetches_a_location),
        cmocka_unit_test(judges_unknown_options), cmocka_unit_test(refuses_to_be_a_proxy),
        cmocka_unit_test(knows_option_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
