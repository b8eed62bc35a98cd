/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates of a simulated fleet, by libcrypto. */
#include "sim/credentials.h"

#include "core/base/bytes.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *file, const char *what)
{
    fprintf(stderr, "cotter-sim: %s: %s\n", file, what);
    return false;
}

static bool make_secret(const char *file, uint8_t out[static SIM_SECRET])
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return complain(file, strerror(errno));
    bool ok = RAND_bytes(out, SIM_SECRET) == 1 && write(fd, out, SIM_SECRET) == SIM_SECRET;
    return (close(fd) == 0 && ok) || complain(file, "cannot write the secret");
}

bool sim_credentials_open(sim_credentials *c, cot_peer_mode mode, const char *file)
{
    struct stat st;
    memset(c, 0, sizeof *c);
    c->mode = mode;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? make_secret(file, c->secret) : complain(file, strerror(errno));
    bool own = fstat(fd, &st) == 0 && (st.st_mode & 077) == 0;
    bool ok = own && read(fd, c->secret, SIM_SECRET) == SIM_SECRET;
    close(fd);
    if (!own)
        return complain(file, "must be readable by its owner only (chmod 600)");
    return ok || complain(file, "is not a fleet's secret of 32 bytes");
}

bool sim_credentials_shared(sim_credentials *c, const char *file)
{
    char hex[2 * SIM_PSK + 1] = "";
    size_t len = 0;
    FILE *f = fopen(file, "r");
    memset(c, 0, sizeof *c);
    c->mode = COT_PEER_PSK;
    c->shared = true;
    if (f == NULL)
        return complain(file, strerror(errno));
    bool ok = fgets(hex, sizeof hex, f) != NULL &&
              OPENSSL_hexstr2buf_ex(c->key, sizeof c->key, &len, hex, '\0') == 1 && len == SIM_PSK;
    fclose(f);
    cot_wipe(hex, sizeof hex);
    return ok || complain(file, "is not a key of 32 hex digits");
}

static bool open_pem(FILE **f, const char *dir, const char *name, char path[static 512])
{
    (void)snprintf(path, 512, "%s%s%s", dir, name[0] != '\0' ? "/" : "", name);
    *f = fopen(path, "r");
    return *f != NULL || complain(path, strerror(errno));
}

bool sim_credentials_ca(sim_credentials *c, const char *dir)
{
    char path[512];
    FILE *f;
    if (!open_pem(&f, dir, "ca.pem", path))
        return false;
    c->ca = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    if (c->ca == NULL)
        return complain(path, "is not a certificate");
    if (!open_pem(&f, dir, "ca.key", path))
        return false;
    c->ca_key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return c->ca_key != NULL || complain(path, "is not a private key");
}

bool sim_credentials_server(sim_credentials *c, const char *file)
{
    char path[512];
    uint8_t *der = NULL;
    int len = -1;
    FILE *f;
    if (!open_pem(&f, file, "", path))
        return false;
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    if (x != NULL && c->mode == COT_PEER_X509)
        len = i2d_X509(x, &der);
    else if (x != NULL)
        len = i2d_PUBKEY(X509_get0_pubkey(x), &der);
    X509_free(x);
    fclose(f);
    if (len <= 0)
        return complain(path, "is not a certificate");
    c->server = (cot_dtls_blob){der, (size_t)len};
    return true;
}

void sim_credentials_close(sim_credentials *c)
{
    EVP_PKEY_free(c->ca_key);
    X509_free(c->ca);
    OPENSSL_free((void *)(uintptr_t)c->server.p);
    cot_wipe(c, sizeof *c);
}

static void derive(const sim_credentials *c, const char *endpoint, uint8_t out[static 32])
{
    unsigned len = 32;
    (void)HMAC(EVP_sha256(), c->secret, SIM_SECRET, (const uint8_t *)endpoint, strlen(endpoint),
               out, &len);
}

void sim_credentials_psk(const sim_credentials *c, const char *endpoint,
                         uint8_t out[static SIM_PSK])
{
    uint8_t full[32];
    if (c->shared) {
        memcpy(out, c->key, SIM_PSK);
        return;
    }
    derive(c, endpoint, full);
    memcpy(out, full, SIM_PSK);
    cot_wipe(full, sizeof full);
}

/* The P-256 key whose scalar is `scalar`. NULL when it is out of range (never in practice). */
static EVP_PKEY *key_of(const uint8_t scalar[static 32])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *d = BN_bin2bn(scalar, 32, NULL);
    EC_POINT *q = group == NULL ? NULL : EC_POINT_new(group);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    uint8_t point[65];
    if (d != NULL && q != NULL && bld != NULL && ctx != NULL &&
        EC_POINT_mul(group, q, d, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL) ==
            sizeof point &&
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1) {
        OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
        if (EVP_PKEY_fromdata_init(ctx) == 1)
            (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
        OSSL_PARAM_free(params);
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_BLD_free(bld);
    EC_POINT_free(q);
    BN_clear_free(d);
    EC_GROUP_free(group);
    return key;
}

static bool issue(const sim_credentials *c, const char *endpoint, EVP_PKEY *key, sim_identity *out)
{
    uint8_t serial[16];
    uint8_t *p = out->der;
    X509 *x = X509_new();
    BIGNUM *number = NULL;
    bool ok = x != NULL && RAND_bytes(serial, sizeof serial) == 1;
    if (ok) {
        serial[0] &= 0x7f;
        number = BN_bin2bn(serial, sizeof serial, NULL);
        X509_NAME *name = X509_get_subject_name(x);
        ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL &&
             X509_set_version(x, 2) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(x), 30 * 24 * 3600) != NULL &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)endpoint, -1,
                                        -1, 0) == 1 &&
             X509_set_issuer_name(x, X509_get_subject_name(c->ca)) == 1 &&
             X509_set_pubkey(x, key) == 1 && X509_sign(x, c->ca_key, EVP_sha256()) > 0;
    }
    int len = ok ? i2d_X509(x, NULL) : -1;
    ok = len > 0 && (size_t)len <= sizeof out->der && i2d_X509(x, &p) == len;
    out->der_len = ok ? (size_t)len : 0;
    BN_free(number);
    X509_free(x);
    return ok;
}

bool sim_credentials_identity(const sim_credentials *c, const char *endpoint, sim_identity *out)
{
    memset(out, 0, sizeof *out);
    derive(c, endpoint, out->private_key);
    EVP_PKEY *key = key_of(out->private_key);
    bool ok = false;
    if (key != NULL && c->mode == COT_PEER_X509) {
        ok = issue(c, endpoint, key, out);
    } else if (key != NULL) {
        uint8_t *p = out->der;
        int len = i2d_PUBKEY(key, NULL);
        ok = len > 0 && (size_t)len <= sizeof out->der && i2d_PUBKEY(key, &p) == len;
        out->der_len = ok ? (size_t)len : 0;
    }
    EVP_PKEY_free(key);
    return ok;
}
