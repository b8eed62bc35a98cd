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

static bool is_over(const char *state)
{
    return strcmp(state, "queued") != 0 && strcmp(state, "sent") != 0;
}

int cli_finish_command(cli *c, json_t *command)
{
    time_t until = time(NULL) + 60;
    int status = CLI_OK;
    char id[24];
    while (!is_over(cli_text(command, "state")) && time(NULL) < until && !cli_stopped()) {
        (void)snprintf(id, sizeof id, "%lld",
                       (long long)json_integer_value(json_object_get(command, "id")));
        json_decref(command);
        status = cli_get(c, cli_path("/commands/{}?wait=20", id), &command);
        if (status != CLI_OK) {
            json_decref(command);
            return status;
        }
    }
    const char *state = cli_text(command, "state");
    bool done = strcmp(state, "done") == 0;
    if (c->json) {
        cli_print_json(command);
    } else if (done) {
        (void)printf("%s %s: done (%s)\n", cli_text(command, "operation"),
                     cli_text(command, "path"), cli_text(command, "code"));
    } else {
        cli_error("%s %s: %s%s%s%s%s", cli_text(command, "operation"), cli_text(command, "path"),
                  state, cli_text(command, "code")[0] != '\0' ? " " : "", cli_text(command, "code"),
                  cli_text(command, "detail")[0] != '\0' ? ": " : "", cli_text(command, "detail"));
    }
    json_decref(command);
    return done ? CLI_OK : CLI_FAILED;
}
