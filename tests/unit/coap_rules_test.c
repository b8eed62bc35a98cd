/* SPDX-License-Identifier: Apache-2.0 */
/* core/coap/rules.c, case by case as RFC 7252 sections 4 and 5.2 to 5.3 tell them. */
#include "core/coap/rules.h"
#include "tests/unit/test.h"

#include <string.h>

static const cot_coap_params *const c = &cot_coap_defaults;
static cot_coap_peer p;
static cot_coap_exchange x;

static int fresh(void **state)
{
    (void)state;
    memset(&x, 0, sizeof x);
    cot_coap_peer_init(&p, c, 0x8000);
    return 0;
}

static cot_coap_head head(uint8_t type, uint8_t code, uint16_t mid, uint8_t token)
{
    cot_coap_head h = {{1, {token}}, type, code, mid};
    return h;
}

static cot_coap_event receive(cot_coap_exchange *to, uint8_t type, uint8_t code, uint16_t mid,
                              uint8_t token, cot_ms now)
{
    cot_coap_head h = head(type, code, mid, token);
    return cot_coap_receive(&p, to, c, &h, now);
}

static void expect(cot_coap_event ev, uint8_t kind, uint8_t reply, uint8_t code)
{
    assert_int_equal(ev.kind, kind);
    assert_int_equal(ev.reply, reply);
    assert_int_equal(ev.code, code);
}

static void open_at(uint8_t type, uint8_t code, uint16_t mid, uint8_t token, cot_ms now)
{
    cot_coap_head h = head(type, code, mid, token);
    cot_coap_open(&x, &p, c, &h, 0, now);
}

/* ---- message ids ---- */

static void counts_message_ids_in_their_range(void **state)
{
    (void)state;
    cot_coap_params narrow = *c;
    uint16_t mid;
    narrow.mid_first = 0x8000;
    narrow.mid_last = 0xffff;
    cot_coap_peer_init(&p, &narrow, 0xffff);
    assert_int_equal(cot_coap_mid_next(&p, &narrow, 0, &mid), COT_OK);
    assert_int_equal(mid, 0xffff);
    assert_int_equal(cot_coap_mid_next(&p, &narrow, 0, &mid), COT_OK);
    assert_int_equal(mid, 0x8000);
    cot_coap_peer_init(&p, &narrow, 0);
    assert_int_equal(p.mid, 0x8000);
    narrow.mid_first = 0;
    narrow.mid_last = 0x7fff;
    cot_coap_peer_init(&p, &narrow, 0xffff);
    assert_int_equal(p.mid, 0x7fff);
}

static void no_message_id_twice_within_exchange_lifetime(void **state)
{
    (void)state;
    cot_coap_params narrow = *c;
    cot_ms used[10] = {0};
    cot_ms now = 5000;
    unsigned refused = 0;
    unsigned given = 0; /* of the upper half */
    narrow.mid_first = 100;
    narrow.mid_last = 109;
    cot_coap_peer_init(&p, &narrow, 0x4000);
    for (int i = 0; i < 2000; i++) {
        uint16_t mid;
        if (cot_coap_mid_next(&p, &narrow, now, &mid) == COT_E_AGAIN) {
            refused++;
            now += 5000;
            continue;
        }
        assert_in_range(mid, 100, 109);
        assert_true(used[mid - 100] == 0 || now - used[mid - 100] >= c->exchange_lifetime);
        used[mid - 100] = now;
        /* a slow half before a fast one: the ends of both must be apart, not only their beginnings */
        now += mid >= 105 && given++ / 5 % 2 == 0 ? 60000 : 0;
    }
    assert_true(refused > 100 && refused < 1900);
}

static void adopts_a_peer_from_bytes_of_any_kind(void **state)
{
    (void)state;
    cot_coap_params narrow = *c;
    narrow.mid_last = 0x7fff;
    for (int fill = 0; fill < 256; fill += 5) {
        memset(&p, fill, sizeof p);
        cot_coap_peer_adopt(&p, &narrow);
        assert_true(cot_coap_may_send(&p, &narrow));
        assert_true(p.mid <= 0x7fff);
        assert_true(cot_coap_non_when(&p) == 0);
        for (uint16_t i = 0; i < 20; i++)
            receive(NULL, COT_COAP_CON, COT_COAP_GET, i, 1, 1000000);
    }
}

