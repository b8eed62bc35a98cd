/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/senml_cbor.c, senml_write.c: RFC 8428 section 6, LwM2M packs, refusals. */
#include "tests/unit/records.h"

#define SENML COT_FORMAT_SENML_CBOR

/* RFC 8428 section 6: the pack of section 5.1.2 in CBOR. */
static void rfc_8428_example(void **state)
{
    const char *hex =
        "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b001062236141"
        "20"
        "050067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333"
        "a3006763757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666"
        "a3006763757272656e74062102f93e00a3006763757272656e74062002fb3ff999999999999a"
        "a3006763757272656e74060002fb3ffb333333333333";
    static const double values[] = {120.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7};
    static const double times[] = {0, -5, -4, -3, -2, -1, 0};
    hex_buffer b;
    cot_senml_reader s = {.left = 0};
    (void)state;
    cot_senml_reader_init(&s, from_hex(&b, hex));
    for (size_t i = 0; i < 7; i++) {
        double time;
        assert_int_equal(cot_senml_next_record(&s), COT_OK);
        assert_text(cot_value_bytes(cot_senml_field(&s, COT_SENML_BASE_NAME)),
                    "urn:dev:ow:10e2073a0108006:");
        assert_text(cot_value_bytes(cot_senml_field(&s, COT_SENML_NAME)),
                    i == 0 ? "voltage" : "current");
        assert_text(cot_senml_unit(&s), i == 0 ? "V" : "A");
        assert_int_equal(cot_senml_field(&s, COT_SENML_VALUE)->type, COT_FLOAT);
        assert_true(cot_senml_field(&s, COT_SENML_VALUE)->as.f == values[i]);
        assert_true(cot_senml_time(&s, &time));
        assert_true(time == 1.276020076001e+09 + times[i]);
    }
    assert_int_equal(cot_senml_next_record(&s), COT_E_NOT_FOUND);
    s = (cot_senml_reader){.left = 0};
    cot_senml_reader_init(&s, from_hex(&b, hex));
    cot_lwm2m_record lwm2m = {.form = COT_FORM_TYPED};
    assert_int_equal(cot_senml_next(&s, &lwm2m), COT_E_MALFORMED); /* no LwM2M path */
}

static void every_type(void **state)
{
    (void)state;
    const put p[] = {
        {"/3/0/0", cot_value_text("Open")},
        {"/3/0/6/0", cot_value_int(1)},
        {"/3/0/6/1", cot_value_int(-5)},
        {"/3/0/7", cot_value_float(21.5)},
        {"/3/0/8", cot_value_bool(true)},
        {"/3/0/13", cot_value_time(1367491215)},
        {"/3/0/14", cot_value_opaque((cot_bytes){(const uint8_t *)"\1\2", 2})},
        {"/3/0/15", cot_value_objlnk(66, 1)},
        {"/3/0/16", cot_value_uint(UINT64_MAX)},
        {"/3/0/17", {.type = COT_CORELNK, .as.bytes = {(const uint8_t *)"</3>", 4}}},
    };
    const char *hex = "8a a3 21652f332f302f 006130 03644f70656e"
                      "a2 0063362f30 0201"
                      "a2 0063362f31 0224"
                      "a2 006137 02f94d60"
                      "a2 006138 04f5"
                      "a2 00623133 021a5182428f"
                      "a2 00623134 08420102"
                      "a2 00623135 63766c6f 6436363a31"
                      "a2 00623136 021bffffffffffffffff"
                      "a2 00623137 03643c2f333e";
    encodes(SENML, "/3/0", p, COUNT(p), hex);
    decodes(SENML, "/3/0", hex, p, COUNT(p));
    decodes(SENML, "/3", hex, p, COUNT(p));
    decodes(SENML, "/", hex, p, COUNT(p));
}

