/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise transfer (RFC 7959). */
#include "core/coap/block.h"

#include <string.h>

enum { NUM_END = 1 << 20, MORE_BIT = 8, SZX_BITS = 7, NUM_SHIFT = 4 };

cot_status cot_coap_block_decode(uint32_t value, cot_coap_block *b)
{
    b->num = value >> NUM_SHIFT;
    b->more = (value & MORE_BIT) != 0;
    b->szx = (uint8_t)(value & SZX_BITS);
    return b->num < NUM_END && b->szx <= COT_COAP_SZX_MAX ? COT_OK : COT_E_MALFORMED;
}

uint32_t cot_coap_block_encode(const cot_coap_block *b)
{
    return b->num << NUM_SHIFT | (b->more ? MORE_BIT : 0u) | b->szx;
}

uint32_t cot_coap_block_offset(const cot_coap_block *b)
{
    return b->num << (b->szx + 4);
}

static cot_coap_block block_at(uint32_t offset, uint8_t szx)
{
    cot_coap_block b = {offset >> (szx + 4), false, szx};
    return b;
}

/* A block that is not the last is full; the last is not longer than a block. */
static bool length_fits(const cot_coap_block *b, size_t len)
{
    uint32_t size = COT_COAP_BLOCK_SIZE(b->szx);
    return b->more ? len == size : len <= size;
}

/* Bytes offset … of a body of `total`, as a block. */
static void cut(cot_coap_slice *s, uint32_t offset, uint32_t total, uint8_t szx)
{
    uint32_t left = total - offset;
    uint32_t size = COT_COAP_BLOCK_SIZE(szx);
    s->offset = offset;
    s->len = left < size ? left : size;
    s->block = block_at(offset, szx);
    s->block.more = left > size;
}

/* ---- serving a body by Block2 ---- */

cot_status cot_coap_slice_of(const cot_coap_view *q, uint32_t total, uint8_t szx, cot_coap_slice *s)
{
    cot_coap_block b = {0, false, szx};
    bool asked = q != NULL && COT_COAP_HAS(q, BLOCK2);
    if (asked && cot_coap_block_decode(q->block2, &b) != COT_OK)
        return COT_E_MALFORMED;
    uint32_t offset = cot_coap_block_offset(&b);
    if (offset != 0 && offset >= total)
        return COT_E_RANGE;
    cut(s, offset, total, b.szx < szx ? b.szx : szx);
    s->has_block = asked || s->block.more;
    return COT_OK;
}

/* ---- fetching a body by Block2 ---- */

void cot_coap_fetch_init(cot_coap_fetch *f, uint32_t offset, uint32_t limit, uint8_t szx)
{
    memset(f, 0, sizeof *f);
    f->offset = offset;
    f->limit = limit;
    f->szx = szx;
}

void cot_coap_fetch_expect(cot_coap_fetch *f, cot_bytes etag)
{
    f->etag_len = (uint8_t)(etag.len <= sizeof f->etag ? etag.len : 0);
    if (f->etag_len > 0)
        memcpy(f->etag, etag.p, f->etag_len);
}

cot_coap_block cot_coap_fetch_next(const cot_coap_fetch *f)
{
    return block_at(f->offset, f->szx);
}

/* Once blocks flow, an answer without ETag says nothing; it cannot confirm a resumption. */
static bool body_changed(const cot_coap_fetch *f, cot_bytes etag)
{
    cot_bytes known = {f->etag, f->etag_len};
    if (etag.len == 0)
        return f->offset > 0 && !f->begun && f->etag_len > 0;
    return f->etag_len > 0 && !cot_bytes_equal(known, etag);
}

/* The answer's block is the one that was asked for, perhaps in a smaller size. */
static bool block_is_next(const cot_coap_fetch *f, const cot_coap_view *v, size_t len,
                          cot_coap_block *b)
{
    *b = block_at(0, f->szx);
    if (!COT_COAP_HAS(v, BLOCK2))
        return f->offset == 0; /* the whole body */
    return cot_coap_block_decode(v->block2, b) == COT_OK && b->szx <= f->szx &&
           cot_coap_block_offset(b) == f->offset && length_fits(b, len);
}

cot_status cot_coap_fetch_step(cot_coap_fetch *f, const cot_coap_view *v, cot_bytes payload)
{
    cot_coap_block b;
    if (f->done)
        return COT_E_MALFORMED;
    if (body_changed(f, v->etag)) {
        cot_coap_fetch_init(f, 0, f->limit, f->szx);
        return COT_E_STATE;
    }
    if (!block_is_next(f, v, payload.len, &b))
        return COT_E_MALFORMED;
    if (COT_COAP_HAS(v, SIZE2))
        f->size = v->size2;
    if (f->size > f->limit || f->offset > f->limit || payload.len > f->limit - f->offset ||
        (b.more && b.num == NUM_END - 1))
        return COT_E_LIMIT;
    if (f->etag_len == 0)
        cot_coap_fetch_expect(f, v->etag);
    f->offset += (uint32_t)payload.len;
    f->szx = b.szx;
    f->begun = true;
    f->done = !b.more;
    return COT_OK;
}

