/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text of integers. */
#include "core/lwm2m/number.h"

void cot_decimal_write_uint(cot_writer *w, uint64_t v)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    cot_write_bytes(w, digits + at, sizeof digits - at);
}

void cot_decimal_write_int(cot_writer *w, int64_t v)
{
    uint64_t magnitude = (uint64_t)v;
    if (v < 0) {
        cot_write_u8(w, '-');
        magnitude = 0 - magnitude;
    }
    cot_decimal_write_uint(w, magnitude);
}

cot_status cot_decimal_parse_uint(cot_bytes text, uint64_t *out)
{
    uint64_t v = 0;
    cot_status s = text.len == 0 ? COT_E_MALFORMED : COT_OK;
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.p[i] - '0');
        if (digit > 9)
            return COT_E_MALFORMED;
        if (v > (UINT64_MAX - digit) / 10)
            s = COT_E_RANGE; /* go on: a non-digit further on is the graver fault */
        else
            v = v * 10 + digit;
    }
    if (s == COT_OK)
        *out = v;
    return s;
}

cot_status cot_decimal_parse_int(cot_bytes text, int64_t *out)
{
    uint64_t v;
    bool negative = text.len > 0 && text.p[0] == '-';
    *out = 0;
    if (negative) {
        text.p++;
        text.len--;
    }
    cot_status s = cot_decimal_parse_uint(text, &v);
    if (s != COT_OK)
        return s;
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return COT_E_RANGE;
    if (!negative)
        *out = (int64_t)v;
    else if (v > 0)
        *out = -1 - (int64_t)(v - 1);
    return COT_OK;
}
