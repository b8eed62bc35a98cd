/* SPDX-License-Identifier: Apache-2.0 */
/* server/ipc/loop.c: deadlines and events. */
#include "server/ipc/loop.h"
#include "tests/unit/test.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TIMERS 500

static loop l;
static loop_timer timers[TIMERS];
static cot_ms last;
static unsigned fired;

static void on_due(loop_timer *t)
{
    assert_true(t->at >= last);
    assert_true(t->at <= l.now);
    last = t->at;
    fired++;
}

static void timers_fire_in_order_and_removed_ones_do_not(void **state)
{
    (void)state;
    uint32_t x = 1;
    assert_int_equal(loop_init(&l), COT_OK);
    cot_ms now = loop_clock();
    for (size_t i = 0; i < TIMERS; i++) {
        x = x * 1103515245u + 12345u;
        timers[i].on_due = on_due;
        loop_arm(&l, &timers[i], now + (x >> 16) % 50);
    }
    unsigned removed = 0;
    for (size_t i = 0; i < TIMERS; i += 3, removed++)
        loop_disarm(&l, &timers[i]);
    for (size_t i = 1; i < TIMERS; i += 3) { /* moved */
        x = x * 1103515245u + 12345u;
        loop_arm(&l, &timers[i], now + (x >> 16) % 50);
    }
    while (loop_clock() < now + 60)
        assert_int_equal(loop_turn(&l, 5), COT_OK);
    assert_int_equal(fired, TIMERS - removed);
    assert_int_equal(l.heap_len, 0);
    loop_free(&l);
}

static loop_io first;
static loop_io second;
static unsigned events;

static void remove_the_other(loop_io *io, uint32_t e)
{
    (void)e;
    events++;
    loop_unwatch(&l, io == &first ? &second : &first);
}

static void an_event_that_is_waiting_dies_with_its_io(void **state)
{
    (void)state;
    int p[2][2];
    assert_int_equal(loop_init(&l), COT_OK);
    loop_io *ios[2] = {&first, &second};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(p[i]), 0);
        assert_int_equal(write(p[i][1], "x", 1), 1);
        ios[i]->fd = p[i][0];
        ios[i]->on_event = remove_the_other;
        assert_int_equal(loop_watch(&l, ios[i], EPOLLIN), COT_OK);
    }
    assert_int_equal(loop_turn(&l, 0), COT_OK);
    assert_int_equal(events, 1);
    for (int i = 0; i < 2; i++) {
        close(p[i][0]);
        close(p[i][1]);
    }
    loop_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_and_removed_ones_do_not),
        cmocka_unit_test(an_event_that_is_waiting_dies_with_its_io),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
