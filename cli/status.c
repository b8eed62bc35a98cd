/* SPDX-License-Identifier: Apache-2.0 */
/* cotter status: how the server is doing. */
#include "cli/cli.h"

static void print_list(const char *title, const json_t *list)
{
    size_t i;
    json_t *item;
    (void)printf("%-12s", title);
    json_array_foreach(list, i, item)
    {
        (void)printf(" %s", json_string_value(item));
    }
    (void)printf("%s\n", json_array_size(list) == 0 ? " -" : "");
}

static int run(cli *c, const char *const *args, int count)
{
    json_t *s = NULL;
    (void)args;
    (void)count;
    int status = cli_get(c, cli_path("/status"), &s);
    if (status == CLI_OK && c->json) {
        cli_print_json(s);
    } else if (status == CLI_OK) {
        (void)printf("version      %s, up %lld s\n", cli_text(s, "version"),
                     cli_number(s, "uptime_s"));
        (void)printf("devices      %lld, %lld registered\n", cli_number(s, "devices"),
                     cli_number(s, "registered"));
        print_list("CoAPS", json_object_get(s, "coaps"));
        print_list("CoAP", json_object_get(s, "coap"));
        size_t i;
        json_t *worker;
        json_array_foreach(json_object_get(s, "workers"), i, worker)
        {
            (void)printf("worker %-5lld %lld registrations\n", cli_number(worker, "index"),
                         cli_number(worker, "registrations"));
        }
    }
    json_decref(s);
    return status;
}

const cli_command cli_status = {
    .name = "status",
    .arguments = "",
    .summary = "show the server's version, addresses and counts",
    .run = run,
};
