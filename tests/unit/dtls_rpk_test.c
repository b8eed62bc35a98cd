/* SPDX-License-Identifier: Apache-2.0 */
/* dtls/mbedtls/rpk.c: which certificate types are agreed on, and what is written for it (RFC
 * 7250). */
#include "tests/unit/test.h"

#include "dtls/hello.h"
#include "dtls/mbedtls/rpk.h"

#include <string.h>

static uint8_t buf[256];

static const cot__types both = {true, true};
static const cot__types only_x509 = {true, false};
static const cot__types only_rpk = {false, true};
static const cot__types neither = {false, false};

/* A ClientHello body with these extensions; NULL: without a block. */
static cot_bytes client_hello(const char *extensions, size_t len)
{
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_bytes(&w,
                    "\xfe\xfd"
                    "random random random random rand\0\0\0\2\xc0\xae\1\0",
                    42);
    if (extensions != NULL) {
        cot_write_u16(&w, (uint16_t)len);
        cot_write_bytes(&w, extensions, len);
    }
    assert_int_equal(w.err, COT_OK);
    return (cot_bytes){buf, w.len};
}

static cot_bytes server_hello(const char *extensions, size_t len)
{
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_bytes(&w,
                    "\xfe\xfd"
                    "random random random random rand\0\xc0\xae\0",
                    38);
    if (extensions != NULL) {
        cot_write_u16(&w, (uint16_t)len);
        cot_write_bytes(&w, extensions, len);
    }
    return (cot_bytes){buf, w.len};
}

#define CLIENT(list) "\0\x13" list
#define SERVER(list) "\0\x14" list
#define RPK "\0\2\1\2"
#define X509 "\0\2\1\0"
#define RPK_X509 "\0\3\2\2\0"
#define X509_RPK "\0\3\2\0\2"
#define PGP "\0\2\1\1"

static void choosing(void **state)
{
    (void)state;
    const struct {
        const char *extensions;
        size_t len;
        cot__types client;
        cot__types server;
        cot_status wanted;
        bool rpk_client;
        bool rpk_server;
    } row[] = {
        {NULL, 0, both, both, COT_OK, false, false},
        {NULL, 0, both, only_rpk, COT_E_UNSUPPORTED, false, false},
        {NULL, 0, only_rpk, both, COT_E_UNSUPPORTED, false, false},
        {CLIENT(RPK) SERVER(RPK), 12, both, both, COT_OK, true, true},
        {CLIENT(RPK) SERVER(RPK), 12, only_rpk, only_rpk, COT_OK, true, true},
        {CLIENT(RPK) SERVER(RPK), 12, only_x509, both, COT_E_UNSUPPORTED, false, false},
        {CLIENT(RPK) SERVER(RPK), 12, both, only_x509, COT_E_UNSUPPORTED, false, false},
        {CLIENT(RPK), 6, both, both, COT_OK, true, false},
        {SERVER(RPK), 6, both, both, COT_OK, false, true},
        {CLIENT(RPK_X509) SERVER(X509_RPK), 14, both, both, COT_OK, true, false},
        {CLIENT(RPK_X509) SERVER(X509_RPK), 14, only_x509, only_rpk, COT_OK, false, true},
        {CLIENT(X509) SERVER(X509), 12, both, both, COT_OK, false, false},
        {CLIENT(PGP) SERVER(RPK), 12, both, both, COT_E_UNSUPPORTED, false, false},
        {CLIENT(RPK) SERVER(RPK), 12, neither, neither, COT_E_UNSUPPORTED, false, false},
        {CLIENT("\0\1\0"), 5, both, both, COT_E_MALFORMED, false, false},
        {CLIENT("\0\0"), 4, both, both, COT_E_MALFORMED, false, false},
        {CLIENT("\0\3\1\2\2"), 7, both, both, COT_E_MALFORMED, false, false},
        {CLIENT("\0\2\2\2"), 6, both, both, COT_E_MALFORMED, false, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        cot__rpk rpk;
        cot_bytes hello = client_hello(row[i].extensions, row[i].len);
        assert_int_equal(cot__rpk_choose(hello, row[i].client, row[i].server, &rpk), row[i].wanted);
        assert_int_equal(rpk.settled, row[i].wanted == COT_OK);
        if (row[i].wanted != COT_OK)
            continue;
        assert_int_equal(rpk.client, row[i].rpk_client);
        assert_int_equal(rpk.server, row[i].rpk_server);
    }
}

static void learning(void **state)
{
    (void)state;
    cot__rpk rpk;
    assert_int_equal(cot__rpk_learn(server_hello(NULL, 0), &rpk), COT_OK);
    assert_false(rpk.server || rpk.client);
    assert_int_equal(cot__rpk_learn(server_hello("\0\x14\0\1\2\0\x13\0\1\2", 10), &rpk), COT_OK);
    assert_true(rpk.server && rpk.client);
    assert_int_equal(cot__rpk_learn(server_hello("\0\x14\0\1\2", 5), &rpk), COT_OK);
    assert_true(rpk.server && !rpk.client);
    assert_int_equal(cot__rpk_learn(server_hello("\0\x14\0\1\0", 5), &rpk), COT_E_MALFORMED);
    assert_int_equal(cot__rpk_learn(server_hello("\0\x14\0\2\1\2", 6), &rpk), COT_E_MALFORMED);
    assert_int_equal(cot__rpk_learn(server_hello("\0\x14\0\0", 4), &rpk), COT_E_MALFORMED);
    assert_int_equal(cot__rpk_learn(server_hello("\0\x14\0\1", 4), &rpk), COT_E_MALFORMED);
}

static void writing(void **state)
{
    (void)state;
    static const char *const given[] = {NULL, "", "\0\x17\0\0"};
    for (size_t i = 0; i < 3; i++) {
        cot__hello h;
        cot_bytes x;
        size_t len = i == 2 ? 4 : 0;
        cot_bytes body = client_hello(given[i], len);
        cot_writer w = {buf, sizeof buf, body.len, COT_OK};
        assert_int_equal(cot__rpk_offer(&w), COT_OK);
        assert_int_equal(cot__client_hello_read(buf, w.len, &h), COT_OK);
        assert_int_equal(h.extensions.len, len + 12);
        assert_true(cot__hello_extension(&h, 20, &x) && x.len == 2 && memcmp(x.p, "\1\2", 2) == 0);

        for (unsigned bits = 0; bits < 4; bits++) {
            cot__rpk rpk = {(bits & 1) != 0, (bits & 2) != 0, true};
            body = server_hello(given[i], len);
            w = (cot_writer){buf, sizeof buf, body.len, COT_OK};
            assert_int_equal(cot__rpk_answer(&rpk, &w), COT_OK);
            assert_int_equal(cot__server_hello_read(buf, w.len, &h), COT_OK);
            assert_int_equal(cot__hello_extension(&h, 19, &x), rpk.client);
            assert_int_equal(cot__hello_extension(&h, 20, &x), rpk.server);
        }
    }
    cot_bytes body = client_hello(NULL, 0);
    for (size_t room = 0; room < 14; room++) {
        cot_writer w = {buf, body.len + room, body.len, COT_OK};
        assert_int_equal(cot__rpk_offer(&w), COT_E_SPACE);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(choosing),
        cmocka_unit_test(learning),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
