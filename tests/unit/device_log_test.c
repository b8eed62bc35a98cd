/* SPDX-License-Identifier: Apache-2.0 */
/* The key-value log, and every power cut in it. */
#include "device/update/log.h"

#include "tests/unit/test.h"

#include <stdbool.h>
#include <string.h>

#define SIZE 1024u

static uint8_t flash[SIZE];
static long cut; /* bytes until the power goes; < 0: never */
static bool backwards;
static cot_port port;

static cot_status read_flash(void *ctx, cot_area area, uint32_t offset, void *out, size_t len)
{
    (void)ctx, (void)area;
    memcpy(out, flash + offset, len);
    return COT_OK;
}

static size_t until_cut(size_t len)
{
    if (cut < 0)
        return len;
    size_t n = (size_t)cut < len ? (size_t)cut : len;
    cut -= (long)n;
    return n;
}

static cot_status program(void *ctx, cot_area area, uint32_t offset, const void *bytes, size_t len)
{
    (void)ctx, (void)area;
    const uint8_t *from = bytes;
    size_t n = until_cut(len);
    size_t first = backwards ? len - n : 0; /* what a cut leaves may be any part */
    for (size_t i = first; i < first + n; i++) {
        assert_int_equal(flash[offset + i], 0xFF);
        flash[offset + i] = from[i];
    }
    return n == len ? COT_OK : COT_E_IO;
}

static cot_status erase(void *ctx, cot_area area, uint32_t offset, size_t len)
{
    (void)ctx, (void)area;
    size_t n = until_cut(len);
    memset(flash + offset, 0xFF, n);
    return n == len ? COT_OK : COT_E_IO;
}

static int setup(void **state)
{
    (void)state;
    memset(flash, 0xFF, sizeof flash);
    cut = -1;
    port = (cot_port){.flash_read = read_flash, .flash_program = program, .flash_erase = erase};
    port.area[COT_AREA_LOG] = (cot_area_geometry){SIZE, 256, 4};
    return 0;
}

static void assert_value(const cot__log *log, uint8_t key, const char *value)
{
    uint8_t out[COT__LOG_VALUE_MAX];
    size_t len = 0;
    assert_int_equal(cot__log_get(log, key, out, &len), COT_OK);
    assert_int_equal(len, strlen(value));
    assert_memory_equal(out, value, len);
}

static cot_status put(cot__log *log, uint8_t key, const char *value)
{
    return cot__log_put(log, key, (const uint8_t *)value, strlen(value));
}

static void keeps_values(void **state)
{
    (void)state;
    cot__log log;
    uint8_t out[COT__LOG_VALUE_MAX];
    size_t len = 0;
    assert_int_equal(cot__log_open(&log, &port), COT_OK);
    assert_int_equal(cot__log_get(&log, 1, out, &len), COT_E_NOT_FOUND);
    assert_int_equal(put(&log, 1, "one"), COT_OK);
    assert_int_equal(put(&log, 2, "two"), COT_OK);
    assert_int_equal(put(&log, 1, "uno, which is longer"), COT_OK);
    assert_value(&log, 1, "uno, which is longer");
    assert_int_equal(cot__log_open(&log, &port), COT_OK);
    assert_value(&log, 1, "uno, which is longer");
    assert_value(&log, 2, "two");
}