static void an_adopted_peer_serves_what_was_not_answered(void **state)
{
    (void)state;
    for (uint16_t mid = 10; mid < 13; mid++)
        receive(NULL, COT_COAP_CON, COT_COAP_POST, mid, 1, 0);
    receive(NULL, COT_COAP_NON, COT_COAP_POST, 13, 1, 0);
    cot_coap_answered(&p, 10, COT_COAP_CREATED);
    cot_coap_answered(&p, 12, COT_COAP_EMPTY);
    cot_coap_peer_adopt(&p, c);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 10, 1, 9), COT_COAP_GOT_DUPLICATE, 0,
           COT_COAP_CREATED);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 12, 1, 9), COT_COAP_GOT_DUPLICATE,
           COT_COAP_ACK, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 11, 1, 9), COT_COAP_GOT_REQUEST, 0, 0);
    expect(receive(NULL, COT_COAP_NON, COT_COAP_POST, 13, 1, 9), COT_COAP_GOT_REQUEST, 0, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 11, 1, 9), COT_COAP_GOT_DUPLICATE, 0, 0);
}

/* ---- retransmission ---- */

static void retransmits_with_doubled_timeouts_then_gives_up(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 1000);
    cot_ms at = 1000;
    for (cot_ms wait = 2000; wait <= 16000; wait *= 2) {
        at += wait;
        assert_true(x.deadline == at);
        assert_int_equal(cot_coap_due(&x, &p, c, at - 1), COT_COAP_WAIT);
        assert_int_equal(cot_coap_due(&x, &p, c, at), COT_COAP_RESEND);
    }
    assert_true(x.deadline == at + 32000); /* 63 s in all: MAX_TRANSMIT_WAIT without the factor */
    assert_int_equal(cot_coap_due(&x, &p, c, at + 32000), COT_COAP_LOST);
    assert_true(cot_coap_is_closed(&x));
    assert_true(x.deadline == COT_NEVER);
    assert_true(cot_coap_may_send(&p, c));
    assert_int_equal(cot_coap_due(&x, &p, c, COT_NEVER), COT_COAP_WAIT);
}

static void spreads_the_first_timeout(void **state)
{
    (void)state;
    cot_coap_head h = head(COT_COAP_CON, COT_COAP_GET, 7, 1);
    cot_coap_open(&x, &p, c, &h, UINT32_MAX, 0);
    assert_true(x.deadline == 2999);
    cot_coap_open(&x, &p, c, &h, UINT32_MAX / 2 + 1, 0);
    assert_true(x.deadline == 2500);
}

static void a_late_timer_does_not_make_a_burst(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    assert_int_equal(cot_coap_due(&x, &p, c, 30000), COT_COAP_RESEND);
    assert_int_equal(cot_coap_due(&x, &p, c, 30000), COT_COAP_WAIT);
    assert_true(x.deadline == 34000);
}

/* ---- requests that we send ---- */

static void takes_a_piggybacked_response(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    assert_false(cot_coap_may_send(&p, c)); /* NSTART */
    expect(receive(&x, COT_COAP_ACK, COT_COAP_CONTENT, 8, 1, 10), COT_COAP_GOT_NOTHING, 0, 0);
    expect(receive(&x, COT_COAP_ACK, COT_COAP_CONTENT, 7, 2, 10), COT_COAP_GOT_NOTHING, 0, 0);
    assert_false(cot_coap_is_closed(&x));
    expect(receive(&x, COT_COAP_ACK, COT_COAP_CONTENT, 7, 1, 10), COT_COAP_GOT_RESPONSE, 0, 0);
    assert_true(cot_coap_is_closed(&x));
    assert_true(cot_coap_may_send(&p, c));
    expect(receive(&x, COT_COAP_ACK, COT_COAP_CONTENT, 7, 1, 10), COT_COAP_GOT_NOTHING, 0, 0);
}

static void takes_a_separate_response(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    expect(receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 100), COT_COAP_GOT_ACK, 0, 0);
    assert_true(x.deadline == 100 + c->response_wait);
    assert_true(cot_coap_may_send(&p, c)); /* an acknowledged request does not count */
    assert_int_equal(cot_coap_due(&x, &p, c, 50000), COT_COAP_WAIT);
    expect(receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 200), COT_COAP_GOT_NOTHING, 0, 0);
    assert_true(x.deadline == 100 + c->response_wait);
    expect(receive(&x, COT_COAP_CON, COT_COAP_CONTENT, 99, 1, 300), COT_COAP_GOT_RESPONSE,
           COT_COAP_ACK, 0);
    assert_true(cot_coap_is_closed(&x));
    assert_int_equal(p.waiting, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_CONTENT, 99, 1, 400), COT_COAP_GOT_DUPLICATE,
           COT_COAP_ACK, 0);
}

