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

/* Read one TLV in any of its forms, not only the shortest; COT_E_TRUNCATED is latched in `r`. */
cot_tlv cot_tlv_read(cot_reader *r);

/* Write the header of a TLV with `len` bytes of value, in the shortest form. COT_E_RANGE is latched
 * when len is above 2^24 - 1. */
void cot_tlv_write_head(cot_writer *w, cot_tlv_kind kind, uint16_t id, size_t len);

/* The value part of a TLV (LwM2M core 1.1 appendix C). Integers take 1, 2, 4 or 8 bytes, a float 4
 * when nothing is lost, else 8. COT_E_TYPE is latched for a COT_NONE value. */
void cot_tlv_write_value(cot_writer *w, const cot_value *v);

/* Decode the value part. COT_OK; COT_E_MALFORMED (a length that the type has not, a boolean above 1,
 * a string that is no UTF-8); COT_E_TYPE (`want` is COT_NONE); *out is valid with COT_OK only.
 * Strings and opaque borrow from `raw`. */
cot_status cot_tlv_value(cot_bytes raw, cot_type want, cot_value *out);

/* --- reading records, called through core/lwm2m/content.h, which has the contract --- */

typedef struct cot_tlv_reader {
    cot_reader in[3];     /* of the payload, the open object instance, the open multiple resource */
    cot_lwm2m_path at[3]; /* whose content each is; at[0] is the base, what the payload is below */
    uint8_t depth;
} cot_tlv_reader;

/* COT_OK; COT_E_UNSUPPORTED: TLV has no place for several objects (base is the root). */
cot_status cot_tlv_reader_init(cot_tlv_reader *t, const cot_lwm2m_path *base, cot_bytes payload);
/* The next record into *rec, which is all 0 before. It is for the caller to see that it is below the base,
 * and not to call again after an error. */
cot_status cot_tlv_next(cot_tlv_reader *t, cot_lwm2m_record *rec);

#endif
