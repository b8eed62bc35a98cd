/* SPDX-License-Identifier: Apache-2.0 */
/* cotter write: write a resource, exactly once, and wait for the device's answer. */
#include "cli/cli.h"

#include <stdlib.h>

static int run(cli *c, const char *const *args, int count)
{
    json_t *command = NULL;
    if (!cli_path_ok(args[1])) {
        return CLI_USAGE;
    }
    (void)count;
    char *path = cli_path("/devices/{}/resources/{}?wait={}", args[0], cli_resource_path(args[1]),
                          cli_option_of(c, "detach") != NULL ? "0" : "2");
    cli_request r = {.method = "PUT",
                     .path = path,
                     .body = json_pack("{s:o}", "value", cli_value_parse(args[2])),
                     .once = true};
    int status = cli_ask(c, &r, &command);
    free(path);
    if (status != CLI_OK) {
        json_decref(command);
        return status;
    }
    return cli_finish_command(c, command);
}

static const cli_option options[] = {{"detach", NULL, "only put it into the device's queue"},
                                     {NULL, NULL, NULL}};

const cli_command cli_write = {
    .name = "write",
    .arguments = "ENDPOINT PATH VALUE",
    .min_args = 3,
    .max_args = 3,
    .summary = "write a resource and wait for the device's answer",
    .more = "  VALUE is a number, true, false or a text. string:5 is the text 5; opaque:BASE64,\n"
            "  time:2026-11-24T17:00:00Z and objlink:3:0 are the other types.\n",
    .options = options,
    .run = run,
};