static void the_separate_response_also_acknowledges(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    expect(receive(&x, COT_COAP_NON, COT_COAP_CONTENT, 99, 1, 300), COT_COAP_GOT_RESPONSE, 0, 0);
    assert_true(cot_coap_is_closed(&x));
    expect(receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 310), COT_COAP_GOT_NOTHING, 0, 0);
    expect(receive(NULL, COT_COAP_NON, COT_COAP_CONTENT, 99, 1, 320), COT_COAP_GOT_DUPLICATE, 0, 0);
}

static void the_wait_for_a_separate_response_ends(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 100);
    assert_int_equal(cot_coap_due(&x, &p, c, 247100), COT_COAP_LOST);
    assert_int_equal(p.waiting, 0);
}

static void a_non_request_waits_without_retransmission(void **state)
{
    (void)state;
    open_at(COT_COAP_NON, COT_COAP_GET, 7, 1, 0);
    assert_false(cot_coap_may_send(&p, c));
    expect(receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 10), COT_COAP_GOT_NOTHING, 0, 0);
    assert_int_equal(cot_coap_due(&x, &p, c, 60000), COT_COAP_WAIT);
    assert_int_equal(cot_coap_due(&x, &p, c, 247000), COT_COAP_LOST);
    assert_true(cot_coap_may_send(&p, c));
    open_at(COT_COAP_NON, COT_COAP_GET, 8, 1, 0);
    expect(receive(&x, COT_COAP_NON, COT_COAP_CONTENT, 44, 1, 10), COT_COAP_GOT_RESPONSE, 0, 0);
    open_at(COT_COAP_NON, COT_COAP_GET, 9, 1, 0);
    expect(receive(&x, COT_COAP_RST, COT_COAP_EMPTY, 9, 0, 10), COT_COAP_GOT_RESET, 0, 0);
    assert_int_equal(p.waiting, 0);
}

static void a_reset_ends_a_request(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    expect(receive(&x, COT_COAP_RST, COT_COAP_EMPTY, 6, 0, 10), COT_COAP_GOT_STRAY_RESET, 0, 0);
    expect(receive(&x, COT_COAP_RST, COT_COAP_EMPTY, 7, 0, 10), COT_COAP_GOT_RESET, 0, 0);
    assert_true(cot_coap_is_closed(&x));
    expect(receive(NULL, COT_COAP_RST, COT_COAP_EMPTY, 7, 0, 10), COT_COAP_GOT_STRAY_RESET, 0, 0);
}

static void closing_early_frees_the_slot_once(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    assert_int_equal(p.waiting, 1);
    cot_coap_close(&x, &p);
    cot_coap_close(&x, &p);
    assert_int_equal(p.waiting, 0);
    assert_int_equal(cot_coap_due(&x, &p, c, 100000), COT_COAP_WAIT);
}

static void a_late_response_does_not_free_another_ones_slot(void **state)
{
    (void)state;
    cot_coap_exchange y;
    cot_coap_head h = head(COT_COAP_CON, COT_COAP_GET, 8, 2);
    open_at(COT_COAP_CON, COT_COAP_GET, 7, 1, 0);
    receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 100);
    cot_coap_open(&y, &p, c, &h, 0, 200);
    receive(&x, COT_COAP_CON, COT_COAP_CONTENT, 99, 1, 300);
    assert_true(cot_coap_is_closed(&x));
    assert_false(cot_coap_may_send(&p, c));
}

/* ---- ping, notifications ---- */

static void pings_and_is_pinged(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_EMPTY, 7, 0, 0);
    expect(receive(&x, COT_COAP_RST, COT_COAP_EMPTY, 7, 0, 10), COT_COAP_GOT_PONG, 0, 0);
    assert_true(cot_coap_is_closed(&x));
    expect(receive(NULL, COT_COAP_CON, COT_COAP_EMPTY, 55, 0, 10), COT_COAP_GOT_NOTHING,
           COT_COAP_RST, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_EMPTY, 55, 0, 10), COT_COAP_GOT_NOTHING,
           COT_COAP_RST, 0);
}

