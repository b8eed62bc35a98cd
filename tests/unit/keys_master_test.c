/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS 1.2 PRF against its known vector, and master secrets against libcrypto's own KDF. */
#include "tests/unit/test.h"

#include "server/keys/master.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string.h>

/* The vector for P_SHA256 that implementers of RFC 5246 share. */
static const uint8_t secret[] = {0x9b, 0xbe, 0x43, 0x6b, 0xa9, 0x40, 0xf0, 0x17,
                                 0xb1, 0x76, 0x52, 0x84, 0x9a, 0x71, 0xdb, 0x35};
static const uint8_t seed[] = {0xa0, 0xba, 0x9f, 0x93, 0x6c, 0xda, 0x31, 0x18,
                               0x27, 0xa6, 0xf7, 0x96, 0xff, 0xd5, 0x19, 0x8c};
static const uint8_t expected[] = {
    0xe3, 0xf2, 0x29, 0xba, 0x72, 0x7b, 0xe1, 0x7b, 0x8d, 0x12, 0x26, 0x20, 0x55, 0x7c, 0xd4,
    0x53, 0xc2, 0xaa, 0xb2, 0x1d, 0x07, 0xc3, 0xd4, 0x95, 0x32, 0x9b, 0x52, 0xd4, 0xe6, 0x1e,
    0xdb, 0x5a, 0x6b, 0x30, 0x17, 0x91, 0xe9, 0x0d, 0x35, 0xc9, 0xc9, 0xa4, 0x6b, 0x4e, 0x14,
    0xba, 0xf9, 0xaf, 0x0f, 0xa0, 0x22, 0xf7, 0x07, 0x7d, 0xef, 0x17, 0xab, 0xfd, 0x37, 0x97,
    0xc0, 0x56, 0x4b, 0xab, 0x4f, 0xbc, 0x91, 0x66, 0x6e, 0x9d, 0xef, 0x9b, 0x97, 0xfc, 0xe3,
    0x4f, 0x79, 0x67, 0x89, 0xba, 0xa4, 0x80, 0x82, 0xd1, 0x22, 0xee, 0x42, 0xc5, 0xa7, 0x2e,
    0x5a, 0x51, 0x10, 0xff, 0xf7, 0x01, 0x87, 0x34, 0x7b, 0x66};

static void prf_gives_the_known_vector(void **state)
{
    uint8_t out[sizeof expected];
    keys_prf *prf = keys_prf_new();
    (void)state;
    assert_non_null(prf);
    for (size_t n = 1; n <= sizeof out; n++) {
        memset(out, 0, sizeof out);
        assert_int_equal(keys_prf_run(prf, (cot_bytes){secret, sizeof secret}, "test label",
                                      (cot_bytes){seed, sizeof seed}, out, n),
                         COT_OK);
        assert_memory_equal(out, expected, n);
    }
    keys_prf_free(prf);
}

static void prf_refuses_a_long_seed(void **state)
{
    uint8_t long_seed[128] = {0};
    uint8_t out[16];
    keys_prf *prf = keys_prf_new();
    (void)state;
    assert_int_equal(
        keys_prf_run(prf, (cot_bytes){secret, 1}, "x", (cot_bytes){long_seed, 128}, out, 16),
        COT_E_LIMIT);
    keys_prf_free(prf);
}

/* libcrypto's TLS1-PRF over the same premaster secret. */
static void by_libcrypto(cot_bytes psk, const char *label, cot_bytes with, uint8_t out[KEYS_MASTER])
{
    uint8_t premaster[132] = {0};
    uint8_t whole[128];
    char digest[] = "SHA256";
    size_t n = psk.len;
    premaster[1] = (uint8_t)n;
    premaster[2 + n + 1] = (uint8_t)n;
    memcpy(premaster + 4 + n, psk.p, n);
    memcpy(whole, label, strlen(label));
    memcpy(whole + strlen(label), with.p, with.len);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, premaster, 4 + 2 * n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, whole, strlen(label) + with.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    assert_int_equal(EVP_KDF_derive(ctx, out, KEYS_MASTER, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static void masters_equal_those_of_libcrypto(void **state)
{
    static const size_t lengths[] = {1, 16, 30, 31, 64};
    uint8_t psk[64];
    uint8_t randoms[64];
    keys_prf *prf = keys_prf_new();
    (void)state;
    for (uint8_t i = 0; i < 64; i++) {
        psk[i] = (uint8_t)(i * 3 + 1);
        randoms[i] = (uint8_t)(i * 5 + 7);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t ours[KEYS_MASTER];
        uint8_t theirs[KEYS_MASTER];
        cot_bytes k = {psk, lengths[i]};
        assert_int_equal(keys_master(prf, k, true, (cot_bytes){randoms, 32}, ours), COT_OK);
        by_libcrypto(k, "extended master secret", (cot_bytes){randoms, 32}, theirs);
        assert_memory_equal(ours, theirs, KEYS_MASTER);
        assert_int_equal(keys_master(prf, k, false, (cot_bytes){randoms, 64}, ours), COT_OK);
        by_libcrypto(k, "master secret", (cot_bytes){randoms, 64}, theirs);
        assert_memory_equal(ours, theirs, KEYS_MASTER);
    }
    keys_prf_free(prf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prf_gives_the_known_vector),
        cmocka_unit_test(prf_refuses_a_long_seed),
        cmocka_unit_test(masters_equal_those_of_libcrypto),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
