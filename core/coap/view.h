/* SPDX-License-Identifier: Apache-2.0 */
/* What a message's options say (RFC 7252 sections 5.4 and 5.10): one view that fetches every option
 * that Cotter knows in a single pass, with the verdict on those that it does not; path and query. */
#ifndef COTTER_COAP_VIEW_H
#define COTTER_COAP_VIEW_H

#include "core/coap/msg.h"

/* Repeated options of one number, such as Uri-Path: a position in the datagram and a count. */
typedef struct cot_coap_segments {
    const uint8_t *p; /* first option's first byte; NULL when count is 0 */
    uint32_t len;     /* bytes from there to the end of the options */
    uint32_t count;
} cot_coap_segments;

/* Take the first segment off `s` into `*seg`; false when none is left. */
bool cot_coap_segments_next(cot_coap_segments *s, cot_bytes *seg);
/* Is the path exactly `text`, segments joined by '/', without a leading '/'? "" is the root, for
 * which no segment and one empty segment are the same. A '/' inside a segment never matches. */
bool cot_coap_path_is(cot_coap_segments path, const char *text);
/* Like path_is, but only for the leading segments; `*rest` gets the others. */
bool cot_coap_path_starts(cot_coap_segments path, const char *text, cot_coap_segments *rest);
/* The value of the query `key=value`, NULL/0 value for a bare `key`; false when there is none. */
bool cot_coap_query_find(cot_coap_segments query, const char *key, cot_bytes *value);

#define COT_COAP_NO_FORMAT 0xffffu /* reserved by IANA, so it can mean "absent" */

/* COT_COAP_HAS(v, BLOCK2): is that option in the view? */
#define COT_COAP_HAS(v, number) (((v)->has & COT_COAP_HAS_##number) != 0)
/* Bits of cot_coap_view.has: the option was there with a legal length. */
enum cot_coap_has {
    COT_COAP_HAS_IF_MATCH = 1 << 0,
    COT_COAP_HAS_IF_NONE_MATCH = 1 << 1,
    COT_COAP_HAS_OBSERVE = 1 << 2,
    COT_COAP_HAS_MAX_AGE = 1 << 3,
    COT_COAP_HAS_BLOCK1 = 1 << 4,
    COT_COAP_HAS_BLOCK2 = 1 << 5,
    COT_COAP_HAS_SIZE1 = 1 << 6,
    COT_COAP_HAS_SIZE2 = 1 << 7,
    COT_COAP_HAS_ECHO = 1 << 8,
    COT_COAP_HAS_ETAG = 1 << 9,
    COT_COAP_HAS_REQUEST_TAG = 1 << 10,
    COT_COAP_HAS_PROXY = 1 << 11
};

/* All options of one message, fetched in one pass. What is absent is 0, except the two formats. */
typedef struct cot_coap_view {
    cot_coap_segments path;  /* Uri-Path of a request, Location-Path of a response */
    cot_coap_segments query; /* Uri-Query of a request, Location-Query of a response */
    cot_bytes etag;          /* the first of them; likewise if_match */
    cot_bytes if_match;
    cot_bytes echo;
    cot_bytes request_tag;
    uint32_t has; /* COT_COAP_HAS_… */
    uint32_t observe;
    uint32_t max_age;
    uint32_t block1; /* option values, for cot_coap_block_decode */
    uint32_t block2;
    uint32_t size1;
    uint32_t size2;
    uint16_t content_format; /* COT_COAP_NO_FORMAT when absent */
    uint16_t accept;         /* COT_COAP_NO_FORMAT when absent */
    uint8_t error;           /* with COT_E_UNSUPPORTED: the code to answer */
} cot_coap_view;

/* Fetch the options of a request or a response (m->head.code tells which). An option that is
 * repeated without being repeatable, has an illegal length, or belongs to the other direction
 * counts as unknown (sections 5.4.3, 5.4.5); unknown elective ones are skipped.
 * COT_OK            serve it.
 * COT_E_UNSUPPORTED answer a request with v->error: 4.02 for an unknown critical option in a CON
 *                   (section 5.4.1), 5.05 when it asks for a proxy (section 5.7.2).
 * COT_E_MALFORMED   unknown critical option in a NON request or in a response: reject the message
 *                   (`cot_coap_reject`). */
cot_status cot_coap_view_fetch(const cot_coap_msg *m, cot_coap_view *v);

#endif
