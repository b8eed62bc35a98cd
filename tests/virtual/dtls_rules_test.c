/* SPDX-License-Identifier: Apache-2.0 */
/* Rules 1, 2, 3, 5 and 6 of the design, each as a named test, on whole sessions. */
#include "tests/unit/test.h"

#include "core/base/bytes.h"
#include "tests/virtual/dtls_pair.h"

#include <stdlib.h>
#include <string.h>

static pair p;

/* ---- what was sent, kept by a tap ---- */

typedef struct kept {
    uint8_t bytes[PAIR_DATAGRAM];
    size_t len;
    unsigned from;
} kept;

static kept sent[256];
static size_t sent_count;
static unsigned drop_from;  /* whose datagrams to drop … */
static unsigned drop_count; /* … and how many of the next ones */
static uint8_t drop_type;   /* that contain a record of this type; 0: any */

static bool contains(const uint8_t *b, size_t len, uint8_t type)
{
    while (len >= 13) {
        size_t n = 13u + ((size_t)b[11] << 8 | b[12]);
        if (type == 0 || b[0] == type)
            return true;
        if (b[0] == COT_DTLS_CID || n > len)
            return false;
        b += n;
        len -= n;
    }
    return false;
}

static bool keep(pair *q, unsigned from, uint8_t *bytes, size_t *len)
{
    (void)q;
    if (sent_count < sizeof sent / sizeof sent[0]) {
        kept *k = &sent[sent_count++];
        memcpy(k->bytes, bytes, *len);
        k->len = *len;
        k->from = from;
    }
    if (drop_count > 0 && from == drop_from && contains(bytes, *len, drop_type)) {
        drop_count--;
        return true;
    }
    return false;
}

static int setup(void **state)
{
    (void)state;
    pair_init(&p, NULL, 1);
    p.tap = keep;
    sent_count = 0;
    drop_count = 0;
    drop_type = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pair_end(&p);
    return 0;
}

static void connect(void)
{
    assert_int_equal(pair_begin(&p), COT_OK);
    assert_true(pair_connect(&p, 60000));
}

static void say(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        unsigned before = p.client_got;
        assert_int_equal(pair_say(&p, "data"), COT_OK);
        pair_run(&p, 1000);
        assert_int_equal(p.client_got, before + 1);
    }
}

/* The client's Finished: the last datagram that it sent before the session stood. */
static const kept *client_finished(void)
{
    for (size_t i = sent_count; i > 0; i--) {
        if (sent[i - 1].from == PAIR_CLIENT)
            return &sent[i - 1];
    }
    return NULL;
}

/* ---- rule 1 ---- */

static void rule1_last_flight_is_repeated_while_fresh(void **state)
{
    (void)state;
    for (unsigned lost = 1; lost <= 4; lost++) {
        teardown(NULL);
        setup(NULL);
        assert_int_equal(pair_begin(&p), COT_OK);
        drop_from = PAIR_SERVER;
        drop_type = 20; /* change_cipher_spec: the server's last flight */
        drop_count = lost;
        assert_true(pair_connect(&p, 60000));
        assert_int_equal(drop_count, 0);
        assert_int_equal(p.established, 1);
        assert_non_null(p.handshake);
        say(2);
        assert_null(p.handshake);
    }
}

static void rule1_repetitions_are_bounded(void **state)
{
    (void)state;
    connect();
    size_t before = sent_count;
    for (unsigned i = 0; i < 100; i++) {
        uint8_t out[256];
        size_t len;
        cot_dtls_handshake_repeat(p.handshake);
        while (cot_dtls_handshake_next(p.handshake, p.now, out, sizeof out, &len) ==
               COT_DTLS_OUTPUT)
            sent_count++;
    }
    assert_int_equal(sent_count - before, 32);
    sent_count = before;
    say(1);
}

static void rule1_no_session_id_is_given(void **state)
{
    (void)state;
    connect();
    size_t i = 0;
    while (sent[i].from != PAIR_SERVER || sent[i].bytes[13] != 2)
        i++; /* ServerHello */
    assert_int_equal(sent[i].bytes[13 + 12 + 34], 0);
}

static void rule1_epoch_0_after_take_over_is_dropped(void **state)
{
    (void)state;
    connect();
    say(1);
    size_t handshake_count = sent_count;
    unsigned got = p.server_got;
    for (size_t i = 0; i < handshake_count; i++) {
        if (sent[i].from == PAIR_CLIENT && sent[i].bytes[4] == 0 && sent[i].bytes[13] != 1)
            pair_to_server(&p, sent[i].bytes, sent[i].len);
    }
    assert_int_equal(p.server_got, got);
    assert_int_equal(p.handshakes, 1);
    assert_true(p.live);
    say(1);
}

