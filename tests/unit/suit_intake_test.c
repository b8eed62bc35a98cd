/* SPDX-License-Identifier: Apache-2.0 */
/* core/suit/intake.c: any split of the bytes; nothing stored before the manifest is accepted. */
#include "core/cose/host/crypto_libcrypto.h"
#include "core/suit/intake.h"
#include "core/suit/write.h"
#include "tests/unit/hex.h"
#include "tests/unit/signer.h"
#include "tests/unit/suit_vectors.h"

static uint8_t vendor_id[COT_SUIT_ID_SIZE];
static uint8_t class_id[COT_SUIT_ID_SIZE];
static cot_p256_public key;

static cot_suit_device device(void)
{
    hex_buffer b;
    memcpy(vendor_id, from_hex(&b, SUIT_EXAMPLE_VENDOR).p, sizeof vendor_id);
    memcpy(class_id, from_hex(&b, SUIT_EXAMPLE_CLASS).p, sizeof class_id);
    cot_bytes k = from_hex(&b, SUIT_EXAMPLE_KEY);
    assert_int_equal(cot_p256_public_parse(k.p, k.len, &key), COT_OK);
    return (cot_suit_device){vendor_id, class_id, &key, 1, 100000};
}

typedef struct run {
    cot_suit_intake in;
    uint8_t head[COT_SUIT_HEAD_SIZE];
    uint8_t slot[256];
    size_t stored;
    size_t fed; /* bytes when it failed or ended */
} run;

/* Feed `bytes` in blocks of `block`; what finish says, or the failure before. */
static cot_status take(run *r, const cot_suit_device *d, cot_bytes bytes, size_t block, size_t cap)
{
    memset(r, 0, sizeof *r);
    cot_suit_intake_init(&r->in, d, &cot_crypto_openssl, r->head, cap);
    cot_bytes store;
    assert_int_equal(cot_suit_intake_feed(&r->in, (cot_bytes){NULL, 0}, &store), COT_OK);
    assert_int_equal(store.len, 0);
    for (r->fed = 0; r->fed < bytes.len;) {
        size_t n = bytes.len - r->fed < block ? bytes.len - r->fed : block;
        cot_status s = cot_suit_intake_feed(&r->in, (cot_bytes){bytes.p + r->fed, n}, &store);
        r->fed += n;
        if (s != COT_OK) {
            assert_int_equal(store.len, 0);
            assert_int_equal(r->in.state, COT_SUIT_FAILED);
            assert_int_equal(cot_suit_intake_feed(&r->in, bytes, &store), s); /* latched */
            assert_int_equal(cot_suit_intake_finish(&r->in), s);
            return s;
        }
        if (store.len > 0) {
            assert_true(r->in.accepted);
            memcpy(r->slot + r->stored, store.p, store.len);
            r->stored += store.len;
        }
    }
    return cot_suit_intake_finish(&r->in);
}

static void any_split(void **state)
{
    hex_buffer b;
    run r;
    cot_suit_device d = device();
    cot_bytes in = from_hex(&b, SUIT_INTEGRATED);
    (void)state;
    for (size_t block = 1; block <= in.len + 1; block++) {
        assert_int_equal(take(&r, &d, in, block, sizeof r.head), COT_OK);
        assert_int_equal(r.in.state, COT_SUIT_DONE);
        assert_int_equal(r.stored, SUIT_INTEGRATED_PAYLOAD);
        assert_memory_equal(r.slot, in.p + in.len - SUIT_INTEGRATED_PAYLOAD, r.stored);
        assert_int_equal(r.in.manifest.sequence, 5);
        assert_text(r.in.manifest.uri, "#fw");
        assert_int_equal(cot_suit_intake_finish(&r.in), COT_OK); /* again */
    }
    size_t head = in.len - SUIT_INTEGRATED_PAYLOAD; /* the head has just enough room, or not */
    assert_int_equal(take(&r, &d, in, 16, head + 1), COT_OK);
    assert_int_equal(take(&r, &d, in, 16, head - 1), COT_E_LIMIT);
    assert_int_equal(take(&r, &d, in, 16, 64), COT_E_LIMIT);
    assert_true(r.fed <= 64); /* the length is known long before */
}

