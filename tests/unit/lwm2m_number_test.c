/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/number.c, double.c: against the C library, which is exact on this machine. */
#include "core/cbor/float.h"
#include "core/lwm2m/number.h"
#include "tests/unit/hex.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static void integers(void **state)
{
    uint8_t buf[64];
    cot_writer w;
    uint64_t u;
    int64_t i;
    (void)state;
    cot_writer_init(&w, buf, sizeof buf);
    cot_decimal_write_uint(&w, 0);
    cot_write_u8(&w, ' ');
    cot_decimal_write_uint(&w, UINT64_MAX);
    cot_write_u8(&w, ' ');
    cot_decimal_write_int(&w, INT64_MIN);
    assert_text((cot_bytes){buf, w.len}, "0 18446744073709551615 -9223372036854775808");

    assert_int_equal(cot_decimal_parse_uint(text_bytes("18446744073709551615"), &u), COT_OK);
    assert_true(u == UINT64_MAX);
    assert_int_equal(cot_decimal_parse_uint(text_bytes("18446744073709551616"), &u), COT_E_RANGE);
    assert_true(u == 0);
    assert_int_equal(cot_decimal_parse_uint(text_bytes("99999999999999999999x"), &u),
                     COT_E_MALFORMED);
    assert_int_equal(cot_decimal_parse_uint(text_bytes(""), &u), COT_E_MALFORMED);
    assert_int_equal(cot_decimal_parse_uint(text_bytes("-1"), &u), COT_E_MALFORMED);
    assert_int_equal(cot_decimal_parse_int(text_bytes("-9223372036854775808"), &i), COT_OK);
    assert_true(i == INT64_MIN);
    assert_int_equal(cot_decimal_parse_int(text_bytes("9223372036854775807"), &i), COT_OK);
    assert_true(i == INT64_MAX);
    assert_int_equal(cot_decimal_parse_int(text_bytes("9223372036854775808"), &i), COT_E_RANGE);
    assert_int_equal(cot_decimal_parse_int(text_bytes("-9223372036854775809"), &i), COT_E_RANGE);
    assert_int_equal(cot_decimal_parse_int(text_bytes("-"), &i), COT_E_MALFORMED);
    assert_int_equal(cot_decimal_parse_int(text_bytes("-0"), &i), COT_OK);
    assert_true(i == 0);
    assert_int_equal(cot_decimal_parse_int(text_bytes("--1"), &i), COT_E_MALFORMED);
}

static void writes_doubles(void **state)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {21.5, "21.5"},
        {-0.1, "-0.1"},
        {100.0, "100"},
        {0.00001, "0.00001"},
        {0.000001, "1e-6"},
        {1.5e-7, "1.5e-7"},
        {1e16, "10000000000000000"},
        {1e17, "1e17"},
        {1.25e300, "1.25e300"},
        {0.1 + 0.2, "0.30000000000000004"},
        {DBL_MAX, "1.7976931348623157e308"},
        {5e-324, "4.9406564584125e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {123456.789, "123456.789"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t buf[40];
        cot_writer w;
        cot_writer_init(&w, buf, sizeof buf);
        cot_decimal_write_double(&w, cases[i].v);
        if (!cot_bytes_is((cot_bytes){buf, w.len}, cases[i].text))
            printf("%s: %.*s\n", cases[i].text, (int)w.len, (const char *)buf);
        assert_text((cot_bytes){buf, w.len}, cases[i].text);
    }
    uint8_t buf[8];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_decimal_write_double(&w, NAN);
    assert_int_equal(w.err, COT_E_RANGE);
    cot_writer_init(&w, buf, sizeof buf);
    cot_decimal_write_double(&w, -INFINITY);
    assert_int_equal(w.err, COT_E_RANGE);
}

static void same_as_strtod(const char *text)
{
    double v;
    cot_status s = cot_decimal_parse_double(text_bytes(text), &v);
    double want = strtod(text, NULL);
    if (isinf(want)) {
        assert_int_equal(s, COT_E_RANGE);
        return;
    }
    if (s != COT_OK || cot_double_bits(v) != cot_double_bits(want))
        printf("%s: %d %.17g\n", text, s, v);
    assert_int_equal(s, COT_OK);
    assert_true(cot_double_bits(v) == cot_double_bits(want));
}

static void parses_doubles(void **state)
{
    static const char *const good[] = {"0",
                                       "-0",
                                       "1",
                                       "+1",
                                       "1.",
                                       ".5",
                                       "-.5e1",
                                       "21.50",
                                       "1e5",
                                       "1E+5",
                                       "1e-5",
                                       "0.1",
                                       "1e308",
                                       "1.7976931348623157e308",
                                       "1.7976931348623159e308",
                                       "1e309",
                                       "2.2250738585072014e-308",
                                       "2.2250738585072011e-308",
                                       "4.9e-324",
                                       "2.4703282292062327e-324",
                                       "2.4703282292062328e-324",
                                       "2.47e-324",
                                       "1e-400",
                                       "1e400",
                                       "9007199254740993",
                                       "9007199254740992.99999999999999999999",
                                       "9007199254740993.00000000000000000001",
                                       "0.000000000000000000000000000000000000001",
                                       "123456789012345678901234567890",
                                       "000000000000000000000000000000001.5",
                                       "1e-999999999",
                                       "1e999999999",
                                       "18446744073709551615",
                                       "8.5e-7"};
    static const char *const bad[] = {"",   ".",    "-",   "e5",  "1e",    "1e+", "1x", " 1",
                                      "1 ", "0x10", "nan", "inf", "1.2.3", "--1", "1,5"};
    double v;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        same_as_strtod(good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cot_decimal_parse_double(text_bytes(bad[i]), &v), COT_E_MALFORMED);
        assert_true(v == 0);
    }
}

static uint64_t step(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Random bits: shortest text of ours reads back the same, by us and by the C library; the C library's
 * 17 digits read the same by us. */
static void random_doubles(void **state)
{
    uint64_t x = 88172645463325252u;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double v = cot_double_of_bits(step(&x));
        char text[64];
        double back;
        cot_writer w;
        if (!isfinite(v))
            continue;
        cot_writer_init(&w, (uint8_t *)text, sizeof text - 1);
        cot_decimal_write_double(&w, v);
        text[w.len] = '\0';
        assert_true(strtod(text, NULL) == v);
        assert_int_equal(cot_decimal_parse_double(text_bytes(text), &back), COT_OK);
        assert_true(back == v);
        snprintf(text, sizeof text, "%.17g", v);
        same_as_strtod(text);
        snprintf(text, sizeof text, "%d.%03de%d", (int)(x % 1000), (int)(x >> 20 & 511),
                 (int)(x >> 40 & 511) - 256);
        same_as_strtod(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(writes_doubles),
        cmocka_unit_test(parses_doubles),
        cmocka_unit_test(random_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
