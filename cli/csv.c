/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file of devices → lines of JSON. */
#include "cli/csv.h"

#include "core/base/bytes.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

typedef struct fields {
    char *rest; /* NULL after the last field */
    bool wrong; /* a quote out of place */
} fields;

/* Cut the next field off; quotes around it are taken away. NULL after the last. */
static char *next_field(fields *f)
{
    char *field = f->rest;
    if (field == NULL) {
        return NULL;
    }
    char *end = field;
    if (*field == '"') {
        field++;
        end = strchr(field, '"');
        if (end == NULL || (end[1] != ',' && end[1] != '\0')) {
            f->wrong = true;
            f->rest = NULL;
            return NULL;
        }
        *end++ = '\0';
    }
    char *comma = strchr(end, ',');
    if (comma != NULL) {
        *comma = '\0';
    }
    f->rest = comma != NULL ? comma + 1 : NULL;
    return field;
}

/* False: not UTF-8. */
static bool set(json_t *device, const char *name, const char *text)
{
    return text == NULL || text[0] == '\0' ||
           json_object_set_new(device, name, json_string(text)) == 0;
}

/* endpoint,mode,identity,secret or public key,group. NULL: a quote out of place, or not UTF-8. */
static json_t *device_of(char *line)
{
    fields f = {.rest = line};
    json_t *device = json_object();
    bool ok = set(device, "endpoint", next_field(&f));
    char *mode = next_field(&f);
    bool rpk = mode != NULL && strcmp(mode, "rpk") == 0;
    ok = set(device, "mode", mode) && ok;
    ok = set(device, "identity", next_field(&f)) && ok;
    ok = set(device, rpk ? "public_key" : "secret", next_field(&f)) && ok;
    ok = set(device, "group", next_field(&f)) && ok;
    ok =
        set(device, "a sixth field", next_field(&f)) && ok; /* the server says that it is unknown */
    if (!ok || f.wrong) {
        json_decref(device);
        return NULL;
    }
    return device;
}

static bool add_line(cli_csv *b, const char *text)
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

bool cli_csv_convert(char *text, cli_csv *b, size_t *number)
{
    *number = 0;
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        line[strcspn(line, "\r")] = '\0';
        (*number)++;
        bool skip = line[0] == '\0' || line[0] == '#' ||
                    (*number == 1 && strncmp(line, "endpoint,", 9) == 0);
        json_t *device = skip ? NULL : device_of(line);
        char *json = device != NULL ? json_dumps(device, JSON_COMPACT) : NULL;
        bool ok = add_line(b, json) && (skip || json != NULL);
        if (json != NULL) {
            cot_wipe(json, strlen(json));
        }
        free(json);
        json_decref(device);
        if (!ok) {
            return false;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return true;
}
