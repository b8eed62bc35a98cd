/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/wheel.c, among others against a plain array of deadlines. */
#include "core/base/wheel.h"
#include "tests/unit/test.h"
#include "tests/virtual/link.h"

enum { SLOTS = 64, COUNT = 40, SHIFT = 4, TICK = 1 << SHIFT };

static cot_wheel_node nodes[COUNT];
static uint32_t heads[SLOTS];
static uint32_t used[SLOTS / 32];

static int fresh(void **state)
{
    static cot_wheel w;
    cot_wheel_init(&w, nodes, COUNT, heads, used, SLOTS, SHIFT, 1000);
    *state = &w;
    return 0;
}

static void is_idle_without_timers(void **state)
{
    cot_wheel *w = *state;
    assert_true(cot_wheel_deadline(w) == COT_NEVER);
    assert_int_equal(cot_wheel_pop(w, 1000000), COT_WHEEL_NONE);
    cot_wheel_set(w, 3, COT_NEVER);
    assert_false(cot_wheel_is_set(w, 3));
    cot_wheel_cancel(w, 3);
    assert_int_equal(w->set, 0);
}

static void fires_in_time_and_once(void **state)
{
    cot_wheel *w = *state;
    cot_wheel_set(w, 5, 1100);
    assert_true(cot_wheel_is_set(w, 5));
    assert_true(cot_wheel_deadline(w) >= 1100 && cot_wheel_deadline(w) < 1100 + TICK);
    assert_int_equal(cot_wheel_pop(w, 1099), COT_WHEEL_NONE);
    assert_int_equal(cot_wheel_pop(w, 1100 + TICK), 5);
    assert_int_equal(cot_wheel_pop(w, 1100 + TICK), COT_WHEEL_NONE);
    assert_false(cot_wheel_is_set(w, 5));
}

static void moves_and_cancels(void **state)
{
    cot_wheel *w = *state;
    cot_wheel_set(w, 1, 2000);
    cot_wheel_set(w, 2, 2000);
    cot_wheel_set(w, 3, 2000);
    cot_wheel_set(w, 2, 3000);
    cot_wheel_cancel(w, 3);
    assert_int_equal(w->set, 2);
    assert_int_equal(cot_wheel_pop(w, 2500), 1);
    assert_int_equal(cot_wheel_pop(w, 2500), COT_WHEEL_NONE);
    assert_int_equal(cot_wheel_pop(w, 3016), 2);
    assert_true(cot_wheel_deadline(w) == COT_NEVER);
}

static void cancels_the_next_one_while_popping(void **state)
{
    cot_wheel *w = *state;
    for (uint32_t i = 0; i < 4; i++)
        cot_wheel_set(w, i, 2000);
    uint32_t first = cot_wheel_pop(w, 2000); /* 3, 2, 1, 0 */
    assert_int_equal(first, 3);
    cot_wheel_cancel(w, 2);
    cot_wheel_set(w, 1, 2000); /* again, in the past: next tick */
    assert_int_equal(cot_wheel_pop(w, 2000), 0);
    assert_int_equal(cot_wheel_pop(w, 2000), COT_WHEEL_NONE);
    assert_int_equal(cot_wheel_pop(w, 2000 + TICK), 1);
}

static void keeps_far_timers_over_turns(void **state)
{
    cot_wheel *w = *state;
    cot_ms far = 1000 + 10 * SLOTS * TICK + 5;
    cot_wheel_set(w, 0, far);
    for (cot_ms now = 1000; now < far; now += 7)
        assert_int_equal(cot_wheel_pop(w, now), COT_WHEEL_NONE);
    assert_int_equal(cot_wheel_pop(w, far + TICK), 0);
    cot_wheel_set(w, 0, far + 100);
    assert_int_equal(cot_wheel_pop(w, far + 1000 * (cot_ms)SLOTS * TICK), 0); /* a long sleep */
}

/* Random sets, cancels and steps: pop gives exactly those that the array says, never early, at most a
 * tick late; the deadline is never too late. */
static void agrees_with_a_plain_array(void **state)
{
    cot_wheel *w = *state;
    static link random;
    link_config none = {0};
    cot_ms due[COUNT];
    cot_ms now = 1000;
    link_init(&random, &none, 7);
    for (int i = 0; i < COUNT; i++)
        due[i] = COT_NEVER;
    for (int step = 0; step < 200000; step++) {
        uint32_t i = link_between(&random, 0, COUNT - 1);
        uint32_t range = link_chance(&random, 10) ? 40 * SLOTS * TICK : 500;
        due[i] = link_chance(&random, 20) ? COT_NEVER : now + link_between(&random, 0, range);
        cot_wheel_set(w, i, due[i]);
        if (link_chance(&random, 60))
            continue;
        now += link_between(&random, 0, link_chance(&random, 2) ? 100 * SLOTS * TICK : 40);
        cot_ms wake = cot_wheel_deadline(w);
        for (int k = 0; k < COUNT; k++)
            assert_true(wake <= now || due[k] == COT_NEVER || due[k] + TICK > now);
        for (uint32_t k; (k = cot_wheel_pop(w, now)) != COT_WHEEL_NONE; due[k] = COT_NEVER)
            assert_true(due[k] <= now);
        for (int k = 0; k < COUNT; k++)
            assert_true(due[k] == COT_NEVER || due[k] + 2 * TICK > now);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(is_idle_without_timers, fresh),
        cmocka_unit_test_setup(fires_in_time_and_once, fresh),
        cmocka_unit_test_setup(moves_and_cancels, fresh),
        cmocka_unit_test_setup(cancels_the_next_one_while_popping, fresh),
        cmocka_unit_test_setup(keeps_far_timers_over_turns, fresh),
        cmocka_unit_test_setup(agrees_with_a_plain_array, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
