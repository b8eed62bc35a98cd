/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text, its JSON pieces, and memory that is wiped when freed. */
#include "server/http/text.h"

#include "core/cbor/reader.h"
#include "core/lwm2m/text.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *http_alloc(size_t n)
{
    return malloc(n);
}

void http_free(void *p)
{
    if (p != NULL) {
        cot_wipe(p, malloc_usable_size(p));
        free(p);
    }
}

/* Grow by hand: realloc would leave a copy of secrets behind. */
static bool reserve(http_text *t, size_t n)
{
    if (t->failed || n > SIZE_MAX / 2 - t->len) {
        t->failed = true;
        return false;
    }
    if (t->len + n <= t->cap) {
        return true;
    }
    size_t cap = t->cap < 256 ? 256 : t->cap * 2;
    while (cap < t->len + n) {
        cap *= 2;
    }
    char *p = malloc(cap);
    if (p == NULL) {
        t->failed = true;
        return false;
    }
    if (t->len > 0) {
        memcpy(p, t->p, t->len);
    }
    http_free(t->p);
    t->p = p;
    t->cap = cap;
    return true;
}

void http_text_add(http_text *t, const void *bytes, size_t n)
{
    if (n > 0 && reserve(t, n)) {
        memcpy(t->p + t->len, bytes, n);
        t->len += n;
    }
}

void http_text_adds(http_text *t, const char *s)
{
    http_text_add(t, s, strlen(s));
}

void http_text_addf(http_text *t, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof line) {
        t->failed = true;
        return;
    }
    http_text_add(t, line, (size_t)n);
}

static void add_escaped(http_text *t, uint8_t c)
{
    switch (c) {
    case '"':
        http_text_adds(t, "\\\"");
        break;
    case '\\':
        http_text_adds(t, "\\\\");
        break;
    case '\n':
        http_text_adds(t, "\\n");
        break;
    case '\r':
        http_text_adds(t, "\\r");
        break;
    case '\t':
        http_text_adds(t, "\\t");
        break;
    default:
        http_text_addf(t, "\\u%04x", (unsigned)c);
        break;
    }
}

void http_text_json(http_text *t, cot_bytes bytes)
{
    bool utf8 = cot_utf8_valid(bytes);
    size_t plain = 0; /* start of the run that needs no escape */
    http_text_adds(t, "\"");
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.p[i];
        bool foreign = c >= 0x80 && !utf8;
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && !foreign) {
            continue;
        }
        http_text_add(t, bytes.p + plain, i - plain);
        plain = i + 1;
        if (foreign) {
            http_text_adds(t, "\\ufffd");
        } else {
            add_escaped(t, c);
        }
    }
    if (plain < bytes.len) {
        http_text_add(t, bytes.p + plain, bytes.len - plain);
    }
    http_text_adds(t, "\"");
}

void http_text_base64(http_text *t, cot_bytes bytes)
{
    size_t len = (bytes.len + 2) / 3 * 4;
    http_text_adds(t, "\"");
    if (reserve(t, len)) {
        cot_writer w;
        cot_writer_init(&w, (uint8_t *)t->p + t->len, len);
        cot_base64_write(&w, bytes);
        t->len += w.len;
    }
    http_text_adds(t, "\"");
}

void http_text_free(http_text *t)
{
    http_free(t->p);
    memset(t, 0, sizeof *t);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

cot_status http_hex_decode(cot_bytes text, uint8_t *out, size_t cap, size_t *len)
{
    if (text.len % 2 != 0) {
        return COT_E_MALFORMED;
    }
    *len = text.len / 2;
    if (*len > cap) {
        return COT_E_SPACE;
    }
    for (size_t i = 0; i < *len; i++) {
        int high = hex_digit(text.p[2 * i]);
        int low = hex_digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0) {
            return COT_E_MALFORMED;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return COT_OK;
}
