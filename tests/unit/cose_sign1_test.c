/* SPDX-License-Identifier: Apache-2.0 */
/* core/cose: parse, verify, write. */
#include "core/cose/host/crypto_libcrypto.h"
#include "core/cose/sign1.h"
#include "tests/unit/hex.h"
#include "tests/unit/signer.h"

#define SIG                                                                                        \
    "5840 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"                        \
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

static cot_status parse(const char *hex)
{
    static hex_buffer b;
    cot_cose_sign1 s;
    return cot_cose_sign1_parse(from_hex(&b, hex), &s);
}

static void parses(void **state)
{
    hex_buffer b;
    cot_cose_sign1 s;
    (void)state;
    assert_int_equal(cot_cose_sign1_parse(from_hex(&b, "d284 43a10126 a0 f6" SIG), &s), COT_OK);
    assert_hex(s.protected_header, COT_COSE_PROTECTED_SIZE, "a10126");
    assert_int_equal(s.signature[0], 0);
    assert_int_equal(s.signature[63], 63);
    assert_int_equal(parse("d284 43a10128 a0 f6" SIG), COT_OK);       /* ESP256 */
    assert_int_equal(parse("d284 43a10126 a1044101 f6" SIG), COT_OK); /* a key id */
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(parse(""), COT_E_TRUNCATED);
    assert_int_equal(parse("d284 43a10126 a0 f6 5840 00"), COT_E_TRUNCATED);
    assert_int_equal(parse("84 43a10126 a0 f6" SIG), COT_E_TYPE);        /* no tag */
    assert_int_equal(parse("d184 43a10126 a0 f6" SIG), COT_E_MALFORMED); /* COSE_Mac0 */
    assert_int_equal(parse("d283 43a10126 a0 f6"), COT_E_MALFORMED);
    assert_int_equal(parse("d284 43a10126 a0 f6" SIG "00"), COT_E_MALFORMED);
    assert_int_equal(parse("d284 43a10126 80 f6" SIG), COT_E_MALFORMED);
    assert_int_equal(parse("d284 43a10126 a0 4101" SIG), COT_E_UNSUPPORTED); /* payload inside */
    assert_int_equal(parse("d284 43a10126 a0 f6 4101"), COT_E_MALFORMED);
    assert_int_equal(parse("d284 40 a0 f6" SIG), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d284 44a1013822 a0 f6" SIG), COT_E_UNSUPPORTED); /* ES384 */
    assert_int_equal(parse("d284 46a20126044101 a0 f6" SIG), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d284 43a10326 a0 f6" SIG), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d284 44a1012600 a0 f6" SIG), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d284 44a1013806 a0 f6" SIG), COT_E_UNSUPPORTED); /* -7 not shortest */
    assert_int_equal(parse("d8 12 84 43a10126 a0 f6" SIG), COT_E_MALFORMED);
}

static void signs_and_verifies(void **state)
{
    uint8_t payload[300];
    uint8_t digest[32];
    uint8_t sig[64];
    uint8_t buf[128];
    cot_p256_public key;
    cot_p256_public other;
    cot_cose_sign1 s;
    cot_writer w;
    (void)state;
    signer_init(&other);
    signer_free();
    signer_init(&key);
    memset(payload, 7, sizeof payload);
    cot_bytes p = {payload, sizeof payload};
    cot_cose_sign1_digest(cot_cose_es256_protected(), p, &cot_crypto_openssl, digest);
    signer_sign(digest, sig);
    signer_free();
    cot_writer_init(&w, buf, sizeof buf);
    cot_cose_sign1_write(&w, sig);
    assert_int_equal(w.len, 74);
    assert_int_equal(cot_cose_sign1_parse((cot_bytes){buf, w.len}, &s), COT_OK);
    assert_int_equal(cot_cose_sign1_verify(&s, p, &key, &cot_crypto_openssl), COT_OK);
    assert_int_equal(cot_cose_sign1_verify(&s, p, &other, &cot_crypto_openssl), COT_E_AUTH);
    payload[299] ^= 1;
    assert_int_equal(cot_cose_sign1_verify(&s, p, &key, &cot_crypto_openssl), COT_E_AUTH);
    payload[299] ^= 1;
    for (size_t i = 10; i < w.len; i += 9) {
        buf[i] ^= 0x10;
        assert_int_equal(cot_cose_sign1_verify(&s, p, &key, &cot_crypto_openssl), COT_E_AUTH);
        buf[i] ^= 0x10;
    }
    memset(&other, 0, sizeof other); /* no point of the curve */
    assert_int_equal(cot_cose_sign1_verify(&s, p, &other, &cot_crypto_openssl), COT_E_AUTH);
    memset(buf + 10, 0, 64);
    assert_int_equal(cot_cose_sign1_verify(&s, p, &key, &cot_crypto_openssl), COT_E_AUTH);
}

static void public_keys(void **state)
{
    uint8_t bytes[66] = {4};
    cot_p256_public key;
    (void)state;
    bytes[1] = 0xAB;
    assert_int_equal(cot_p256_public_parse(bytes, 65, &key), COT_OK);
    assert_int_equal(key.xy[0], 0xAB);
    assert_int_equal(cot_p256_public_parse(bytes, 64, &key), COT_OK);
    assert_int_equal(key.xy[0], 4);
    assert_int_equal(cot_p256_public_parse(bytes, 63, &key), COT_E_MALFORMED);
    assert_int_equal(cot_p256_public_parse(bytes, 66, &key), COT_E_MALFORMED);
    assert_int_equal(cot_p256_public_parse(bytes, 33, &key), COT_E_MALFORMED);
    bytes[0] = 2;
    assert_int_equal(cot_p256_public_parse(bytes, 65, &key), COT_E_MALFORMED);
}

/* FIPS 180: "abc"; in pieces too, and the state may be copied. */
static void sha256(void **state)
{
    uint8_t out[32];
    cot_sha256 h;
    cot_sha256 copy;
    const cot_crypto *c = &cot_crypto_openssl;
    const char *want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    (void)state;
    cot_sha256_of(c, (const uint8_t *)"abc", 3, out);
    assert_hex(out, 32, want);
    c->sha256_start(c->ctx, &h);
    c->sha256_update(c->ctx, &h, (const uint8_t *)"a", 1);
    copy = h;
    c->sha256_update(c->ctx, &h, (const uint8_t *)"x", 1);
    c->sha256_update(c->ctx, &copy, (const uint8_t *)"bc", 2);
    c->sha256_finish(c->ctx, &copy, out);
    assert_hex(out, 32, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses),
        cmocka_unit_test(signs_and_verifies),
        cmocka_unit_test(public_keys),
        cmocka_unit_test(sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
