/* SPDX-License-Identifier: Apache-2.0 */
/* Make and convert LwM2M values. The value type itself is public: cotter/value.h. */
#ifndef COTTER_LWM2M_VALUE_H
#define COTTER_LWM2M_VALUE_H

#include "core/base/bytes.h"
#include "core/lwm2m/path.h"

#include <cotter/value.h>

/* Some formats do not say what type a value has; only the object's definition knows. */
typedef enum cot_lwm2m_form {
    COT_FORM_TYPED = 0, /* value has its type (SenML, opaque) */
    COT_FORM_TEXT,      /* value.as.bytes is a text/plain payload; value.type is COT_OPAQUE */
    COT_FORM_TLV        /* value.as.bytes is the value part of a TLV; value.type is COT_OPAQUE */
} cot_lwm2m_form;

/* One resource (instance) and its value. Decoders yield them, encoders take them. */
typedef struct cot_lwm2m_record {
    cot_lwm2m_path path;
    cot_lwm2m_form form; /* encoders take COT_FORM_TYPED only */
    cot_value value;     /* COT_NONE: an empty container */
} cot_lwm2m_record;

/* Values; strings and opaque bytes are borrowed. */
cot_value cot_value_text(const char *text); /* COT_STRING from a NUL-terminated text */
cot_value cot_value_string(cot_bytes text);
cot_value cot_value_opaque(cot_bytes bytes);
cot_value cot_value_int(int64_t i);
cot_value cot_value_uint(uint64_t u);
cot_value cot_value_float(double f);
cot_value cot_value_bool(bool b);
cot_value cot_value_time(int64_t seconds);
cot_value cot_value_objlnk(uint16_t object, uint16_t instance);

/* Make *v a value of bytes in place. */
void cot_value_set_bytes(cot_value *v, cot_type type, cot_bytes bytes);

/* The bytes of a string, opaque or link-format value; empty for the other types. */
cot_bytes cot_value_bytes(const cot_value *v);

/* Make a value of type `want` of what a decoder yielded: TLV and text are decoded by their format's
 * rules, and typed values are converted where nothing is lost (SenML has one number type, and its
 * object links and link-format values are strings). `want` is not COT_NONE.
 * scratch: where base64 of an opaque value in text/plain is decoded to; NULL when that cannot come.
 * The result borrows from the record or from scratch.
 * COT_OK; COT_E_TYPE (cannot be that type), COT_E_RANGE (a number out of the type's range),
 * COT_E_MALFORMED (bytes are no such value): answer 4.00; COT_E_SPACE (scratch too small): 4.13.
 * *out is of type COT_NONE unless COT_OK. */
cot_status cot_lwm2m_value_as(const cot_lwm2m_record *rec, cot_type want, cot_writer *scratch,
                              cot_value *out);

/* Same type and same value; bytes by content, floats by their bits. */
bool cot_value_equal(const cot_value *a, const cot_value *b);

#endif
