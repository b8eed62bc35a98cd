/* SPDX-License-Identifier: Apache-2.0 */
/* The record AEADs by Mbed TLS, in scratch memory of the caller's. GCM only where the configuration
 * has it. */
#include <cotter/mbedtls.h>

#include "dtls/mbedtls/arena.h"

#include <mbedtls/ccm.h>
#include <mbedtls/gcm.h>

#include <string.h>

typedef struct job {
    const uint8_t *key;
    const uint8_t *nonce;
    const uint8_t *aad;
    size_t aad_len;
    const uint8_t *in;
    size_t len; /* of the plaintext */
    uint8_t *out;
    uint8_t *tag;
    size_t tag_len;
    bool seal;
} job;

static int run_ccm(const job *j)
{
    mbedtls_ccm_context c;
    mbedtls_ccm_init(&c);
    int err = mbedtls_ccm_setkey(&c, MBEDTLS_CIPHER_ID_AES, j->key, 128);
    if (err == 0 && j->seal)
        err = mbedtls_ccm_encrypt_and_tag(&c, j->len, j->nonce, 12, j->aad, j->aad_len, j->in,
                                          j->out, j->tag, j->tag_len);
    else if (err == 0)
        err = mbedtls_ccm_auth_decrypt(&c, j->len, j->nonce, 12, j->aad, j->aad_len, j->in, j->out,
                                       j->tag, j->tag_len);
    mbedtls_ccm_free(&c);
    return err;
}

static int run_gcm(const job *j)
{
#if defined(MBEDTLS_GCM_C)
    mbedtls_gcm_context c;
    mbedtls_gcm_init(&c);
    int err = mbedtls_gcm_setkey(&c, MBEDTLS_CIPHER_ID_AES, j->key, 128);
    if (err == 0 && j->seal)
        err = mbedtls_gcm_crypt_and_tag(&c, MBEDTLS_GCM_ENCRYPT, j->len, j->nonce, 12, j->aad,
                                        j->aad_len, j->in, j->out, j->tag_len, j->tag);
    else if (err == 0)
        err = mbedtls_gcm_auth_decrypt(&c, j->len, j->nonce, 12, j->aad, j->aad_len, j->tag,
                                       j->tag_len, j->in, j->out);
    mbedtls_gcm_free(&c);
    return err;
#else
    (void)j;
    return MBEDTLS_ERR_GCM_BAD_INPUT;
#endif
}

static int run(const cot_dtls_aead_mbedtls *state, cot_dtls_suite suite, const job *j)
{
    cot__arena arena;
    cot__arena_init(&arena, state->scratch, state->scratch_len);
    cot__arena *before = cot__arena_enter(&arena);
    int err = suite == COT_DTLS_GCM ? run_gcm(j) : run_ccm(j);
    cot__arena_enter(before);
    return err;
}

static cot_status seal(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out)
{
    job j = {key, nonce, aad, aad_len, in, len, out, out + len, suite == COT_DTLS_CCM_8 ? 8 : 16,
             true};
    return run(ctx, suite, &j) == 0 ? COT_OK : COT_E_INTERNAL;
}

static cot_status open(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out)
{
    size_t tag_len = suite == COT_DTLS_CCM_8 ? 8 : 16;
    uint8_t tag[16];
    if (len < tag_len)
        return COT_E_AUTH;
    memcpy(tag, in + (len - tag_len), tag_len);
    job j = {key, nonce, aad, aad_len, in, len - tag_len, out, tag, tag_len, false};
    return run(ctx, suite, &j) == 0 ? COT_OK : COT_E_AUTH;
}

void cot_dtls_aead_mbedtls_init(cot_dtls_aead *aead, cot_dtls_aead_mbedtls *state, uint8_t *scratch,
                                size_t scratch_len)
{
    state->scratch = scratch;
    state->scratch_len = scratch_len;
    aead->ctx = state;
    aead->seal = seal;
    aead->open = open;
}
