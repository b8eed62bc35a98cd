/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device import: many devices from a CSV file, all or none. */
#include "cli/cli.h"
#include "cli/csv.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX (48u * 1024u * 1024u)
#define BODY_MAX (64u * 1024u * 1024u)

static bool convert(char *text, cli_csv *b)
{
    size_t line = 0;
    if (cli_csv_convert(text, b, &line)) {
        return true;
    }
    cli_error("line %zu: is not UTF-8, has a quote out of place, or the file is too large", line);
    return false;
}

static int send_all(cli *c, const cli_csv *b)
{
    json_t *reply = NULL;
    cli_request r = {.method = "POST",
                     .path = "/devices/import",
                     .type = "application/x-ndjson",
                     .bytes = b->p,
                     .len = b->len};
    int status = cli_ask(c, &r, &reply);
    if (status == CLI_OK && c->json) {
        cli_print_json(reply);
    } else if (status == CLI_OK) {
        (void)printf("imported %lld devices\n", cli_number(reply, "imported"));
    }
    json_decref(reply);
    return status;
}

static int run(cli *c, const char *const *args, int count)
{
    size_t len = 0;
    (void)count;
    char *text = (char *)cli_read_private(args[0], FILE_MAX, &len);
    if (text == NULL) {
        return CLI_FAILED;
    }
    cli_csv b = {.p = malloc(BODY_MAX), .cap = BODY_MAX};
    int status = CLI_FAILED;
    if (strlen(text) != len) {
        cli_error("%s: is no text: it has a byte 0", args[0]);
    } else if (b.p != NULL && convert(text, &b)) {
        status = send_all(c, &b);
    }
    cot_wipe(text, len);
    if (b.p != NULL) {
        cot_wipe(b.p, b.len);
    }
    free(text);
    free(b.p);
    return status;
}

const cli_command cli_device_import = {
    .name = "device import",
    .arguments = "FILE.csv",
    .min_args = 1,
    .max_args = 1,
    .summary = "add many devices from a CSV file, all or none",
    .more = "  Each line is endpoint,mode,identity,secret,group: mode is psk, rpk, x509 or nosec; "
            "the secret is a\n"
            "  key in hex (psk) or a public key, base64 of DER (rpk); identity and group may be "
            "empty.\n"
            "  Lines that begin with # and a first line \"endpoint,…\" are passed over. The file "
            "must be yours\n"
            "  alone: chmod 600.\n",
    .run = run,
};
