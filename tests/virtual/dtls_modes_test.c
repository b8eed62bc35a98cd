/* SPDX-License-Identifier: Apache-2.0 */
/* The modes on a perfect link: PSK, RPK, X.509 with each usage, connection IDs on and off,
 * refusals. */
#include "tests/unit/test.h"

#include "core/base/bytes.h"
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

static void psk_without_connection_id(void **state)
{
    (void)state;
    p.client_config.cid = false;
    connects(COT_PEER_PSK);
    assert_int_equal(p.session.cid_in_len, 0);
    assert_int_equal(p.session.cid_out_len, 0);
}

static void psk_with_connection_ids_both_ways(void **state)
{
    (void)state;
    p.client_config.cid_len = 4;
    connects(COT_PEER_PSK);
    assert_int_equal(p.session.cid_in_len, 8);
    assert_int_equal(p.session.cid_out_len, 4);
}

static void psk_server_without_connection_id(void **state)
{
    (void)state;
    p.client_config.cid_len = 8;
    p.server_config.cid = false;
    connects(COT_PEER_PSK);
    assert_int_equal(p.session.cid_in_len, 0);
    assert_int_equal(p.session.cid_out_len, 0);
}

static void psk_with_each_suite(void **state)
{
    (void)state;
    for (cot_dtls_suite s = COT_DTLS_CCM_8; s <= COT_DTLS_GCM; s++) {
        pair_end(&p);
        pair_init(&p, NULL, s);
        p.client_config.suites = &s;
        p.client_config.suite_count = 1;
        connects(COT_PEER_PSK);
        assert_int_equal(p.session.suite, s);
    }
}

static void psk_wrong_key(void **state)
{
    (void)state;
    p.client_psk[0] ^= 1;
    refused(COT_REFUSAL_WRONG_KEY, COT_REFUSAL_ALERT);
    assert_string_equal(p.claimed, "");
}

static void psk_only_server_has_no_certificates(void **state)
{
    (void)state;
    p.server_config.rpk = false;
    p.server_config.chain_count = 0;
    p.server_config.client_anchor_count = 0;
    connects(COT_PEER_PSK);
}

static void psk_not_offered_by_the_server(void **state)
{
    (void)state;
    p.server_config.psk = false;
    refused(COT_REFUSAL_NO_COMMON_SUITE, COT_REFUSAL_ALERT);
}

/* What the client sees of an unknown identity is what it sees of a wrong key. */
static size_t wire[2][64];
static size_t wire_count[2];
static int wire_run;

static bool note_wire(pair *q, unsigned from, uint8_t *bytes, size_t *len)
{
    (void)q;
    if (from == PAIR_SERVER && wire_count[wire_run] < 64)
        wire[wire_run][wire_count[wire_run]++] = *len << 8 | bytes[0];
    return false;
}

static void psk_unknown_identity_looks_like_a_wrong_key(void **state)
{
    (void)state;
    memset(wire_count, 0, sizeof wire_count);
    for (wire_run = 0; wire_run < 2; wire_run++) {
        pair_end(&p);
        pair_init(&p, NULL, 1);
        p.tap = note_wire;
        if (wire_run == 0)
            p.client_psk[0] ^= 1;
        else
            p.identity = "device-2";
        refused(wire_run == 0 ? COT_REFUSAL_WRONG_KEY : COT_REFUSAL_UNKNOWN_IDENTITY,
                COT_REFUSAL_ALERT);
    }
    assert_int_equal(wire_count[0], wire_count[1]);
    assert_memory_equal(wire[0], wire[1], wire_count[0] * sizeof wire[0][0]);
}

static void rpk_mutual(void **state)
{
    (void)state;
    pair_use_rpk(&p);
    connects(COT_PEER_RPK);
    assert_int_equal(p.questions[COT_DTLS_NEED_SIGN], 1);
    assert_int_equal(p.questions[COT_DTLS_NEED_CREDENTIAL], 1);
}

static void rpk_on_a_server_without_certificate(void **state)
{
    (void)state;
    p.server_config.chain_count = 0;
    p.server_config.client_anchor_count = 0;
    pair_use_rpk(&p);
    connects(COT_PEER_RPK);
}

