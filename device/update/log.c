/* SPDX-License-Identifier: Apache-2.0 */
/* The key-value log: two halves, append, compact into the other half. */
#include "device/update/log.h"

#include "core/base/bytes.h"

#include <string.h>

#define MAGIC 0x434F544Cu /* "COTL" */
#define HEADER_SIZE 12u
#define RECORD_OVERHEAD 6u /* key, length, CRC-32 */
#define UNIT_MAX 32u
#define IMAGE_MAX (((COT__LOG_VALUE_MAX + RECORD_OVERHEAD) / UNIT_MAX + 1) * UNIT_MAX)
#define ERASED 0xFFu

/* CRC-32 of a record; it begins with the generation, so that records of an older one do not match. */
static uint32_t record_crc(uint32_t generation, const uint8_t *p, size_t n)
{
    uint32_t crc = ~generation;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static uint32_t padded(const cot__log *log, uint32_t n)
{
    uint32_t unit = log->port->area[COT_AREA_LOG].program_size;
    return (n + unit - 1) & ~(unit - 1);
}

static cot_status flash_read(const cot__log *log, uint32_t at, void *out, size_t n)
{
    return log->port->flash_read(log->port->ctx, COT_AREA_LOG, log->base + at, out, n);
}

/* Program what w has of an image of IMAGE_MAX bytes, padded with 0xFF to whole units. */
static cot_status program(const cot__log *log, uint32_t at, const cot_writer *w)
{
    uint32_t n = padded(log, (uint32_t)w->len);
    memset(w->p + w->len, ERASED, n - w->len);
    return log->port->flash_program(log->port->ctx, COT_AREA_LOG, log->base + at, w->p, n);
}

/* The record at `at` (from the half's start): image gets key, length, value, and 0xFF behind the half's end.
 * COT_OK and *size, padded; COT_E_NOT_FOUND: no (whole) record lies there; COT_E_IO. */
static cot_status read_record(const cot__log *log, uint32_t at, uint8_t image[static IMAGE_MAX],
                              uint32_t *size)
{
    uint32_t left = log->half_size - at;
    memset(image, ERASED, IMAGE_MAX);
    cot_status s = flash_read(log, at, image, left < IMAGE_MAX ? left : IMAGE_MAX);
    if (s != COT_OK)
        return s;
    uint32_t n = image[1] + 2u;
    *size = padded(log, n + 4);
    if (image[0] == ERASED || image[1] > COT__LOG_VALUE_MAX || *size > left)
        return COT_E_NOT_FOUND;
    cot_reader r;
    cot_reader_init(&r, image + n, 4);
    return cot_read_u32(&r) == record_crc(log->generation, image, n) ? COT_OK : COT_E_NOT_FOUND;
}

/* Find the end of the records, and whether the one that was to follow was torn. */
static cot_status find_end(cot__log *log)
{
    uint8_t image[IMAGE_MAX];
    uint32_t size = 0;
    cot_status s;
    log->end = padded(log, HEADER_SIZE);
    while ((s = read_record(log, log->end, image, &size)) == COT_OK)
        log->end += size;
    for (size_t i = 0; i < IMAGE_MAX; i++)
        log->torn = log->torn || image[i] != ERASED;
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}

/* Put the half at `base` in charge when its generation is newer, and not the last that there can be. */
static cot_status judge_half(cot__log *log, uint32_t base)
{
    uint8_t h[HEADER_SIZE];
    cot_reader r;
    cot_status s = log->port->flash_read(log->port->ctx, COT_AREA_LOG, base, h, sizeof h);
    if (s != COT_OK)
        return s;
    cot_reader_init(&r, h, sizeof h);
    uint32_t magic = cot_read_u32(&r);
    uint32_t g = cot_read_u32(&r);
    bool ours = magic == MAGIC && cot_read_u32(&r) == ~g && g != UINT32_MAX;
    if (ours && g > log->generation) {
        log->generation = g;
        log->base = base;
    }
    return COT_OK;
}

cot_status cot__log_open(cot__log *log, const cot_port *port)
{
    const cot_area_geometry *g = &port->area[COT_AREA_LOG];
    memset(log, 0, sizeof *log);
    log->port = port;
    if (g->program_size - 1u >= UNIT_MAX || g->erase_size == 0)
        return COT_E_RANGE;
    log->half_size = g->size / 2 - g->size / 2 % g->erase_size;
    if (log->half_size < HEADER_SIZE + IMAGE_MAX)
        return COT_E_RANGE;
    cot_status s = judge_half(log, 0);
    if (s == COT_OK)
        s = judge_half(log, log->half_size);
    return s != COT_OK || log->generation == 0 ? s : find_end(log);
}

cot_status cot__log_get(const cot__log *log, uint8_t key, uint8_t value[static COT__LOG_VALUE_MAX],
                        size_t *len)
{
    uint8_t image[IMAGE_MAX];
    uint32_t size = 0;
    cot_status found = COT_E_NOT_FOUND;
    for (uint32_t at = padded(log, HEADER_SIZE); at < log->end; at += size) {
        if (read_record(log, at, image, &size) != COT_OK)
            return COT_E_IO;
        if (image[0] != key)
            continue;
        *len = image[1];
        memcpy(value, image + 2, *len);
        found = COT_OK;
    }
    return found;
}

static cot_status append(cot__log *log, uint8_t key, const uint8_t *value, size_t len)
{
    uint8_t image[IMAGE_MAX];
    cot_writer w;
    cot_writer_init(&w, image, sizeof image);
    cot_write_u8(&w, key);
    cot_write_u8(&w, (uint8_t)len);
    cot_write_bytes(&w, value, len);
    cot_write_u32(&w, record_crc(log->generation, image, w.len));
    uint32_t end = log->end + padded(log, (uint32_t)w.len);
    if (end > log->half_size)
        return COT_E_LIMIT;
    cot_status s = program(log, log->end, &w);
    log->torn = s != COT_OK;
    log->end = s == COT_OK ? end : log->end;
    return s;
}

static cot_status write_header(const cot__log *log)
{
    uint8_t image[UNIT_MAX];
    cot_writer w;
    cot_writer_init(&w, image, sizeof image);
    cot_write_u32(&w, MAGIC);
    cot_write_u32(&w, log->generation);
    cot_write_u32(&w, ~log->generation);
    return program(log, 0, &w);
}

/* Copy what counts, with the new value of `key`, into the other half and put that in charge. There is no
 * generation after the last but one: such a log, which no device reaches, takes nothing more. */
static cot_status move_half(cot__log *log, uint8_t key, const uint8_t *value, size_t len)
{
    uint8_t old[COT__LOG_VALUE_MAX];
    cot__log to = *log;
    if (++to.generation == UINT32_MAX)
        return COT_E_LIMIT;
    to.base = log->half_size - log->base;
    to.end = padded(log, HEADER_SIZE);
    cot_status s = log->port->flash_erase(log->port->ctx, COT_AREA_LOG, to.base, log->half_size);
    for (uint8_t k = 1; k <= COT__LOG_KEYS && s == COT_OK; k++) {
        const uint8_t *from = old;
        size_t n = len;
        if (k == key)
            from = value;
        else
            s = cot__log_get(log, k, old, &n);
        if (s == COT_OK)
            s = append(&to, k, from, n);
        else if (s == COT_E_NOT_FOUND)
            s = COT_OK;
    }
    if (s == COT_OK)
        s = write_header(&to);
    if (s == COT_OK)
        *log = to;
    return s;
}

cot_status cot__log_put(cot__log *log, uint8_t key, const uint8_t *value, size_t len)
{
    if (key - 1u >= COT__LOG_KEYS || len > COT__LOG_VALUE_MAX)
        return COT_E_RANGE;
    cot_status s = COT_E_LIMIT;
    if (log->generation != 0 && !log->torn)
        s = append(log, key, value, len);
    return s == COT_E_LIMIT ? move_half(log, key, value, len) : s;
}
