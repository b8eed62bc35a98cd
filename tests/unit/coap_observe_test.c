/* SPDX-License-Identifier: Apache-2.0 */
/* core/coap/observe.c */
#include "core/coap/observe.h"
#include "tests/unit/test.h"

static void reads_the_wish(void **state)
{
    (void)state;
    cot_coap_view v = {0};
    assert_int_equal(cot_coap_observe_wish(&v), COT_COAP_OBSERVE_NONE);
    v.has = COT_COAP_HAS_OBSERVE;
    assert_int_equal(cot_coap_observe_wish(&v), COT_COAP_OBSERVE_START);
    v.observe = 1;
    assert_int_equal(cot_coap_observe_wish(&v), COT_COAP_OBSERVE_STOP);
    v.observe = 2;
    assert_int_equal(cot_coap_observe_wish(&v), COT_COAP_OBSERVE_NONE);
}

/* Section 3.4's condition, word for word. */
static bool rfc(uint32_t v1, cot_ms t1, uint32_t v2, cot_ms t2)
{
    return (v1 < v2 && v2 - v1 < (1u << 23)) || (v1 > v2 && v1 - v2 > (1u << 23)) ||
           t2 > t1 + 128000;
}

static void orders_as_the_rfc_says(void **state)
{
    (void)state;
    static const uint32_t seqs[] = {0,        1,        2,        0x7ffffe, 0x7fffff,
                                    0x800000, 0x800001, 0xfffffe, 0xffffff};
    static const cot_ms gaps[] = {0, 1, 127999, 128000, 128001, 10000000};
    for (size_t i = 0; i < 9; i++)
        for (size_t k = 0; k < 9; k++)
            for (size_t g = 0; g < 6; g++) {
                cot_coap_order o = {0};
                assert_true(cot_coap_order_newer(&o, seqs[i], 5000));
                bool newer = cot_coap_order_newer(&o, seqs[k], 5000 + gaps[g]);
                uint32_t ahead = (seqs[k] - seqs[i]) & 0xffffff;
                if (ahead == 0x800000) /* exactly opposite: the RFC calls neither newer */
                    assert_int_equal(newer, gaps[g] > 128000);
                else
                    assert_int_equal(newer, rfc(seqs[i], 5000, seqs[k], 5000 + gaps[g]));
                assert_int_equal(o.seq, newer ? seqs[k] : seqs[i]);
            }
}

static void counts_notifications(void **state)
{
    (void)state;
    cot_coap_notifier n;
    cot_coap_notifier_init(&n, 1000);
    assert_false(cot_coap_notifier_reset(&n, 0));
    assert_int_equal(cot_coap_notifier_next(&n, 77), 1);
    assert_true(cot_coap_notifier_reset(&n, 77));
    assert_false(cot_coap_notifier_reset(&n, 76));
    n.seq = 0xffffff;
    assert_int_equal(cot_coap_notifier_next(&n, 78), 0);
    assert_false(cot_coap_notifier_reset(&n, 77));
}

static void confirms_once_a_day(void **state)
{
    (void)state;
    const cot_ms day = 86400000;
    cot_coap_notifier n;
    cot_coap_notifier_init(&n, 1000);
    assert_int_equal(cot_coap_notifier_type(&n, COT_COAP_NON, 1000 + day - 1), COT_COAP_NON);
    assert_int_equal(cot_coap_notifier_type(&n, COT_COAP_NON, 1000 + day), COT_COAP_CON);
    assert_int_equal(cot_coap_notifier_type(&n, COT_COAP_CON, 1000), COT_COAP_CON);
    cot_coap_notifier_confirmed(&n, 1000 + day);
    assert_int_equal(cot_coap_notifier_type(&n, COT_COAP_NON, 1001 + day), COT_COAP_NON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_wish),
        cmocka_unit_test(orders_as_the_rfc_says),
        cmocka_unit_test(counts_notifications),
        cmocka_unit_test(confirms_once_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
