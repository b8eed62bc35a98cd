/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/bytes.c and status_text.c */
#include "core/base/bytes.h"
#include "tests/unit/test.h"

#include <string.h>

static void reads_in_network_order(void **state)
{
    (void)state;
    static const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    cot_reader r;
    cot_reader_init(&r, in, sizeof in);
    assert_int_equal(cot_read_u8(&r), 0x01);
    assert_int_equal(cot_read_u16(&r), 0x0203);
    assert_int_equal(cot_read_u24(&r), 0x040506);
    assert_int_equal(cot_read_u32(&r), 0x0708090a);
    assert_true(cot_read_u64(&r) == UINT64_C(0x0b0c0d0e0f101112));
    assert_int_equal(cot_reader_end(&r), COT_E_MALFORMED); /* one byte is left */
    assert_int_equal(cot_read_u8(&r), 0x13);
    assert_int_equal(cot_reader_end(&r), COT_OK);
}

static void reader_latches_the_first_error(void **state)
{
    (void)state;
    static const uint8_t in[] = {1, 2, 3};
    uint8_t out[4] = {9, 9, 9, 9};
    cot_reader r;
    cot_reader_init(&r, in, sizeof in);
    cot_read_copy(&r, out, 4);
    assert_int_equal(r.err, COT_E_TRUNCATED);
    assert_memory_equal(out, "\0\0\0\0", 4);
    cot_reader_fail(&r, COT_E_TYPE);
    assert_int_equal(cot_reader_end(&r), COT_E_TRUNCATED);
    assert_int_equal(cot_read_u8(&r), 0);
    assert_int_equal(cot_reader_left(&r), 0);
    assert_null(cot_read_bytes(&r, 1).p);
    assert_int_equal(cot_read_uint(&r, 9), 0);
    assert_int_equal(r.err, COT_E_TRUNCATED);
}

static void reader_takes_no_bytes(void **state)
{
    (void)state;
    cot_reader r;
    cot_reader_init(&r, NULL, 0);
    assert_int_equal(cot_reader_end(&r), COT_OK);
    assert_int_equal(cot_read_uint(&r, 0), 0);
    assert_int_equal(r.err, COT_OK);
    assert_int_equal(cot_read_u8(&r), 0);
    assert_int_equal(r.err, COT_E_TRUNCATED);
    cot_reader_init(&r, NULL, 3);
    assert_int_equal(r.err, COT_E_TRUNCATED);
}

static void writes_what_the_reader_reads(void **state)
{
    (void)state;
    uint8_t buf[22];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_u8(&w, 0xfe);
    cot_write_u16(&w, 0xfedc);
    cot_write_u24(&w, 0xfedcba);
    cot_write_u32(&w, 0xfedcba98);
    cot_write_u64(&w, UINT64_C(0xfedcba9876543210));
    cot_write_text(&w, "text");
    assert_int_equal(w.err, COT_OK);
    assert_int_equal(w.len, sizeof buf);
    assert_memory_equal(
        buf, "\xfe\xfe\xdc\xfe\xdc\xba\xfe\xdc\xba\x98\xfe\xdc\xba\x98\x76\x54\x32\x10text", 22);
}

static void writer_measures(void **state)
{
    (void)state;
    uint8_t buf[4] = {7, 7, 7, 7};
    cot_writer w;
    cot_writer_init(&w, NULL, 0);
    cot_write_u32(&w, 1);
    cot_write_bytes(&w, "abc", 3);
    assert_int_equal(w.err, COT_E_SPACE);
    assert_int_equal(w.len, 7);
    cot_writer_init(&w, buf, 3);
    cot_write_u16(&w, 0x0102);
    cot_write_u16(&w, 0x0304); /* does not fit: not half of it either */
    assert_int_equal(w.len, 4);
    assert_memory_equal(buf, "\1\2\7\7", 4);
}

static void writer_refuses_what_does_not_fit_its_width(void **state)
{
    (void)state;
    uint8_t buf[16];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_u24(&w, 0x1000000);
    assert_int_equal(w.err, COT_E_RANGE);
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_uint(&w, 0, 9);
    assert_int_equal(w.err, COT_E_RANGE);
    cot_writer_fail(&w, COT_E_STATE);
    assert_int_equal(w.err, COT_E_RANGE);
}

static void compares_and_wipes(void **state)
{
    (void)state;
    uint8_t a[4] = {1, 2, 3, 4};
    uint8_t b[4] = {1, 2, 3, 5};
    cot_bytes x = {a, 4};
    cot_bytes y = {b, 4};
    cot_bytes none = {NULL, 0};
    assert_false(cot_bytes_equal(x, y));
    y.len = 3;
    assert_false(cot_bytes_equal(x, y));
    x.len = 3;
    assert_true(cot_bytes_equal(x, y));
    assert_true(cot_bytes_equal(none, none));
    assert_true(cot_bytes_is(none, ""));
    assert_false(cot_bytes_is(x, "\1\2"));
    assert_true(cot_bytes_is(x, "\1\2\3"));
    assert_false(cot_equal_ct(a, b, 4));
    assert_true(cot_equal_ct(a, b, 3));
    b[0] = 9; /* the first byte counts as the last one does */
    assert_false(cot_equal_ct(a, b, 3));
    cot_wipe(a, 3);
    assert_memory_equal(a, "\0\0\0\4", 4);
}

static void each_status_has_its_own_text(void **state)
{
    (void)state;
    for (int i = 0; i >= COT_E_INTERNAL; i--) {
        assert_string_not_equal(cot_status_text((cot_status)i), "unknown status");
        for (int k = 0; k > i; k--)
            assert_string_not_equal(cot_status_text((cot_status)i), cot_status_text((cot_status)k));
    }
    assert_string_equal(cot_status_text((cot_status)(COT_E_INTERNAL - 1)), "unknown status");
    assert_string_equal(cot_status_text((cot_status)1), "unknown status");
    assert_string_equal(cot_status_text(COT_E_CLOSED), "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_in_network_order),
        cmocka_unit_test(reader_latches_the_first_error),
        cmocka_unit_test(reader_takes_no_bytes),
        cmocka_unit_test(writes_what_the_reader_reads),
        cmocka_unit_test(writer_measures),
        cmocka_unit_test(writer_refuses_what_does_not_fit_its_width),
        cmocka_unit_test(compares_and_wipes),
        cmocka_unit_test(each_status_has_its_own_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
