/* SPDX-License-Identifier: Apache-2.0 */
/* OMA LwM2M TLV (content format 11542; LwM2M core 1.1 section 7.4.5). */
#ifndef COTTER_LWM2M_TLV_H
#define COTTER_LWM2M_TLV_H

#include "core/lwm2m/value.h"

/* One TLV: type byte, 1–2 bytes of identifier, 0–3 of length, value. */
typedef enum cot_tlv_kind {
    COT_TLV_OBJECT_INSTANCE = 0,
    COT_TLV_RESOURCE_INSTANCE = 1,
    COT_TLV_MULTIPLE_RESOURCE = 2,
    COT_TLV_RESOURCE = 3
} cot_tlv_kind;

typedef struct cot_tlv {
    cot_tlv_kind kind;
    uint16_t id;
    cot_bytes value; /* for the containers, the TLVs inside */
} cot_tlv;

/* Read one TLV; errors are latched in `r`: COT_E_TRUNCATED. */
cot_tlv cot_tlv_read(cot_reader *r);

/* Write the header of a TLV with `len` bytes of value, in the shortest form. COT_E_RANGE is latched
 * when len is above 2^24 - 1. */
void cot_tlv_write_head(cot_writer *w, cot_tlv_kind kind, uint16_t id, size_t len);

/* The value part of a TLV (LwM2M core 1.1 appendix C). Integers take 1, 2, 4 or 8 bytes, a float 4
 * when nothing is lost, else 8. COT_E_TYPE is latched for a COT_NONE value. */
void cot_tlv_write_value(cot_writer *w, const cot_value *v);

/* What cot_lwm2m_value_as does with COT_FORM_TLV. COT_OK, COT_E_MALFORMED (length is none that
 * the type has, a boolean above 1, a string that is no UTF-8); COT_E_RANGE (not finite). */
cot_status cot_tlv_value(cot_bytes raw, cot_type want, cot_value *out);

/* --- records, through core/lwm2m/content.h --- */

typedef struct cot_tlv_writer {
    cot_writer *w;
    cot_lwm2m_path base;
    cot_lwm2m_path last; /* last record put; with `any` false, none yet */
    size_t start[2];     /* where the open instance / multiple resource begins in w */
    bool open[2];
    bool any;
} cot_tlv_writer;

void cot_tlv_begin(cot_tlv_writer *t, const cot_lwm2m_path *base, cot_writer *w);
void cot_tlv_put(cot_tlv_writer *t, const cot_lwm2m_path *path, const cot_value *v);
void cot_tlv_end(cot_tlv_writer *t);

typedef struct cot_tlv_reader {
    cot_reader in[3]; /* top, object instance, multiple resource */
    uint8_t depth;
    cot_lwm2m_path base;
    cot_lwm2m_path at[3];
    cot_status err;
} cot_tlv_reader;

void cot_tlv_reader_init(cot_tlv_reader *t, const cot_lwm2m_path *base, cot_bytes payload);
/* As cot_lwm2m_decode_next. */
cot_status cot_tlv_next(cot_tlv_reader *t, cot_lwm2m_record *rec);

#endif
