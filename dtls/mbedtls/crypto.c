/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and P-256 verification for releases, by Mbed TLS. */
#include <cotter/mbedtls.h>

#include "dtls/mbedtls/arena.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/sha256.h>

#include <stdalign.h>
#include <string.h>

#define VERIFY_SCRATCH 3072 /* 2.4 KiB are used with 64-bit pointers */

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(cot_sha256), "fits, and is plain memory");
_Static_assert(alignof(mbedtls_sha256_context) <= alignof(cot_sha256), "is aligned");

static mbedtls_sha256_context *hash_of(cot_sha256 *h)
{
    return (mbedtls_sha256_context *)(void *)h;
}

static void sha256_start(void *ctx, cot_sha256 *h)
{
    (void)ctx;
    mbedtls_sha256_init(hash_of(h));
    (void)mbedtls_sha256_starts(hash_of(h), 0); /* fails for SHA-224 only */
}

static void sha256_update(void *ctx, cot_sha256 *h, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)mbedtls_sha256_update(hash_of(h), p, n); /* cannot fail without hardware */
}

static void sha256_finish(void *ctx, cot_sha256 *h, uint8_t out[static COT_SHA256_SIZE])
{
    (void)ctx;
    (void)mbedtls_sha256_finish(hash_of(h), out);
    mbedtls_sha256_free(hash_of(h));
}

static int verify(const uint8_t point[static 65], const uint8_t *digest, const uint8_t *sig)
{
    mbedtls_ecp_group grp;
    mbedtls_ecp_point q;
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_ecp_group_init(&grp);
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int err = mbedtls_ecp_group_load(&grp, MBEDTLS_ECP_DP_SECP256R1);
    if (err == 0)
        err = mbedtls_ecp_point_read_binary(&grp, &q, point, 65);
    if (err == 0)
        err = mbedtls_ecp_check_pubkey(&grp, &q);
    if (err == 0)
        err = mbedtls_mpi_read_binary(&r, sig, 32);
    if (err == 0)
        err = mbedtls_mpi_read_binary(&s, sig + 32, 32);
    if (err == 0)
        err = mbedtls_ecdsa_verify(&grp, digest, COT_SHA256_SIZE, &q, &r, &s);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&q);
    mbedtls_ecp_group_free(&grp);
    return err;
}

static cot_status p256_verify(void *ctx, const cot_p256_public *pub,
                              const uint8_t digest[static COT_SHA256_SIZE],
                              const uint8_t sig[static COT_P256_SIG_SIZE])
{
    (void)ctx;
    alignas(max_align_t) uint8_t scratch[VERIFY_SCRATCH];
    cot__arena arena;
    uint8_t point[65] = {4};
    memcpy(point + 1, pub->xy, sizeof pub->xy);
    cot__arena_init(&arena, scratch, sizeof scratch);
    cot__arena *before = cot__arena_enter(&arena);
    int err = verify(point, digest, sig);
    cot__arena_enter(before);
    if (err == 0)
        return COT_OK;
    return err == MBEDTLS_ERR_MPI_ALLOC_FAILED || err == MBEDTLS_ERR_ECP_ALLOC_FAILED ? COT_E_IO
                                                                                      : COT_E_AUTH;
}

const cot_crypto cot_crypto_mbedtls = {NULL, sha256_start, sha256_update, sha256_finish,
                                       p256_verify};
