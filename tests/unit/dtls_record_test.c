/* SPDX-License-Identifier: Apache-2.0 */
/* dtls/record.c with both AEAD implementations: layouts, the window, numbers, kills between
 * stores. */
#include "tests/unit/test.h"

#include "dtls/aead.h"
#include "dtls/record.h"

#include <cotter/mbedtls.h>

#include <stdlib.h>
#include <string.h>

static cot_dtls_aead libcrypto;
static cot_dtls_aead mbedtls;
static cot_dtls_aead_mbedtls mbedtls_state;
static _Alignas(16) uint8_t scratch[COT_DTLS_AEAD_SCRATCH];

/* Two ends that belong together. */
static void make_ends(cot_dtls_record *a, cot_dtls_record *b, uint8_t suite, uint8_t cid_a,
                      uint8_t cid_b)
{
    memset(a, 0, sizeof *a);
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < 16; i++) {
        a->key_in[i] = b->key_out[i] = (uint8_t)(i + 1);
        a->key_out[i] = b->key_in[i] = (uint8_t)(0xf0 - i);
    }
    memset(a->iv_in, 3, 4);
    memset(b->iv_out, 3, 4);
    memset(a->iv_out, 4, 4);
    memset(b->iv_in, 4, 4);
    a->suite = b->suite = suite;
    a->cid_in_len = b->cid_out_len = cid_a;
    a->cid_out_len = b->cid_in_len = cid_b;
    memset(a->cid_in, 0xa1, cid_a);
    memset(b->cid_out, 0xa1, cid_a);
    memset(a->cid_out, 0xb2, cid_b);
    memset(b->cid_in, 0xb2, cid_b);
}

static size_t seal(const cot_dtls_record *r, const cot_dtls_aead *aead, uint64_t number,
                   uint8_t type, const char *text, uint8_t out[static 256])
{
    size_t n = 0;
    assert_int_equal(cot_dtls_record_seal(r, aead, number, type, (const uint8_t *)text,
                                          strlen(text), out, 256, &n),
                     COT_OK);
    return n;
}

static cot_status open_copy(const cot_dtls_record *r, const cot_dtls_aead *aead,
                            const uint8_t *bytes, size_t len, uint8_t copy[static 256],
                            cot_dtls_opened *out)
{
    memcpy(copy, bytes, len);
    cot_datagram in = {copy, len};
    return cot_dtls_record_open(r, aead, &in, out);
}

static void both_aeads_agree_in_every_layout(void **state)
{
    (void)state;
    const cot_dtls_aead *aead[] = {&libcrypto, &mbedtls};
    for (uint8_t suite = COT_DTLS_CCM_8; suite <= COT_DTLS_GCM; suite++) {
        for (uint8_t cid_a = 0; cid_a <= 8; cid_a += 4) {
            for (uint8_t cid_b = 0; cid_b <= 8; cid_b += 8) {
                for (int i = 0; i < 4; i++) {
                    cot_dtls_record a;
                    cot_dtls_record b;
                    cot_dtls_opened r;
                    uint8_t wire[256];
                    uint8_t copy[256];
                    make_ends(&a, &b, suite, cid_a, cid_b);
                    size_t n = seal(&a, aead[i & 1], 77, COT_DTLS_DATA, "some text", wire);
                    assert_int_equal(n, cot_dtls_record_size(&a, 9));
                    assert_int_equal(wire[0], cid_b > 0 ? COT_DTLS_CID : COT_DTLS_DATA);
                    assert_int_equal(open_copy(&b, aead[i >> 1], wire, n, copy, &r), COT_OK);
                    assert_int_equal(r.type, COT_DTLS_DATA);
                    assert_int_equal(r.number, 77);
                    assert_int_equal(r.len, 9);
                    assert_memory_equal(r.data, "some text", 9);
                    assert_true(r.newest);
                }
            }
        }
    }
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (uint8_t suite = COT_DTLS_CCM_8; suite <= COT_DTLS_GCM; suite++) {
        cot_dtls_record a;
        cot_dtls_record b;
        cot_dtls_opened r;
        uint8_t wire[256];
        uint8_t copy[256];
        make_ends(&a, &b, suite, 8, 8);
        size_t n = seal(&a, &libcrypto, 5, COT_DTLS_DATA, "x", wire);
        for (size_t bit = 0; bit < n * 8; bit++) {
            wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), COT_OK);
            wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t shorter = 0; shorter < n; shorter++)
            assert_int_not_equal(open_copy(&b, &libcrypto, wire, shorter, copy, &r), COT_OK);
    }
}

