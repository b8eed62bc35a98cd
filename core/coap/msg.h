/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP messages over datagrams (RFC 7252 section 3): strict parser, option iterator, writer, and
 * one view that fetches every option Cotter knows in a single pass. Nothing is copied or allocated:
 * all `cot_bytes` point into the datagram and live as long as it does. */
#ifndef COTTER_COAP_MSG_H
#define COTTER_COAP_MSG_H

#include "core/base/bytes.h"

enum cot_coap_type { /* RFC 7252 section 3, field T */
                     COT_COAP_CON = 0,
                     COT_COAP_NON = 1,
                     COT_COAP_ACK = 2,
                     COT_COAP_RST = 3
};

/* A code is class × 32 + detail: COT_COAP_CODE(4, 4) is 4.04. */
#define COT_COAP_CODE(cls, detail) ((uint8_t)((cls) << 5 | (detail)))
#define COT_COAP_CLASS(code) ((unsigned)(code) >> 5)
#define COT_COAP_DETAIL(code) ((unsigned)(code)&31u)

enum cot_coap_code {
    COT_COAP_EMPTY = 0,
    COT_COAP_GET = 1,
    COT_COAP_POST = 2,
    COT_COAP_PUT = 3,
    COT_COAP_DELETE = 4,
    COT_COAP_FETCH = 5,  /* RFC 8132 */
    COT_COAP_PATCH = 6,  /* RFC 8132 */
    COT_COAP_IPATCH = 7, /* RFC 8132 */
    COT_COAP_CREATED = COT_COAP_CODE(2, 1),
    COT_COAP_DELETED = COT_COAP_CODE(2, 2),
    COT_COAP_VALID = COT_COAP_CODE(2, 3),
    COT_COAP_CHANGED = COT_COAP_CODE(2, 4),
    COT_COAP_CONTENT = COT_COAP_CODE(2, 5),
    COT_COAP_CONTINUE = COT_COAP_CODE(2, 31), /* RFC 7959 */
    COT_COAP_BAD_REQUEST = COT_COAP_CODE(4, 0),
    COT_COAP_UNAUTHORIZED = COT_COAP_CODE(4, 1),
    COT_COAP_BAD_OPTION = COT_COAP_CODE(4, 2),
    COT_COAP_FORBIDDEN = COT_COAP_CODE(4, 3),
    COT_COAP_NOT_FOUND = COT_COAP_CODE(4, 4),
    COT_COAP_NOT_ALLOWED = COT_COAP_CODE(4, 5),
    COT_COAP_NOT_ACCEPTABLE = COT_COAP_CODE(4, 6),
    COT_COAP_INCOMPLETE = COT_COAP_CODE(4, 8), /* RFC 7959 */
    COT_COAP_CONFLICT = COT_COAP_CODE(4, 9),   /* RFC 8132 */
    COT_COAP_PRECONDITION = COT_COAP_CODE(4, 12),
    COT_COAP_TOO_LARGE = COT_COAP_CODE(4, 13),
    COT_COAP_BAD_FORMAT = COT_COAP_CODE(4, 15),
    COT_COAP_INTERNAL_ERROR = COT_COAP_CODE(5, 0),
    COT_COAP_NOT_IMPLEMENTED = COT_COAP_CODE(5, 1),
    COT_COAP_UNAVAILABLE = COT_COAP_CODE(5, 3),
    COT_COAP_NO_PROXY = COT_COAP_CODE(5, 5)
};

enum cot_coap_option_number {
    COT_COAP_IF_MATCH = 1,
    COT_COAP_URI_HOST = 3,
    COT_COAP_ETAG = 4,
    COT_COAP_IF_NONE_MATCH = 5,
    COT_COAP_OBSERVE = 6, /* RFC 7641 */
    COT_COAP_URI_PORT = 7,
    COT_COAP_LOCATION_PATH = 8,
    COT_COAP_URI_PATH = 11,
    COT_COAP_CONTENT_FORMAT = 12,
    COT_COAP_MAX_AGE = 14,
    COT_COAP_URI_QUERY = 15,
    COT_COAP_ACCEPT = 17,
    COT_COAP_LOCATION_QUERY = 20,
    COT_COAP_BLOCK2 = 23, /* RFC 7959 */
    COT_COAP_BLOCK1 = 27, /* RFC 7959 */
    COT_COAP_SIZE2 = 28,  /* RFC 7959 */
    COT_COAP_PROXY_URI = 35,
    COT_COAP_PROXY_SCHEME = 39,
    COT_COAP_SIZE1 = 60,
    COT_COAP_ECHO = 252,       /* RFC 9175 */
    COT_COAP_REQUEST_TAG = 292 /* RFC 9175 */
};

