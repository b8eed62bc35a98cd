/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text of doubles by one wide binary number that is multiplied and divided by powers of ten. It has
 * more bits than a decimal of 19 digits needs for the right rounding: docs/internals/data-formats.md. */
#include "core/cbor/float.h"
#include "core/lwm2m/number.h"

#include <string.h>

enum { LIMBS = 6, LOWEST_ULP = -1074 };

/* Fields of a double. */
#define SIGN (UINT64_C(1) << 63)
#define INFINITE (UINT64_C(0x7FF) << 52)
#define HIDDEN_ONE (UINT64_C(1) << 52)

/* A positive number: the limbs as an integer, times 2^(exponent - 32 · LIMBS + 1). The highest bit is
 * set, so that 2^exponent is the power of two at or below it. */
typedef struct wide {
    uint32_t limb[LIMBS]; /* little-endian */
    int exponent;
} wide;

static void normalize(wide *x)
{
    while (x->limb[LIMBS - 1] >> 31 == 0) {
        uint32_t carry = 0;
        for (size_t i = 0; i < LIMBS; i++) {
            uint32_t next = x->limb[i] >> 31;
            x->limb[i] = x->limb[i] << 1 | carry;
            carry = next;
        }
        x->exponent--;
    }
}

/* v · 2^exponent, v not 0, and if `sticky` a trifle more. */
static void set(wide *x, uint64_t v, int exponent, bool sticky)
{
    memset(x, 0, sizeof *x);
    x->limb[LIMBS - 1] = (uint32_t)(v >> 32);
    x->limb[LIMBS - 2] = (uint32_t)v;
    x->limb[LIMBS - 3] = sticky;
    x->exponent = exponent + 63;
    normalize(x);
}

static void multiply(wide *x, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)x->limb[i] * factor;
        if (i > 0) /* the lowest 32 bits go */
            x->limb[i - 1] = (uint32_t)carry;
        carry >>= 32;
    }
    x->limb[LIMBS - 1] = (uint32_t)carry;
    x->exponent += 32;
}

static void divide(wide *x, uint32_t divisor)
{
    uint64_t rest = 0;
    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 32 | x->limb[i];
        x->limb[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
}

/* x · 10^power */
static void scale10(wide *x, int power)
{
    while (power != 0) {
        uint32_t factor = 1;
        bool down = power < 0;
        for (int i = 0; i < 9 && power != 0; i++) { /* 10^9 is the last that a limb holds */
            factor *= 10;
            power += down ? 1 : -1;
        }
        if (down)
            divide(x, factor);
        else
            multiply(x, factor);
        normalize(x);
    }
}

/* The integer nearest to x / 2^unit, ties to even; it has fewer than 64 bits. */
static uint64_t round_to(const wide *x, int unit)
{
    uint64_t v = (uint64_t)x->limb[LIMBS - 1] << 32 | x->limb[LIMBS - 2];
    bool sticky = (x->limb[3] | x->limb[2] | x->limb[1] | x->limb[0]) != 0;
    bool half = false;
    for (int bit = x->exponent - 63; bit < unit; bit++) {
        sticky = sticky || half;
        half = (v & 1) != 0;
        v >>= 1;
    }
    return v + (half && (sticky || (v & 1) != 0));
}

/* A decimal: digits · 10^power. */
typedef struct decimal {
    uint64_t digits; /* the first 19 significant ones */
    int power;
    bool sticky; /* digits not 0 were left out */
} decimal;

/* Bits of the double nearest to `d`; those of infinity when there is none. */
static uint64_t from_decimal(const decimal *d)
{
    wide x;
    if (d->digits == 0 || d->power < -345)
        return 0;
    if (d->power > 310)
        return INFINITE;
    set(&x, d->digits, 0, d->sticky);
    scale10(&x, d->power);
    int ulp = x.exponent - 52 < LOWEST_ULP ? LOWEST_ULP : x.exponent - 52;
    /* A normal double's leading one adds 1 to the exponent field; so does what rounds up to 2^53. */
    uint64_t bits = ((uint64_t)(ulp - LOWEST_ULP) << 52) + round_to(&x, ulp);
    return bits < INFINITE ? bits : INFINITE;
}

/* --- reading --- */

/* The digits of a number's mantissa, with at most one point among them, from `i` on: returns where they
 * end, or 0 when there is no digit. */
static size_t read_digits(cot_bytes text, size_t i, decimal *d)
{
    bool any = false;
    int fraction = 0;
    for (; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.p[i] - '0');
        if (digit > 9) {
            if (text.p[i] != '.' || fraction != 0)
                break;
            fraction = 1;
        } else if (d->digits < UINT64_C(1000000000000000000)) {
            d->digits = d->digits * 10 + digit;
            d->power -= fraction;
            any = true;
        } else {
            d->sticky = d->sticky || digit != 0;
            d->power += 1 - fraction;
        }
    }
    return any ? i : 0;
}

