/* SPDX-License-Identifier: Apache-2.0 */
/* core/suit/manifest.c: the draft's order of checks, and every way out of the profile. */
#include "core/cbor/writer.h"
#include "core/suit/manifest.h"
#include "tests/unit/hex.h"
#include "tests/unit/suit_vectors.h"

static uint8_t vendor_id[COT_SUIT_ID_SIZE];
static uint8_t class_id[COT_SUIT_ID_SIZE];

static cot_suit_device device(void)
{
    hex_buffer b;
    memcpy(vendor_id, from_hex(&b, SUIT_EXAMPLE_VENDOR).p, sizeof vendor_id);
    memcpy(class_id, from_hex(&b, SUIT_EXAMPLE_CLASS).p, sizeof class_id);
    return (cot_suit_device){
        .vendor_id = vendor_id, .class_id = class_id, .sequence = 1, .capacity = 100000};
}

/* The parts of a manifest as hex text; NULL leaves one out. */
typedef struct parts {
    const char *version;
    const char *sequence;
    const char *components;
    const char *shared;
    const char *validate;
    const char *fetch;
    const char *install;
    const char *more; /* key and value behind them */
} parts;

#define IDS "0150" SUIT_EXAMPLE_VENDOR "0250" SUIT_EXAMPLE_CLASS
#define IMAGE "035824822f5820" SUIT_EXAMPLE_IMAGE "0e1987d0"
#define SHARED "86 14 a4" IDS IMAGE "010f 020f"
#define INSTALL "86 14 a1 15 63236677 1502 030f"
#define MATCH "82 030f"

static const parts good = {"01", "05", "81814100", SHARED, MATCH, NULL, INSTALL, NULL};

static void write_hex(cot_writer *w, const char *hex)
{
    hex_buffer b;
    cot_bytes x = from_hex(&b, hex);
    cot_write_bytes(w, x.p, x.len);
}

static void wrap_hex(cot_writer *w, uint64_t key, const char *hex, uint64_t *pairs)
{
    hex_buffer b;
    if (hex == NULL)
        return;
    cot_cbor_write_uint(w, key);
    cot_cbor_write_bytes(w, from_hex(&b, hex));
    ++*pairs;
}

static void plain_hex(cot_writer *w, uint64_t key, const char *hex, uint64_t *pairs)
{
    if (hex == NULL)
        return;
    cot_cbor_write_uint(w, key);
    write_hex(w, hex);
    ++*pairs;
}

static cot_status check_for(const cot_suit_device *d, const parts *p, cot_suit_manifest *out)
{
    static uint8_t common[512];
    static uint8_t body[1024];
    static uint8_t whole[1024];
    cot_writer c;
    cot_writer w;
    cot_writer m;
    uint64_t pairs = 0;
    uint64_t common_pairs = 0;
    cot_writer_init(&c, common + 1, sizeof common - 1);
    plain_hex(&c, 2, p->components, &common_pairs);
    wrap_hex(&c, 4, p->shared, &common_pairs);
    common[0] = (uint8_t)(0xA0 + common_pairs);

    cot_writer_init(&w, body, sizeof body);
    plain_hex(&w, 1, p->version, &pairs);
    plain_hex(&w, 2, p->sequence, &pairs);
    cot_cbor_write_uint(&w, 3);
    cot_cbor_write_bytes(&w, (cot_bytes){common, c.len + 1});
    pairs++;
    wrap_hex(&w, 7, p->validate, &pairs);
    wrap_hex(&w, 16, p->fetch, &pairs);
    wrap_hex(&w, 20, p->install, &pairs);
    if (p->more != NULL) {
        write_hex(&w, p->more);
        pairs++;
    }
    cot_writer_init(&m, whole, sizeof whole);
    cot_cbor_write_map(&m, pairs);
    cot_write_bytes(&m, body, w.len);
    assert_int_equal(m.err, COT_OK);
    return cot_suit_manifest_check((cot_bytes){whole, m.len}, d, out);
}

static cot_status check(parts p)
{
    cot_suit_manifest out;
    cot_suit_device d = device();
    return check_for(&d, &p, &out);
}

static void accepts_example_1(void **state)
{
    hex_buffer b;
    cot_suit_manifest out;
    cot_suit_device d = device();
    cot_bytes in = from_hex(&b, SUIT_EXAMPLE_1);
    (void)state;
    cot_bytes map = {in.p + in.len - 0x94, 0x94};
    assert_int_equal(cot_suit_manifest_check(map, &d, &out), COT_OK);
    assert_int_equal(out.sequence, 1);
    assert_int_equal(out.size, 34768);
    assert_text(out.uri, "http://example.com/file.bin");
    assert_hex(out.digest, 32, SUIT_EXAMPLE_IMAGE);
    for (size_t n = 0; n < map.len; n++)
        assert_int_equal(cot_suit_manifest_check((cot_bytes){map.p, n}, &d, &out), COT_E_TRUNCATED);
    d.sequence = 2;
    assert_int_equal(cot_suit_manifest_check(map, &d, &out), COT_E_REPLAY);
}

