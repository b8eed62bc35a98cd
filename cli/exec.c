/* SPDX-License-Identifier: Apache-2.0 */
/* cotter exec: execute a resource, exactly once, and wait for the device's answer. */
#include "cli/cli.h"

#include <stdlib.h>

static int run(cli *c, const char *const *args, int count)
{
    json_t *command = NULL;
    if (!cli_path_ok(args[1])) {
        return CLI_USAGE;
    }
    char *path = cli_path("/devices/{}/resources/{}?wait={}", args[0], cli_resource_path(args[1]),
                          cli_option_of(c, "detach") != NULL ? "0" : "2");
    cli_request r = {.method = "POST",
                     .path = path,
                     .body = count > 2 ? json_pack("{s:s}", "arguments", args[2]) : json_object(),
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

const cli_command cli_exec = {
    .name = "exec",
    .arguments = "ENDPOINT PATH [ARGUMENTS]",
    .min_args = 2,
    .max_args = 3,
    .summary = "execute a resource and wait for the device's answer",
    .more = "  ARGUMENTS is a text as LwM2M has it: 0='a',1='b'.\n",
    .options = options,
    .run = run,
};
