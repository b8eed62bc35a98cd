/* SPDX-License-Identifier: Apache-2.0 */
/* Times: epoch milliseconds ↔ RFC 3339. Days ↔ dates as in Howard Hinnant's public "chrono-compatible
 * low-level date algorithms": the year begins in March, so that the leap day is its last. */
#include "server/http/text.h"

#define DAY_MS 86400000u
#define YEAR_10000_MS 253402300800000u

void http_text_time(http_text *t, uint64_t epoch_ms)
{
    if (epoch_ms >= YEAR_10000_MS) {
        http_text_adds(t, "null");
        return;
    }
    unsigned ms = (unsigned)(epoch_ms % DAY_MS);
    uint32_t days = (uint32_t)(epoch_ms / DAY_MS) + 719468u; /* since 0000-03-01 */
    uint32_t era = days / 146097u;
    uint32_t doe = days - era * 146097u;
    uint32_t yoe = (doe - doe / 1460u + doe / 36524u - doe / 146096u) / 365u;
    uint32_t doy = doe - (365u * yoe + yoe / 4u - yoe / 100u);
    uint32_t mp = (5u * doy + 2u) / 153u;
    uint32_t day = doy - (153u * mp + 2u) / 5u + 1u;
    uint32_t month = mp < 10u ? mp + 3u : mp - 9u;
    uint32_t year = yoe + era * 400u + (month <= 2u ? 1u : 0u);
    http_text_addf(t, "\"%04u-%02u-%02uT%02u:%02u:%02u.%03uZ\"", year, month, day, ms / 3600000u,
                   ms / 60000u % 60u, ms / 1000u % 60u, ms % 1000u);
}

static unsigned digits(cot_reader *r, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = cot_read_u8(r);
        if (c < '0' || c > '9') {
            cot_reader_fail(r, COT_E_MALFORMED);
            return 0;
        }
        v = v * 10 + (unsigned)(c - '0');
    }
    return v;
}

static void expect(cot_reader *r, char upper)
{
    uint8_t c = cot_read_u8(r);
    if (c != (uint8_t)upper && !(upper == 'T' && (c == 't' || c == ' '))) {
        cot_reader_fail(r, COT_E_MALFORMED);
    }
}

static unsigned read_fraction_ms(cot_reader *r)
{
    unsigned ms = 0;
    unsigned scale = 100;
    if (cot_reader_left(r) == 0 || *r->p != '.') {
        return 0;
    }
    (void)cot_read_u8(r);
    ms += digits(r, 1) * scale;
    while (cot_reader_left(r) > 0 && *r->p >= '0' && *r->p <= '9') {
        scale /= 10;
        ms += digits(r, 1) * scale;
    }
    return ms;
}

/* Minutes east of UTC. */
static int read_offset(cot_reader *r)
{
    uint8_t sign = cot_read_u8(r);
    if (sign == 'Z' || sign == 'z') {
        return 0;
    }
    unsigned hours = digits(r, 2);
    expect(r, ':');
    unsigned minutes = digits(r, 2);
    if ((sign != '+' && sign != '-') || hours > 23 || minutes > 59) {
        cot_reader_fail(r, COT_E_MALFORMED);
    }
    int offset = (int)(hours * 60 + minutes);
    return sign == '-' ? -offset : offset;
}

static bool date_ok(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static int64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    unsigned y = year - (month <= 2 ? 1u : 0u);
    unsigned era = y / 400u;
    unsigned yoe = y - era * 400u;
    unsigned doy = (153u * (month > 2 ? month - 3u : month + 9u) + 2u) / 5u + day - 1u;
    unsigned doe = yoe * 365u + yoe / 4u - yoe / 100u + doy;
    return (int64_t)era * 146097 + (int64_t)doe - 719468;
}

cot_status http_time_parse(cot_bytes text, uint64_t *epoch_ms)
{
    cot_reader r;
    cot_reader_init(&r, text.p, text.len);
    unsigned year = digits(&r, 4);
    expect(&r, '-');
    unsigned month = digits(&r, 2);
    expect(&r, '-');
    unsigned day = digits(&r, 2);
    expect(&r, 'T');
    unsigned hour = digits(&r, 2);
    expect(&r, ':');
    unsigned minute = digits(&r, 2);
    expect(&r, ':');
    unsigned second = digits(&r, 2);
    unsigned ms = read_fraction_ms(&r);
    int offset = read_offset(&r);
    *epoch_ms = 0;
    if (cot_reader_end(&r) != COT_OK || !date_ok(year, month, day) || hour > 23 || minute > 59 ||
        second > 60) {
        return COT_E_MALFORMED;
    }
    if (year < 1970) {
        return COT_E_RANGE;
    }
    int64_t minutes =
        days_since_1970(year, month, day) * 1440 + (int64_t)hour * 60 + (int64_t)minute - offset;
    int64_t at = (minutes * 60 + (int64_t)second) * 1000 + (int64_t)ms;
    if (at < 0 || (uint64_t)at >= YEAR_10000_MS) {
        return COT_E_RANGE;
    }
    *epoch_ms = (uint64_t)at;
    return COT_OK;
}