static void rule1_client_hello_does_not_kill_a_live_session(void **state)
{
    (void)state;
    connect();
    say(1);
    /* without a cookie: answered, nothing kept */
    pair_to_server(&p, sent[0].bytes, sent[0].len);
    assert_null(p.handshake);
    say(1);
    /* with a good cookie (the client's second hello, replayed): a handshake begins that nobody
     * ends */
    size_t i = 1;
    while (sent[i].from != PAIR_CLIENT)
        i++;
    pair_to_server(&p, sent[i].bytes, sent[i].len);
    assert_non_null(p.handshake);
    assert_int_equal(p.handshakes, 2);
    cot_dtls_record before = p.session;
    pair_run(&p, 60000);
    assert_null(p.handshake);
    assert_int_equal(p.server_refusal, COT_REFUSAL_TIMEOUT);
    assert_memory_equal(&before, &p.session, sizeof before);
    say(1);
}

static void rule1_session_of_a_new_handshake_replaces_the_old(void **state)
{
    (void)state;
    connect();
    say(1);
    uint8_t old_key[16];
    memcpy(old_key, p.session.key_in, sizeof old_key);
    assert_int_equal(pair_reopen(&p), COT_OK);
    assert_true(pair_connect(&p, 60000));
    assert_memory_not_equal(old_key, p.session.key_in, sizeof old_key);
    assert_int_equal(p.session.fresh, 1);
    say(1);
}

static void rule1_client_that_begins_anew_is_not_stuck(void **state)
{
    (void)state;
    p.answer_after = 5000;
    assert_int_equal(pair_begin(&p), COT_OK);
    pair_run(&p, 500);
    assert_non_null(p.handshake); /* waits for its master secret */
    assert_int_equal(pair_reopen(&p), COT_OK);
    assert_true(pair_connect(&p, 8000));
    assert_int_equal(p.handshakes, 2);
    say(1);
}

/* ---- rule 2 ---- */

/* A record that the client's session seals, as a peer with the keys could. */
static void client_sends(uint64_t number, uint8_t type, const void *data, size_t len)
{
    uint8_t out[PAIR_DATAGRAM];
    size_t n;
    assert_int_equal(cot_dtls_record_seal(&p.client.record, &p.aead, number, type, data, len, out,
                                          sizeof out, &n),
                     COT_OK);
    pair_to_server(&p, out, n);
}

static void rule2_replayed_finished_is_not_data(void **state)
{
    (void)state;
    for (int cid = 0; cid < 2; cid++) {
        teardown(NULL);
        setup(NULL);
        p.client_config.cid = cid == 1;
        connect();
        const kept *finished = client_finished();
        kept copy = *finished;
        pair_to_server(&p, copy.bytes, copy.len); /* while fresh … */
        assert_int_equal(p.server_got, 0);
        assert_int_equal(p.server_last_drop, COT_E_REPLAY);
        say(1);
        pair_to_server(&p, copy.bytes, copy.len); /* … and after */
        assert_int_equal(p.server_got, 1);
        /* one that authenticates, with a number of its own */
        client_sends(p.client.record.out_next++, COT_DTLS_HANDSHAKE,
                     "\x14\0\0\x0c\0\0\0\0\0\0\0\x0c............", 24);
        assert_int_equal(p.server_got, 1);
        assert_true(p.live);
        say(1);
    }
}

static void rule2_window_starts_at_the_handshakes_highest_number(void **state)
{
    (void)state;
    connect();
    assert_int_equal(p.session.in_top, 0); /* the client's Finished */
    assert_int_equal(p.session.in_window, 1);
    assert_true(p.session.out_next > 1000);
    client_sends(0, COT_DTLS_DATA, "x", 1);
    assert_int_equal(p.server_got, 0);
    assert_int_equal(p.server_last_drop, COT_E_REPLAY);
}

static void rule2_retransmitted_finished_raises_the_window(void **state)
{
    (void)state;
    assert_int_equal(pair_begin(&p), COT_OK);
    drop_from = PAIR_CLIENT;
    drop_type = 20;
    drop_count = 2;
    assert_true(pair_connect(&p, 60000));
    assert_int_equal(p.session.in_top, 2);
    say(1);
}

