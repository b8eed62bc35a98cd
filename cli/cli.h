/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands of `cotter` share: their shape, options, the API client, output. One file a subcommand;
 * main.c has the table. A function that fails has said why on stderr already. */
#ifndef COTTER_CLI_CLI_H
#define COTTER_CLI_CLI_H

#include "core/base/bytes.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,     /* refused by the server or a device, or a file problem */
    CLI_USAGE = 2,      /* wrong command line */
    CLI_UNREACHABLE = 3 /* no server answers */
};

#define CLI_OPTIONS_MAX 16

typedef struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, for the help: "FILE"; NULL: it is a flag */
    const char *help;
} cli_option;

typedef struct cli cli;

typedef struct cli_command {
    const char *name;      /* "device add" */
    const char *arguments; /* "ENDPOINT PATH [VALUE]" */
    int min_args;
    int max_args;
    const char *summary;       /* one line, for the list of commands */
    const char *more;          /* further lines for its own help, or NULL */
    const cli_option *options; /* ends with a NULL name; may be NULL */
    int (*run)(cli *c, const char *const *args, int count); /* returns a cli_exit */
} cli_command;

struct cli {
    const cli_command *command;
    const char *values[CLI_OPTIONS_MAX]; /* of its options; "" for a flag that is set */
    const char *server;                  /* base URL, without a slash at its end */
    const char *token_file;
    const char *server_ca; /* PEM file for an https server, or NULL: the system's */
    bool json;
    bool colour;      /* stdout is a terminal and NO_COLOR is not set */
    char socket[256]; /* path of the Unix socket, or "" */
    char auth[192];   /* the Authorization header, once it was needed */
    bool
        refused; /* the last request: the server said no (4xx), and no earlier try may have done it */
    CURL *curl;
};

/* ---- options.c ---- */

/* The option's value, "" for a flag that is set, NULL when it was not given. */
const char *cli_option_of(const cli *c, const char *name);
/* Its value as a number in min..max, or `otherwise`. False (said) when it is none. */
bool cli_option_uint(const cli *c, const char *name, long min, long max, long otherwise, long *out);
void cli_help(const cli_command *command, FILE *to);
/* Take `argv` apart: c->values, c->json and friends, the rest to args. 0, CLI_USAGE, or −1: help was shown. */
int cli_parse(cli *c, int argc, char **argv, const char **args, int *count);
/* Says "cotter: …" on stderr. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- client.c ---- */

typedef struct cli_request {
    const char *method;
    const char *path; /* below /api/v1; from cli_path */
    json_t *body;     /* stolen; or NULL */
    const char *type; /* of `bytes`, when there is no JSON body */
    const void *bytes;
    size_t len;
    bool
        exact; /* the reply is not for people: leave what terminals take for commands in its texts */
    bool once; /* send an Idempotency-Key and repeat the request while the server is restarting */
} cli_request;

/* What every handle needs: socket, CAs, no signals. */
void cli_set_server(const cli *c, CURL *curl);
/* Fill "{}" by the arguments, percent-encoded; they end with NULL. malloc'd. */
char *cli_path(const char *pattern, ...);
/* One request. CLI_OK: *reply (may be NULL for an empty body) is the caller's; else it was said why.
 * CLI_FAILED with a reply too when the server refused: the problem. */
int cli_ask(cli *c, const cli_request *r, json_t **reply);
/* GET of a path (freed) that gives an object. */
int cli_get(cli *c, char *path, json_t **reply);
/* A request without a body, to a path (freed); what it gives is printed with --json alone. */
int cli_send(cli *c, const char *method, char *path);
/* All items of a paged list (path is freed), as one array. */
int cli_get_all(cli *c, char *path, json_t **items);
/* A whole event stream until on_event says false or `stop` is set. on_open (may be NULL) runs once the stream is
 * open, so that no event after it is missed. Comes back by itself when the server restarts. */
typedef struct cli_stream {
    int (*on_open)(cli *c, void *ctx); /* a cli_exit: anything but CLI_OK ends the stream with it */
    bool (*on_event)(const char *name, json_t *data, void *ctx);
    void *ctx;
} cli_stream;
int cli_watch(cli *c, const cli_stream *s);
/* Ctrl-C or SIGTERM came. */
bool cli_stopped(void);
void cli_stop_on_signals(void);