static void bases(void **state)
{
    (void)state;
    const put one[] = {{"/3/0/9", cot_value_int(100)}};
    encodes(SENML, "/3/0/9", one, 1, "81 a2 21662f332f302f39 021864");
    decodes(SENML, "/3/0/9", "81 a2 21662f332f302f39 021864", one, 1);
    encodes(SENML, "/", one, 1, "81 a3 21612f 0065332f302f39 021864");
    decodes(SENML, "/", "81 a3 21612f 0065332f302f39 021864", one, 1);
    decodes(SENML, "/3/0/9", "81 a2 00662f332f302f39 021864", one, 1);       /* name only */
    decodes(SENML, "/3/0/9", "81 a3 021864 0061 39 21652f332f302f", one, 1); /* any order */
    const put two[] = {{"/3/0/10", cot_value_int(1)}, {"/3/0/12", cot_value_int(2)}};
    /* the base name may end anywhere, and may change on the way */
    decodes(SENML, "/3/0", "82 a3 21662f332f302f31 006130 0201 a2 006132 0202", two, 2);
    decodes(SENML, "/3/0", "82 a3 21662f332f302f31 006130 0201 a2 21672f332f302f3132 0202", two, 2);
    encodes(SENML, "/3/0", NULL, 0, "80");
    decodes(SENML, "/3/0", "80", NULL, 0);
    decodes(SENML, "/3/0", "81 a1 21652f332f302f", NULL, 0); /* only base fields */
    const put asked[] = {{"/3/0/9", {.type = COT_NONE}}};    /* Read-Composite */
    decodes(SENML, "/", "81 a1 00662f332f302f39", asked, 1);
    decodes(SENML, "/", "81 a1 21662f332f302f39", asked, 1);
}

static void indefinite_lengths(void **state)
{
    (void)state;
    const put p[] = {{"/3/0/9", cot_value_int(100)}, {"/3/0/10", cot_value_int(1)}};
    decodes(SENML, "/3/0", "9f bf 21652f332f302f 006139 021864 ff a2 00623130 0201 ff", p, 2);
    decoding_fails(SENML, "/3/0", "9f bf 21652f332f302f 006139 021864 ff", COT_E_TRUNCATED);
    decoding_fails(SENML, "/3/0", "9f a2 00662f332f302f39 0201 ff 00", COT_E_MALFORMED);
    decoding_fails(SENML, "/3/0", "81 7f612fff", COT_E_UNSUPPORTED);
}

static void many_records(void **state)
{
    static put p[300];
    static char paths[300][16];
    static uint8_t buf[8192];
    cot_writer w;
    (void)state;
    for (size_t n = 23; n <= 300; n += n == 24 ? 276 : 1) {
        cot_lwm2m_decoder d;
        cot_lwm2m_record rec;
        cot_lwm2m_path base = path("/9/0/1");
        for (size_t i = 0; i < n; i++) {
            snprintf(paths[i], sizeof paths[i], "/9/0/1/%d", (int)i);
            p[i] = (put){paths[i], cot_value_int((int64_t)i)};
        }
        cot_writer_init(&w, buf, sizeof buf);
        assert_int_equal(encode(&w, SENML, "/9/0/1", p, n), COT_OK);
        assert_int_equal(cot_lwm2m_decode_begin(&d, SENML, &base, (cot_bytes){buf, w.len}), COT_OK);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
            assert_int_equal(rec.path.id[3], i);
            assert_int_equal(rec.value.as.i, i);
        }
        assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_E_NOT_FOUND);
    }
}

static void times(void **state)
{
    static const double at[] = {1700000000, 1700000010.5, 1699999990};
    double time;
    hex_buffer b;
    cot_lwm2m_decoder d;
    cot_lwm2m_record rec;
    cot_lwm2m_path base = path("/3303/0/5700");
    (void)state;
    cot_bytes in = from_hex(&b, "83 a3 216c2f333330332f302f35373030 221a6553f100 02f93e00"
                                "a2 02f93e00 06f94940 a2 02f93e00 0629");
    assert_int_equal(cot_lwm2m_decode_begin(&d, SENML, &base, in), COT_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
        assert_true(cot_lwm2m_decode_time(&d, &time));
        assert_true(time == at[i]);
    }
    in = from_hex(&b, "81 a3 216c2f333330332f302f35373030 02f93e00 0605"); /* without a base time */
    assert_int_equal(cot_lwm2m_decode_begin(&d, SENML, &base, in), COT_OK);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
    assert_true(cot_lwm2m_decode_time(&d, &time) && time == 5);
    in = from_hex(&b, "81 a2 216c2f333330332f302f35373030 02f93e00");
    assert_int_equal(cot_lwm2m_decode_begin(&d, SENML, &base, in), COT_OK);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
    assert_true(!cot_lwm2m_decode_time(&d, &time) && time == 0);
}

