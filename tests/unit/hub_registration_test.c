/* SPDX-License-Identifier: Apache-2.0 */
/* Who may register as what, and what follows from it. */
#include "tests/unit/hub_world.h"

#include <stdio.h>

enum { CREATED = 0x41, DELETED = 0x42, CHANGED = 0x44, FORBIDDEN = 0x83, NOT_FOUND = 0x84 };

static bool registered(world *w, const char *endpoint, uint8_t location)
{
    store_device d;
    if (store_device_get(w->st, store_bytes(endpoint), &d) != COT_OK || !d.registered)
        return false;
    return d.reg.location.b[0] == location;
}

static bool refused_for(world *w, const char *endpoint, const char *reason)
{
    cot_bytes body;
    cot_cbor_reader r;
    char text[64];
    hub_put_text(world_args(w, 1), "endpoint", endpoint);
    if (world_call(w, IPC_API_DEVICE_WHY, &body) != 200)
        return false;
    cot_cbor_reader_init(&r, hub_map_find(body, "refusals"), 0);
    if (cot_cbor_read_array(&r) != 1)
        return false;
    world_text(cot_cbor_skip(&r), "reason", text, sizeof text);
    return cot_bytes_is(store_bytes(reason), text);
}

static void nosec_is_for_endpoints_that_were_added(void **state)
{
    world *w = *state;
    w->strict = true;
    assert_int_equal(world_register(w, 0, "new", 1, IPC_NOSEC, 0), FORBIDDEN);
    assert_true(refused_for(w, "new", "endpoint-not-covered"));
    world_add_nosec(w, "new");
    assert_int_equal(world_register(w, 0, "new", 1, IPC_NOSEC, 0), CREATED);
    assert_true(registered(w, "new", 1));
    assert_false(world_quiet(w, IPC_READ)); /* object 3 is read */
}

static void rule_8_an_endpoint_with_a_credential_never_registers_over_nosec(void **state)
{
    world *w = *state;
    world_add_psk(w, "safe", NULL);
    assert_int_equal(world_register(w, 0, "safe", 1, IPC_NOSEC, 0), FORBIDDEN);
    assert_false(registered(w, "safe", 1));
    assert_true(refused_for(w, "safe", "nosec-forbidden"));
}

static void a_credential_covers_its_own_endpoint_only(void **state)
{
    world *w = *state;
    world_add_psk(w, "a", NULL);
    world_add_psk(w, "b", NULL);
    assert_int_equal(world_register(w, 0, "b", 1, IPC_PSK, world_credential(w, "a")), FORBIDDEN);
    assert_true(refused_for(w, "b", "endpoint-not-covered"));
    assert_int_equal(world_register(w, 0, "nobody", 1, IPC_PSK, world_credential(w, "a")),
                     FORBIDDEN);
    assert_int_equal(world_register(w, 0, "a", 2, IPC_PSK, 0), FORBIDDEN);
    assert_int_equal(world_register(w, 0, "a", 2, IPC_PSK, world_credential(w, "a")), CREATED);
}

static void a_repeated_registration_is_answered_alike(void **state)
{
    world *w = *state;
    assert_int_equal(world_register(w, 0, "dev", 1, IPC_NOSEC, 0), CREATED);
    world_forget(w);
    world_restart(w);
    assert_int_equal(world_register(w, 0, "dev", 1, IPC_NOSEC, 0), CREATED);
    assert_true(world_quiet(w, IPC_DROP));
    assert_true(registered(w, "dev", 1));
}

static void a_new_registration_drops_the_old_one_at_its_worker(void **state)
{
    world *w = *state;
    cot_reader r;
    ipc_drop drop;
    assert_int_equal(world_register(w, 0, "dev", 1, IPC_NOSEC, 0), CREATED);
    world_forget(w);
    assert_int_equal(world_register(w, 1, "dev", 2, IPC_NOSEC, 0), CREATED);
    hub_message *m = world_wait(w, IPC_DROP, &r);
    assert_int_equal(m->index, 0);
    assert_int_equal(ipc_get_drop(&r, &drop), COT_OK);
    assert_int_equal(drop.location.b[0], 1);
    assert_int_equal(drop.end_session, 1); /* it left that session behind */
    hub_message_free(m);
    assert_true(registered(w, "dev", 2));
    assert_int_equal(world_register(w, 1, "dev", 3, IPC_NOSEC, 0), CREATED);
    m = world_wait(w, IPC_DROP, &r);
    assert_int_equal(ipc_get_drop(&r, &drop), COT_OK);
    assert_int_equal(drop.end_session, 0); /* the same worker and address: the same session */
    hub_message_free(m);
}

static uint8_t update(world *w, uint8_t location)
{
    cot_reader r;
    ipc_answer a;
    ipc_update u = {.id = 5, .location = world_location(location), .lifetime = 60};
    ipc_put_update(world_put(w), &u);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_UPDATE), COT_OK);
    hub_message *m = world_wait(w, IPC_ANSWER, &r);
    assert_int_equal(ipc_get_answer(&r, &a), COT_OK);
    hub_message_free(m);
    return a.code;
}

