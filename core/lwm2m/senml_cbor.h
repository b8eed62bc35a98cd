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

typedef struct cot_senml_reader {
    cot_cbor_reader in;
    size_t left;   /* records; COT_SENML_ENDLESS until the break */
    uint16_t seen; /* labels of the record read last, a bit each from COT_SENML_LOWEST on */
    cot_value field
        [COT_SENML_LABELS]; /* likewise; base fields as far as given. All values, whatever their
                                        * label, are that of COT_SENML_VALUE */
} cot_senml_reader;

#define COT_SENML_ENDLESS SIZE_MAX

/* Read a pack. Arrays and maps of indefinite length are accepted (RFC 8428 section 6 lets streaming
 * senders use them); strings in chunks are not, because their bytes are not contiguous. All of *s is 0
 * before. */
void cot_senml_reader_init(cot_senml_reader *s, cot_bytes pack);

/* The next record of any name. COT_OK; COT_E_NOT_FOUND (no more); COT_E_TRUNCATED, COT_E_MALFORMED,
 * COT_E_TYPE (a field of another type), COT_E_EXISTS (a field twice), COT_E_RANGE (a sum
 * overflows), COT_E_UNSUPPORTED (bver above 10, an unknown field that must be understood: name
 * ending in "_"). */
cot_status cot_senml_next_record(cot_senml_reader *s);

/* A field of the record read last, by its label; COT_NONE: not given. COT_SENML_VALUE is the value, whatever
 * its label, with the base value added: COT_UNSIGNED only above INT64_MAX, COT_OBJLNK for "vlo". Borrowed from
 * the pack. */
const cot_value *cot_senml_field(const cot_senml_reader *s, int label);
/* Its unit, or else the base unit; empty when neither is given. */
cot_bytes cot_senml_unit(const cot_senml_reader *s);
/* Is t or bt given? Then *time is bt + t. */
bool cot_senml_time(const cot_senml_reader *s, double *time);

/* The next record whose name is an LwM2M path, into *rec, which is all 0 before. It is for the caller to see
 * that it is below the base, and not to call again after an error. */
cot_status cot_senml_next(cot_senml_reader *s, cot_lwm2m_record *rec);

#endif
