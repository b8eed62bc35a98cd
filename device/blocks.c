/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise management operations (RFC 7959): a body comes in by Block1 and is gathered in
 * memory.body; an answer or notification is rendered there and leaves by Block2. */
#include "device/engine.h"

#include <string.h>

#define OVERHEAD 48u      /* header, token and every option that an answer may have */
#define COLLECT_MS 30000u /* a body whose next block does not come within is given up */

uint8_t cot__szx_for(size_t message_cap)
{
    uint8_t szx = COT_COAP_SZX_MAX;
    while (szx > 0 && COT_COAP_BLOCK_SIZE(szx) + OVERHEAD > message_cap)
        szx--;
    return szx;
}

static uint32_t hash(uint32_t h, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 16777619u; /* FNV-1a */
    return h;
}

static uint32_t key_of(const cot__request *q)
{
    uint32_t h = (uint32_t)q->msg->head.code << 16 | q->view.content_format;
    return hash(h, q->view.request_tag.p, q->view.request_tag.len);
}

cot_ms cot__blocks_free_at(const cot__client *c)
{
    return c->collect.open ? c->collect_at + COLLECT_MS : 0;
}

bool cot__blocks_collect(cot__client *c, cot__request *q, cot__reply *reply)
{
    const cot_client_memory *m = &c->config->memory;
    if (!COT_COAP_HAS(&q->view, BLOCK1))
        return true;
    uint32_t key = key_of(q);
    bool first = q->view.block1 >> 4 == 0;
    if (first || !c->collect.open || c->collect_key != key ||
        cot_lwm2m_path_compare(&c->collect_path, &q->path) != 0) {
        cot_coap_collect_init(&c->collect, (uint32_t)m->body_cap, cot__szx_for(m->rx_cap));
        c->collect_path = q->path;
        c->collect_key = key;
    }
    c->collect_at = c->now;
    uint32_t at = c->collect.offset;
    cot_status s =
        cot_coap_collect_step(&c->collect, &q->view, q->payload, &reply->code, &reply->block1);
    reply->has_block1 = true;
    if (s == COT_E_LIMIT)
        reply->size1 = c->collect.limit;
    if (s != COT_OK)
        return false;
    if (q->payload.len > 0) /* the collect's limit is body_cap */
        memcpy(m->body + at, q->payload.p, q->payload.len);
    if (reply->code != 0)
        return false;
    q->payload = (cot_bytes){m->body, at + q->payload.len};
    return true;
}

cot_status cot__blocks_write(cot__client *c, uint8_t *out, size_t cap, const cot_coap_head *h,
                             const cot_coap_view *q, const cot__reply *reply, size_t *len)
{
    const uint8_t *body = c->config->memory.body;
    bool content = reply->format != COT_COAP_NO_FORMAT;
    cot_coap_slice slice = {0};
    cot_coap_writer m;
    if (content) {
        cot_status s = cot_coap_slice_of(q, (uint32_t)reply->len, cot__szx_for(cap), &slice);
        if (s != COT_OK)
            return s;
    }
    cot_coap_write_begin(&m, out, cap, h);
    if (slice.has_block && slice.len < reply->len) {
        uint32_t tag = hash(2166136261u, body, reply->len);
        cot_coap_write_option(&m, COT_COAP_ETAG, &tag, sizeof tag);
    }
    if (reply->has_observe)
        cot_coap_write_option_uint(&m, COT_COAP_OBSERVE, reply->observe_value);
    if (content)
        cot_coap_write_option_uint(&m, COT_COAP_CONTENT_FORMAT, reply->format);
    if (slice.has_block)
        cot_coap_write_option_uint(&m, COT_COAP_BLOCK2, cot_coap_block_encode(&slice.block));
    if (reply->has_block1)
        cot_coap_write_option_uint(&m, COT_COAP_BLOCK1, cot_coap_block_encode(&reply->block1));
    if (slice.has_block && slice.offset == 0)
        cot_coap_write_option_uint(&m, COT_COAP_SIZE2, (uint32_t)reply->len);
    if (reply->size1 > 0)
        cot_coap_write_option_uint(&m, COT_COAP_SIZE1, reply->size1);
    if (slice.len > 0)
        cot_coap_write_payload(&m, body + slice.offset, slice.len);
    return cot_coap_write_end(&m, len);
}