static void a_confirmable_notification_is_acknowledged_or_reset(void **state)
{
    (void)state;
    open_at(COT_COAP_CON, COT_COAP_CONTENT, 7, 1, 0);
    assert_false(cot_coap_may_send(&p, c));
    /* a response with the same token is not for it */
    expect(receive(&x, COT_COAP_CON, COT_COAP_CONTENT, 60, 1, 5), COT_COAP_GOT_UNKNOWN, 0, 0);
    expect(receive(&x, COT_COAP_ACK, COT_COAP_CONTENT, 7, 1, 10), COT_COAP_GOT_NOTHING, 0, 0);
    expect(receive(&x, COT_COAP_ACK, COT_COAP_EMPTY, 7, 0, 10), COT_COAP_GOT_ACK, 0, 0);
    assert_true(cot_coap_is_closed(&x));
    open_at(COT_COAP_CON, COT_COAP_CONTENT, 8, 1, 0);
    expect(receive(&x, COT_COAP_RST, COT_COAP_EMPTY, 8, 0, 10), COT_COAP_GOT_RESET, 0, 0);
}

static void unknown_responses_are_accepted_or_rejected(void **state)
{
    (void)state;
    cot_coap_head con = head(COT_COAP_CON, COT_COAP_CONTENT, 70, 9);
    cot_coap_head non = head(COT_COAP_NON, COT_COAP_CONTENT, 71, 9);
    cot_coap_head request = head(COT_COAP_NON, COT_COAP_GET, 72, 9);
    cot_coap_head ack = head(COT_COAP_ACK, COT_COAP_CONTENT, 73, 9);
    expect(cot_coap_receive(&p, NULL, c, &con, 0), COT_COAP_GOT_UNKNOWN, 0, 0);
    assert_int_equal(cot_coap_reject(&p, &con), COT_COAP_RST);
    expect(cot_coap_receive(&p, NULL, c, &con, 0), COT_COAP_GOT_DUPLICATE, COT_COAP_RST, 0);
    expect(cot_coap_receive(&p, NULL, c, &non, 0), COT_COAP_GOT_UNKNOWN, 0, 0);
    assert_int_equal(cot_coap_accept(&p, &non), 0);
    expect(cot_coap_receive(&p, NULL, c, &non, 0), COT_COAP_GOT_DUPLICATE, 0, 0);
    assert_int_equal(cot_coap_reject(&p, &non), COT_COAP_RST);
    assert_int_equal(cot_coap_reject(&p, &request), 0);
    assert_int_equal(cot_coap_reject(&p, &ack), 0);
    assert_int_equal(cot_coap_accept(&p, &ack), 0);
}

/* ---- requests that we serve ---- */

static void duplicates_get_what_the_first_one_got(void **state)
{
    (void)state;
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 500, 1, 0), COT_COAP_GOT_REQUEST, 0, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 500, 1, 1), COT_COAP_GOT_DUPLICATE, 0, 0);
    cot_coap_answered(&p, 500, COT_COAP_CREATED);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 500, 1, 2), COT_COAP_GOT_DUPLICATE, 0,
           COT_COAP_CREATED);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 501, 1, 3), COT_COAP_GOT_REQUEST, 0, 0);
    cot_coap_answered(&p, 501, COT_COAP_EMPTY);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 501, 1, 4), COT_COAP_GOT_DUPLICATE,
           COT_COAP_ACK, 0);
    expect(receive(NULL, COT_COAP_NON, COT_COAP_POST, 502, 1, 5), COT_COAP_GOT_REQUEST, 0, 0);
    cot_coap_answered(&p, 502, COT_COAP_CHANGED);
    expect(receive(NULL, COT_COAP_NON, COT_COAP_POST, 502, 1, 6), COT_COAP_GOT_DUPLICATE, 0, 0);
    cot_coap_answered(&p, 9999, COT_COAP_CHANGED); /* unknown: nothing happens */
    cot_coap_head bad = head(COT_COAP_CON, COT_COAP_POST, 503, 1);
    assert_int_equal(cot_coap_reject(&p, &bad), COT_COAP_RST);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 503, 1, 7), COT_COAP_GOT_DUPLICATE,
           COT_COAP_RST, 0);
}

static void the_answers_of_the_last_four_are_kept(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 6; i++) {
        receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(0xfffe + i), 1, 0);
        cot_coap_answered(&p, (uint16_t)(0xfffe + i), (uint8_t)(COT_COAP_CREATED + i));
    }
    for (uint16_t i = 0; i < 6; i++)
        expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(0xfffe + i), 1, 1),
               COT_COAP_GOT_DUPLICATE, 0, i < 2 ? 0 : (uint8_t)(COT_COAP_CREATED + i));
}

