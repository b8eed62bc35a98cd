/* SPDX-License-Identifier: Apache-2.0 */
/* Resource values, paths and the fate of a command. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *number(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (errno == 0 && *end == '\0') {
        return json_integer(whole);
    }
    double real = strtod(text, &end);
    return *end == '\0' && isfinite(real) ? json_real(real) : NULL;
}

json_t *cli_value_parse(const char *text)
{
    static const char *const forms[] = {"opaque:", "time:", "objlink:"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = strlen(forms[i]);
        if (strncmp(text, forms[i], n) == 0) {
            char key[16] = "";
            memcpy(key, forms[i], n - 1);
            return json_pack("{s:s}", key, text + n);
        }
    }
    if (strncmp(text, "string:", 7) == 0) {
        return json_string(text + 7);
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        return json_boolean(strcmp(text, "true") == 0);
    }
    json_t *n =
        text[0] != '\0' && strspn(text, "+-0123456789.eE") == strlen(text) ? number(text) : NULL;
    return n != NULL ? n : json_string(text);
}

const char *cli_resource_path(const char *path)
{
    return path[0] == '/' ? path + 1 : path;
}

bool cli_path_ok(const char *path)
{
    path = cli_resource_path(path);
    if (path[0] == '\0' || path[0] == '/' || strstr(path, "//") != NULL ||
        path[strlen(path) - 1] == '/' || strspn(path, "/0123456789") != strlen(path)) {
        cli_error(
            "PATH must be numbers like /3/0/0 (a resource), /3/0 (an instance) or /3 (an object)");
        return false;
    }
    return true;
}

static bool is_over(const char *state)
{
    return strcmp(state, "queued") != 0 && strcmp(state, "sent") != 0;
}

static bool is_away(cli *c, const char *endpoint)
{
    json_t *device = NULL;
    int status = cli_get(c, cli_path("/devices/{}", endpoint), &device);
    bool away = status == CLI_OK && !json_is_true(json_object_get(device, "registered"));
    json_decref(device);
    return away;
}

/* A person in front of a silent terminal wants to know what is waited for. */
static void say_waiting(cli *c, const char *endpoint, const json_t *command)
{
    if (is_away(c, endpoint)) {
        (void)fprintf(
            stderr,
            "%s is not registered now: command %lld is done when it comes. Waiting for a minute; "
            "Ctrl-C leaves the command in the queue.\n",
            endpoint, cli_number(command, "id"));
    } else {
        (void)fprintf(stderr, "waiting for the answer of %s\n", endpoint);
    }
}

static int print_end(const cli *c, const json_t *command)
{
    const char *state = cli_text(command, "state");
    const char *code = cli_text(command, "code");
    const char *detail = cli_text(command, "detail");
    bool done = strcmp(state, "done") == 0;
    if (c->json) {
        cli_print_json(command);
    } else if (done) {
        (void)printf("%s %s: done (%s)\n", cli_text(command, "operation"),
                     cli_text(command, "path"), code);
    } else if (!is_over(state)) {
        cli_error("%s %s: still %s; command %lld is done when the device comes",
                  cli_text(command, "operation"), cli_text(command, "path"), state,
                  cli_number(command, "id"));
    } else {
        cli_error("%s %s: %s%s%s%s%s", cli_text(command, "operation"), cli_text(command, "path"),
                  state, code[0] != '\0' ? " " : "", code, detail[0] != '\0' ? ": " : "", detail);
    }
    return done ? CLI_OK : CLI_FAILED;
}

/* What is printed with --detach. */
static int print_queued(const cli *c, const json_t *command)
{
    if (c->json) {
        cli_print_json(command);
    } else {
        (void)printf("command %lld: %s\n", cli_number(command, "id"), cli_text(command, "state"));
    }
    return CLI_OK;
}

/* Wait for a command's end. CLI_OK, or why it cannot be asked about. */
static int wait_for(cli *c, const char *endpoint, json_t **command)
{
    time_t until = time(NULL) + 60;
    char id[24];
    int status = CLI_OK;
    if (!is_over(cli_text(*command, "state"))) {
        say_waiting(c, endpoint, *command);
    }
    while (status == CLI_OK && !is_over(cli_text(*command, "state")) && time(NULL) < until &&
           !cli_stopped()) {
        (void)snprintf(id, sizeof id, "%lld", cli_number(*command, "id"));
        json_decref(*command);
        status = cli_get(c, cli_path("/commands/{}?wait=20", id), command);
    }
    return status;
}

int cli_run_command(cli *c, const char *method, const char *endpoint, const char *resource,
                    json_t *body)
{
    json_t *command = NULL;
    bool detach = cli_option_of(c, "detach") != NULL;
    if (!cli_path_ok(resource)) {
        json_decref(body);
        return CLI_USAGE;
    }
    char *path = cli_path("/devices/{}/resources/{}?wait={}", endpoint, cli_resource_path(resource),
                          detach ? "0" : "2");
    cli_request r = {.method = method, .path = path, .body = body, .once = true};
    int status = cli_ask(c, &r, &command);
    free(path);
    if (status == CLI_OK && !detach) {
        status = wait_for(c, endpoint, &command);
    }
    if (status == CLI_OK) {
        status = detach ? print_queued(c, command) : print_end(c, command);
    }
    json_decref(command);
    return status;
}
