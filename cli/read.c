/* SPDX-License-Identifier: Apache-2.0 */
/* cotter read: live values from a device. */
#include "cli/cli.h"

#include <string.h>

static void print(const json_t *values)
{
    size_t i;
    json_t *v;
    char text[256];
    if (json_array_size(values) == 1) {
        (void)puts(cli_value_text(text, json_object_get(json_array_get(values, 0), "value")));
        return;
    }
    json_array_foreach(values, i, v)
    {
        (void)printf("%-14s %s\n", cli_text(v, "path"),
                     cli_value_text(text, json_object_get(v, "value")));
    }
}

static int run(cli *c, const char *const *args, int count)
{
    json_t *reply = NULL;
    (void)count;
    if (!cli_path_ok(args[1])) {
        return CLI_USAGE;
    }
    int status = cli_get(
        c, cli_path("/devices/{}/resources/{}", args[0], cli_resource_path(args[1])), &reply);
    if (status == CLI_OK && c->json) {
        cli_print_json(reply);
    } else if (status == CLI_OK) {
        print(json_object_get(reply, "values"));
    }
    json_decref(reply);
    return status;
}

const cli_command cli_read = {
    .name = "read",
    .arguments = "ENDPOINT PATH",
    .min_args = 2,
    .max_args = 2,
    .summary = "read a resource, an instance or an object from a device now",
    .more = "  PATH is like /3/0/0 (a resource), /3/0 (an instance) or /3 (an object).\n",
    .run = run,
};
