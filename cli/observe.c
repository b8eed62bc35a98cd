/* SPDX-License-Identifier: Apache-2.0 */
/* cotter observe: ask a device for notifications and print them as they come. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

typedef struct observation {
    cli *c;
    const char *endpoint;
    const char *path; /* without a leading slash */
    json_t *body;
} observation;

static int start(cli *c, void *ctx)
{
    const observation *o = ctx;
    json_t *command = NULL;
    char *path = cli_path("/devices/{}/observations/{}?wait=20", o->endpoint, o->path);
    cli_request r = {.method = "PUT", .path = path, .body = json_incref(o->body), .once = true};
    int status = cli_ask(c, &r, &command);
    const char *state = cli_text(command, "state");
    free(path);
    if (status == CLI_OK && strcmp(state, "done") != 0) {
        cli_error("observe /%s: %s %s %s", o->path, state, cli_text(command, "code"),
                  cli_text(command, "detail"));
        status = CLI_FAILED;
    }
    json_decref(command);
    return status;
}

static int cancel(observation *o)
{
    json_t *reply = NULL;
    char *path = cli_path("/devices/{}/observations/{}?wait=5", o->endpoint, o->path);
    cli_request r = {.method = "DELETE", .path = path, .once = true};
    int status = cli_ask(o->c, &r, &reply);
    free(path);
    json_decref(reply);
    return status;
}

/* Is `path` ("/3303/0/5700") what was asked for, or below it? */
static bool below(const char *path, const char *asked)
{
    size_t n = strlen(asked);
    path = cli_resource_path(path);
    return strncmp(path, asked, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static void print(const observation *o, const json_t *data, const json_t *value)
{
    char text[256];
    if (o->c->json) {
        json_t *line =
            json_pack("{s:s, s:O, s:O}", "at", cli_text(data, "at"), "path",
                      json_object_get(value, "path"), "value", json_object_get(value, "value"));
        cli_print_json_line(line);
        json_decref(line);
    } else {
        (void)printf("%s  %s  %s\n", cli_text(data, "at"), cli_text(value, "path"),
                     cli_value_text(text, json_object_get(value, "value")));
    }
    (void)fflush(stdout);
}

static bool on_event(const char *name, json_t *data, void *ctx)
{
    const observation *o = ctx;
    size_t i;
    json_t *value;
    if (strcmp(name, "notify") == 0 && strcmp(cli_text(data, "endpoint"), o->endpoint) == 0) {
        if (!o->c->json) {
            cli_make_printable(data);
        }
        json_array_foreach(json_object_get(data, "values"), i, value)
        {
            if (below(cli_text(value, "path"), o->path)) {
                print(o, data, value);
            }
        }
    }
    return true;
}

static json_t *attributes(const cli *c)
{
    long pmin = -1;
    long pmax = -1;
    if (!cli_option_uint(c, "pmin", 0, 31536000, -1, &pmin) ||
        !cli_option_uint(c, "pmax", 0, 31536000, -1, &pmax)) {
        return NULL;
    }
    json_t *body = json_object();
    if (pmin >= 0) {
        (void)json_object_set_new(body, "pmin", json_integer(pmin));
    }
    if (pmax >= 0) {
        (void)json_object_set_new(body, "pmax", json_integer(pmax));
    }
    return body;
}

static int run(cli *c, const char *const *args, int count)
{
    observation o = {.c = c, .endpoint = args[0], .path = cli_resource_path(args[1])};
    (void)count;
    o.body = cli_path_ok(args[1]) ? attributes(c) : NULL;
    if (o.body == NULL) {
        return CLI_USAGE;
    }
    int status = CLI_OK;
    if (cli_option_of(c, "detach") != NULL) {
        status = start(c, &o);
        if (status == CLI_OK && !c->json) {
            (void)printf("observing /%s; its values: cotter device show %s\n", o.path, o.endpoint);
        }
    } else {
        cli_stop_on_signals();
        cli_stream s = {.on_open = start, .on_event = on_event, .ctx = &o};
        status = cli_watch(c, &s);
        if (cli_stopped()) {
            status = cancel(&o);
        }
    }
    json_decref(o.body);
    return status;
}

static const cli_option options[] = {
    {"pmin", "S", "notify at most every S seconds"},
    {"pmax", "S", "notify at least every S seconds"},
    {"detach", NULL, "only start the observation; it goes on, as the values of `device show`"},
    {NULL, NULL, NULL}};

const cli_command cli_observe = {
    .name = "observe",
    .arguments = "ENDPOINT PATH",
    .min_args = 2,
    .max_args = 2,
    .summary = "stream a resource's notifications until Ctrl-C, which ends the observation",
    .options = options,
    .run = run,
};
