/* SPDX-License-Identifier: Apache-2.0 */
/* cot_crypto through OpenSSL's libcrypto. SHA-256 uses the old one-struct interface, deprecated but
 * not removed: its state is plain memory, as cot_sha256 has to be; an EVP context is not. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/cose/host/crypto_libcrypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <string.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(cot_sha256), "the state has to fit");

static void sha256_start(void *ctx, cot_sha256 *h)
{
    SHA256_CTX s;
    (void)ctx;
    SHA256_Init(&s);
    memcpy(h->state, &s, sizeof s);
}

static void sha256_update(void *ctx, cot_sha256 *h, const uint8_t *p, size_t n)
{
    SHA256_CTX s;
    (void)ctx;
    memcpy(&s, h->state, sizeof s);
    SHA256_Update(&s, p, n);
    memcpy(h->state, &s, sizeof s);
}

static void sha256_finish(void *ctx, cot_sha256 *h, uint8_t out[static COT_SHA256_SIZE])
{
    SHA256_CTX s;
    (void)ctx;
    memcpy(&s, h->state, sizeof s);
    SHA256_Final(out, &s);
    memcpy(h->state, &s, sizeof s);
}

/* COT_E_AUTH: no point of the curve. */
static cot_status import_key(const cot_p256_public *pub, EVP_PKEY **key)
{
    unsigned char point[1 + sizeof pub->xy] = {0x04};
    char group[] = "P-256";
    cot_status s = COT_E_IO;
    memcpy(point + 1, pub->xy, sizeof pub->xy);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        s = EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY, params) == 1 ? COT_OK : COT_E_AUTH;
    EVP_PKEY_CTX_free(ctx);
    return s;
}

/* r || s as the DER that libcrypto wants; returns its length, 0 on failure. *der is to be freed. */
static int signature_to_der(const uint8_t sig[static COT_P256_SIG_SIZE], unsigned char **der)
{
    int len = 0;
    ECDSA_SIG *parts = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(sig, COT_P256_SIG_SIZE / 2, NULL);
    BIGNUM *s = BN_bin2bn(sig + COT_P256_SIG_SIZE / 2, COT_P256_SIG_SIZE / 2, NULL);
    if (parts != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(parts, r, s) == 1) {
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(parts, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(parts);
    return len > 0 ? len : 0;
}

static cot_status p256_verify(void *ctx, const cot_p256_public *pub,
                              const uint8_t digest[static COT_SHA256_SIZE],
                              const uint8_t sig[static COT_P256_SIG_SIZE])
{
    EVP_PKEY *key = NULL;
    unsigned char *der = NULL;
    (void)ctx;
    cot_status s = import_key(pub, &key);
    int len = signature_to_der(sig, &der);
    EVP_PKEY_CTX *verify = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    if (s == COT_OK && (verify == NULL || len == 0 || EVP_PKEY_verify_init(verify) != 1))
        s = COT_E_IO;
    if (s == COT_OK && EVP_PKEY_verify(verify, der, (size_t)len, digest, COT_SHA256_SIZE) != 1)
        s = COT_E_AUTH;
    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    return s;
}

const cot_crypto cot_crypto_openssl = {NULL, sha256_start, sha256_update, sha256_finish,
                                       p256_verify};
