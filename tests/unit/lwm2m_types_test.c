/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/types.c */
#include "core/lwm2m/types.h"
#include "tests/unit/test.h"

static cot_type type_of(uint16_t object, uint16_t resource)
{
    cot_lwm2m_path p = cot_lwm2m_path_of(3, object, 0, resource, 0);
    return cot_lwm2m_type_of(&p);
}

static void knows_the_common_objects(void **state)
{
    (void)state;
    assert_int_equal(type_of(1, 1), COT_INTEGER);
    assert_int_equal(type_of(1, 6), COT_BOOLEAN);
    assert_int_equal(type_of(3, 3), COT_STRING);
    assert_int_equal(type_of(3, 9), COT_INTEGER);
    assert_int_equal(type_of(3, 13), COT_TIME);
    assert_int_equal(type_of(3, 16), COT_STRING);
    assert_int_equal(type_of(5, 0), COT_OPAQUE);
    assert_int_equal(type_of(5, 1), COT_STRING);
    assert_int_equal(type_of(6, 0), COT_FLOAT);
    assert_int_equal(type_of(6, 5), COT_TIME);
}

static void knows_ipso_resources_in_each_object(void **state)
{
    (void)state;
    assert_int_equal(type_of(3303, 5700), COT_FLOAT);
    assert_int_equal(type_of(3304, 5601), COT_FLOAT);
    assert_int_equal(type_of(3311, 5850), COT_BOOLEAN);
    assert_int_equal(type_of(3200, 5518), COT_TIME);
    assert_int_equal(type_of(3199, 5700), COT_NONE); /* below IPSO's range */
}

static void does_not_guess(void **state)
{
    cot_lwm2m_path deep = cot_lwm2m_path_of(4, 3, 0, 7, 1);
    cot_lwm2m_path instance = cot_lwm2m_path_of(2, 3, 0, 0, 0);
    (void)state;
    assert_int_equal(type_of(3, 4), COT_NONE); /* Reboot has no value */
    assert_int_equal(type_of(3, 22), COT_NONE);
    assert_int_equal(type_of(5, 2), COT_NONE);
    assert_int_equal(type_of(26241, 1), COT_NONE);
    assert_int_equal(cot_lwm2m_type_of(&deep), COT_INTEGER);
    assert_int_equal(cot_lwm2m_type_of(&instance), COT_NONE); /* /3/0 is no resource */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_common_objects),
        cmocka_unit_test(knows_ipso_resources_in_each_object),
        cmocka_unit_test(does_not_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
