/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked of a peer's certificates beyond Mbed TLS's chain building: dates against the
 * caller's clock, LwM2M's certificate usages on the client, and on the server who the leaf is. */
#include "dtls/mbedtls/server_internal.h"

#include <mbedtls/oid.h>

#include <string.h>

int cot__sha256(cot_bytes in, uint8_t out[static 32])
{
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), in.p, in.len, out);
}

/* ---- dates ---- */

/* Seconds since 1970 of a proleptic Gregorian UTC time, for years from 1 on. */
static int64_t unix_time(const mbedtls_x509_time *t)
{
    int64_t y = t->mon <= 2 ? t->year - 1 : t->year;
    int64_t month = t->mon <= 2 ? t->mon + 9 : t->mon - 3; /* from March */
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * month + 2) / 5 + t->day - 719469;
    return ((days * 24 + t->hour) * 60 + t->min) * 60 + t->sec;
}

static uint32_t date_flags(const cot_dtls_handshake *h, const mbedtls_x509_crt *crt)
{
    int64_t (*clock)(void *) = h->server != NULL ? h->server->time : h->client->time;
    void *app = h->server != NULL ? h->server->app : h->client->app;
    if (clock == NULL)
        return 0;
    int64_t now = clock(app);
    if (now < unix_time(&crt->valid_from))
        return MBEDTLS_X509_BADCERT_FUTURE;
    return now > unix_time(&crt->valid_to) ? MBEDTLS_X509_BADCERT_EXPIRED : 0;
}

/* ---- the server's peer ---- */

/* As text, or false: too long, or with bytes that do not belong into a name. */
static bool take_name(cot_dtls_need *need, const mbedtls_x509_buf *b)
{
    if (b->len == 0 || b->len >= sizeof need->name)
        return false;
    for (size_t i = 0; i < b->len; i++) {
        if (b->p[i] < 0x20 || b->p[i] == 0x7f)
            return false;
    }
    memcpy(need->name, b->p, b->len);
    need->name[b->len] = '\0';
    return true;
}

static bool take_common_name(cot_dtls_need *need, const mbedtls_x509_crt *crt)
{
    for (const mbedtls_x509_name *n = &crt->subject; n != NULL; n = n->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0)
            return take_name(need, &n->val);
    }
    return false;
}

static void take_alternative_name(cot_dtls_need *need, const mbedtls_x509_crt *crt)
{
    const int wanted[] = {MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME,
                          MBEDTLS_ASN1_CONTEXT_SPECIFIC |
                              MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const mbedtls_x509_sequence *s = &crt->subject_alt_names;
        for (; s != NULL && s->buf.p != NULL; s = s->next) {
            if (s->buf.tag == wanted[i] && take_name(need, &s->buf))
                return;
        }
    }
}

static int note_leaf(cot_dtls_handshake *h, const mbedtls_x509_crt *crt)
{
    h->need.name[0] = '\0';
    if (!take_common_name(&h->need, crt))
        take_alternative_name(&h->need, crt);
    int err = cot__sha256((cot_bytes){crt->pk_raw.p, crt->pk_raw.len}, h->need.key_hash);
    if (err == 0)
        err = cot__sha256((cot_bytes){crt->raw.p, crt->raw.len}, h->need.cert_hash);
    return err;
}

/* ---- the client's peer ---- */

/* Called from the chain's top down to the leaf, depth 0, where the verdict is given. */
static void apply_usage(cot_dtls_handshake *h, const mbedtls_x509_crt *crt, int depth,
                        uint32_t *flags)
{
    const cot_dtls_blob *given = &h->client->server_certificate;
    bool equal =
        cot_bytes_equal((cot_bytes){crt->raw.p, crt->raw.len}, (cot_bytes){given->p, given->len});
    if (depth > 0 && equal)
        h->chain_matches = true;
    switch (h->client->usage) {
    case COT_USAGE_CA_CONSTRAINT:
        if (depth == 0 && !h->chain_matches)
            *flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        break;
    case COT_USAGE_SERVICE_CONSTRAINT:
        if (depth == 0 && !equal)
            *flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        break;
    case COT_USAGE_TRUST_ANCHOR: /* it is the only anchor of the chain building */
        break;
    case COT_USAGE_DOMAIN_ISSUED:
        *flags = depth == 0 && !equal ? MBEDTLS_X509_BADCERT_NOT_TRUSTED : 0;
        break;
    }
}

int cot__verify_certificate(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    cot_dtls_handshake *h = ctx;
    *flags |= date_flags(h, crt);
    if (h->client != NULL)
        apply_usage(h, crt, depth, flags);
    else if (depth == 0)
        return note_leaf(h, crt);
    return 0;
}