/* ---- sending a body by Block1 ---- */

void cot_coap_push_init(cot_coap_push *s, uint32_t total, uint8_t szx)
{
    memset(s, 0, sizeof *s);
    s->total = total;
    s->szx = szx;
}

void cot_coap_push_next(cot_coap_push *s, cot_coap_slice *out)
{
    cut(out, s->offset, s->total, s->szx);
    out->has_block = out->offset > 0 || out->block.more;
    s->szx_sent = s->szx;
}

static cot_status push_restart(cot_coap_push *s)
{
    s->offset = 0;
    return COT_E_STATE;
}

static cot_status push_refused(cot_coap_push *s, uint8_t code, const cot_coap_view *v, uint8_t szx)
{
    if (code == COT_COAP_TOO_LARGE) {
        if (s->offset == 0 && szx < s->szx_sent) {
            s->szx = szx;
            return COT_E_STATE;
        }
        s->size1 = v->size1;
        return COT_E_LIMIT;
    }
    if (code != COT_COAP_INCOMPLETE || s->restarted)
        return COT_E_DENIED;
    s->restarted = true;
    return push_restart(s);
}

cot_status cot_coap_push_step(cot_coap_push *s, uint8_t code, const cot_coap_view *v)
{
    uint32_t left = s->total - s->offset;
    uint32_t size = COT_COAP_BLOCK_SIZE(s->szx_sent);
    bool last = left <= size;
    cot_coap_block b = block_at(s->offset, s->szx_sent); /* what no option means */
    uint32_t num = b.num;
    if (s->done || (COT_COAP_HAS(v, BLOCK1) && cot_coap_block_decode(v->block1, &b) != COT_OK))
        return COT_E_MALFORMED;
    if (COT_COAP_CLASS(code) != 2)
        return push_refused(s, code, v, b.szx);
    if (b.num != num || (last && code == COT_COAP_CONTINUE))
        return COT_E_MALFORMED;
    if (b.szx < s->szx)
        s->szx = b.szx;
    s->offset += last ? left : size;
    s->done = last;
    return COT_OK;
}

/* ---- receiving a body by Block1 ---- */

void cot_coap_collect_init(cot_coap_collect *c, uint32_t limit, uint8_t szx)
{
    memset(c, 0, sizeof *c);
    c->limit = limit;
    c->szx = szx;
}

static cot_status collect_fail(cot_coap_collect *c, cot_status err, uint8_t *code)
{
    c->open = c->open && err == COT_E_STATE; /* the right block may still come */
    if (err == COT_E_STATE)
        *code = COT_COAP_INCOMPLETE;
    else
        *code = err == COT_E_LIMIT ? COT_COAP_TOO_LARGE : COT_COAP_BAD_REQUEST;
    return err;
}

cot_status cot_coap_collect_step(cot_coap_collect *c, const cot_coap_view *q, cot_bytes payload,
                                 uint8_t *code, cot_coap_block *answer)
{
    *answer = block_at(0, c->szx);
    bool bad = COT_COAP_HAS(q, BLOCK1) && (cot_coap_block_decode(q->block1, answer) != COT_OK ||
                                           !length_fits(answer, payload.len));
    uint32_t offset = cot_coap_block_offset(answer);
    uint8_t asked = answer->szx;
    bool more = answer->more;
    if (asked > c->szx)
        answer->szx = c->szx;
    if (bad)
        return collect_fail(c, COT_E_MALFORMED, code);
    if (offset == 0) {
        c->offset = 0;
        c->open = true;
    }
    *code = COT_COAP_CONTINUE;
    if (c->open && more && offset == c->before && offset + payload.len == c->offset)
        return COT_E_REPLAY;
    if (!c->open || offset != c->offset)
        return collect_fail(c, COT_E_STATE, code);
    if (q->size1 > c->limit || payload.len > c->limit - c->offset) {
        answer->szx = asked; /* a smaller one would ask to try again with it */
        return collect_fail(c, COT_E_LIMIT, code);
    }
    c->before = c->offset;
    c->offset += (uint32_t)payload.len;
    c->open = more;
    if (!more)
        *code = COT_COAP_EMPTY;
    return COT_OK;
}
