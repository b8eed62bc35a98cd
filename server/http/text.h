/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text for response bodies: JSON pieces, and times as RFC 3339. */
#ifndef COTTER_SERVER_HTTP_TEXT_H
#define COTTER_SERVER_HTTP_TEXT_H

#include "core/base/bytes.h"

/* Zeroed is empty. `p` is malloc'd and not NUL-terminated. Once memory ran out `failed` stays set and
 * nothing more is added: check once at the end. */
typedef struct http_text {
    char *p;
    size_t len;
    size_t cap;
    bool failed;
} http_text;

void http_text_add(http_text *t, const void *bytes, size_t n);
void http_text_adds(http_text *t, const char *s);
void http_text_addf(http_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string of `bytes`; what is not valid UTF-8 becomes U+FFFD. */
void http_text_json(http_text *t, cot_bytes bytes);
/* A JSON string of base64 (RFC 4648 section 4). */
void http_text_base64(http_text *t, cot_bytes bytes);
/* A JSON string like "2026-11-24T17:00:00.123Z"; null for times past year 9999. */
void http_text_time(http_text *t, uint64_t epoch_ms);
/* Wiped and freed; empty again. */
void http_text_free(http_text *t);

/* Parse an RFC 3339 time with any offset and any number of fraction digits to epoch milliseconds, which is
 * in 1970..9999. COT_OK; COT_E_MALFORMED; COT_E_RANGE. */
cot_status http_time_parse(cot_bytes text, uint64_t *epoch_ms);

/* Decode hex to `out` of `cap` bytes. COT_OK; COT_E_MALFORMED; COT_E_SPACE. */
cot_status http_hex_decode(cot_bytes text, uint8_t *out, size_t cap, size_t *len);

/* malloc and a free that wipes: for jansson, so that no secret stays in freed memory. */
void *http_alloc(size_t n);
void http_free(void *p);

#endif
