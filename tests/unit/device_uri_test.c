/* SPDX-License-Identifier: Apache-2.0 */
/* coap:// and coaps:// URIs. */
#include "device/uri.h"

#include "tests/unit/test.h"

#include <string.h>

static cot_status parse(const char *text, cot__uri *out)
{
    cot_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return cot__uri_parse(bytes, out);
}

static void takes_them_apart(void **state)
{
    (void)state;
    cot__uri u;
    assert_int_equal(parse("coaps://server.example/fw/a?x=1&y", &u), COT_OK);
    assert_true(u.secure && u.port == 5684 && cot_bytes_is(u.host, "server.example"));
    assert_true(cot_bytes_is(u.path, "fw/a") && cot_bytes_is(u.query, "x=1&y"));
    assert_int_equal(parse("coap://[2001:db8::1]:1234", &u), COT_OK);
    assert_true(!u.secure && u.port == 1234 && cot_bytes_is(u.host, "2001:db8::1"));
    assert_int_equal(parse("coap://127.0.0.1?q", &u), COT_OK);
    assert_true(u.port == 5683 && u.path.len == 0 && cot_bytes_is(u.query, "q"));
}

static void refuses_others(void **state)
{
    static const char *const bad[] = {"coap://",     "coap://h:0",  "coap://h:65536",
                                      "coap://h:x/", "coap://[::1", "coap://[::1]x",
                                      "coap://:80/"};
    (void)state;
    cot__uri u;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i], &u), COT_E_MALFORMED);
    assert_int_equal(parse("http://h/", &u), COT_E_UNSUPPORTED);
    assert_int_equal(parse("", &u), COT_E_UNSUPPORTED);
}

static void compares_servers(void **state)
{
    (void)state;
    cot__uri a, b;
    assert_int_equal(parse("coaps://Server.example/x", &a), COT_OK);
    assert_int_equal(parse("coaps://server.EXAMPLE:5684", &b), COT_OK);
    assert_true(cot__uri_same_server(&a, &b));
    assert_int_equal(parse("coap://server.example:5684", &b), COT_OK);
    assert_false(cot__uri_same_server(&a, &b));
    assert_int_equal(parse("coaps://server.example:5685", &b), COT_OK);
    assert_false(cot__uri_same_server(&a, &b));
    assert_int_equal(parse("coaps://server.exampl", &b), COT_OK);
    assert_false(cot__uri_same_server(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_them_apart),
        cmocka_unit_test(refuses_others),
        cmocka_unit_test(compares_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
