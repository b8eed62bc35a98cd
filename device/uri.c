/* SPDX-License-Identifier: Apache-2.0 */
/* coap:// and coaps:// URIs. */
#include "device/uri.h"

#include "core/lwm2m/number.h"

#include <string.h>

static bool take(cot_bytes *text, char c)
{
    if (text->len == 0 || text->p[0] != (uint8_t)c)
        return false;
    text->p++;
    text->len--;
    return true;
}

static bool take_all(cot_bytes *text, const char *s)
{
    while (*s != '\0' && take(text, *s))
        s++;
    return *s == '\0';
}

/* *out is everything before the first of `stops`; *text keeps the rest with the stop. */
static void until(cot_bytes *text, const char *stops, cot_bytes *out)
{
    out->p = text->p;
    for (; text->len > 0; text->p++, text->len--) {
        if (strchr(stops, text->p[0]) != NULL)
            break;
    }
    out->len = (size_t)(text->p - out->p);
}

static cot_status parse_port(cot_bytes *rest, uint16_t *port)
{
    cot_bytes number;
    uint64_t v;
    if (!take(rest, ':'))
        return COT_OK;
    until(rest, "/?", &number);
    if (cot_decimal_parse_uint(number, &v) != COT_OK || v == 0 || v > 65535)
        return COT_E_MALFORMED;
    *port = (uint16_t)v;
    return COT_OK;
}

cot_status cot__uri_parse(cot_bytes text, cot__uri *out)
{
    memset(out, 0, sizeof *out);
    if (!take_all(&text, "coap"))
        return COT_E_UNSUPPORTED;
    out->secure = take(&text, 's');
    if (!take_all(&text, "://"))
        return COT_E_UNSUPPORTED;
    out->port = out->secure ? 5684 : 5683;
    bool literal = take(&text, '[');
    until(&text, literal ? "]" : ":/?", &out->host);
    if ((literal && !take(&text, ']')) || out->host.len == 0 ||
        parse_port(&text, &out->port) != COT_OK)
        return COT_E_MALFORMED;
    if (take(&text, '/'))
        until(&text, "?", &out->path);
    if (text.len > 0 && !take(&text, '?'))
        return COT_E_MALFORMED;
    out->query = text;
    return COT_OK;
}

static uint8_t lower(uint8_t ch)
{
    return ch >= 'A' && ch <= 'Z' ? (uint8_t)(ch + ('a' - 'A')) : ch;
}

bool cot__uri_same_server(const cot__uri *a, const cot__uri *b)
{
    if (a->secure != b->secure || a->port != b->port || a->host.len != b->host.len)
        return false;
    for (size_t i = 0; i < a->host.len; i++) {
        if (lower(a->host.p[i]) != lower(b->host.p[i]))
            return false;
    }
    return true;
}
