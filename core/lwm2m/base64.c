/* SPDX-License-Identifier: Apache-2.0 */
/* Strict standard base64 (RFC 4648 section 4). */
#include "core/lwm2m/text.h"

#include <string.h>

static const uint8_t alphabet[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
            const uint8_t *at = memchr(alphabet, text.p[i + j], sizeof alphabet);
            if (at == NULL)
                return COT_E_MALFORMED;
            group |= (uint32_t)(at - alphabet) << (18 - 6 * j);
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
            cot_write_u8(w, j <= n ? alphabet[group >> (18 - 6 * j) & 63] : '=');
    }
}