static void rpk_server_key_is_another(void **state)
{
    (void)state;
    pair_use_rpk(&p);
    p.client_config.server_spki = cert_spki(&pair_certificates()->other_ca);
    refused(COT_REFUSAL_ALERT, COT_REFUSAL_UNKNOWN_KEY);
}

static void rpk_client_key_is_not_registered(void **state)
{
    (void)state;
    pair_use_rpk(&p);
    p.credential_denied = true;
    refused(COT_REFUSAL_DENIED, COT_REFUSAL_ALERT);
}

static void rpk_client_does_not_hold_its_key(void **state)
{
    (void)state;
    pair_use_rpk(&p);
    p.client_config.own_spki = cert_spki(&pair_certificates()->stranger);
    refused(COT_REFUSAL_BAD_SIGNATURE, COT_REFUSAL_ALERT);
    assert_int_equal(p.questions[COT_DTLS_NEED_CREDENTIAL], 0);
}

static void rpk_server_offers_only_x509(void **state)
{
    (void)state;
    pair_use_rpk(&p);
    p.server_config.rpk = false;
    refused(COT_REFUSAL_NO_COMMON_SUITE, COT_REFUSAL_ALERT);
}

static cot_status sign(void *app, const uint8_t digest[static 32], uint8_t signature[static 64])
{
    (void)app;
    cert_sign_raw(&pair_certificates()->device.key, digest, signature);
    return COT_OK;
}

static cot_status sign_fails(void *app, const uint8_t digest[static 32],
                             uint8_t signature[static 64])
{
    (void)app;
    (void)digest;
    (void)signature;
    return COT_E_IO;
}

static void rpk_key_behind_a_callback(void **state)
{
    (void)state;
    pair_use_rpk(&p);
    p.client_config.private_key = NULL;
    for (int i = 0; i < 20; i++) { /* DER lengths differ */
        p.client_config.sign = sign;
        connects(COT_PEER_RPK);
        pair_end(&p);
        pair_init(&p, NULL, 2);
        pair_use_rpk(&p);
        p.client_config.private_key = NULL;
    }
    p.client_config.sign = sign_fails;
    refused(COT_REFUSAL_ALERT, COT_REFUSAL_LOCAL);
}

static void x509_each_usage(void **state)
{
    (void)state;
    for (cot_certificate_usage u = COT_USAGE_CA_CONSTRAINT; u <= COT_USAGE_DOMAIN_ISSUED; u++) {
        pair_end(&p);
        pair_init(&p, NULL, u);
        pair_use_x509(&p, u);
        connects(COT_PEER_X509);
        assert_string_equal(p.need.name, "urn:dev:1");
    }
}

static void x509_each_usage_with_another_certificate(void **state)
{
    (void)state;
    for (cot_certificate_usage u = COT_USAGE_CA_CONSTRAINT; u <= COT_USAGE_DOMAIN_ISSUED; u++) {
        pair_end(&p);
        pair_init(&p, NULL, u);
        pair_use_x509(&p, u);
        p.client_config.server_certificate = cert_der(&pair_certificates()->other_ca);
        refused(COT_REFUSAL_ALERT, COT_REFUSAL_UNTRUSTED);
    }
}

static void x509_constraints_need_an_anchor(void **state)
{
    (void)state;
    for (cot_certificate_usage u = COT_USAGE_CA_CONSTRAINT; u <= COT_USAGE_SERVICE_CONSTRAINT;
         u++) {
        static cot_dtls_blob other;
        pair_end(&p);
        pair_init(&p, NULL, u);
        pair_use_x509(&p, u);
        other = cert_der(&pair_certificates()->other_ca);
        p.client_config.trust_anchors = &other;
        refused(COT_REFUSAL_ALERT, COT_REFUSAL_UNTRUSTED);
    }
}

