/* SPDX-License-Identifier: Apache-2.0 */
/* A signing key for tests, by libcrypto. */
#include "tests/unit/signer.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

static EVP_PKEY *key;

static void need(int ok)
{
    if (!ok)
        abort();
}

void signer_init(cot_p256_public *out)
{
    unsigned char point[65];
    size_t len = 0;
    key = EVP_EC_gen("P-256");
    need(key != NULL);
    need(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &len));
    need(cot_p256_public_parse(point, len, out) == COT_OK);
}

void signer_free(void)
{
    EVP_PKEY_free(key);
    key = NULL;
}

void signer_sign(const uint8_t digest[static COT_SHA256_SIZE],
                 uint8_t out[static COT_P256_SIG_SIZE])
{
    unsigned char der[80];
    size_t len = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    need(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1);
    need(EVP_PKEY_sign(ctx, der, &len, digest, COT_SHA256_SIZE) == 1);
    const unsigned char *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
    need(sig != NULL);
    need(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32);
    need(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
}