static void accepts_ours(void **state)
{
    cot_suit_manifest out;
    cot_suit_device d = device();
    parts p = good;
    (void)state;
    assert_int_equal(check_for(&d, &p, &out), COT_OK);
    assert_int_equal(out.sequence, 5);
    assert_text(out.uri, "#fw");
    p.more = "17 a0"; /* text is read over */
    assert_int_equal(check(p), COT_OK);
    p.more = "1b0000000100000017 a0"; /* 2^32 + 23 is no 23 */
    assert_int_equal(check(p), COT_E_RANGE);
    p = good;
    p.fetch = INSTALL; /* fetched early, matched on install */
    p.install = MATCH;
    assert_int_equal(check(p), COT_OK);
    p = good;
    p.shared = "88 0c00 14 a4" IDS IMAGE "010f 020f"; /* set-component-index 0 */
    assert_int_equal(check(p), COT_OK);
}

static void checks_in_order(void **state)
{
    cot_suit_manifest out;
    cot_suit_device d = device();
    (void)state;
    vendor_id[0] ^= 1;
    assert_int_equal(check_for(&d, &good, &out), COT_E_DENIED);
    d = device();
    class_id[15] ^= 1;
    assert_int_equal(check_for(&d, &good, &out), COT_E_DENIED);
    d = device();
    d.sequence = 5; /* the same again is allowed, less is not */
    assert_int_equal(check_for(&d, &good, &out), COT_OK);
    d.sequence = 6;
    assert_int_equal(check_for(&d, &good, &out), COT_E_REPLAY);
    vendor_id[0] ^= 1; /* the sequence number comes before the vendor */
    assert_int_equal(check_for(&d, &good, &out), COT_E_REPLAY);
    parts p = good;
    p.version = "02"; /* the version before both */
    assert_int_equal(check_for(&d, &p, &out), COT_E_UNSUPPORTED);
    d = device();
    d.capacity = 34768;
    assert_int_equal(check_for(&d, &good, &out), COT_OK);
    d.capacity = 34767;
    assert_int_equal(check_for(&d, &good, &out), COT_E_LIMIT);
    vendor_id[0] ^= 1; /* whose it is, before whether it fits */
    assert_int_equal(check_for(&d, &good, &out), COT_E_DENIED);
}

static void ids_must_be_checked(void **state)
{
    parts p = good;
    (void)state;
    p.shared = "84 14 a4" IDS IMAGE "010f"; /* no class condition */
    assert_int_equal(check(p), COT_E_DENIED);
    p.shared = "84 14 a4" IDS IMAGE "020f";
    assert_int_equal(check(p), COT_E_DENIED);
    p.shared = "86 14 a2" IMAGE "010f 020f"; /* conditions on nothing */
    assert_int_equal(check(p), COT_E_DENIED);
    p.shared = "86 010f 020f 14 a4" IDS IMAGE;
    assert_int_equal(check(p), COT_E_DENIED);
    p.shared = "82 14 a4" IDS IMAGE; /* in install is too late */
    p.install = "8a 010f 020f 14 a1 15 63236677 1502 030f";
    assert_int_equal(check(p), COT_E_DENIED);
}

static void image_must_be_one(void **state)
{
    parts p = good;
    (void)state;
    p.validate = "80"; /* validates nothing */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.validate = NULL;
    assert_int_equal(check(p), COT_E_MALFORMED);
    p = good;
    p.install = "82 030f"; /* fetches nothing */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.install = "82 1502"; /* from nowhere */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.install = "88 14 a1 15 63236677 1502 1502 030f"; /* twice */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.validate = "84 14 a1 15 63236677 1502"; /* at a wrong time */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.validate = "84 14 a1 0e 1987d1 030f"; /* another size than was fetched */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.validate = "84 14 a1 035824822f5820 ff112233445566778899aabbccddeeff"
                 "0123456789abcdeffedcba9876543210 030f";
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p = good;
    p.shared = "86 14 a3" IDS "0e1987d0 010f 020f"; /* no digest */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p.shared = "86 14 a3" IDS "035824822f5820" SUIT_EXAMPLE_IMAGE "010f 020f"; /* no size */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
}

