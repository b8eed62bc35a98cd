/* SPDX-License-Identifier: Apache-2.0 */
/* One encoder and one decoder of (path, value) records over every LwM2M content format, so that
 * callers never switch on formats themselves.
 *
 *   cot_lwm2m_encode_begin(&e, format, &base, &w);
 *   cot_lwm2m_encode_put(&e, &path, &value); …
 *   s = cot_lwm2m_encode_end(&e);
 *
 *   s = cot_lwm2m_decode_begin(&d, format, &base, payload);
 *   while (s == COT_OK && (s = cot_lwm2m_decode_next(&d, &rec)) == COT_OK)
 *       … cot_lwm2m_value_as(&rec, type, NULL, &value) …
 *   COT_E_NOT_FOUND: that was all
 */
#ifndef COTTER_LWM2M_CONTENT_H
#define COTTER_LWM2M_CONTENT_H

#include "core/lwm2m/encoder.h"
#include "core/lwm2m/senml_cbor.h"
#include "core/lwm2m/tlv.h"

/* CoAP content formats (IANA "CoAP Content-Formats"). SenML JSON (110), CBOR (60), JSON (11543) and
 * LwM2M CBOR (11544) are not implemented yet: 4.15 or 4.06. */
enum {
    COT_FORMAT_TEXT = 0,
    COT_FORMAT_LINK = 40, /* core/lwm2m/link.h; carries no values, not a format of this file */
    COT_FORMAT_OPAQUE = 42,
    COT_FORMAT_SENML_CBOR = 112,
    COT_FORMAT_TLV = 11542
};

/* Can values be read and written in `format`? A number from Content-Format or Accept. */
bool cot_lwm2m_format_supported(uint32_t format);

/* The format for several values when the peer named none: TLV for LwM2M 1.0, SenML CBOR from 1.1. */
uint16_t cot_lwm2m_format_default(bool lwm2m_1_0);

/* --- writing --- */

/* Begin a payload for a request on `base`. Errors are latched in `w` (and returned by end):
 * COT_E_UNSUPPORTED (no such format: 4.06). The payload is contiguous in w's buffer, which must not
 * be written to by others before end. */
void cot_lwm2m_encode_begin(cot_lwm2m_encoder *e, uint32_t format, const cot_lwm2m_path *base,
                            cot_writer *w);

/* Add one resource or resource instance. Paths must come in ascending order, at or below base.
 * A value of type COT_NONE at an instance or resource path writes an empty container (TLV only;
 * elsewhere it is left out). Latched errors: COT_E_STATE (order, or a second record in text or
 * opaque), COT_E_RANGE (not below base), COT_E_TYPE (the value cannot be in this format: 4.06, or
 * a value at a path above a resource). */
void cot_lwm2m_encode_put(cot_lwm2m_encoder *e, const cot_lwm2m_path *path, const cot_value *v);

/* The same for a record as decoders yield them; one whose type is not known yet (form) is COT_E_TYPE.
 * Times are not written: they come with Send. */
void cot_lwm2m_encode_put_record(cot_lwm2m_encoder *e, const cot_lwm2m_record *rec);

/* Finish. COT_OK; COT_E_SPACE (w->len is the size needed: exact, or up to 4 bytes more), or the first
 * latched error. */
cot_status cot_lwm2m_encode_end(cot_lwm2m_encoder *e);

/* --- reading --- */

typedef struct cot_lwm2m_decoder {
    uint8_t kind; /* private to content.c: which format */
    cot_lwm2m_path base;
    cot_status err; /* what next has to say from now on */
    union {
        cot_bytes single; /* text and opaque: the value */
        cot_tlv_reader tlv;
        cot_senml_reader senml;
    } as;
} cot_lwm2m_decoder;

/* Begin to read a payload that came with a request on, or an answer for, `base`; `payload` is
 * borrowed for the decoder's and the records' life. COT_OK; COT_E_UNSUPPORTED (format:
 * answer 4.15). */
cot_status cot_lwm2m_decode_begin(cot_lwm2m_decoder *d, uint32_t format, const cot_lwm2m_path *base,
                                  cot_bytes payload);

/* The next record; every path is at or below base. SenML and opaque yield typed values; TLV yields
 * COT_FORM_TLV, or COT_NONE for an empty instance or multiple resource; text yields COT_FORM_TEXT.
 * In a Create payload that names no instance, path.id[1] is COT_LWM2M_NO_ID.
 * COT_OK; COT_E_NOT_FOUND (no more: the whole
 * payload was well-formed); COT_E_TRUNCATED, COT_E_MALFORMED, COT_E_LIMIT, COT_E_RANGE (a path
 * outside base), COT_E_UNSUPPORTED: answer 4.00, and apply nothing: run once over the payload
 * before the first write. */
cot_status cot_lwm2m_decode_next(cot_lwm2m_decoder *d, cot_lwm2m_record *rec);

/* Did the record that was read last carry a time (SenML only)? Then *time is it: seconds since 1970; below
 * 2^28 since now (RFC 8428 section 4.5.3). */
bool cot_lwm2m_decode_time(const cot_lwm2m_decoder *d, double *time);

#endif
