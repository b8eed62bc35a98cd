/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device show: one device with its objects and last values. */
#include "cli/cli.h"

#include <string.h>

static void line(const char *title, const char *text)
{
    (void)printf("%-12s %s\n", title, text[0] != '\0' ? text : "-");
}

static void print_objects(const json_t *objects)
{
    size_t i;
    json_t *o;
    (void)printf("%-12s", "objects");
    json_array_foreach(objects, i, o)
    {
        (void)printf(" %s", cli_text(o, "path"));
    }
    (void)printf("%s\n", json_array_size(objects) == 0 ? " -" : "");
}

static void print_values(const cli *c, const json_t *values)
{
    static const char *const titles[] = {"PATH", "VALUE", "SEEN"};
    cli_table t = {.titles = titles, .columns = 3};
    size_t i;
    json_t *v;
    char text[256];
    char ago[32];
    json_array_foreach(values, i, v)
    {
        cli_cell(&t, cli_text(v, "path"));
        cli_cell(&t, cli_value_text(text, json_object_get(v, "value")));
        cli_cell(&t, cli_ago(ago, cli_text(v, "at")));
    }
    if (t.count > 0) {
        (void)putchar('\n');
        cli_table_print(c, &t);
    }
}

static void print(const cli *c, const json_t *d, const json_t *values)
{
    char text[64];
    char ago[32];
    line("endpoint", cli_text(d, "endpoint"));
    line("mode", cli_text(d, "mode"));
    line("identity", cli_text(d, "identity"));
    line("group", cli_text(d, "group"));
    line("state", json_is_true(json_object_get(d, "registered")) ? "registered" : "away");
    line("address", cli_text(d, "address"));
    line("LwM2M", cli_text(d, "lwm2m"));
    line("firmware", cli_text(d, "version"));
    line("last seen", cli_ago(ago, cli_text(d, "last_seen_at")));
    (void)snprintf(text, sizeof text, "%lld s", cli_number(d, "lifetime"));
    line("lifetime", json_is_integer(json_object_get(d, "lifetime")) ? text : "");
    print_objects(json_object_get(d, "objects"));
    print_values(c, values);
}

static int run(cli *c, const char *const *args, int count)
{
    json_t *device = NULL;
    json_t *values = NULL;
    (void)count;
    int status = cli_get(c, cli_path("/devices/{}", args[0]), &device);
    if (status == CLI_OK && c->json) {
        cli_print_json(device);
    } else if (status == CLI_OK) {
        status = cli_get_all(c, cli_path("/devices/{}/values", args[0]), &values);
        print(c, device, values);
    }
    json_decref(values);
    json_decref(device);
    return status;
}

const cli_command cli_device_show = {
    .name = "device show",
    .arguments = "ENDPOINT",
    .min_args = 1,
    .max_args = 1,
    .summary = "show a device, its objects and the last values of its resources",
    .run = run,
};
