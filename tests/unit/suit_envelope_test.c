/* SPDX-License-Identifier: Apache-2.0 */
/* core/suit/envelope.c, digest.c, write.c: the draft's examples with their key, an envelope by an
 * independent tool, and ours. */
#include "core/cose/host/crypto_libcrypto.h"
#include "core/suit/envelope.h"
#include "core/suit/write.h"
#include "tests/unit/hex.h"
#include "tests/unit/signer.h"
#include "tests/unit/suit_vectors.h"

static cot_p256_public example_key(void)
{
    hex_buffer b;
    cot_p256_public key;
    cot_bytes k = from_hex(&b, SUIT_EXAMPLE_KEY);
    assert_int_equal(cot_p256_public_parse(k.p, k.len, &key), COT_OK);
    return key;
}

static void verifies_published_examples(void **state)
{
    static const char *const examples[] = {SUIT_EXAMPLE_1, SUIT_EXAMPLE_0};
    cot_p256_public key = example_key();
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        hex_buffer b;
        cot_suit_envelope e;
        cot_bytes in = from_hex(&b, examples[i]);
        assert_int_equal(cot_suit_envelope_parse(in, &e), COT_OK);
        assert_false(e.has_payload);
        assert_int_equal(e.manifest.len, e.manifest_map.len + 2);
        assert_int_equal(cot_suit_envelope_verify(&e, &key, &cot_crypto_openssl), COT_OK);
        for (size_t at = 0; at < in.len; at++) { /* every changed byte is noticed */
            b.p[at] ^= 0x04;
            cot_status s = cot_suit_envelope_parse(in, &e);
            if (s == COT_OK)
                s = cot_suit_envelope_verify(&e, &key, &cot_crypto_openssl);
            assert_int_not_equal(s, COT_OK);
            b.p[at] ^= 0x04;
        }
    }
}

static void parses_integrated_payload(void **state)
{
    hex_buffer b;
    cot_suit_envelope e;
    cot_p256_public key = example_key();
    cot_bytes in = from_hex(&b, SUIT_INTEGRATED);
    (void)state;
    assert_int_equal(cot_suit_envelope_parse(in, &e), COT_OK);
    assert_true(e.has_payload);
    assert_int_equal(e.payload_len, SUIT_INTEGRATED_PAYLOAD);
    assert_int_equal(e.payload_at, in.len - SUIT_INTEGRATED_PAYLOAD);
    assert_int_equal(b.p[e.payload_at + 1], 7);
    assert_int_equal(cot_suit_envelope_verify(&e, &key, &cot_crypto_openssl), COT_OK);

    /* Any cut: truncated before the manifest's end; then the manifest; then the payload's head. */
    size_t manifest_end = (size_t)(e.manifest.p + e.manifest.len - b.p);
    size_t payload_at = e.payload_at;
    for (size_t n = 0; n <= in.len; n++) {
        cot_status s = cot_suit_envelope_parse((cot_bytes){b.p, n}, &e);
        assert_int_equal(s, n < manifest_end ? COT_E_TRUNCATED : COT_OK);
        if (s == COT_OK)
            assert_int_equal(e.payload_at, n < payload_at ? 0 : payload_at);
    }
}

static cot_status parse(const char *hex)
{
    hex_buffer b;
    cot_suit_envelope e;
    return cot_suit_envelope_parse(from_hex(&b, hex), &e);
}

