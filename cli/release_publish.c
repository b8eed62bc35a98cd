/* SPDX-License-Identifier: Apache-2.0 */
/* cotter release publish, list, remove. */
#include "cli/release.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The version that `release create` put beside the file. */
static const char *remembered(const char *file, char out[static 80])
{
    char name[PATH_MAX];
    (void)snprintf(name, sizeof name, "%.4000s.version", file);
    FILE *f = fopen(name, "re");
    bool got = f != NULL && fgets(out, 80, f) != NULL;
    if (f != NULL) {
        (void)fclose(f);
    }
    out[got ? strcspn(out, "\r\n") : 0] = '\0';
    return got ? out : NULL;
}

static int publish(cli *c, const char *const *args, int count)
{
    char text[80];
    size_t len = 0;
    json_t *release = NULL;
    const char *version = cli_option_of(c, "version");
    const char *group = cli_option_of(c, "group");
    (void)count;
    const char *created = remembered(args[0], text);
    if (version != NULL && created != NULL && strcmp(version, created) != 0) {
        cli_error("%s was created as version %s: devices would report that and never %s", args[0],
                  created, version);
        return CLI_FAILED;
    }
    version = version != NULL ? version : created;
    if (version == NULL) {
        cli_error("--version TEXT is needed: what devices report as 3/0/3 when they run it");
        return CLI_USAGE;
    }
    uint8_t *bytes = cli_read_file(args[0], CLI_RELEASE_MAX, &len);
    if (bytes == NULL) {
        return CLI_FAILED;
    }
    char *path = group != NULL ? cli_path("/releases?version={}&group={}", version, group)
                               : cli_path("/releases?version={}", version);
    cli_request r = {.method = "POST",
                     .path = path,
                     .type = "application/octet-stream",
                     .bytes = bytes,
                     .len = len};
    int status = cli_ask(c, &r, &release);
    if (status == CLI_OK && c->json) {
        cli_print_json(release);
    } else if (status == CLI_OK) {
        (void)printf("Published %s as release %s. Watch it: cotter upgrade watch\n", version,
                     cli_text(release, "id"));
    }
    json_decref(release);
    free(path);
    free(bytes);
    return status;
}

static int list(cli *c, const char *const *args, int count)
{
    static const char *const titles[] = {"RELEASE", "VERSION", "SEQUENCE",
                                         "SIZE",    "STATE",   "PUBLISHED"};
    cli_table t = {.titles = titles, .columns = 6};
    json_t *releases = NULL;
    size_t i;
    json_t *r;
    char ago[32];
    (void)args;
    (void)count;
    int status = cli_get_all(c, cli_path("/releases"), &releases);
    if (status == CLI_OK && c->json) {
        cli_print_json(releases);
    } else if (status == CLI_OK) {
        json_array_foreach(releases, i, r)
        {
            cli_cell(&t, cli_text(r, "id"));
            cli_cell(&t, cli_text(r, "version"));
            cli_cellf(&t, "%lld", cli_number(r, "sequence"));
            cli_cellf(&t, "%lld", cli_number(r, "size"));
            cli_cell(&t, cli_text(r, "state"));
            cli_cell(&t, cli_ago(ago, cli_text(r, "created_at")));
        }
        cli_table_print(c, &t);
    }
    json_decref(releases);
    return status;
}

static int remove_release(cli *c, const char *const *args, int count)
{
    (void)count;
    return cli_send(c, "DELETE", cli_path("/releases/{}", args[0]));
}

static const cli_option options[] = {
    {"version", "TEXT", "what devices report as 3/0/3 when they run it"},
    {"group", "NAME", "the group whose key must have signed it and whose devices get it"},
    {NULL, NULL, NULL}};

const cli_command cli_release_publish = {
    .name = "release publish",
    .arguments = "FILE.suit --version TEXT --group NAME",
    .min_args = 1,
    .max_args = 1,
    .summary = "publish a signed release; one that does not verify is refused",
    .options = options,
    .run = publish,
};
const cli_command cli_release_list = {
    .name = "release list",
    .arguments = "",
    .summary = "list releases",
    .run = list,
};
const cli_command cli_release_remove = {
    .name = "release remove",
    .arguments = "ID",
    .min_args = 1,
    .max_args = 1,
    .summary = "withdraw a release: no device is upgraded to it any more",
    .run = remove_release,
};