static void several_records_in_a_datagram(void **state)
{
    (void)state;
    cot_dtls_record a;
    cot_dtls_record b;
    cot_dtls_opened r;
    uint8_t wire[768];
    make_ends(&a, &b, COT_DTLS_CCM_8, 8, 8);
    size_t n = seal(&a, &libcrypto, 1, COT_DTLS_DATA, "one", wire);
    size_t bad = seal(&a, &libcrypto, 2, COT_DTLS_DATA, "bad", wire + n);
    wire[n + bad - 1] ^= 1;
    size_t all = n + bad + seal(&a, &libcrypto, 3, COT_DTLS_ALERT, "\1", wire + n + bad);
    cot_datagram in = {wire, all};
    assert_int_equal(cot_dtls_record_open(&b, &libcrypto, &in, &r), COT_OK);
    assert_int_equal(cot_dtls_record_open(&b, &libcrypto, &in, &r), COT_E_AUTH);
    assert_int_equal(cot_dtls_record_open(&b, &libcrypto, &in, &r), COT_OK);
    assert_int_equal(r.type, COT_DTLS_ALERT);
    assert_int_equal(in.len, 0);
    assert_int_equal(cot_dtls_record_open(&b, &libcrypto, &in, &r), COT_E_TRUNCATED);
}

/* A record with connection ID whose inner plaintext is ours to choose. */
static size_t seal_inner(const cot_dtls_record *a, const uint8_t *inner, size_t len, uint8_t *wire)
{
    uint8_t nonce[12] = {4, 4, 4, 4, 0, 1, 0, 0, 0, 0, 0, 9};
    uint8_t aad[31];
    memset(aad, 255, 8);
    memcpy(aad + 8, "\x19\x08\x19\xfe\xfd\0\1\0\0\0\0\0\x09", 13);
    memset(aad + 21, 0xb2, 8);
    aad[29] = (uint8_t)(len >> 8);
    aad[30] = (uint8_t)len;
    memcpy(wire, "\x19\xfe\xfd\0\1\0\0\0\0\0\x09", 11);
    memset(wire + 11, 0xb2, 8);
    wire[19] = (uint8_t)((len + 16) >> 8);
    wire[20] = (uint8_t)(len + 16);
    memcpy(wire + 21, nonce + 4, 8);
    assert_int_equal(libcrypto.seal(libcrypto.ctx, COT_DTLS_CCM_8, a->key_out, nonce, aad,
                                    sizeof aad, inner, len, wire + 29),
                     COT_OK);
    return 29 + len + 8;
}

static void inner_type_and_padding(void **state)
{
    (void)state;
    static const struct {
        const char *inner;
        size_t len;
        cot_status wanted;
        size_t data;
    } row[] = {
        {"abc\x17", 4, COT_OK, 3},
        {"abc\x17\0\0\0\0", 8, COT_OK, 3},
        {"\0\0\x17\0", 4, COT_OK, 2},
        {"\x17", 1, COT_OK, 0},
        {"\x16", 1, COT_OK, 0},
        {"\x15", 1, COT_OK, 0},
        {"\0\0\0\0", 4, COT_E_MALFORMED, 0},
        {"", 0, COT_E_MALFORMED, 0},
        {"abc\x14", 4, COT_E_UNSUPPORTED, 0},
        {"abc\x18", 4, COT_E_UNSUPPORTED, 0},
        {"abc\x19", 4, COT_E_UNSUPPORTED, 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        cot_dtls_record a;
        cot_dtls_record b;
        cot_dtls_opened r;
        uint8_t wire[256];
        uint8_t copy[256];
        make_ends(&a, &b, COT_DTLS_CCM_8, 8, 8);
        size_t n = seal_inner(&a, (const uint8_t *)row[i].inner, row[i].len, wire);
        assert_int_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), row[i].wanted);
        if (row[i].wanted == COT_OK)
            assert_int_equal(r.len, row[i].data);
    }
}