static uint8_t deregister(world *w, uint8_t location)
{
    cot_reader r;
    ipc_answer a;
    ipc_deregister d = {.id = 6, .location = world_location(location)};
    ipc_put_deregister(world_put(w), &d);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_DEREGISTER), COT_OK);
    hub_message *m = world_wait(w, IPC_ANSWER, &r);
    assert_int_equal(ipc_get_answer(&r, &a), COT_OK);
    hub_message_free(m);
    return a.code;
}

static void update_and_deregister(void **state)
{
    world *w = *state;
    store_device d;
    assert_int_equal(update(w, 1), NOT_FOUND);
    assert_int_equal(world_register(w, 0, "dev", 1, IPC_NOSEC, 0), CREATED);
    assert_int_equal(update(w, 1), CHANGED);
    assert_int_equal(store_device_get(w->st, store_bytes("dev"), &d), COT_OK);
    assert_int_equal(d.reg.lifetime, 60);
    assert_int_equal(deregister(w, 1), DELETED);
    assert_int_equal(deregister(w, 1), DELETED); /* asked again after a restart */
    assert_false(registered(w, "dev", 1));
    assert_int_equal(update(w, 1), NOT_FOUND);
}

static void a_worker_with_an_empty_table_has_no_registrations(void **state)
{
    world *w = *state;
    assert_int_equal(world_register(w, 0, "a", 1, IPC_NOSEC, 0), CREATED);
    assert_int_equal(world_register(w, 1, "b", 2, IPC_NOSEC, 0), CREATED);
    ipc_put_hello(world_put(w), &(ipc_hello){0, 0, 1});
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_HELLO), COT_OK);
    assert_true(registered(w, "a", 1));
    ipc_put_hello(world_put(w), &(ipc_hello){0, 1, 0});
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_HELLO), COT_OK);
    assert_false(registered(w, "a", 1));
    assert_true(registered(w, "b", 2));
}

static void refreshes_come_in_batches(void **state)
{
    world *w = *state;
    store_device d;
    cot_reader r;
    assert_int_equal(world_register(w, 0, "a", 1, IPC_NOSEC, 0), CREATED);
    w->utc += 60000;
    cot_writer *m = world_put(w);
    cot_write_u8(m, 1);
    ipc_put_refresh(m, &(ipc_refresh){.location = world_location(9)}); /* not known here */
    assert_int_equal(m->len, HUB_REFRESH_SIZE);
    cot_write_u8(m, 0);
    ipc_put_refresh(m, &(ipc_refresh){.location = world_location(1), .from = {.port = 4711}});
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_REFRESH), COT_OK);
    assert_int_equal(store_device_get(w->st, store_bytes("a"), &d), COT_OK);
    assert_int_equal(d.seen_at, w->utc);
    assert_int_equal(d.reg.address.port, 4711);
    hub_message *drop = world_wait(w, IPC_DROP, &r);
    assert_int_equal(drop->index, 1);
    hub_message_free(drop);
}

static void refresh(world *w, uint8_t location)
{
    cot_write_u8(world_put(w), 0);
    ipc_put_refresh(&w->m, &(ipc_refresh){.location = world_location(location)});
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_REFRESH), COT_OK);
}

/* The worker's word that a lifetime ran out may be lost with it. */
static void a_registration_whose_end_was_lost_ends_by_time(void **state)
{
    world *w = *state;
    assert_int_equal(world_register(w, 0, "gone", 1, IPC_NOSEC, 0), CREATED);
    assert_int_equal(world_register(w, 0, "here", 2, IPC_NOSEC, 0), CREATED);
    for (unsigned i = 0; i < 36; i++) { /* 360 s: lifetime 300 and the grace */
        assert_true(registered(w, "gone", 1));
        refresh(w, 2);
        world_later(w, 10000);
    }
    world_later(w, 10000);
    assert_false(registered(w, "gone", 1));
    assert_true(registered(w, "here", 2));
    assert_false(world_quiet(w, IPC_DROP));
}

static void a_step_of_the_clock_ends_nothing(void **state)
{
    world *w = *state;
    assert_int_equal(world_register(w, 0, "dev", 1, IPC_NOSEC, 0), CREATED);
    for (unsigned i = 0; i < 40; i++) {
        refresh(w, 1);
        world_later(w, 10000);
    }
    w->utc += 86400000; /* set by NTP after hours on a wrong clock */
    for (unsigned i = 0; i < 20; i++)
        world_later(w, 10000);
    assert_true(registered(w, "dev", 1));
    world_restart(w); /* nor does a hub that was away for long */
    world_later(w, 1000);
    assert_true(registered(w, "dev", 1));
}