/* RFC 7252 section 5.4.6. */
#define COT_COAP_IS_CRITICAL(number) (((number)&1u) != 0)
#define COT_COAP_IS_UNSAFE(number) (((number)&2u) != 0)

typedef struct cot_coap_token {
    uint8_t len; /* 0..8 */
    uint8_t b[8];
} cot_coap_token;

bool cot_coap_token_equal(const cot_coap_token *a, const cot_coap_token *b);

/* What identifies a message: the writer, the rules and the parser share it. */
typedef struct cot_coap_head {
    cot_coap_token token;
    uint8_t type; /* enum cot_coap_type */
    uint8_t code; /* enum cot_coap_code or any other of its class */
    uint16_t mid;
} cot_coap_head;

typedef struct cot_coap_msg {
    cot_coap_head head;
    cot_bytes options; /* encoded and already checked; without the payload marker */
    cot_bytes payload; /* len 0: none */
} cot_coap_msg;

bool cot_coap_is_request(const cot_coap_head *h);  /* class 0, not empty */
bool cot_coap_is_response(const cot_coap_head *h); /* class 2, 4 or 5 */

/* Parse one datagram, whole or not at all.
 * COT_OK.
 * COT_E_TRUNCATED   fewer than 4 bytes: count, drop.
 * COT_E_UNSUPPORTED another version: count, drop (section 3).
 * COT_E_MALFORMED   a message format error (sections 3, 4.1 to 4.3): token longer than 8, bytes
 *                   after an Empty header, bad option, marker without payload, reserved class
 *                   (1, 3, 6, 7), Empty NON, request in an ACK, RST that is not Empty. head.type
 *                   and head.mid are set: `cot_coap_reject` says whether a RST goes out. Count it.
 */
cot_status cot_coap_parse(const uint8_t *dgram, size_t len, cot_coap_msg *m);

/* ---- options ---- */

typedef struct cot_coap_option {
    cot_bytes value;
    uint16_t number;
} cot_coap_option;

typedef struct cot_coap_options {
    cot_reader r;
    uint32_t number;
} cot_coap_options;

/* Walk the options of a parsed message, ascending. `next` is false at the end. */
void cot_coap_options_init(cot_coap_options *it, cot_bytes options);
bool cot_coap_options_next(cot_coap_options *it, cot_coap_option *o);

/* Read one option whose number comes after *number, and move *number to its own. Latches
 * COT_E_TRUNCATED or COT_E_MALFORMED (nibble 15, number above 65535); then the value is empty. */
cot_bytes cot__coap_read_option(cot_reader *r, uint32_t *number);

/* The value of a uint option (section 3.2: leading zeros are allowed). Longer than 4 bytes: the low
 * 32 bits. */
uint32_t cot_coap_option_uint(cot_bytes value);

/* ---- writing ---- */

/* Writes header, options in ascending order, payload. Latches like cot_writer: COT_E_SPACE (w.len
 * goes on counting: the size needed), COT_E_STATE (an option out of order or after the payload),
 * COT_E_RANGE (token or option too long). Never rely on the bytes before `cot_coap_write_end` has
 * said COT_OK. */
typedef struct cot_coap_writer {
    cot_writer w;
    size_t payload;  /* where the payload begins; 0: no marker yet */
    uint16_t number; /* of the last option */
} cot_coap_writer;

void cot_coap_write_begin(cot_coap_writer *m, uint8_t *buf, size_t cap, const cot_coap_head *h);
void cot_coap_write_option(cot_coap_writer *m, uint16_t number, const void *value, size_t len);
/* Shortest form: 0 is an empty value. */
void cot_coap_write_option_uint(cot_coap_writer *m, uint16_t number, uint32_t v);
/* One option a segment: "a/b" gives two, "" none. `separator` is '/' for paths, '&' for queries. */
void cot_coap_write_segments(cot_coap_writer *m, uint16_t number, const char *text, char separator);
/* The payload in one piece; len 0 writes nothing. */
void cot_coap_write_payload(cot_coap_writer *m, const void *payload, size_t len);
/* Or in place: write the marker and hand out the inner writer for a codec to go on with. A payload
 * that stays empty takes its marker back in write_end. */
cot_writer *cot_coap_write_payload_begin(cot_coap_writer *m);
/* COT_OK and *len, the datagram's length; or the first error (then *len is the size needed). */
cot_status cot_coap_write_end(cot_coap_writer *m, size_t *len);

/* An Empty message is 4 bytes: `type` ACK, RST, or CON for a ping. */
#define COT_COAP_EMPTY_LEN 4
void cot_coap_write_empty(uint8_t out[COT_COAP_EMPTY_LEN], uint8_t type, uint16_t mid);

#endif
