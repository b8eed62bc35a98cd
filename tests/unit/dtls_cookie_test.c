/* SPDX-License-Identifier: Apache-2.0 */
/* dtls/cookie.c and dtls/hello.c: the exchange before any state. */
#include "tests/unit/test.h"

#include "core/base/bytes.h"
#include "dtls/cookie.h"
#include "dtls/hello.h"
#include <cotter/mbedtls.h>

#include <stdlib.h>
#include <string.h>

static const uint8_t here[] = {127, 0, 0, 1, 0x12, 0x34};
static const uint8_t there[] = {127, 0, 0, 2, 0x12, 0x34};
static bool no_random;

static cot_status some_random(void *app, uint8_t *out, size_t len)
{
    static uint8_t next;
    (void)app;
    if (no_random)
        return COT_E_IO;
    for (size_t i = 0; i < len; i++)
        out[i] = next++;
    return COT_OK;
}

/* A ClientHello with the given cookie; `random` fills its random. */
static size_t make_hello(uint8_t out[static 256], const uint8_t *cookie, size_t cookie_len,
                         uint8_t random)
{
    cot_writer w;
    size_t body = 2 + 32 + 1 + 1 + cookie_len + 2 + 2 + 2 + 2;
    uint8_t r[32];
    memset(r, random, sizeof r);
    cot_writer_init(&w, out, 256);
    cot_write_u8(&w, 22);
    cot_write_u16(&w, 0xfeff);
    cot_write_u16(&w, 0);
    cot_write_uint(&w, 3, 6);
    cot_write_u16(&w, (uint16_t)(12 + body));
    cot_write_u8(&w, 1);
    cot_write_u24(&w, (uint32_t)body);
    cot_write_u16(&w, cookie_len > 0);
    cot_write_u24(&w, 0);
    cot_write_u24(&w, (uint32_t)body);
    cot_write_u16(&w, 0xfefd);
    cot_write_bytes(&w, r, sizeof r);
    cot_write_u8(&w, 0);
    cot_write_u8(&w, (uint8_t)cookie_len);
    cot_write_bytes(&w, cookie, cookie_len);
    cot_write_u16(&w, 2);
    cot_write_u16(&w, 0xc0a8);
    cot_write_u16(&w, 0x0100);
    cot_write_u16(&w, 0);
    assert_int_equal(w.err, COT_OK);
    return w.len;
}

static cot_dtls_cookie c;
static uint8_t reply[COT_DTLS_HELLO_VERIFY_LEN];
static size_t reply_len;

static cot_dtls_first check(const uint8_t *address, const uint8_t *dgram, size_t len, cot_ms now)
{
    return cot_dtls_cookie_check(&c, address, 6, dgram, len, now, reply, &reply_len);
}

/* Ask for a cookie at `now`; it is the reply's tail. */
static void ask(uint8_t cookie[static COT_DTLS_COOKIE_LEN], cot_ms now)
{
    uint8_t hello[256];
    size_t n = make_hello(hello, NULL, 0, 7);
    assert_int_equal(check(here, hello, n, now), COT_DTLS_FIRST_VERIFY);
    assert_int_equal(reply_len, COT_DTLS_HELLO_VERIFY_LEN);
    assert_true(reply_len <= n); /* no amplification */
    memcpy(cookie, reply + reply_len - COT_DTLS_COOKIE_LEN, COT_DTLS_COOKIE_LEN);
}

static int start(void **state)
{
    (void)state;
    no_random = false;
    return cot_dtls_cookie_init(&c, &cot_crypto_mbedtls, 0, some_random, NULL);
}

static void hello_verify_request_layout(void **state)
{
    (void)state;
    static const uint8_t head[] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 3,  0,    35,   3,
                                   0,  0,    23,   0, 0, 0, 0, 0, 0, 0, 23, 0xfe, 0xff, 20};
    uint8_t cookie[COT_DTLS_COOKIE_LEN];
    ask(cookie, 0);
    assert_memory_equal(reply, head, sizeof head);
}

