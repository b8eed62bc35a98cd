/* SPDX-License-Identifier: Apache-2.0 */
/* A request's parameters and JSON body, checked against its route's fields → the CBOR map for hub. */
#ifndef COTTER_SERVER_HTTP_SCHEMA_H
#define COTTER_SERVER_HTTP_SCHEMA_H

#include "server/http/problem.h"
#include "server/http/routes.h"

#define HTTP_QUERY_MAX 16 /* query parameters of one request */

/* The request line's target, taken apart. All borrowed from the text that was parsed. */
typedef struct http_target {
    cot_bytes path; /* still percent-encoded, without query */
    struct {
        cot_bytes name;
        cot_bytes value; /* still encoded */
    } query[HTTP_QUERY_MAX];
    size_t query_count;
} http_target;

/* Split origin-form or absolute-form (RFC 9112 section 3.2). COT_OK; COT_E_MALFORMED; COT_E_LIMIT. */
cot_status http_target_parse(const char *uri, http_target *out);

/* Decode %XX (and '+' as a space when `plus`). COT_OK; COT_E_MALFORMED; COT_E_SPACE. */
cot_status http_percent_decode(cot_bytes in, bool plus, uint8_t *out, size_t cap, size_t *len);

typedef struct http_input {
    const http_match *match;
    const http_target *target;
    const char *idempotency_key; /* or NULL */
    json_t *body;                /* or NULL */
    cot_bytes extra;             /* encoded pairs that http adds, e.g. "request" */
    size_t extra_count;
    bool sealed_follows; /* count one more pair: the caller appends "sealed" */
} http_input;

/* Secret of a device as it was found in the body; the caller wipes it. len 0: none. */
typedef struct http_secret {
    uint8_t bytes[64];
    size_t len;
} http_secret;

/* Write the map. The member "secret" is not written but put into *secret; the map's head then counts
 * one more pair, "sealed", which the caller appends. False with *p set: 422 for
 * parameters and members that are unknown, missing, of a wrong type or out of range (named), 404 for a path that
 * cannot exist, 413 when `w` is too small. */
bool http_arguments(const http_input *in, cot_writer *w, http_secret *secret, http_problem *p);

/* Parse a JSON body, which must be an object. NULL with *p set: 400 with line and column, 422 for
 * another type. json_decref what is returned. */
json_t *http_body_parse(cot_bytes text, http_problem *p);

#endif
