/* SPDX-License-Identifier: Apache-2.0 */
/* The server's configuration and its side of a handshake: suites, certificate types, questions. */
#include "dtls/mbedtls/server_internal.h"

#include "dtls/hello.h"

#include <mbedtls/platform.h>

#include <string.h>

#define RECORD_AND_HANDSHAKE_HEADERS 25u

/* PSK first: a client that offers both kinds has a key of that kind. */
static const int suites_all[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
                                 MBEDTLS_TLS_PSK_WITH_AES_128_CCM,
                                 MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                 0};

/* ---- callbacks of the configuration ---- */

static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
    const cot_dtls_server *s = ctx;
    return s->random(s->app, out, len) == COT_OK ? 0 : MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
}

/* The cookie was verified before the handshake began: cookie.c. */
static int cookie_write(void *ctx, unsigned char **p, unsigned char *end, const unsigned char *info,
                        size_t len)
{
    (void)ctx;
    (void)p;
    (void)end;
    (void)info;
    (void)len;
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int cookie_check(void *ctx, const unsigned char *cookie, size_t cookie_len,
                        const unsigned char *info, size_t len)
{
    (void)ctx;
    (void)cookie;
    (void)cookie_len;
    (void)info;
    (void)len;
    return 0;
}

/* The premaster secret that Mbed TLS makes of this key is never used: wrap_derive_keys.c. Called
 * again when the message is read again. */
static int psk_identity(void *ctx, mbedtls_ssl_context *ssl, const unsigned char *identity,
                        size_t len)
{
    static const unsigned char no_key[16];
    cot_dtls_handshake *h = cot__handshake_of(ssl);
    (void)ctx;
    h->identity_len = len <= sizeof h->identity ? len : 0;
    memcpy(h->identity, identity, h->identity_len);
    return mbedtls_ssl_set_hs_psk(ssl, no_key, sizeof no_key);
}

static int sign_start(mbedtls_ssl_context *ssl, mbedtls_x509_crt *cert, mbedtls_md_type_t md,
                      const unsigned char *hash, size_t hash_len)
{
    cot_dtls_handshake *h = cot__handshake_of(ssl);
    (void)cert;
    if (md != MBEDTLS_MD_SHA256 || hash_len != sizeof h->need.digest)
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    memcpy(h->need.digest, hash, hash_len);
    cot__handshake_ask(h, COT__ASK_SIGN);
    return MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}

static int sign_resume(mbedtls_ssl_context *ssl, unsigned char *out, size_t *out_len, size_t cap)
{
    cot_dtls_handshake *h = cot__handshake_of(ssl);
    if (!h->answered)
        return MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
    h->asking = COT__ASK_NOTHING;
    if (h->signature_len == 0 || h->signature_len > cap) {
        cot__handshake_refuse(h, COT_REFUSAL_LOCAL);
        return MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
    }
    memcpy(out, h->signature, h->signature_len);
    *out_len = h->signature_len;
    return 0;
}

static void sign_cancel(mbedtls_ssl_context *ssl)
{
    (void)ssl;
}

/* ---- making a server ---- */

static int parse_chain(mbedtls_x509_crt *into, const cot_dtls_blob *der, size_t count)
{
    mbedtls_x509_crt_init(into);
    for (size_t i = 0; i < count; i++) {
        int err = mbedtls_x509_crt_parse_der(into, der[i].p, der[i].len);
        if (err != 0)
            return err;
    }
    return 0;
}

static bool is_p256(const mbedtls_pk_context *pk)
{
    return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) &&
           mbedtls_pk_get_ec_group_id(pk) == MBEDTLS_ECP_DP_SECP256R1;
}

/* Without a chain, a certificate object that holds only the key: it lets Mbed TLS choose the ECDHE
 * suites and is never sent (wrap_write_certificate.c). */
static int load_keys(cot_dtls_server *s, const cot_dtls_server_config *config)
{
    int err = parse_chain(&s->own, config->chain, config->chain_count);
    if (err != 0)
        return err;
    s->types_own.x509 = config->chain_count > 0;
    s->types_own.rpk = config->rpk;
    if (config->rpk) {
        uint8_t *copy = mbedtls_calloc(1, config->spki.len);
        unsigned char *at = copy;
        if (copy == NULL)
            return MBEDTLS_ERR_SSL_ALLOC_FAILED;
        memcpy(copy, config->spki.p, config->spki.len);
        s->spki = (cot_bytes){copy, config->spki.len};
        mbedtls_pk_context pk;
        mbedtls_pk_init(&pk);
        err = mbedtls_pk_parse_subpubkey(&at, copy + config->spki.len, &pk);
        if (err != 0)
            return err;
        if (config->chain_count == 0)
            s->own.pk = pk;
        else
            mbedtls_pk_free(&pk);
    }
    if (!is_p256(&s->own.pk))
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    return mbedtls_ssl_conf_own_cert(&s->conf, &s->own, &s->own.pk);
}

