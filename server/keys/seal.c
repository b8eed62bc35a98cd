/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM with a random nonce for each blob. One key seals far fewer than 2^32 blobs (a fleet of ten
 * million whose keys are replaced daily for a year), the bound of random 96-bit nonces. */
#include "server/keys/seal.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string.h>

#define VERSION 1u
#define NONCE 12u
#define TAG 16u

typedef struct direction {
    EVP_CIPHER_CTX *ctx;
    int seal; /* 1: encrypt, 0: decrypt */
} direction;

/* Key, nonce and associated data (version · identity) into the context. */
static bool begin(direction *d, const uint8_t *key, const uint8_t *nonce, cot_bytes identity)
{
    static const uint8_t version = VERSION;
    int n = 0;
    d->ctx = EVP_CIPHER_CTX_new();
    return d->ctx != NULL && identity.len <= INT32_MAX &&
           EVP_CipherInit_ex(d->ctx, EVP_aes_256_gcm(), NULL, key, nonce, d->seal) == 1 &&
           EVP_CipherUpdate(d->ctx, NULL, &n, &version, 1) == 1 &&
           (identity.len == 0 ||
            EVP_CipherUpdate(d->ctx, NULL, &n, identity.p, (int)identity.len) == 1);
}

cot_status keys_seal(const uint8_t key[static KEYS_SEALING_KEY], cot_bytes identity,
                     cot_bytes secret, uint8_t out[static KEYS_SEALED_SIZE], size_t *len)
{
    direction d = {NULL, 1};
    uint8_t *nonce = out + 1;
    uint8_t *text = out + 1 + NONCE;
    int n = 0;
    *len = 0;
    if (secret.len == 0 || secret.len > KEYS_SECRET_MAX)
        return COT_E_RANGE;
    out[0] = VERSION;
    bool good = RAND_bytes(nonce, NONCE) == 1 && begin(&d, key, nonce, identity) &&
                EVP_CipherUpdate(d.ctx, text, &n, secret.p, (int)secret.len) == 1 &&
                EVP_CipherFinal_ex(d.ctx, text + n, &n) == 1 &&
                EVP_CIPHER_CTX_ctrl(d.ctx, EVP_CTRL_GCM_GET_TAG, TAG, text + secret.len) == 1;
    EVP_CIPHER_CTX_free(d.ctx);
    if (!good)
        return COT_E_IO;
    *len = KEYS_SEAL_OVERHEAD + secret.len;
    return COT_OK;
}

cot_status keys_unseal(const uint8_t key[static KEYS_SEALING_KEY], cot_bytes identity,
                       cot_bytes sealed, uint8_t secret[static KEYS_SECRET_MAX], size_t *len)
{
    direction d = {NULL, 0};
    uint8_t tag[TAG];
    int n = 0;
    *len = 0;
    if (sealed.len <= KEYS_SEAL_OVERHEAD || sealed.len > KEYS_SEALED_SIZE || sealed.p[0] != VERSION)
        return COT_E_MALFORMED;
    size_t size = sealed.len - KEYS_SEAL_OVERHEAD;
    memcpy(tag, sealed.p + sealed.len - TAG, TAG);
    cot_status s = COT_E_IO;
    if (begin(&d, key, sealed.p + 1, identity) &&
        EVP_CipherUpdate(d.ctx, secret, &n, sealed.p + 1 + NONCE, (int)size) == 1 &&
        EVP_CIPHER_CTX_ctrl(d.ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1)
        s = EVP_CipherFinal_ex(d.ctx, secret + n, &n) == 1 ? COT_OK : COT_E_AUTH;
    EVP_CIPHER_CTX_free(d.ctx);
    if (s == COT_OK)
        *len = size;
    else
        cot_wipe(secret, KEYS_SECRET_MAX);
    return s;
}
