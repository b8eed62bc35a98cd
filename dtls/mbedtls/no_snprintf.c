/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS formats names and object identifiers for people only, and a device shows them to
 * nobody: always "does not fit". */
#include <stddef.h>

int cot__no_snprintf(char *out, size_t cap, const char *format, ...);

int cot__no_snprintf(char *out, size_t cap, const char *format, ...)
{
    (void)format;
    if (cap > 0)
        out[0] = '\0';
    return -1;
}
