/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise transfer (RFC 7959) without reassembly: the option codec and a small state machine for
 * each role.
 *
 *     Block2, server   cot_coap_slice      stateless: which bytes answer this request
 *     Block2, client   cot_coap_fetch      blocks come in order to the caller's sink
 *     Block1, client   cot_coap_push       which bytes go out next
 *     Block1, server   cot_coap_collect    blocks come in order to the caller's sink
 *
 * The bytes are the caller's: it reads offset … offset + len of its body into the message, or
 * appends a payload to its sink. Each request is an exchange of its own (rules.h), with a new mid
 * and token. */
#ifndef COTTER_COAP_BLOCK_H
#define COTTER_COAP_BLOCK_H

#include "core/coap/view.h"

typedef struct cot_coap_block {
    uint32_t num; /* below 2^20 */
    bool more;
    uint8_t szx; /* 0..6: 16 << szx bytes */
} cot_coap_block;

#define COT_COAP_SZX_MAX 6 /* 1,024 bytes */
#define COT_COAP_BLOCK_SIZE(szx) (16u << (szx))

/* COT_OK; COT_E_MALFORMED for the reserved size 7 or a value above 24 bits: answer 4.00. */
cot_status cot_coap_block_decode(uint32_t value, cot_coap_block *b);
uint32_t cot_coap_block_encode(const cot_coap_block *b);
/* The first byte of the block in the body (fits: 2^20 × 1,024 = 2^30). */
uint32_t cot_coap_block_offset(const cot_coap_block *b);

/* ---- serving a body by Block2 ---- */

typedef struct cot_coap_slice {
    uint32_t offset; /* bytes of the body to send */
    uint32_t len;
    cot_coap_block block; /* for the Block2 option */
    bool has_block;       /* the option must be there: the body does not fit, or the client asked */
} cot_coap_slice;

/* Which part of a body of `total` bytes answers request `q` (a notification: q NULL) with blocks of
 * at most 16 << szx bytes. Send an ETag too when the body can change between blocks, and Size2 with
 * block 0. COT_OK; COT_E_MALFORMED (bad option), COT_E_RANGE (beyond the end): both answer 4.00. */
cot_status cot_coap_slice_of(const cot_coap_view *q, uint32_t total, uint8_t szx,
                             cot_coap_slice *s);

/* ---- fetching a body by Block2 ---- */

typedef struct cot_coap_fetch {
    uint32_t offset; /* of the next byte wanted: bytes that went to the sink */
    uint32_t limit;  /* more bytes than this are refused */
    uint32_t size;   /* from Size2; 0: not told. For progress only */
    uint8_t etag[8];
    uint8_t etag_len; /* 0: none */
    uint8_t szx;
    bool begun; /* a block came in */
    bool done;  /* the last block came in */
} cot_coap_fetch;

/* From byte `offset` (0, or a multiple of the block size when an interrupted fetch is resumed with
 * its ETag). */
void cot_coap_fetch_init(cot_coap_fetch *f, uint32_t offset, uint32_t limit, uint8_t szx);
/* Resume only the same body: compare the answers' ETag with this one. */
void cot_coap_fetch_expect(cot_coap_fetch *f, cot_bytes etag);
/* The Block2 option for the next request. */
cot_coap_block cot_coap_fetch_next(const cot_coap_fetch *f);
/* A 2.05 came with this view and payload (other codes are the caller's: an error ends the fetch).
 * The first block may have come in a notification.
 * COT_OK          append the payload to the sink; then f->done says whether that was all.
 * COT_E_STATE     the body changed (ETag): empty the sink and go on: f starts again at 0.
 * COT_E_LIMIT     larger than the limit (or announced so by Size2): give up.
 * COT_E_MALFORMED not the block asked for, or of a wrong length: give up, or ask again. */
cot_status cot_coap_fetch_step(cot_coap_fetch *f, const cot_coap_view *v, cot_bytes payload);

/* ---- sending a body by Block1 ---- */

typedef struct cot_coap_push {
    uint32_t total;
    uint32_t offset; /* acknowledged so far */
    uint32_t size1;  /* with COT_E_LIMIT: what the server would take, 0: not told */
    uint8_t szx;
    uint8_t szx_sent; /* of the block on its way */
    bool restarted;   /* 4.08 came once already */
    bool done;
} cot_coap_push;

void cot_coap_push_init(cot_coap_push *s, uint32_t total, uint8_t szx);
/* What goes out next: bytes, and the Block1 option (has_block false: the body fits into one
 * message). Send Size1 with the first. */
void cot_coap_push_next(cot_coap_push *s, cot_coap_slice *out);
/* The answer to it.
 * COT_OK          done says whether it was the final answer; else send the next.
 * COT_E_STATE     begin again at 0 (4.08 for the first time; 4.13 that asks for smaller blocks).
 * COT_E_LIMIT     4.13: too large; size1 tells.
 * COT_E_MALFORMED the answer's option does not fit the request.
 * COT_E_DENIED    any other error code, a second 4.08 among them: the code is the result. */
cot_status cot_coap_push_step(cot_coap_push *s, uint8_t code, const cot_coap_view *v);

/* ---- receiving a body by Block1 ---- */

typedef struct cot_coap_collect {
    uint32_t offset; /* bytes that went to the sink */
    uint32_t before; /* the same, before the last block */
    uint32_t limit;
    uint8_t szx; /* the largest that we want */
    bool open;   /* blocks came in, the last not yet */
} cot_coap_collect;

void cot_coap_collect_init(cot_coap_collect *c, uint32_t limit, uint8_t szx);
/* A request came with this view and payload. The caller keeps one collect for each (peer, path,
 * Request-Tag) that it serves at a time. Block 0 begins anew at any time.
 * `*code` and `*answer` (Block1 option, when the request had one) are what to answer:
 * COT_OK          the payload's place in the body is c->offset − payload.len: append it (at 0:
 *                 empty the sink first). *code is 2.31: answer that; or 0: the body is whole,
 *                 answer with the operation's result.
 * COT_E_REPLAY    the last block once more (its answer was lost): answer 2.31, append nothing.
 * COT_E_STATE     4.08: not the block that must come next.
 * COT_E_LIMIT     4.13, with Size1 = c->limit.
 * COT_E_MALFORMED 4.00. */
cot_status cot_coap_collect_step(cot_coap_collect *c, const cot_coap_view *q, cot_bytes payload,
                                 uint8_t *code, cot_coap_block *answer);

#endif
