/* SPDX-License-Identifier: Apache-2.0 */
/* Options and arguments of a subcommand, and its help. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cli_error(const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)fprintf(stderr, "cotter: %s\n", cli_printable(text));
}

static int index_of(const cli_command *command, const char *name, size_t len)
{
    for (int i = 0; command->options != NULL && command->options[i].name != NULL; i++) {
        if (strlen(command->options[i].name) == len &&
            memcmp(command->options[i].name, name, len) == 0) {
            return i;
        }
    }
    return -1;
}

const char *cli_option_of(const cli *c, const char *name)
{
    int i = index_of(c->command, name, strlen(name));
    return i >= 0 ? c->values[i] : NULL;
}

bool cli_option_uint(const cli *c, const char *name, long min, long max, long otherwise, long *out)
{
    const char *text = cli_option_of(c, name);
    char *end = NULL;
    *out = otherwise;
    if (text == NULL) {
        return true;
    }
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *out < min || *out > max) {
        cli_error("--%s: must be a whole number from %ld to %ld", name, min, max);
        return false;
    }
    return true;
}

void cli_help(const cli_command *command, FILE *to)
{
    (void)fprintf(to, "cotter %s %s\n\n  %s.\n", command->name, command->arguments,
                  command->summary);
    if (command->more != NULL) {
        (void)fprintf(to, "%s", command->more);
    }
    if (command->options != NULL) {
        (void)fputc('\n', to);
    }
    for (const cli_option *o = command->options; o != NULL && o->name != NULL; o++) {
        char left[64];
        (void)snprintf(left, sizeof left, "--%s%s%s", o->name, o->value != NULL ? " " : "",
                       o->value != NULL ? o->value : "");
        (void)fprintf(to, "  %-24s %s\n", left, o->help);
    }
}

/* Where the value of an option that every command has goes, or NULL. */
static const char **global_option(cli *c, const char *name, size_t len)
{
    if (len == 6 && memcmp(name, "server", 6) == 0) {
        return &c->server;
    }
    if (len == 9 && memcmp(name, "server-ca", 9) == 0) {
        return &c->server_ca;
    }
    return len == 10 && memcmp(name, "token-file", 10) == 0 ? &c->token_file : NULL;
}

/* One option at argv[i], "--name value" or "--name=value". Returns how many words it took, 0: said. */
static int take_option(cli *c, int argc, char **argv, int i)
{
    const char *name = argv[i] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const char **global = global_option(c, name, len);
    if (strcmp(name, "json") == 0) {
        c->json = true;
        return 1;
    }
    int at = index_of(c->command, name, len);
    if (global == NULL && at < 0) {
        cli_error("%s: unknown option; see cotter %s --help", argv[i], c->command->name);
        return 0;
    }
    bool flag = global == NULL && c->command->options[at].value == NULL;
    const char *next = i + 1 < argc ? argv[i + 1] : NULL;
    const char *value = flag ? "" : equals != NULL ? equals + 1 : next;
    if (value == NULL || (flag && equals != NULL)) {
        cli_error("%s: %s", argv[i], flag ? "takes no value" : "needs a value");
        return 0;
    }
    *(global != NULL ? global : &c->values[at]) = value;
    return flag || equals != NULL ? 1 : 2;
}

int cli_parse(cli *c, int argc, char **argv, const char **args, int *count)
{
    bool only_args = false;
    *count = 0;
    for (int i = 0; i < argc;) {
        if (!only_args && strcmp(argv[i], "--help") == 0) {
            cli_help(c->command, stdout);
            return -1;
        }
        if (!only_args && strcmp(argv[i], "--") == 0) {
            only_args = true;
            i++;
        } else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
            int words = take_option(c, argc, argv, i);
            if (words == 0) {
                return CLI_USAGE;
            }
            i += words;
        } else if (*count == 64) {
            cli_error("too many arguments");
            return CLI_USAGE;
        } else {
            args[(*count)++] = argv[i++];
        }
    }
    if (*count < c->command->min_args || *count > c->command->max_args) {
        cli_error("usage: cotter %s %s", c->command->name, c->command->arguments);
        return CLI_USAGE;
    }
    return 0;
}
