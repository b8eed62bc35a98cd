/* SPDX-License-Identifier: Apache-2.0 */
/* Rule 9: stored commands happen once, or hub says that it does not know. */
#include "tests/unit/hub_world.h"

#include <string.h>

enum { CHANGED = 0x44, CONTENT = 0x45, NO_SUCH = 0x84 };

static uint64_t add(world *w, const char *operation, const char *path, const char *key,
                    uint16_t expected)
{
    cot_bytes body;
    bool write = strcmp(operation, "write") == 0;
    cot_writer *a = world_args(w, 3 + (unsigned)write + (key != NULL));
    hub_put_text(a, "endpoint", "dev");
    hub_put_text(a, "operation", operation);
    hub_put_text(a, "path", path);
    if (write)
        hub_put_uint(a, "value", 42);
    if (key != NULL)
        hub_put_text(a, "idempotency_key", key);
    uint16_t status = world_call(w, IPC_API_COMMAND_ADD, &body);
    assert_int_equal(status, expected);
    return expected < 300 ? world_uint(body, "id") : 0;
}

static void state_is(world *w, uint64_t id, const char *expected)
{
    cot_bytes body;
    char text[32];
    hub_put_uint(world_args(w, 1), "id", id);
    assert_int_equal(world_call(w, IPC_API_COMMAND_GET, &body), 200);
    world_text(body, "state", text, sizeof text);
    assert_string_equal(text, expected);
}

static ipc_command sent(world *w)
{
    static hub_message *last;
    static ipc_command c;
    cot_reader r;
    hub_message *m = world_wait(w, IPC_COMMAND, &r);
    assert_int_equal(ipc_get_command(&r, &c), COT_OK);
    hub_message_free(last); /* c borrows from the one in hand */
    last = m;
    return c;
}

static void result(world *w, const ipc_command *c, uint8_t code)
{
    ipc_result r = {c->id, c->location, code, 0, {NULL, 0}};
    ipc_put_result(world_put(w), &r);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_COMMAND_RESULT), COT_OK);
}

static void hello(world *w, uint8_t worker)
{
    ipc_put_hello(world_put(w), &(ipc_hello){worker, 0, 1});
    assert_int_equal(world_say(w, IPC_NET, worker, IPC_HELLO), COT_OK);
}

static void online(world *w, uint8_t location)
{
    assert_int_equal(world_register(w, 0, "dev", location, IPC_NOSEC, 0), 0x41);
}

static void one_at_a_time_and_in_order(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t a = add(w, "write", "3303/0/5700", NULL, 202);
    uint64_t b = add(w, "execute", "3/0/4", NULL, 202);
    ipc_command c = sent(w);
    assert_int_equal(c.id, a);
    assert_int_equal(c.operation, IPC_OP_WRITE);
    assert_true(c.mid >= 0x8000);
    assert_true(world_quiet(w, IPC_COMMAND));
    state_is(w, b, "queued");
    result(w, &c, CHANGED);
    state_is(w, a, "done");
    uint16_t first = c.mid;
    c = sent(w);
    assert_int_equal(c.id, b);
    assert_int_not_equal(c.mid, first);
    result(w, &c, NO_SUCH);
    state_is(w, b, "failed");
}

static void waits_for_a_device_that_is_away(void **state)
{
    world *w = *state;
    online(w, 1);
    ipc_put_deregister(world_put(w), &(ipc_deregister){1, world_location(1)});
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_DEREGISTER), COT_OK);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    assert_true(world_quiet(w, IPC_COMMAND));
    world_restart(w);
    online(w, 2);
    assert_int_equal(sent(w).id, id);
}

static void rule_9_is_sent_again_as_it_was_after_hub_died(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    ipc_command first = sent(w);
    world_restart(w);
    w->now += 5000;
    hello(w, 1); /* another worker's: not its device */
    assert_true(world_quiet(w, IPC_COMMAND));
    hello(w, 0);
    ipc_command again = sent(w);
    assert_int_equal(again.id, id);
    assert_int_equal(again.mid, first.mid);
    assert_memory_equal(again.token, first.token, 8);
    assert_int_equal(again.age_ms, 5000);
    result(w, &again, CHANGED);
    result(w, &again, NO_SUCH); /* told twice: the first counts */
    state_is(w, id, "done");
}

static void rule_9_is_unknown_past_exchange_lifetime_and_never_repeated(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    (void)sent(w);
    w->now += HUB_EXCHANGE_LIFETIME;
    hello(w, 0);
    assert_true(world_quiet(w, IPC_COMMAND));
    world_later(w, 1000);
    state_is(w, id, "unknown");
    world_forget(w);
    online(w, 2);
    hello(w, 0);
    assert_true(world_quiet(w, IPC_COMMAND));
}

