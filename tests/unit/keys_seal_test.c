/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed secrets open under their key and identity only. */
#include "tests/unit/test.h"

#include "server/keys/seal.h"

#include <string.h>

static const uint8_t key[KEYS_SEALING_KEY] = {1, 2, 3};
static const uint8_t other_key[KEYS_SEALING_KEY] = {1, 2, 4};

static cot_bytes text(const char *t)
{
    return (cot_bytes){(const uint8_t *)t, strlen(t)};
}

static void opens_again_for_every_length(void **state)
{
    uint8_t secret[KEYS_SECRET_MAX];
    (void)state;
    memset(secret, 0xA5, sizeof secret);
    for (size_t n = 1; n <= sizeof secret; n++) {
        uint8_t sealed[KEYS_SEALED_SIZE];
        uint8_t out[KEYS_SECRET_MAX];
        size_t len = 0;
        size_t got = 0;
        assert_int_equal(keys_seal(key, text("ep"), (cot_bytes){secret, n}, sealed, &len), COT_OK);
        assert_int_equal(len, n + KEYS_SEAL_OVERHEAD);
        assert_int_equal(keys_unseal(key, text("ep"), (cot_bytes){sealed, len}, out, &got), COT_OK);
        assert_int_equal(got, n);
        assert_memory_equal(out, secret, n);
    }
}

static void refuses_lengths_out_of_range(void **state)
{
    uint8_t secret[KEYS_SECRET_MAX + 1] = {0};
    uint8_t sealed[KEYS_SEALED_SIZE];
    size_t len = 1;
    (void)state;
    assert_int_equal(keys_seal(key, text("ep"), (cot_bytes){secret, 0}, sealed, &len), COT_E_RANGE);
    assert_int_equal(len, 0);
    assert_int_equal(keys_seal(key, text("ep"), (cot_bytes){secret, sizeof secret}, sealed, &len),
                     COT_E_RANGE);
}

static void two_blobs_of_one_secret_differ(void **state)
{
    uint8_t a[KEYS_SEALED_SIZE];
    uint8_t b[KEYS_SEALED_SIZE];
    size_t n = 0;
    (void)state;
    assert_int_equal(keys_seal(key, text("ep"), text("secret"), a, &n), COT_OK);
    assert_int_equal(keys_seal(key, text("ep"), text("secret"), b, &n), COT_OK);
    assert_memory_not_equal(a, b, n);
}

static void every_changed_bit_is_noticed(void **state)
{
    uint8_t sealed[KEYS_SEALED_SIZE];
    uint8_t out[KEYS_SECRET_MAX];
    size_t len = 0;
    size_t got = 1;
    (void)state;
    assert_int_equal(keys_seal(key, text("ep"), text("0123456789abcdef"), sealed, &len), COT_OK);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(keys_unseal(key, text("ep"), (cot_bytes){sealed, len}, out, &got),
                             COT_OK);
        assert_int_equal(got, 0);
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t n = 0; n < len; n++)
        assert_int_not_equal(keys_unseal(key, text("ep"), (cot_bytes){sealed, n}, out, &got),
                             COT_OK);
}

static void rule_8_is_bound_to_key_and_identity(void **state)
{
    uint8_t sealed[KEYS_SEALED_SIZE];
    uint8_t out[KEYS_SECRET_MAX];
    size_t len = 0;
    size_t got = 0;
    (void)state;
    assert_int_equal(keys_seal(key, text("ep"), text("secret"), sealed, &len), COT_OK);
    assert_int_equal(keys_unseal(key, text("eq"), (cot_bytes){sealed, len}, out, &got), COT_E_AUTH);
    assert_int_equal(keys_unseal(other_key, text("ep"), (cot_bytes){sealed, len}, out, &got),
                     COT_E_AUTH);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_again_for_every_length),
        cmocka_unit_test(refuses_lengths_out_of_range),
        cmocka_unit_test(two_blobs_of_one_secret_differ),
        cmocka_unit_test(every_changed_bit_is_noticed),
        cmocka_unit_test(rule_8_is_bound_to_key_and_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