static void duplicates_are_known_64_ids_back(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 100; i += 2) /* every other one, in two ranges */
        for (uint16_t base = 0; base < 2; base++)
            assert_int_equal(
                receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(base * 0x8000u + i), 1, 0)
                    .kind,
                COT_COAP_GOT_REQUEST);
    for (uint16_t base = 0; base < 2; base++)
        for (uint16_t i = 98 - 63; i < 100; i++)
            assert_int_equal(
                receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(base * 0x8000u + i), 1, 0)
                    .kind,
                i % 2 == 0 ? COT_COAP_GOT_DUPLICATE : COT_COAP_GOT_REQUEST);
    /* a jump of 64 and more empties the window, of 63 does not */
    assert_int_equal(receive(NULL, COT_COAP_CON, COT_COAP_POST, 99 + 63, 1, 0).kind,
                     COT_COAP_GOT_REQUEST);
    assert_int_equal(receive(NULL, COT_COAP_CON, COT_COAP_POST, 99, 1, 0).kind,
                     COT_COAP_GOT_DUPLICATE);
}

static void ids_that_were_skipped_are_new(void **state)
{
    (void)state;
    for (uint16_t mid = 0; mid < 64; mid++)
        receive(NULL, COT_COAP_CON, COT_COAP_POST, mid, 1, 0);
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 100, 1, 0);
    for (uint16_t mid = 64; mid < 100; mid++)
        expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, mid, 1, 0), COT_COAP_GOT_REQUEST, 0, 0);
}

static void duplicates_are_known_in_more_ranges_than_windows(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 4; i++)
        receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(i * 0x4000u), 1, 0);
    for (uint16_t i = 0; i < 4; i++)
        expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(i * 0x4000u), 1, 1),
               COT_COAP_GOT_DUPLICATE, 0, 0);
}

/* One that is just too old for the window is taken for a far newer one, and the window moves there. */
static void an_id_64_back_is_new_and_then_known(void **state)
{
    (void)state;
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 101, 1, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 101 - 64, 1, 0), COT_COAP_GOT_REQUEST, 0, 0);
    for (uint16_t i = 0; i < COT_COAP_SEEN; i++) /* only the window knows it any longer */
        receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(0x8000u + i), 1, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 101 - 64, 1, 0), COT_COAP_GOT_DUPLICATE, 0,
           0);
}

/* What died with the process 64 ids back is outside the window: forgetting it leaves the newest known. */
static void forgetting_an_id_64_back_leaves_the_window(void **state)
{
    (void)state;
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 36, 1, 0);
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 36 + 64, 1, 0);
    cot_coap_answered(&p, 36 + 64, COT_COAP_CHANGED);
    cot_coap_peer_adopt(&p, c);
    for (uint16_t i = 0; i < COT_COAP_SEEN; i++)
        receive(NULL, COT_COAP_CON, COT_COAP_POST, (uint16_t)(0x8000u + i), 1, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 36 + 64, 1, 0), COT_COAP_GOT_DUPLICATE, 0, 0);
}

/* Time is kept in units of 1,024 ms; a lifetime is 242 of them. After two of it without a message all goes
 * at once, before that in two steps. */
static void silence_of_two_lifetimes_is_a_long_one(void **state)
{
    const cot_ms two_lifetimes = 2 * 242 * 1024;
    (void)state;
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, two_lifetimes - 1),
           COT_COAP_GOT_DUPLICATE, 0, 0);
    fresh(NULL);
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, two_lifetimes), COT_COAP_GOT_REQUEST, 0,
           0);
}

static void after_a_long_silence_nothing_is_known(void **state)
{
    (void)state;
    receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, 0);
    expect(receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, 1000000), COT_COAP_GOT_REQUEST, 0, 0);
}

static void a_message_id_is_new_again_after_its_lifetime(void **state)
{
    (void)state;
    for (cot_ms start = 1; start < 5000000; start = start * 3 + 7777) {
        fresh(NULL);
        assert_int_equal(receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, start).kind,
                         COT_COAP_GOT_REQUEST);
        assert_int_equal(receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, start + 246999).kind,
                         COT_COAP_GOT_DUPLICATE);
        assert_int_equal(receive(NULL, COT_COAP_CON, COT_COAP_POST, 0x9000, 1, start + 249500).kind,
                         COT_COAP_GOT_REQUEST);
        assert_int_equal(receive(NULL, COT_COAP_CON, COT_COAP_POST, 3, 1, start + 499500).kind,
                         COT_COAP_GOT_REQUEST);
        assert_int_equal(
            receive(NULL, COT_COAP_CON, COT_COAP_POST, 0x9000, 1, start + 2000000).kind,
            COT_COAP_GOT_REQUEST);
    }
}