static void rule_9_the_wall_clock_does_not_matter(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    (void)sent(w);
    w->utc -= 100000000; /* it stepped back, as at a boot without a battery-backed clock */
    w->now += HUB_EXCHANGE_LIFETIME;
    hello(w, 0);
    assert_true(world_quiet(w, IPC_COMMAND));
    world_later(w, 1000);
    state_is(w, id, "unknown");
}

static void rule_9_what_was_sent_before_a_reboot_is_unknown(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    (void)sent(w);
    w->now += 10000; /* it began anew, and looks as if ten seconds had passed */
    w->boot++;
    world_restart(w);
    hello(w, 0);
    assert_true(world_quiet(w, IPC_COMMAND));
    state_is(w, id, "unknown");
}

/* A worker that was taken over speaks for its own devices only. */
static void another_worker_cannot_finish_a_command(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    ipc_command c = sent(w);
    for (unsigned i = 0; i < 2; i++) {
        ipc_result r = {c.id, i == 0 ? c.location : world_location(9), CHANGED, 0, {NULL, 0}};
        ipc_put_result(world_put(w), &r);
        assert_int_equal(world_say(w, IPC_NET, i == 0 ? 1 : 0, IPC_COMMAND_RESULT), COT_OK);
        state_is(w, id, "sent");
    }
    ipc_put_expired(world_put(w), &(ipc_expired){c.location});
    assert_int_equal(world_say(w, IPC_NET, 1, IPC_EXPIRED), COT_OK);
    state_is(w, id, "sent");
    result(w, &c, CHANGED);
    state_is(w, id, "done");
}

static void rule_9_an_execute_over_a_lost_registration_is_unknown(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    (void)sent(w);
    world_forget(w);
    online(w, 2); /* the device restarted, and with it its memory of message ids */
    state_is(w, id, "unknown");
    assert_true(world_quiet(w, IPC_COMMAND));
}

static void rule_9_a_write_over_a_lost_registration_is_sent_anew(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "write", "3303/0/5700", NULL, 202);
    uint16_t mid = sent(w).mid;
    online(w, 2);
    ipc_command c = sent(w);
    assert_int_equal(c.id, id);
    assert_int_not_equal(c.mid, mid);
    assert_int_equal(c.location.b[0], 2);
}

static void rule_9_what_was_not_sent_waits_for_the_next_registration(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    ipc_command c = sent(w);
    result(w, &c, IPC_CODE_NOT_SENT); /* the worker lost the registration */
    state_is(w, id, "queued");
    assert_true(world_quiet(w, IPC_COMMAND));
    online(w, 2);
    ipc_command anew = sent(w);
    assert_int_equal(anew.id, id);
    hello(w, 0); /* a worker that had it may have sent it */
    ipc_command again = sent(w);
    result(w, &again, IPC_CODE_NOT_SENT);
    state_is(w, id, "sent");
    online(w, 3);
    state_is(w, id, "unknown");
}

static void rule_9_no_answer_is_unknown(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", NULL, 202);
    ipc_command c = sent(w);
    result(w, &c, 0);
    state_is(w, id, "unknown");
}

static void a_key_names_one_command(void **state)
{
    world *w = *state;
    online(w, 1);
    uint64_t id = add(w, "execute", "3/0/4", "k1", 202);
    assert_int_equal(add(w, "execute", "3/0/4", "k1", 202), id);
    world_restart(w);
    assert_int_equal(add(w, "execute", "3/0/4", "k1", 202), id);
    (void)add(w, "execute", "3/0/5", "k1", 409);
    assert_int_not_equal(add(w, "execute", "3/0/4", "k2", 202), id);
}

static void only_a_queued_command_can_be_cancelled(void **state)
{
    world *w = *state;
    cot_bytes body;
    online(w, 1);
    uint64_t a = add(w, "execute", "3/0/4", NULL, 202);
    uint64_t b = add(w, "execute", "3/0/4", NULL, 202);
    hub_put_uint(world_args(w, 1), "id", a);
    assert_int_equal(world_call(w, IPC_API_COMMAND_CANCEL, &body), 409);
    hub_put_uint(world_args(w, 1), "id", b);
    assert_int_equal(world_call(w, IPC_API_COMMAND_CANCEL, &body), 200);
    state_is(w, b, "cancelled");
    ipc_command c = sent(w);
    result(w, &c, CHANGED);
    assert_true(world_quiet(w, IPC_COMMAND));
}

