/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of one client handshake, built in its arena from cot_dtls_client_config. */
#include "dtls/mbedtls/client_config.h"

#include "dtls/mbedtls/sign_key.h"

#include <mbedtls/platform.h>

typedef struct side {
    mbedtls_ssl_config conf;
    mbedtls_x509_crt own;
    mbedtls_x509_crt anchors;
    mbedtls_pk_context key;
    int suites[COT_DTLS_GCM + 1];
} side;

static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
    const cot_dtls_client_config *c = ((const cot_dtls_handshake *)ctx)->client;
    return c->random(c->app, out, len) == COT_OK ? 0 : MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
}

/* ---- suites ---- */

static int suite_id(bool psk, cot_dtls_suite suite)
{
    switch (suite) {
    case COT_DTLS_CCM_8:
        return psk ? MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8
                   : MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8;
    case COT_DTLS_CCM:
        return psk ? MBEDTLS_TLS_PSK_WITH_AES_128_CCM : MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM;
    case COT_DTLS_GCM:
        return psk ? MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256
                   : MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    }
    return 0;
}

static int set_suites(side *s, const cot_dtls_client_config *c)
{
    static const cot_dtls_suite all[] = {COT_DTLS_CCM_8, COT_DTLS_CCM, COT_DTLS_GCM};
    const cot_dtls_suite *wanted = c->suites != NULL ? c->suites : all;
    size_t count = c->suites != NULL ? c->suite_count : sizeof all / sizeof all[0];
    size_t n = 0;
    for (size_t i = 0; i < count && n < COT_DTLS_GCM; i++) {
        int id = suite_id(c->mode == COT_PEER_PSK, wanted[i]);
        if (mbedtls_ssl_ciphersuite_from_id(id) != NULL)
            s->suites[n++] = id;
    }
    mbedtls_ssl_conf_ciphersuites(&s->conf, s->suites);
    return n > 0 ? 0 : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
}

/* ---- credentials ---- */

static int set_psk(side *s, const cot_dtls_client_config *c)
{
    uint8_t key[64];
    size_t len = 0;
    if (c->psk == NULL || c->psk(c->app, key, &len) != COT_OK || len == 0 || len > sizeof key)
        return MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED;
    int err = mbedtls_ssl_conf_psk(&s->conf, key, len, c->psk_identity.p, c->psk_identity.len);
    cot_wipe(key, sizeof key);
    return err;
}

static int parse_chain(mbedtls_x509_crt *into, const cot_dtls_blob *der, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int err = mbedtls_x509_crt_parse_der_nocopy(into, der[i].p, der[i].len);
        if (err != 0)
            return err;
    }
    return 0;
}

/* With a raw public key `own` stays empty: Mbed TLS only asks whether there is one. */
static int set_own(side *s, cot_dtls_handshake *h)
{
    const cot_dtls_client_config *c = h->client;
    int err = cot__sign_key_setup(&s->key, h);
    if (err != 0)
        return MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED;
    if (c->mode == COT_PEER_X509)
        err = parse_chain(&s->own, c->own_chain, c->own_chain_count);
    if (err == 0)
        err = mbedtls_ssl_conf_own_cert(&s->conf, &s->own, &s->key);
    return err;
}

/* Usages 2 and 3 know one certificate; with 3 the chain building's verdict is overruled, but Mbed
 * TLS wants some anchor. */
static int set_anchors(side *s, const cot_dtls_client_config *c)
{
    bool own_anchors =
        c->usage == COT_USAGE_CA_CONSTRAINT || c->usage == COT_USAGE_SERVICE_CONSTRAINT;
    int err = own_anchors ? parse_chain(&s->anchors, c->trust_anchors, c->trust_anchor_count)
                          : parse_chain(&s->anchors, &c->server_certificate, 1);
    if (err == 0)
        mbedtls_ssl_conf_ca_chain(&s->conf, &s->anchors, NULL);
    return err;
}

static int set_credentials(side *s, cot_dtls_handshake *h)
{
    const cot_dtls_client_config *c = h->client;
    if (c->mode == COT_PEER_PSK)
        return set_psk(s, c);
    int err = set_own(s, h);
    if (err == 0 && c->mode == COT_PEER_X509)
        err = set_anchors(s, c);
    return err;
}

bool cot__client_config_complete(const cot_dtls_client_config *c)
{
    bool key = c->sign != NULL || c->private_key != NULL;
    bool anchors = c->usage > COT_USAGE_SERVICE_CONSTRAINT || c->trust_anchor_count > 0;
    if (c->aead == NULL || c->random == NULL || c->cid_len > COT_DTLS_CID_IN_MAX ||
        (c->mtu != 0 && (c->mtu < 256 || c->mtu > 1500)))
        return false;
    switch (c->mode) {
    case COT_PEER_PSK:
        return c->psk != NULL && c->psk_identity.len > 0 && c->psk_identity.len <= 128;
    case COT_PEER_RPK:
        return key && c->own_spki.len > 0 && c->server_spki.len > 0;
    case COT_PEER_X509:
        return key && c->own_chain_count > 0 && c->server_certificate.len > 0 && anchors;
    case COT_PEER_NOSEC:
        break;
    }
    return false;
}

int cot__client_configure(cot_dtls_handshake *h)
{
    const cot_dtls_client_config *c = h->client;
    uint8_t cid[COT_DTLS_CID_IN_MAX];
    side *s = mbedtls_calloc(1, sizeof *s);
    if (s == NULL)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    mbedtls_x509_crt_init(&s->own);
    mbedtls_x509_crt_init(&s->anchors);
    int err = cot__conf_defaults(&s->conf, MBEDTLS_SSL_IS_CLIENT,
                                 c->retry_min_ms == 0 ? 1000 : c->retry_min_ms,
                                 c->retry_max_ms == 0 ? 60000 : c->retry_max_ms);
    if (err != 0)
        return err;
    mbedtls_ssl_conf_rng(&s->conf, random_bytes, h);
    err = set_suites(s, c);
    if (err == 0)
        err = set_credentials(s, h);
    if (err == 0 && c->cid)
        err = mbedtls_ssl_conf_cid(&s->conf, c->cid_len, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    if (err == 0)
        err = cot__handshake_setup(h, &s->conf, c->mtu);
    if (err == 0 && c->cid && c->cid_len > 0)
        err = random_bytes(h, cid, c->cid_len);
    if (err == 0 && c->cid)
        err = mbedtls_ssl_set_cid(&h->ssl, MBEDTLS_SSL_CID_ENABLED, cid, c->cid_len);
    if (err == 0)
        err = mbedtls_ssl_set_hostname(&h->ssl, c->mode == COT_PEER_X509 ? c->server_name : NULL);
    mbedtls_ssl_set_verify(&h->ssl, cot__verify_certificate, h);
    return err;
}
