/* SPDX-License-Identifier: Apache-2.0 */
/* cotter release keygen: a signing key, encrypted, that cotterd's users cannot read; and its public half. */
#include "cli/identity.h"
#include "cli/release.h"

#include <openssl/pem.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

static bool write_secret(const char *file, EVP_PKEY *key, char *passphrase)
{
    FILE *f = cli_create(file, true);
    if (f == NULL) {
        return false;
    }
    bool ok = PEM_write_PKCS8PrivateKey(f, key, EVP_aes_256_cbc(), passphrase,
                                        (int)strlen(passphrase), NULL, NULL) == 1;
    return cli_close(f, file) && ok;
}

static bool write_public(const char *file, EVP_PKEY *key)
{
    char name[PATH_MAX];
    (void)snprintf(name, sizeof name, "%.4000s.pub", file);
    FILE *f = cli_create(name, false);
    bool ok = f != NULL && PEM_write_PUBKEY(f, key) == 1;
    return f != NULL && cli_close(f, name) && ok;
}

static int run(cli *c, const char *const *args, int count)
{
    char passphrase[256] = "";
    (void)count;
    if (!cli_passphrase(cli_option_of(c, "passphrase-file"), true, passphrase, sizeof passphrase)) {
        return CLI_FAILED;
    }
    if (strlen(passphrase) < 8) {
        cot_wipe(passphrase, sizeof passphrase);
        cli_error("the passphrase must have at least 8 characters");
        return CLI_FAILED;
    }
    EVP_PKEY *key = cli_p256_new();
    bool ok = key != NULL && write_secret(args[0], key, passphrase);
    if (ok && !write_public(args[0], key)) {
        (void)unlink(args[0]);
        ok = false;
    }
    cot_wipe(passphrase, sizeof passphrase);
    EVP_PKEY_free(key);
    if (!ok) {
        return CLI_FAILED;
    }
    (void)printf("Made %s (encrypted; keep it away from the server) and %s.pub (the devices' trust "
                 "anchor, and "
                 "the group's --release-key).\n",
                 args[0], args[0]);
    return CLI_OK;
}

static const cli_option options[] = {
    {"passphrase-file", "FILE", "read the passphrase from FILE, \"-\" for stdin; default: ask"},
    {NULL, NULL, NULL}};

const cli_command cli_release_keygen = {
    .name = "release keygen",
    .arguments = "FILE",
    .min_args = 1,
    .max_args = 1,
    .summary = "make a key for signing releases: FILE (encrypted) and FILE.pub",
    .options = options,
    .run = run,
};
