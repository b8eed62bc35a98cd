/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/link.c: RFC 6690 section 5, LwM2M registrations and Discover answers, refusals. */
#include "core/lwm2m/link.h"
#include "tests/unit/records.h"

static void writes(void **state)
{
    uint8_t buf[256];
    cot_writer w;
    cot_link_writer l;
    cot_lwm2m_path p = path("/");
    (void)state;
    cot_writer_init(&w, buf, sizeof buf);
    cot_link_begin(&l, &w);
    cot_link_path(&l, &p);
    cot_link_attr_text(&l, "rt", "oma.lwm2m");
    cot_link_attr_text(&l, "ct", "60 112");
    p = path("/1/0");
    cot_link_path(&l, &p);
    p = path("/5");
    cot_link_path(&l, &p);
    cot_link_attr_token(&l, "ver", "1.1");
    p = path("/3303/0/5700");
    cot_link_path(&l, &p);
    cot_link_attr_uint(&l, "pmin", 10);
    cot_link_attr_double(&l, "gt", 2.5);
    assert_int_equal(w.err, COT_OK);
    assert_text(
        (cot_bytes){buf, w.len},
        "</>;rt=\"oma.lwm2m\";ct=\"60 112\",</1/0>,</5>;ver=1.1,</3303/0/5700>;pmin=10;gt=2.5");
}

static void reads_a_registration(void **state)
{
    cot_link_reader l;
    cot_link link;
    cot_link_attr_item a;
    cot_bytes none = {NULL, 0};
    (void)state;
    cot_link_reader_init(&l, text_bytes("</lwm2m>;rt=\"oma.lwm2m\";ct=110,</lwm2m/1/0>,</lwm2m/5>"
                                        ";ver=1.1,</lwm2mx/3>,</other>,</3/0>"));
    cot_bytes root = text_bytes("/lwm2m");
    assert_int_equal(cot_link_next(&l, root, &link), COT_OK);
    assert_true(link.is_path);
    assert_int_equal(link.path.level, 0);
    assert_int_equal(cot_link_attr_find(link.attrs, "rt", &a), COT_OK);
    assert_text(a.value, "oma.lwm2m");
    assert_true(a.quoted);
    assert_int_equal(cot_link_attr_find(link.attrs, "ct", &a), COT_OK);
    assert_text(a.value, "110");
    assert_false(a.quoted);
    assert_int_equal(cot_link_attr_find(link.attrs, "r", &a), COT_E_NOT_FOUND);
    assert_int_equal(cot_link_next(&l, root, &link), COT_OK);
    assert_true(link.is_path);
    assert_int_equal(link.path.level, 2);
    assert_int_equal(link.attrs.len, 0);
    assert_int_equal(cot_link_next(&l, root, &link), COT_OK);
    assert_int_equal(link.path.id[0], 5);
    assert_int_equal(cot_link_attr_find(link.attrs, "ver", &a), COT_OK);
    assert_text(a.value, "1.1");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cot_link_next(&l, root, &link), COT_OK);
        assert_false(link.is_path);
    }
    assert_text(link.target, "/3/0");
    assert_int_equal(cot_link_next(&l, root, &link), COT_E_NOT_FOUND);

    cot_link_reader_init(&l, text_bytes("</>,</3/0>,<http://x/3>"));
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_true(link.is_path && link.path.level == 0);
    assert_int_equal(cot_link_next(&l, text_bytes("/"), &link), COT_OK);
    assert_true(link.is_path && link.path.level == 2);
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_false(link.is_path);
    cot_link_reader_init(&l, text_bytes("<>"));
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_false(link.is_path);
    cot_link_reader_init(&l, none);
    assert_int_equal(cot_link_next(&l, none, &link), COT_E_NOT_FOUND);
}

/* RFC 6690 section 5. */
static void rfc_6690_examples(void **state)
{
    cot_link_reader l;
    cot_link link;
    cot_link_attr_item a;
    cot_bytes none = {NULL, 0};
    (void)state;
    cot_link_reader_init(
        &l, text_bytes(
                "</sensors>;ct=40;title=\"Sensor Index\",</sensors/temp>;rt=\"temperature-c\";"
                "if=\"sensor\",<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\""
                ";rel=\"describedby\",</t>;anchor=\"/sensors/temp\";rel=\"alternate\",</x>;obs"));
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_text(link.target, "/sensors");
    assert_int_equal(cot_link_attr_next(&link.attrs, &a), COT_OK);
    assert_text(a.name, "ct");
    assert_text(a.value, "40");
    assert_int_equal(cot_link_attr_next(&link.attrs, &a), COT_OK);
    assert_text(a.name, "title");
    assert_text(a.value, "Sensor Index");
    assert_int_equal(cot_link_attr_next(&link.attrs, &a), COT_E_NOT_FOUND);
    for (int i = 0; i < 3; i++)
        assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_int_equal(cot_link_attr_find(link.attrs, "obs", &a), COT_OK);
    assert_false(a.has_value);
    assert_int_equal(cot_link_next(&l, none, &link), COT_E_NOT_FOUND);
}

static void quotes_hide_delimiters(void **state)
{
    cot_link_reader l;
    cot_link link;
    cot_link_attr_item a;
    cot_bytes none = {NULL, 0};
    (void)state;
    cot_link_reader_init(&l, text_bytes("</1>;a=\"x,<;\\\"y\";b=2,</2>"));
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_int_equal(cot_link_attr_find(link.attrs, "a", &a), COT_OK);
    assert_text(a.value, "x,<;\\\"y");
    assert_int_equal(cot_link_attr_find(link.attrs, "b", &a), COT_OK);
    assert_int_equal(cot_link_next(&l, none, &link), COT_OK);
    assert_text(link.target, "/2");
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        cot_status want;
    } bad[] = {
        {"/1", COT_E_MALFORMED},
        {"<", COT_E_TRUNCATED},
        {"</1", COT_E_TRUNCATED},
        {"</1>,", COT_E_TRUNCATED},
        {"</1>;", COT_E_MALFORMED},
        {"</1>;=1", COT_E_MALFORMED},
        {"</1>;a=", COT_E_MALFORMED},
        {"</1>;a=\"", COT_E_TRUNCATED},
        {"</1>;a=\"x", COT_E_TRUNCATED},
        {"</1>;a=\"x\\", COT_E_TRUNCATED},
        {"</1>x", COT_E_MALFORMED},
        {"</1> ,</2>", COT_E_MALFORMED},
        {"</1>, </2>", COT_E_MALFORMED},
        {"<</1>", COT_E_MALFORMED},
        {"</1>;a=\"x\"y", COT_E_MALFORMED},
        {",</1>", COT_E_MALFORMED},
        {"</\x01>", COT_E_MALFORMED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        cot_link_reader l;
        cot_link link;
        cot_status s;
        cot_bytes none = {NULL, 0};
        cot_link_reader_init(&l, text_bytes(bad[i].text));
        do {
            s = cot_link_next(&l, none, &link);
        } while (s == COT_OK);
        if (s != bad[i].want)
            printf("%s: %d\n", bad[i].text, s);
        assert_int_equal(s, bad[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),
        cmocka_unit_test(reads_a_registration),
        cmocka_unit_test(rfc_6690_examples),
        cmocka_unit_test(quotes_hide_delimiters),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
