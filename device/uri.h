/* SPDX-License-Identifier: Apache-2.0 */
/* coap:// and coaps:// URIs (RFC 7252 section 6). */
#ifndef COTTER_DEVICE_URI_H
#define COTTER_DEVICE_URI_H

#include "core/base/bytes.h"

typedef struct cot__uri {
    bool secure;
    uint16_t port;
    cot_bytes host;  /* without brackets */
    cot_bytes path;  /* without the first '/' */
    cot_bytes query; /* without '?' */
} cot__uri;

/* COT_OK; COT_E_UNSUPPORTED: another scheme; COT_E_MALFORMED. All borrows from `text`. */
cot_status cot__uri_parse(cot_bytes text, cot__uri *out);

/* The same scheme, host (ASCII case apart) and port? */
bool cot__uri_same_server(const cot__uri *a, const cot__uri *b);

#endif
