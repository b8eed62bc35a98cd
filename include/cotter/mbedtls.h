/* SPDX-License-Identifier: Apache-2.0 */
/* The cryptography of libcotter's own Mbed TLS, for an application's configuration: AEAD for the
 * DTLS channel (<cotter/dtls.h>), hash and signature check for the updater (<cotter/crypto.h>). */
#ifndef COTTER_MBEDTLS_H
#define COTTER_MBEDTLS_H

#include <cotter/crypto.h>
#include <cotter/dtls.h>

/* `scratch` (≥ COT_DTLS_AEAD_SCRATCH bytes) is used during each call only; it may be the handshake
 * arena of the same channel. */
#define COT_DTLS_AEAD_SCRATCH 1024u
typedef struct cot_dtls_aead_mbedtls {
    uint8_t *scratch;
    size_t scratch_len;
} cot_dtls_aead_mbedtls;

void cot_dtls_aead_mbedtls_init(cot_dtls_aead *aead, cot_dtls_aead_mbedtls *state, uint8_t *scratch,
                                size_t scratch_len);

/* Needs no memory of the caller's: p256_verify works on ~4 KiB of stack. */
extern const cot_crypto cot_crypto_mbedtls;

#endif