static void every_changed_byte_is_noticed(void **state)
{
    hex_buffer b;
    run r;
    cot_suit_device d = device();
    cot_bytes in = from_hex(&b, SUIT_INTEGRATED);
    size_t head = in.len - SUIT_INTEGRATED_PAYLOAD;
    (void)state;
    for (size_t i = 0; i < in.len; i++) {
        b.p[i] ^= 0x01;
        cot_status s = take(&r, &d, in, 32, sizeof r.head);
        assert_int_not_equal(s, COT_OK);
        if (i < head)
            assert_int_equal(r.stored, 0); /* not one byte was handed out */
        else
            assert_int_equal(s, COT_E_AUTH);
        b.p[i] ^= 0x01;
    }
}

static void missing_and_more(void **state)
{
    hex_buffer b;
    run r;
    cot_suit_device d = device();
    cot_bytes in = from_hex(&b, SUIT_INTEGRATED);
    (void)state;
    for (size_t n = 0; n < in.len; n++)
        assert_int_equal(take(&r, &d, (cot_bytes){in.p, n}, 32, sizeof r.head), COT_E_TRUNCATED);
    b.p[in.len] = 0;
    in.len++;
    assert_int_equal(take(&r, &d, in, 32, sizeof r.head), COT_E_MALFORMED);
    assert_int_equal(take(&r, &d, in, in.len, sizeof r.head), COT_E_MALFORMED);
    from_hex(&b, SUIT_EXAMPLE_1); /* signed, but its payload is elsewhere */
    in = from_hex(&b, SUIT_EXAMPLE_1);
    assert_int_equal(take(&r, &d, in, 32, sizeof r.head), COT_E_UNSUPPORTED);
}

static void not_for_this_device(void **state)
{
    hex_buffer b;
    run r;
    cot_suit_device d = device();
    cot_bytes in = from_hex(&b, SUIT_INTEGRATED);
    (void)state;
    d.sequence = 6;
    assert_int_equal(take(&r, &d, in, 16, sizeof r.head), COT_E_REPLAY);
    d = device();
    class_id[3] ^= 1;
    assert_int_equal(take(&r, &d, in, 16, sizeof r.head), COT_E_DENIED);
    /* refused with the block that completes the manifest, not one later */
    size_t manifest_end = in.len - SUIT_INTEGRATED_PAYLOAD - 6;
    assert_int_equal(r.fed, (manifest_end + 15) / 16 * 16);
    d = device();
    d.capacity = SUIT_INTEGRATED_PAYLOAD - 1;
    assert_int_equal(take(&r, &d, in, 16, sizeof r.head), COT_E_LIMIT);
    d = device();
    key.xy[0] ^= 1;
    assert_int_equal(take(&r, &d, in, 16, sizeof r.head), COT_E_AUTH);
    assert_int_equal(r.stored, 0);
}

/* A release of our own, with a signed size that the payload's head does not have. */
static void length_is_the_signed_one(void **state)
{
    uint8_t manifest[256];
    uint8_t digest[COT_SUIT_DIGEST_SIZE];
    uint8_t tbs[32];
    uint8_t sig[64];
    uint8_t env[512];
    cot_writer m;
    cot_writer w;
    run r;
    cot_suit_device d = device();
    cot_suit_release release = {.sequence = 9, .size = 3};
    (void)state;
    signer_init(&key);
    memcpy(release.vendor_id, vendor_id, 16);
    memcpy(release.class_id, class_id, 16);
    cot_sha256_of(&cot_crypto_openssl, (const uint8_t *)"abc", 3, release.digest);
    cot_writer_init(&m, manifest, sizeof manifest);
    cot_suit_write_manifest(&m, &release);
    cot_suit_digest((cot_bytes){manifest, m.len}, &cot_crypto_openssl, digest);
    cot_suit_signing_digest(digest, &cot_crypto_openssl, tbs);
    signer_sign(tbs, sig);
    signer_free();
    for (uint64_t len = 2; len <= 4; len++) {
        cot_writer_init(&w, env, sizeof env);
        cot_suit_write_head(&w, digest, sig, (cot_bytes){manifest, m.len}, len);
        cot_write_bytes(&w, "abcd", (size_t)len);
        cot_status s = take(&r, &d, (cot_bytes){env, w.len}, 64, sizeof r.head);
        assert_int_equal(s, len == 3 ? COT_OK : COT_E_AUTH);
        assert_int_equal(r.stored, len == 3 ? 3 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(missing_and_more),
        cmocka_unit_test(not_for_this_device),
        cmocka_unit_test(length_is_the_signed_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
