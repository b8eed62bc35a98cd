/* SPDX-License-Identifier: Apache-2.0 */
/* cotter group add, list, show, edit, remove: devices that take the same releases. */
#include "cli/cli.h"
#include "cli/ids.h"

#include <stdlib.h>
#include <string.h>

static void set_text(json_t *body, const char *name, const char *text)
{
    if (text != NULL) {
        (void)json_object_set_new(body, name,
                                  strcmp(text, "none") == 0 ? json_null() : json_string(text));
    }
}

/* The members that add and edit have in common. False: said. */
static bool set_common(const cli *c, json_t *body)
{
    long parallel = 0;
    const char *key = cli_option_of(c, "release-key");
    size_t len = 0;
    set_text(body, "policy", cli_option_of(c, "policy"));
    if (!cli_option_uint(c, "parallel", 1, 100000, 0, &parallel)) {
        return false;
    }
    if (parallel > 0) {
        (void)json_object_set_new(body, "parallel", json_integer(parallel));
    }
    if (key != NULL) {
        uint8_t *pem = cli_read_file(key, 1024, &len);
        if (pem == NULL) {
            return false;
        }
        (void)json_object_set_new(body, "release_key", json_stringn((const char *)pem, len));
        free(pem);
    }
    return true;
}

static void print(const cli *c, json_t *groups)
{
    static const char *const titles[] = {"GROUP",   "POLICY",  "PARALLEL",
                                         "DEVICES", "RELEASE", "CLASS ID"};
    cli_table t = {.titles = titles, .columns = 6};
    size_t i;
    json_t *g;
    json_array_foreach(groups, i, g)
    {
        cli_cell(&t, cli_text(g, "name"));
        cli_cell(&t, cli_text(g, "policy"));
        cli_cellf(&t, "%lld", cli_number(g, "parallel"));
        cli_cellf(&t, "%lld", cli_number(g, "devices"));
        cli_cell(&t, cli_text(g, "release")[0] != '\0' ? cli_text(g, "release") : "newest");
        cli_cell(&t, cli_text(g, "class_id"));
    }
    cli_table_print(c, &t);
}

/* Print a group that the server answered with; frees it. */
static int print_one(const cli *c, int status, json_t *group)
{
    if (status == CLI_OK && c->json) {
        cli_print_json(group);
    } else if (status == CLI_OK) {
        json_t *list = json_pack("[O]", group);
        print(c, list);
        json_decref(list);
    }
    json_decref(group);
    return status;
}

static int add(cli *c, const char *const *args, int count)
{
    cli_ids ids;
    char vendor[37];
    char class[37];
    json_t *group = NULL;
    (void)count;
    if (!cli_ids_of(cli_option_of(c, "vendor"), cli_option_of(c, "class"), &ids)) {
        return CLI_USAGE;
    }
    cli_uuid_text(ids.vendor, vendor);
    cli_uuid_text(ids.class, class);
    json_t *body =
        json_pack("{s:s, s:s, s:s}", "name", args[0], "vendor_id", vendor, "class_id", class);
    if (!set_common(c, body)) {
        json_decref(body);
        return CLI_USAGE;
    }
    cli_request r = {.method = "POST", .path = "/groups", .body = body};
    int status = cli_ask(c, &r, &group);
    return print_one(c, status, group);
}

static int edit(cli *c, const char *const *args, int count)
{
    json_t *group = NULL;
    json_t *body = json_object();
    (void)count;
    set_text(body, "release", cli_option_of(c, "release"));
    if (!set_common(c, body)) {
        json_decref(body);
        return CLI_USAGE;
    }
    char *path = cli_path("/groups/{}", args[0]);
    cli_request r = {.method = "PATCH", .path = path, .body = body};
    int status = cli_ask(c, &r, &group);
    free(path);
    return print_one(c, status, group);
}

static int list(cli *c, const char *const *args, int count)
{
    json_t *groups = NULL;
    (void)args;
    (void)count;
    int status = cli_get_all(c, cli_path("/groups"), &groups);
    if (status == CLI_OK && c->json) {
        cli_print_json(groups);
    } else if (status == CLI_OK) {
        print(c, groups);
    }
    json_decref(groups);
    return status;
}

static int show(cli *c, const char *const *args, int count)
{
    json_t *group = NULL;
    (void)count;
    int status = cli_get(c, cli_path("/groups/{}", args[0]), &group);
    return print_one(c, status, group);
}

static int remove_group(cli *c, const char *const *args, int count)
{
    (void)count;
    return cli_send(c, "DELETE", cli_path("/groups/{}", args[0]));
}

#define COMMON                                                                                     \
    {"policy", "POLICY", "automatic: outdated devices are upgraded by themselves; or manual"},     \
        {"parallel", "N", "upgrades at the same time"},                                            \
    {                                                                                              \
        "release-key", "FILE.pub", "releases of this group must be signed by its private half"     \
    }

static const cli_option add_options[] = {
    {"vendor", "UUID|DOMAIN", "vendor id"},
    {"class", "UUID|NAME", "class id: which kind of device this is"},
    COMMON,
    {NULL, NULL, NULL}};
static const cli_option edit_options[] = {
    {"release", "ID|none", "upgrade to this release; none: to the newest"},
    COMMON,
    {NULL, NULL, NULL}};

const cli_command cli_group_add = {
    .name = "group add",
    .arguments = "NAME",
    .min_args = 1,
    .max_args = 1,
    .summary = "make a group of devices of one kind",
    .options = add_options,
    .run = add,
};
const cli_command cli_group_edit = {
    .name = "group edit",
    .arguments = "NAME",
    .min_args = 1,
    .max_args = 1,
    .summary = "change a group's policy, release or key",
    .options = edit_options,
    .run = edit,
};
const cli_command cli_group_list = {
    .name = "group list",
    .arguments = "",
    .summary = "list groups",
    .run = list,
};
const cli_command cli_group_show = {
    .name = "group show",
    .arguments = "NAME",
    .min_args = 1,
    .max_args = 1,
    .summary = "show a group",
    .run = show,
};
const cli_command cli_group_remove = {
    .name = "group remove",
    .arguments = "NAME",
    .min_args = 1,
    .max_args = 1,
    .summary = "remove a group without devices",
    .run = remove_group,
};
