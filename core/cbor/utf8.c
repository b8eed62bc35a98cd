/* SPDX-License-Identifier: Apache-2.0 */
/* Strict UTF-8 check. */
#include "core/cbor/reader.h"

/* Bytes that follow `first`, or -1 when nothing may begin with it. */
static int following(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first < 0xC2 || first > 0xF4) /* continuation, overlong, above U+10FFFF */
        return -1;
    if (first < 0xE0)
        return 1;
    return first < 0xF0 ? 2 : 3;
}

bool cot_utf8_valid(cot_bytes text)
{
    size_t i = 0;
    while (i < text.len) {
        uint8_t first = text.p[i++];
        int n = following(first);
        if (n < 0 || (size_t)n > text.len - i)
            return false;
        /* The second byte has a narrower range after these first ones. */
        uint8_t low = 0x80;
        uint8_t high = 0xBF;
        if (first == 0xE0)
            low = 0xA0;
        else if (first == 0xED) /* no surrogates */
            high = 0x9F;
        else if (first == 0xF0)
            low = 0x90;
        else if (first == 0xF4)
            high = 0x8F;
        for (; n > 0; n--) {
            if (text.p[i] < low || text.p[i] > high)
                return false;
            i++;
            low = 0x80;
            high = 0xBF;
        }
    }
    return true;
}
