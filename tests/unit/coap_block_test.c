/* SPDX-License-Identifier: Apache-2.0 */
/* core/coap/block.c: the examples of RFC 7959 section 3 (figures 2 to 11), and what goes wrong. */
#include "core/coap/block.h"
#include "tests/unit/test.h"

#include <string.h>

static const uint8_t body[4096];

static uint32_t value(uint32_t num, bool more, uint32_t size)
{
    cot_coap_block b = {num, more, 0};
    while (COT_COAP_BLOCK_SIZE(b.szx) < size)
        b.szx++;
    return cot_coap_block_encode(&b);
}

static cot_coap_view block1(uint32_t num, bool more, uint32_t size)
{
    cot_coap_view v = {0};
    v.has = COT_COAP_HAS_BLOCK1;
    v.block1 = value(num, more, size);
    return v;
}

static cot_coap_view block2(uint32_t num, bool more, uint32_t size)
{
    cot_coap_view v = {0};
    v.has = COT_COAP_HAS_BLOCK2;
    v.block2 = value(num, more, size);
    return v;
}

static cot_bytes bytes(size_t n)
{
    cot_bytes b = {body, n};
    return b;
}

static void codes_and_decodes(void **state)
{
    (void)state;
    cot_coap_block b;
    assert_int_equal(value(0, true, 128), 0x0b);
    assert_int_equal(value(1, false, 64), 0x12);
    assert_int_equal(cot_coap_block_decode(0xfffffe, &b), COT_OK);
    assert_int_equal(b.num, 0xfffff);
    assert_true(b.more);
    assert_int_equal(b.szx, 6);
    assert_int_equal(cot_coap_block_offset(&b), 0xfffff * 1024);
    assert_int_equal(cot_coap_block_encode(&b), 0xfffffe);
    assert_int_equal(cot_coap_block_decode(0x07, &b), COT_E_MALFORMED);
    assert_int_equal(cot_coap_block_decode(0x1000000, &b), COT_E_MALFORMED);
}

/* ---- Block2, server ---- */

static void expect_slice(const cot_coap_view *q, uint32_t total, uint8_t szx, uint32_t offset,
                         uint32_t len, uint32_t block)
{
    cot_coap_slice s;
    assert_int_equal(cot_coap_slice_of(q, total, szx, &s), COT_OK);
    assert_int_equal(s.offset, offset);
    assert_int_equal(s.len, len);
    assert_int_equal(cot_coap_block_encode(&s.block), block);
}

static void serves_slices(void **state)
{
    (void)state;
    cot_coap_slice s;
    cot_coap_view plain = {0};
    cot_coap_view q = block2(0, false, 64);
    expect_slice(&plain, 300, 3, 0, 128, value(0, true, 128)); /* figure 2 */
    q = block2(1, false, 128);
    expect_slice(&q, 300, 3, 128, 128, value(1, true, 128));
    q = block2(2, false, 128);
    expect_slice(&q, 300, 3, 256, 44, value(2, false, 128));
    q = block2(0, false, 64); /* figure 3: early negotiation */
    expect_slice(&q, 300, 3, 0, 64, value(0, true, 64));
    q = block2(2, false, 1024); /* larger than ours: the same place in smaller blocks */
    expect_slice(&q, 4096, 4, 2048, 256, value(8, true, 256));
    expect_slice(NULL, 100, 2, 0, 64, value(0, true, 64));
    assert_int_equal(cot_coap_slice_of(&plain, 128, 3, &s), COT_OK);
    assert_false(s.has_block || s.block.more);
    assert_int_equal(cot_coap_slice_of(&plain, 0, 3, &s), COT_OK);
    assert_int_equal(s.len, 0);
    q = block2(1, false, 64);
    assert_int_equal(cot_coap_slice_of(&q, 64, 3, &s), COT_E_RANGE);
    assert_int_equal(cot_coap_slice_of(&q, 65, 3, &s), COT_OK);
    assert_true(s.has_block && s.len == 1);
    q.block2 = 7;
    assert_int_equal(cot_coap_slice_of(&q, 64, 3, &s), COT_E_MALFORMED);
}

/* ---- Block2, client ---- */

