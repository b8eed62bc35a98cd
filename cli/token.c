/* SPDX-License-Identifier: Apache-2.0 */
/* cotter token add, list, remove: who may use the API. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* "30d", "12h", "90m" from now as RFC 3339; false (said) when it is none of these. */
static bool expiry(const char *text, char out[static 32])
{
    char *unit = NULL;
    long n = strtol(text, &unit, 10);
    long seconds = strcmp(unit, "d") == 0   ? 86400
                   : strcmp(unit, "h") == 0 ? 3600
                   : strcmp(unit, "m") == 0 ? 60
                                            : 0;
    if (n <= 0 || n > 36500 || seconds == 0) {
        cli_error("--expires: must be like 30d, 12h or 90m");
        return false;
    }
    time_t at = time(NULL) + n * seconds;
    struct tm tm;
    (void)gmtime_r(&at, &tm);
    (void)strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return true;
}

/* Into the file that was made for it, or to the terminal. */
static int deliver(const cli *c, const json_t *token, FILE *f, const char *out)
{
    if (f != NULL) {
        (void)fprintf(f, "%s\n", cli_text(token, "token"));
        if (!cli_close(f, out)) {
            return CLI_FAILED;
        }
        (void)printf("token %lld is in %s\n", cli_number(token, "id"), out);
    } else if (c->json) {
        cli_print_json(token);
    } else {
        (void)printf("%s\n", cli_text(token, "token"));
        (void)fprintf(stderr, "This is shown only once. Its id is %lld.\n",
                      cli_number(token, "id"));
    }
    return CLI_OK;
}

/* The file is made first: a token whose text has no place would stay valid, and nobody would have it. */
static int make(cli *c, json_t *body)
{
    const char *out = cli_option_of(c, "out");
    json_t *token = NULL;
    FILE *f = out != NULL ? cli_create(out, true) : NULL;
    if (out != NULL && f == NULL) {
        json_decref(body);
        return CLI_FAILED;
    }
    cli_request r = {.method = "POST", .path = "/tokens", .body = body};
    int status = cli_ask(c, &r, &token);
    if (status == CLI_OK) {
        status = deliver(c, token, f, out);
    } else if (f != NULL) {
        (void)fclose(f);
        (void)unlink(out);
    }
    json_decref(token);
    return status;
}

static int add(cli *c, const char *const *args, int count)
{
    const char *role = cli_option_of(c, "role");
    const char *expires = cli_option_of(c, "expires");
    char at[32];
    (void)count;
    if (expires != NULL && !expiry(expires, at)) {
        return CLI_USAGE;
    }
    return make(c,
                json_pack("{s:s, s:s, s:s*}", "name", args[0], "role", role != NULL ? role : "read",
                          "expires_at", expires != NULL ? at : NULL));
}

static int list(cli *c, const char *const *args, int count)
{
    static const char *const titles[] = {"ID", "NAME", "ROLE", "LAST USED", "EXPIRES"};
    cli_table t = {.titles = titles, .columns = 5};
    json_t *tokens = NULL;
    size_t i;
    json_t *token;
    char ago[32];
    (void)args;
    (void)count;
    int status = cli_get_all(c, cli_path("/tokens"), &tokens);
    if (status == CLI_OK && c->json) {
        cli_print_json(tokens);
    } else if (status == CLI_OK) {
        json_array_foreach(tokens, i, token)
        {
            cli_cellf(&t, "%lld", cli_number(token, "id"));
            cli_cell(&t, cli_text(token, "name"));
            cli_cell(&t, cli_text(token, "role"));
            cli_cell(&t, cli_ago(ago, cli_text(token, "last_used_at")));
            cli_cell(&t, cli_text(token, "expires_at"));
        }
        cli_table_print(c, &t);
    }
    json_decref(tokens);
    return status;
}

static int remove_token(cli *c, const char *const *args, int count)
{
    (void)count;
    return cli_send(c, "DELETE", cli_path("/tokens/{}", args[0]));
}

static const cli_option add_options[] = {
    {"role", "ROLE", "read (default), operate or admin"},
    {"expires", "TIME", "from now, like 30d, 12h or 90m; default: never"},
    {"out", "FILE", "write the token to this new file, mode 0600, instead of showing it"},
    {NULL, NULL, NULL}};

const cli_command cli_token_add = {
    .name = "token add",
    .arguments = "NAME",
    .min_args = 1,
    .max_args = 1,
    .summary = "make an API token; it is shown once",
    .options = add_options,
    .run = add,
};
const cli_command cli_token_list = {
    .name = "token list",
    .arguments = "",
    .summary = "list API tokens, without their secrets",
    .run = list,
};
const cli_command cli_token_remove = {
    .name = "token remove",
    .arguments = "ID",
    .min_args = 1,
    .max_args = 1,
    .summary = "make an API token invalid",
    .run = remove_token,
};
