/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated device: what it sends, what it answers, and that nothing takes effect twice. */
#include "tests/unit/test.h"

#include "core/coap/view.h"
#include "core/lwm2m/content.h"
#include "sim/client.h"

#include <string.h>

static const sim_settings settings = {
    .prefix = "sim", .lifetime = 300, .notify_ms = 1000, .format = COT_FORMAT_SENML_CBOR};

typedef struct fixture {
    sim_client client;
    sim_world world;
    sim_counts counts;
    uint8_t sent[1024]; /* the last datagram */
    size_t len;
    unsigned datagrams;
} fixture;

static void on_send(void *ctx, uint32_t device, const uint8_t *bytes, size_t len)
{
    fixture *f = ctx;
    assert_int_equal(device, 7);
    assert_in_range(len, 1, sizeof f->sent);
    memcpy(f->sent, bytes, len);
    f->len = len;
    f->datagrams++;
}

static void begin(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->world = (sim_world){
        .settings = &settings, .sink = {on_send, f}, .counts = &f->counts, .random = 12345};
    sim_client_init(&f->client, &f->world);
}

static cot_coap_msg last(const fixture *f)
{
    cot_coap_msg m;
    assert_int_equal(cot_coap_parse(f->sent, f->len, &m), COT_OK);
    return m;
}

/* Answer the device's last request. */
static void answer(fixture *f, uint8_t code, const char *location, cot_ms now)
{
    cot_coap_msg request = last(f);
    cot_coap_head h = request.head;
    cot_coap_writer w;
    uint8_t buf[128];
    size_t len;
    h.type = COT_COAP_ACK;
    h.code = code;
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    cot_coap_write_segments(&w, COT_COAP_LOCATION_PATH, location, '/');
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    sim_client_receive(&f->client, &f->world, 7, buf, len, now);
}

/* Ask the device; `observe` < 0: without the option. */
static void ask(fixture *f, uint8_t code, const char *path, uint16_t mid, int observe, cot_ms now)
{
    cot_coap_head h = {
        .type = COT_COAP_CON, .code = code, .mid = mid, .token = {.len = 2, .b = {9, 9}}};
    cot_coap_writer w;
    uint8_t buf[128];
    size_t len;
    cot_coap_write_begin(&w, buf, sizeof buf, &h);
    if (observe >= 0)
        cot_coap_write_option_uint(&w, COT_COAP_OBSERVE, (uint32_t)observe);
    cot_coap_write_segments(&w, COT_COAP_URI_PATH, path, '/');
    assert_int_equal(cot_coap_write_end(&w, &len), COT_OK);
    sim_client_receive(&f->client, &f->world, 7, buf, len, now);
}

static void registered(fixture *f)
{
    begin(f);
    sim_client_register(&f->client, &f->world, 7, 1000);
    answer(f, COT_COAP_CREATED, "rd/abc", 1100);
}

static void registers_and_updates_at_its_location(void **state)
{
    fixture f;
    cot_coap_view v;
    cot_bytes endpoint;
    (void)state;
    begin(&f);
    sim_client_register(&f.client, &f.world, 7, 1000);
    cot_coap_msg m = last(&f);
    assert_int_equal(cot_coap_view_fetch(&m, &v), COT_OK);
    assert_true(cot_coap_path_is(v.path, "rd"));
    assert_true(cot_coap_query_find(v.query, "ep", &endpoint));
    assert_true(cot_bytes_is(endpoint, "sim-000007"));
    answer(&f, COT_COAP_CREATED, "rd/abc", 1100);
    assert_int_equal(f.client.state, SIM_REGISTERED);
    sim_client_update(&f.client, &f.world, 7, 2000);
    m = last(&f);
    assert_int_equal(cot_coap_view_fetch(&m, &v), COT_OK);
    assert_true(cot_coap_path_is(v.path, "rd/abc"));
    answer(&f, COT_COAP_CHANGED, "", 2100);
    assert_int_equal(f.counts.updates, 1);
}

