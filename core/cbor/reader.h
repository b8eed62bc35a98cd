/* SPDX-License-Identifier: Apache-2.0 */
/* Strict pull reader for CBOR (RFC 8949). One call reads one data item's head (and the bytes of a
 * string); arrays, maps and tags are read as their head, then their content. No recursion, no
 * memory. */
#ifndef COTTER_CBOR_READER_H
#define COTTER_CBOR_READER_H

#include "core/base/bytes.h"

typedef enum cot_cbor_type {
    COT_CBOR_UINT = 0,
    COT_CBOR_NINT,
    COT_CBOR_BYTES,
    COT_CBOR_TEXT,
    COT_CBOR_ARRAY,
    COT_CBOR_MAP,
    COT_CBOR_TAG,
    COT_CBOR_SIMPLE, /* arg 20 false, 21 true, 22 null, 23 undefined */
    COT_CBOR_FLOAT,
    COT_CBOR_BREAK, /* end of an array or map of indefinite length */
    COT_CBOR_NONE   /* nothing read: an error is latched */
} cot_cbor_type;

#define COT_CBOR_INDEFINITE UINT64_MAX /* count of an array or map that ends with a break */
#define COT_CBOR_MAX_DEPTH 8u          /* deepest nesting that skip and check follow */

typedef struct cot_cbor_item {
    cot_cbor_type type;
    uint64_t arg;    /* UINT the value; NINT n of -1 - n; ARRAY items; MAP pairs; TAG number; SIMPLE
                      * value; FLOAT the bits of the double; strings their length */
    cot_bytes bytes; /* BYTES, TEXT: borrowed from the input; TEXT is valid UTF-8 */
} cot_cbor_item;

enum {
    /* Refuse what RFC 8949 section 4.2.1 (core deterministic encoding) forbids of heads: arguments
     * and floats that are not shortest. Key order is the caller's: cot_cbor_key_after. */
    COT_CBOR_CANONICAL = 1,
    /* Accept arrays and maps of indefinite length (never strings in chunks). */
    COT_CBOR_ALLOW_INDEFINITE = 2
};

typedef struct cot_cbor_reader {
    cot_reader in; /* in.err latches the first error */
    uint8_t mode;
} cot_cbor_reader;

void cot_cbor_reader_init(cot_cbor_reader *r, cot_bytes in, uint8_t mode);

/* Each latches in r->in.err: COT_E_TRUNCATED; COT_E_MALFORMED (reserved bits, invalid UTF-8, a
 * break out of place, not canonical in that mode); COT_E_UNSUPPORTED (indefinite length when not
 * allowed); the typed ones COT_E_TYPE (another type), COT_E_RANGE (does not fit). After an error
 * they return type NONE, 0, or empty. */
cot_cbor_item cot_cbor_next(cot_cbor_reader *r);
uint64_t cot_cbor_read_uint(cot_cbor_reader *r);
uint32_t cot_cbor_read_u32(cot_cbor_reader *r);
int64_t cot_cbor_read_int(cot_cbor_reader *r);
double cot_cbor_read_double(cot_cbor_reader *r); /* floats and integers */
bool cot_cbor_read_bool(cot_cbor_reader *r);
cot_bytes cot_cbor_read_bytes(cot_cbor_reader *r);
cot_bytes cot_cbor_read_text(cot_cbor_reader *r);
/* The head of a byte string only; the content is what follows in r->in and may be missing. */
uint64_t cot_cbor_read_bytes_head(cot_cbor_reader *r);
uint64_t cot_cbor_read_array(cot_cbor_reader *r);
uint64_t cot_cbor_read_map(cot_cbor_reader *r);
uint64_t cot_cbor_read_tag(cot_cbor_reader *r);
/* Type of the next item without reading it; NONE at the end of the input or after an error. */
cot_cbor_type cot_cbor_peek(const cot_cbor_reader *r);

/* Read one whole item with all its content; its bytes are returned. The order of map
 * keys is not looked at (cot_cbor_check does). COT_E_LIMIT is latched beyond COT_CBOR_MAX_DEPTH. */
cot_bytes cot_cbor_skip(cot_cbor_reader *r);

/* Is the encoded key `next` after `prev` in bytewise order (RFC 8949 section 4.2.1)? An empty prev
 * is before everything; equal keys are not "after". */
bool cot_cbor_key_after(cot_bytes prev, cot_bytes next);

/* COT_OK when `in` is exactly one well-formed item (by `mode`; with CANONICAL also map key order).
 */
cot_status cot_cbor_check(cot_bytes in, uint8_t mode);

/* An item read by cot_cbor_next as a number. COT_OK; COT_E_TYPE; COT_E_RANGE. */
cot_status cot_cbor_item_int(const cot_cbor_item *item, int64_t *out);
double cot_cbor_item_double(const cot_cbor_item *item); /* a FLOAT item's value */

/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
bool cot_utf8_valid(cot_bytes text);

#endif
