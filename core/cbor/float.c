/* SPDX-License-Identifier: Apache-2.0 */
/* Half, single and double. The compiler converts between single and double; a half's exponent is brought
 * into a single's range by one multiplication, which takes its subnormals along. */
#include "core/cbor/float.h"

enum { FRACTIONS = 13, SIGNS = 16 }; /* how far apart those of half and single are */
#define HALF_UNSIGNED 0x7FFFu
#define HALF_INFINITY 0x7C00u
#define SINGLE_INFINITY 0x7F800000u
#define HALF_TO_SINGLE 0x1p112f
#define SINGLE_TO_HALF 0x1p-112f

typedef union single {
    float v;
    uint32_t bits;
} single;

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

static uint32_t half_to_single(uint32_t half)
{
    single s = {.bits = (half & HALF_UNSIGNED) << FRACTIONS};
    s.v *= HALF_TO_SINGLE;
    if ((half & HALF_INFINITY) == HALF_INFINITY)
        s.bits |= SINGLE_INFINITY;
    return s.bits | (half & ~HALF_UNSIGNED) << SIGNS;
}

uint64_t cot_single_to_double_bits(uint32_t bits)
{
    single s = {.bits = bits};
    return cot_double_bits((double)s.v);
}

uint64_t cot_half_to_double_bits(uint16_t half)
{
    return cot_single_to_double_bits(half_to_single(half));
}

bool cot_double_bits_to_single(uint64_t bits, uint32_t *out)
{
    single s = {.v = (float)cot_double_of_bits(bits)};
    *out = s.bits;
    return cot_single_to_double_bits(s.bits) == bits;
}

size_t cot_double_shortest(uint64_t *bits)
{
    single s;
    if (!cot_double_bits_to_single(*bits, &s.bits))
        return 8;
    uint32_t exact = s.bits;
    *bits = exact;
    s.v *= SINGLE_TO_HALF;
    uint32_t half = (exact >> SIGNS & ~HALF_UNSIGNED) | (s.bits >> FRACTIONS & HALF_UNSIGNED);
    if (half_to_single(half) != exact)
        return 4;
    *bits = half;
    return 2;
}
