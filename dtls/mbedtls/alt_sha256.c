/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-256 block function of the host configuration, by libcrypto (which uses the CPU's own
 * instructions). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <mbedtls/sha256.h>

#include <openssl/sha.h>

#include <string.h>

int mbedtls_internal_sha256_process(mbedtls_sha256_context *ctx, const unsigned char data[64])
{
    SHA256_CTX c;
    _Static_assert(sizeof c.h == sizeof ctx->MBEDTLS_PRIVATE(state), "eight words each");
    memcpy(c.h, ctx->MBEDTLS_PRIVATE(state), sizeof c.h);
    SHA256_Transform(&c, data);
    memcpy(ctx->MBEDTLS_PRIVATE(state), c.h, sizeof c.h);
    return 0;
}