static void rule2_without_our_connection_id_is_dropped(void **state)
{
    (void)state;
    connect();
    say(1);
    cot_dtls_record with = p.client.record;
    p.client.record.cid_out_len = 0;
    client_sends(5000, COT_DTLS_DATA, "x", 1);
    assert_int_equal(p.server_last_drop, COT_E_UNSUPPORTED);
    p.client.record = with;
    p.client.record.cid_out[3] ^= 1;
    client_sends(5001, COT_DTLS_DATA, "x", 1);
    assert_int_equal(p.server_last_drop, COT_E_NOT_FOUND);
    p.client.record = with;
    assert_int_equal(p.server_got, 1);
    client_sends(5001, COT_DTLS_DATA, "x", 1);
    assert_int_equal(p.server_got, 2);
}

static void rule2_lengths_are_per_direction(void **state)
{
    (void)state;
    connect(); /* the client offered an empty one: records to it have none, and it takes them */
    assert_int_equal(p.client.record.cid_in_len, 0);
    assert_int_equal(p.client.record.cid_out_len, 8);
    say(1);
}

static void rule2_other_content_types_are_dropped(void **state)
{
    (void)state;
    static const uint8_t types[] = {20, 24, 26, 0};
    connect();
    say(1);
    for (size_t i = 0; i < sizeof types; i++) {
        /* in epoch 1, well-formed otherwise; wrong inner types: tests/unit/dtls_record_test.c */
        uint8_t record[64] = {types[i], 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0x20, (uint8_t)i, 0, 40};
        pair_to_server(&p, record, 13 + 40);
        assert_int_equal(p.server_last_drop, COT_E_UNSUPPORTED);
    }
    assert_int_equal(p.server_got, 1);
    assert_true(p.live);
    say(1);
}

static void rule2_last_record_number_closes(void **state)
{
    (void)state;
    connect();
    say(1);
    client_sends(COT_DTLS_NUMBER_MAX, COT_DTLS_DATA, "end", 3);
    assert_int_equal(p.server_got, 2); /* its data counts */
    assert_false(p.live);

    p.client.record.out_next = COT_DTLS_NUMBER_MAX - 1;
    assert_int_equal(pair_say(&p, "one"), COT_OK);
    assert_int_equal(pair_say(&p, "two"), COT_E_CLOSED);
    assert_int_equal(p.client.channel.state, COT_CHANNEL_CLOSED);
    assert_int_equal(p.client.channel.refusal, COT_REFUSAL_EXHAUSTED);
}

static void rule2_close_notify_is_answered(void **state)
{
    (void)state;
    connect();
    say(1);
    size_t before = sent_count;
    client_sends(5000, COT_DTLS_ALERT, cot_dtls_close_notify, COT_DTLS_ALERT_LEN);
    assert_false(p.live);
    assert_int_equal(sent_count, before + 1);
    pair_run(&p, 1000); /* the answer reaches the client, which answers and closes */
    assert_int_equal(p.client.channel.state, COT_CHANNEL_CLOSED);
    assert_int_equal(p.client.channel.refusal, COT_REFUSAL_CLOSED);
    cot_dtls_record empty;
    memset(&empty, 0, sizeof empty);
    assert_memory_equal(&p.client.record, &empty, sizeof empty); /* keys wiped */
}

static void rule2_alerts(void **state)
{
    (void)state;
    connect();
    say(1);
    client_sends(5000, COT_DTLS_ALERT, "\1\x5a", 2); /* warning, user_canceled */
    client_sends(5001, COT_DTLS_ALERT, "\2", 1);     /* half an alert */
    assert_true(p.live);
    size_t before = sent_count;
    client_sends(5002, COT_DTLS_ALERT, "\2\x14", 2); /* fatal, bad_record_mac */
    assert_false(p.live);
    assert_int_equal(sent_count, before);
    /* a plaintext alert from anybody ends nothing */
    teardown(NULL);
    setup(NULL);
    connect();
    say(1);
    pair_to_server(&p, (const uint8_t *)"\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\2\2\x14", 15);
    pair_to_client(&p, (const uint8_t *)"\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\2\2\x14", 15);
    assert_true(p.live);
    say(1);
}

/* ---- rule 3 ---- */

static void rule3_only_the_newest_record_may_move_the_address(void **state)
{
    (void)state;
    connect();
    drop_from = PAIR_CLIENT;
    drop_count = 1;
    assert_int_equal(pair_say(&p, "held back"), COT_OK);
    kept late = sent[sent_count - 1];
    say(1);
    assert_true(p.address_newer);
    pair_to_server(&p, late.bytes, late.len); /* captured, sent late from elsewhere */
    assert_int_equal(p.server_got, 2);        /* it is good data … */
    assert_false(p.address_newer);            /* … but says nothing about where the peer is */
    pair_to_server(&p, late.bytes, late.len);
    assert_int_equal(p.server_got, 2);
}

