/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides of a handshake share: keys, certificates, hashes, the key log. */
#ifndef COTTER_MBEDTLS_SHARED_H
#define COTTER_MBEDTLS_SHARED_H

#include "dtls/mbedtls/handshake.h"

/* Mbed TLS's key export callback: derives h->keys. */
void cot__export_keys(void *ctx, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                      size_t secret_len, const unsigned char client_random[32],
                      const unsigned char server_random[32], mbedtls_tls_prf_types prf);

/* The verification callback of both sides; ctx is the handshake. */
int cot__verify_certificate(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/* SHA-256 of some bytes. 0 or an Mbed TLS error. */
int cot__sha256(cot_bytes in, uint8_t out[static 32]);

/* A test build writes the key log line that tshark wants (NSS format); else it does nothing. */
void cot__keylog(const unsigned char client_random[32], const unsigned char *secret);

#endif
