/* SPDX-License-Identifier: Apache-2.0 */
/* P-256 through libcrypto; one signing context is prepared once and used again. */
#include "server/keys/sign.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <stdlib.h>

#define CERTIFICATE_DAYS 7300L /* twenty years: devices pin the key, a change of it is a campaign */

struct keys_signer {
    EVP_PKEY *key;
    EVP_PKEY_CTX *ctx;
};

/* DER that libcrypto allocated, `n` bytes (≤ 0: failed), into the caller's buffer; frees it. */
static cot_status take_der(unsigned char *der, int n, uint8_t *out, size_t *len)
{
    cot_status s = COT_E_IO;
    *len = 0;
    if (n > 0 && (size_t)n <= KEYS_DER_MAX) {
        cot_writer w;
        cot_writer_init(&w, out, KEYS_DER_MAX);
        cot_write_bytes(&w, der, (size_t)n);
        *len = w.len;
        s = COT_OK;
    }
    if (der != NULL && n > 0)
        OPENSSL_clear_free(der, (size_t)n);
    return s;
}

cot_status keys_signer_create(uint8_t out[static KEYS_DER_MAX], size_t *len)
{
    unsigned char *der = NULL;
    int n = 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    PKCS8_PRIV_KEY_INFO *info = key == NULL ? NULL : EVP_PKEY2PKCS8(key);
    if (info != NULL)
        n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    return take_der(der, n, out, len);
}

keys_signer *keys_signer_load(cot_bytes pkcs8)
{
    const unsigned char *p = pkcs8.p;
    char group[32] = "";
    keys_signer *s = calloc(1, sizeof *s);
    if (s == NULL || pkcs8.len > LONG_MAX) {
        free(s);
        return NULL;
    }
    s->key = d2i_AutoPrivateKey(NULL, &p, (long)pkcs8.len);
    if (s->key != NULL && EVP_PKEY_get_group_name(s->key, group, sizeof group, NULL) == 1 &&
        OBJ_sn2nid(group) == NID_X9_62_prime256v1)
        s->ctx = EVP_PKEY_CTX_new(s->key, NULL);
    if (s->ctx != NULL && EVP_PKEY_sign_init(s->ctx) == 1 &&
        EVP_PKEY_CTX_set_signature_md(s->ctx, EVP_sha256()) == 1)
        return s;
    keys_signer_free(s);
    return NULL;
}

void keys_signer_free(keys_signer *s)
{
    if (s == NULL)
        return;
    EVP_PKEY_CTX_free(s->ctx);
    EVP_PKEY_free(s->key);
    free(s);
}

static bool add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool good = e != NULL && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return good;
}

static bool fill_certificate(X509 *x, EVP_PKEY *key)
{
    uint8_t serial[16];
    if (RAND_bytes(serial, sizeof serial) != 1)
        return false;
    serial[0] = (uint8_t)((serial[0] & 0x7F) | 0x40); /* positive, of full length */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    X509_NAME *name = X509_get_subject_name(x);
    bool good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL &&
                X509_set_version(x, X509_VERSION_3) == 1 &&
                X509_gmtime_adj(X509_getm_notBefore(x), -86400L) != NULL &&
                X509_time_adj_ex(X509_getm_notAfter(x), (int)CERTIFICATE_DAYS, 0, NULL) != NULL &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                           (const unsigned char *)"cotterd", -1, -1, 0) == 1 &&
                X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
                add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
                add_extension(x, NID_key_usage, "critical,digitalSignature") &&
                add_extension(x, NID_ext_key_usage, "serverAuth") &&
                X509_sign(x, key, EVP_sha256()) > 0;
    BN_free(number);
    return good;
}

cot_status keys_signer_certificate(const keys_signer *s, uint8_t out[static KEYS_DER_MAX],
                                   size_t *len)
{
    unsigned char *der = NULL;
    int n = 0;
    X509 *x = X509_new();
    if (x != NULL && fill_certificate(x, s->key))
        n = i2d_X509(x, &der);
    X509_free(x);
    return take_der(der, n, out, len);
}

bool keys_signer_fits(const keys_signer *s, cot_bytes certificate)
{
    const unsigned char *p = certificate.p;
    X509 *x = certificate.len > LONG_MAX ? NULL : d2i_X509(NULL, &p, (long)certificate.len);
    bool fits = x != NULL && X509_check_private_key(x, s->key) == 1;
    X509_free(x);
    return fits;
}

cot_status keys_sign(keys_signer *s, const uint8_t digest[static 32],
                     uint8_t out[static KEYS_SIGNATURE_MAX], size_t *len)
{
    *len = KEYS_SIGNATURE_MAX;
    if (EVP_PKEY_sign(s->ctx, out, len, digest, 32) == 1)
        return COT_OK;
    *len = 0;
    return COT_E_IO;
}