static void epoch_0_and_later_epochs(void **state)
{
    (void)state;
    cot_dtls_record a;
    cot_dtls_record b;
    cot_dtls_opened r;
    uint8_t wire[256];
    uint8_t copy[256];
    make_ends(&a, &b, COT_DTLS_CCM_8, 0, 0);
    size_t n = seal(&a, &libcrypto, 5, COT_DTLS_DATA, "x", wire);
    wire[4] = 0;
    assert_int_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), COT_E_UNSUPPORTED);
    wire[4] = 2;
    assert_int_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), COT_E_UNSUPPORTED);
    wire[4] = 1;
    wire[2] = 0xff; /* DTLS 1.0 */
    assert_int_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), COT_E_MALFORMED);
}

/* The window against a model that remembers every number. */
static void window_equals_a_model(void **state)
{
    (void)state;
    static uint8_t model[1 << 20];
    cot_dtls_record r;
    cot_dtls_record peer;
    cot_dtls_opened o;
    uint8_t wire[256];
    uint8_t copy[256];
    uint64_t x = 88172645463325252u;
    make_ends(&peer, &r, COT_DTLS_CCM_8, 8, 8);
    memset(model, 0, sizeof model);
    uint64_t top = 0;
    r.in_window = 1; /* number 0 was the Finished */
    model[0] = 1;
    for (int i = 0; i < 40000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        uint64_t number = top + x % 110 > 80 ? top + x % 110 - 80 : 0;
        if (x >> 40 & 31 ? false : true)
            number = top + 200;
        if (number >= sizeof model)
            break;
        bool fresh = number > top || (top - number <= 63 && model[number] == 0);
        size_t n = seal(&peer, &libcrypto, number, COT_DTLS_DATA, "x", wire);
        assert_int_equal(open_copy(&r, &libcrypto, wire, n, copy, &o),
                         fresh ? COT_OK : COT_E_REPLAY);
        if (!fresh)
            continue;
        assert_int_equal(cot_dtls_record_accept(&r, number, NULL), COT_OK);
        model[number] = 1;
        top = number > top ? number : top;
        assert_int_equal(r.in_top, top);
    }
}

/* ---- kills between stores: rule 5, and no replay ---- */

/* Dead from the N-th store on: no later one reaches memory. */
static int stores_left;
static bool dead;

static void store_or_die(uint64_t *at, uint64_t value)
{
    dead = dead || stores_left-- == 0;
    if (!dead)
        *at = value;
}

static void rule5_a_kill_at_any_store_lets_no_replay_in(void **state)
{
    (void)state;
    static const uint64_t number[] = {101, 99, 140, 500, 90};
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        for (int kill_at = 0; kill_at < 4; kill_at++) {
            cot_dtls_record a;
            cot_dtls_record b;
            cot_dtls_opened r;
            uint8_t wire[256];
            uint8_t copy[256];
            make_ends(&a, &b, COT_DTLS_CCM_8, 8, 8);
            b.in_top = 100;
            b.in_window = 0x0f; /* 97 … 100 seen, all others of the window not */
            b.in_window &= ~UINT64_C(2);
            stores_left = kill_at;
            dead = false;
            (void)cot_dtls_record_accept(&b, number[i], store_or_die);
            assert_true(cot_dtls_record_valid(&b));
            static const uint64_t seen[] = {97, 98, 100};
            for (size_t k = 0; k < 3; k++) {
                size_t n = seal(&a, &libcrypto, seen[k], COT_DTLS_DATA, "x", wire);
                assert_int_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), COT_E_REPLAY);
            }
            if (!dead) {
                size_t n = seal(&a, &libcrypto, number[i], COT_DTLS_DATA, "x", wire);
                assert_int_equal(open_copy(&b, &libcrypto, wire, n, copy, &r), COT_E_REPLAY);
            }
        }
    }
}

