/* SPDX-License-Identifier: Apache-2.0 */
/* Registration, its life and its losses; the way to the server. */
#include "tests/unit/test.h"
#include "tests/virtual/world.h"

#include "core/lwm2m/content.h"

#include <string.h>

static world w;

static int prepare(void **state)
{
    (void)state;
    world_init(&w, 1, 0, false);
    world_boot(&w, COT_AREA_SLOT_0);
    return 0;
}

static int start(void **state)
{
    return prepare(state) == 0 && world_register(&w, 10000) ? 0 : 1;
}

static int check(void **state)
{
    (void)state;
    if (w.broken != NULL)
        print_message("broken: %s\n", w.broken);
    return w.broken == NULL ? 0 : 1;
}

static void stays_registered(void **state)
{
    (void)state;
    for (int i = 0; i < 24 * 12; i++) {
        world_run(&w, w.now + 300000, NULL);
        assert_true(w.registered);
    }
    assert_int_equal(w.registers, 1);
    assert_true(w.updates >= 24 * 12 && w.updates < 24 * 12 * 2);
    assert_int_equal(w.events[COT_EVENT_UPDATED], w.updates);
}

static void registers_anew_on_4_04(void **state)
{
    (void)state;
    w.registered = false; /* the server forgot it */
    assert_int_equal(cot_client_update(&w.client), COT_OK);
    w.wake = w.now;
    world_run(&w, w.now + 5000, NULL);
    assert_true(w.registered);
    assert_int_equal(w.registers, 2);
    assert_int_equal(w.events[COT_EVENT_LOST], 1);
    assert_int_equal(w.last[COT_EVENT_LOST].code, COT_COAP_NOT_FOUND);
    assert_int_equal(w.events[COT_EVENT_CONNECTING], 1); /* over the same session */
}

static void comes_back_when_the_server_does(void **state)
{
    (void)state;
    w.silent = true;
    world_run(&w, w.now + 2 * 3600 * 1000, NULL);
    assert_int_equal(w.events[COT_EVENT_LOST], 1);
    assert_true(w.events[COT_EVENT_REFUSED] >= 8);
    assert_int_equal(w.last[COT_EVENT_REFUSED].status, COT_E_TIMEOUT);
    assert_int_equal(w.resolved, w.events[COT_EVENT_CONNECTING]);
    unsigned tries = w.events[COT_EVENT_CONNECTING];
    assert_true(tries < 40); /* backing off */
    w.silent = false;
    assert_true(world_register(&w, 700000));
    assert_int_equal(w.registers, 2);
    assert_int_equal(w.events[COT_EVENT_LOST], 1); /* no update of what the server has forgotten */
    w.refuse = COT_COAP_FORBIDDEN;
    w.registered = false;
    (void)cot_client_update(&w.client);
    w.wake = w.now;
    world_run(&w, w.now + 1000, NULL);
    assert_true(w.last[COT_EVENT_REFUSED].retry_at < w.now + 3000); /* the back-off begins anew */
}

static void a_new_session_may_use_old_message_ids(void **state)
{
    (void)state;
    uint16_t mid = w.peer.mid;
    assert_int_equal(world_post(&w, "3303/0/5605", ""), COT_COAP_CHANGED);
    w.channel.channel.state = COT_CHANNEL_CLOSED; /* as after a close_notify */
    w.wake = w.now;
    world_run(&w, w.now + 100, NULL);
    assert_int_equal(w.last[COT_EVENT_LOST].status, COT_E_CLOSED);
    assert_true(world_register(&w, 20000));
    w.peer.mid = mid;
    assert_int_equal(world_post(&w, "3303/0/5605", ""), COT_COAP_CHANGED);
    assert_int_equal(world_resets, 2);
}

static void acknowledges_separate_answers(void **state)
{
    (void)state;
    w.separate = true;
    assert_true(world_register(&w, 10000));
    world_run(&w, w.now + 1000, NULL);
    assert_int_equal(w.acks, 1);
    assert_int_equal(w.registers, 1);
}