static void good_cookie_is_accepted_from_its_address_only(void **state)
{
    (void)state;
    uint8_t cookie[COT_DTLS_COOKIE_LEN];
    uint8_t hello[256];
    ask(cookie, 0);
    size_t n = make_hello(hello, cookie, sizeof cookie, 7);
    assert_int_equal(check(here, hello, n, 10), COT_DTLS_FIRST_ACCEPT);
    assert_int_equal(reply_len, 0);
    assert_int_equal(check(there, hello, n, 10), COT_DTLS_FIRST_VERIFY);
    n = make_hello(hello, cookie, sizeof cookie, 8); /* another hello */
    assert_int_equal(check(here, hello, n, 10), COT_DTLS_FIRST_VERIFY);
    for (size_t i = 0; i < sizeof cookie; i++) {
        cookie[i] ^= 1;
        n = make_hello(hello, cookie, sizeof cookie, 7);
        assert_int_equal(check(here, hello, n, 10), COT_DTLS_FIRST_VERIFY);
        cookie[i] ^= 1;
    }
    n = make_hello(hello, cookie, sizeof cookie - 1, 7);
    assert_int_equal(check(here, hello, n, 10), COT_DTLS_FIRST_VERIFY);
}

static void cookies_age(void **state)
{
    (void)state;
    uint8_t cookie[COT_DTLS_COOKIE_LEN];
    uint8_t hello[256];
    ask(cookie, 59999);
    size_t n = make_hello(hello, cookie, sizeof cookie, 7);
    assert_int_equal(check(here, hello, n, 60001), COT_DTLS_FIRST_ACCEPT);
    assert_int_equal(check(here, hello, n, 119999), COT_DTLS_FIRST_ACCEPT);
    assert_int_equal(check(here, hello, n, 120000), COT_DTLS_FIRST_VERIFY);
    assert_int_equal(check(here, hello, n, 180000), COT_DTLS_FIRST_VERIFY);
    ask(cookie, 180001);
    n = make_hello(hello, cookie, sizeof cookie, 7);
    assert_int_equal(check(here, hello, n, 10u * 60000), COT_DTLS_FIRST_VERIFY); /* long silence */
}

static void no_entropy_answers_nothing(void **state)
{
    (void)state;
    uint8_t hello[256];
    size_t n = make_hello(hello, NULL, 0, 7);
    no_random = true;
    assert_int_equal(check(here, hello, n, 60000), COT_DTLS_FIRST_DROP);
    no_random = false;
    assert_int_equal(check(here, hello, n, 60000), COT_DTLS_FIRST_VERIFY);
}

static void anything_else_is_dropped(void **state)
{
    (void)state;
    uint8_t hello[256];
    uint8_t changed[256];
    size_t n = make_hello(hello, NULL, 0, 7);
    for (size_t len = 0; len < n; len++)
        assert_int_equal(check(here, hello, len, 0), COT_DTLS_FIRST_DROP);
    static const struct {
        size_t at;
        uint8_t value;
    } row[] = {{0, 23}, {1, 3},  {2, 0xf0}, {4, 1},   {12, 1},   {13, 2}, {16, 200},
               {21, 1}, {24, 9}, {25, 3},   {59, 33}, {60, 200}, {62, 3}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        memcpy(changed, hello, n);
        changed[row[i].at] = row[i].value;
        assert_int_equal(check(here, changed, n, 0), COT_DTLS_FIRST_DROP);
    }
}

static void hello_extensions(void **state)
{
    (void)state;
    uint8_t body[80] = {254, 253};
    cot__hello h;
    cot_bytes x;
    static const uint8_t tail[] = {0,  0, 0, 2, 0xc0, 0xa8, 1, 0, 0, 11, 0,
                                   54, 0, 1, 0, 0,    20,   0, 2, 1, 2};
    memcpy(body + 34, tail, sizeof tail);
    size_t n = 34 + sizeof tail;
    assert_int_equal(cot__client_hello_read(body, n, &h), COT_OK);
    assert_true(cot__hello_extension(&h, COT_DTLS_EXT_CONNECTION_ID, &x));
    assert_int_equal(x.len, 1);
    assert_true(cot__hello_extension(&h, COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE, &x));
    assert_int_equal(x.len, 2);
    assert_false(cot__hello_extension(&h, COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE, &x));
    body[34 + 9] = 10; /* the block ends inside an extension */
    assert_int_not_equal(cot__client_hello_read(body, n - 1, &h), COT_OK);
    body[34 + 9] = 12;
    assert_int_not_equal(cot__client_hello_read(body, n, &h), COT_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hello_verify_request_layout, start),
        cmocka_unit_test_setup(good_cookie_is_accepted_from_its_address_only, start),
        cmocka_unit_test_setup(cookies_age, start),
        cmocka_unit_test_setup(no_entropy_answers_nothing, start),
        cmocka_unit_test_setup(anything_else_is_dropped, start),
        cmocka_unit_test_setup(hello_extensions, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