static void a_lost_message_is_sent_again_the_same(void **state)
{
    fixture f;
    uint8_t first[1024];
    (void)state;
    begin(&f);
    sim_client_register(&f.client, &f.world, 7, 1000);
    size_t len = f.len;
    memcpy(first, f.sent, len);
    sim_client_due(&f.client, &f.world, 7, sim_client_deadline(&f.client));
    assert_int_equal(f.datagrams, 2);
    assert_int_equal(f.len, len);
    assert_memory_equal(f.sent, first, len);
    assert_int_equal(f.counts.resent, 1);
}

static void an_update_that_is_refused_registers_anew(void **state)
{
    fixture f;
    (void)state;
    registered(&f);
    sim_client_update(&f.client, &f.world, 7, 2000);
    answer(&f, COT_COAP_NOT_FOUND, "", 2100);
    assert_int_equal(f.client.state, SIM_IDLE);
    assert_int_equal(f.counts.refused, 1);
    assert_true(sim_client_deadline(&f.client) < COT_NEVER);
}

static void executes_once_however_often_it_is_asked(void **state)
{
    fixture f;
    (void)state;
    registered(&f);
    ask(&f, COT_COAP_POST, "3303/0/5605", 77, -1, 3000);
    ask(&f, COT_COAP_POST, "3303/0/5605", 77, -1, 3500);
    assert_int_equal(last(&f).head.code, COT_COAP_CHANGED);
    assert_int_equal(f.client.executes, 1);
    ask(&f, COT_COAP_POST, "3303/0/5605", 78, -1, 4000);
    assert_int_equal(f.client.executes, 2);
}

static void reads_what_there_is_and_no_more(void **state)
{
    fixture f;
    cot_coap_view v;
    cot_lwm2m_decoder d;
    cot_lwm2m_record rec;
    cot_lwm2m_path at = cot_lwm2m_path_of(3, 3, 0, 3, 0);
    (void)state;
    registered(&f);
    ask(&f, COT_COAP_GET, "3/0/3", 80, -1, 3000);
    cot_coap_msg m = last(&f);
    assert_int_equal(m.head.code, COT_COAP_CONTENT);
    assert_int_equal(cot_coap_view_fetch(&m, &v), COT_OK);
    assert_int_equal(cot_lwm2m_decode_begin(&d, v.content_format, &at, m.payload), COT_OK);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
    assert_int_equal(rec.value.as.bytes.len, 5); /* "1.0.0" */
    ask(&f, COT_COAP_GET, "3/0/99", 81, -1, 3100);
    assert_int_equal(last(&f).head.code, COT_COAP_NOT_FOUND);
    ask(&f, COT_COAP_DELETE, "3/0", 82, -1, 3200);
    assert_int_equal(last(&f).head.code, COT_COAP_NOT_ALLOWED);
}

static void notifies_until_it_is_told_to_stop(void **state)
{
    fixture f;
    cot_coap_view v;
    (void)state;
    registered(&f);
    ask(&f, COT_COAP_GET, "3303/0/5700", 90, 0, 3000);
    sim_client_due(&f.client, &f.world, 7, 4000);
    cot_coap_msg m = last(&f);
    assert_int_equal(cot_coap_view_fetch(&m, &v), COT_OK);
    assert_true(COT_COAP_HAS(&v, OBSERVE));
    assert_int_equal(m.head.type, COT_COAP_NON);
    assert_int_equal(f.counts.notifications, 1);
    ask(&f, COT_COAP_GET, "3303/0/5700", 91, 1, 4100);
    unsigned sent = f.datagrams;
    sim_client_due(&f.client, &f.world, 7, 6000);
    assert_int_equal(f.datagrams, sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_and_updates_at_its_location),
        cmocka_unit_test(a_lost_message_is_sent_again_the_same),
        cmocka_unit_test(an_update_that_is_refused_registers_anew),
        cmocka_unit_test(executes_once_however_often_it_is_asked),
        cmocka_unit_test(reads_what_there_is_and_no_more),
        cmocka_unit_test(notifies_until_it_is_told_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