static void base_values(void **state)
{
    (void)state;
    const put ints[] = {{"/3/0/9", cot_value_int(107)}, {"/3/0/10", cot_value_int(-93)}};
    decodes(SENML, "/3/0", "82 a4 21652f332f302f 241864 006139 0207 a2 00623130 0238c0", ints, 2);
    const put floats[] = {{"/3/0/9", cot_value_float(101.5)}};
    decodes(SENML, "/3/0", "81 a4 21652f332f302f 241864 006139 02f93e00", floats, 1);
    const put text[] = {{"/3/0/9", cot_value_text("a")}};
    decodes(SENML, "/3/0", "81 a4 21652f332f302f 241864 006139 036161", text, 1);
    decoding_fails(SENML, "/3/0", "81 a4 21652f332f302f 2401 006139 021b7fffffffffffffff",
                   COT_E_RANGE);
    decoding_fails(SENML, "/3/0", "81 a4 21652f332f302f 2420 006139 023b7fffffffffffffff",
                   COT_E_RANGE);
}

static void refuses(void **state)
{
    (void)state;
    decoding_fails(SENML, "/3/0", "", COT_E_TRUNCATED);
    decoding_fails(SENML, "/3/0", "a0", COT_E_TYPE);
    decoding_fails(SENML, "/3/0", "81", COT_E_TRUNCATED);
    decoding_fails(SENML, "/3/0", "8101", COT_E_TYPE);
    decoding_fails(SENML, "/3/0", "80 00", COT_E_MALFORMED);
    decoding_fails(SENML, "/3/0", "81 a1 00662f332f302f39 00", COT_E_MALFORMED);
    decoding_fails(SENML, "/3/0", "81 a2 00662f342f302f39 0201", COT_E_RANGE); /* outside base */
    decoding_fails(SENML, "/3/0", "81 a2 0063612f62 0201", COT_E_MALFORMED);
    decoding_fails(SENML, "/3/0", "81 a1 0201", COT_E_MALFORMED); /* no name at all */
    decoding_fails(SENML, "/3/0", "81 a3 00662f332f302f39 0201 0202", COT_E_EXISTS);
    decoding_fails(SENML, "/3/0", "81 a3 00662f332f302f39 0201 04f5", COT_E_EXISTS);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 04 01", COT_E_TYPE);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 0301", COT_E_TYPE);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 0861 61", COT_E_TYPE);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 026161", COT_E_TYPE);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 02c48221196ab3", COT_E_UNSUPPORTED);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 023bffffffffffffffff", COT_E_RANGE);
    decoding_fails(SENML, "/3/0", "81 a2 00662f332f302f39 63766c6f 6133", COT_E_MALFORMED);
    decoding_fails(SENML, "/3/0", "81 a3 200b 00662f332f302f39 0201", COT_E_UNSUPPORTED); /* bver */
    decoding_fails(SENML, "/3/0", "81 a3 62785f 00 00662f332f302f39 0201", COT_E_UNSUPPORTED);
    decoding_fails(SENML, "/3/0", "81 a3 40 00 00662f332f302f39 0201", COT_E_TYPE);
    decoding_fails(SENML, "/3/0",
                   "81 a2 00781a2f36353533342f36353533342f36353533342f36353533342f31"
                   "0201",
                   COT_E_MALFORMED);
    const put one[] = {{"/3/0/9", cot_value_int(1)}}; /* unknown fields are read over */
    decodes(SENML, "/3/0", "81 a5 6178820102 0a00 00662f332f302f39 0518ff 0201", one, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_8428_example),
        cmocka_unit_test(every_type),
        cmocka_unit_test(bases),
        cmocka_unit_test(indefinite_lengths),
        cmocka_unit_test(many_records),
        cmocka_unit_test(times),
        cmocka_unit_test(base_values),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
