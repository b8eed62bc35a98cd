/* SPDX-License-Identifier: Apache-2.0 */
/* cotter device import: many devices from a CSV file, all or none. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX (48u * 1024u * 1024u)
#define BODY_MAX (64u * 1024u * 1024u)

typedef struct body {
    char *p;
    size_t len;
    size_t cap;
} body;

/* Cut the next field of a line; quotes are taken off. Returns NULL after the last. */
static char *next_field(char **line)
{
    char *field = *line;
    if (field == NULL) {
        return NULL;
    }
    if (*field == '"') {
        char *end = strchr(field + 1, '"');
        if (end != NULL) {
            *end = '\0';
            *line = end[1] == ',' ? end + 2 : NULL;
            return field + 1;
        }
    }
    char *comma = strchr(field, ',');
    if (comma != NULL) {
        *comma = '\0';
    }
    *line = comma != NULL ? comma + 1 : NULL;
    return field;
}

static void set(json_t *device, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        (void)json_object_set_new(device, name, json_string(text));
    }
}

/* endpoint,mode,identity,secret or public key,group */
static json_t *device_of(char *line)
{
    json_t *device = json_object();
    set(device, "endpoint", next_field(&line));
    char *mode = next_field(&line);
    set(device, "mode", mode);
    set(device, "identity", next_field(&line));
    bool rpk = mode != NULL && strcmp(mode, "rpk") == 0;
    set(device, rpk ? "public_key" : "secret", next_field(&line));
    set(device, "group", next_field(&line));
    set(device, "a sixth field", next_field(&line)); /* the server says that it is unknown */
    return device;
}

static bool add_line(body *b, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;
    if (b->len + n + 2 > b->cap) {
        return false;
    }
    memcpy(b->p + b->len, n > 0 ? text : "", n);
    b->len += n;
    b->p[b->len++] = '\n';
    return true;
}

/* One line of JSON, maybe empty, for each of the file, so that the line numbers are the same. */
static bool convert(char *text, body *b)
{
    size_t number = 0;
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        line[strcspn(line, "\r")] = '\0';
        number++;
        bool skip = line[0] == '\0' || line[0] == '#' ||
                    (number == 1 && strncmp(line, "endpoint,", 9) == 0);
        json_t *device = skip ? NULL : device_of(line);
        char *json = device != NULL ? json_dumps(device, JSON_COMPACT) : NULL;
        bool ok = add_line(b, json) && (skip || json != NULL);
        if (json != NULL) {
            cot_wipe(json, strlen(json));
        }
        free(json);
        json_decref(device);
        if (!ok) {
            cli_error("line %zu: is not UTF-8, or the file is too large; import it in parts",
                      number);
            return false;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return true;
}

static int send_all(cli *c, const body *b)
{
    json_t *reply = NULL;
    cli_request r = {.method = "POST",
                     .path = "/devices/import",
                     .type = "application/x-ndjson",
                     .bytes = b->p,
                     .len = b->len};
    int status = cli_ask(c, &r, &reply);
    if (status == CLI_OK && c->json) {
        cli_print_json(reply);
    } else if (status == CLI_OK) {
        (void)printf("imported %lld devices\n",
                     (long long)json_integer_value(json_object_get(reply, "imported")));
    }
    json_decref(reply);
    return status;
}

static int run(cli *c, const char *const *args, int count)
{
    size_t len = 0;
    (void)count;
    if (!cli_is_private(args[0])) {
        return CLI_FAILED;
    }
    char *text = (char *)cli_read_file(args[0], FILE_MAX, &len);
    body b = {.p = malloc(BODY_MAX), .cap = BODY_MAX};
    int status = text != NULL && b.p != NULL && convert(text, &b) ? send_all(c, &b) : CLI_FAILED;
    if (text != NULL) {
        cot_wipe(text, len);
    }
    if (b.p != NULL) {
        cot_wipe(b.p, b.len);
    }
    free(text);
    free(b.p);
    return status;
}

const cli_command cli_device_import = {
    .name = "device import",
    .arguments = "FILE.csv",
    .min_args = 1,
    .max_args = 1,
    .summary = "add many devices from a CSV file, all or none",
    .more = "  Each line is endpoint,mode,identity,secret,group: mode is psk, rpk, x509 or nosec; "
            "the secret is a\n"
            "  key in hex (psk) or a public key, base64 of DER (rpk); identity and group may be "
            "empty.\n"
            "  Lines that begin with # and a first line \"endpoint,…\" are passed over. The file "
            "must be yours\n"
            "  alone: chmod 600.\n",
    .run = run,
};
