/* SPDX-License-Identifier: Apache-2.0 */
/* Length-checked readers and writers. */
#include "core/base/bytes.h"

#include <string.h>

void cot_reader_init(cot_reader *r, const uint8_t *bytes, size_t len)
{
    r->p = bytes;
    r->end = bytes == NULL ? NULL : bytes + len;
    r->err = bytes == NULL && len > 0 ? COT_E_TRUNCATED : COT_OK;
}

size_t cot_reader_left(const cot_reader *r)
{
    return r->err != COT_OK || r->p == NULL ? 0 : (size_t)(r->end - r->p);
}

void cot_reader_fail(cot_reader *r, cot_status err)
{
    if (r->err == COT_OK)
        r->err = err;
}

cot_bytes cot_read_bytes(cot_reader *r, size_t n)
{
    cot_bytes out = {NULL, 0};
    if (n > cot_reader_left(r)) {
        cot_reader_fail(r, COT_E_TRUNCATED);
        return out;
    }
    if (r->err != COT_OK || n == 0)
        return out;
    out.p = r->p;
    out.len = n;
    r->p += n;
    return out;
}

uint64_t cot_read_uint(cot_reader *r, size_t n)
{
    uint64_t v = 0;
    if (n > 8)
        cot_reader_fail(r, COT_E_RANGE);
    cot_bytes b = cot_read_bytes(r, n);
    for (size_t i = 0; i < b.len; i++)
        v = v << 8 | b.p[i];
    return v;
}

uint8_t cot_read_u8(cot_reader *r)
{
    return (uint8_t)cot_read_uint(r, 1);
}

uint16_t cot_read_u16(cot_reader *r)
{
    return (uint16_t)cot_read_uint(r, 2);
}

uint32_t cot_read_u24(cot_reader *r)
{
    return (uint32_t)cot_read_uint(r, 3);
}

uint32_t cot_read_u32(cot_reader *r)
{
    return (uint32_t)cot_read_uint(r, 4);
}

uint64_t cot_read_u64(cot_reader *r)
{
    return cot_read_uint(r, 8);
}

void cot_read_copy(cot_reader *r, uint8_t *out, size_t n)
{
    cot_bytes b = cot_read_bytes(r, n);
    if (b.len > 0)
        memcpy(out, b.p, n);
    else if (n > 0)
        memset(out, 0, n);
}

cot_status cot_reader_end(const cot_reader *r)
{
    if (r->err != COT_OK)
        return r->err;
    return cot_reader_left(r) == 0 ? COT_OK : COT_E_MALFORMED;
}

void cot_writer_init(cot_writer *w, uint8_t *buf, size_t cap)
{
    w->p = buf;
    w->cap = cap;
    w->len = 0;
    w->err = COT_OK;
}

void cot_writer_fail(cot_writer *w, cot_status err)
{
    if (w->err == COT_OK)
        w->err = err;
}

void cot_write_bytes(cot_writer *w, const void *bytes, size_t n)
{
    if (w->len > w->cap || n > w->cap - w->len)
        cot_writer_fail(w, COT_E_SPACE);
    else if (n > 0)
        memcpy(w->p + w->len, bytes, n);
    w->len += n;
}

void cot_write_text(cot_writer *w, const char *text)
{
    cot_write_bytes(w, text, strlen(text));
}

void cot_write_uint(cot_writer *w, uint64_t v, size_t n)
{
    uint8_t b[8];
    size_t i = n <= sizeof b ? n : 0;
    while (i > 0) {
        b[--i] = (uint8_t)v;
        v >>= 8;
    }
    if (v != 0 || n > sizeof b)
        cot_writer_fail(w, COT_E_RANGE);
    else
        cot_write_bytes(w, b, n);
}

void cot_write_u8(cot_writer *w, uint8_t v)
{
    cot_write_bytes(w, &v, 1);
}

void cot_write_u16(cot_writer *w, uint16_t v)
{
    cot_write_uint(w, v, 2);
}

void cot_write_u24(cot_writer *w, uint32_t v)
{
    cot_write_uint(w, v, 3);
}

void cot_write_u32(cot_writer *w, uint32_t v)
{
    cot_write_uint(w, v, 4);
}

void cot_write_u64(cot_writer *w, uint64_t v)
{
    cot_write_uint(w, v, 8);
}

bool cot_bytes_equal(cot_bytes a, cot_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool cot_bytes_is(cot_bytes a, const char *text)
{
    return cot_bytes_equal(a, (cot_bytes){(const uint8_t *)text, strlen(text)});
}

bool cot_equal_ct(const uint8_t *a, const uint8_t *b, size_t n)
{
    volatile uint8_t diff = 0;
    for (size_t i = 0; i < n; i++)
        diff = (uint8_t)(diff | (a[i] ^ b[i]));
    return diff == 0;
}

void cot_wipe(void *p, size_t n)
{
    volatile uint8_t *v = p;
    for (size_t i = 0; i < n; i++)
        v[i] = 0;
}