static void sends_what_changed_meanwhile(void **state)
{
    (void)state;
    w.deaf = 1; /* the first copy of the update is lost */
    assert_int_equal(cot_client_update(&w.client), COT_OK);
    w.wake = w.now;
    world_run(&w, w.now + 100, NULL);
    assert_int_equal(world_put(&w, "1/0/1", "900"), COT_COAP_CHANGED);
    world_run(&w, w.now + 20000, NULL);
    assert_int_equal(w.updates, 2);
    assert_int_equal(w.lifetime, 900);
}

static void backs_off_a_refusal(void **state)
{
    (void)state;
    w.refuse = COT_COAP_FORBIDDEN;
    world_run(&w, w.now + 60000, NULL);
    assert_false(w.registered);
    assert_true(w.events[COT_EVENT_REFUSED] >= 3 && w.events[COT_EVENT_REFUSED] <= 7);
    assert_int_equal(w.last[COT_EVENT_REFUSED].code, COT_COAP_FORBIDDEN);
    assert_int_equal(w.last[COT_EVENT_REFUSED].status, COT_E_DENIED);
    assert_true(w.last[COT_EVENT_REFUSED].retry_at > w.now);
    w.refuse = 0;
    assert_true(world_register(&w, 120000));
}

static void tries_the_next_address(void **state)
{
    (void)state;
    w.two_addresses = true;
    assert_true(world_register(&w, 30000));
    assert_int_equal(w.events[COT_EVENT_REFUSED], 1);
    world_run(&w, w.now + 3600000, NULL); /* the one that answers is kept */
    assert_true(w.registered);
    assert_int_equal(w.events[COT_EVENT_REFUSED], 1);
    assert_int_equal(w.events[COT_EVENT_LOST], 0);
}

static void a_busy_server_keeps_the_session(void **state)
{
    (void)state;
    w.refuse = COT_COAP_UNAVAILABLE;
    world_run(&w, w.now + 60000, NULL);
    assert_true(w.events[COT_EVENT_REFUSED] >= 3 && w.events[COT_EVENT_REFUSED] <= 7);
    assert_int_equal(w.last[COT_EVENT_REFUSED].status, COT_E_AGAIN);
    assert_int_equal(w.last[COT_EVENT_REFUSED].code, COT_COAP_UNAVAILABLE);
    assert_int_equal(w.events[COT_EVENT_CONNECTING], 1);
    w.refuse = 0;
    assert_true(world_register(&w, 120000));
    assert_int_equal(w.events[COT_EVENT_CONNECTING], 1);
    cot_client_stop(&w.client);
    w.wake = w.now;
    world_run(&w, w.now + 5000, NULL);
    assert_int_equal(w.deregisters, 1);
}

static void waits_for_a_name(void **state)
{
    (void)state;
    w.unresolved = true;
    world_run(&w, w.now + 60000, NULL);
    assert_true(w.events[COT_EVENT_REFUSED] >= 3);
    assert_int_equal(w.last[COT_EVENT_REFUSED].status, COT_E_NOT_FOUND);
    w.unresolved = false;
    assert_true(world_register(&w, 120000));
}

static void updates_when_told(void **state)
{
    (void)state;
    assert_int_equal(world_put(&w, "1/0/1", "86400"), COT_COAP_CHANGED);
    world_run(&w, w.now + 2000, NULL);
    assert_int_equal(w.lifetime, 86400);
    assert_int_equal(w.updates, 1);
    assert_int_equal(world_put(&w, "1/0/1", "0"), COT_COAP_BAD_REQUEST);
    assert_int_equal(world_post(&w, "1/0/8", ""), COT_COAP_CHANGED);
    world_run(&w, w.now + 2000, NULL);
    assert_int_equal(w.updates, 2);
    w.links_len = 0;
    cot_client_changed(&w.client, 3303, 65535, 65535);
    w.wake = w.now;
    world_run(&w, w.now + 2000, NULL);
    assert_int_equal(w.updates, 3);
    assert_true(w.links_len > 0);
    world_run(&w, w.now + 3600 * 1000, NULL);
    assert_int_equal(w.updates, 3);
}

