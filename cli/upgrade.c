/* SPDX-License-Identifier: Apache-2.0 */
/* cotter upgrade list, watch, stop, start. */
#include "cli/cli.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR 24

static double share(const json_t *u)
{
    double size = json_number_value(json_object_get(u, "size"));
    double sent = json_number_value(json_object_get(u, "sent"));
    const char *state = cli_text(u, "state");
    if (strcmp(state, "confirmed") == 0 || strcmp(state, "updating") == 0 ||
        strcmp(state, "downloaded") == 0) {
        return 1;
    }
    return size > 0 && sent < size ? sent / size : size > 0 ? 1 : 0;
}

static bool is_over(const json_t *u)
{
    const char *state = cli_text(u, "state");
    return strcmp(state, "confirmed") == 0 || strcmp(state, "failed") == 0 ||
           strcmp(state, "stopped") == 0;
}

static const char *colour_of(const cli *c, const json_t *u)
{
    const char *state = cli_text(u, "state");
    if (!c->colour) {
        return "";
    }
    return strcmp(state, "confirmed") == 0 ? "\033[32m"
           : strcmp(state, "failed") == 0  ? "\033[31m"
                                           : "\033[36m";
}

static void print_bar(const cli *c, const json_t *u)
{
    int full = (int)(share(u) * BAR);
    const char *detail = cli_text(u, "detail");
    (void)printf("%-24s %-8s %s", cli_text(u, "endpoint"), cli_text(u, "version"), colour_of(c, u));
    for (int i = 0; i < BAR; i++) {
        (void)fputs(i < full ? "█" : "░", stdout);
    }
    (void)printf("%s %3d %%  %s%s%s\n", c->colour ? "\033[0m" : "", (int)(share(u) * 100),
                 cli_text(u, "state"), detail[0] != '\0' ? ": " : "", detail);
}

static char *path_of(const cli *c, const char *group)
{
    const char *state = cli_option_of(c, "state");
    if (group != NULL) {
        return state != NULL ? cli_path("/upgrades?group={}&state={}", group, state)
                             : cli_path("/upgrades?group={}", group);
    }
    return state != NULL ? cli_path("/upgrades?state={}", state) : cli_path("/upgrades");
}

static int list(cli *c, const char *const *args, int count)
{
    json_t *upgrades = NULL;
    size_t i;
    json_t *u;
    int status = cli_get_all(c, path_of(c, count > 0 ? args[0] : NULL), &upgrades);
    if (status == CLI_OK && c->json) {
        cli_print_json(upgrades);
    } else if (status == CLI_OK) {
        json_array_foreach(upgrades, i, u)
        {
            print_bar(c, u);
        }
        if (json_array_size(upgrades) == 0) {
            (void)puts("No upgrade. Publish a release: cotter release publish --help");
        }
    }
    json_decref(upgrades);
    return status;
}

/* Draw all; on a terminal over the last drawing of `lines` lines. Returns whether all are over. */
static bool draw(const cli *c, const json_t *upgrades, size_t *lines)
{
    size_t i;
    json_t *u;
    bool over = json_array_size(upgrades) > 0;
    if (c->colour && *lines > 0) {
        (void)printf("\033[%zuA\033[J", *lines);
    }
    json_array_foreach(upgrades, i, u)
    {
        print_bar(c, u);
        over = over && is_over(u);
    }
    *lines = json_array_size(upgrades);
    (void)fflush(stdout);
    return over;
}

static int watch(cli *c, const char *const *args, int count)
{
    json_t *last = NULL;
    size_t lines = 0;
    bool over = false;
    int status = CLI_OK;
    cli_stop_on_signals();
    while (!over && !cli_stopped() && status == CLI_OK) {
        json_t *now = NULL;
        status = cli_get_all(c, path_of(c, count > 0 ? args[0] : NULL), &now);
        if (status == CLI_OK && json_equal(now, last) == 0) {
            over = draw(c, now, &lines);
            json_decref(last);
            last = json_incref(now);
        }
        json_decref(now);
        if (!over && status == CLI_OK) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
        }
    }
    json_decref(last);
    return status;
}

static int stop(cli *c, const char *const *args, int count)
{
    (void)count;
    return cli_send(c, "POST", cli_path("/groups/{}/stop", args[0]));
}

static int start(cli *c, const char *const *args, int count)
{
    (void)count;
    return cli_send(c, "POST", cli_path("/groups/{}/start", args[0]));
}

static const cli_option options[] = {
    {"state", "STATE",
     "waiting, offered, downloading, downloaded, updating, confirmed, failed, stopped"},
    {NULL, NULL, NULL}};

const cli_command cli_upgrade_list = {
    .name = "upgrade list",
    .arguments = "[GROUP]",
    .max_args = 1,
    .summary = "list upgrades with their progress",
    .options = options,
    .run = list,
};
const cli_command cli_upgrade_watch = {
    .name = "upgrade watch",
    .arguments = "[GROUP]",
    .max_args = 1,
    .summary = "show progress bars until every upgrade is over",
    .options = options,
    .run = watch,
};
const cli_command cli_upgrade_stop = {
    .name = "upgrade stop",
    .arguments = "GROUP",
    .min_args = 1,
    .max_args = 1,
    .summary = "stop all upgrades of a group",
    .run = stop,
};
const cli_command cli_upgrade_start = {
    .name = "upgrade start",
    .arguments = "GROUP",
    .min_args = 1,
    .max_args = 1,
    .summary = "let the upgrades of a group go on",
    .run = start,
};
