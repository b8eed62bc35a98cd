/* SPDX-License-Identifier: Apache-2.0 */
/* A small CA in a folder, and cotter ca init. Its ca.pem is what cotterd's client_ca names. */
#include "cli/cli.h"
#include "cli/identity.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY (24L * 60 * 60)

static void path_of(char out[static PATH_MAX], const char *dir, const char *name)
{
    (void)snprintf(out, PATH_MAX, "%.4000s/%s", dir, name);
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = e != NULL && X509_add_ext(certificate, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *n = BN_new();
    bool ok = n != NULL && BN_rand(n, 126, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(n, X509_get_serialNumber(certificate)) != NULL;
    BN_free(n);
    return ok;
}

static bool set_name(X509_NAME *name, const char *text)
{
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)text, -1, -1, 0) == 1;
}

/* Version 3, serial, lifetime, names and key; unsigned. */
static X509 *draft(const char *subject, EVP_PKEY *key, int days)
{
    X509 *x = X509_new();
    bool ok = x != NULL && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
              X509_gmtime_adj(X509_getm_notBefore(x), -DAY) != NULL &&
              X509_time_adj_ex(X509_getm_notAfter(x), days, 0, NULL) != NULL &&
              set_name(X509_get_subject_name(x), subject) && X509_set_pubkey(x, key) == 1;
    if (!ok) {
        X509_free(x);
        cli_error("no certificate can be made for '%s': its name has at most 64 characters",
                  subject);
        return NULL;
    }
    return x;
}

X509 *cli_ca_issue(const cli_ca *ca, const char *endpoint, EVP_PKEY *key)
{
    X509 *x = draft(endpoint, key, 20 * 365);
    if (x == NULL) {
        return NULL;
    }
    bool ok = X509_set_issuer_name(x, X509_get_subject_name(ca->certificate)) == 1 &&
              add_extension(x, ca->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(x, ca->certificate, NID_key_usage, "critical,digitalSignature") &&
              add_extension(x, ca->certificate, NID_ext_key_usage, "clientAuth") &&
              add_extension(x, ca->certificate, NID_authority_key_identifier, "keyid") &&
              X509_sign(x, ca->key, EVP_sha256()) > 0;
    if (!ok) {
        X509_free(x);
        cli_error("the CA cannot sign a certificate for %s", endpoint);
        return NULL;
    }
    return x;
}

static bool write_key(const char *path, EVP_PKEY *key)
{
    FILE *f = cli_create(path, true);
    if (f == NULL) {
        return false;
    }
    bool ok = PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    return cli_close(f, path) && ok;
}

static bool write_certificate(const char *path, X509 *x)
{
    FILE *f = cli_create(path, false);
    if (f == NULL) {
        return false;
    }
    bool ok = PEM_write_X509(f, x) == 1;
    return cli_close(f, path) && ok;
}

static bool make(const char *dir, cli_ca *ca)
{
    char path[PATH_MAX];
    if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
        cli_error("%s: %s", dir, strerror(errno));
        return false;
    }
    ca->key = cli_p256_new();
    ca->certificate = ca->key != NULL ? draft("Cotter factory CA", ca->key, 30 * 365) : NULL;
    X509 *x = ca->certificate;
    if (x == NULL || X509_set_issuer_name(x, X509_get_subject_name(x)) != 1 ||
        !add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(x, x, NID_subject_key_identifier, "hash") ||
        X509_sign(x, ca->key, EVP_sha256()) <= 0) {
        cli_error("no CA can be made");
        return false;
    }
    path_of(path, dir, "ca.key");
    if (!write_key(path, ca->key)) {
        return false;
    }
    path_of(path, dir, "ca.pem");
    return write_certificate(path, x);
}

static bool load(const char *dir, cli_ca *ca)
{
    char path[PATH_MAX];
    path_of(path, dir, "ca.key");
    FILE *f = cli_open_private(path);
    if (f == NULL) {
        return false;
    }
    ca->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    (void)fclose(f);
    path_of(path, dir, "ca.pem");
    f = fopen(path, "re");
    ca->certificate = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f != NULL) {
        (void)fclose(f);
    }
    if (ca->key == NULL || ca->certificate == NULL ||
        X509_check_private_key(ca->certificate, ca->key) != 1) {
        cli_error("%s: ca.key and ca.pem are not a readable pair", dir);
        return false;
    }
    return true;
}

bool cli_ca_exists(const char *dir)
{
    char path[PATH_MAX];
    path_of(path, dir, "ca.pem");
    return access(path, F_OK) == 0;
}

bool cli_ca_open(const char *dir, cli_ca *out)
{
    *out = (cli_ca){0};
    if (cli_ca_exists(dir) ? load(dir, out) : make(dir, out)) {
        return true;
    }
    cli_ca_close(out);
    return false;
}

void cli_ca_close(cli_ca *ca)
{
    X509_free(ca->certificate);
    EVP_PKEY_free(ca->key);
    *ca = (cli_ca){0};
}

static int run(cli *c, const char *const *args, int count)
{
    cli_ca ca;
    char full[PATH_MAX];
    (void)c;
    (void)count;
    if (cli_ca_exists(args[0])) {
        cli_error("%s: holds a CA already", args[0]);
        return CLI_FAILED;
    }
    if (!cli_ca_open(args[0], &ca)) {
        return CLI_FAILED;
    }
    cli_ca_close(&ca);
    (void)printf("Made %s/ca.key (keep it offline) and %s/ca.pem. For cotterd.conf:\n"
                 "  client_ca = \"%s/ca.pem\"\n",
                 args[0], args[0], realpath(args[0], full) != NULL ? full : args[0]);
    return CLI_OK;
}

const cli_command cli_ca_init = {
    .name = "ca init",
    .arguments = "DIR",
    .min_args = 1,
    .max_args = 1,
    .summary = "make a small CA for device certificates in DIR",
    .run = run,
};