static void registers_any_name(void **state)
{
    (void)state;
    w.config.endpoint = "a&b=c/d?e";
    assert_true(world_register(&w, 20000));
    assert_string_equal(w.endpoint, "a&b=c/d?e");
    assert_int_equal(w.lifetime, 300);
}

static void registers_in_blocks(void **state)
{
    static const char end[] = "</3303/0>,</3303/1>";
    (void)state;
    w.config.memory.request_cap = 192; /* blocks of 64 bytes */
    assert_true(world_register(&w, 20000));
    assert_int_equal(w.registers, 1);
    assert_true(w.links_len > 64);
    assert_memory_equal(w.links + w.links_len - (sizeof end - 1), end, sizeof end - 1);
}

static void deregisters(void **state)
{
    (void)state;
    cot_client_stop(&w.client);
    w.wake = w.now;
    world_run(&w, w.now + 5000, NULL);
    assert_false(w.registered);
    assert_int_equal(w.deregisters, 1);
    assert_int_equal(w.events[COT_EVENT_DEREGISTERED], 1);
    assert_true(w.wake == COT_NEVER);
}

static void stops_without_a_server(void **state)
{
    (void)state;
    w.silent = true;
    world_run(&w, w.now + 1000, NULL);
    cot_client_stop(&w.client);
    w.wake = w.now;
    while (w.events[COT_EVENT_REFUSED] == 0 && w.now < 200000)
        world_run(&w, w.now + 10, NULL);
    assert_int_equal(w.events[COT_EVENT_DEREGISTERED], 1); /* at once, not after the back-off */
}

static void refuses_configurations(void **state)
{
    (void)state;
    cot_client client;
    cot_client_config good = w.config;
    cot_client_config c = good;
    assert_int_equal(cot_client_init(&client, &c), COT_OK);
    c.endpoint = "";
    assert_int_equal(cot_client_init(&client, &c), COT_E_RANGE);
    c.endpoint = "0123456789012345678901234567890123456789012345678901234567890123x";
    assert_int_equal(cot_client_init(&client, &c), COT_E_RANGE);
    c = good;
    c.account.lifetime = 0;
    assert_int_equal(cot_client_init(&client, &c), COT_E_RANGE);
    c = good;
    c.account.short_server_id = 65535;
    assert_int_equal(cot_client_init(&client, &c), COT_E_RANGE);
    c = good;
    c.memory.request_cap = 100;
    assert_int_equal(cot_client_init(&client, &c), COT_E_RANGE);
    c = good;
    c.account.uri = "coap://server.test"; /* not with PSK */
    assert_int_equal(cot_client_init(&client, &c), COT_E_MALFORMED);
}

#define CASE(f, s) cmocka_unit_test_setup_teardown(f, s, check)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(stays_registered, start),
        CASE(registers_anew_on_4_04, start),
        CASE(comes_back_when_the_server_does, start),
        CASE(a_new_session_may_use_old_message_ids, start),
        CASE(acknowledges_separate_answers, prepare),
        CASE(sends_what_changed_meanwhile, start),
        CASE(backs_off_a_refusal, prepare),
        CASE(tries_the_next_address, prepare),
        CASE(a_busy_server_keeps_the_session, prepare),
        CASE(waits_for_a_name, prepare),
        CASE(updates_when_told, start),
        CASE(registers_any_name, prepare),
        CASE(registers_in_blocks, prepare),
        CASE(deregisters, start),
        CASE(stops_without_a_server, prepare),
        CASE(refuses_configurations, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
