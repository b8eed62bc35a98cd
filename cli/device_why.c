/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device why: the last refused handshakes and registrations, and what to change. */
#include "cli/cli.h"

static void print(const char *endpoint, const json_t *refusals)
{
    size_t i;
    json_t *r;
    char ago[32];
    json_array_foreach(refusals, i, r)
    {
        (void)printf("%s, from %s (%s", cli_ago(ago, cli_text(r, "at")), cli_text(r, "address"),
                     cli_text(r, "mode"));
        if (cli_text(r, "identity")[0] != '\0') {
            (void)printf(", identity %s", cli_text(r, "identity"));
        }
        (void)printf("): %s\n  %s\n", cli_text(r, "reason"), cli_text(r, "text"));
    }
    if (json_array_size(refusals) == 0) {
        (void)printf("Nothing was refused under the name or key of %s. Either its packets do not "
                     "arrive: check its "
                     "server\naddress, and firewalls for UDP. Or it says that it is someone else: "
                     "the server's log "
                     "has a line for\neach refusal.\n",
                     endpoint);
    }
}

static int run(cli *c, const char *const *args, int count)
{
    json_t *reply = NULL;
    (void)count;
    int status = cli_get(c, cli_path("/devices/{}/why", args[0]), &reply);
    if (status == CLI_OK && c->json) {
        cli_print_json(reply);
    } else if (status == CLI_OK) {
        print(args[0], json_object_get(reply, "refusals"));
    }
    json_decref(reply);
    return status;
}

const cli_command cli_device_why = {
    .name = "device why",
    .arguments = "ENDPOINT",
    .min_args = 1,
    .max_args = 1,
    .summary = "say why a device was refused lately",
    .run = run,
};
