/* SPDX-License-Identifier: Apache-2.0 */
/* Bits of half, single and double. Half goes by way of single, so that nearly all is 32-bit work. */
#include "core/cbor/float.h"

enum {
    HALF_FRACTION = 10,
    SINGLE_FRACTION = 23,
    SINGLE_MAX = 0xFF,    /* exponent of infinity and NaN */
    HALF_TO_SINGLE = 112, /* differences of the exponents' biases */
    SINGLE_TO_DOUBLE = 896,
    DOUBLE_MAX = 0x7FF
};

/* A single's fields; `exponent` is that of the wider format while converting. */
static uint32_t single_of(uint32_t sign, uint32_t exponent, uint32_t fraction)
{
    return sign << 31 | exponent << SINGLE_FRACTION | fraction;
}

/* Give a subnormal its leading one, which `bit` marks and which is then dropped: returns the exponent. */
static int32_t normalize(uint32_t *fraction, uint32_t bit)
{
    int32_t exponent = 1;
    while ((*fraction & bit) == 0) {
        *fraction <<= 1;
        exponent--;
    }
    *fraction &= bit - 1;
    return exponent;
}

static uint32_t half_to_single(uint32_t half)
{
    uint32_t fraction = half & 0x3FF;
    int32_t exponent = (int32_t)(half >> HALF_FRACTION & 0x1F);
    if (exponent == 0x1F) {
        exponent = SINGLE_MAX;
    } else if (exponent != 0 || fraction != 0) {
        if (exponent == 0)
            exponent = normalize(&fraction, 1u << HALF_FRACTION);
        exponent += HALF_TO_SINGLE;
    }
    return single_of(half >> 15, (uint32_t)exponent, fraction << (SINGLE_FRACTION - HALF_FRACTION));
}

uint64_t cot_single_to_double_bits(uint32_t single)
{
    uint32_t fraction = single & 0x7FFFFF;
    int32_t exponent = (int32_t)(single >> SINGLE_FRACTION & 0xFF);
    if (exponent == SINGLE_MAX) {
        exponent = DOUBLE_MAX;
    } else if (exponent != 0 || fraction != 0) {
        if (exponent == 0)
            exponent = normalize(&fraction, 1u << SINGLE_FRACTION);
        exponent += SINGLE_TO_DOUBLE;
    }
    uint32_t high = (single & 0x80000000u) | (uint32_t)exponent << 20 | fraction >> 3;
    return (uint64_t)high << 32 | fraction << 29;
}

uint64_t cot_half_to_double_bits(uint16_t half)
{
    return cot_single_to_double_bits(half_to_single(half));
}

/* Move `fraction` with its leading one down by what a subnormal needs; false when bits would be lost. */
static bool denormalize(uint32_t *fraction, uint32_t bit, int32_t exponent)
{
    uint32_t shift = (uint32_t)(1 - exponent);
    if (shift > SINGLE_FRACTION)
        return false;
    *fraction |= bit;
    bool exact = (*fraction & ((1u << shift) - 1)) == 0;
    *fraction >>= shift;
    return exact;
}

bool cot_double_bits_to_single(uint64_t bits, uint32_t *out)
{
    uint32_t high = (uint32_t)(bits >> 32);
    uint32_t low = (uint32_t)bits;
    int32_t exponent = (int32_t)(high >> 20 & DOUBLE_MAX);
    uint32_t fraction = (high & 0xFFFFF) << 3 | low >> 29;

    if (low << 3 != 0)
        return false;
    if (exponent == DOUBLE_MAX) {
        exponent = SINGLE_MAX;
    } else if (exponent != 0 || fraction != 0) {
        exponent -= SINGLE_TO_DOUBLE;
        if (exponent >= SINGLE_MAX)
            return false;
        if (exponent <= 0) {
            if (!denormalize(&fraction, 1u << SINGLE_FRACTION, exponent))
                return false;
            exponent = 0;
        }
    }
    *out = single_of(high >> 31, (uint32_t)exponent, fraction);
    return true;
}

static bool single_to_half(uint32_t single, uint16_t *out)
{
    int32_t exponent = (int32_t)(single >> SINGLE_FRACTION & 0xFF);
    uint32_t fraction = single & 0x7FFFFF;
    if (exponent == SINGLE_MAX) {
        exponent = 0x1F;
    } else if (exponent != 0 || fraction != 0) {
        exponent -= HALF_TO_SINGLE;
        if (exponent >= 0x1F)
            return false;
        if (exponent <= 0) {
            if (!denormalize(&fraction, 1u << SINGLE_FRACTION, exponent))
                return false;
            exponent = 0;
        }
    }
    if ((fraction & 0x1FFF) != 0)
        return false;
    *out = (uint16_t)(single >> 31 << 15 | (uint32_t)exponent << HALF_FRACTION | fraction >> 13);
    return true;
}

size_t cot_double_shortest(uint64_t *bits)
{
    uint32_t single;
    uint16_t half;
    if (!cot_double_bits_to_single(*bits, &single))
        return 8;
    *bits = single;
    if (!single_to_half(single, &half))
        return 4;
    *bits = half;
    return 2;
}

typedef union pun {
    double v;
    uint64_t bits;
} pun;

uint64_t cot_double_bits(double v)
{
    return (pun){.v = v}.bits;
}

double cot_double_of_bits(uint64_t bits)
{
    return (pun){.bits = bits}.v;
}