static void refuses_other_envelopes(void **state)
{
    (void)state;
    assert_int_equal(parse("d86aa2 02 4100 03 41a0"), COT_E_MALFORMED);   /* another tag */
    assert_int_equal(parse("a2 02 4100 03 41a0"), COT_E_TYPE);            /* no tag */
    assert_int_equal(parse("d86ba4 02 4100 03 41a0"), COT_E_UNSUPPORTED); /* further members */
    assert_int_equal(parse("d86ba1 02 4100"), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d86ba2 03 41a0 02 4100"), COT_E_UNSUPPORTED);         /* order */
    assert_int_equal(parse("d86ba3 02 4100 03 41a0 14 4100"), COT_E_UNSUPPORTED); /* severed */
    assert_int_equal(parse("d86ba3 02 4100 03 41a0 632361 62"), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d86ba3 02 4100 03 41a0 63236677 6161"), COT_E_UNSUPPORTED);
    assert_int_equal(parse("d86ba3 02 4100 03 41a0 63236677 5801 00"), COT_E_MALFORMED);
    assert_int_equal(parse("d86ba2 02 81 03 41a0"), COT_E_TYPE);
    assert_int_equal(parse("d86ba2 02 5bffffffffffffffff"), COT_E_TRUNCATED);
    assert_int_equal(parse("d86bbf"), COT_E_UNSUPPORTED);
}

static cot_status verify(const char *authentication)
{
    static const uint8_t manifest[] = {0x41, 0xA0};
    hex_buffer b;
    cot_p256_public key = example_key();
    cot_suit_envelope e = {.authentication = from_hex(&b, authentication),
                           .manifest = {manifest, 2}};
    return cot_suit_envelope_verify(&e, &key, &cot_crypto_openssl);
}

/* SHA-256 of 41 A0. */
#define DIGEST "582482 2f 5820 4f7a13bc6f25a15f1cb0e26fb4ccf7e9dd1a5e9a3b5cb23e0b9ed5c1bc51ddd0"

static void refuses_other_authentication(void **state)
{
    char right[128];
    uint8_t hash[32];
    (void)state;
    cot_sha256_of(&cot_crypto_openssl, (const uint8_t *)"\x41\xA0", 2, hash);
    int n = snprintf(right, sizeof right, "81 5824 822f5820");
    for (size_t i = 0; i < 32; i++)
        n += snprintf(right + n, sizeof right - (size_t)n, "%02x", hash[i]);
    assert_int_equal(verify(right), COT_E_AUTH); /* the right digest, but nobody signed it */
    assert_int_equal(verify(""), COT_E_TRUNCATED);
    assert_int_equal(verify("80"), COT_E_TRUNCATED);
    assert_int_equal(verify("81 " DIGEST), COT_E_AUTH);
    assert_int_equal(verify("81 5824 8230"
                            "5820" SUIT_EXAMPLE_IMAGE),
                     COT_E_UNSUPPORTED);
    assert_int_equal(verify("81 44 822f4100"), COT_E_UNSUPPORTED);
    assert_int_equal(verify("81 43 812f00"), COT_E_UNSUPPORTED);
    right[1] = '2'; /* two blocks: the second is missing, or something else */
    assert_int_equal(verify(right), COT_E_TRUNCATED);
    (void)snprintf(right + n, sizeof right - (size_t)n, "41 00");
    assert_int_equal(verify(right), COT_E_TYPE);
}

static const cot_suit_release release = {
    .sequence = 5,
    .vendor_id = {0xfa, 0x6b, 0x4a, 0x53, 0xd5, 0xad, 0x5f, 0xdf, 0xbe, 0x9d, 0xe6, 0x63, 0xe4,
                  0xd4, 0x1f, 0xfe},
    .class_id = {0x14, 0x92, 0xaf, 0x14, 0x25, 0x69, 0x5e, 0x48, 0xbf, 0x42, 0x9b, 0x2d, 0x51, 0xf2,
                 0xab, 0x45},
    .size = SUIT_INTEGRATED_PAYLOAD};

/* Our writer makes the very bytes of the independent tool, the signature apart. */
static void writes_the_same_envelope(void **state)
{
    hex_buffer b;
    uint8_t manifest[256];
    uint8_t digest[COT_SUIT_DIGEST_SIZE];
    uint8_t head[512];
    cot_writer m;
    cot_writer w;
    cot_suit_envelope e;
    cot_suit_release r = release;
    cot_bytes in = from_hex(&b, SUIT_INTEGRATED);
    (void)state;
    assert_int_equal(cot_suit_envelope_parse(in, &e), COT_OK);
    cot_sha256_of(&cot_crypto_openssl, in.p + e.payload_at, (size_t)e.payload_len, r.digest);
    cot_writer_init(&m, manifest, sizeof manifest);
    cot_suit_write_manifest(&m, &r);
    assert_int_equal(m.err, COT_OK);
    assert_int_equal(m.len, e.manifest.len);
    assert_memory_equal(manifest, e.manifest.p, m.len);
    cot_suit_digest((cot_bytes){manifest, m.len}, &cot_crypto_openssl, digest);
    cot_writer_init(&w, head, sizeof head);
    const uint8_t *signature = e.authentication.p + e.authentication.len - 64;
    cot_suit_write_head(&w, digest, signature, (cot_bytes){manifest, m.len}, e.payload_len);
    assert_int_equal(w.err, COT_OK);
    assert_int_equal(w.len, e.payload_at);
    assert_memory_equal(head, in.p, w.len);
}

static void signs_and_verifies(void **state)
{
    uint8_t manifest[256];
    uint8_t digest[COT_SUIT_DIGEST_SIZE];
    uint8_t tbs[32];
    uint8_t sig[64];
    uint8_t head[512];
    cot_writer m;
    cot_writer w;
    cot_p256_public key;
    cot_suit_envelope e;
    (void)state;
    signer_init(&key);
    cot_writer_init(&m, manifest, sizeof manifest);
    cot_suit_write_manifest(&m, &release);
    cot_suit_digest((cot_bytes){manifest, m.len}, &cot_crypto_openssl, digest);
    cot_suit_signing_digest(digest, &cot_crypto_openssl, tbs);
    signer_sign(tbs, sig);
    signer_free();
    cot_writer_init(&w, head, sizeof head);
    cot_suit_write_head(&w, digest, sig, (cot_bytes){manifest, m.len}, 300000);
    assert_int_equal(w.err, COT_OK);
    assert_int_equal(cot_suit_envelope_parse((cot_bytes){head, w.len}, &e), COT_OK);
    assert_int_equal(e.payload_at, w.len);
    assert_int_equal(e.payload_len, 300000);
    assert_int_equal(cot_suit_envelope_verify(&e, &key, &cot_crypto_openssl), COT_OK);
    cot_p256_public other = example_key();
    assert_int_equal(cot_suit_envelope_verify(&e, &other, &cot_crypto_openssl), COT_E_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_published_examples),
        cmocka_unit_test(parses_integrated_payload),
        cmocka_unit_test(refuses_other_envelopes),
        cmocka_unit_test(refuses_other_authentication),
        cmocka_unit_test(writes_the_same_envelope),
        cmocka_unit_test(signs_and_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
