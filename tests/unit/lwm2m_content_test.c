/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/content.c: one interface over all formats, and its rules. */
#include "tests/unit/records.h"

static void formats(void **state)
{
    (void)state;
    assert_true(cot_lwm2m_format_supported(COT_FORMAT_TEXT));
    assert_true(cot_lwm2m_format_supported(COT_FORMAT_OPAQUE));
    assert_true(cot_lwm2m_format_supported(COT_FORMAT_SENML_CBOR));
    assert_true(cot_lwm2m_format_supported(COT_FORMAT_TLV));
    assert_false(cot_lwm2m_format_supported(COT_FORMAT_LINK));
    assert_false(cot_lwm2m_format_supported(50));
    assert_false(cot_lwm2m_format_supported(11543));
    assert_int_equal(cot_lwm2m_format_default(true), COT_FORMAT_TLV);
    assert_int_equal(cot_lwm2m_format_default(false), COT_FORMAT_SENML_CBOR);
    decoding_fails(11543, "/3/0/0", "00", COT_E_UNSUPPORTED);
    cot_writer w;
    cot_writer_init(&w, NULL, 0);
    assert_int_equal(encode(&w, 11543, "/3/0", NULL, 0), COT_E_UNSUPPORTED);
}

static void text_and_opaque(void **state)
{
    (void)state;
    const put number[] = {{"/3303/0/5700", cot_value_float(21.5)}};
    encodes(COT_FORMAT_TEXT, "/3303/0/5700", number, 1, "32312e35");
    decodes(COT_FORMAT_TEXT, "/3303/0/5700", "32312e35", number, 1);
    const put bytes[] = {{"/5/0/0", cot_value_opaque((cot_bytes){(const uint8_t *)"\1\2\3", 3})}};
    encodes(COT_FORMAT_OPAQUE, "/5/0/0", bytes, 1, "010203");
    decodes(COT_FORMAT_OPAQUE, "/5/0/0", "010203", bytes, 1);
    encodes(COT_FORMAT_TEXT, "/5/0/0", bytes, 1, "41514944");
    decodes(COT_FORMAT_TEXT, "/5/0/0", "41514944", bytes, 1);
    decoding_fails(COT_FORMAT_TEXT, "/3303/0", "31", COT_E_UNSUPPORTED);
    decoding_fails(COT_FORMAT_OPAQUE, "/3303", "31", COT_E_UNSUPPORTED);
}

static cot_status encode_into(uint32_t format, const char *base, const put *p, size_t n)
{
    uint8_t buf[256];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    return encode(&w, format, base, p, n);
}

static void order_and_place(void **state)
{
    static const uint32_t all[] = {COT_FORMAT_SENML_CBOR, COT_FORMAT_TLV};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const put backwards[] = {{"/3/0/2", cot_value_int(1)}, {"/3/0/1", cot_value_int(1)}};
        assert_int_equal(encode_into(all[i], "/3/0", backwards, 2), COT_E_STATE);
        const put twice[] = {{"/3/0/1", cot_value_int(1)}, {"/3/0/1", cot_value_int(1)}};
        assert_int_equal(encode_into(all[i], "/3/0", twice, 2), COT_E_STATE);
        const put inside[] = {{"/3/0/1", cot_value_int(1)}, {"/3/0/1/0", cot_value_int(1)}};
        assert_int_equal(encode_into(all[i], "/3/0", inside, 2), COT_E_STATE);
        const put outside[] = {{"/3/1/1", cot_value_int(1)}};
        assert_int_equal(encode_into(all[i], "/3/0", outside, 1), COT_E_RANGE);
        const put above[] = {{"/3/0", cot_value_int(1)}};
        assert_int_equal(encode_into(all[i], "/3/0", above, 1), COT_E_TYPE);
    }
    const put two[] = {{"/3/0/1", cot_value_int(1)}, {"/3/0/2", cot_value_int(1)}};
    assert_int_equal(encode_into(COT_FORMAT_TEXT, "/3/0", two, 2), COT_E_STATE);
    assert_int_equal(encode_into(COT_FORMAT_OPAQUE, "/3/0", two, 1), COT_E_TYPE);
    assert_int_equal(encode_into(COT_FORMAT_TLV, "/", two, 1), COT_E_UNSUPPORTED);
    const put none[] = {{"/3/0/1", {.type = COT_NONE}}};
    encodes(COT_FORMAT_SENML_CBOR, "/3/0", none, 1, "80");

    cot_lwm2m_encoder e;
    cot_writer w;
    uint8_t buf[16];
    cot_lwm2m_path base = path("/3");
    cot_lwm2m_path unnamed = cot_lwm2m_path_of(3, 3, COT_LWM2M_NO_ID, 0, 0);
    cot_value v = cot_value_int(1);
    cot_writer_init(&w, buf, sizeof buf);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_TLV, &base, &w);
    cot_lwm2m_encode_put(&e, &unnamed, &v);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_E_RANGE);

    cot_lwm2m_record rec = {.path = path("/3/0/1"), .form = COT_FORM_TEXT, .value = v};
    cot_writer_init(&w, buf, sizeof buf);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_TLV, &base, &w);
    cot_lwm2m_encode_put_record(&e, &rec); /* nobody has said what type it is */
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_E_TYPE);
    rec.form = COT_FORM_TYPED;
    cot_writer_init(&w, buf, sizeof buf);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_TLV, &base, &w);
    cot_lwm2m_encode_put_record(&e, &rec);
    assert_int_equal(cot_lwm2m_encode_end(&e), COT_OK);
    assert_hex(buf, w.len, "0300 c10101");
}

/* What was in the buffer before stays in front of the payload. */
static void appends(void **state)
{
    static const uint32_t all[] = {COT_FORMAT_SENML_CBOR, COT_FORMAT_TLV, COT_FORMAT_TEXT};
    static const char *const want[] = {"aa 81 a2 21662f332f302f39 021864", "aa c10964",
                                       "aa 313030"};
    const put p[] = {{"/3/0/9", cot_value_int(100)}};
    uint8_t buf[64];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        cot_writer w;
        cot_writer_init(&w, buf, sizeof buf);
        cot_write_u8(&w, 0xAA);
        assert_int_equal(encode(&w, all[i], "/3/0/9", p, 1), COT_OK);
        assert_hex(buf, w.len, want[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(text_and_opaque),
        cmocka_unit_test(order_and_place),
        cmocka_unit_test(appends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
