/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file of devices, endpoint,mode,identity,secret or public key,group → the body of POST /devices/import. */
#ifndef COTTER_CLI_CSV_H
#define COTTER_CLI_CSV_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_csv {
    char *p; /* lines of JSON; the caller's */
    size_t len;
    size_t cap;
} cli_csv;

/* One line of JSON, maybe empty, for each of `text` (which is cut up), so that the line numbers are the same.
 * False: line *number is not UTF-8, has a quote out of place, or does not fit `out`. */
bool cli_csv_convert(char *text, cli_csv *out, size_t *number);

#endif
