/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR from hub ↔ JSON for people, by the rules of docs/internals/api.md. */
#ifndef COTTER_SERVER_HTTP_JSON_H
#define COTTER_SERVER_HTTP_JSON_H

#include "server/http/text.h"

#include <jansson.h>

/* Append the one CBOR item `in` as JSON. COT_OK; COT_E_MALFORMED and what cot_cbor_next says (then `out` holds a
 * useless part); COT_E_UNSUPPORTED: a map key that is no text, an unknown tag; COT_E_LIMIT: nested
 * deeper than 16; COT_E_INTERNAL out of memory. */
cot_status http_json_from_cbor(cot_bytes in, http_text *out);

/* Append a resource value: rule 3 of docs/internals/api.md. COT_OK; COT_E_TYPE: none of the forms;
 * COT_E_MALFORMED: a form with a bad content. */
cot_status http_value_to_cbor(json_t *value, cot_writer *w);

#endif
