/* SPDX-License-Identifier: Apache-2.0 */
/* problem+json bodies. */
#include "server/http/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool http_problem_set(http_problem *p, unsigned status, const char *fmt, ...)
{
    if (p->status == 0) {
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(p->detail, sizeof p->detail, fmt, ap);
        va_end(ap);
        p->status = status;
    }
    return false;
}

const char *http_status_title(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return "Error";
}

void http_problem_json(const http_problem *p, http_text *out)
{
    http_text_addf(out, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":",
                   http_status_title(p->status), p->status);
    http_text_json(out, (cot_bytes){(const uint8_t *)p->detail, strlen(p->detail)});
    http_text_adds(out, "}");
}

const char *http_quote(char out[static 68], cot_bytes bytes)
{
    size_t n = bytes.len < 64 ? bytes.len : 64;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = bytes.p[i];
        out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    memcpy(out + n, bytes.len > 64 ? "..." : "", bytes.len > 64 ? 4 : 1);
    return out;
}