static void x509_server_with_an_intermediate(void **state)
{
    (void)state;
    const pair_certs *c = pair_certificates();
    for (cot_certificate_usage u = COT_USAGE_CA_CONSTRAINT; u <= COT_USAGE_TRUST_ANCHOR; u++) {
        pair_end(&p);
        pair_init(&p, NULL, u);
        pair_use_x509(&p, u);
        p.chain[0] = cert_der(&c->branch);
        p.chain[1] = cert_der(&c->intermediate);
        p.server_config.chain_count = 2;
        p.server_config.rpk = false; /* its key is another */
        if (u == COT_USAGE_CA_CONSTRAINT)
            p.client_config.server_certificate = cert_der(&c->intermediate);
        if (u == COT_USAGE_SERVICE_CONSTRAINT)
            p.client_config.server_certificate = cert_der(&c->branch);
        p.server_key = &c->branch.key;
        connects(COT_PEER_X509);
    }
}

static void x509_server_name_is_checked(void **state)
{
    (void)state;
    for (cot_certificate_usage u = COT_USAGE_CA_CONSTRAINT; u <= COT_USAGE_TRUST_ANCHOR; u++) {
        pair_end(&p);
        pair_init(&p, NULL, u);
        pair_use_x509(&p, u);
        p.client_config.server_name = "elsewhere.test";
        refused(COT_REFUSAL_ALERT, COT_REFUSAL_NAME);
    }
    pair_end(&p);
    pair_init(&p, NULL, 1);
    pair_use_x509(&p, COT_USAGE_DOMAIN_ISSUED);
    p.client_config.server_name = "elsewhere.test";
    connects(COT_PEER_X509);
}

static int64_t much_later(void *app)
{
    (void)app;
    return PAIR_NOW + 10 * 86400;
}

static void x509_server_certificate_expired(void **state)
{
    (void)state;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    p.client_config.time = much_later;
    refused(COT_REFUSAL_ALERT, COT_REFUSAL_EXPIRED);
}

static void x509_client_without_a_clock(void **state)
{
    (void)state;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    p.client_config.time = NULL;
    connects(COT_PEER_X509);
}

static void device_with(const cert *c)
{
    static cot_dtls_blob own;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    own = cert_der(c);
    p.client_config.own_chain = &own;
    p.client_config.private_key = c->key.scalar;
}

static void x509_device_certificate_expired(void **state)
{
    (void)state;
    device_with(&pair_certificates()->expired);
    refused(COT_REFUSAL_EXPIRED, COT_REFUSAL_ALERT);
    assert_string_equal(p.claimed, "urn:dev:1");
}

static void x509_device_certificate_of_another_ca(void **state)
{
    (void)state;
    device_with(&pair_certificates()->stranger);
    refused(COT_REFUSAL_UNTRUSTED, COT_REFUSAL_ALERT);
    assert_string_equal(p.claimed, "urn:dev:1");
}

static void x509_device_does_not_hold_its_key(void **state)
{
    (void)state;
    device_with(&pair_certificates()->device);
    p.client_config.private_key = pair_certificates()->stranger.key.scalar;
    refused(COT_REFUSAL_BAD_SIGNATURE, COT_REFUSAL_ALERT);
    assert_string_equal(p.claimed, "urn:dev:1");
}

static void x509_device_is_not_registered(void **state)
{
    (void)state;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    p.credential_denied = true;
    refused(COT_REFUSAL_DENIED, COT_REFUSAL_ALERT);
}

static void x509_signer_refuses(void **state)
{
    (void)state;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    p.signer_refuses = true;
    refused(COT_REFUSAL_LOCAL, COT_REFUSAL_ALERT);
}

static void x509_server_without_anchors(void **state)
{
    (void)state;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    p.server_config.client_anchor_count = 0;
    refused(COT_REFUSAL_NO_COMMON_SUITE, COT_REFUSAL_ALERT);
}

static void entropy_fails(void **state)
{
    (void)state;
    p.bad_random = true;
    assert_int_equal(pair_begin(&p), COT_OK);
    assert_int_equal(p.client.channel.state, COT_CHANNEL_CLOSED);
    assert_int_equal(p.client.channel.refusal, COT_REFUSAL_LOCAL);
}