static void expect_next(const cot_coap_fetch *f, uint32_t num, uint32_t size)
{
    cot_coap_block b = cot_coap_fetch_next(f);
    assert_int_equal(cot_coap_block_encode(&b), value(num, false, size));
}

static void fetches_with_late_negotiation(void **state)
{
    (void)state;
    cot_coap_fetch f;
    cot_coap_view v = block2(0, true, 64); /* asked for 1,024, gets 64 */
    cot_coap_fetch_init(&f, 0, 300, 6);
    expect_next(&f, 0, 1024);
    v.has |= COT_COAP_HAS_SIZE2;
    v.size2 = 150;
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
    assert_int_equal(f.size, 150);
    expect_next(&f, 1, 64);
    v = block2(1, true, 64);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
    assert_false(f.done);
    v = block2(4, true, 32); /* still smaller, in the middle */
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(32)), COT_OK);
    expect_next(&f, 5, 32);
    v = block2(5, false, 32);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(1)), COT_OK);
    assert_true(f.done);
    assert_int_equal(f.offset, 161);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(1)), COT_E_MALFORMED);
}

static void fetches_a_body_in_one_piece(void **state)
{
    (void)state;
    cot_coap_fetch f;
    cot_coap_view v = {0};
    cot_coap_fetch_init(&f, 0, 300, 2);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(300)), COT_OK);
    assert_true(f.done);
    cot_coap_fetch_init(&f, 0, 299, 2);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(300)), COT_E_LIMIT);
}

static void fetch_refuses_wrong_blocks(void **state)
{
    (void)state;
    cot_coap_fetch f;
    cot_coap_view v = block2(0, true, 64);
    cot_coap_fetch_init(&f, 0, 1000, 2);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(63)), COT_E_MALFORMED); /* not full */
    v = block2(0, true, 128);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(128)), COT_E_MALFORMED); /* larger */
    v = block2(1, true, 64);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_MALFORMED); /* another */
    v = block2(0, false, 64);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(65)), COT_E_MALFORMED); /* too long */
    v.block2 = 7;
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_MALFORMED);
    v = block2(0, true, 64);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_MALFORMED); /* again */
    memset(&v, 0, sizeof v);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_MALFORMED); /* no option */
    assert_int_equal(f.offset, 64);
}

static void fetch_has_a_limit(void **state)
{
    (void)state;
    cot_coap_fetch f;
    cot_coap_view v = block2(0, true, 64);
    cot_coap_fetch_init(&f, 0, 127, 2);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
    v = block2(1, false, 64);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_LIMIT);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(63)), COT_OK);
    v = block2(0, true, 64);
    v.has |= COT_COAP_HAS_SIZE2;
    v.size2 = 128;
    cot_coap_fetch_init(&f, 0, 127, 2);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_LIMIT);
    cot_coap_fetch_init(&f, 0xfffffu * 16, UINT32_MAX, 0); /* the last number there is */
    v = block2(0xfffff, true, 16);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(16)), COT_E_LIMIT);
}

static void fetch_sees_a_changed_body(void **state)
{
    (void)state;
    cot_coap_fetch f;
    cot_coap_view v = block2(0, true, 64);
    v.etag = (cot_bytes){(const uint8_t *)"one", 3};
    cot_coap_fetch_init(&f, 0, 1000, 2);
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
    v = block2(1, true, 64); /* an answer without ETag says nothing */
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
    v = block2(2, true, 64);
    v.etag = (cot_bytes){(const uint8_t *)"two", 3};
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_E_STATE);
    expect_next(&f, 0, 64);
    assert_int_equal(f.limit, 1000);
    v = block2(0, true, 64);
    v.etag = (cot_bytes){(const uint8_t *)"two", 3};
    assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), COT_OK);
}

static void fetch_resumes_the_same_body_only(void **state)
{
    (void)state;
    cot_coap_fetch f;
    cot_bytes etag = {(const uint8_t *)"12345678", 8};
    cot_coap_view v = block2(3, true, 64);
    for (int i = 0; i < 3; i++) {
        cot_coap_fetch_init(&f, 192, 1000, 2);
        cot_coap_fetch_expect(&f, etag);
        expect_next(&f, 3, 64);
        v.etag = i == 0 ? etag : (cot_bytes){(const uint8_t *)"12345679", i == 1 ? 8 : 0};
        assert_int_equal(cot_coap_fetch_step(&f, &v, bytes(64)), i == 0 ? COT_OK : COT_E_STATE);
        assert_int_equal(f.offset, i == 0 ? 256 : 0);
    }
}

