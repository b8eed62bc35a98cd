/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways to encode and decode LwM2M records in tests. */
#ifndef COTTER_TESTS_UNIT_RECORDS_H
#define COTTER_TESTS_UNIT_RECORDS_H

#include "core/lwm2m/content.h"
#include "tests/unit/hex.h"

static inline cot_lwm2m_path path(const char *text)
{
    cot_lwm2m_path p;
    assert_int_equal(cot_lwm2m_path_parse(text_bytes(text), &p), COT_OK);
    return p;
}

typedef struct put {
    const char *path;
    cot_value value;
} put;

static inline cot_status encode(cot_writer *w, uint32_t format, const char *base, const put *puts,
                                size_t n)
{
    cot_lwm2m_encoder e;
    cot_lwm2m_path b = path(base);
    cot_lwm2m_encode_begin(&e, format, &b, w);
    for (size_t i = 0; i < n; i++) {
        cot_lwm2m_path p = path(puts[i].path);
        cot_lwm2m_encode_put(&e, &p, &puts[i].value);
    }
    return cot_lwm2m_encode_end(&e);
}

/* Encoding gives exactly `hex`, in a buffer that has exactly that room; one byte less says how much. */
static inline void encodes(uint32_t format, const char *base, const put *puts, size_t n,
                           const char *hex)
{
    uint8_t buf[HEX_MAX];
    hex_buffer want;
    cot_writer w;
    size_t len = from_hex(&want, hex).len;
    cot_writer_init(&w, buf, len);
    assert_int_equal(encode(&w, format, base, puts, n), COT_OK);
    assert_hex(buf, w.len, hex);
    for (size_t cap = 0; cap < len; cap++) {
        cot_writer_init(&w, buf, cap);
        assert_int_equal(encode(&w, format, base, puts, n), COT_E_SPACE);
        assert_int_equal(w.len, len);
    }
}

/* Decoding gives exactly these records, read as the types of `puts`. */
static inline void decodes(uint32_t format, const char *base, const char *hex, const put *puts,
                           size_t n)
{
    static uint8_t room[HEX_MAX];
    hex_buffer in;
    cot_lwm2m_decoder d;
    cot_lwm2m_record rec;
    cot_writer scratch;
    cot_lwm2m_path b = path(base);
    cot_writer_init(&scratch, room, sizeof room);
    assert_int_equal(cot_lwm2m_decode_begin(&d, format, &b, from_hex(&in, hex)), COT_OK);
    for (size_t i = 0; i < n; i++) {
        cot_value v = {.type = COT_NONE};
        cot_lwm2m_path p = path(puts[i].path);
        assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_OK);
        assert_int_equal(cot_lwm2m_path_compare(&rec.path, &p), 0);
        if (puts[i].value.type == COT_NONE)
            assert_int_equal(rec.value.type, COT_NONE);
        else
            assert_int_equal(cot_lwm2m_value_as(&rec, puts[i].value.type, &scratch, &v), COT_OK);
        assert_true(cot_value_equal(&v, &puts[i].value));
    }
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_E_NOT_FOUND);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), COT_E_NOT_FOUND);
}

/* Decoding ends in `want`, and stays there. */
static inline void decoding_fails(uint32_t format, const char *base, const char *hex,
                                  cot_status want)
{
    hex_buffer in;
    cot_lwm2m_decoder d;
    cot_lwm2m_record rec;
    cot_lwm2m_path b = path(base);
    cot_status s = cot_lwm2m_decode_begin(&d, format, &b, from_hex(&in, hex));
    while (s == COT_OK)
        s = cot_lwm2m_decode_next(&d, &rec);
    if (s != want)
        printf("%s on %s: %d\n", hex, base, s);
    assert_int_equal(s, want);
    assert_int_equal(cot_lwm2m_decode_next(&d, &rec), want);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
