/* SPDX-License-Identifier: Apache-2.0 */
/* A device's credentials: made, told to the server, written for the device. */
#include "cli/credentials.h"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is(const cli_credentials *k, const char *mode)
{
    return strcmp(k->mode, mode) == 0;
}

static bool make_psk(cli_credentials *k)
{
    uint8_t raw[16];
    if (RAND_bytes(raw, sizeof raw) != 1) {
        cli_error("no random bytes");
        return false;
    }
    for (size_t i = 0; i < sizeof raw; i++) {
        (void)snprintf(k->psk + 2 * i, 3, "%02x", (unsigned)raw[i]);
    }
    cot_wipe(raw, sizeof raw);
    return true;
}

bool cli_credentials_make(cli_credentials *k, const char *ca_dir)
{
    cli_ca ca;
    if (is(k, "nosec")) {
        return true;
    }
    if (is(k, "psk")) {
        return make_psk(k);
    }
    k->key = cli_p256_new();
    if (k->key == NULL || is(k, "rpk")) {
        return k->key != NULL;
    }
    bool is_new = !cli_ca_exists(ca_dir);
    if (!cli_ca_open(ca_dir, &ca)) {
        return false;
    }
    if (is_new) {
        (void)fprintf(
            stderr,
            "Made a new CA in %s. cotterd trusts it when its configuration says client_ca = "
            "\"…/ca.pem\".\n",
            ca_dir);
    }
    k->certificate = cli_ca_issue(&ca, k->endpoint, k->key);
    cli_ca_close(&ca);
    return k->certificate != NULL;
}

static bool take_certificate(cli_credentials *k, const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    k->server_certificate = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    return k->server_certificate != NULL;
}

/* An address to reach "0.0.0.0:5684" from here is loopback's. */
static void reachable(char out[static 300], const char *scheme, const char *listen)
{
    const char *port = strrchr(listen, ':');
    bool any = strncmp(listen, "0.0.0.0:", 8) == 0 || strncmp(listen, "[::]:", 5) == 0;
    (void)snprintf(out, 300, "%s://%.200s", scheme, any && port != NULL ? "127.0.0.1" : listen);
    if (any && port != NULL) {
        (void)snprintf(out + strlen(out), 300 - strlen(out), "%.10s", port);
    }
}

bool cli_credentials_server(cli_credentials *k, const json_t *status, const char *uri)
{
    const char *scheme = is(k, "nosec") ? "coap" : "coaps";
    const char *listen = json_string_value(json_array_get(json_object_get(status, scheme), 0));
    if (uri != NULL) {
        (void)snprintf(k->server, sizeof k->server, "%s", uri);
    } else if (listen == NULL) {
        cli_error("the server listens on no %s address; give the device one with --uri", scheme);
        return false;
    } else {
        reachable(k->server, scheme, listen);
    }
    k->server_spki = strdup(cli_text(status, "server_public_key"));
    if (k->key != NULL && (k->server_spki == NULL || k->server_spki[0] == '\0' ||
                           !take_certificate(k, cli_text(status, "server_certificate")))) {
        cli_error("the server's status shows no key of its own");
        return false;
    }
    return true;
}

json_t *cli_credentials_request(const cli_credentials *k, const char *group)
{
    json_t *body = json_pack("{s:s, s:s}", "endpoint", k->endpoint, "mode", k->mode);
    if (group != NULL) {
        (void)json_object_set_new(body, "group", json_string(group));
    }
    if (is(k, "psk")) {
        (void)json_object_set_new(body, "identity", json_string(k->endpoint));
        (void)json_object_set_new(body, "secret", json_string(k->psk));
    } else if (is(k, "x509")) {
        (void)json_object_set_new(body, "identity", json_string(k->endpoint));
    } else if (is(k, "rpk")) {
        char *spki = cli_spki(k->key);
        (void)json_object_set_new(body, "public_key", json_string(spki));
        free(spki);
    }
    return body;
}

