/* SPDX-License-Identifier: Apache-2.0 */
/* Strict standard base64 (RFC 4648 section 4). */
#include "core/lwm2m/text.h"

/* The letter of six bits. */
static uint8_t letter(uint32_t v)
{
    if (v < 26)
        return (uint8_t)('A' + v);
    if (v < 52)
        return (uint8_t)('a' + v - 26);
    if (v < 62)
        return (uint8_t)('0' + v - 52);
    return v == 62 ? '+' : '/';
}

/* The other way round; 64 when it is no letter. */
static uint32_t value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - (uint32_t)'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26u;
    if (c >= '0' && c <= '9')
        return c - '0' + 52u;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : 64;
}

cot_status cot_base64_decode(cot_bytes text, cot_writer *out)
{
    if (text.len % 4 != 0)
        return COT_E_MALFORMED;
    for (size_t i = 0; i < text.len; i += 4) {
        uint32_t group = 0;
        size_t n = 4; /* letters before padding */
        if (i + 4 == text.len && text.p[i + 3] == '=')
            n = text.p[i + 2] == '=' ? 2 : 3;
        for (size_t j = 0; j < n; j++) {
            uint32_t v = value_of(text.p[i + j]);
            if (v == 64)
                return COT_E_MALFORMED;
            group |= v << (18 - 6 * j);
        }
        if ((group & (0xFFFFFFu >> (8 * (n - 1)))) != 0) /* bits that no byte takes */
            return COT_E_MALFORMED;
        for (size_t j = 0; j + 1 < n; j++)
            cot_write_u8(out, (uint8_t)(group >> (16 - 8 * j)));
    }
    return out->err;
}

void cot_base64_write(cot_writer *w, cot_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t j = 0; j < n; j++)
            group |= (uint32_t)bytes.p[i + j] << (16 - 8 * j);
        for (size_t j = 0; j < 4; j++)
            cot_write_u8(w, j <= n ? letter(group >> (18 - 6 * j) & 63) : '=');
    }
}
