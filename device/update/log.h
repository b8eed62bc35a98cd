/* SPDX-License-Identifier: Apache-2.0 */
/* A small key-value log over the port's log area, for the few bytes that must survive a restart.
 *
 * The area is two halves. A half is a header and records, appended; the last record of a key counts.
 * When a half is full, what counts is copied to the other one and its header is written last, so a
 * power cut leaves either the old half or the new one in charge, never a mixture. A record that a
 * cut tore does not match its CRC and ends the reading; the next put then moves to the other half.
 *
 *   header  magic "COTL" · generation u32 · its complement      12 bytes, padded to program_size
 *   record  key u8 · length u8 (≤ 96) · value · CRC-32 of the generation and all before */
#ifndef COTTER_DEVICE_UPDATE_LOG_H
#define COTTER_DEVICE_UPDATE_LOG_H

#include <cotter/port.h>
#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COT__LOG_VALUE_MAX 96
#define COT__LOG_KEYS 8u

typedef struct cot__log {
    const cot_port *port;
    uint32_t half_size;
    uint32_t base;       /* offset of the half in charge */
    uint32_t end;        /* where the next record goes, from base */
    uint32_t generation; /* 0: neither half is valid, the log is empty */
    bool torn;           /* what follows `end` is not erased */
} cot__log;

/* Find the half in charge and its end. An area that was never written is an empty log.
 * COT_OK; COT_E_RANGE: the geometry has no two halves; COT_E_IO. */
cot_status cot__log_open(cot__log *log, const cot_port *port);

/* The present value of `key`, of *len bytes.
 * COT_OK; COT_E_NOT_FOUND; COT_E_IO. */
cot_status cot__log_get(const cot__log *log, uint8_t key, uint8_t value[static COT__LOG_VALUE_MAX],
                        size_t *len);

/* Set the value of `key`; when it returns COT_OK the value survives a power cut; after any failure
 * or cut the old value stands. 1 ≤ key ≤ COT__LOG_KEYS, len ≤ COT__LOG_VALUE_MAX.
 * COT_OK; COT_E_RANGE; COT_E_LIMIT: a half is too small for all keys; COT_E_IO. */
cot_status cot__log_put(cot__log *log, uint8_t key, const uint8_t *value, size_t len);

#endif
