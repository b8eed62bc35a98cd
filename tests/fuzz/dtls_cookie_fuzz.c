/* SPDX-License-Identifier: Apache-2.0 */
/* First datagrams from anybody. Property: the answer is never longer than the question, and the
 * same ClientHello with the cookie that was given is accepted. */
#include "core/base/bytes.h"
#include "dtls/cookie.h"
#include "dtls/hello.h"

#include <cotter/mbedtls.h>

#include <stdlib.h>
#include <string.h>

#define HEADERS 25u /* of record and handshake message */

static void check(bool ok)
{
    if (!ok)
        abort();
}

static cot_status fixed_random(void *app, uint8_t *out, size_t len)
{
    (void)app;
    memset(out, 0x5a, len);
    return COT_OK;
}

/* The hello with another cookie: three lengths change. */
static size_t with_cookie(const uint8_t *dgram, const uint8_t *cookie, uint8_t *out, size_t cap)
{
    size_t body = (size_t)dgram[14] << 16 | (size_t)dgram[15] << 8 | dgram[16];
    cot__hello h;
    cot_writer w;
    check(cot__client_hello_read(dgram + HEADERS, body, &h) == COT_OK);
    size_t at = HEADERS + 2 + 32 + 1 + h.session_id.len; /* of the cookie's length */
    size_t rest = HEADERS + body - at - 1 - h.cookie.len;
    size_t new_body = body - h.cookie.len + COT_DTLS_COOKIE_LEN;
    cot_writer_init(&w, out, cap);
    cot_write_bytes(&w, dgram, 11);
    cot_write_u16(&w, (uint16_t)(12 + new_body));
    cot_write_u8(&w, 1);
    cot_write_u24(&w, (uint32_t)new_body);
    cot_write_bytes(&w, dgram + 17, 2);
    cot_write_u24(&w, 0);
    cot_write_u24(&w, (uint32_t)new_body);
    cot_write_bytes(&w, dgram + HEADERS, at - HEADERS);
    cot_write_u8(&w, COT_DTLS_COOKIE_LEN);
    cot_write_bytes(&w, cookie, COT_DTLS_COOKIE_LEN);
    cot_write_bytes(&w, dgram + at + 1 + h.cookie.len, rest);
    return w.err == COT_OK && 12 + new_body <= UINT16_MAX ? w.len : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static const uint8_t address[] = {127, 0, 0, 1};
    static uint8_t second[70000];
    cot_dtls_cookie c;
    uint8_t reply[COT_DTLS_HELLO_VERIFY_LEN];
    size_t n = 0;
    if (size == 0 || size > 65000)
        return 0;
    check(cot_dtls_cookie_init(&c, &cot_crypto_mbedtls, 0, fixed_random, NULL) == COT_OK);
    cot_dtls_first f =
        cot_dtls_cookie_check(&c, address, sizeof address, input, size, 1, reply, &n);
    check(f == COT_DTLS_FIRST_VERIFY ? n == sizeof reply && n <= size : n == 0);
    if (f != COT_DTLS_FIRST_VERIFY)
        return 0;
    size_t len = with_cookie(input, reply + n - COT_DTLS_COOKIE_LEN, second, sizeof second);
    if (len == 0)
        return 0;
    check(cot_dtls_cookie_check(&c, address, sizeof address, second, len, 2, reply, &n) ==
          COT_DTLS_FIRST_ACCEPT);
    second[0 + HEADERS + 5] ^= 1; /* another random */
    check(cot_dtls_cookie_check(&c, address, sizeof address, second, len, 2, reply, &n) ==
          COT_DTLS_FIRST_VERIFY);
    return 0;
}
