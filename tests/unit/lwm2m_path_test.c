/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/path.c */
#include "core/lwm2m/path.h"
#include "tests/unit/hex.h"

static void parses_and_writes(void **state)
{
    static const struct {
        const char *text;
        uint8_t level;
        uint16_t id[4];
    } good[] = {
        {"/", 0, {0, 0, 0, 0}},
        {"/3", 1, {3, 0, 0, 0}},
        {"/3/0", 2, {3, 0, 0, 0}},
        {"/3303/1/5700", 3, {3303, 1, 5700, 0}},
        {"/65534/65534/65534/65534", 4, {65534, 65534, 65534, 65534}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cot_lwm2m_path p;
        uint8_t text[COT_LWM2M_PATH_TEXT];
        cot_writer w;
        assert_int_equal(cot_lwm2m_path_parse(text_bytes(good[i].text), &p), COT_OK);
        assert_int_equal(p.level, good[i].level);
        assert_memory_equal(p.id, good[i].id, sizeof p.id);
        cot_writer_init(&w, text, sizeof text);
        cot_lwm2m_path_write(&w, &p);
        assert_int_equal(w.err, COT_OK);
        assert_text((cot_bytes){text, w.len}, good[i].text);
    }
    cot_lwm2m_path p;
    assert_int_equal(cot_lwm2m_path_parse(text_bytes("3/0"), &p), COT_OK);
    assert_int_equal(p.level, 2);
}

static void refuses(void **state)
{
    static const char *const bad[] = {"",
                                      "//",
                                      "/3/",
                                      "/3//0",
                                      "/03",
                                      "/3/00",
                                      "/-1",
                                      "/+1",
                                      "/3a",
                                      "/ 3",
                                      "/65535",
                                      "/65536",
                                      "/18446744073709551619"};
    cot_lwm2m_path p;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cot_lwm2m_path_parse(text_bytes(bad[i]), &p), COT_E_MALFORMED);
        assert_int_equal(p.level, 0);
    }
    assert_int_equal(cot_lwm2m_path_parse(text_bytes("/1/2/3/4/5"), &p), COT_E_LIMIT);
    assert_int_equal(p.level, 0);
}

static void pushes(void **state)
{
    (void)state;
    cot_lwm2m_path p = cot_lwm2m_path_of(1, 3, 9, 9, 9);
    assert_int_equal(p.id[1], 0); /* past the level */
    assert_int_equal(cot_lwm2m_path_push_text(&p, text_bytes("12")), COT_OK);
    assert_int_equal(cot_lwm2m_path_push_text(&p, text_bytes("x")), COT_E_MALFORMED);
    assert_int_equal(cot_lwm2m_path_push(&p, 7), COT_OK);
    assert_int_equal(cot_lwm2m_path_push(&p, 1), COT_OK);
    assert_int_equal(cot_lwm2m_path_push(&p, 1), COT_E_LIMIT);
    assert_int_equal(p.level, 4);
    assert_int_equal(p.id[1], 12);
}

static void compares(void **state)
{
    (void)state;
    cot_lwm2m_path a = cot_lwm2m_path_of(2, 3, 0, 0, 0);
    cot_lwm2m_path b = cot_lwm2m_path_of(3, 3, 0, 0, 0);
    cot_lwm2m_path c = cot_lwm2m_path_of(2, 3, 1, 0, 0);
    cot_lwm2m_path root = cot_lwm2m_path_of(0, 0, 0, 0, 0);
    assert_int_equal(cot_lwm2m_path_compare(&a, &a), 0);
    assert_true(cot_lwm2m_path_compare(&a, &b) < 0);
    assert_true(cot_lwm2m_path_compare(&c, &b) > 0);
    assert_true(cot_lwm2m_path_compare(&b, &c) < 0);
    assert_true(cot_lwm2m_path_compare(&b, &a) > 0);
    assert_true(cot_lwm2m_path_has_prefix(&b, &a));
    assert_true(cot_lwm2m_path_has_prefix(&b, &b));
    assert_true(cot_lwm2m_path_has_prefix(&b, &root));
    assert_false(cot_lwm2m_path_has_prefix(&a, &b));
    assert_false(cot_lwm2m_path_has_prefix(&c, &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_writes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(pushes),
        cmocka_unit_test(compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
