/* SPDX-License-Identifier: Apache-2.0 */
/* Block transfers against an arbitrary peer: each step is 12 bytes of input. Offsets only grow by what was
 * taken, never beyond the limit; a slice stays inside its body; a decoded option is written back the same. */
#include "core/coap/block.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 5000 };

static const uint8_t bytes[2048];
static cot_coap_fetch fetch;
static cot_coap_push push;
static cot_coap_collect collect;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_option(uint32_t value)
{
    cot_coap_block b;
    if (cot_coap_block_decode(value, &b) != COT_OK)
        return;
    require(cot_coap_block_encode(&b) == value);
    require(cot_coap_block_offset(&b) <= 0xfffffu * 1024u);
}

static void check_slice(const cot_coap_view *v, uint32_t total, uint8_t szx)
{
    cot_coap_slice s;
    if (cot_coap_slice_of(v, total, szx, &s) != COT_OK)
        return;
    require(s.offset <= total && s.len <= total - s.offset);
    require(s.len <= COT_COAP_BLOCK_SIZE(szx));
    require(s.block.more == (s.offset + s.len < total));
    require(cot_coap_block_offset(&s.block) == s.offset);
}

static void step_fetch(const cot_coap_view *v, cot_bytes payload)
{
    uint32_t before = fetch.offset;
    cot_status status = cot_coap_fetch_step(&fetch, v, payload);
    uint32_t after = status == COT_OK ? before + (uint32_t)payload.len : before;
    require(fetch.offset == (status == COT_E_STATE ? 0 : after));
    require(fetch.offset <= LIMIT);
    cot_coap_block next = cot_coap_fetch_next(&fetch);
    if (status == COT_OK && !fetch.done)
        require(cot_coap_block_offset(&next) == fetch.offset);
    else if (fetch.done && status == COT_OK)
        cot_coap_fetch_init(&fetch, 0, LIMIT, COT_COAP_SZX_MAX);
}

static void step_push(uint8_t code, const cot_coap_view *v)
{
    cot_coap_slice s;
    cot_coap_push_next(&push, &s);
    require(s.offset + s.len <= push.total);
    require(s.block.more == (s.offset + s.len < push.total));
    uint32_t before = push.offset;
    cot_status status = cot_coap_push_step(&push, code, v);
    if (status == COT_OK)
        require(push.offset == before + s.len && push.done == (push.offset == push.total));
    else
        require(push.offset == before || push.offset == 0);
    if (push.done)
        cot_coap_push_init(&push, push.total, code % 7);
}

static void step_collect(const cot_coap_view *v, cot_bytes payload)
{
    uint8_t code;
    cot_coap_block answer;
    uint32_t before = collect.offset;
    cot_status status = cot_coap_collect_step(&collect, v, payload, &code, &answer);
    require(collect.offset <= LIMIT);
    if (status == COT_OK)
        require(collect.offset == before + payload.len || collect.offset == payload.len);
    else
        require(collect.offset == before || collect.offset == 0);
    require((code == COT_COAP_EMPTY) == (status == COT_OK && !collect.open));
    require(answer.szx <= COT_COAP_SZX_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_reader r;
    cot_reader_init(&r, data, size);
    uint8_t szx = cot_read_u8(&r) % 7;
    cot_coap_fetch_init(&fetch, 0, LIMIT, szx);
    cot_coap_push_init(&push, cot_read_u16(&r) % LIMIT, szx);
    cot_coap_collect_init(&collect, LIMIT, szx);
    while (cot_reader_left(&r) >= 12) {
        cot_coap_view v = {0};
        uint8_t what = cot_read_u8(&r);
        uint8_t code = cot_read_u8(&r);
        cot_bytes payload = {bytes, cot_read_u16(&r) % sizeof bytes};
        uint32_t value = cot_read_u24(&r);
        v.has = cot_read_u8(&r) & (COT_COAP_HAS_BLOCK1 | COT_COAP_HAS_BLOCK2 | COT_COAP_HAS_SIZE1 |
                                   COT_COAP_HAS_SIZE2);
        v.block1 = v.block2 = value;
        v.size1 = cot_read_u16(&r);
        if ((v.has & COT_COAP_HAS_SIZE1) == 0)
            v.size1 = 0;
        v.size2 = v.size1;
        v.etag = cot_read_bytes(&r, 2);
        v.etag.len = what >> 6 == 0 ? 0 : (size_t)(what >> 6 & 1) + 1;
        check_option(value);
        check_slice(&v, code * 20u, szx);
        if (what % 3 == 0)
            step_fetch(&v, payload);
        else if (what % 3 == 1)
            step_push(code, &v);
        else
            step_collect(&v, payload);
    }
    return 0;
}
