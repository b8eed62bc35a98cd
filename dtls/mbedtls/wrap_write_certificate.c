/* SPDX-License-Identifier: Apache-2.0 */
/* In front of mbedtls_ssl_write_certificate: where a raw public key was agreed on, the Certificate
 * message is our SubjectPublicKeyInfo (RFC 7250 section 3). */
#include "dtls/mbedtls/handshake.h"
#include "dtls/mbedtls/server_internal.h"

/* An empty certificate would be sent where X.509 was agreed on and there is none. */
static int refuse(cot_dtls_handshake *h)
{
    cot__handshake_refuse(h, COT_REFUSAL_NO_COMMON_SUITE);
    return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
}

int mbedtls_ssl_write_certificate(mbedtls_ssl_context *ssl)
{
    cot_dtls_handshake *h = cot__handshake_of(ssl);
    bool server = h->server != NULL;
    bool rpk = server ? h->rpk.server : h->rpk.client;
    if (cot__handshake_is_psk(ssl) || (!server && ssl->handshake->client_auth == 0))
        return cot__real_write_certificate(ssl);
    if (!rpk) {
        bool have = server ? h->server->types_own.x509 : h->client->mode == COT_PEER_X509;
        return have ? cot__real_write_certificate(ssl) : refuse(h);
    }

    cot_bytes spki =
        server ? h->server->spki : (cot_bytes){h->client->own_spki.p, h->client->own_spki.len};
    cot_writer w;
    cot_writer_init(&w, ssl->out_msg, MBEDTLS_SSL_OUT_CONTENT_LEN);
    cot_write_u8(&w, MBEDTLS_SSL_HS_CERTIFICATE);
    cot_write_u24(&w, 0); /* the length is written by write_handshake_msg */
    cot_write_u24(&w, (uint32_t)spki.len);
    cot_write_bytes(&w, spki.p, spki.len);
    if (w.err != COT_OK)
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    ssl->out_msglen = w.len;
    ssl->out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
    mbedtls_ssl_handshake_increment_state(ssl);
    return mbedtls_ssl_write_handshake_msg(ssl);
}
