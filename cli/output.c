/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for people, JSON for scripts. */
#include "cli/cli.h"
#include "core/cbor/reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The code point at `p`, *len bytes of it; -1 and 1 for what is no UTF-8. */
static long character(const char *p, size_t *len)
{
    static const long masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned char first = (unsigned char)*p;
    size_t n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    *len = 1;
    if (strnlen(p, n) < n || !cot_utf8_valid((cot_bytes){(const uint8_t *)p, n})) {
        return -1;
    }
    *len = n;
    long code = first & masks[n];
    for (size_t i = 1; i < n; i++) {
        code = code << 6 | ((unsigned char)p[i] & 0x3f);
    }
    return code;
}

/* Would a terminal obey it, or is it nothing (-1)? */
static bool is_command(long code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

char *cli_printable(char *text)
{
    char *to = text;
    size_t len = 0;
    for (const char *p = text; *p != '\0'; p += len) {
        if (is_command(character(p, &len))) {
            *to++ = '?';
        } else {
            memmove(to, p, len);
            to += len;
        }
    }
    *to = '\0';
    return text;
}

static void make_text_printable(json_t *text)
{
    char *copy = strdup(json_string_value(text));
    if (copy == NULL || json_string_set(text, cli_printable(copy)) != 0) {
        abort();
    }
    free(copy);
}

void cli_make_printable(json_t *document)
{
    json_t *todo = json_array();
    const char *key;
    json_t *child;
    size_t n;
    (void)json_array_append(todo, document);
    for (size_t i = 0; i < json_array_size(todo); i++) {
        json_t *j = json_array_get(todo, i);
        if (json_is_string(j)) {
            make_text_printable(j);
        }
        json_object_foreach(j, key, child)
        {
            (void)json_array_append(todo, child);
        }
        json_array_foreach(j, n, child)
        {
            (void)json_array_append(todo, child);
        }
    }
    json_decref(todo);
}

void cli_cell(cli_table *t, const char *text)
{
    char **cells = realloc(t->cells, (t->count + 1) * sizeof *cells);
    char *copy = strdup(text != NULL && text[0] != '\0' ? text : "-");
    if (cells == NULL || copy == NULL) {
        abort();
    }
    t->cells = cells;
    t->cells[t->count++] = copy;
}

void cli_cellf(cli_table *t, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    cli_cell(t, text);
}

/* Columns that a UTF-8 text takes: continuation bytes take none. */
static size_t width(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0) != 0x80 ? 1 : 0;
    }
    return n;
}

static void print_cell(const char *text, size_t columns, bool last)
{
    (void)fputs(text, stdout);
    for (size_t n = width(text); n < columns + 2 && !last; n++) {
        (void)fputc(' ', stdout);
    }
}

void cli_table_print(const cli *c, cli_table *t)
{
    size_t widths[16] = {0};
    for (size_t i = 0; i < t->columns; i++) {
        widths[i] = width(t->titles[i]);
    }
    for (size_t i = 0; i < t->count; i++) {
        size_t n = width(t->cells[i]);
        widths[i % t->columns] = n > widths[i % t->columns] ? n : widths[i % t->columns];
    }
    (void)fputs(c->colour ? "\033[1m" : "", stdout);
    for (size_t i = 0; i < t->columns; i++) {
        print_cell(t->titles[i], widths[i], i + 1 == t->columns);
    }
    (void)fputs(c->colour ? "\033[0m\n" : "\n", stdout);
    for (size_t i = 0; i < t->count; i++) {
        bool last = (i + 1) % t->columns == 0;
        print_cell(t->cells[i], widths[i % t->columns], last);
        (void)fputs(last ? "\n" : "", stdout);
        free(t->cells[i]);
    }
    free(t->cells);
    t->cells = NULL;
    t->count = 0;
}

/* jansson escapes C0 and, when asked, what is not ASCII: DEL is left. */
static int put_json(const char *bytes, size_t len, void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        int put = bytes[i] == 0x7f ? fputs("\\u007f", stdout) : putchar(bytes[i]);
        if (put == EOF) {
            return -1;
        }
    }
    return 0;
}

static void print_json(const json_t *j, size_t flags)
{
    flags |= JSON_ENCODE_ANY | (isatty(STDOUT_FILENO) == 1 ? JSON_ENSURE_ASCII : 0u);
    (void)json_dump_callback(j, put_json, NULL, flags);
    (void)putchar('\n');
}

void cli_print_json(const json_t *j)
{
    print_json(j != NULL ? j : json_null(), JSON_INDENT(2));
}

void cli_print_json_line(const json_t *j)
{
    print_json(j, JSON_COMPACT);
}

const char *cli_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

long long cli_number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

const char *cli_ago(char out[static 32], const char *time_text)
{
    struct tm tm = {0};
    out[0] = '\0';
    if (strptime(time_text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL) {
        return out;
    }
    long s = (long)(time(NULL) - timegm(&tm));
    s = s < 0 ? 0 : s;
    if (s < 120) {
        (void)snprintf(out, 32, "%ld s ago", s);
    } else if (s < 7200) {
        (void)snprintf(out, 32, "%ld min ago", s / 60);
    } else if (s < 172800) {
        (void)snprintf(out, 32, "%ld h ago", s / 3600);
    } else {
        (void)snprintf(out, 32, "%ld days ago", s / 86400);
    }
    return out;
}

static void form_text(char out[static 256], const json_t *value)
{
    static const char *const forms[] = {"opaque", "time", "objlink"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (json_object_get(value, forms[i]) != NULL) {
            (void)snprintf(out, 256, "%s:%s", forms[i], cli_text(value, forms[i]));
        }
    }
}

const char *cli_value_text(char out[static 256], const json_t *value)
{
    out[0] = '\0';
    switch (json_typeof(value)) {
    case JSON_STRING:
        (void)snprintf(out, 256, "%s", json_string_value(value));
        break;
    case JSON_INTEGER:
        (void)snprintf(out, 256, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        (void)snprintf(out, 256, "%.10g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)snprintf(out, 256, "%s", json_is_true(value) ? "true" : "false");
        break;
    case JSON_OBJECT:
        form_text(out, value);
        break;
    case JSON_ARRAY:
    case JSON_NULL:
        break;
    }
    return out;
}
