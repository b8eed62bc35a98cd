/* SPDX-License-Identifier: Apache-2.0 */
/* P_SHA256 over one reused HMAC context: fetching algorithms anew costs more than the hashes do. */
#include "server/keys/master.h"

#include "server/keys/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#define HASH 32u
#define SEED_MAX 128u

struct keys_prf {
    EVP_MAC *mac;
    EVP_MAC_CTX *ctx;
};

keys_prf *keys_prf_new(void)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    keys_prf *prf = calloc(1, sizeof *prf);
    if (prf == NULL)
        return NULL;
    prf->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    prf->ctx = prf->mac == NULL ? NULL : EVP_MAC_CTX_new(prf->mac);
    if (prf->ctx != NULL && EVP_MAC_CTX_set_params(prf->ctx, params) == 1)
        return prf;
    keys_prf_free(prf);
    return NULL;
}

void keys_prf_free(keys_prf *prf)
{
    if (prf == NULL)
        return;
    EVP_MAC_CTX_free(prf->ctx);
    EVP_MAC_free(prf->mac);
    free(prf);
}

static bool hmac(keys_prf *prf, cot_bytes key, const uint8_t *in, size_t len,
                 uint8_t out[static HASH])
{
    size_t n = 0;
    return EVP_MAC_init(prf->ctx, key.p, key.len, NULL) == 1 &&
           EVP_MAC_update(prf->ctx, in, len) == 1 && EVP_MAC_final(prf->ctx, out, &n, HASH) == 1;
}

cot_status keys_prf_run(keys_prf *prf, cot_bytes secret, const char *label, cot_bytes seed,
                        uint8_t *out, size_t len)
{
    uint8_t block[HASH + SEED_MAX]; /* A(i) ‖ label ‖ seed */
    uint8_t hash[HASH];
    cot_writer w;
    cot_writer_init(&w, block + HASH, SEED_MAX);
    cot_write_text(&w, label);
    cot_write_bytes(&w, seed.p, seed.len);
    if (w.err != COT_OK)
        return COT_E_LIMIT;
    bool good = hmac(prf, secret, block + HASH, w.len, block); /* A(1) */
    for (size_t at = 0; good && at < len; at += HASH) {
        good =
            hmac(prf, secret, block, HASH + w.len, hash) && hmac(prf, secret, block, HASH, block);
        memcpy(out + at, hash, len - at < HASH ? len - at : HASH);
    }
    cot_wipe(block, sizeof block);
    cot_wipe(hash, sizeof hash);
    if (good)
        return COT_OK;
    cot_wipe(out, len);
    return COT_E_IO;
}

cot_status keys_master(keys_prf *prf, cot_bytes psk, bool extended, cot_bytes seed,
                       uint8_t out[static KEYS_MASTER])
{
    static const uint8_t zeros[KEYS_SECRET_MAX];
    uint8_t premaster[4 + 2 * KEYS_SECRET_MAX]; /* RFC 4279 section 2: N · N zeros · N · PSK */
    cot_writer w;
    if (psk.len == 0 || psk.len > KEYS_SECRET_MAX)
        return COT_E_RANGE;
    cot_writer_init(&w, premaster, sizeof premaster);
    cot_write_u16(&w, (uint16_t)psk.len);
    cot_write_bytes(&w, zeros, psk.len);
    cot_write_u16(&w, (uint16_t)psk.len);
    cot_write_bytes(&w, psk.p, psk.len);
    cot_status s =
        keys_prf_run(prf, (cot_bytes){premaster, w.len},
                     extended ? "extended master secret" : "master secret", seed, out, KEYS_MASTER);
    cot_wipe(premaster, sizeof premaster);
    return s;
}
