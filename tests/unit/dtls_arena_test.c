/* SPDX-License-Identifier: Apache-2.0 */
/* dtls/mbedtls/arena.c: blocks do not overlap, come back, and none is given without an arena. */
#include "tests/unit/test.h"

#include "dtls/mbedtls/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *cot__arena_calloc(size_t count, size_t size);
void cot__arena_free(void *p);

static uint8_t memory[8192 + 16];

static void random_use_against_a_model(void **state)
{
    (void)state;
    static struct {
        uint8_t *p;
        size_t len;
        uint8_t mark;
    } held[40];
    uint64_t x = 88172645463325252u;
    for (size_t skew = 0; skew < 16; skew += 5) {
        cot__arena a;
        memset(held, 0, sizeof held);
        cot__arena_init(&a, memory + skew, 8192);
        assert_null(cot__arena_enter(&a));
        for (int i = 0; i < 20000; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            size_t k = x % 40;
            for (size_t j = 0; held[k].p != NULL && j < held[k].len; j++)
                assert_int_equal(held[k].p[j], held[k].mark);
            cot__arena_free(held[k].p);
            held[k].len = (x >> 16) % 600 + 1;
            held[k].mark = (uint8_t)(x >> 40);
            held[k].p = cot__arena_calloc(1, held[k].len);
            if (held[k].p == NULL)
                continue;
            assert_true((uintptr_t)held[k].p % 16 == 0);
            assert_true(held[k].p >= memory + skew &&
                        held[k].p + held[k].len <= memory + skew + 8192);
            for (size_t j = 0; j < held[k].len; j++)
                assert_int_equal(held[k].p[j], 0);
            memset(held[k].p, held[k].mark, held[k].len);
        }
        assert_true(a.peak > 4096 && a.peak <= 8192);
        for (size_t k = 0; k < 40; k++)
            cot__arena_free(held[k].p);
        assert_int_equal(a.used, 0);
        assert_non_null(cot__arena_calloc(1, 8192 - 64)); /* all of it is one block again */
        cot__arena_wipe(&a);
        for (size_t j = 0; j < a.len; j++)
            assert_int_equal(a.memory[j], 0);
        assert_ptr_equal(cot__arena_enter(NULL), &a);
    }
}

static void bounds(void **state)
{
    (void)state;
    cot__arena a;
    assert_null(cot__arena_calloc(1, 1)); /* no arena */
    for (size_t len = 0; len < 64; len++) {
        cot__arena_init(&a, memory + 3, len);
        cot__arena_enter(&a);
        uint8_t *p = cot__arena_calloc(1, 1);
        assert_true(p == NULL || (p >= memory + 3 && p < memory + 3 + len));
        cot__arena_enter(NULL);
    }
    cot__arena_init(&a, memory, 8192);
    cot__arena_enter(&a);
    assert_null(cot__arena_calloc(SIZE_MAX, 2));
    assert_null(cot__arena_calloc(2, SIZE_MAX));
    assert_null(cot__arena_calloc(1, SIZE_MAX - 8));
    assert_null(cot__arena_calloc(0, 1));
    assert_null(cot__arena_calloc(1, 8192));
    cot__arena_free(NULL);
    cot__arena_enter(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_use_against_a_model),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
