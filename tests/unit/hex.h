/* SPDX-License-Identifier: Apache-2.0 */
/* Test vectors as text: bytes from hex digits, and the comparison of bytes with them. */
#ifndef COTTER_TESTS_UNIT_HEX_H
#define COTTER_TESTS_UNIT_HEX_H

#include "core/base/bytes.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#define HEX_MAX 2048

typedef struct hex_buffer {
    uint8_t p[HEX_MAX];
    size_t len;
} hex_buffer;

static inline int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return at == NULL || c == '\0' ? -1 : (int)(at - digits);
}

/* Blanks between the digits are passed over. */
static inline cot_bytes from_hex(hex_buffer *b, const char *hex)
{
    int high = -1;
    b->len = 0;
    for (; *hex != '\0'; hex++) {
        int d = hex_digit(*hex);
        if (d < 0)
            continue;
        if (high < 0) {
            high = d;
            continue;
        }
        assert_true(b->len < HEX_MAX);
        b->p[b->len++] = (uint8_t)(high * 16 + d);
        high = -1;
    }
    return (cot_bytes){b->p, b->len};
}

static inline void assert_hex(const uint8_t *p, size_t len, const char *hex)
{
    hex_buffer b;
    from_hex(&b, hex);
    if (b.len != len || memcmp(b.p, p, len) != 0) {
        printf("want %s\n got ", hex);
        for (size_t i = 0; i < len; i++)
            printf("%02x", p[i]);
        printf("\n");
    }
    assert_int_equal(len, b.len);
    assert_memory_equal(p, b.p, len);
}

static inline cot_bytes text_bytes(const char *text)
{
    return (cot_bytes){(const uint8_t *)text, strlen(text)};
}

static inline void assert_text(cot_bytes got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    if (got.len > 0)
        assert_memory_equal(got.p, want, got.len);
}

#endif
