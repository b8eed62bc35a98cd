/* SPDX-License-Identifier: Apache-2.0 */
/* What the encoder of core/lwm2m/content.h and the formats behind it share. Callers use content.h. */
#ifndef COTTER_LWM2M_ENCODER_H
#define COTTER_LWM2M_ENCODER_H

#include "core/lwm2m/value.h"

/* Caller-owned state; nothing to release. Fields are private. */
typedef struct cot_lwm2m_encoder {
    cot_writer *w;
    uint8_t kind; /* private to content.c: which format */
    cot_lwm2m_path base;
    cot_lwm2m_path last; /* record put last */
    size_t count;        /* records put so far */
    size_t start[2]; /* where content begins whose head is still to come. SenML: the pack; TLV: the
                          * object instance, the multiple resource */
    bool open[2];    /* TLV: such a head is to come */
} cot_lwm2m_encoder;

/* One record below e->base, which comes after e->last. TLV: v may be of type COT_NONE. */
void cot__tlv_put(cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v);
void cot__tlv_end(cot_lwm2m_encoder *e);

/* The first record carries the base name, later ones the rest of the path; no times. Definite lengths and
 * shortest forms; the base name stands first in its map, as every example of RFC 8428 has it and simple
 * receivers expect, which is not the canonical order of keys. */
void cot__senml_put(cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v);
void cot__senml_end(cot_lwm2m_encoder *e);

#endif