/* ---- congestion ---- */

static void spaces_non_messages(void **state)
{
    (void)state;
    assert_true(cot_coap_non_when(&p) == 0);
    cot_coap_non_sent(&p, 60, 100000);
    assert_true(cot_coap_non_when(&p) >= 100000 + 60000); /* PROBING_RATE: 1 byte a second */
    receive(NULL, COT_COAP_CON, COT_COAP_GET, 1, 1, 101000);
    assert_true(cot_coap_non_when(&p) >= 103000 && cot_coap_non_when(&p) <= 105200);
    cot_coap_non_sent(&p, 1, 200000);
    assert_true(cot_coap_non_when(&p) >= 202000 && cot_coap_non_when(&p) <= 204200);
    cot_coap_non_sent(&p, 1, 200000); /* a second one adds up */
    assert_true(cot_coap_non_when(&p) >= 205000);
}

static void nstart_may_be_more(void **state)
{
    (void)state;
    cot_coap_params two = *c;
    cot_coap_exchange y;
    cot_coap_head h = head(COT_COAP_CON, COT_COAP_GET, 7, 1);
    two.nstart = 2;
    cot_coap_open(&x, &p, &two, &h, 0, 0);
    assert_true(cot_coap_may_send(&p, &two));
    cot_coap_open(&y, &p, &two, &h, 0, 0);
    assert_false(cot_coap_may_send(&p, &two));
    cot_coap_close(&x, &p);
    assert_true(cot_coap_may_send(&p, &two));
    cot_coap_close(&y, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counts_message_ids_in_their_range, fresh),
        cmocka_unit_test_setup(no_message_id_twice_within_exchange_lifetime, fresh),
        cmocka_unit_test_setup(adopts_a_peer_from_bytes_of_any_kind, fresh),
        cmocka_unit_test_setup(an_adopted_peer_serves_what_was_not_answered, fresh),
        cmocka_unit_test_setup(retransmits_with_doubled_timeouts_then_gives_up, fresh),
        cmocka_unit_test_setup(spreads_the_first_timeout, fresh),
        cmocka_unit_test_setup(a_late_timer_does_not_make_a_burst, fresh),
        cmocka_unit_test_setup(takes_a_piggybacked_response, fresh),
        cmocka_unit_test_setup(takes_a_separate_response, fresh),
        cmocka_unit_test_setup(the_separate_response_also_acknowledges, fresh),
        cmocka_unit_test_setup(the_wait_for_a_separate_response_ends, fresh),
        cmocka_unit_test_setup(a_non_request_waits_without_retransmission, fresh),
        cmocka_unit_test_setup(a_reset_ends_a_request, fresh),
        cmocka_unit_test_setup(closing_early_frees_the_slot_once, fresh),
        cmocka_unit_test_setup(a_late_response_does_not_free_another_ones_slot, fresh),
        cmocka_unit_test_setup(pings_and_is_pinged, fresh),
        cmocka_unit_test_setup(a_confirmable_notification_is_acknowledged_or_reset, fresh),
        cmocka_unit_test_setup(unknown_responses_are_accepted_or_rejected, fresh),
        cmocka_unit_test_setup(duplicates_get_what_the_first_one_got, fresh),
        cmocka_unit_test_setup(the_answers_of_the_last_four_are_kept, fresh),
        cmocka_unit_test_setup(duplicates_are_known_64_ids_back, fresh),
        cmocka_unit_test_setup(ids_that_were_skipped_are_new, fresh),
        cmocka_unit_test_setup(duplicates_are_known_in_more_ranges_than_windows, fresh),
        cmocka_unit_test_setup(after_a_long_silence_nothing_is_known, fresh),
        cmocka_unit_test_setup(an_id_64_back_is_new_and_then_known, fresh),
        cmocka_unit_test_setup(forgetting_an_id_64_back_leaves_the_window, fresh),
        cmocka_unit_test_setup(silence_of_two_lifetimes_is_a_long_one, fresh),
        cmocka_unit_test_setup(a_message_id_is_new_again_after_its_lifetime, fresh),
        cmocka_unit_test_setup(spaces_non_messages, fresh),
        cmocka_unit_test_setup(nstart_may_be_more, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
