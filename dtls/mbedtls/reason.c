/* SPDX-License-Identifier: Apache-2.0 */
/* From Mbed TLS's errors and the state they came in to the reason that is told and logged. */
#include "dtls/mbedtls/handshake.h"

#include <mbedtls/ecp.h>
#include <mbedtls/platform.h>

bool cot__handshake_is_psk(const mbedtls_ssl_context *ssl)
{
    const mbedtls_ssl_ciphersuite_t *suite =
        mbedtls_ssl_ciphersuite_from_id(ssl->session_negotiate->ciphersuite);
    return suite != NULL && mbedtls_ssl_ciphersuite_uses_psk(suite) != 0;
}

static cot_refusal wrong_key(const cot_dtls_handshake *h)
{
    bool unknown = h->server != NULL && h->mode == COT_PEER_PSK && !h->identity_known;
    return unknown ? COT_REFUSAL_UNKNOWN_IDENTITY : COT_REFUSAL_WRONG_KEY;
}

static cot_refusal bad_certificate(const cot_dtls_handshake *h)
{
    uint32_t flags = h->ssl.session_negotiate == NULL ? 0 : h->ssl.session_negotiate->verify_result;
    uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    uint32_t others = flags & ~(dates | MBEDTLS_X509_BADCERT_CN_MISMATCH);
    if (others != 0 || flags == 0)
        return COT_REFUSAL_UNTRUSTED;
    return (flags & dates) != 0 ? COT_REFUSAL_EXPIRED : COT_REFUSAL_NAME;
}

static bool is_memory(int err)
{
    return err == MBEDTLS_ERR_SSL_ALLOC_FAILED || err == MBEDTLS_ERR_X509_ALLOC_FAILED ||
           err == MBEDTLS_ERR_PK_ALLOC_FAILED || err == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
           err == MBEDTLS_ERR_MD_ALLOC_FAILED || err == MBEDTLS_ERR_CIPHER_ALLOC_FAILED ||
           err == MBEDTLS_ERR_ECP_ALLOC_FAILED;
}

cot_refusal cot__handshake_reason(const cot_dtls_handshake *h, int err)
{
    if (is_memory(err))
        return COT_REFUSAL_MEMORY;
    switch (err) {
    case MBEDTLS_ERR_SSL_TIMEOUT:
        return COT_REFUSAL_TIMEOUT;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return COT_REFUSAL_ALERT;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return COT_REFUSAL_CLOSED;
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return wrong_key(h);
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
        return h->ssl.state == MBEDTLS_SSL_CLIENT_FINISHED ||
                       h->ssl.state == MBEDTLS_SSL_SERVER_FINISHED
                   ? wrong_key(h)
                   : COT_REFUSAL_NO_COMMON_SUITE;
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE:
        return COT_REFUSAL_NO_CREDENTIAL;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
    case MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED:
        return bad_certificate(h);
    case MBEDTLS_ERR_ECP_VERIFY_FAILED:
    case MBEDTLS_ERR_PK_SIG_LEN_MISMATCH:
        return COT_REFUSAL_BAD_SIGNATURE;
    case MBEDTLS_ERR_SSL_HW_ACCEL_FAILED:
    case MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED:
    case MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED:
        return COT_REFUSAL_LOCAL;
    default:
        return COT_REFUSAL_PROTOCOL;
    }
}