static void a_worker_that_is_no_more_has_no_registrations(void **state)
{
    world *w = *state;
    assert_int_equal(world_register(w, 0, "a", 1, IPC_NOSEC, 0), CREATED);
    assert_int_equal(world_register(w, 5, "b", 2, IPC_NOSEC, 0), CREATED);
    world_restart(w); /* with two workers */
    assert_true(registered(w, "a", 1));
    assert_false(registered(w, "b", 2));
}

static void the_probe_learns_the_version_and_survives_silence(void **state)
{
    world *w = *state;
    store_device d;
    cot_reader r;
    assert_int_equal(world_register(w, 0, "a", 1, IPC_NOSEC, 0), CREATED);
    hub_message_free(world_wait(w, IPC_READ, &r));
    world_later(w, 32000); /* no answer came */
    assert_true(world_quiet(w, IPC_READ));
    world_later(w, 60000);
    world_answer_probe(w, "1.2.3");
    assert_int_equal(store_device_get(w->st, store_bytes("a"), &d), COT_OK);
    assert_string_equal(d.version, "1.2.3");
    world_forget(w);
    world_later(w, 120000);
    assert_true(world_quiet(w, IPC_READ));
}

static void handshakes_get_the_sealed_key_or_an_empty_one(void **state)
{
    world *w = *state;
    cot_reader r;
    ipc_master_wanted m;
    uint8_t seed[32] = {1};
    world_add_psk(w, "dev", NULL);
    ipc_psk_wanted want = {3, store_bytes("dev"), IPC_MASTER_EXTENDED, {seed, 32}};
    ipc_put_psk_wanted(world_put(w), &want);
    assert_int_equal(world_say(w, IPC_NET, 1, IPC_PSK_WANTED), COT_OK);
    hub_message *heard = world_wait(w, IPC_MASTER_WANTED, &r);
    assert_int_equal(ipc_get_master_wanted(&r, &m), COT_OK);
    assert_int_equal(m.worker, 1);
    assert_int_equal(m.credential, world_credential(w, "dev"));
    assert_true(m.sealed.len > 0);
    hub_message_free(heard);
    want.identity = store_bytes("nobody");
    ipc_put_psk_wanted(world_put(w), &want);
    assert_int_equal(world_say(w, IPC_NET, 1, IPC_PSK_WANTED), COT_OK);
    heard = world_wait(w, IPC_MASTER_WANTED, &r);
    assert_int_equal(ipc_get_master_wanted(&r, &m), COT_OK);
    assert_int_equal(m.credential, 0);
    assert_int_equal(m.sealed.len, 0);
    hub_message_free(heard);
}

static void the_same_refusal_is_noted_once_a_minute(void **state)
{
    world *w = *state;
    ipc_refused refused = {IPC_PSK, IPC_REASON_KEY_WRONG, {{0}, 1}, store_bytes("dev")};
    world_add_psk(w, "dev", NULL);
    for (unsigned i = 0; i < 50; i++) {
        ipc_put_refused(world_put(w), &refused);
        assert_int_equal(world_say(w, IPC_NET, 0, IPC_REFUSED), COT_OK);
    }
    assert_true(refused_for(w, "dev", "key-wrong"));
}

static void a_flood_of_refusals_is_not_stored(void **state)
{
    world *w = *state;
    char name[16];
    for (unsigned i = 0; i < 3 * HUB_REFUSALS; i++) {
        (void)snprintf(name, sizeof name, "evil-%u", i);
        ipc_refused refused = {IPC_PSK, IPC_REASON_IDENTITY_UNKNOWN, {{0}, 1}, store_bytes(name)};
        ipc_put_refused(world_put(w), &refused);
        assert_int_equal(world_say(w, IPC_NET, 0, IPC_REFUSED), COT_OK);
    }
    assert_true(refused_for(w, "evil-0", "identity-unknown"));
    assert_false(refused_for(w, "evil-250", "identity-unknown"));
    world_later(w, 10000);
    ipc_refused refused = {IPC_PSK, IPC_REASON_KEY_WRONG, {{0}, 1}, store_bytes("later")};
    ipc_put_refused(world_put(w), &refused);
    assert_int_equal(world_say(w, IPC_NET, 0, IPC_REFUSED), COT_OK);
    assert_true(refused_for(w, "later", "key-wrong"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nosec_is_for_endpoints_that_were_added),
        T(rule_8_an_endpoint_with_a_credential_never_registers_over_nosec),
        T(a_credential_covers_its_own_endpoint_only),
        T(a_repeated_registration_is_answered_alike),
        T(a_new_registration_drops_the_old_one_at_its_worker),
        T(update_and_deregister),
        T(a_worker_with_an_empty_table_has_no_registrations),
        T(refreshes_come_in_batches),
        T(a_registration_whose_end_was_lost_ends_by_time),
        T(a_step_of_the_clock_ends_nothing),
        T(a_worker_that_is_no_more_has_no_registrations),
        T(the_probe_learns_the_version_and_survives_silence),
        T(handshakes_get_the_sealed_key_or_an_empty_one),
        T(the_same_refusal_is_noted_once_a_minute),
        T(a_flood_of_refusals_is_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