/* ---- Block1, client ---- */

static void expect_push(cot_coap_push *s, uint32_t offset, uint32_t len, uint32_t block)
{
    cot_coap_slice out;
    cot_coap_push_next(s, &out);
    assert_int_equal(out.offset, offset);
    assert_int_equal(out.len, len);
    assert_true(out.has_block);
    assert_int_equal(cot_coap_block_encode(&out.block), block);
}

static void pushes_with_late_negotiation(void **state)
{
    (void)state;
    cot_coap_push s;
    cot_coap_view v = block1(0, true, 32); /* figure 8: 128 sent, 32 wanted from now on */
    cot_coap_push_init(&s, 170, 3);
    expect_push(&s, 0, 128, value(0, true, 128));
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CONTINUE, &v), COT_OK);
    expect_push(&s, 128, 32, value(4, true, 32));
    expect_push(&s, 128, 32, value(4, true, 32)); /* the answer was lost: the same again */
    v = block1(4, true, 32);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CONTINUE, &v), COT_OK);
    assert_false(s.done);
    expect_push(&s, 160, 10, value(5, false, 32));
    v = block1(5, false, 32);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CHANGED, &v), COT_OK);
    assert_true(s.done);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CHANGED, &v), COT_E_MALFORMED);
}

static void pushes_a_small_body_without_blocks(void **state)
{
    (void)state;
    cot_coap_push s;
    cot_coap_slice out;
    cot_coap_view v = {0};
    cot_coap_push_init(&s, 128, 3);
    cot_coap_push_next(&s, &out);
    assert_false(out.has_block);
    assert_int_equal(out.len, 128);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CREATED, &v), COT_OK);
    assert_true(s.done);
    cot_coap_push_init(&s, 0, 3);
    cot_coap_push_next(&s, &out);
    assert_int_equal(out.len, 0);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CREATED, &v), COT_OK);
    assert_true(s.done);
}

static void push_is_refused(void **state)
{
    (void)state;
    cot_coap_push s;
    cot_coap_slice out;
    cot_coap_view v = block1(0, true, 64);
    cot_coap_push_init(&s, 500, 3);
    cot_coap_push_next(&s, &out);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_TOO_LARGE, &v),
                     COT_E_STATE); /* smaller, please */
    expect_push(&s, 0, 64, value(0, true, 64));
    v.has |= COT_COAP_HAS_SIZE1;
    v.size1 = 400;
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_TOO_LARGE, &v), COT_E_LIMIT);
    assert_int_equal(s.size1, 400);
    v = block1(0, true, 64);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CONTINUE, &v), COT_OK);
    cot_coap_push_next(&s, &out);
    v = block1(2, true, 64);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CONTINUE, &v), COT_E_MALFORMED); /* not ours */
    v = block1(1, true, 64);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_INCOMPLETE, &v), COT_E_STATE); /* 4.08 */
    expect_push(&s, 0, 64, value(0, true, 64));
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_INCOMPLETE, &v), COT_E_DENIED); /* once only */
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_FORBIDDEN, &v), COT_E_DENIED);
    v.block1 = 7;
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CONTINUE, &v), COT_E_MALFORMED);
    cot_coap_push_init(&s, 10, 3);
    cot_coap_push_next(&s, &out);
    v = block1(0, false, 128);
    assert_int_equal(cot_coap_push_step(&s, COT_COAP_CONTINUE, &v),
                     COT_E_MALFORMED); /* nothing is left */
}

/* ---- Block1, server ---- */

static cot_coap_collect sink;
static uint8_t code;
static cot_coap_block answer;

static void expect_collect(cot_coap_view v, size_t len, cot_status status, uint8_t wanted)
{
    assert_int_equal(cot_coap_collect_step(&sink, &v, bytes(len), &code, &answer), status);
    assert_int_equal(code, wanted);
}

