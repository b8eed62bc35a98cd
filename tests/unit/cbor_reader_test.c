/* SPDX-License-Identifier: Apache-2.0 */
/* core/cbor/reader.c, skip.c, utf8.c: RFC 8949 appendix A, and what has to be refused. */
#include "core/cbor/float.h"
#include "core/cbor/reader.h"
#include "tests/unit/hex.h"

#include <math.h>

typedef struct vector {
    const char *hex;
    cot_cbor_type type;
    uint64_t arg;
} vector;

static const vector heads[] = {
    {"00", COT_CBOR_UINT, 0},
    {"01", COT_CBOR_UINT, 1},
    {"0a", COT_CBOR_UINT, 10},
    {"17", COT_CBOR_UINT, 23},
    {"1818", COT_CBOR_UINT, 24},
    {"1819", COT_CBOR_UINT, 25},
    {"1864", COT_CBOR_UINT, 100},
    {"1903e8", COT_CBOR_UINT, 1000},
    {"1a000f4240", COT_CBOR_UINT, 1000000},
    {"1b000000e8d4a51000", COT_CBOR_UINT, 1000000000000},
    {"1bffffffffffffffff", COT_CBOR_UINT, UINT64_MAX},
    {"3bffffffffffffffff", COT_CBOR_NINT, UINT64_MAX},
    {"20", COT_CBOR_NINT, 0},
    {"29", COT_CBOR_NINT, 9},
    {"3863", COT_CBOR_NINT, 99},
    {"3903e7", COT_CBOR_NINT, 999},
    {"f4", COT_CBOR_SIMPLE, 20},
    {"f5", COT_CBOR_SIMPLE, 21},
    {"f6", COT_CBOR_SIMPLE, 22},
    {"f7", COT_CBOR_SIMPLE, 23},
    {"f0", COT_CBOR_SIMPLE, 16},
    {"f8ff", COT_CBOR_SIMPLE, 255},
    {"c249010000000000000000", COT_CBOR_TAG, 2},
    {"c349010000000000000000", COT_CBOR_TAG, 3},
    {"c074323031332d30332d32315432303a30343a30305a", COT_CBOR_TAG, 0},
    {"c11a514b67b0", COT_CBOR_TAG, 1},
    {"d74401020304", COT_CBOR_TAG, 23},
    {"d818456449455446", COT_CBOR_TAG, 24},
    {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", COT_CBOR_TAG, 32},
    {"40", COT_CBOR_BYTES, 0},
    {"4401020304", COT_CBOR_BYTES, 4},
    {"60", COT_CBOR_TEXT, 0},
    {"6161", COT_CBOR_TEXT, 1},
    {"6449455446", COT_CBOR_TEXT, 4},
    {"62225c", COT_CBOR_TEXT, 2},
    {"62c3bc", COT_CBOR_TEXT, 2},
    {"63e6b0b4", COT_CBOR_TEXT, 3},
    {"64f0908591", COT_CBOR_TEXT, 4},
    {"80", COT_CBOR_ARRAY, 0},
    {"83010203", COT_CBOR_ARRAY, 3},
    {"8301820203820405", COT_CBOR_ARRAY, 3},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819", COT_CBOR_ARRAY, 25},
    {"a0", COT_CBOR_MAP, 0},
    {"a201020304", COT_CBOR_MAP, 2},
    {"a26161016162820203", COT_CBOR_MAP, 2},
    {"826161a161626163", COT_CBOR_ARRAY, 2},
    {"a56161614161626142616361436164614461656145", COT_CBOR_MAP, 5},
};

static void reads_appendix_a(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        hex_buffer b;
        cot_cbor_reader r;
        cot_bytes in = from_hex(&b, heads[i].hex);
        cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
        assert_int_equal(cot_cbor_peek(&r), heads[i].type);
        cot_cbor_item item = cot_cbor_next(&r);
        assert_int_equal(item.type, heads[i].type);
        assert_true(item.arg == heads[i].arg);
        assert_int_equal(cot_cbor_check(in, COT_CBOR_CANONICAL), COT_OK);
        for (size_t n = 0; n < in.len; n++) /* every cut is seen */
            assert_int_equal(cot_cbor_check((cot_bytes){in.p, n}, 0), COT_E_TRUNCATED);
    }
}