static void rule5_a_number_is_taken_before_it_is_used(void **state)
{
    (void)state;
    cot_dtls_record r;
    uint64_t first = 0;
    uint64_t second = 0;
    memset(&r, 0, sizeof r);
    r.out_next = 1024;
    assert_int_equal(cot_dtls_record_reserve(&r, 3, &first, NULL), COT_OK);
    assert_int_equal(first, 1024);
    assert_int_equal(r.out_next, 1027); /* before anything was sealed */
    stores_left = 0;
    dead = false;
    (void)cot_dtls_record_reserve(&r, 1, &second, store_or_die);
    assert_int_equal(r.out_next, 1027); /* not taken, and not sealed either */
    r.out_next = COT_DTLS_NUMBER_MAX - 1;
    assert_int_equal(cot_dtls_record_reserve(&r, 2, &first, NULL), COT_E_CLOSED);
    assert_int_equal(cot_dtls_record_reserve(&r, 1, &first, NULL), COT_OK);
    assert_int_equal(cot_dtls_record_reserve(&r, 1, &first, NULL), COT_E_CLOSED);
    assert_true(cot_dtls_record_valid(&r) == false); /* no suite */
}

static void sealing_has_bounds(void **state)
{
    (void)state;
    cot_dtls_record a;
    cot_dtls_record b;
    uint8_t out[64];
    size_t used = 0;
    make_ends(&a, &b, COT_DTLS_GCM, 8, 8);
    for (size_t cap = 0; cap < cot_dtls_record_size(&a, 4); cap++) {
        assert_int_equal(cot_dtls_record_seal(&a, &libcrypto, 1, COT_DTLS_DATA,
                                              (const uint8_t *)"data", 4, out, cap, &used),
                         COT_E_SPACE);
        assert_int_equal(used, cot_dtls_record_size(&a, 4));
    }
    assert_int_equal(cot_dtls_record_seal(&a, &libcrypto, COT_DTLS_NUMBER_MAX + 1, COT_DTLS_DATA,
                                          out, 1, out, sizeof out, &used),
                     COT_E_RANGE);
    assert_int_equal(cot_dtls_record_seal(&a, &libcrypto, 1, 20, out, 1, out, sizeof out, &used),
                     COT_E_RANGE);
    /* the data may lie anywhere in the datagram's buffer */
    for (size_t at = 0; at < 16; at++) {
        uint8_t wire[96];
        cot_dtls_opened r;
        memcpy(wire + at, "overlap", 7);
        assert_int_equal(cot_dtls_record_seal(&a, &libcrypto, 9, COT_DTLS_DATA, wire + at, 7, wire,
                                              sizeof wire, &used),
                         COT_OK);
        cot_datagram in = {wire, used};
        assert_int_equal(cot_dtls_record_open(&b, &libcrypto, &in, &r), COT_OK);
        assert_memory_equal(r.data, "overlap", 7);
    }
}

static void untrusted_records_are_validated(void **state)
{
    (void)state;
    cot_dtls_record a;
    cot_dtls_record b;
    make_ends(&a, &b, COT_DTLS_CCM, 8, 8);
    assert_true(cot_dtls_record_valid(&a));
    b = a, b.suite = 0;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.suite = 4;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.cid_in_len = 9;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.cid_out_len = 33;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.fresh = 2;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.in_top = COT_DTLS_NUMBER_MAX + 1;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.out_next = COT_DTLS_NUMBER_MAX + 1;
    assert_false(cot_dtls_record_valid(&b));
    b = a, b.zero[2] = 1;
    assert_false(cot_dtls_record_valid(&b));
    assert_true(sizeof a <= 112);
}

static int start(void **state)
{
    (void)state;
    cot_dtls_aead_mbedtls_init(&mbedtls, &mbedtls_state, scratch, sizeof scratch);
    return cot_dtls_aead_libcrypto_init(&libcrypto) == COT_OK ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    cot_dtls_aead_libcrypto_free(&libcrypto);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_aeads_agree_in_every_layout),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(several_records_in_a_datagram),
        cmocka_unit_test(inner_type_and_padding),
        cmocka_unit_test(epoch_0_and_later_epochs),
        cmocka_unit_test(window_equals_a_model),
        cmocka_unit_test(rule5_a_kill_at_any_store_lets_no_replay_in),
        cmocka_unit_test(rule5_a_number_is_taken_before_it_is_used),
        cmocka_unit_test(sealing_has_bounds),
        cmocka_unit_test(untrusted_records_are_validated),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