static void moves_when_full(void **state)
{
    (void)state;
    cot__log log;
    char value[] = "value 00";
    assert_int_equal(cot__log_open(&log, &port), COT_OK);
    assert_int_equal(put(&log, 8, "stays"), COT_OK);
    for (int i = 0; i < 300; i++) {
        value[6] = (char)('0' + i / 10 % 10);
        value[7] = (char)('0' + i % 10);
        assert_int_equal(put(&log, (uint8_t)(1 + i % 3), value), COT_OK);
        assert_value(&log, (uint8_t)(1 + i % 3), value);
    }
    assert_int_equal(cot__log_open(&log, &port), COT_OK);
    assert_value(&log, 8, "stays");
    assert_value(&log, 3, "value 99");
    assert_true(log.generation > 5);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    cot__log log;
    uint8_t large[COT__LOG_VALUE_MAX + 1] = {0};
    assert_int_equal(cot__log_open(&log, &port), COT_OK);
    assert_int_equal(cot__log_put(&log, 0, large, 1), COT_E_RANGE);
    assert_int_equal(cot__log_put(&log, 9, large, 1), COT_E_RANGE);
    assert_int_equal(cot__log_put(&log, 1, large, sizeof large), COT_E_RANGE);
    for (uint8_t key = 1; key <= 4; key++)
        assert_int_equal(cot__log_put(&log, key, large, COT__LOG_VALUE_MAX), COT_OK);
    assert_int_equal(cot__log_put(&log, 5, large, COT__LOG_VALUE_MAX), COT_E_LIMIT);
    assert_int_equal(cot__log_put(&log, 4, large, 1), COT_OK);
    port.area[COT_AREA_LOG].size = 256;
    assert_int_equal(cot__log_open(&log, &port), COT_E_RANGE);
}

static void is_not_led_astray_by_the_last_generation(void **state)
{
    (void)state;
    cot__log log;
    memcpy(flash, "COTL\xFF\xFF\xFF\xFF\0\0\0\0", 12);
    for (int i = 0; i < 100; i++) { /* past the end of a half */
        const char value[] = {(char)('0' + i % 10), (char)('0' + i / 10), '\0'};
        assert_int_equal(cot__log_open(&log, &port), COT_OK);
        assert_int_equal(put(&log, 1, value), COT_OK);
        assert_int_equal(cot__log_open(&log, &port), COT_OK);
        assert_value(&log, 1, value);
    }
}

static void is_not_led_astray_by_others_bytes(void **state)
{
    (void)state;
    cot__log log;
    memcpy(flash, "KOTL\0\0\0\5\xFF\xFF\xFF\xFA", 12);
    assert_int_equal(cot__log_open(&log, &port), COT_OK);
    assert_int_equal(log.generation, 0);
}

/* Write generations of two values with a cut after every number of bytes; then both are what was
 * last acknowledged, or the one value that was just being written. */
static void survives_every_cut(void **state)
{
    (void)state;
    for (long at = 0; at < 3000; at++) {
        (void)setup(NULL);
        backwards = at % 2 != 0;
        cot__log log;
        char values[2][8] = {"a0", "b0"};
        char next[8];
        assert_int_equal(cot__log_open(&log, &port), COT_OK);
        assert_int_equal(put(&log, 1, values[0]), COT_OK);
        assert_int_equal(put(&log, 2, values[1]), COT_OK);
        cut = at;
        int i = 0;
        int key = 0;
        for (;; i++) {
            key = i % 2;
            memset(next, 'x', sizeof next);
            next[0] = (char)('a' + key);
            next[1] = (char)('0' + i % 10);
            next[2] = (char)('0' + i / 10 % 10);
            next[3] = (char)('0' + i / 100);
            next[4] = '\0';
            if (put(&log, (uint8_t)(key + 1), next) != COT_OK)
                break;
            memcpy(values[key], next, sizeof next);
        }
        cut = -1;
        assert_int_equal(cot__log_open(&log, &port), COT_OK);
        uint8_t out[COT__LOG_VALUE_MAX + 1] = {0};
        size_t len = 0;
        assert_int_equal(cot__log_get(&log, (uint8_t)(key + 1), out, &len), COT_OK);
        out[len] = '\0';
        if (strcmp((char *)out, values[key]) != 0)
            assert_string_equal((char *)out, next);
        assert_value(&log, (uint8_t)(2 - key), values[1 - key]);
        assert_int_equal(put(&log, 1, "again"), COT_OK);
        assert_int_equal(cot__log_open(&log, &port), COT_OK);
        assert_value(&log, 1, "again");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keeps_values, setup),
        cmocka_unit_test_setup(moves_when_full, setup),
        cmocka_unit_test_setup(refuses_what_does_not_fit, setup),
        cmocka_unit_test_setup(is_not_led_astray_by_the_last_generation, setup),
        cmocka_unit_test_setup(is_not_led_astray_by_others_bytes, setup),
        cmocka_unit_test_setup(survives_every_cut, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
