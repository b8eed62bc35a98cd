/* SPDX-License-Identifier: Apache-2.0 */
/* core/cbor/writer.c: RFC 8949 appendix A, the other way round. */
#include "core/cbor/writer.h"
#include "tests/unit/hex.h"

#include <math.h>

static void writes_integers(void **state)
{
    uint8_t buf[256];
    cot_writer w;
    (void)state;
    cot_writer_init(&w, buf, sizeof buf);
    cot_cbor_write_uint(&w, 0);
    cot_cbor_write_uint(&w, 23);
    cot_cbor_write_uint(&w, 24);
    cot_cbor_write_uint(&w, 255);
    cot_cbor_write_uint(&w, 256);
    cot_cbor_write_uint(&w, 65535);
    cot_cbor_write_uint(&w, 65536);
    cot_cbor_write_uint(&w, UINT32_MAX);
    cot_cbor_write_uint(&w, 1000000000000);
    cot_cbor_write_uint(&w, UINT64_MAX);
    cot_cbor_write_int(&w, -1);
    cot_cbor_write_int(&w, -100);
    cot_cbor_write_int(&w, 1000);
    cot_cbor_write_int(&w, INT64_MIN);
    cot_cbor_write_nint(&w, UINT64_MAX);
    assert_int_equal(w.err, COT_OK);
    assert_hex(buf, w.len,
               "00 17 1818 18ff 190100 19ffff 1a00010000 1affffffff 1b000000e8d4a51000"
               "1bffffffffffffffff 20 3863 1903e8 3b7fffffffffffffff 3bffffffffffffffff");
}

static void writes_floats_shortest(void **state)
{
    uint8_t buf[256];
    cot_writer w;
    (void)state;
    cot_writer_init(&w, buf, sizeof buf);
    static const double values[] = {0.0,
                                    -0.0,
                                    1.0,
                                    1.1,
                                    1.5,
                                    65504.0,
                                    65505.0,
                                    1e5,
                                    3.4028234663852886e+38,
                                    1e300,
                                    5.960464477539063e-08,
                                    6.103515625e-05,
                                    -4.0,
                                    -4.1,
                                    INFINITY,
                                    -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        cot_cbor_write_double(&w, values[i]);
    assert_hex(
        buf, w.len,
        "f90000 f98000 f93c00 fb3ff199999999999a f93e00 f97bff fa477fe100 fa47c35000"
        "fa7f7fffff fb7e37e43c8800759c f90001 f90400 f9c400 fbc010666666666666 f97c00 f9fc00");
}

static void writes_the_rest(void **state)
{
    uint8_t buf[256];
    cot_writer w;
    (void)state;
    cot_writer_init(&w, buf, sizeof buf);
    cot_cbor_write_bytes(&w, (cot_bytes){(const uint8_t *)"\1\2\3\4", 4});
    cot_cbor_write_text(&w, text_bytes("IETF"));
    cot_cbor_write_bytes(&w, (cot_bytes){NULL, 0});
    cot_cbor_write_array(&w, 25);
    cot_cbor_write_map(&w, 2);
    cot_cbor_write_tag(&w, 107);
    cot_cbor_write_bool(&w, true);
    cot_cbor_write_bool(&w, false);
    cot_cbor_write_null(&w);
    cot_cbor_write_simple(&w, 16);
    cot_cbor_write_simple(&w, 255);
    cot_cbor_write_bytes_head(&w, 300);
    assert_int_equal(w.err, COT_OK);
    assert_hex(buf, w.len, "4401020304 6449455446 40 9819 a2 d86b f5 f4 f6 f0 f8ff 59012c");
    cot_cbor_write_simple(&w, 24);
    assert_int_equal(w.err, COT_E_RANGE);
}

static void inserts_heads(void **state)
{
    uint8_t buf[64];
    cot_writer w;
    (void)state;
    cot_writer_init(&w, buf, sizeof buf);
    cot_write_u8(&w, 0xAA);
    for (uint64_t i = 0; i < 24; i++)
        cot_cbor_write_uint(&w, i);
    cot_cbor_insert_array(&w, 1, 24);
    assert_hex(buf, w.len, "aa 9818 000102030405060708090a0b0c0d0e0f1011121314151617");

    cot_writer_init(&w, buf, 4); /* room for the items, not for the head */
    cot_write_bytes(&w, "\1\2\3\4", 4);
    cot_cbor_insert_array(&w, 0, 4);
    assert_int_equal(w.err, COT_E_SPACE);
    assert_int_equal(w.len, 5);
    cot_writer_init(&w, NULL, 0); /* measuring */
    cot_write_bytes(&w, "\1\2\3\4", 4);
    cot_cbor_insert_array(&w, 0, 4);
    assert_int_equal(w.len, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_integers),
        cmocka_unit_test(writes_floats_shortest),
        cmocka_unit_test(writes_the_rest),
        cmocka_unit_test(inserts_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