static size_t skip_sign(cot_bytes text, size_t i)
{
    return i < text.len && (text.p[i] == '-' || text.p[i] == '+') ? i + 1 : i;
}

/* e [-+] digits from `i` on; what is beyond ±10^8 becomes that. False: something else. */
static bool read_exponent(cot_bytes text, size_t i, int *out)
{
    uint64_t v;
    if ((text.p[i] | 0x20) != 'e')
        return false;
    size_t digits = skip_sign(text, i + 1);
    cot_status s = cot_decimal_parse_uint((cot_bytes){text.p + digits, text.len - digits}, &v);
    if (s == COT_E_MALFORMED)
        return false;
    if (s == COT_E_RANGE || v > 100000000)
        v = 100000000;
    *out = text.p[i + 1] == '-' ? -(int)v : (int)v;
    return true;
}

cot_status cot_decimal_parse_double(cot_bytes text, double *out)
{
    decimal d = {0, 0, false};
    int exponent = 0;
    size_t end = read_digits(text, skip_sign(text, 0), &d);
    *out = 0;
    if (end == 0 || (end < text.len && !read_exponent(text, end, &exponent)))
        return COT_E_MALFORMED;
    d.power += exponent;
    uint64_t bits = from_decimal(&d);
    if (bits == INFINITE)
        return COT_E_RANGE;
    *out = cot_double_of_bits(text.p[0] == '-' ? bits | SIGN : bits);
    return COT_OK;
}

/* --- writing --- */

/* The shortest decimal of 14 to 17 digits that reads back as the double of these bits, which is not 0. */
static void shortest(uint64_t magnitude, decimal *d)
{
    wide value;
    uint64_t fraction = magnitude & (HIDDEN_ONE - 1);
    int exponent = (int)(magnitude >> 52);
    if (exponent == 0)
        exponent = 1;
    else
        fraction |= HIDDEN_ONE;
    set(&value, fraction, exponent + LOWEST_ULP - 1, false);
    /* floor(value.exponent · log10 2), exact up to 1650; the value may have one digit more. */
    int power = (int)(((uint32_t)value.exponent * 1262611u + (330u << 22)) >> 22) - 330;
    d->power = power - 12;
    do {
        wide x = value;
        d->power--;
        scale10(&x, -d->power);
        d->digits = round_to(&x, 0);
    } while (d->power > power - 16 && from_decimal(d) != magnitude);
}

/* "123", "0.00123", "1.23e-7". */
static void write_decimal(cot_writer *w, const decimal *d)
{
    uint8_t text[25] = "00000";
    const uint8_t *p = text + 5;
    cot_writer t;
    cot_writer_init(&t, text + 5, sizeof text - 5);
    cot_decimal_write_uint(&t, d->digits);
    int n = (int)t.len;
    int point = n + d->power; /* digits before the decimal point */
    bool scientific = point < -4 || point > 17;
    int shown = scientific ? 1 : point;

    for (; shown < 1; shown++, n++)
        p--;
    while (n > shown && p[n - 1] == '0')
        n--;
    for (int i = 0; i < n || i < shown; i++) {
        if (i == shown)
            cot_write_u8(w, '.');
        cot_write_u8(w, i < n ? p[i] : '0');
    }
    if (scientific) {
        cot_write_u8(w, 'e');
        cot_decimal_write_int(w, point - 1);
    }
}

void cot_decimal_write_double(cot_writer *w, double v)
{
    uint64_t bits = cot_double_bits(v);
    uint64_t magnitude = bits & ~SIGN;
    decimal d = {0, 0, false};
    if (magnitude >= INFINITE) {
        cot_writer_fail(w, COT_E_RANGE);
        return;
    }
    if (bits != magnitude)
        cot_write_u8(w, '-');
    if (magnitude != 0)
        shortest(magnitude, &d);
    write_decimal(w, &d);
}