static void collects_in_order(void **state)
{
    (void)state;
    cot_coap_collect_init(&sink, 1000, 2);
    expect_collect(block1(0, true, 128), 128, COT_OK, COT_COAP_CONTINUE);
    assert_int_equal(cot_coap_block_encode(&answer), value(0, true, 64)); /* we like 64 */
    expect_collect(block1(2, true, 64), 64, COT_OK, COT_COAP_CONTINUE);
    expect_collect(block1(2, true, 64), 64, COT_E_REPLAY, COT_COAP_CONTINUE);
    assert_int_equal(sink.offset, 192);
    expect_collect(block1(4, true, 64), 64, COT_E_STATE, COT_COAP_INCOMPLETE); /* a gap */
    expect_collect(block1(1, true, 64), 64, COT_E_STATE, COT_COAP_INCOMPLETE); /* older */
    expect_collect(block1(3, false, 64), 5, COT_OK, COT_COAP_EMPTY);
    assert_int_equal(sink.offset, 197);
    expect_collect(block1(4, false, 64), 5, COT_E_STATE, COT_COAP_INCOMPLETE); /* it was whole */
    expect_collect(block1(0, true, 64), 64, COT_OK, COT_COAP_CONTINUE);        /* begins anew */
    assert_int_equal(sink.offset, 64);
}

static void collects_a_body_in_one_piece(void **state)
{
    (void)state;
    cot_coap_view plain = {0};
    cot_coap_collect_init(&sink, 1000, 2);
    expect_collect(block1(0, true, 64), 64, COT_OK, COT_COAP_CONTINUE);
    expect_collect(plain, 1000, COT_OK, COT_COAP_EMPTY);
    assert_int_equal(sink.offset, 1000);
    expect_collect(plain, 1001, COT_E_LIMIT, COT_COAP_TOO_LARGE);
}

static void collect_refuses(void **state)
{
    (void)state;
    cot_coap_view v = block1(0, true, 64);
    cot_coap_collect_init(&sink, 1000, 2);
    expect_collect(block1(0, true, 64), 64, COT_OK, COT_COAP_CONTINUE);
    expect_collect(block1(1, false, 64), 64, COT_OK, COT_COAP_EMPTY);
    expect_collect(block1(2, false, 64), 64, COT_E_STATE, COT_COAP_INCOMPLETE); /* after the end */
    cot_coap_collect_init(&sink, 100, 2);
    expect_collect(block1(1, true, 64), 64, COT_E_STATE, COT_COAP_INCOMPLETE); /* nothing is open */
    expect_collect(block1(0, true, 64), 63, COT_E_MALFORMED, COT_COAP_BAD_REQUEST);
    expect_collect(block1(0, false, 64), 65, COT_E_MALFORMED, COT_COAP_BAD_REQUEST);
    v.has |= COT_COAP_HAS_SIZE1;
    v.size1 = 101;
    expect_collect(v, 64, COT_E_LIMIT, COT_COAP_TOO_LARGE);
    expect_collect(block1(0, true, 64), 64, COT_OK, COT_COAP_CONTINUE);
    expect_collect(block1(1, true, 64), 64, COT_E_LIMIT, COT_COAP_TOO_LARGE);
    expect_collect(block1(1, false, 64), 10, COT_E_STATE, COT_COAP_INCOMPLETE); /* it has ended */
    expect_collect(block1(0, true, 128), 128, COT_E_LIMIT, COT_COAP_TOO_LARGE);
    assert_int_equal(answer.szx, 3); /* no hint that smaller blocks would help */
    v.block1 = 7;
    expect_collect(v, 64, COT_E_MALFORMED, COT_COAP_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_and_decodes),
        cmocka_unit_test(serves_slices),
        cmocka_unit_test(fetches_with_late_negotiation),
        cmocka_unit_test(fetches_a_body_in_one_piece),
        cmocka_unit_test(fetch_refuses_wrong_blocks),
        cmocka_unit_test(fetch_has_a_limit),
        cmocka_unit_test(fetch_sees_a_changed_body),
        cmocka_unit_test(fetch_resumes_the_same_body_only),
        cmocka_unit_test(pushes_with_late_negotiation),
        cmocka_unit_test(pushes_a_small_body_without_blocks),
        cmocka_unit_test(push_is_refused),
        cmocka_unit_test(collects_in_order),
        cmocka_unit_test(collects_a_body_in_one_piece),
        cmocka_unit_test(collect_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
