/* SPDX-License-Identifier: Apache-2.0 */
/* cotter release sign: put an ECDSA P-256 signature over the manifest into a release file. */
#include "cli/release.h"
#include "core/cose/host/crypto_libcrypto.h"
#include "core/suit/write.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include <stdlib.h>
#include <string.h>

static EVP_PKEY *read_key(const char *file, const char *passphrase_file)
{
    char passphrase[256] = "";
    FILE *f = cli_open_private(file);
    if (f == NULL) {
        return NULL;
    }
    EVP_PKEY *key = NULL;
    if (cli_passphrase(passphrase_file, false, passphrase, sizeof passphrase)) {
        key = PEM_read_PrivateKey(f, NULL, NULL, passphrase);
        if (key == NULL) {
            cli_error("%s: wrong passphrase, or no private key in PEM", file);
        }
    }
    cot_wipe(passphrase, sizeof passphrase);
    (void)fclose(f);
    return key;
}

/* r and s, 32 bytes each, from the DER form. */
static bool raw_of(const uint8_t *der, size_t len, uint8_t out[static 64])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool ok = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32;
    ECDSA_SIG_free(sig);
    return ok;
}

static bool sign_digest(EVP_PKEY *key, const uint8_t tbs[static 32], uint8_t out[static 64])
{
    uint8_t der[80];
    size_t len = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
              EVP_PKEY_sign(ctx, der, &len, tbs, 32) == 1 && raw_of(der, len, out);
    EVP_PKEY_CTX_free(ctx);
    if (!ok) {
        cli_error("this key cannot sign: releases need ECDSA on P-256");
    }
    return ok;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    size_t len = 0;
    return EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static int sign(const char *file, EVP_PKEY *key)
{
    cli_release r;
    uint8_t digest[COT_SUIT_DIGEST_SIZE];
    uint8_t tbs[COT_SHA256_SIZE];
    uint8_t signature[COT_P256_SIG_SIZE];
    if (!is_p256(key)) {
        cli_error("this key is not on P-256");
        return CLI_FAILED;
    }
    if (!cli_release_read(file, &r)) {
        return CLI_FAILED;
    }
    cot_suit_digest(r.envelope.manifest, &cot_crypto_openssl, digest);
    cot_suit_signing_digest(digest, &cot_crypto_openssl, tbs);
    cot_bytes payload = {r.bytes + r.envelope.payload_at, (size_t)r.envelope.payload_len};
    bool ok = sign_digest(key, tbs, signature) &&
              cli_release_write(file, true, r.envelope.manifest, digest, signature, payload);
    free(r.bytes);
    return ok ? CLI_OK : CLI_FAILED;
}

static int run(cli *c, const char *const *args, int count)
{
    const char *file = cli_option_of(c, "key");
    (void)count;
    if (file == NULL) {
        cli_error("--key FILE is needed, from cotter release keygen");
        return CLI_USAGE;
    }
    EVP_PKEY *key = read_key(file, cli_option_of(c, "passphrase-file"));
    if (key == NULL) {
        return CLI_FAILED;
    }
    int status = sign(args[0], key);
    EVP_PKEY_free(key);
    if (status == CLI_OK) {
        (void)printf("Signed %s. Next: cotter release publish %s --version TEXT --group NAME\n",
                     args[0], args[0]);
    }
    return status;
}

static const cli_option options[] = {
    {"key", "FILE", "the signing key"},
    {"passphrase-file", "FILE", "read the passphrase from FILE, \"-\" for stdin; default: ask"},
    {NULL, NULL, NULL}};

const cli_command cli_release_sign = {
    .name = "release sign",
    .arguments = "FILE.suit --key FILE",
    .min_args = 1,
    .max_args = 1,
    .summary = "sign a release file",
    .options = options,
    .run = run,
};
