/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device add: make a device's secrets here, tell the server what it must know, write the rest to a file. */
#include "cli/credentials.h"

#include <string.h>
#include <unistd.h>

static const char *mode_of(const cli *c)
{
    static const char *const modes[] = {"psk", "rpk", "x509", "nosec"};
    const char *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (cli_option_of(c, modes[i]) != NULL) {
            found = modes[i];
            count++;
        }
    }
    return count == 1 ? found : NULL;
}

/* Make the secrets and write them down, before the server knows of them. */
static bool prepare(const cli *c, cli_credentials *k, const json_t *status, const char *file)
{
    const char *der = cli_option_of(c, "der");
    if (!cli_credentials_make(k, cli_option_of(c, "ca")) ||
        !cli_credentials_server(k, status, cli_option_of(c, "uri")) ||
        !cli_credentials_write(k, file)) {
        return false;
    }
    if (der != NULL && !cli_credentials_export(k, der)) {
        (void)unlink(file);
        return false;
    }
    return true;
}

/* The secrets of a device that the server has refused are nobody's. If the answer was lost they may be its only copy. */
static void after_failure(const cli *c, const cli_credentials *k, const char *file)
{
    const char *der = cli_option_of(c, "der");
    if (!c->refused) {
        cli_error(
            "the server may have added %s or not; its credentials stay in %s. Look with cotter "
            "device show %s. If it is not there, remove the file and add it again",
            k->endpoint, file, k->endpoint);
        return;
    }
    (void)unlink(file);
    if (der != NULL) {
        cli_credentials_unexport(der);
    }
}

static int add(cli *c, cli_credentials *k, const char *file)
{
    json_t *status = NULL;
    json_t *device = NULL;
    cli_request ask = {.method = "GET", .path = "/status", .exact = true};
    int result = cli_ask(c, &ask, &status);
    if (result == CLI_OK && !prepare(c, k, status, file)) {
        result = CLI_FAILED;
    }
    json_decref(status);
    if (result != CLI_OK) {
        return result;
    }
    cli_request r = {.method = "POST",
                     .path = "/devices",
                     .body = cli_credentials_request(k, cli_option_of(c, "group")),
                     .once = true};
    result = cli_ask(c, &r, &device);
    if (result != CLI_OK) {
        after_failure(c, k, file);
    } else if (c->json) {
        cli_print_json(device);
    } else {
        (void)printf(
            "Added %s. Its credentials are in %s: whoever has that file is this device.\n\n",
            k->endpoint, file);
        cli_credentials_print(k, file, cli_option_of(c, "der"));
    }
    json_decref(device);
    return result;
}

static int run(cli *c, const char *const *args, int count)
{
    char file[300];
    (void)count;
    cli_credentials k = {.endpoint = args[0], .mode = mode_of(c)};
    if (k.mode == NULL) {
        cli_error(
            "say how it proves who it is: one of --psk, --rpk, --x509 (or --nosec: not at all)");
        return CLI_USAGE;
    }
    if (strcmp(k.mode, "x509") == 0 && cli_option_of(c, "ca") == NULL) {
        cli_error("--x509 needs --ca DIR, the folder of the CA that signs (it is made if it is not "
                  "there)");
        return CLI_USAGE;
    }
    const char *out = cli_option_of(c, "out");
    (void)snprintf(file, sizeof file, "%.255s.cred", args[0]);
    if (out == NULL && strchr(args[0], '/') != NULL) {
        cli_error("%s: its name cannot be a file's; give one: --out FILE", args[0]);
        return CLI_USAGE;
    }
    int status = add(c, &k, out != NULL ? out : file);
    cli_credentials_free(&k);
    return status;
}

static const cli_option options[] = {
    {"psk", NULL, "a shared secret key (the simplest)"},
    {"rpk", NULL, "a raw public key"},
    {"x509", NULL, "a certificate, signed by the CA in --ca"},
    {"nosec", NULL, "nothing: plain CoAP, for trials on this machine"},
    {"ca", "DIR", "for --x509: folder with ca.pem and ca.key, made if it is not there"},
    {"group", "NAME", "put it into this group"},
    {"out", "FILE", "credentials file, new, mode 0600; default: ENDPOINT.cred"},
    {"uri", "URI", "the server's address as the device reaches it, coaps://host:5684"},
    {"der", "DIR", "also write the keys as DER files to this new folder, for other clients"},
    {NULL, NULL, NULL}};

const cli_command cli_device_add = {
    .name = "device add",
    .arguments = "ENDPOINT --psk|--rpk|--x509|--nosec",
    .min_args = 1,
    .max_args = 1,
    .summary = "add a device and make its credentials",
    .more = "  The secrets are made on this machine and written to a file that only you can read; "
            "command\n"
            "  lines for cotter-device, Leshan, Wakaama, Anjay and Zephyr are printed.\n",
    .options = options,
    .run = run,
};
