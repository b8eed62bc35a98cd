/* SPDX-License-Identifier: Apache-2.0 */
/* cotter write: write a resource, exactly once, and wait for the device's answer. */
#include "cli/cli.h"

static int run(cli *c, const char *const *args, int count)
{
    (void)count;
    return cli_run_command(c, "PUT", args[0], args[1],
                           json_pack("{s:o}", "value", cli_value_parse(args[2])));
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
