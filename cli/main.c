/* SPDX-License-Identifier: Apache-2.0 */
/* cotter: the operator's command line. Finds the subcommand and runs it. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_command *const commands[] = {
    &cli_status,         &cli_device_add,     &cli_device_import, &cli_device_list,
    &cli_device_show,    &cli_device_remove,  &cli_device_why,    &cli_read,
    &cli_write,          &cli_exec,           &cli_observe,       &cli_group_add,
    &cli_group_list,     &cli_group_show,     &cli_group_edit,    &cli_group_remove,
    &cli_release_keygen, &cli_release_create, &cli_release_sign,  &cli_release_publish,
    &cli_release_list,   &cli_release_remove, &cli_upgrade_list,  &cli_upgrade_watch,
    &cli_upgrade_stop,   &cli_upgrade_start,  &cli_token_add,     &cli_token_list,
    &cli_token_remove,   &cli_ca_init,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *to)
{
    (void)fputs("cotter: manage devices through cotterd's API\n\n"
                "  cotter [--server URL] [--token-file FILE] [--json] COMMAND …\n\n",
                to);
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(to, "  %-17s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)fputs(
        "\n"
        "  --server URL       the API; default: $COTTER_SERVER, else the local cotterd's Unix "
        "socket\n"
        "  --token-file FILE  API token, \"-\" for stdin; default: $COTTER_TOKEN_FILE, else\n"
        "                     admin.token beside that socket\n"
        "  --json             JSON instead of tables\n"
        "  --help             also after a command, for its own help\n\n"
        "Exit status: 0 done, 1 refused or failed, 2 wrong command line, 3 no server answers.\n",
        to);
}

/* Does `name`, one or two words, begin at argv[at]? Returns the number of words, 0 if not. */
static int words_of(const char *name, int argc, char **argv, int at)
{
    const char *space = strchr(name, ' ');
    if (space == NULL) {
        return strcmp(argv[at], name) == 0 ? 1 : 0;
    }
    size_t first = (size_t)(space - name);
    bool same = strlen(argv[at]) == first && memcmp(argv[at], name, first) == 0;
    return same && at + 1 < argc && strcmp(argv[at + 1], space + 1) == 0 ? 2 : 0;
}

/* Options that may stand before the command. Returns the index of its first word, or 0 (said). */
static int global_options(cli *c, int argc, char **argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        const char **value = strcmp(argv[i], "--server") == 0       ? &c->server
                             : strcmp(argv[i], "--token-file") == 0 ? &c->token_file
                             : strcmp(argv[i], "--server-ca") == 0  ? &c->server_ca
                                                                    : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            c->json = true;
            i++;
        } else if (value != NULL && i + 1 < argc) {
            *value = argv[i + 1];
            i += 2;
        } else {
            cli_error("%s: unknown option or no value; see cotter --help", argv[i]);
            return 0;
        }
    }
    return i;
}

static int similar(int argc, char **argv, int at)
{
    bool any = false;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t n = strlen(argv[at]);
        if (strncmp(commands[i]->name, argv[at], n) == 0 && commands[i]->name[n] == ' ') {
            (void)fprintf(stderr, "%s  cotter %-17s %s\n", any ? "" : "cotter: which of these?\n",
                          commands[i]->name, commands[i]->summary);
            any = true;
        }
    }
    if (!any) {
        cli_error("no command '%s%s%s'; see cotter --help", argv[at], at + 1 < argc ? " " : "",
                  at + 1 < argc ? argv[at + 1] : "");
    }
    return CLI_USAGE;
}

static int run(cli *c, int argc, char **argv)
{
    const char *args[64];
    int count = 0;
    int status = cli_parse(c, argc, argv, args, &count);
    if (status < 0) {
        return CLI_OK;
    }
    return status == 0 ? c->command->run(c, args, count) : status;
}

int main(int argc, char **argv)
{
    cli c = {.colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL};
    bool help = argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0;
    if (help) {
        usage(argc < 2 ? stderr : stdout);
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("cotter %s\n", COTTER_VERSION);
        return CLI_OK;
    }
    int at = global_options(&c, argc, argv);
    if (at == 0 || at >= argc) {
        return CLI_USAGE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = words_of(commands[i]->name, argc, argv, at);
        if (words > 0) {
            c.command = commands[i];
            int status = run(&c, argc - at - words, argv + at + words);
            curl_easy_cleanup(c.curl);
            cot_wipe(c.auth, sizeof c.auth);
            return status;
        }
    }
    return similar(argc, argv, at);
}
