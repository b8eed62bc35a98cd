/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR ↔ JSON, times, and the pieces of text. */
#include "tests/unit/test.h"

#include "core/cbor/reader.h"
#include "server/http/json.h"
#include "tests/unit/hex.h"

#include <string.h>

static void expect_json(const char *hex, const char *json)
{
    hex_buffer raw;
    http_text t = {0};
    assert_int_equal(http_json_from_cbor(from_hex(&raw, hex), &t), COT_OK);
    http_text_add(&t, "", 1);
    assert_string_equal(t.p, json);
    http_text_free(&t);
}

static void refuse_cbor(const char *hex, cot_status why)
{
    hex_buffer raw;
    http_text t = {0};
    assert_int_equal(http_json_from_cbor(from_hex(&raw, hex), &t), why);
    http_text_free(&t);
}

static void writes_every_type(void **state)
{
    (void)state;
    expect_json("a0", "{}");
    expect_json("80", "[]");
    expect_json("8301820203f6", "[1,[2,3],null]");
    expect_json("a261618201f561620a", "{\"a\":[1,true],\"b\":10}");
    expect_json("3903e7", "-1000");
    expect_json("1bffffffffffffffff", "18446744073709551615");
    expect_json("fb3ff8000000000000", "1.5");
    expect_json("f94000", "2.0");
    expect_json("fa41ad999a", "21.7");
    expect_json("fb4035b33333333333", "21.7");
    expect_json("f97e00", "null");
    expect_json("f97c00", "null");
    expect_json("6461220a5c", "\"a\\\"\\n\\\\\"");
    expect_json("62c3a4", "\"ä\"");
    expect_json("420102", "\"AQI=\"");
}

static void writes_keyed_forms(void **state)
{
    (void)state;
    /* {"at": 0, "seen_at": 1764003600123, "value": h'0102'} */
    expect_json("a362617400677365656e5f61741b0000019ab6ced6fb6576616c7565420102",
                "{\"at\":\"1970-01-01T00:00:00.000Z\",\"seen_at\":\"2025-11-24T17:00:00.123Z\","
                "\"value\":{\"opaque\":\"AQI=\"}}");
    /* {"value": 1(1764003600)} and {"value": {"objlink": "3:0"}} */
    expect_json("a16576616c7565c11a69248f10",
                "{\"value\":{\"time\":\"2025-11-24T17:00:00.000Z\"}}");
    expect_json("a16576616c7565a1676f626a6c696e6b63333a30", "{\"value\":{\"objlink\":\"3:0\"}}");
    expect_json("a16576616c7565c120", "{\"value\":{\"time\":null}}");
}

static void refuses_what_is_no_json(void **state)
{
    (void)state;
    refuse_cbor("", COT_E_TRUNCATED);
    refuse_cbor("8101ff", COT_E_MALFORMED);
    refuse_cbor("a10102", COT_E_UNSUPPORTED);
    refuse_cbor("c201", COT_E_UNSUPPORTED);
    refuse_cbor("81", COT_E_TRUNCATED);
    refuse_cbor("818181818181818181818181818181818101", COT_E_LIMIT);
    refuse_cbor("9b7fffffffffffffff", COT_E_TRUNCATED);
}

static void parse_ok(const char *text, uint64_t ms)
{
    uint64_t got = 1;
    assert_int_equal(http_time_parse((cot_bytes){(const uint8_t *)text, strlen(text)}, &got),
                     COT_OK);
    assert_int_equal(got, ms);
}

static void parses_times(void **state)
{
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11-24",
                                      "2026-11-24T17:00:00",
                                      "2026-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-11-24T24:00:00Z",
                                      "2026-11-24T17:60:00Z",
                                      "2026-11-24T17:00:00.Z",
                                      "2026-11-24T17:00:00+25:00",
                                      "2026-11-24T17:00:00ZZ"};
    uint64_t got = 1;
    (void)state;
    parse_ok("1970-01-01T00:00:00Z", 0);
    parse_ok("2025-11-24T17:00:00.123Z", 1764003600123);
    parse_ok("2025-11-24t19:00:00.1239+02:00", 1764003600123);
    parse_ok("2024-02-29T23:59:60-00:00", 1709251200000);
    parse_ok("9999-12-31T23:59:59.999Z", 253402300799999);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            http_time_parse((cot_bytes){(const uint8_t *)bad[i], strlen(bad[i])}, &got),
            COT_E_MALFORMED);
    }
    assert_int_equal(
        http_time_parse((cot_bytes){(const uint8_t *)"1969-12-31T23:59:59Z", 20}, &got),
        COT_E_RANGE);
    assert_int_equal(
        http_time_parse((cot_bytes){(const uint8_t *)"9999-12-31T23:59:59-01:00", 25}, &got),
        COT_E_RANGE);
}

/* Every day of 400 years and both ways. */
static void writes_times_as_it_parses_them(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 146097; day += 13) {
        http_text t = {0};
        uint64_t back = 0;
        http_text_time(&t, day * 86400000u + 1);
        assert_int_equal(t.len, 26);
        assert_int_equal(http_time_parse((cot_bytes){(const uint8_t *)t.p + 1, t.len - 2}, &back),
                         COT_OK);
        assert_int_equal(back, day * 86400000u + 1);
        http_text_free(&t);
    }
}

static cot_status value_of(const char *json, uint8_t *out, size_t *len)
{
    cot_writer w;
    json_t *j = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(j);
    cot_writer_init(&w, out, 64);
    cot_status s = http_value_to_cbor(j, &w);
    *len = w.len;
    json_decref(j);
    return s;
}

static void takes_values(void **state)
{
    static const struct {
        const char *json;
        const char *hex;
    } good[] = {
        {"\"a\"", "6161"},
        {"5", "05"},
        {"-1", "20"},
        {"5.0", "f94500"},
        {"true", "f5"},
        {"{\"opaque\":\"AQI=\"}", "420102"},
        {"{\"opaque\":\"\"}", "40"},
        {"{\"time\":\"1970-01-01T00:00:09Z\"}", "c109"},
        {"{\"objlink\":\"3:0\"}", "a1676f626a6c696e6b63333a30"},
    };
    static const char *const bad[] = {"null",
                                      "[]",
                                      "{}",
                                      "{\"opaque\":1}",
                                      "{\"x\":\"y\"}",
                                      "{\"opaque\":\"AQI\"}",
                                      "{\"time\":\"now\"}",
                                      "{\"objlink\":\"3\"}",
                                      "{\"objlink\":\"3:65536\"}",
                                      "{\"objlink\":\"03:0\"}",
                                      "{\"objlink\":\":0\"}",
                                      "{\"objlink\":\"3:0:1\"}",
                                      "{\"opaque\":\"\",\"time\":\"\"}"};
    uint8_t raw[64];
    size_t len = 0;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(value_of(good[i].json, raw, &len), COT_OK);
        assert_hex(raw, len, good[i].hex);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_not_equal(value_of(bad[i], raw, &len), COT_OK);
    }
}

static void escapes_what_is_not_utf8(void **state)
{
    http_text t = {0};
    (void)state;
    http_text_json(&t, (cot_bytes){(const uint8_t *)"a\xff\x01", 3});
    http_text_add(&t, "", 1);
    assert_string_equal(t.p, "\"a\\ufffd\\u0001\"");
    http_text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_type),
        cmocka_unit_test(writes_keyed_forms),
        cmocka_unit_test(refuses_what_is_no_json),
        cmocka_unit_test(parses_times),
        cmocka_unit_test(writes_times_as_it_parses_them),
        cmocka_unit_test(takes_values),
        cmocka_unit_test(escapes_what_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