/* ---- output.c ---- */

typedef struct cli_table {
    const char *const *titles;
    size_t columns;
    char **cells; /* malloc'd texts, row by row */
    size_t count;
} cli_table;

/* Add a cell; a NULL or empty text is shown as "-". */
void cli_cell(cli_table *t, const char *text);
void cli_cellf(cli_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Print it and free the cells. */
void cli_table_print(const cli *c, cli_table *t);
/* Print as JSON, indented; on a terminal in ASCII alone. */
void cli_print_json(const json_t *j);
/* The same on one line. */
void cli_print_json_line(const json_t *j);
/* A member's text; "" when there is none. */
const char *cli_text(const json_t *object, const char *name);
/* A member's whole number; 0 when there is none. */
long long cli_number(const json_t *object, const char *name);
/* "3 s ago" of an RFC 3339 time text, "" of none. Returns `out`. */
const char *cli_ago(char out[static 32], const char *time);
/* A resource value for people. Returns `out`. */
const char *cli_value_text(char out[static 256], const json_t *value);
/* A terminal must not take what a device or the server says for a command: controls (C0, DEL, C1), bidirectional
 * overrides and what is no UTF-8 become '?', in place. Returns `text`. */
char *cli_printable(char *text);
/* The same for each text in a document. Done to all replies but the exact ones and those printed as JSON. */
void cli_make_printable(json_t *document);

/* ---- values.c ---- */

/* What a person typed as a JSON value: true, 5, 2.5, text, and opaque:BASE64, time:RFC3339, objlink:3:0,
 * string:TEXT. */
json_t *cli_value_parse(const char *text);
/* The path with a leading slash taken off. */
const char *cli_resource_path(const char *path);
/* Is it numbers with slashes between them? Said when not. */
bool cli_path_ok(const char *path);
/* Give a device a command on one of its resources, wait for its end, but not with --detach, and print that. Steals
 * `body`. A cli_exit. */
int cli_run_command(cli *c, const char *method, const char *endpoint, const char *resource,
                    json_t *body);

/* ---- files.c ---- */

/* Make a new file, 0600 when `secret` else 0644. NULL (said) when it exists or cannot be made. */
FILE *cli_create(const char *path, bool secret);
/* Flush and close; false (said) when the disk is full. */
bool cli_close(FILE *f, const char *path);
/* A whole file of at most `max` bytes, malloc'd and NUL-terminated; NULL (said). */
uint8_t *cli_read_file(const char *path, size_t max, size_t *len);
/* Open a file of secrets, which must be the user's own (or root's) and closed to everyone else; no symbolic
 * link. The file that was looked at is the one that is read. NULL (said). */
FILE *cli_open_private(const char *path);
/* cli_read_file of such a file. */
uint8_t *cli_read_private(const char *path, size_t max, size_t *len);
/* A secret line from a file, "-" (stdin) or, without a name, from the terminal. `twice`: ask again to confirm.
 * False (said). */
bool cli_passphrase(const char *file, bool twice, char *out, size_t cap);

/* ---- the subcommands ---- */

extern const cli_command cli_ca_init;
extern const cli_command cli_device_add;
extern const cli_command cli_device_import;
extern const cli_command cli_device_list;
extern const cli_command cli_device_remove;
extern const cli_command cli_device_show;
extern const cli_command cli_device_why;
extern const cli_command cli_exec;
extern const cli_command cli_group_add;
extern const cli_command cli_group_edit;
extern const cli_command cli_group_list;
extern const cli_command cli_group_remove;
extern const cli_command cli_group_show;
extern const cli_command cli_observe;
extern const cli_command cli_read;
extern const cli_command cli_release_create;
extern const cli_command cli_release_keygen;
extern const cli_command cli_release_list;
extern const cli_command cli_release_publish;
extern const cli_command cli_release_remove;
extern const cli_command cli_release_sign;
extern const cli_command cli_status;
extern const cli_command cli_token_add;
extern const cli_command cli_token_list;
extern const cli_command cli_token_remove;
extern const cli_command cli_upgrade_list;
extern const cli_command cli_upgrade_start;
extern const cli_command cli_upgrade_stop;
extern const cli_command cli_upgrade_watch;
extern const cli_command cli_write;

#endif
