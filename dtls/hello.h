/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ClientHello and ServerHello bodies (RFC 5246 section 7.4.1, RFC 6347 section 4.2.1). */
#ifndef COTTER_DTLS_HELLO_H
#define COTTER_DTLS_HELLO_H

#include "core/base/bytes.h"

#define COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE 19u /* RFC 7250 */
#define COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE 20u
#define COT_DTLS_EXT_CONNECTION_ID 54u /* RFC 9146 */

/* All parts borrow from the body. */
typedef struct cot__hello {
    cot_bytes random;
    cot_bytes session_id;
    cot_bytes cookie;      /* ClientHello */
    cot_bytes suites;      /* ClientHello: the list; ServerHello: the one chosen */
    cot_bytes compression; /* likewise */
    cot_bytes extensions;  /* without the length; p is NULL when the block is missing */
} cot__hello;

/* COT_OK; COT_E_TRUNCATED, COT_E_MALFORMED: the body is not exactly one hello of major version 254,
 * or its extensions are not exactly a list. */
cot_status cot__client_hello_read(const uint8_t *body, size_t len, cot__hello *out);
cot_status cot__server_hello_read(const uint8_t *body, size_t len, cot__hello *out);

/* The first extension of `type`: true and its contents in *out. */
bool cot__hello_extension(const cot__hello *h, uint16_t type, cot_bytes *out);

#endif
