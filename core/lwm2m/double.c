/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text of doubles, exact in both directions by one small big number: value = digits · 10^e is
 * made an integer times a power of two (reading), or the other way round (writing). Only multiplying
 * and dividing by small factors is needed; what divisions lose is kept as "sticky". */
#include "core/cbor/float.h"
#include "core/lwm2m/number.h"

#define WORDS 80 /* of 16 bits: 64 bits of digits, 10^345, and 56 bits to round from */

typedef struct big {
    uint16_t w[WORDS]; /* little-endian */
    size_t n;          /* words in use; the highest is not 0 */
    bool sticky;       /* divisions have lost something */
} big;

static void big_set(big *b, uint64_t v)
{
    b->n = 0;
    b->sticky = false;
    for (; v != 0; v >>= 16)
        b->w[b->n++] = (uint16_t)v;
}

static uint64_t big_low(const big *b)
{
    uint64_t v = 0;
    for (size_t i = b->n < 4 ? b->n : 4; i > 0; i--)
        v = v << 16 | b->w[i - 1];
    return v;
}

static int big_bits(const big *b)
{
    int bits = (int)b->n * 16;
    for (uint16_t top = b->n == 0 ? 0x8000 : b->w[b->n - 1]; top < 0x8000;
         top = (uint16_t)(top << 1))
        bits--;
    return bits;
}

static void big_mul(big *b, uint32_t factor)
{
    uint32_t carry = 0;
    for (size_t i = 0; i < b->n; i++) {
        carry += b->w[i] * factor;
        b->w[i] = (uint16_t)carry;
        carry >>= 16;
    }
    if (carry != 0 && b->n < WORDS)
        b->w[b->n++] = (uint16_t)carry;
}

static void big_div(big *b, uint32_t divisor)
{
    uint32_t rest = 0;
    for (size_t i = b->n; i > 0; i--) {
        rest = rest << 16 | b->w[i - 1];
        b->w[i - 1] = (uint16_t)(rest / divisor);
        rest %= divisor;
    }
    b->sticky = b->sticky || rest != 0;
    while (b->n > 0 && b->w[b->n - 1] == 0)
        b->n--;
}

/* b · base^power, for a negative power divided; base^step must be below 2^16. */
static void big_scale(big *b, uint32_t base, int power, int step)
{
    while (power != 0) {
        int now = power < 0 ? -power : power;
        if (now > step)
            now = step;
        uint32_t factor = 1;
        for (int i = 0; i < now; i++)
            factor *= base;
        if (power < 0) {
            big_div(b, factor);
            power += now;
        } else {
            big_mul(b, factor);
            power -= now;
        }
    }
}

static void big_scale10(big *b, int power)
{
    big_scale(b, 10, power, 4);
}

static void big_scale2(big *b, int power)
{
    big_scale(b, 2, power, 15);
}

/* The integer nearest to b / 2, ties to even; b has at most 64 bits. */
static uint64_t big_round_half(const big *b)
{
    uint64_t v = big_low(b);
    uint64_t half = v >> 1;
    bool up = (v & 1) != 0 && (b->sticky || (half & 1) != 0);
    return half + (up ? 1 : 0);
}

/* Bits of the positive double nearest to b · 2^exponent; b has at least 56 bits. */
static cot_status to_double(big *b, int exponent, uint64_t *bits)
{
    int top = big_bits(b) - 1 + exponent; /* 2^top ≤ value < 2^(top + 1) */
    int precision = top >= -1022 ? 53 : 53 - (-1022 - top);
    *bits = 0;
    if (precision < 0)
        return COT_OK;
    big_scale2(b, precision + 1 - big_bits(b)); /* one bit more, to round by */
    uint64_t fraction = big_round_half(b);
    if (top >= -1022) /* the fraction's leading one adds 1 to the exponent field */
        *bits = ((uint64_t)(top + 1022) << 52) + fraction;
    else
        *bits = fraction;
    return *bits >= UINT64_C(0x7FF) << 52 ? COT_E_RANGE : COT_OK;
}

/* digits · 10^power as a double. */
static cot_status from_decimal(uint64_t digits, int power, bool sticky, uint64_t *bits)
{
    big b;
    *bits = 0;
    if (digits == 0 || power < -345)
        return COT_OK;
    if (power > 310)
        return COT_E_RANGE;
    int shift = power >= 0 ? 64 : 56 - power * 10 / 3; /* room above the division */
    big_set(&b, digits);
    b.sticky = sticky;
    big_scale2(&b, shift);
    big_scale10(&b, power);
    return to_double(&b, -shift, bits);
}

/* --- reading --- */

typedef struct decimal {
    uint64_t digits; /* the first 19 significant ones */
    int power;       /* value = digits · 10^power */
    bool sticky;     /* digits not 0 were left out */
    bool any;        /* there was a digit */
} decimal;

static bool read_digit(cot_reader *r, uint8_t *digit)
{
    if (cot_reader_left(r) == 0 || (uint8_t)(*r->p - '0') > 9)
        return false;
    *digit = (uint8_t)(cot_read_u8(r) - '0');
    return true;
}

