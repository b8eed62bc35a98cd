/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128 CCM_8, CCM and GCM through libcrypto: fetched once, contexts reused, only key and nonce
 * set a record. */
#include "dtls/aead.h"

#include <openssl/evp.h>

#include <stdlib.h>

typedef struct engine {
    EVP_CIPHER *ccm;
    EVP_CIPHER *gcm;
    EVP_CIPHER_CTX *seal[COT_DTLS_GCM + 1];
    EVP_CIPHER_CTX *open[COT_DTLS_GCM + 1];
} engine;

static int tag_len(cot_dtls_suite suite)
{
    return suite == COT_DTLS_CCM_8 ? 8 : 16;
}

static cot_status seal(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out)
{
    EVP_CIPHER_CTX *c = ((engine *)ctx)->seal[suite];
    int n = 0;
    int ok = EVP_EncryptInit_ex(c, NULL, NULL, key, nonce);
    if (suite != COT_DTLS_GCM)
        ok = ok && EVP_EncryptUpdate(c, NULL, &n, NULL, (int)len); /* CCM wants the length first */
    ok = ok && EVP_EncryptUpdate(c, NULL, &n, aad, (int)aad_len) &&
         EVP_EncryptUpdate(c, out, &n, in, (int)len) && EVP_EncryptFinal_ex(c, out + len, &n) &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_len(suite), out + len);
    return ok ? COT_OK : COT_E_INTERNAL;
}

static cot_status open(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out)
{
    EVP_CIPHER_CTX *c = ((engine *)ctx)->open[suite];
    size_t tag = (size_t)tag_len(suite);
    uint8_t expected[16];
    int n = 0;
    if (len < tag)
        return COT_E_AUTH;
    size_t plain = len - tag;
    for (size_t i = 0; i < tag; i++)
        expected[i] = in[plain + i];
    int ok = 1;
    if (suite == COT_DTLS_GCM) {
        ok = EVP_DecryptInit_ex(c, NULL, NULL, key, nonce) &&
             EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)tag, expected);
    } else { /* CCM checks the tag in the one Update, and wants it and the length before */
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)tag, expected) &&
             EVP_DecryptInit_ex(c, NULL, NULL, key, nonce) &&
             EVP_DecryptUpdate(c, NULL, &n, NULL, (int)plain);
    }
    ok = ok && EVP_DecryptUpdate(c, NULL, &n, aad, (int)aad_len) &&
         EVP_DecryptUpdate(c, out, &n, in, (int)plain) > 0;
    if (ok && suite == COT_DTLS_GCM)
        ok = EVP_DecryptFinal_ex(c, out + plain, &n) > 0;
    return ok ? COT_OK : COT_E_AUTH;
}

static EVP_CIPHER_CTX *make_context(const EVP_CIPHER *cipher, cot_dtls_suite suite, int encrypt)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int ok = c != NULL && EVP_CipherInit_ex(c, cipher, NULL, NULL, NULL, encrypt) &&
             EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
    if (ok && suite != COT_DTLS_GCM)
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_len(suite), NULL);
    if (!ok) {
        EVP_CIPHER_CTX_free(c);
        c = NULL;
    }
    return c;
}

cot_status cot_dtls_aead_libcrypto_init(cot_dtls_aead *aead)
{
    engine *e = calloc(1, sizeof *e);
    if (e == NULL)
        return COT_E_IO;
    aead->ctx = e;
    aead->seal = seal;
    aead->open = open;
    e->ccm = EVP_CIPHER_fetch(NULL, "AES-128-CCM", NULL);
    e->gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    int ok = e->ccm != NULL && e->gcm != NULL;
    for (int s = COT_DTLS_CCM_8; ok && s <= COT_DTLS_GCM; s++) {
        const EVP_CIPHER *cipher = s == COT_DTLS_GCM ? e->gcm : e->ccm;
        e->seal[s] = make_context(cipher, (cot_dtls_suite)s, 1);
        e->open[s] = make_context(cipher, (cot_dtls_suite)s, 0);
        ok = e->seal[s] != NULL && e->open[s] != NULL;
    }
    if (!ok) {
        cot_dtls_aead_libcrypto_free(aead);
        return COT_E_UNSUPPORTED;
    }
    return COT_OK;
}

void cot_dtls_aead_libcrypto_free(cot_dtls_aead *aead)
{
    engine *e = aead->ctx;
    if (e == NULL)
        return;
    for (int s = COT_DTLS_CCM_8; s <= COT_DTLS_GCM; s++) {
        EVP_CIPHER_CTX_free(e->seal[s]);
        EVP_CIPHER_CTX_free(e->open[s]);
    }
    EVP_CIPHER_free(e->ccm);
    EVP_CIPHER_free(e->gcm);
    free(e);
    aead->ctx = NULL;
}
