/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: logfmt on the inherited stderr, one write() a line. */
#include "server/role.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static char process_name[16] = "monitor";

void log_name(const char *name)
{
    (void)snprintf(process_name, sizeof process_name, "%s", name);
}

static size_t clamp(int n, size_t cap)
{
    if (n < 0)
        return 0;
    return (size_t)n < cap ? (size_t)n : cap - 1;
}

void log_line(const char *level, const char *event, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    size_t cap = sizeof line - 1; /* room for the newline */
    size_t n =
        clamp(snprintf(line, cap, "level=%s proc=%s event=%s", level, process_name, event), cap);
    if (fmt != NULL && fmt[0] != '\0' && n + 1 < cap) {
        line[n++] = ' ';
        va_list ap;
        va_start(ap, fmt);
        n += clamp(vsnprintf(line + n, cap - n, fmt, ap), cap - n);
        va_end(ap);
    }
    line[n++] = '\n';
    ssize_t done = write(STDERR_FILENO, line, n);
    (void)done; /* nobody can be told */
}

const char *log_text(char *out, size_t cap, cot_bytes bytes)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    if (cap < 3)
        return "";
    out[n++] = '"';
    for (size_t i = 0; i < bytes.len && n + 6 < cap; i++) {
        uint8_t b = bytes.p[i];
        if (b == '"' || b == '\\') {
            out[n++] = '\\';
            out[n++] = (char)b;
        } else if (b < 0x20 || b >= 0x7f) {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = hex[b >> 4];
            out[n++] = hex[b & 15];
        } else {
            out[n++] = (char)b;
        }
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