static bool read_if(cot_reader *r, uint8_t a, uint8_t b)
{
    if (cot_reader_left(r) == 0 || (*r->p != a && *r->p != b))
        return false;
    cot_read_u8(r);
    return true;
}

static void read_digits(cot_reader *r, decimal *d, bool fraction)
{
    uint8_t digit;
    while (read_digit(r, &digit)) {
        bool room = d->digits < UINT64_C(1000000000000000000);
        d->any = true;
        if (room)
            d->digits = d->digits * 10 + digit;
        else if (digit != 0)
            d->sticky = true;
        if (room && fraction)
            d->power--;
        else if (!room && !fraction)
            d->power++;
    }
}

/* [e [-+] digits]; false when there is an "e" and no digit. Stays within ±9999. */
static bool read_exponent(cot_reader *r, int *out)
{
    uint8_t digit;
    int v = 0;
    *out = 0;
    if (!read_if(r, 'e', 'E'))
        return true;
    bool negative = cot_reader_left(r) > 0 && *r->p == '-';
    read_if(r, '-', '+');
    if (!read_digit(r, &digit))
        return false;
    do {
        if (v < 1000)
            v = v * 10 + digit;
    } while (read_digit(r, &digit));
    *out = negative ? -v : v;
    return true;
}

cot_status cot_decimal_parse_double(cot_bytes text, double *out)
{
    cot_reader r;
    decimal d = {0, 0, false, false};
    uint64_t bits;
    int exponent;

    *out = 0;
    if (text.len > 4096) /* no number needs it, and the powers below stay far inside an int */
        return COT_E_MALFORMED;
    cot_reader_init(&r, text.p, text.len);
    bool negative = text.len > 0 && text.p[0] == '-';
    read_if(&r, '-', '+');
    read_digits(&r, &d, false);
    if (read_if(&r, '.', '.'))
        read_digits(&r, &d, true);
    if (!read_exponent(&r, &exponent) || !d.any || cot_reader_end(&r) != COT_OK)
        return COT_E_MALFORMED;
    cot_status s = from_decimal(d.digits, d.power + exponent, d.sticky, &bits);
    if (s == COT_OK)
        *out = cot_double_of_bits(bits | (uint64_t)negative << 63);
    return s;
}

/* --- writing --- */

/* A decimal as text: its digits without a point, and the power of ten of the last one. */
typedef struct digits {
    uint8_t text[20];
    int n;
    int power;
} digits;

/* fraction · 2^exponent rounded to `precision` significant digits. */
static uint64_t to_decimal(uint64_t fraction, int exponent, int precision, digits *out)
{
    big b;
    uint64_t v;
    cot_writer w;
    big_set(&b, fraction);
    uint32_t top = (uint32_t)(big_bits(&b) - 1 + exponent);
    /* floor(top · log10 2), exact for |top| ≤ 1650; the value may have one digit more. */
    int power = (int)((top * 1262611u + (330u << 22)) >> 22) - 330 - precision + 1;
    do {
        big_set(&b, fraction);
        big_scale2(&b, 1); /* one bit to round by */
        big_scale2(&b, exponent > 0 ? exponent : 0);
        big_scale10(&b, -power);
        big_scale2(&b, exponent < 0 ? exponent : 0);
        v = big_round_half(&b);
        cot_writer_init(&w, out->text, sizeof out->text);
        cot_decimal_write_uint(&w, v);
        out->n = (int)w.len;
        out->power = power++;
    } while (out->n > precision);
    return v;
}

/* "123", "0.00123", "1.23e-7". */
static void write_digits(cot_writer *w, const digits *d)
{
    int n = d->n;
    int point = n + d->power; /* digits before the decimal point */
    bool scientific = point < -4 || point > 17;
    int shown = scientific ? 1 : point;

    while (n > 1 && d->text[n - 1] == '0')
        n--;
    if (shown < 1)
        cot_write_text(w, "0.");
    for (int i = shown; i < 0; i++)
        cot_write_u8(w, '0');
    for (int i = 0; i < n || i < shown; i++) {
        if (i == shown && i > 0)
            cot_write_u8(w, '.');
        cot_write_u8(w, i < n ? d->text[i] : '0');
    }
    if (scientific) {
        cot_write_u8(w, 'e');
        cot_decimal_write_int(w, point - 1);
    }
}

void cot_decimal_write_double(cot_writer *w, double v)
{
    uint64_t bits = cot_double_bits(v);
    uint64_t magnitude = bits & ~(UINT64_C(1) << 63);
    uint64_t fraction = magnitude & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(magnitude >> 52);
    digits d = {.text = "0", .n = 1};

    if (exponent == 0x7FF) {
        cot_writer_fail(w, COT_E_RANGE);
        return;
    }
    if (exponent == 0)
        exponent = 1;
    else
        fraction |= UINT64_C(1) << 52;
    for (int precision = 15; precision <= 17 && fraction != 0; precision++) {
        uint64_t again;
        uint64_t v10 = to_decimal(fraction, exponent - 1075, precision, &d);
        if (from_decimal(v10, d.power, false, &again) == COT_OK && again == magnitude)
            break;
    }
    if (bits != magnitude)
        cot_write_u8(w, '-');
    write_digits(w, &d);
}
