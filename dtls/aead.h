/* SPDX-License-Identifier: Apache-2.0 */
/* The two implementations of cot_dtls_aead. */
#ifndef COTTER_DTLS_AEAD_H
#define COTTER_DTLS_AEAD_H

#include <cotter/dtls.h>

/* libcrypto, host only: algorithms fetched once, one context a suite and direction, reused. One object
 * a thread. COT_OK; COT_E_UNSUPPORTED: libcrypto lacks the algorithms; COT_E_IO: no memory. */
cot_status cot_dtls_aead_libcrypto_init(cot_dtls_aead *aead);
void cot_dtls_aead_libcrypto_free(cot_dtls_aead *aead);

/* Mbed TLS: `scratch` (≥ 1024 bytes, aligned for any object) is used during each call only; it may
 * be the handshake arena of the same channel. */
#define COT_DTLS_AEAD_SCRATCH 1024u
typedef struct cot_dtls_aead_mbedtls {
    uint8_t *scratch;
    size_t scratch_len;
} cot_dtls_aead_mbedtls;
void cot_dtls_aead_mbedtls_init(cot_dtls_aead *aead, cot_dtls_aead_mbedtls *state, uint8_t *scratch,
                                size_t scratch_len);

#endif