typedef struct number {
    const char *hex;
    double value;
} number;

static const number floats[] = {
    {"f90000", 0.0},
    {"f93c00", 1.0},
    {"fb3ff199999999999a", 1.1},
    {"f93e00", 1.5},
    {"f97bff", 65504.0},
    {"fa47c35000", 100000.0},
    {"fa7f7fffff", 3.4028234663852886e+38},
    {"fb7e37e43c8800759c", 1.0e+300},
    {"f90001", 5.960464477539063e-08},
    {"f90400", 6.103515625e-05},
    {"f9c400", -4.0},
    {"fbc010666666666666", -4.1},
    {"f97c00", INFINITY},
    {"f9fc00", -INFINITY},
};

static void reads_floats(void **state)
{
    (void)state;
    hex_buffer b;
    cot_cbor_reader r;
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        cot_cbor_reader_init(&r, from_hex(&b, floats[i].hex), COT_CBOR_CANONICAL);
        assert_int_equal(cot_cbor_peek(&r), COT_CBOR_FLOAT);
        assert_true(cot_cbor_read_double(&r) == floats[i].value);
        assert_int_equal(cot_reader_end(&r.in), COT_OK);
    }
    cot_cbor_reader_init(&r, from_hex(&b, "f98000"), COT_CBOR_CANONICAL);
    assert_true(signbit(cot_cbor_read_double(&r)));
    cot_cbor_reader_init(&r, from_hex(&b, "f97e00"), COT_CBOR_CANONICAL);
    assert_true(isnan(cot_cbor_read_double(&r)));
    cot_cbor_reader_init(&r, from_hex(&b, "1864 3863"), 0); /* integers are numbers too */
    assert_true(cot_cbor_read_double(&r) == 100.0);
    assert_true(cot_cbor_read_double(&r) == -100.0);
}

static void every_half_is_exact(void **state)
{
    (void)state;
    for (uint32_t half = 0; half <= UINT16_MAX; half++) {
        uint64_t bits = cot_half_to_double_bits((uint16_t)half);
        double v = cot_double_of_bits(bits);
        int exponent = (int)(half >> 10 & 31);
        double fraction = half & 1023;
        double want = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
        uint64_t back = bits;
        assert_int_equal(cot_double_shortest(&back), 2);
        assert_int_equal(back, isnan(v) ? half | 0x200 : half); /* quiet */
        if (exponent < 31)
            assert_true(v == (half >> 15 != 0 ? -want : want));
    }
}

static void singles_are_the_compilers(void **state)
{
    (void)state;
    for (uint64_t i = 0; i <= UINT32_MAX; i += 65521) {
        uint32_t single = (uint32_t)i;
        uint32_t back;
        float f;
        memcpy(&f, &single, sizeof f);
        uint64_t bits = cot_single_to_double_bits(single);
        if (!isnan(f))
            assert_true(bits == cot_double_bits((double)f));
        assert_true(cot_double_bits_to_single(bits, &back));
        assert_int_equal(back, isnan(f) ? single | 0x400000 : single); /* quiet */
    }
    uint32_t out;
    assert_false(cot_double_bits_to_single(cot_double_bits(1.1), &out));
    assert_false(cot_double_bits_to_single(cot_double_bits(1e39), &out));
    assert_false(cot_double_bits_to_single(cot_double_bits(1e-50), &out));
    assert_false(cot_double_bits_to_single(1, &out)); /* the smallest double */
}

