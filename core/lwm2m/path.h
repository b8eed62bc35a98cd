/* SPDX-License-Identifier: Apache-2.0 */
/* Parse, write and compare LwM2M paths (LwM2M core 1.1 section 7.3). */
#ifndef COTTER_LWM2M_PATH_H
#define COTTER_LWM2M_PATH_H

#include "core/base/bytes.h"

/* Not a valid id of anything (LwM2M core 7.2): as an object instance id inside a decoded path it
 * says "the payload does not name the instance" (Create without an id). */
#define COT_LWM2M_NO_ID 0xFFFFu

/* "/3/0/7/1": id[0..level) are object, instance, resource, resource instance. Level 0 is "/".
 * id[level..4) are 0. */
typedef struct cot_lwm2m_path {
    uint16_t id[4];
    uint8_t level;
} cot_lwm2m_path;

/* Longest text of a path, "/65534/65534/65534/65534", without a terminating NUL. */
#define COT_LWM2M_PATH_TEXT 24u

/* Paths from ids: cot_lwm2m_path_of(3, 3, 0, 13, 0) is "/3/0/13"; ids past `level` are ignored. */
cot_lwm2m_path cot_lwm2m_path_of(uint8_t level, uint16_t object, uint16_t instance,
                                 uint16_t resource, uint16_t resource_instance);

/* Append one id. COT_OK; COT_E_LIMIT (the path has four already), `p` unchanged. */
cot_status cot_lwm2m_path_push(cot_lwm2m_path *p, uint16_t id);

/* Append one segment in decimal digits, as from a Uri-Path option. COT_OK; COT_E_MALFORMED (empty,
 * a non-digit, a leading zero, above 65534), COT_E_LIMIT; `p` unchanged unless COT_OK. */
cot_status cot_lwm2m_path_push_text(cot_lwm2m_path *p, cot_bytes segment);

/* Parse "/", "/3", "/3/0" … in full; the first slash may be missing, a last one is refused ("/"
 * apart). COT_OK; COT_E_MALFORMED, COT_E_LIMIT (more than four ids): *out is "/". */
cot_status cot_lwm2m_path_parse(cot_bytes text, cot_lwm2m_path *out);

/* Write "/3/0/7"; the root writes "/". */
void cot_lwm2m_path_write(cot_writer *w, const cot_lwm2m_path *p);

/* Order by id from the left, a prefix before what it begins: <0, 0, >0. */
int cot_lwm2m_path_compare(const cot_lwm2m_path *a, const cot_lwm2m_path *b);

/* Is `p` the same as `prefix` or below it? The root is a prefix of everything. */
bool cot_lwm2m_path_has_prefix(const cot_lwm2m_path *p, const cot_lwm2m_path *prefix);

#endif
