/* SPDX-License-Identifier: Apache-2.0 */
/* coap:// and coaps:// URIs. */
#include "device/uri.h"

#include "core/lwm2m/number.h"

static bool take(cot_bytes *text, const char *prefix)
{
    cot_bytes t = *text;
    for (; *prefix != '\0'; prefix++) {
        if (t.len == 0 || t.p[0] != (uint8_t)*prefix)
            return false;
        t.p++;
        t.len--;
    }
    *text = t;
    return true;
}

/* Everything before the first of `stops`; *text keeps the rest with the stop. */
static cot_bytes until(cot_bytes *text, const char *stops)
{
    cot_bytes out = {text->p, 0};
    for (; text->len > 0; text->p++, text->len--, out.len++) {
        for (const char *s = stops; *s != '\0'; s++) {
            if (text->p[0] == (uint8_t)*s)
                return out;
        }
    }
    return out;
}

static cot_status parse_port(cot_bytes *rest, uint16_t *port)
{
    uint64_t v;
    if (!take(rest, ":"))
        return COT_OK;
    if (cot_decimal_parse_uint(until(rest, "/?"), &v) != COT_OK || v == 0 || v > 65535)
        return COT_E_MALFORMED;
    *port = (uint16_t)v;
    return COT_OK;
}

cot_status cot__uri_parse(cot_bytes text, cot__uri *out)
{
    cot_bytes none = {NULL, 0};
    *out = (cot__uri){.path = none, .query = none};
    out->secure = take(&text, "coaps://");
    if (!out->secure && !take(&text, "coap://"))
        return COT_E_UNSUPPORTED;
    out->port = out->secure ? 5684 : 5683;
    if (take(&text, "[")) {
        out->host = until(&text, "]");
        if (!take(&text, "]"))
            return COT_E_MALFORMED;
    } else {
        out->host = until(&text, ":/?");
    }
    if (out->host.len == 0 || parse_port(&text, &out->port) != COT_OK)
        return COT_E_MALFORMED;
    if (take(&text, "/"))
        out->path = until(&text, "?");
    if (take(&text, "?")) {
        out->query = text;
        return COT_OK;
    }
    return text.len == 0 ? COT_OK : COT_E_MALFORMED;
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
