/* SPDX-License-Identifier: Apache-2.0 */
/* dtls/mbedtls/crypto.c: SHA-256 in pieces, P-256 verification. */
#include "tests/unit/test.h"

#include "tests/virtual/dtls_certs.h"

#include <cotter/mbedtls.h>

#include <openssl/sha.h>
#include <string.h>

static const cot_crypto *const c = &cot_crypto_mbedtls;

static void sha256_in_pieces(void **state)
{
    (void)state;
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof data; len += 13) {
        for (size_t cut = 0; cut <= len; cut += 29) {
            cot_sha256 h;
            cot_sha256 kept;
            uint8_t out[COT_SHA256_SIZE];
            uint8_t again[COT_SHA256_SIZE];
            uint8_t wanted[COT_SHA256_SIZE];
            SHA256(data, len, wanted);
            c->sha256_start(c->ctx, &h);
            c->sha256_update(c->ctx, &h, data, cut);
            kept = h; /* plain memory: a copy goes on by itself */
            c->sha256_update(c->ctx, &h, data + cut, len - cut);
            c->sha256_finish(c->ctx, &h, out);
            c->sha256_update(c->ctx, &kept, data + cut, len - cut);
            c->sha256_finish(c->ctx, &kept, again);
            assert_memory_equal(out, wanted, sizeof out);
            assert_memory_equal(again, wanted, sizeof again);
        }
    }
}

static void p256_verification(void **state)
{
    (void)state;
    cert_key k;
    uint8_t digest[32];
    uint8_t sig[64];
    cot_p256_public pub;
    memset(&k, 0, sizeof k);
    cert_make_key(&k);
    memcpy(pub.xy, k.spki + k.spki_len - 64, 64);
    for (int i = 0; i < 20; i++) {
        memset(digest, i, sizeof digest);
        cert_sign_raw(&k, digest, sig);
        assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_OK);
        sig[i * 3] ^= 1;
        assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_E_AUTH);
        sig[i * 3] ^= 1;
        digest[i] ^= 1;
        assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_E_AUTH);
        digest[i] ^= 1;
        pub.xy[i * 3] ^= 1; /* no point of the curve */
        assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_E_AUTH);
        pub.xy[i * 3] ^= 1;
    }
    memset(sig, 0, sizeof sig);
    assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_E_AUTH);
    memset(sig, 0xff, sizeof sig);
    assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_E_AUTH);
    memset(&pub, 0, sizeof pub);
    assert_int_equal(c->p256_verify(c->ctx, &pub, digest, sig), COT_E_AUTH);
    EVP_PKEY_free(k.key);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_in_pieces),
        cmocka_unit_test(p256_verification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
