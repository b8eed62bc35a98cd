/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text of integers and doubles, exact, without libc. */
#ifndef COTTER_LWM2M_NUMBER_H
#define COTTER_LWM2M_NUMBER_H

#include "core/base/bytes.h"

void cot_decimal_write_uint(cot_writer *w, uint64_t v);
void cot_decimal_write_int(cot_writer *w, int64_t v);

/* All of `text` as a decimal: digits only, or "-" and digits for int. COT_OK; COT_E_MALFORMED,
 * COT_E_RANGE; *out is 0 then. Leading zeros are accepted. */
cot_status cot_decimal_parse_uint(cot_bytes text, uint64_t *out);
cot_status cot_decimal_parse_int(cot_bytes text, int64_t *out);

/* The shortest decimal (14 to 17 significant digits tried) that reads back as the same double;
 * latches COT_E_RANGE for NaN and infinities. */
void cot_decimal_write_double(cot_writer *w, double v);

/* All of `text`: [-+] digits [. digits] [e [-+] digits]. Correctly rounded for up to 19 significant
 * digits; further ones only make the result inexact upwards. COT_E_MALFORMED; COT_E_RANGE (too
 * large for a double; too small becomes 0). */
cot_status cot_decimal_parse_double(cot_bytes text, double *out);

#endif