static void outside_the_profile(void **state)
{
    static const char *const installs[] = {
        "82 0e0f",      /* abort */
        "82 0f8141 80", /* try-each */
        "82 1502",
        "82 1602",                    /* copy */
        "82 1702",                    /* invoke */
        "82 0c01",                    /* another component */
        "82 390100 00",               /* custom */
        "84 14 a1 13 01 1502",        /* parameter 19 */
        "84 14 a1 15 63236677 05 0f", /* component-slot */
    };
    (void)state;
    for (size_t i = 0; i < sizeof installs / sizeof installs[0]; i++) {
        parts p = good;
        p.install = installs[i];
        cot_status s = check(p);
        assert_true(s == COT_E_UNSUPPORTED || s == COT_E_TYPE);
    }
    static const struct {
        const char *more;
        cot_status want;
    } extra[] = {
        {"15 00", COT_E_UNSUPPORTED},    /* key 21 */
        {"08 41 80", COT_E_UNSUPPORTED}, /* load belongs to a bootloader */
        {"04 6161", COT_E_MALFORMED},    /* out of order */
        {"14 41 80", COT_E_MALFORMED},   /* twice */
        {"20 00", COT_E_TYPE},           /* negative key */
        {"6161 00", COT_E_TYPE},
    };
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        parts p = good;
        p.more = extra[i].more;
        assert_int_equal(check(p), extra[i].want);
    }
    parts p = good;
    p.install = NULL;
    p.more = "09 41 80"; /* invoke belongs to a bootloader */
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p.more = "14 822f41 00"; /* severed */
    assert_int_equal(check(p), COT_E_TYPE);
}

static void malformed(void **state)
{
    parts p = good;
    (void)state;
    p.version = NULL;
    assert_int_equal(check(p), COT_E_MALFORMED);
    p = good;
    p.sequence = NULL;
    assert_int_equal(check(p), COT_E_MALFORMED);
    p.sequence = "20";
    assert_int_equal(check(p), COT_E_TYPE);
    p.sequence = "1805";
    assert_int_equal(check(p), COT_E_MALFORMED); /* not shortest */
    p = good;
    p.components = NULL;
    assert_int_equal(check(p), COT_E_MALFORMED);
    p.components = "82 814100 814101";
    assert_int_equal(check(p), COT_E_UNSUPPORTED);
    p.components = "81 8100";
    assert_int_equal(check(p), COT_E_TYPE);
    p = good;
    p.shared = NULL;
    assert_int_equal(check(p), COT_E_MALFORMED);
    p.shared = "81 01"; /* a command without argument */
    assert_int_equal(check(p), COT_E_MALFORMED);
    p.shared = "82 010f 00"; /* bytes behind the sequence */
    assert_int_equal(check(p), COT_E_DENIED);
    p = good;
    p.install = INSTALL "00";
    assert_int_equal(check(p), COT_E_MALFORMED);
    p.install = "86 14 a2 15 63236677 0e 00 1502 030f"; /* parameters out of order */
    assert_int_equal(check(p), COT_E_MALFORMED);
    cot_suit_manifest out;
    cot_suit_device d = device();
    assert_int_equal(cot_suit_manifest_check((cot_bytes){NULL, 0}, &d, &out), COT_E_TRUNCATED);
}

static void results(void **state)
{
    (void)state;
    assert_int_equal(cot_suit_result(COT_OK), 0);
    assert_int_equal(cot_suit_result(COT_E_LIMIT), 2);
    assert_int_equal(cot_suit_result(COT_E_SPACE), 2);
    assert_int_equal(cot_suit_result(COT_E_AUTH), 5);
    assert_int_equal(cot_suit_result(COT_E_DENIED), 6);
    assert_int_equal(cot_suit_result(COT_E_UNSUPPORTED), 6);
    assert_int_equal(cot_suit_result(COT_E_MALFORMED), 6);
    assert_int_equal(cot_suit_result(COT_E_TRUNCATED), 6);
    assert_int_equal(cot_suit_result(COT_E_TYPE), 6);
    assert_int_equal(cot_suit_result(COT_E_RANGE), 6);
    assert_int_equal(cot_suit_result(COT_E_REPLAY), 8);
    assert_int_equal(cot_suit_result(COT_E_IO), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_example_1), cmocka_unit_test(accepts_ours),
        cmocka_unit_test(checks_in_order),   cmocka_unit_test(ids_must_be_checked),
        cmocka_unit_test(image_must_be_one), cmocka_unit_test(outside_the_profile),
        cmocka_unit_test(malformed),         cmocka_unit_test(results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