static void rule3_forged_records_change_nothing(void **state)
{
    (void)state;
    connect();
    say(1);
    assert_int_equal(pair_say(&p, "to be forged"), COT_OK);
    kept good = sent[sent_count - 1];
    cot_dtls_record before = p.session;
    for (size_t i = 0; i < good.len; i++) {
        kept forged = good;
        forged.bytes[i] ^= 0x10;
        pair_to_server(&p, forged.bytes, forged.len);
        assert_memory_equal(&before, &p.session, sizeof before);
    }
    assert_int_equal(p.server_got, 1);
    pair_to_server(&p, good.bytes, good.len);
    assert_int_equal(p.server_got, 2);
}

static void rule3_connection_id_of_a_missing_worker_or_cut_off(void **state)
{
    (void)state;
    const uint8_t *cid = NULL;
    connect();
    say(1);
    assert_int_equal(pair_say(&p, "x"), COT_OK);
    kept k = sent[sent_count - 1];
    assert_int_equal(cot_dtls_record_cid(k.bytes, k.len, 8, &cid), COT_OK);
    assert_int_equal(cid[0], PAIR_WORKER);
    k.bytes[11] = 200; /* handed out as it is: the caller compares it with its number of workers */
    assert_int_equal(cot_dtls_record_cid(k.bytes, k.len, 8, &cid), COT_OK);
    assert_int_equal(cid[0], 200);
    for (size_t n = 0; n < k.len; n++)
        assert_int_equal(cot_dtls_record_cid(k.bytes, n, 8, &cid), COT_E_MALFORMED);
    k.bytes[0] = COT_DTLS_DATA; /* the connection ID is then the length */
    assert_int_equal(cot_dtls_record_cid(k.bytes, k.len, 8, &cid), COT_E_MALFORMED);
}

/* ---- rule 6 ---- */

static void rule6_waiting_survives_retransmissions(void **state)
{
    (void)state;
    p.answer_after = 6500; /* the client repeats its flight at 1 and 3 s */
    connect();
    assert_int_equal(p.questions[COT_DTLS_NEED_PSK], 1);
    assert_int_equal(p.established, 1);
    say(1);
}

static void rule6_held_datagrams_are_bounded(void **state)
{
    (void)state;
    p.answer_after = 2000;
    assert_int_equal(pair_begin(&p), COT_OK);
    pair_run(&p, 100);
    uint8_t junk[1200];
    memset(junk, 0x17, sizeof junk);
    for (int i = 0; i < 1000; i++)
        pair_to_server(&p, junk, sizeof junk);
    assert_true(pair_connect(&p, 60000));
    say(1);
}

static void rule6_overlong_identity_is_a_wrong_key(void **state)
{
    (void)state;
    uint8_t identity[128];
    memset(identity, 'i', sizeof identity);
    p.client_config.psk_identity = (cot_dtls_blob){identity, sizeof identity};
    assert_int_equal(pair_begin(&p), COT_OK);
    assert_false(pair_connect(&p, 60000));
    assert_int_equal(p.need.identity.len, 128);
    assert_int_equal(p.server_refusal, COT_REFUSAL_UNKNOWN_IDENTITY);
}

static void rule6_answers_out_of_turn_are_refused(void **state)
{
    (void)state;
    uint8_t master[48] = {0};
    p.answer_after = 1000;
    assert_int_equal(pair_begin(&p), COT_OK);
    pair_run(&p, 100);
    assert_int_equal(cot_dtls_answer_sign(p.handshake, master, 10), COT_E_STATE);
    assert_int_equal(cot_dtls_answer_credential(p.handshake, true), COT_E_STATE);
    assert_true(pair_connect(&p, 60000));
    assert_int_equal(cot_dtls_answer_psk(p.handshake, master, true), COT_E_STATE);
}

/* Every handshake message but the hellos in pieces of `fragment_size` bytes, in reversed order. */
static size_t fragment_size;

