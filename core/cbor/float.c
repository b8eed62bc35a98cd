/* SPDX-License-Identifier: Apache-2.0 */
/* Bits of half, single and double. */
#include "core/cbor/float.h"

#include <string.h>

#define DOUBLE_FRACTION 52

/* A format of 1 sign bit, `exponent` bits and `fraction` bits. */
typedef struct layout {
    int exponent;
    int fraction;
} layout;

static const layout half_layout = {5, 10};
static const layout single_layout = {8, 23};

static uint64_t mask(int bits)
{
    return (UINT64_C(1) << bits) - 1;
}

static uint64_t widen(uint64_t v, layout l)
{
    uint64_t sign = v >> (l.exponent + l.fraction) << 63;
    int exponent = (int)(v >> l.fraction & mask(l.exponent));
    uint64_t fraction = v & mask(l.fraction);
    int bias = (int)mask(l.exponent - 1);

    if (exponent == (int)mask(l.exponent))
        return sign | UINT64_C(0x7FF) << DOUBLE_FRACTION |
               fraction << (DOUBLE_FRACTION - l.fraction);
    if (exponent == 0) {
        if (fraction == 0)
            return sign;
        exponent = 1;
        while (fraction >> l.fraction == 0) { /* a subnormal: give it its leading one */
            fraction <<= 1;
            exponent--;
        }
        fraction &= mask(l.fraction);
    }
    return sign | (uint64_t)(exponent - bias + 1023) << DOUBLE_FRACTION |
           fraction << (DOUBLE_FRACTION - l.fraction);
}

static bool narrow(uint64_t v, layout l, uint32_t *out)
{
    uint64_t sign = v >> 63 << (l.exponent + l.fraction);
    int exponent = (int)(v >> DOUBLE_FRACTION & 0x7FF);
    uint64_t fraction = v & mask(DOUBLE_FRACTION);
    int lost = DOUBLE_FRACTION - l.fraction; /* low bits that have to be zero */

    if (exponent == 0x7FF) {
        exponent = (int)mask(l.exponent);
    } else if (exponent == 0) {
        if (fraction != 0) /* far below any subnormal of the narrow format */
            return false;
    } else {
        exponent += (int)mask(l.exponent - 1) - 1023;
        if (exponent >= (int)mask(l.exponent))
            return false;
        if (exponent <= 0) {
            lost += 1 - exponent;
            if (lost > DOUBLE_FRACTION)
                return false;
            fraction |= UINT64_C(1) << DOUBLE_FRACTION;
            exponent = 0;
        }
    }
    if ((fraction & mask(lost)) != 0)
        return false;
    *out = (uint32_t)(sign | (uint64_t)exponent << l.fraction | fraction >> lost);
    return true;
}

uint64_t cot_half_to_double_bits(uint16_t half)
{
    return widen(half, half_layout);
}

uint64_t cot_single_to_double_bits(uint32_t single)
{
    return widen(single, single_layout);
}

bool cot_double_bits_to_half(uint64_t bits, uint16_t *out)
{
    uint32_t narrowed;
    if (!narrow(bits, half_layout, &narrowed))
        return false;
    *out = (uint16_t)narrowed;
    return true;
}

bool cot_double_bits_to_single(uint64_t bits, uint32_t *out)
{
    return narrow(bits, single_layout, out);
}

uint64_t cot_double_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

double cot_double_of_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
