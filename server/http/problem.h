/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong in http itself, as application/problem+json (RFC 9457). */
#ifndef COTTER_SERVER_HTTP_PROBLEM_H
#define COTTER_SERVER_HTTP_PROBLEM_H

#include "server/http/text.h"

typedef struct http_problem {
    unsigned status;      /* 0: none */
    unsigned retry_after; /* seconds; 0: none */
    char detail[256];     /* printable ASCII; says what to change */
} http_problem;

/* Set `p`, once: a problem that is there already stays. Always returns false. */
bool http_problem_set(http_problem *p, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The standard phrase of an HTTP status, "Not Found". */
const char *http_status_title(unsigned status);

/* The whole body. */
void http_problem_json(const http_problem *p, http_text *out);

/* `bytes` for a detail: printable ASCII, the rest as '?', cut at 64. Returns `out`. */
const char *http_quote(char out[static 68], cot_bytes bytes);

#endif