static void send_piece(pair *q, unsigned from, const uint8_t *record, uint64_t number,
                       size_t offset, size_t n)
{
    uint8_t out[256];
    cot_writer w;
    cot_writer_init(&w, out, sizeof out);
    cot_write_bytes(&w, record, 5);
    cot_write_uint(&w, number, 6);
    cot_write_u16(&w, (uint16_t)(12 + n));
    cot_write_bytes(&w, record + 13, 6);
    cot_write_u24(&w, (uint32_t)offset);
    cot_write_u24(&w, (uint32_t)n);
    cot_write_bytes(&w, record + 25 + offset, n);
    assert_int_equal(w.err, COT_OK);
    link_send(&q->net, from, 1 - from, out, w.len, q->now);
}

static bool fragment(pair *q, unsigned from, uint8_t *bytes, size_t *len)
{
    size_t at = 0;
    bool hello = bytes[0] == 22 && (bytes[13] == 1 || bytes[13] == 3);
    if (hello || (bytes[0] != 22 && bytes[0] != 20))
        return keep(q, from, bytes, len);
    while (at + 13 <= *len) {
        uint8_t *record = bytes + at;
        if (record[4] != 0) { /* Finished, encrypted, is the last */
            link_send(&q->net, from, 1 - from, record, *len - at, q->now);
            break;
        }
        size_t n = 13u + ((size_t)record[11] << 8 | record[12]);
        uint64_t number = ((uint64_t)record[9] << 8 | record[10]) * 64;
        at += n;
        if (record[0] != 22) { /* change_cipher_spec; its number must stay in order */
            record[9] = (uint8_t)(number >> 8);
            record[10] = (uint8_t)number;
            link_send(&q->net, from, 1 - from, record, n, q->now);
            continue;
        }
        size_t body = (size_t)record[23] << 8 | record[24];
        size_t pieces = body / fragment_size + 1;
        for (size_t i = pieces; i > 0; i--) {
            size_t offset = (i - 1) * fragment_size;
            size_t m = body - offset < fragment_size ? body - offset : fragment_size;
            if (m > 0 || body == 0)
                send_piece(q, from, record, number + pieces - i, offset, m);
        }
    }
    return true;
}

static void rule6_retransmission_timer_stands_still_while_it_waits(void **state)
{
    (void)state;
    fragment_size = 200; /* each record in a datagram of its own: the timer is looked at between */
    p.tap = fragment;
    p.answer_after = 2500;
    assert_int_equal(pair_begin(&p), COT_OK);
    pair_run(&p, 200);
    unsigned before = p.questions[COT_DTLS_OUTPUT];
    assert_true(pair_connect(&p, 10000));
    assert_int_equal(p.questions[COT_DTLS_OUTPUT], before + 1); /* the last flight only */
}

static void rule6_fragmented_and_reversed_flights(void **state)
{
    (void)state;
    for (int mode = 0; mode < 3; mode++) {
        for (fragment_size = 21; fragment_size < 200; fragment_size += 37) {
            teardown(NULL);
            setup(NULL);
            if (mode == 1)
                pair_use_rpk(&p);
            if (mode == 2)
                pair_use_x509(&p, COT_USAGE_TRUST_ANCHOR);
            p.tap = fragment;
            p.answer_after = 100;
            connect();
            say(1);
        }
    }
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(rule1_last_flight_is_repeated_while_fresh),
    ROW(rule1_repetitions_are_bounded),
    ROW(rule1_no_session_id_is_given),
    ROW(rule1_epoch_0_after_take_over_is_dropped),
    ROW(rule1_client_hello_does_not_kill_a_live_session),
    ROW(rule1_session_of_a_new_handshake_replaces_the_old),
    ROW(rule1_client_that_begins_anew_is_not_stuck),
    ROW(rule2_replayed_finished_is_not_data),
    ROW(rule2_window_starts_at_the_handshakes_highest_number),
    ROW(rule2_retransmitted_finished_raises_the_window),
    ROW(rule2_without_our_connection_id_is_dropped),
    ROW(rule2_lengths_are_per_direction),
    ROW(rule2_other_content_types_are_dropped),
    ROW(rule2_last_record_number_closes),
    ROW(rule2_close_notify_is_answered),
    ROW(rule2_alerts),
    ROW(rule3_only_the_newest_record_may_move_the_address),
    ROW(rule3_forged_records_change_nothing),
    ROW(rule3_connection_id_of_a_missing_worker_or_cut_off),
    ROW(rule6_waiting_survives_retransmissions),
    ROW(rule6_retransmission_timer_stands_still_while_it_waits),
    ROW(rule6_held_datagrams_are_bounded),
    ROW(rule6_overlong_identity_is_a_wrong_key),
    ROW(rule6_answers_out_of_turn_are_refused),
    ROW(rule6_fragmented_and_reversed_flights),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
