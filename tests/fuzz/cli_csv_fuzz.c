/* SPDX-License-Identifier: Apache-2.0 */
/* Any file to `cotter device import`: as many lines of JSON as the file has, each empty or an object of texts. */
#include "cli/csv.h"

#include <jansson.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_line(const char *line, size_t len)
{
    const char *name;
    json_t *value;
    json_t *device = len > 0 ? json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    require(len == 0 || json_is_object(device));
    json_object_foreach(device, name, value)
    {
        require(json_is_string(value) && json_string_length(value) > 0);
    }
    json_decref(device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char out[65536];
    cli_csv csv = {.p = out, .cap = sizeof out};
    size_t line = 0;
    size_t lines = 0;
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (cli_csv_convert(text, &csv, &line)) {
        size_t start = 0;
        for (size_t i = 0; i < csv.len; i++) {
            if (out[i] == '\n') {
                check_line(out + start, i - start);
                start = i + 1;
                lines++;
            }
        }
        require(start == csv.len && lines == line);
    }
    free(text);
    return 0;
}
