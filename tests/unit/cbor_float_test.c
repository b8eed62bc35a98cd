/* SPDX-License-Identifier: Apache-2.0 */
/* core/cbor/float.c: the edges of half, single and double, and which form is the shortest. */
#include "core/cbor/float.h"
#include "tests/unit/hex.h"

#include <math.h>

static void shortest(double v, size_t n, uint64_t want)
{
    uint64_t bits = cot_double_bits(v);
    assert_int_equal(cot_double_shortest(&bits), n);
    assert_true(bits == want);
}

static void shortest_forms(void **state)
{
    (void)state;
    shortest(0.0, 2, 0x0000);
    shortest(-0.0, 2, 0x8000);
    shortest(1.0, 2, 0x3C00);
    shortest(65504.0, 2, 0x7BFF);       /* the largest half */
    shortest(65536.0, 4, 0x47800000);   /* its exponent is too large */
    shortest(65505.0, 4, 0x477FE100);   /* too many bits */
    shortest(0x1p-14, 2, 0x0400);       /* the smallest normal half */
    shortest(0x1p-24, 2, 0x0001);       /* the smallest half */
    shortest(0x1.8p-24, 4, 0x33C00000); /* a bit too many for a subnormal half */
    shortest(0x1p-25, 4, 0x33000000);
    shortest(0x1p-40, 4, 0x2B800000); /* its bits would be shifted out of a half altogether */
    shortest(INFINITY, 2, 0x7C00);
    shortest(-INFINITY, 2, 0xFC00);
    shortest(0x1.fffffep127, 4, 0x7F7FFFFF); /* the largest single */
    shortest(0x1p128, 8, UINT64_C(0x47F0000000000000));
    shortest(0x1p-126, 4, 0x00800000);
    shortest(0x1p-149, 4, 0x00000001); /* the smallest single */
    shortest(0x1.8p-149, 8, UINT64_C(0x36A8000000000000));
    shortest(0x1p-150, 8, UINT64_C(0x3690000000000000));
    shortest(0x1p-160, 8, UINT64_C(0x35F0000000000000));
    shortest(0x1.000001p0, 8, UINT64_C(0x3FF0000010000000)); /* half of a single's last bit */
    shortest(0x1p-300, 8, UINT64_C(0x2D30000000000000));
    shortest(0x1p-1074, 8, 1);
    shortest(1.1, 8, UINT64_C(0x3FF199999999999A));
    shortest(0x1.000002p0, 4, 0x3F800001);
}

static void not_a_number(void **state)
{
    uint64_t quiet = UINT64_C(0x7FF8000000000000);
    uint64_t payload = UINT64_C(0x7FF8000020000000);
    uint64_t deep = UINT64_C(0x7FF8000000000001);
    (void)state;
    assert_int_equal(cot_double_shortest(&quiet), 2);
    assert_int_equal(quiet, 0x7E00);
    assert_int_equal(cot_double_shortest(&payload), 4); /* nothing of it is lost */
    assert_int_equal(payload, 0x7FC00001);
    assert_int_equal(cot_double_shortest(&deep), 8);
}

static void widened(void **state)
{
    (void)state;
    assert_true(cot_double_of_bits(cot_single_to_double_bits(0x00000001)) == 0x1p-149);
    assert_true(cot_double_of_bits(cot_single_to_double_bits(0x807FFFFF)) == -0x1.fffffcp-127);
    assert_true(cot_single_to_double_bits(0x7F800000) == UINT64_C(0x7FF0000000000000));
    assert_true(cot_single_to_double_bits(0x80000000) == UINT64_C(1) << 63);
    assert_true(cot_double_of_bits(cot_half_to_double_bits(0x0001)) == 0x1p-24);
    assert_true(cot_half_to_double_bits(0xFC00) == UINT64_C(0xFFF0000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortest_forms),
        cmocka_unit_test(not_a_number),
        cmocka_unit_test(widened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
