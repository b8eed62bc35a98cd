/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/value.c: conversions lose nothing or are refused. */
#include "core/lwm2m/value.h"
#include "tests/unit/hex.h"

#include <math.h>

static cot_status as(cot_value in, cot_type want, cot_value *out)
{
    cot_lwm2m_record rec = {.value = in};
    return cot_lwm2m_value_as(&rec, want, NULL, out);
}

static void gives(cot_value in, cot_value want)
{
    cot_value out;
    assert_int_equal(as(in, want.type, &out), COT_OK);
    assert_true(cot_value_equal(&out, &want));
}

static void fails(cot_value in, cot_type want, cot_status status)
{
    cot_value out;
    assert_int_equal(as(in, want, &out), status);
    assert_int_equal(out.type, COT_NONE);
}

static void numbers(void **state)
{
    (void)state;
    gives(cot_value_int(-5), cot_value_float(-5.0));
    gives(cot_value_int(5), cot_value_uint(5));
    gives(cot_value_int(1367491215), cot_value_time(1367491215));
    gives(cot_value_uint(INT64_MAX), cot_value_int(INT64_MAX));
    gives(cot_value_uint(UINT64_MAX), cot_value_float(18446744073709551615.0));
    gives(cot_value_float(3.0), cot_value_int(3));
    gives(cot_value_float(3.0), cot_value_uint(3));
    gives(cot_value_float(-9223372036854775808.0), cot_value_int(INT64_MIN));
    gives(cot_value_float(1.5), cot_value_float(1.5));
    fails(cot_value_int(-1), COT_UNSIGNED, COT_E_RANGE);
    fails(cot_value_uint((uint64_t)INT64_MAX + 1), COT_INTEGER, COT_E_RANGE);
    fails(cot_value_float(1.5), COT_INTEGER, COT_E_RANGE);
    fails(cot_value_float(1.5), COT_UNSIGNED, COT_E_RANGE);
    fails(cot_value_float(-1.0), COT_UNSIGNED, COT_E_RANGE);
    fails(cot_value_float(9223372036854775808.0), COT_INTEGER, COT_E_RANGE);
    fails(cot_value_float(18446744073709551616.0), COT_UNSIGNED, COT_E_RANGE);
    fails(cot_value_float(NAN), COT_INTEGER, COT_E_RANGE);
    fails(cot_value_float(NAN), COT_UNSIGNED, COT_E_RANGE);
    fails(cot_value_text("5"), COT_INTEGER, COT_E_TYPE);
    fails(cot_value_bool(true), COT_INTEGER, COT_E_TYPE);
    fails(cot_value_int(1), COT_BOOLEAN, COT_E_TYPE);
}

static void others(void **state)
{
    (void)state;
    cot_value link = cot_value_text("</3>");
    link.type = COT_CORELNK;
    gives(cot_value_text("</3>"), link);
    gives(cot_value_text("3:0"), cot_value_objlnk(3, 0));
    gives(cot_value_text("a"), cot_value_text("a"));
    fails(cot_value_text("3"), COT_OBJLNK, COT_E_MALFORMED);
    fails(cot_value_text("a"), COT_OPAQUE, COT_E_TYPE);
    fails(cot_value_opaque((cot_bytes){NULL, 0}), COT_STRING, COT_E_TYPE);
    fails((cot_value){.type = COT_NONE}, COT_STRING, COT_E_TYPE);
    fails(cot_value_text("a"), COT_NONE, COT_E_TYPE);
    fails(cot_value_int(0), COT_OBJLNK, COT_E_TYPE);
}

static void raw_forms(void **state)
{
    cot_value out;
    (void)state;
    cot_lwm2m_record rec = {.form = COT_FORM_TEXT, .value = cot_value_opaque(text_bytes("21.5"))};
    assert_int_equal(cot_lwm2m_value_as(&rec, COT_FLOAT, NULL, &out), COT_OK);
    assert_true(out.as.f == 21.5);
    rec.form = COT_FORM_TLV;
    rec.value = cot_value_opaque((cot_bytes){(const uint8_t *)"\xff\x85", 2});
    assert_int_equal(cot_lwm2m_value_as(&rec, COT_INTEGER, NULL, &out), COT_OK);
    assert_true(out.as.i == -123);
    assert_int_equal(cot_lwm2m_value_as(&rec, COT_UNSIGNED, NULL, &out), COT_OK);
    assert_true(out.as.u == 0xff85);
}

static void equality(void **state)
{
    (void)state;
    cot_value a = cot_value_text("abc");
    cot_value b = cot_value_opaque(text_bytes("abc"));
    cot_value c = cot_value_text("abd");
    cot_value nan = cot_value_float(NAN);
    assert_false(cot_value_equal(&a, &b));
    assert_false(cot_value_equal(&a, &c));
    assert_true(cot_value_equal(&nan, &nan));
    a = cot_value_objlnk(1, 2);
    b = cot_value_objlnk(1, 3);
    c = cot_value_objlnk(2, 2);
    assert_false(cot_value_equal(&a, &b));
    assert_false(cot_value_equal(&a, &c));
    assert_int_equal(cot_value_bytes(&a).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(others),
        cmocka_unit_test(raw_forms),
        cmocka_unit_test(equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
