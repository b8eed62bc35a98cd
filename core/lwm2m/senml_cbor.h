/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in CBOR (RFC 8428 section 6; content format 112). Two layers: packs of resolved SenML
 * records with any names, and (path, value) records on top, which is what LwM2M calls it. */
#ifndef COTTER_LWM2M_SENML_CBOR_H
#define COTTER_LWM2M_SENML_CBOR_H

#include "core/cbor/reader.h"
#include "core/lwm2m/value.h"

/* Labels in CBOR (RFC 8428 table 6); "vlo" (LwM2M object link) is a text label. */
enum {
    COT_SENML_LOWEST = -6,
    COT_SENML_BASE_SUM = -6,
    COT_SENML_BASE_VALUE = -5,
    COT_SENML_BASE_UNIT = -4,
    COT_SENML_BASE_TIME = -3,
    COT_SENML_BASE_NAME = -2,
    COT_SENML_BASE_VERSION = -1,
    COT_SENML_NAME = 0,
    COT_SENML_UNIT = 1,
    COT_SENML_VALUE = 2,
    COT_SENML_STRING = 3,
    COT_SENML_BOOL = 4,
    COT_SENML_SUM = 5,
    COT_SENML_TIME = 6,
    COT_SENML_UPDATE_TIME = 7,
    COT_SENML_DATA = 8,
    COT_SENML_HIGHEST = 8,
    COT_SENML_LABELS = 15
};

/* One record with its base fields applied (RFC 8428 section 4.6), except that base name and name
 * stay two pieces, borrowed from the pack, to be read one after the other. */
typedef struct cot_senml_record {
    cot_bytes base_name;
    cot_bytes name;
    cot_bytes unit;  /* own, else the base unit; empty when neither is given */
    cot_value value; /* typed; COT_UNSIGNED only above INT64_MAX; COT_NONE: no value */
    bool timed;      /* t or bt is given */
    double time;     /* bt + t */
} cot_senml_record;

typedef struct cot_senml_reader {
    cot_cbor_reader in;
    uint64_t left; /* records; COT_CBOR_INDEFINITE until the break */
    cot_lwm2m_path base;
    cot_value basis[-COT_SENML_LOWEST]; /* base fields as far as given, from COT_SENML_LOWEST on */
} cot_senml_reader;

/* Read a pack. Arrays and maps of indefinite length are accepted (RFC 8428 section 6 lets streaming
 * senders use them); strings in chunks are not, because their bytes are not contiguous. */
void cot_senml_reader_init(cot_senml_reader *s, const cot_lwm2m_path *base, cot_bytes pack);

/* The next record of any name. COT_OK; COT_E_NOT_FOUND (no more); COT_E_TRUNCATED, COT_E_MALFORMED,
 * COT_E_TYPE (a field of another type), COT_E_EXISTS (a field twice), COT_E_RANGE (a sum
 * overflows), COT_E_UNSUPPORTED (bver above 10, an unknown field that must be understood: name
 * ending in "_"). */
cot_status cot_senml_next_record(cot_senml_reader *s, cot_senml_record *rec);

/* The next record whose name is an LwM2M path: as cot_lwm2m_decode_next. */
cot_status cot_senml_next(cot_senml_reader *s, cot_lwm2m_record *rec);

/* Writing: the first record carries the base name, later ones the rest of the path; no times. Definite
 * lengths and shortest forms; the base name stands first in its map, as every example of RFC 8428 has
 * it and simple receivers expect, which is not the canonical order of keys. */
typedef struct cot_senml_writer {
    cot_writer *w;
    cot_lwm2m_path base;
    size_t start; /* of the pack in w */
    size_t count; /* records */
} cot_senml_writer;

void cot_senml_begin(cot_senml_writer *s, const cot_lwm2m_path *base, cot_writer *w);
/* Latched: COT_E_TYPE for a COT_NONE value. */
void cot_senml_put(cot_senml_writer *s, const cot_lwm2m_path *path, const cot_value *v);
void cot_senml_end(cot_senml_writer *s);

#endif
