/* SPDX-License-Identifier: Apache-2.0 */
/* server/ipc/messages_*.c: every message is read as it was written, and nothing else is. */
#include "tests/unit/ipc_samples.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

/* As much memory as the input has, so that AddressSanitizer sees a read beyond it. */
static uint8_t *exact(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, p, n);
    return copy;
}

#define ROUND(TYPE, NAME, ...)                                                                     \
    static cot_status NAME##_again(const uint8_t *p, size_t n, cot_writer *w)                      \
    {                                                                                              \
        ipc_##NAME m;                                                                              \
        cot_reader r;                                                                              \
        cot_reader_init(&r, p, n);                                                                 \
        cot_status s = ipc_get_##NAME(&r, &m);                                                     \
        if (s == COT_OK)                                                                           \
            ipc_put_##NAME(w, &m);                                                                 \
        return s;                                                                                  \
    }                                                                                              \
    static void NAME##_sample(cot_writer *w)                                                       \
    {                                                                                              \
        static const ipc_##NAME m = __VA_ARGS__;                                                   \
        ipc_put_##NAME(w, &m);                                                                     \
    }
IPC_SAMPLES(ROUND)

typedef struct row {
    const char *name;
    void (*sample)(cot_writer *w);
    cot_status (*again)(const uint8_t *p, size_t n, cot_writer *w);
} row;

#define ENTRY(TYPE, NAME, ...) {#NAME, NAME##_sample, NAME##_again},
static const row rows[] = {IPC_SAMPLES(ENTRY)};
#define ROWS (sizeof rows / sizeof rows[0])

static void every_message_is_read_as_it_was_written(void **state)
{
    (void)state;
    static uint8_t first[4096];
    static uint8_t second[4096];
    for (size_t i = 0; i < ROWS; i++) {
        cot_writer w;
        cot_writer v;
        cot_writer_init(&w, first, sizeof first);
        cot_writer_init(&v, second, sizeof second);
        rows[i].sample(&w);
        assert_int_equal(w.err, COT_OK);
        uint8_t *p = exact(first, w.len);
        if (rows[i].again(p, w.len, &v) != COT_OK)
            fail_msg("%s is not read", rows[i].name);
        assert_int_equal(v.len, w.len);
        assert_memory_equal(first, second, w.len);
        free(p);
    }
}

static void no_message_is_read_when_bytes_are_missing_or_left_over(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    static uint8_t out[4096];
    for (size_t i = 0; i < ROWS; i++) {
        cot_writer w;
        cot_writer v;
        cot_writer_init(&w, bytes, sizeof bytes);
        rows[i].sample(&w);
        for (size_t n = 0; n < w.len; n++) {
            uint8_t *p = exact(bytes, n);
            cot_writer_init(&v, out, sizeof out);
            if (rows[i].again(p, n, &v) == COT_OK)
                fail_msg("%s is read from %zu of %zu bytes", rows[i].name, n, w.len);
            free(p);
        }
        uint8_t *p = exact(bytes, w.len + 1);
        cot_writer_init(&v, out, sizeof out);
        assert_int_equal(rows[i].again(p, w.len + 1, &v), COT_E_MALFORMED);
        free(p);
    }
}

static void limits_hold_in_both_directions(void **state)
{
    (void)state;
    static uint8_t long_name[IPC_ENDPOINT_MAX + 1];
    uint8_t out[1024];
    cot_writer w;
    ipc_register m = {.lifetime = 1, .version = 10, .endpoint = {long_name, sizeof long_name}};
    cot_writer_init(&w, out, sizeof out);
    ipc_put_register(&w, &m);
    assert_int_equal(w.err, COT_E_RANGE);
    m.endpoint.len = IPC_ENDPOINT_MAX;
    cot_writer_init(&w, out, sizeof out);
    ipc_put_register(&w, &m);
    assert_int_equal(w.err, COT_OK);
    /* version 12, at its place behind id, location, mode, credential, address, lifetime */
    out[8 + 16 + 1 + 8 + 18 + 4] = 12;
    cot_reader r;
    cot_reader_init(&r, out, w.len);
    assert_int_equal(ipc_get_register(&r, &m), COT_E_RANGE);
    ipc_sign s = {.id = 1, .key = 2};
    cot_writer_init(&w, out, sizeof out);
    ipc_put_sign(&w, &s);
    assert_int_equal(w.err, COT_E_RANGE);
    ipc_psk_wanted p = {.kind = IPC_MASTER_EXTENDED, .seed = {long_name, 64}};
    cot_writer_init(&w, out, sizeof out);
    ipc_put_psk_wanted(&w, &p);
    assert_int_equal(w.err, COT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_read_as_it_was_written),
        cmocka_unit_test(no_message_is_read_when_bytes_are_missing_or_left_over),
        cmocka_unit_test(limits_hold_in_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