static void incomplete_configurations(void **state)
{
    (void)state;
    p.client_config.psk = NULL;
    assert_int_equal(pair_begin(&p), COT_E_RANGE);
    assert_int_equal(p.client.channel.refusal, COT_REFUSAL_NO_CREDENTIAL);
    pair_use_rpk(&p);
    p.client_config.server_spki.len = 0;
    assert_int_equal(pair_begin(&p), COT_E_RANGE);
    pair_use_x509(&p, COT_USAGE_CA_CONSTRAINT);
    p.client_config.trust_anchor_count = 0;
    assert_int_equal(pair_begin(&p), COT_E_RANGE);
    p.server_config.psk = false;
    p.server_config.rpk = false;
    p.server_config.chain_count = 0;
    assert_int_equal(pair_begin(&p), COT_E_RANGE);
}

static void arena_too_small(void **state)
{
    (void)state;
    pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
    p.client_config.arena_len = 4096;
    assert_int_equal(pair_begin(&p), COT_E_RANGE);
    assert_int_equal(p.client.channel.refusal, COT_REFUSAL_MEMORY);
}

static void the_documented_arena_suffices(void **state)
{
    (void)state;
    p.client_config.arena_len = COT_DTLS_ARENA_HOST;
    connects(COT_PEER_PSK);
    for (int rpk = 0; rpk < 2; rpk++) {
        teardown(NULL);
        setup(NULL);
        if (rpk == 1)
            pair_use_rpk(&p);
        else
            pair_use_x509(&p, COT_USAGE_CA_CONSTRAINT);
        p.chain[1] = cert_der(&pair_certificates()->ca);
        p.server_config.chain_count = 2;
        p.client_config.arena_len = COT_DTLS_ARENA_HOST;
        connects(rpk == 1 ? COT_PEER_RPK : COT_PEER_X509);
    }
}

/* A chain of our own, with certificates that do not belong to it behind the first. */
static void send_chain(size_t extra)
{
    static cot_dtls_blob own[24];
    const pair_certs *c = pair_certificates();
    pair_use_x509(&p, COT_USAGE_DOMAIN_ISSUED);
    own[0] = cert_der(&c->device);
    for (size_t i = 1; i <= extra; i++)
        own[i] = cert_der(&c->other_ca);
    p.client_config.own_chain = own;
    p.client_config.own_chain_count = extra + 1;
}

static void certificate_messages_up_to_4_kib(void **state)
{
    (void)state;
    const pair_certs *c = pair_certificates();
    size_t most = (4096 - 3 - 3 - c->device.der_len) / (c->other_ca.der_len + 3);
    send_chain(most);
    p.client_config.mtu = 256; /* in many fragments, with much to hold */
    p.server_config.mtu = 256;
    p.answer_after = 20;
    connects(COT_PEER_X509);
    assert_true(p.server_peak <= COT_DTLS_HANDSHAKE_BYTES);
    print_message("peak of the server's handshake: %zu bytes\n", p.server_peak);
}

