/* SPDX-License-Identifier: Apache-2.0 */
/* The client's P-256 key as Mbed TLS sees it: a number, or a callback that signs. */
#ifndef COTTER_MBEDTLS_SIGN_KEY_H
#define COTTER_MBEDTLS_SIGN_KEY_H

#include "dtls/mbedtls/handshake.h"

/* Set `pk` up from h->client's sign, else its private_key. 0 or an Mbed TLS error. Never
 * mbedtls_pk_free() one that signs by callback; the arena's end frees all. */
int cot__sign_key_setup(mbedtls_pk_context *pk, cot_dtls_handshake *h);

/* r || s to DER ECDSA-Sig-Value. Returns the length, ≤ 72; 0: does not fit into cap. */
size_t cot__signature_der(const uint8_t raw[static 64], uint8_t *out, size_t cap);

#endif
