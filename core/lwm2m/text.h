/* SPDX-License-Identifier: Apache-2.0 */
/* text/plain values (LwM2M core 1.1 section 7.4.1 and appendix C): decimal numbers, "0"/"1"
 * booleans, base64 opaque, "object:instance" links. */
#ifndef COTTER_LWM2M_TEXT_H
#define COTTER_LWM2M_TEXT_H

#include "core/lwm2m/value.h"

/* Decode `text` as `want` (not COT_NONE).
 * Ranges: INT and TIME are int64, UINT uint64, FLOAT any finite double, link ids 0–65535.
 * scratch: where base64 is decoded to, NULL when `want` is not OPAQUE.
 * COT_OK; COT_E_MALFORMED (not in the type's form, or trailing bytes), COT_E_RANGE, COT_E_SPACE; *out is
 * valid with COT_OK only.
 * A STRING or OPAQUE result borrows from `text` or scratch. */
cot_status cot_lwm2m_text_decode(cot_bytes text, cot_type want, cot_writer *scratch,
                                 cot_value *out);

/* Append the text of `v`. Floats get up to 17 digits, as many as read back the same, and an
 * exponent only outside 1e-5 … 1e17. Latched: COT_E_TYPE (COT_NONE), COT_E_RANGE (NaN,
 * infinity). */
void cot_lwm2m_text_write(cot_writer *w, const cot_value *v);

/* Standard base64 with padding (RFC 4648 section 4), strict: also the canonical zero bits. */
cot_status cot_base64_decode(cot_bytes text, cot_writer *out);
void cot_base64_write(cot_writer *w, cot_bytes bytes);

#endif
