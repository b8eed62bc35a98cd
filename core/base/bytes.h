/* SPDX-License-Identifier: Apache-2.0 */
/* Length-checked readers and writers over caller-owned bytes. Both latch the first error: call in a
 * row, check once at the end. Integers are big-endian (network order) unless the name says else. */
#ifndef COTTER_BASE_BYTES_H
#define COTTER_BASE_BYTES_H

#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed run of bytes. `p` may be NULL when `len` is 0. */
typedef struct cot_bytes {
    const uint8_t *p;
    size_t len;
} cot_bytes;

typedef struct cot_reader {
    const uint8_t *p;   /* next byte */
    const uint8_t *end; /* one past the last byte */
    cot_status err;     /* COT_OK, or the first error; then every read returns 0 / empty */
} cot_reader;

void cot_reader_init(cot_reader *r, const uint8_t *bytes, size_t len);
size_t cot_reader_left(const cot_reader *r);
/* Each returns 0 and latches COT_E_TRUNCATED when fewer bytes are left. */
uint8_t cot_read_u8(cot_reader *r);
uint16_t cot_read_u16(cot_reader *r);
uint32_t cot_read_u24(cot_reader *r);
uint32_t cot_read_u32(cot_reader *r);
uint64_t cot_read_u64(cot_reader *r);
/* Big-endian unsigned of `n` bytes, 0 ≤ n ≤ 8 (more latches COT_E_RANGE). */
uint64_t cot_read_uint(cot_reader *r, size_t n);
/* Borrow the next `n` bytes; they live as long as the input. NULL/0 on error. */
cot_bytes cot_read_bytes(cot_reader *r, size_t n);
/* Copy the next `n` bytes to `out`; on error `out` is zeroed. */
void cot_read_copy(cot_reader *r, uint8_t *out, size_t n);
/* Latch `err` if nothing is latched yet. */
void cot_reader_fail(cot_reader *r, cot_status err);
/* COT_OK when no error is latched and nothing is left; COT_E_MALFORMED when bytes are left. */
cot_status cot_reader_end(const cot_reader *r);

typedef struct cot_writer {
    uint8_t *p;     /* start of the buffer, may be NULL when cap is 0 ("measure") */
    size_t cap;     /* bytes in the buffer */
    size_t len;     /* bytes that all writes so far need: may exceed cap, then err is COT_E_SPACE */
    cot_status err; /* COT_OK or the first error; after COT_E_SPACE `len` goes on counting */
} cot_writer;

void cot_writer_init(cot_writer *w, uint8_t *buf, size_t cap);
void cot_write_u8(cot_writer *w, uint8_t v);
void cot_write_u16(cot_writer *w, uint16_t v);
void cot_write_u24(cot_writer *w, uint32_t v);
void cot_write_u32(cot_writer *w, uint32_t v);
void cot_write_u64(cot_writer *w, uint64_t v);
/* Big-endian unsigned in exactly `n` bytes, 0 ≤ n ≤ 8. COT_E_RANGE if it does not fit. */
void cot_write_uint(cot_writer *w, uint64_t v, size_t n);
void cot_write_bytes(cot_writer *w, const void *bytes, size_t n);
void cot_write_text(cot_writer *w, const char *text); /* without the terminating NUL */
void cot_writer_fail(cot_writer *w, cot_status err);

bool cot_bytes_equal(cot_bytes a, cot_bytes b); /* not for secrets */
bool cot_bytes_is(cot_bytes a, const char *text);
/* Compare without a data-dependent branch or index: for tags, keys, tokens, cookies. */
bool cot_equal_ct(const uint8_t *a, const uint8_t *b, size_t n);
/* Overwrite with zeros in a way that the compiler keeps. */
void cot_wipe(void *p, size_t n);

#endif
