/* SPDX-License-Identifier: Apache-2.0 */
/* cot_dtls_aead by libcrypto; the one by Mbed TLS is in <cotter/mbedtls.h>. */
#ifndef COTTER_DTLS_AEAD_H
#define COTTER_DTLS_AEAD_H

#include <cotter/dtls.h>

/* libcrypto, host only: algorithms fetched once, one context a suite and direction, reused. One
 * object a thread.
 * COT_OK; COT_E_UNSUPPORTED: libcrypto lacks the algorithms; COT_E_IO: no memory. */
cot_status cot_dtls_aead_libcrypto_init(cot_dtls_aead *aead);
void cot_dtls_aead_libcrypto_free(cot_dtls_aead *aead);

#endif
