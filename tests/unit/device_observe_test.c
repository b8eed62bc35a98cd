/* SPDX-License-Identifier: Apache-2.0 */
/* Observation with pmin and pmax, its ends, CON and NON, over a link without loss. */
#include "device/engine.h"
#include "tests/unit/test.h"
#include "tests/virtual/world.h"

#include <string.h>

static world w;
static world_answer answer;

static int start(void **state)
{
    (void)state;
    world_init(&w, 1, 0, false);
    w.net.config.delay_max = 10;
    world_boot(&w, COT_AREA_SLOT_0);
    return world_register(&w, 10000) ? 0 : 1;
}

static int check(void **state)
{
    (void)state;
    if (w.broken != NULL)
        print_message("broken: %s\n", w.broken);
    return w.broken == NULL ? 0 : 1;
}

static uint8_t observe(const char *path, int wish, const cot_coap_token *token)
{
    world_ask a = {.code = COT_COAP_GET,
                   .path = path,
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_FORMAT_TEXT,
                   .observe = wish,
                   .szx = 6};
    if (token != NULL)
        a.token = *token;
    assert_true(world_do(&w, &a, &answer, 1));
    return answer.code;
}

static void attributes(const char *path, const char *query)
{
    world_ask a = {.code = COT_COAP_PUT,
                   .path = path,
                   .query = query,
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1};
    static world_answer ignored;
    assert_true(world_do(&w, &a, &ignored, 1));
    assert_int_equal(ignored.code, COT_COAP_CHANGED);
}

static void set_temperature(double t)
{
    world_temperature = t;
    cot_client_changed(&w.client, 3303, 0, 5700);
    w.wake = w.now;
}

static void wait_ms(cot_ms ms)
{
    world_run(&w, w.now + ms, NULL);
}

static void assert_notified(unsigned count, const char *text)
{
    assert_int_equal(w.notifications, count);
    assert_int_equal(w.notified_len, strlen(text));
    assert_memory_equal(w.notified, text, strlen(text));
}

static void notifies_changes(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    assert_true(answer.observed);
    wait_ms(60000);
    assert_int_equal(w.notifications, 0);
    set_temperature(21);
    wait_ms(100);
    assert_notified(1, "21");
    assert_int_equal(w.confirmable_notifications, 1);
    set_temperature(22);
    wait_ms(100);
    assert_notified(2, "22");
    cot_client_changed(&w.client, 3303, 1, 5700); /* another instance */
    w.wake = w.now;
    wait_ms(60000);
    assert_int_equal(w.notifications, 2);
}

static void pmin_gathers(void **state)
{
    (void)state;
    attributes("3303/0", "pmin=10"); /* inherited from the instance */
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    cot_ms begun = w.now;
    for (int i = 1; i <= 5; i++) {
        set_temperature(30 + i);
        wait_ms(1000);
    }
    assert_int_equal(w.notifications, 0);
    wait_ms(6000);
    assert_notified(1, "35");
    assert_true(w.notified_at >= begun + 9900 && w.notified_at < begun + 10500);
}

static void pmax_repeats(void **state)
{
    (void)state;
    attributes("3303/0/5700", "pmin=1&pmax=20");
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    wait_ms(61000);
    assert_notified(3, "20.5");
    attributes("3303/0/5700", "pmin=10&pmax=5"); /* pmax below pmin is ignored */
    wait_ms(100000);
    assert_int_equal(w.notifications, 3);
}

static void ends_by_observe_1(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    cot_coap_token token = answer.token;
    assert_int_equal(observe("3303/0/5700", 1, &token), COT_COAP_CONTENT);
    assert_false(answer.observed);
    set_temperature(25);
    wait_ms(60000);
    assert_int_equal(w.notifications, 0);
}

static void ends_by_reset(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    w.reset_next = true;
    set_temperature(25);
    wait_ms(1000);
    set_temperature(26);
    wait_ms(60000);
    assert_int_equal(w.notifications, 0);
}

static void non_confirmable_in_between(void **state)
{
    (void)state;
    w.config.confirm_every = 3;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    for (int i = 0; i < 6; i++) {
        set_temperature(i);
        wait_ms(10000);
    }
    assert_int_equal(w.notifications, 6);
    assert_int_equal(w.confirmable_notifications, 2);
    w.reset_next = true; /* of a NON too */
    set_temperature(25);
    wait_ms(10000);
    set_temperature(26);
    wait_ms(10000);
    assert_int_equal(w.notifications, 6);
}

static void a_new_token_replaces_the_old(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) { /* more than there is room for */
        assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
        assert_true(answer.observed);
    }
    set_temperature(25);
    wait_ms(1000);
    assert_notified(1, "25");
}

static void is_not_observed_without_room(void **state)
{
    (void)state;
    static const char *const paths[] = {"3/0/0", "3/0/1", "3/0/2", "3/0/3", "1/0/1",
                                        "1/0/2", "1/0/7", "5/0/3", "5/0/5"};
    for (int i = 0; i < 9; i++) {
        assert_int_equal(observe(paths[i], 0, NULL), COT_COAP_CONTENT);
        assert_int_equal(answer.observed, i < 8);
    }
}

