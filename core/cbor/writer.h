/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical CBOR writer (RFC 8949 section 4.2.1): every head in its shortest form, definite
 * lengths. Errors are latched in the cot_writer. Map keys go in bytewise order; that order is the
 * caller's. */
#ifndef COTTER_CBOR_WRITER_H
#define COTTER_CBOR_WRITER_H

#include "core/base/bytes.h"

void cot_cbor_write_uint(cot_writer *w, uint64_t v);
void cot_cbor_write_int(cot_writer *w, int64_t v);
void cot_cbor_write_nint(cot_writer *w, uint64_t n); /* -1 - n */
void cot_cbor_write_bytes(cot_writer *w, cot_bytes bytes);
void cot_cbor_write_text(cot_writer *w, cot_bytes text);
void cot_cbor_write_bytes_head(cot_writer *w, uint64_t len); /* the content follows */
void cot_cbor_write_array(cot_writer *w, uint64_t items);
void cot_cbor_write_map(cot_writer *w, uint64_t pairs);
void cot_cbor_write_tag(cot_writer *w, uint64_t tag);
void cot_cbor_write_simple(cot_writer *w, uint8_t value); /* 24–31 latch COT_E_RANGE */
void cot_cbor_write_bool(cot_writer *w, bool b);
void cot_cbor_write_null(cot_writer *w);
void cot_cbor_write_double(cot_writer *w, double v); /* half, single or double: shortest exact */

/* Bytes that the head of major type with argument `v` takes: 1, 2, 3, 5 or 9. */
size_t cot_cbor_head_size(uint64_t v);

/* Put `n` bytes at offset `at` of what has been written; what followed moves up. For heads whose
 * length is known only after their content. */
void cot_write_insert(cot_writer *w, size_t at, const uint8_t *bytes, size_t n);

/* Put the head of an array before its items, which begin at offset `start`. */
void cot_cbor_insert_array(cot_writer *w, size_t start, uint64_t items);

#endif