static int load_anchors(cot_dtls_server *s, const cot_dtls_server_config *config)
{
    int err = parse_chain(&s->anchors, config->client_anchors, config->client_anchor_count);
    if (err != 0 || config->client_anchor_count == 0)
        return err;
    mbedtls_ssl_conf_ca_chain(&s->conf, &s->anchors, NULL);
    return 0;
}

static int configure(cot_dtls_server *s, const cot_dtls_server_config *config)
{
    bool certificates = config->rpk || config->chain_count > 0;
    int err = cot__conf_defaults(&s->conf, MBEDTLS_SSL_IS_SERVER,
                                 config->retry_min_ms == 0 ? 1000 : config->retry_min_ms,
                                 config->retry_max_ms == 0 ? 8000 : config->retry_max_ms);
    if (err != 0)
        return err;
    mbedtls_ssl_conf_rng(&s->conf, random_bytes, s);
    mbedtls_ssl_conf_ciphersuites(&s->conf, suites_all);
    mbedtls_ssl_conf_dtls_cookies(&s->conf, cookie_write, cookie_check, NULL);
    mbedtls_ssl_conf_cert_req_ca_list(&s->conf, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
    if (config->psk)
        mbedtls_ssl_conf_psk_cb(&s->conf, psk_identity, NULL);
    if (certificates) {
        mbedtls_ssl_conf_async_private_cb(&s->conf, sign_start, NULL, sign_resume, sign_cancel,
                                          NULL);
        err = load_keys(s, config);
        if (err == 0)
            err = load_anchors(s, config);
        s->types_client.x509 = config->client_anchor_count > 0;
        s->types_client.rpk = config->rpk;
    }
    if (err == 0 && config->cid)
        err =
            mbedtls_ssl_conf_cid(&s->conf, COT_DTLS_CID_IN_MAX, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    return err;
}

cot_status cot_dtls_server_init(cot_dtls_server **out, const cot_dtls_server_config *config,
                                void *memory, size_t len)
{
    if ((!config->psk && !config->rpk && config->chain_count == 0) ||
        (config->rpk && config->spki.len == 0))
        return COT_E_RANGE;
    cot_dtls_server *s = cot__aligned(memory, &len);
    if (len < sizeof *s)
        return COT_E_SPACE;
    memset(s, 0, sizeof *s);
    cot__arena_init(&s->arena, s + 1, len - sizeof *s);
    s->random = config->random;
    s->time = config->time;
    s->app = config->app;
    s->mtu = config->mtu;
    s->cid = config->cid;

    cot__arena *before = cot__arena_enter(&s->arena);
    int err = configure(s, config);
    cot__arena_enter(before);
    *out = s;
    if (err == 0)
        return COT_OK;
    return s->arena.peak + 4096 > s->arena.len ? COT_E_SPACE : COT_E_MALFORMED;
}

/* ---- one handshake ---- */

static bool read_hello(cot_bytes dgram, cot__hello *hello)
{
    if (dgram.len < RECORD_AND_HANDSHAKE_HEADERS)
        return false;
    return cot__client_hello_read(dgram.p + RECORD_AND_HANDSHAKE_HEADERS,
                                  dgram.len - RECORD_AND_HANDSHAKE_HEADERS, hello) == COT_OK;
}

bool cot_dtls_handshake_began_with(const cot_dtls_handshake *h, const uint8_t *dgram, size_t len)
{
    cot__hello hello;
    return h->first_taken && read_hello((cot_bytes){dgram, len}, &hello) &&
           memcmp(hello.random.p, h->client_random, sizeof h->client_random) == 0;
}

/* An offered connection ID that is longer than we can keep: the session goes on without. */
static void look_at_first(cot_dtls_handshake *h, cot_bytes dgram)
{
    cot__hello hello;
    cot_bytes content;
    if (!read_hello(dgram, &hello))
        return;
    memcpy(h->client_random, hello.random.p, sizeof h->client_random);
    if (cot__hello_extension(&hello, COT_DTLS_EXT_CONNECTION_ID, &content) &&
        content.len > 1 + COT_DTLS_CID_OUT_MAX && h->server->cid)
        (void)mbedtls_ssl_set_cid(&h->ssl, MBEDTLS_SSL_CID_DISABLED, NULL, 0);
}

/* The suite is chosen, and the ClientHello still in the input buffer. */
static int after_client_hello(cot_dtls_handshake *h)
{
    const mbedtls_ssl_context *ssl = &h->ssl;
    if (cot__handshake_is_psk(ssl)) {
        h->mode = COT_PEER_PSK;
        return 0;
    }
    size_t header = mbedtls_ssl_hs_hdr_len(ssl);
    cot_bytes body = {ssl->in_msg + header, ssl->in_hslen - header};
    cot_status err = cot__rpk_choose(body, h->server->types_client, h->server->types_own, &h->rpk);
    if (err != COT_OK) {
        cot__handshake_refuse(h, err == COT_E_UNSUPPORTED ? COT_REFUSAL_NO_COMMON_SUITE
                                                          : COT_REFUSAL_PROTOCOL);
        return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
    }
    h->mode = h->rpk.client ? COT_PEER_RPK : COT_PEER_X509;
    return 0;
}

static int stepped(cot_dtls_handshake *h, int before)
{
    if (before == MBEDTLS_SSL_CLIENT_HELLO && h->ssl.state == MBEDTLS_SSL_SERVER_HELLO)
        return after_client_hello(h);
    /* The client has proven that it holds its key: now ask whether it is one of ours. */
    if (before == MBEDTLS_SSL_CERTIFICATE_VERIFY && h->mode != COT_PEER_PSK) {
        if (h->ssl.session_negotiate->peer_cert_digest == NULL)
            return MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE;
        cot__handshake_ask(h, COT__ASK_CREDENTIAL);
    }
    return 0;
}

static const cot__side server_side = {look_at_first, stepped};

cot_status cot_dtls_handshake_start(cot_dtls_handshake **out, const cot_dtls_server *server,
                                    void *memory, size_t len,
                                    const uint8_t cid[static COT_DTLS_CID_IN_MAX], cot_ms now)
{
    cot_dtls_handshake *h = cot__handshake_make(memory, len);
    if (h == NULL)
        return COT_E_SPACE;
    h->server = server;
    h->side = &server_side;
    h->now = now;
    cot__arena *before = cot__arena_enter(&h->arena);
    int err = cot__handshake_setup(h, &server->conf, server->mtu);
    if (err == 0)
        err = mbedtls_ssl_set_client_transport_id(&h->ssl, (const unsigned char *)"-", 1);
    if (err == 0 && server->cid)
        err = mbedtls_ssl_set_cid(&h->ssl, MBEDTLS_SSL_CID_ENABLED, cid, COT_DTLS_CID_IN_MAX);
    mbedtls_ssl_set_verify(&h->ssl, cot__verify_certificate, h);
    cot__arena_enter(before);
    *out = h;
    return err == 0 ? COT_OK : COT_E_SPACE;
}

/* ---- answers ---- */

const cot_dtls_need *cot_dtls_handshake_need(const cot_dtls_handshake *h)
{
    return &h->need;
}

const char *cot_dtls_handshake_claimed_name(const cot_dtls_handshake *h)
{
    return h->need.name;
}

static bool asked_for(const cot_dtls_handshake *h, cot__asking what)
{
    return h->asking == what && h->asked && !h->answered;
}

cot_status cot_dtls_answer_psk(cot_dtls_handshake *h, const uint8_t master[static 48], bool known)
{
    if (!asked_for(h, COT__ASK_PSK))
        return COT_E_STATE;
    memcpy(h->master, master, sizeof h->master);
    h->identity_known = known;
    h->answered = true;
    return COT_OK;
}

cot_status cot_dtls_answer_credential(cot_dtls_handshake *h, bool accept)
{
    if (!asked_for(h, COT__ASK_CREDENTIAL))
        return COT_E_STATE;
    h->accepted = accept;
    h->answered = true;
    return COT_OK;
}

cot_status cot_dtls_answer_sign(cot_dtls_handshake *h, const uint8_t *der, size_t der_len)
{
    if (!asked_for(h, COT__ASK_SIGN))
        return COT_E_STATE;
    if (der_len > sizeof h->signature)
        return COT_E_RANGE;
    if (der_len > 0)
        memcpy(h->signature, der, der_len);
    h->signature_len = der_len;
    h->answered = true;
    return COT_OK;
}
