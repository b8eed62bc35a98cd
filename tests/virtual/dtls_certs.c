/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates by libcrypto. A failure ends the test program. */
#include "tests/virtual/dtls_certs.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int ok, const char *what)
{
    if (ok <= 0) {
        fprintf(stderr, "dtls_certs: %s\n", what);
        abort();
    }
}

void cert_make_key(cert_key *out)
{
    uint8_t *p = out->spki;
    BIGNUM *d = NULL;
    out->key = EVP_EC_gen("P-256");
    must(out->key != NULL, "key");
    int n = i2d_PUBKEY(out->key, &p);
    must(n, "spki");
    out->spki_len = (size_t)n;
    must(EVP_PKEY_get_bn_param(out->key, OSSL_PKEY_PARAM_PRIV_KEY, &d), "scalar");
    must(BN_bn2binpad(d, out->scalar, sizeof out->scalar), "scalar bytes");
    BN_free(d);
}

static void add_extension(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
    must(e != NULL && X509_add_ext(x, e, -1), value);
    X509_EXTENSION_free(e);
}

static X509 *parse(const cert *c)
{
    const uint8_t *p = c->der;
    X509 *x = d2i_X509(NULL, &p, (long)c->der_len);
    must(x != NULL, "parse");
    return x;
}

void cert_make(cert *out, const cert_wish *wish)
{
    static long serial = 1;
    if (out->key.key == NULL)
        cert_make_key(&out->key);
    X509 *x = X509_new();
    X509 *issuer = wish->issuer == NULL ? NULL : parse(wish->issuer);
    X509V3_CTX ctx;
    must(x != NULL && X509_set_version(x, 2), "new");
    must(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++), "serial");
    X509_NAME *name = X509_get_subject_name(x);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)wish->name, -1, -1,
                                    0),
         "name");
    must(X509_set_issuer_name(x, issuer == NULL ? name : X509_get_subject_name(issuer)), "issuer");
    must(ASN1_TIME_set(X509_getm_notBefore(x), wish->not_before) != NULL, "not before");
    must(ASN1_TIME_set(X509_getm_notAfter(x), wish->not_after) != NULL, "not after");
    must(X509_set_pubkey(x, out->key.key), "public key");
    X509V3_set_ctx(&ctx, issuer == NULL ? x : issuer, x, NULL, NULL, 0);
    add_extension(x, &ctx, NID_basic_constraints,
                  wish->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(x, &ctx, NID_key_usage,
                  wish->ca ? "critical,keyCertSign" : "critical,digitalSignature");
    if (wish->dns != NULL) {
        char san[128];
        snprintf(san, sizeof san, "DNS:%s", wish->dns);
        add_extension(x, &ctx, NID_subject_alt_name, san);
    }
    EVP_PKEY *signer = wish->issuer == NULL ? out->key.key : wish->issuer->key.key;
    must(X509_sign(x, signer, EVP_sha256()), "sign");
    uint8_t *p = out->der;
    int n = i2d_X509(x, NULL);
    must(n > 0 && (size_t)n <= sizeof out->der && i2d_X509(x, &p) == n, "size");
    out->der_len = (size_t)n;
    X509_free(x);
    X509_free(issuer);
}

void cert_free(cert *c)
{
    EVP_PKEY_free(c->key.key);
    memset(c, 0, sizeof *c);
}

cot_dtls_blob cert_der(const cert *c)
{
    return (cot_dtls_blob){c->der, c->der_len};
}

cot_dtls_blob cert_spki(const cert *c)
{
    return (cot_dtls_blob){c->key.spki, c->key.spki_len};
}

size_t cert_sign_der(const cert_key *k, const uint8_t digest[static 32], uint8_t out[static 72])
{
    size_t len = 72;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);
    must(ctx != NULL && EVP_PKEY_sign_init(ctx) && EVP_PKEY_sign(ctx, out, &len, digest, 32),
         "signature");
    EVP_PKEY_CTX_free(ctx);
    return len;
}

void cert_sign_raw(const cert_key *k, const uint8_t digest[static 32], uint8_t out[static 64])
{
    uint8_t der[72];
    const uint8_t *p = der;
    size_t len = cert_sign_der(k, digest, der);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
    must(sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
             BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32,
         "raw signature");
    ECDSA_SIG_free(sig);
}
