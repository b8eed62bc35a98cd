/* SPDX-License-Identifier: Apache-2.0 */
/* cotter exec: execute a resource, exactly once, and wait for the device's answer. */
#include "cli/cli.h"

static int run(cli *c, const char *const *args, int count)
{
    return cli_run_command(c, "POST", args[0], args[1],
                           count > 2 ? json_pack("{s:s}", "arguments", args[2]) : json_object());
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
