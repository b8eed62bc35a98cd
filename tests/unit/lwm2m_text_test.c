/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/text.c, base64.c: every type both ways (LwM2M core 1.1 appendix C). */
#include "core/lwm2m/text.h"
#include "tests/unit/hex.h"

static cot_status decode(const char *text, cot_type want, cot_value *out)
{
    static uint8_t room[64];
    cot_writer scratch;
    cot_writer_init(&scratch, room, sizeof room);
    return cot_lwm2m_text_decode(text_bytes(text), want, &scratch, out);
}

/* `text` is `want`, and `want` is written as `text`. */
static void both_ways(const char *text, cot_value want)
{
    uint8_t buf[64];
    cot_writer w;
    cot_value got;
    assert_int_equal(decode(text, want.type, &got), COT_OK);
    assert_true(cot_value_equal(&got, &want));
    cot_writer_init(&w, buf, sizeof buf);
    cot_lwm2m_text_write(&w, &want);
    assert_int_equal(w.err, COT_OK);
    assert_text((cot_bytes){buf, w.len}, text);
}

static void each_type(void **state)
{
    (void)state;
    both_ways("Open Mobile Alliance", cot_value_text("Open Mobile Alliance"));
    both_ways("", cot_value_text(""));
    both_ways("-9223372036854775808", cot_value_int(INT64_MIN));
    both_ways("100", cot_value_int(100));
    both_ways("18446744073709551615", cot_value_uint(UINT64_MAX));
    both_ways("21.5", cot_value_float(21.5));
    both_ways("-1.25e-7", cot_value_float(-1.25e-7));
    both_ways("0", cot_value_bool(false));
    both_ways("1", cot_value_bool(true));
    both_ways("1367491215", cot_value_time(1367491215));
    both_ways("10:0", cot_value_objlnk(10, 0));
    both_ways("65535:65535", cot_value_objlnk(65535, 65535));
    both_ways("", cot_value_opaque((cot_bytes){NULL, 0}));
    both_ways("AQIDBAU=", cot_value_opaque((cot_bytes){(const uint8_t *)"\1\2\3\4\5", 5}));
    cot_value link = cot_value_text("</3/0>");
    link.type = COT_CORELNK;
    both_ways("</3/0>", link);
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        cot_type want;
        cot_status status;
    } bad[] = {
        {"", COT_INTEGER, COT_E_MALFORMED},
        {"1.0", COT_INTEGER, COT_E_MALFORMED},
        {" 1", COT_INTEGER, COT_E_MALFORMED},
        {"9223372036854775808", COT_INTEGER, COT_E_RANGE},
        {"9223372036854775808", COT_TIME, COT_E_RANGE},
        {"-1", COT_UNSIGNED, COT_E_MALFORMED},
        {"1e400", COT_FLOAT, COT_E_RANGE},
        {"", COT_FLOAT, COT_E_MALFORMED},
        {"2", COT_BOOLEAN, COT_E_MALFORMED},
        {"", COT_BOOLEAN, COT_E_MALFORMED},
        {"true", COT_BOOLEAN, COT_E_MALFORMED},
        {"01", COT_BOOLEAN, COT_E_MALFORMED},
        {"3", COT_OBJLNK, COT_E_MALFORMED},
        {"3:", COT_OBJLNK, COT_E_MALFORMED},
        {":0", COT_OBJLNK, COT_E_MALFORMED},
        {"3:0:1", COT_OBJLNK, COT_E_MALFORMED},
        {"65536:0", COT_OBJLNK, COT_E_RANGE},
        {"0:65536", COT_OBJLNK, COT_E_RANGE},
        {"\xff", COT_STRING, COT_E_MALFORMED},
        {"A", COT_OPAQUE, COT_E_MALFORMED},
        {"AQ=", COT_OPAQUE, COT_E_MALFORMED},
        {"A===", COT_OPAQUE, COT_E_MALFORMED},
        {"=AAA", COT_OPAQUE, COT_E_MALFORMED},
        {"AQ==AQ==", COT_OPAQUE, COT_E_MALFORMED},
        {"AR==", COT_OPAQUE, COT_E_MALFORMED}, /* bits that no byte takes */
        {"AQI_", COT_OPAQUE, COT_E_MALFORMED},
        {"x", COT_NONE, COT_E_TYPE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cot_value v;
        cot_status s = decode(bad[i].text, bad[i].want, &v);
        if (s != bad[i].status)
            printf("\"%s\": %d\n", bad[i].text, s);
        assert_int_equal(s, bad[i].status);
    }
    cot_value v;
    uint8_t room[2];
    cot_writer scratch;
    assert_int_equal(cot_lwm2m_text_decode(text_bytes("AQID"), COT_OPAQUE, NULL, &v), COT_E_SPACE);
    cot_writer_init(&scratch, room, sizeof room);
    assert_int_equal(cot_lwm2m_text_decode(text_bytes("AQID"), COT_OPAQUE, &scratch, &v),
                     COT_E_SPACE);

    cot_writer_init(&scratch, room, sizeof room);
    cot_lwm2m_text_write(&scratch, &(cot_value){.type = COT_NONE});
    assert_int_equal(scratch.err, COT_E_TYPE);
}

/* RFC 4648 section 10. */
static void base64_vectors(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        uint8_t buf[16];
        cot_writer w;
        cot_writer_init(&w, buf, sizeof buf);
        cot_base64_write(&w, text_bytes(pairs[i][0]));
        assert_text((cot_bytes){buf, w.len}, pairs[i][1]);
        cot_writer_init(&w, buf, sizeof buf);
        assert_int_equal(cot_base64_decode(text_bytes(pairs[i][1]), &w), COT_OK);
        assert_text((cot_bytes){buf, w.len}, pairs[i][0]);
    }
    hex_buffer b;
    uint8_t buf[8];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_base64_write(&w, from_hex(&b, "fbefbe ffffff"));
    assert_text((cot_bytes){buf, w.len}, "++++////");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type),
        cmocka_unit_test(refuses),
        cmocka_unit_test(base64_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