static void does_not_observe_what_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/7/5700", 0, NULL), COT_COAP_NOT_FOUND);
    assert_false(answer.observed);
}

static void ends_when_the_value_is_gone(void **state)
{
    (void)state;
    world_items[1] = 4;
    assert_int_equal(observe("3303/0/6052/1", 0, NULL), COT_COAP_CONTENT);
    world_items[1] = -1;
    for (int i = 0; i < 3; i++) {
        cot_client_changed(&w.client, 3303, 0, 6052);
        w.wake = w.now;
        wait_ms(5000);
    }
    assert_int_equal(w.events[COT_EVENT_NOTIFIED], 1); /* 4.04, and that is the end */
    assert_int_equal(w.notifications, 0);
}

static void a_write_of_the_server_notifies(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5750", 0, NULL), COT_COAP_CONTENT);
    assert_int_equal(world_put(&w, "3303/0/5750", "attic"), COT_COAP_CHANGED);
    wait_ms(1000);
    assert_notified(1, "attic");
}

static void waits_while_a_body_comes_in(void **state)
{
    (void)state;
    static world_answer ignored;
    world_ask block = {.code = COT_COAP_PUT,
                       .path = "3303/0/5750",
                       .format = COT_FORMAT_TEXT,
                       .accept = COT_COAP_NO_FORMAT,
                       .observe = -1,
                       .payload = "sixteen bytes, 0",
                       .payload_len = 16,
                       .one_block = true};
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    assert_true(world_do(&w, &block, &ignored, 1));
    assert_int_equal(ignored.code, COT_COAP_CONTINUE);
    set_temperature(25);
    wait_ms(25000);
    assert_int_equal(w.notifications, 0);
    wait_ms(10000); /* the rest does not come: given up */
    assert_notified(1, "25");
}

static void a_notification_that_was_given_up_comes_again(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    unsigned updates = w.updates;
    cot_ms begun = w.now;
    w.silent = true;
    set_temperature(25);
    wait_ms(1000);
    while (((cot__client *)(void *)&w.client)->request_kind == COT__REQUEST_NOTIFY)
        wait_ms(100);
    assert_true(w.now > begun + 60000 && w.now < begun + 100000);
    w.silent = false; /* the device asks whether its registration stands */
    wait_ms(20000);
    assert_int_equal(w.updates, updates + 1);
    assert_notified(1, "25");
}

static void a_new_registration_forgets(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    w.registered = false;
    (void)cot_client_update(&w.client);
    w.wake = w.now;
    assert_true(world_register(&w, 10000));
    unsigned before = w.events[COT_EVENT_NOTIFIED];
    set_temperature(25);
    wait_ms(10000);
    assert_int_equal(w.events[COT_EVENT_NOTIFIED], before);
}

static void a_lost_notification_comes_later(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    w.silent = true;
    set_temperature(25);
    wait_ms(3000);
    set_temperature(26);
    wait_ms(10000);
    w.silent = false;
    wait_ms(60000);
    assert_true(w.notifications >= 1);
    assert_memory_equal(w.notified, "26", 2); /* the newest in the end */
}

/* A confirmable notification takes its timeout from the entropy: without, the link ends, and is back
 * when there is some again. */
static void does_not_go_on_without_entropy(void **state)
{
    (void)state;
    assert_int_equal(observe("3303/0/5700", 0, NULL), COT_COAP_CONTENT);
    w.unseeded = true;
    set_temperature(25);
    wait_ms(100);
    assert_int_equal(w.events[COT_EVENT_LOST], 1);
    assert_int_equal(w.last[COT_EVENT_LOST].status, COT_E_IO);
    wait_ms(30000);
    assert_false(cot_client_registered(&w.client));
    assert_true(w.events[COT_EVENT_REFUSED] >= 2 && w.events[COT_EVENT_REFUSED] <= 8);
    assert_int_equal(w.last[COT_EVENT_REFUSED].status, COT_E_IO);
    w.unseeded = false;
    wait_ms(120000);
    assert_true(cot_client_registered(&w.client));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, check)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(notifies_changes),
        CASE(pmin_gathers),
        CASE(pmax_repeats),
        CASE(ends_by_observe_1),
        CASE(ends_by_reset),
        CASE(non_confirmable_in_between),
        CASE(a_new_token_replaces_the_old),
        CASE(is_not_observed_without_room),
        CASE(does_not_observe_what_cannot_be_read),
        CASE(ends_when_the_value_is_gone),
        CASE(a_write_of_the_server_notifies),
        CASE(waits_while_a_body_comes_in),
        CASE(a_notification_that_was_given_up_comes_again),
        CASE(a_new_registration_forgets),
        CASE(a_lost_notification_comes_later),
        CASE(does_not_go_on_without_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