static void session_goes_on_without_a_connection_id_that_is_too_long(void **state)
{
    (void)state;
    uint8_t hello[256];
    uint8_t reply[COT_DTLS_HELLO_VERIFY_LEN];
    uint8_t cookie[COT_DTLS_COOKIE_LEN] = {0};
    uint8_t out[PAIR_DATAGRAM];
    const uint8_t cid[COT_DTLS_CID_IN_MAX] = {PAIR_WORKER};
    assert_int_equal(pair_begin(&p), COT_OK);
    for (size_t length = 32; length <= 33; length++) {
        size_t n = 0;
        size_t len = 0;
        cot_writer w;
        memset(cookie, 0, sizeof cookie);
        for (int second = 0; second < 2; second++) {
            size_t extensions = 4 + 1 + length;
            size_t body = 2 + 32 + 1 + 1 + sizeof cookie + 2 + 2 + 2 + 2 + extensions;
            cot_writer_init(&w, hello, sizeof hello);
            cot_write_bytes(&w, "\x16\xfe\xfd\0\0\0\0\0\0\0", 10);
            cot_write_u8(&w, (uint8_t)second);
            cot_write_u16(&w, (uint16_t)(12 + body));
            cot_write_u8(&w, 1);
            cot_write_u24(&w, (uint32_t)body);
            cot_write_u16(&w, (uint16_t)second);
            cot_write_u24(&w, 0);
            cot_write_u24(&w, (uint32_t)body);
            cot_write_bytes(&w, "\xfe\xfd", 2);
            cot_write_bytes(&w, "random random random random rand\0", 33);
            cot_write_u8(&w, sizeof cookie);
            cot_write_bytes(&w, cookie, sizeof cookie);
            cot_write_bytes(&w, "\0\2\xc0\xa8\1\0", 6);
            cot_write_u16(&w, (uint16_t)extensions);
            cot_write_u16(&w, 54);
            cot_write_u16(&w, (uint16_t)(1 + length));
            cot_write_u8(&w, (uint8_t)length);
            for (size_t i = 0; i < length; i++)
                cot_write_u8(&w, 0xcc);
            assert_int_equal(w.err, COT_OK);
            if (second == 0) {
                assert_int_equal(
                    cot_dtls_cookie_check(&p.cookie, cid, 4, hello, w.len, p.now, reply, &n),
                    COT_DTLS_FIRST_VERIFY);
                memcpy(cookie, reply + n - sizeof cookie, sizeof cookie);
            }
        }
        assert_int_equal(cot_dtls_cookie_check(&p.cookie, cid, 4, hello, w.len, p.now, reply, &n),
                         COT_DTLS_FIRST_ACCEPT);
        assert_int_equal(cot_dtls_handshake_start(&p.handshake, p.server, p.handshake_memory,
                                                  sizeof p.handshake_memory, cid, p.now),
                         COT_OK);
        cot_dtls_handshake_received(p.handshake, hello, w.len);
        assert_int_equal(cot_dtls_handshake_next(p.handshake, p.now, out, sizeof out, &len),
                         COT_DTLS_OUTPUT);
        assert_int_equal(out[0], 22);
        assert_int_equal(out[13], 2); /* ServerHello, not an alert */
        bool answered = false;        /* the server's own connection ID in it */
        for (size_t i = 0; i + 12 < len; i++)
            answered = answered || memcmp(out + i, "\0\x36\0\x09\x08\x07\0\0\0\0\0\0\0", 13) == 0;
        assert_int_equal(answered, length == 32);
        cot_dtls_handshake_end(p.handshake);
        p.handshake = NULL;
    }
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(psk_with_extended_master_secret),
    ROW(psk_without_connection_id),
    ROW(psk_with_connection_ids_both_ways),
    ROW(psk_server_without_connection_id),
    ROW(psk_with_each_suite),
    ROW(psk_wrong_key),
    ROW(psk_only_server_has_no_certificates),
    ROW(psk_not_offered_by_the_server),
    ROW(psk_unknown_identity_looks_like_a_wrong_key),
    ROW(rpk_mutual),
    ROW(rpk_on_a_server_without_certificate),
    ROW(rpk_server_key_is_another),
    ROW(rpk_client_key_is_not_registered),
    ROW(rpk_client_does_not_hold_its_key),
    ROW(rpk_server_offers_only_x509),
    ROW(rpk_key_behind_a_callback),
    ROW(x509_each_usage),
    ROW(x509_each_usage_with_another_certificate),
    ROW(x509_constraints_need_an_anchor),
    ROW(x509_server_with_an_intermediate),
    ROW(x509_server_name_is_checked),
    ROW(x509_server_certificate_expired),
    ROW(x509_client_without_a_clock),
    ROW(x509_device_certificate_expired),
    ROW(x509_device_certificate_of_another_ca),
    ROW(x509_device_does_not_hold_its_key),
    ROW(x509_device_is_not_registered),
    ROW(x509_signer_refuses),
    ROW(x509_server_without_anchors),
    ROW(entropy_fails),
    ROW(incomplete_configurations),
    ROW(arena_too_small),
    ROW(the_documented_arena_suffices),
    ROW(certificate_messages_up_to_4_kib),
    ROW(session_goes_on_without_a_connection_id_that_is_too_long),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
