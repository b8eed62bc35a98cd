/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device remove: forget a device and its credential. */
#include "cli/cli.h"

static int run(cli *c, const char *const *args, int count)
{
    int status = CLI_OK;
    for (int i = 0; i < count && status == CLI_OK; i++) {
        status = cli_send(c, "DELETE", cli_path("/devices/{}", args[i]));
        if (status == CLI_OK && !c->json) {
            (void)printf("removed %s\n", args[i]);
        }
    }
    return status;
}

const cli_command cli_device_remove = {
    .name = "device remove",
    .arguments = "ENDPOINT…",
    .min_args = 1,
    .max_args = 64,
    .summary = "forget devices, their credentials, values and commands",
    .run = run,
};