static void line(FILE *f, const char *key, char *value)
{
    (void)fprintf(f, "%s = %s\n", key, value != NULL ? value : "");
    free(value);
}

static bool write_private(FILE *f, const cli_credentials *k)
{
    uint8_t scalar[32];
    bool ok = cli_p256_scalar(k->key, scalar);
    char *hex = ok ? cli_hex(scalar, sizeof scalar) : NULL;
    cot_wipe(scalar, sizeof scalar);
    if (hex == NULL) {
        return false;
    }
    (void)fprintf(f, "private_key = %s\n", hex);
    cot_wipe(hex, strlen(hex));
    free(hex);
    return true;
}

bool cli_credentials_write(const cli_credentials *k, const char *file)
{
    bool ok = true;
    FILE *f = cli_create(file, true);
    if (f == NULL) {
        return false;
    }
    (void)fprintf(
        f,
        "# Credentials of one device, made by cotter device add. Whoever has them is it.\n"
        "endpoint = %s\nserver = %s\nmode = %s\n",
        k->endpoint, k->server, k->mode);
    if (is(k, "psk")) {
        (void)fprintf(f, "psk_identity = %s\npsk_key = %s\n", k->endpoint, k->psk);
    } else if (k->key != NULL) {
        ok = write_private(f, k);
    }
    if (is(k, "rpk")) {
        line(f, "public_key", cli_spki(k->key));
        (void)fprintf(f, "server_public_key = %s\n", k->server_spki);
    } else if (is(k, "x509")) {
        line(f, "certificate", cli_certificate(k->certificate));
        line(f, "server_certificate", cli_certificate(k->server_certificate));
        (void)fputs("certificate_usage = 3\n", f);
    }
    ok = cli_close(f, file) && ok;
    if (!ok) {
        (void)unlink(file);
    }
    return ok;
}

static bool put_der(const char *dir, const char *name, int len, unsigned char *der)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%.4000s/%s", dir, name);
    FILE *f = len > 0 ? cli_create(path, true) : NULL;
    bool ok = f != NULL && fwrite(der, 1, (size_t)len, f) == (size_t)len;
    if (f != NULL) {
        ok = cli_close(f, path) && ok;
    }
    OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
    return ok;
}

static unsigned char *pkcs8(const EVP_PKEY *key, int *len)
{
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    *len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
    PKCS8_PRIV_KEY_INFO_free(info);
    return der;
}

void cli_credentials_unexport(const char *dir)
{
    static const char *const names[] = {"key.der", "public.der", "server-public.der", "server.der",
                                        "certificate.der"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%.4000s/%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

bool cli_credentials_export(const cli_credentials *k, const char *dir)
{
    int len = 0;
    unsigned char *der = NULL;
    if (k->key == NULL) {
        cli_error("--der: a device of mode %s has no key pair", k->mode);
        return false;
    }
    if (mkdir(dir, 0700) != 0) {
        cli_error("%s: %s", dir, strerror(errno));
        return false;
    }
    der = pkcs8(k->key, &len);
    bool ok = put_der(dir, "key.der", len, der);
    der = NULL;
    len = i2d_PUBKEY(k->key, &der);
    ok = put_der(dir, "public.der", len, der) && ok;
    der = NULL;
    len = i2d_PUBKEY(X509_get0_pubkey(k->server_certificate), &der);
    ok = put_der(dir, "server-public.der", len, der) && ok;
    der = NULL;
    len = i2d_X509(k->server_certificate, &der);
    ok = put_der(dir, "server.der", len, der) && ok;
    if (ok && k->certificate != NULL) {
        der = NULL;
        len = i2d_X509(k->certificate, &der);
        ok = put_der(dir, "certificate.der", len, der);
    }
    if (!ok) {
        cli_credentials_unexport(dir);
    }
    return ok;
}

void cli_credentials_free(cli_credentials *k)
{
    cot_wipe(k->psk, sizeof k->psk);
    EVP_PKEY_free(k->key);
    X509_free(k->certificate);
    X509_free(k->server_certificate);
    free(k->server_spki);
}
