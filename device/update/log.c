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

static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static uint32_t record_crc(uint32_t generation, const uint8_t *p, size_t n)
{
    uint8_t g[4];
    cot_writer w;
    cot_writer_init(&w, g, sizeof g);
    cot_write_u32(&w, generation);
    return crc32(crc32(0, g, sizeof g), p, n);
}

static uint32_t padded(const cot__log *log, uint32_t n)
{
    uint32_t unit = log->port->area[COT_AREA_LOG].program_size;
    return (n + unit - 1) / unit * unit;
}

static cot_status flash_read(const cot__log *log, uint32_t at, void *out, size_t n)
{
    return log->port->flash_read(log->port->ctx, COT_AREA_LOG, at, out, n);
}

/* Program n bytes of an image of IMAGE_MAX bytes, padded with 0xFF to whole units. */
static cot_status program_padded(const cot__log *log, uint32_t at, uint8_t *image, uint32_t n)
{
    uint32_t full = padded(log, n);
    memset(image + n, ERASED, full - n);
    return log->port->flash_program(log->port->ctx, COT_AREA_LOG, at, image, full);
}

static cot_status read_generation(const cot__log *log, uint32_t base, uint32_t *generation)
{
    uint8_t h[HEADER_SIZE];
    cot_status s = flash_read(log, base, h, sizeof h);
    if (s != COT_OK)
        return s;
    cot_reader r;
    cot_reader_init(&r, h, sizeof h);
    uint32_t magic = cot_read_u32(&r);
    uint32_t g = cot_read_u32(&r);
    uint32_t crc = cot_read_u32(&r);
    *generation = magic == MAGIC && crc == crc32(0, h, HEADER_SIZE - 4) ? g : 0;
    return COT_OK;
}

/* The record at `at` (from the half's start) of the half at `base`. image gets key, length, value.
 * COT_OK and *size; COT_E_NOT_FOUND: erased; COT_E_MALFORMED: not a whole record; COT_E_IO. */
static cot_status read_record(const cot__log *log, uint32_t at, uint8_t image[static IMAGE_MAX],
                              uint32_t *size)
{
    if (at + RECORD_OVERHEAD > log->half_size)
        return COT_E_NOT_FOUND;
    cot_status s = flash_read(log, log->base + at, image, 2);
    if (s != COT_OK)
        return s;
    if (image[0] == ERASED)
        return COT_E_NOT_FOUND;
    uint32_t n = image[1] + RECORD_OVERHEAD;
    if (image[0] == 0 || image[1] > COT__LOG_VALUE_MAX || at + n > log->half_size)
        return COT_E_MALFORMED;
    s = flash_read(log, log->base + at, image, n);
    if (s != COT_OK)
        return s;
    cot_reader r;
    cot_reader_init(&r, image + n - 4, 4);
    if (cot_read_u32(&r) != record_crc(log->generation, image, n - 4))
        return COT_E_MALFORMED;
    *size = n;
    return COT_OK;
}

static cot_status check_erased(cot__log *log)
{
    uint8_t chunk[UNIT_MAX];
    for (uint32_t at = log->end; at < log->half_size;) {
        uint32_t n = log->half_size - at < sizeof chunk ? log->half_size - at : sizeof chunk;
        cot_status s = flash_read(log, log->base + at, chunk, n);
        if (s != COT_OK)
            return s;
        for (uint32_t i = 0; i < n; i++)
            log->torn = log->torn || chunk[i] != ERASED;
        at += n;
    }
    return COT_OK;
}

static cot_status find_end(cot__log *log)
{
    uint8_t image[IMAGE_MAX];
    uint32_t size = 0;
    log->end = padded(log, HEADER_SIZE);
    cot_status s;
    while ((s = read_record(log, log->end, image, &size)) == COT_OK)
        log->end += padded(log, size);
    return s == COT_E_IO ? s : check_erased(log);
}

