/* SPDX-License-Identifier: Apache-2.0 */
/* The two primitives that verifying a release needs: SHA-256 in pieces and one P-256 signature
 * check. The caller gives them as a table of functions, so core/ links no cryptographic library.
 * Implementations: dtls/mbedtls/crypto.c (device, server) and
 * core/cose/host/crypto_libcrypto.c (server, cli, tests). */
#ifndef COTTER_CRYPTO_H
#define COTTER_CRYPTO_H

#include <cotter/status.h>

#include <stddef.h>
#include <stdint.h>

#define COT_SHA256_SIZE 32u
#define COT_P256_SIG_SIZE 64u /* r || s, each 32 bytes big-endian (RFC 9053 section 2.1) */

/* Room for the running state of an implementation: plain memory without pointers to be freed, so it
 * may be copied, dropped or kept over a reset at any moment. */
typedef struct cot_sha256 {
    uint64_t state[16];
} cot_sha256;

/* A P-256 public key: x || y, each 32 bytes big-endian. */
typedef struct cot_p256_public {
    uint8_t xy[64];
} cot_p256_public;

/* Each function gets `ctx`; none allocates memory that outlives the call. */
typedef struct cot_crypto {
    void *ctx;
    void (*sha256_start)(void *ctx, cot_sha256 *h);
    void (*sha256_update)(void *ctx, cot_sha256 *h, const uint8_t *p, size_t n);
    void (*sha256_finish)(void *ctx, cot_sha256 *h, uint8_t out[static COT_SHA256_SIZE]);
    /* COT_OK: `sig` over the 32-byte `digest` is good under `pub`.
     * COT_E_AUTH: it is not, or `pub` is no point of the curve.   COT_E_IO: the engine failed. */
    cot_status (*p256_verify)(void *ctx, const cot_p256_public *pub,
                              const uint8_t digest[static COT_SHA256_SIZE],
                              const uint8_t sig[static COT_P256_SIG_SIZE]);
} cot_crypto;

/* Take a public key from 64 raw bytes x || y, or 65 bytes 04 || x || y (SEC1 section 2.3.3).
 * COT_OK; COT_E_MALFORMED (other length or first byte). That the point lies on the curve is checked
 * by p256_verify. */
cot_status cot_p256_public_parse(const uint8_t *bytes, size_t len, cot_p256_public *out);

/* SHA-256 of one run of bytes. */
void cot_sha256_of(const cot_crypto *crypto, const uint8_t *p, size_t n,
                   uint8_t out[static COT_SHA256_SIZE]);

#endif
