/* SPDX-License-Identifier: Apache-2.0 */
/* Host header, bearer token, wrong tokens; and the request target. */
#include "tests/unit/test.h"

#include "server/http/guard.h"
#include "server/http/schema.h"

#include <string.h>

static cot_bytes text(const char *s)
{
    return (cot_bytes){(const uint8_t *)s, strlen(s)};
}

static void knows_its_own_hosts(void **state)
{
    static const char *const good[] = {"127.0.0.1", "127.0.0.1:8080", "localhost:1", "LOCALHOST",
                                       "[::1]:8080"};
    static const char *const bad[] = {"",
                                      "evil.example",
                                      "127.0.0.1.evil.example",
                                      "localhost.evil.example",
                                      "127.0.0.1:",
                                      "127.0.0.1:80x",
                                      "127.0.0.2",
                                      "[::1"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(http_guard_host(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(http_guard_host(bad[i]));
    }
}

static void takes_bearer_tokens(void **state)
{
    char longest[7 + HTTP_TOKEN_MAX + 2];
    (void)state;
    assert_true(cot_bytes_is(http_bearer("Bearer abc"), "abc"));
    assert_true(cot_bytes_is(http_bearer("bearer  abc"), "abc"));
    assert_int_equal(http_bearer(NULL).len, 0);
    assert_int_equal(http_bearer("Basic abc").len, 0);
    assert_int_equal(http_bearer("Bearer a b").len, 0);
    assert_int_equal(http_bearer("Bearer ").len, 0);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "Bearer ", 7);
    longest[7 + HTTP_TOKEN_MAX] = '\0';
    assert_int_equal(http_bearer(longest).len, HTTP_TOKEN_MAX);
    longest[7 + HTTP_TOKEN_MAX] = 'x';
    longest[8 + HTTP_TOKEN_MAX] = '\0';
    assert_int_equal(http_bearer(longest).len, 0);
}

static void bounds_wrong_tokens(void **state)
{
    http_guard g = {.key = {7}};
    cot_ms now = 1000;
    (void)state;
    for (unsigned i = 0; i < HTTP_GUARD_BURST; i++) {
        assert_true(http_guard_admit(&g, text("\1\2\3\4"), text("wrong"), now));
        http_guard_refused(&g, text("\1\2\3\4"), text("wrong"), now);
    }
    assert_false(http_guard_admit(&g, text("\1\2\3\4"), text("wrong"), now));
    assert_true(http_guard_admit(&g, text("\1\2\3\5"), text("wrong"), now)); /* another client */
    http_guard_accepted(&g, text("right"), now);
    assert_true(http_guard_admit(&g, text("\1\2\3\4"), text("right"), now));
    assert_false(http_guard_admit(&g, text("\1\2\3\4"), text("right"), now + 3600000 - 1) &&
                 http_guard_admit(&g, text("\1\2\3\4"), text("wrong"), now));
    http_guard_refused(&g, text("\1\2\3\4"), text("right"), now); /* it was removed meanwhile */
    assert_false(http_guard_admit(&g, text("\1\2\3\4"), text("right"), now));
    assert_true(
        http_guard_admit(&g, text("\1\2\3\4"), text("wrong"), now + 3 * HTTP_GUARD_REFILL_MS));
}

static void takes_targets_apart(void **state)
{
    http_target t;
    (void)state;
    assert_int_equal(http_target_parse("/a/b?x=1&y&&z=a=b#frag?no", &t), COT_OK);
    assert_true(cot_bytes_is(t.path, "/a/b"));
    assert_int_equal(t.query_count, 3);
    assert_true(cot_bytes_is(t.query[0].name, "x") && cot_bytes_is(t.query[0].value, "1"));
    assert_true(cot_bytes_is(t.query[1].name, "y") && t.query[1].value.len == 0);
    assert_true(cot_bytes_is(t.query[2].name, "z") && cot_bytes_is(t.query[2].value, "a=b"));
    assert_int_equal(http_target_parse("http://h:1/p?q=1", &t), COT_OK);
    assert_true(cot_bytes_is(t.path, "/p"));
    assert_int_equal(http_target_parse("*", &t), COT_E_MALFORMED);
    assert_int_equal(http_target_parse("http://h", &t), COT_E_MALFORMED);
    assert_int_equal(http_target_parse("/?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a", &t), COT_E_LIMIT);
}

static void decodes_percent(void **state)
{
    uint8_t out[8];
    size_t len = 0;
    (void)state;
    assert_int_equal(http_percent_decode(text("a%2fb+c"), true, out, sizeof out, &len), COT_OK);
    assert_true(cot_bytes_is((cot_bytes){out, len}, "a/b c"));
    assert_int_equal(http_percent_decode(text("a+"), false, out, sizeof out, &len), COT_OK);
    assert_true(cot_bytes_is((cot_bytes){out, len}, "a+"));
    assert_int_equal(http_percent_decode(text("%2"), false, out, sizeof out, &len),
                     COT_E_MALFORMED);
    assert_int_equal(http_percent_decode(text("%zz"), false, out, sizeof out, &len),
                     COT_E_MALFORMED);
    assert_int_equal(http_percent_decode(text("123456789"), false, out, sizeof out, &len),
                     COT_E_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own_hosts), cmocka_unit_test(takes_bearer_tokens),
        cmocka_unit_test(bounds_wrong_tokens), cmocka_unit_test(takes_targets_apart),
        cmocka_unit_test(decodes_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