cot_status cot__log_open(cot__log *log, const cot_port *port)
{
    const cot_area_geometry *g = &port->area[COT_AREA_LOG];
    memset(log, 0, sizeof *log);
    log->port = port;
    if (g->erase_size == 0 || g->program_size == 0 || g->program_size > UNIT_MAX)
        return COT_E_RANGE;
    log->half_size = g->size / 2 / g->erase_size * g->erase_size;
    if (log->half_size < HEADER_SIZE + IMAGE_MAX)
        return COT_E_RANGE;
    uint32_t generation[2];
    for (uint32_t i = 0; i < 2; i++) {
        cot_status s = read_generation(log, i * log->half_size, &generation[i]);
        if (s != COT_OK)
            return s;
    }
    uint32_t newest = generation[1] > generation[0] ? 1 : 0;
    log->generation = generation[newest];
    log->base = newest * log->half_size;
    return log->generation == 0 ? COT_OK : find_end(log);
}

cot_status cot__log_get(const cot__log *log, uint8_t key, uint8_t *value, size_t cap, size_t *len)
{
    uint8_t image[IMAGE_MAX];
    uint32_t size = 0;
    cot_status found = COT_E_NOT_FOUND;
    if (log->generation == 0)
        return found;
    for (uint32_t at = padded(log, HEADER_SIZE); at < log->end; at += padded(log, size)) {
        cot_status s = read_record(log, at, image, &size);
        if (s != COT_OK)
            return COT_E_IO;
        if (image[0] != key)
            continue;
        *len = image[1];
        found = *len <= cap ? COT_OK : COT_E_SPACE;
        if (found == COT_OK && *len > 0)
            memcpy(value, image + 2, *len);
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
    uint32_t n = (uint32_t)w.len;
    if (log->end + padded(log, n) > log->half_size)
        return COT_E_LIMIT;
    cot_status s = program_padded(log, log->base + log->end, image, n);
    if (s == COT_OK)
        log->end += padded(log, n);
    else
        log->torn = true;
    return s;
}

/* Is the record at `at` the last one of its key, and of another key than `skip`? */
static bool counts(const cot__log *log, uint32_t at, uint8_t key, uint8_t skip)
{
    uint8_t image[IMAGE_MAX];
    uint32_t size = 0;
    if (key == skip)
        return false;
    for (; at < log->end; at += padded(log, size)) {
        if (read_record(log, at, image, &size) != COT_OK)
            return false;
        if (image[0] == key)
            return false;
    }
    return true;
}

static cot_status write_header(const cot__log *log)
{
    uint8_t image[IMAGE_MAX];
    cot_writer w;
    cot_writer_init(&w, image, sizeof image);
    cot_write_u32(&w, MAGIC);
    cot_write_u32(&w, log->generation);
    cot_write_u32(&w, crc32(0, image, HEADER_SIZE - 4));
    return program_padded(log, log->base, image, HEADER_SIZE);
}

/* Copy what counts, with the new value of `key`, into the other half and put that in charge. */
static cot_status move_half(cot__log *log, uint8_t key, const uint8_t *value, size_t len)
{
    uint8_t image[IMAGE_MAX];
    uint32_t size = 0;
    cot__log to = *log;
    to.generation = log->generation + 1;
    to.base = log->generation == 0 || log->base != 0 ? 0 : log->half_size;
    to.end = padded(log, HEADER_SIZE);
    to.torn = false;
    cot_status s = log->port->flash_erase(log->port->ctx, COT_AREA_LOG, to.base, log->half_size);
    uint32_t at = padded(log, HEADER_SIZE);
    while (s == COT_OK && log->generation != 0 && at < log->end) {
        s = read_record(log, at, image, &size);
        at += padded(log, size);
        if (s == COT_OK && counts(log, at, image[0], key))
            s = append(&to, image[0], image + 2, image[1]);
    }
    if (s == COT_OK)
        s = append(&to, key, value, len);
    if (s == COT_OK)
        s = write_header(&to);
    if (s == COT_OK)
        *log = to;
    return s;
}

cot_status cot__log_put(cot__log *log, uint8_t key, const uint8_t *value, size_t len)
{
    if (key == 0 || key == ERASED || len > COT__LOG_VALUE_MAX)
        return COT_E_RANGE;
    if (log->generation != 0 && !log->torn &&
        log->end + padded(log, (uint32_t)len + RECORD_OVERHEAD) <= log->half_size)
        return append(log, key, value, len);
    return move_half(log, key, value, len);
}