static const struct {
    const char *hex;
    uint8_t mode;
    cot_status want;
} refused[] = {
    {"", 0, COT_E_TRUNCATED},
    {"0001", 0, COT_E_MALFORMED}, /* bytes left over */
    {"1c", 0, COT_E_MALFORMED},   /* reserved additional information */
    {"1e", 0, COT_E_MALFORMED},
    {"1f", 0, COT_E_MALFORMED}, /* no indefinite integer */
    {"df00", COT_CBOR_ALLOW_INDEFINITE, COT_E_MALFORMED},
    {"f800", 0, COT_E_MALFORMED}, /* simple value below 32 in two bytes */
    {"f818", 0, COT_E_MALFORMED},
    {"fc", 0, COT_E_MALFORMED},
    {"61ff", 0, COT_E_MALFORMED},               /* no UTF-8 */
    {"9bffffffffffffffff", 0, COT_E_TRUNCATED}, /* a count that could be taken for indefinite */
    {"9bffffffffffffffff00ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_TRUNCATED},
    {"bbffffffffffffffff0000ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_TRUNCATED},
    {"8500", 0, COT_E_TRUNCATED},
    {"bbffffffffffffffff", 0, COT_E_TRUNCATED},
    {"5bffffffffffffffff", 0, COT_E_TRUNCATED},
    {"9fff", 0, COT_E_UNSUPPORTED},
    {"5f42010243030405ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_UNSUPPORTED},
    {"7f657374726561646d696e67ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_UNSUPPORTED},
    {"ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_MALFORMED}, /* a break of nothing */
    {"81ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_MALFORMED},
    {"a100ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_MALFORMED},
    {"bf00ff", COT_CBOR_ALLOW_INDEFINITE, COT_E_MALFORMED}, /* a key without a value */
    {"9f00", COT_CBOR_ALLOW_INDEFINITE, COT_E_TRUNCATED},
    {"1817", COT_CBOR_CANONICAL, COT_E_MALFORMED}, /* not shortest */
    {"1900ff", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"1a0000ffff", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"1b00000000ffffffff", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"580101", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"d80100", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"f97c01", COT_CBOR_CANONICAL, COT_E_MALFORMED}, /* a NaN that signals is not kept as it is */
    {"fa7f800000", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"fa3fc00000", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"fb40f86a0000000000", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"a203040102", COT_CBOR_CANONICAL, COT_E_MALFORMED}, /* keys out of order */
    {"a201020102", COT_CBOR_CANONICAL, COT_E_MALFORMED}, /* the same key twice */
    {"81a203040102", COT_CBOR_CANONICAL, COT_E_MALFORMED},
    {"a2820102008101f6", COT_CBOR_CANONICAL, COT_E_MALFORMED}, /* keys that are arrays */
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        hex_buffer b;
        cot_status s = cot_cbor_check(from_hex(&b, refused[i].hex), refused[i].mode);
        if (s != refused[i].want)
            printf("%s mode %d: %d\n", refused[i].hex, refused[i].mode, s);
        assert_int_equal(s, refused[i].want);
    }
}

static void accepts_indefinite_when_told(void **state)
{
    static const char *const packs[] = {
        "9fff",
        "9f018202039f0405ffff",
        "9f01820203820405ff",
        "83018202039f0405ff",
        "83019f0203ff820405",
        "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
        "bf61610161629f0203ffff",
        "826161bf61626163ff",
        "bf6346756ef563416d7421ff"};
    (void)state;
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++) {
        hex_buffer b;
        cot_bytes in = from_hex(&b, packs[i]);
        assert_int_equal(cot_cbor_check(in, COT_CBOR_ALLOW_INDEFINITE), COT_OK);
        assert_int_equal(cot_cbor_check(in, 0), COT_E_UNSUPPORTED);
        for (size_t n = 0; n < in.len; n++)
            assert_int_equal(cot_cbor_check((cot_bytes){in.p, n}, COT_CBOR_ALLOW_INDEFINITE),
                             COT_E_TRUNCATED);
    }
}

static void skips_to_a_depth(void **state)
{
    (void)state;
    hex_buffer b;
    assert_int_equal(cot_cbor_check(from_hex(&b, "818181818181818100"), 0), COT_OK);
    assert_int_equal(cot_cbor_check(from_hex(&b, "81818181818181818100"), 0), COT_E_LIMIT);
    assert_int_equal(cot_cbor_check(from_hex(&b, "c1c1c1c1c1c1c1c100"), 0), COT_OK);

    cot_cbor_reader r;
    cot_cbor_reader_init(&r, from_hex(&b, "a201820203036161 07"), 0);
    cot_bytes whole = cot_cbor_skip(&r);
    assert_hex(whole.p, whole.len, "a201820203036161");
    assert_int_equal(cot_cbor_read_uint(&r), 7);
    assert_int_equal(cot_reader_end(&r.in), COT_OK);
}

static void typed_reads_refuse_other_types(void **state)
{
    (void)state;
    hex_buffer b;
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, from_hex(&b, "20 00"), 0);
    assert_int_equal(cot_cbor_read_uint(&r), 0);
    assert_int_equal(r.in.err, COT_E_TYPE);
    assert_int_equal(cot_cbor_next(&r).type, COT_CBOR_NONE); /* latched */

    cot_cbor_reader_init(&r, from_hex(&b, "1b8000000000000000"), 0);
    cot_cbor_read_int(&r);
    assert_int_equal(r.in.err, COT_E_RANGE);
    cot_cbor_reader_init(&r, from_hex(&b, "3b7fffffffffffffff"), 0);
    assert_true(cot_cbor_read_int(&r) == INT64_MIN);
    cot_cbor_reader_init(&r, from_hex(&b, "1affffffff 1b0000000100000000"), 0);
    assert_true(cot_cbor_read_u32(&r) == UINT32_MAX);
    assert_int_equal(cot_cbor_read_u32(&r), 0);
    assert_int_equal(r.in.err, COT_E_RANGE);
    cot_cbor_reader_init(&r, from_hex(&b, "f6"), 0);
    cot_cbor_read_bool(&r);
    assert_int_equal(r.in.err, COT_E_TYPE);
    cot_cbor_reader_init(&r, from_hex(&b, "f5f4"), 0);
    assert_true(cot_cbor_read_bool(&r));
    assert_false(cot_cbor_read_bool(&r));
    assert_int_equal(cot_reader_end(&r.in), COT_OK);
    cot_cbor_reader_init(&r, from_hex(&b, "6161"), 0);
    cot_cbor_read_double(&r);
    assert_int_equal(r.in.err, COT_E_TYPE);
    cot_cbor_reader_init(&r, from_hex(&b, "8500"), 0);
    assert_int_equal(cot_cbor_read_array(&r), 0); /* five items cannot be there: seen at the head */
    assert_int_equal(r.in.err, COT_E_TRUNCATED);
    cot_cbor_reader_init(&r, from_hex(&b, "58ff01"), 0);
    assert_int_equal(cot_cbor_read_bytes_head(&r), 255); /* the content may be missing */
    assert_int_equal(r.in.err, COT_OK);
}

static void knows_utf8(void **state)
{
    static const char *const good[] = {"",       "41",     "c280",   "dfbf",     "e0a080",
                                       "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf"};
    static const char *const bad[] = {"80",       "bf",       "c0af",     "c1bf",     "c2",
                                      "c241",     "e09fbf",   "e0a0",     "eda080",   "edbfbf",
                                      "f08fbfbf", "f0908041", "f4908080", "f5808080", "ff"};
    hex_buffer b;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(cot_utf8_valid(from_hex(&b, good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cot_utf8_valid(from_hex(&b, bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_appendix_a),
        cmocka_unit_test(reads_floats),
        cmocka_unit_test(every_half_is_exact),
        cmocka_unit_test(singles_are_the_compilers),
        cmocka_unit_test(refuses),
        cmocka_unit_test(accepts_indefinite_when_told),
        cmocka_unit_test(skips_to_a_depth),
        cmocka_unit_test(typed_reads_refuse_other_types),
        cmocka_unit_test(knows_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
