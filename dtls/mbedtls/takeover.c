/* SPDX-License-Identifier: Apache-2.0 */
/* From a finished handshake to a cot_dtls_record. */
#include "dtls/mbedtls/shared.h"

#include "core/base/bytes.h"

#include <string.h>

void cot__export_keys(void *ctx, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                      size_t secret_len, const unsigned char client_random[32],
                      const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    cot_dtls_handshake *h = ctx;
    uint8_t seed[64];
    if (type != MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET || secret_len != 48)
        return;
    memcpy(seed, server_random, 32);
    memcpy(seed + 32, client_random, 32);
    /* RFC 5246 section 6.3; an AEAD suite has no MAC keys (RFC 5288, 6655: 4 bytes of IV) */
    h->keys_ready = mbedtls_ssl_tls_prf(prf, secret, secret_len, "key expansion", seed, sizeof seed,
                                        h->keys, sizeof h->keys) == 0;
    cot__keylog(client_random, secret);
}

static uint8_t suite_of(int id)
{
    switch (id) {
    case MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8:
    case MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8:
        return COT_DTLS_CCM_8;
    case MBEDTLS_TLS_PSK_WITH_AES_128_CCM:
    case MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM:
        return COT_DTLS_CCM;
    case MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256:
    case MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:
        return COT_DTLS_GCM;
    default:
        return 0;
    }
}

/* The handshake's own numbers of epoch 1: the low 48 bits of the counter. */
static uint64_t handshake_next(const mbedtls_ssl_context *ssl)
{
    cot_reader r;
    cot_reader_init(&r, ssl->cur_out_ctr + 2, 6);
    return cot_read_uint(&r, 6);
}

cot_status cot_dtls_handshake_record(const cot_dtls_handshake *h, cot_dtls_record *out)
{
    memset(out, 0, sizeof *out);
    if (h->phase != COT__ESTABLISHED || h->ssl.session == NULL)
        return COT_E_STATE;
    bool server = h->server != NULL;
    const uint8_t *client_key = h->keys;
    const uint8_t *server_key = h->keys + 16;
    const uint8_t *client_iv = h->keys + 32;
    const uint8_t *server_iv = h->keys + 36;
    memcpy(out->key_in, server ? client_key : server_key, 16);
    memcpy(out->key_out, server ? server_key : client_key, 16);
    memcpy(out->iv_in, server ? client_iv : server_iv, 4);
    memcpy(out->iv_out, server ? server_iv : client_iv, 4);

    const mbedtls_ssl_transform *in = h->ssl.transform_in;
    const mbedtls_ssl_transform *sent = h->ssl.transform_out;
    if (in == NULL || sent == NULL || in->in_cid_len > COT_DTLS_CID_IN_MAX ||
        sent->out_cid_len > COT_DTLS_CID_OUT_MAX)
        return COT_E_STATE;
    out->cid_in_len = in->in_cid_len;
    memcpy(out->cid_in, in->in_cid, in->in_cid_len);
    out->cid_out_len = sent->out_cid_len;
    memcpy(out->cid_out, sent->out_cid, sent->out_cid_len);

    out->suite = suite_of(h->ssl.session->ciphersuite);
    out->fresh = server ? 1 : 0;
    out->in_top = h->ssl.in_window_top;
    out->in_window = h->ssl.in_window;
    out->out_next = handshake_next(&h->ssl) + COT__FIRST_NUMBER;
    return out->suite == 0 ? COT_E_STATE : COT_OK;
}
