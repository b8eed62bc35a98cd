/* SPDX-License-Identifier: Apache-2.0 */
/* In front of mbedtls_ssl_parse_certificate: where a raw public key was agreed on, the peer's
 * Certificate message is its SubjectPublicKeyInfo. The key is kept for the signature check that
 * follows; a client compares it with the pinned one here, a server asks after that check. */
#include "dtls/mbedtls/shared.h"

#include <mbedtls/md.h>
#include <mbedtls/platform.h>

static int alert_and_return(mbedtls_ssl_context *ssl, unsigned char alert, int err)
{
    (void)mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
    return err;
}

/* The message: a 24-bit length and the key, nothing else. */
static int read_message(const mbedtls_ssl_context *ssl, cot_bytes *spki)
{
    size_t header = mbedtls_ssl_hs_hdr_len(ssl);
    if (ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE ||
        ssl->in_msg[0] != MBEDTLS_SSL_HS_CERTIFICATE || ssl->in_hslen < header)
        return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
    cot_reader r;
    cot_reader_init(&r, ssl->in_msg + header, ssl->in_hslen - header);
    *spki = cot_read_bytes(&r, cot_read_u24(&r));
    if (cot_reader_end(&r) != COT_OK)
        return MBEDTLS_ERR_SSL_DECODE_ERROR;
    return spki->len == 0 ? MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE : 0;
}

static int take_key(mbedtls_ssl_context *ssl, cot_bytes spki)
{
    mbedtls_pk_context *key = &ssl->handshake->peer_pubkey;
    unsigned char *start = ssl->in_msg + (spki.p - ssl->in_msg);
    unsigned char *at = start;
    mbedtls_pk_free(key);
    mbedtls_pk_init(key);
    int err = mbedtls_pk_parse_subpubkey(&at, start + spki.len, key);
    if (err != 0)
        return err;
    if (at != start + spki.len)
        return MBEDTLS_ERR_SSL_DECODE_ERROR;
    if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) ||
        mbedtls_ssl_check_curve(ssl, mbedtls_pk_get_ec_group_id(key)) != 0)
        return MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
    return 0;
}

/* Mbed TLS checks CertificateVerify only when a digest of the peer's certificate is there. */
static int remember(cot_dtls_handshake *h, mbedtls_ssl_context *ssl, cot_bytes spki)
{
    mbedtls_ssl_session *session = ssl->session_negotiate;
    mbedtls_free(session->peer_cert_digest);
    session->peer_cert_digest = mbedtls_calloc(1, MBEDTLS_SSL_PEER_CERT_DIGEST_DFL_LEN);
    if (session->peer_cert_digest == NULL)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    session->peer_cert_digest_type = MBEDTLS_SSL_PEER_CERT_DIGEST_DFL_TYPE;
    session->peer_cert_digest_len = MBEDTLS_SSL_PEER_CERT_DIGEST_DFL_LEN;
    session->verify_result = 0;
    int err = cot__sha256(spki, h->need.key_hash);
    if (err == 0)
        err = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_SSL_PEER_CERT_DIGEST_DFL_TYPE), spki.p,
                         spki.len, session->peer_cert_digest);
    return err;
}

static bool pinned(const cot_dtls_handshake *h, cot_bytes spki)
{
    cot_bytes expected = {h->client->server_spki.p, h->client->server_spki.len};
    return cot_bytes_equal(spki, expected);
}

int mbedtls_ssl_parse_certificate(mbedtls_ssl_context *ssl)
{
    cot_dtls_handshake *h = cot__handshake_of(ssl);
    bool server = h->server != NULL;
    if (cot__handshake_is_psk(ssl) || !(server ? h->rpk.client : h->rpk.server))
        return cot__real_parse_certificate(ssl);

    int err = mbedtls_ssl_read_record(ssl, 1);
    if (err != 0)
        return err;
    cot_bytes spki;
    err = read_message(ssl, &spki);
    if (err == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE)
        return alert_and_return(ssl, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, err);
    if (err != 0)
        return alert_and_return(ssl, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR, err);
    if (!server && !pinned(h, spki)) {
        cot__handshake_refuse(h, COT_REFUSAL_UNKNOWN_KEY);
        return alert_and_return(ssl, MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN,
                                MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    }
    err = take_key(ssl, spki);
    if (err != 0)
        return alert_and_return(ssl, MBEDTLS_SSL_ALERT_MSG_BAD_CERT, err);
    err = remember(h, ssl, spki);
    if (err != 0)
        return alert_and_return(ssl, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR, err);
    mbedtls_ssl_handshake_increment_state(ssl);
    return 0;
}
