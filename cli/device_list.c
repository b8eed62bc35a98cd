/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device list: a table of devices. */
#include "cli/cli.h"

#include <string.h>

static void print(const cli *c, const json_t *devices)
{
    static const char *const titles[] = {"ENDPOINT", "MODE",      "STATE", "LWM2M",
                                         "FIRMWARE", "LAST SEEN", "GROUP"};
    cli_table t = {.titles = titles, .columns = 7};
    size_t i;
    json_t *d;
    char ago[32];
    json_array_foreach(devices, i, d)
    {
        cli_cell(&t, cli_text(d, "endpoint"));
        cli_cell(&t, cli_text(d, "mode"));
        cli_cell(&t, json_is_true(json_object_get(d, "registered")) ? "registered" : "away");
        cli_cell(&t, cli_text(d, "lwm2m"));
        cli_cell(&t, cli_text(d, "version"));
        cli_cell(&t, cli_ago(ago, cli_text(d, "last_seen_at")));
        cli_cell(&t, cli_text(d, "group"));
    }
    cli_table_print(c, &t);
    if (json_array_size(devices) == 0) {
        (void)puts("No device yet. Add one: cotter device add NAME --psk");
    }
}

static int run(cli *c, const char *const *args, int count)
{
    json_t *devices = NULL;
    const char *group = cli_option_of(c, "group");
    char *path = count > 0 && group != NULL ? cli_path("/devices?q={}&group={}", args[0], group)
                 : count > 0                ? cli_path("/devices?q={}", args[0])
                 : group != NULL            ? cli_path("/devices?group={}", group)
                                            : cli_path("/devices");
    int status = cli_get_all(c, path, &devices);
    if (status == CLI_OK && c->json) {
        cli_print_json(devices);
    } else if (status == CLI_OK) {
        print(c, devices);
    }
    json_decref(devices);
    return status;
}

static const cli_option options[] = {{"group", "NAME", "only devices of this group"},
                                     {NULL, NULL, NULL}};

const cli_command cli_device_list = {
    .name = "device list",
    .arguments = "[PREFIX]",
    .max_args = 1,
    .summary = "list devices, all or those whose name begins with PREFIX",
    .options = options,
    .run = run,
};