static void a_call_may_wait_for_the_outcome(void **state)
{
    world *w = *state;
    cot_bytes body;
    char text[16];
    online(w, 1);
    for (unsigned late = 0; late < 2; late++) {
        cot_writer *a = world_args(w, 4);
        hub_put_text(a, "endpoint", "dev");
        hub_put_text(a, "operation", "execute");
        hub_put_text(a, "path", "3/0/4");
        hub_put_uint(a, "wait", 5);
        assert_int_equal(world_call(w, IPC_API_COMMAND_ADD, &body), 0);
        ipc_command c = sent(w);
        if (late)
            world_later(w, 5000);
        else
            result(w, &c, CHANGED);
        assert_int_equal(world_answer(w, &body), late ? 202 : 200);
        world_text(body, "state", text, sizeof text);
        assert_string_equal(text, late ? "sent" : "done");
    }
}

static void a_queue_is_bounded(void **state)
{
    world *w = *state;
    online(w, 1);
    for (unsigned i = 0; i < HUB_COMMANDS_OPEN; i++)
        (void)add(w, "execute", "3/0/4", NULL, 202);
    (void)add(w, "execute", "3/0/4", NULL, 429);
}

static void notify(world *w, const ipc_command *observe, int value)
{
    uint8_t payload[64];
    cot_lwm2m_encoder e;
    cot_writer p;
    cot_lwm2m_path path = cot_lwm2m_path_of(3, 3303, 0, 5700, 0);
    cot_value v = cot_value_int(value);
    ipc_notify n = {
        .location = observe->location, .code = CONTENT, .format = COT_FORMAT_SENML_CBOR};
    memcpy(n.token, observe->token, sizeof n.token);
    cot_writer_init(&p, payload, sizeof payload);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &path, &p);
    cot_lwm2m_encode_put(&e, &path, &v);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_OK);
    n.payload = (cot_bytes){payload, p.len};
    ipc_put_notify(world_put(w), &n);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_NOTIFY), COT_OK);
}

static double last_value(world *w)
{
    cot_bytes body;
    cot_cbor_reader r;
    hub_put_text(world_args(w, 1), "endpoint", "dev");
    assert_int_equal(world_call(w, IPC_API_VALUE_LIST, &body), 200);
    cot_cbor_reader_init(&r, hub_map_find(body, "items"), 0);
    if (cot_cbor_read_array(&r) == 0)
        return 0;
    cot_bytes item = cot_cbor_skip(&r);
    cot_cbor_reader_init(&r, hub_map_find(item, "value"), 0);
    return cot_cbor_read_double(&r);
}

static void an_observation_goes_on_after_a_new_registration(void **state)
{
    world *w = *state;
    online(w, 1);
    (void)add(w, "observe", "3303/0/5700", NULL, 202);
    ipc_command c = sent(w);
    result(w, &c, CONTENT);
    notify(w, &c, 20);
    assert_true(last_value(w) == 20);
    ipc_command other = c;
    other.token[0] ^= 1;
    notify(w, &other, 99); /* nobody's token */
    assert_true(last_value(w) == 20);
    online(w, 2);
    ipc_command renewed = sent(w);
    assert_int_equal(renewed.operation, IPC_OP_OBSERVE);
    assert_memory_equal(renewed.token, c.token, 8);
    result(w, &renewed, CONTENT);
    notify(w, &renewed, 21);
    assert_true(last_value(w) == 21);
    (void)add(w, "cancel", "3303/0/5700", NULL, 202);
    ipc_command cancel = sent(w);
    assert_int_equal(cancel.operation, IPC_OP_CANCEL);
    assert_memory_equal(cancel.token, c.token, 8);
    notify(w, &renewed, 22);
    assert_true(last_value(w) == 21);
    (void)add(w, "cancel", "3303/0/5700", NULL, 404);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_at_a_time_and_in_order),
        T(waits_for_a_device_that_is_away),
        T(rule_9_is_sent_again_as_it_was_after_hub_died),
        T(rule_9_is_unknown_past_exchange_lifetime_and_never_repeated),
        T(rule_9_the_wall_clock_does_not_matter),
        T(rule_9_what_was_sent_before_a_reboot_is_unknown),
        T(another_worker_cannot_finish_a_command),
        T(rule_9_an_execute_over_a_lost_registration_is_unknown),
        T(rule_9_a_write_over_a_lost_registration_is_sent_anew),
        T(rule_9_what_was_not_sent_waits_for_the_next_registration),
        T(rule_9_no_answer_is_unknown),
        T(a_key_names_one_command),
        T(only_a_queued_command_can_be_cancelled),
        T(a_call_may_wait_for_the_outcome),
        T(a_queue_is_bounded),
        T(an_observation_goes_on_after_a_new_registration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
