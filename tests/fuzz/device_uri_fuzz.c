/* SPDX-License-Identifier: Apache-2.0 */
/* A URI that is accepted is its parts written out again, the port apart when it was left out. */
#include "device/uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(char *out, size_t cap, const char *text, size_t len)
{
    size_t at = strlen(out);
    if (at + len >= cap)
        abort();
    if (len > 0)
        memcpy(out + at, text, len);
    out[at + len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[600] = "";
    char port[8];
    cot_bytes text = {data, size};
    cot__uri u;
    cot__uri again;
    if (size > 256 || memchr(data, '\0', size) != NULL || cot__uri_parse(text, &u) != COT_OK)
        return 0;
    add(out, sizeof out, u.secure ? "coaps://[" : "coap://[", u.secure ? 9 : 8);
    add(out, sizeof out, (const char *)u.host.p, u.host.len);
    (void)snprintf(port, sizeof port, "]:%u", u.port);
    add(out, sizeof out, port, strlen(port));
    if (u.path.p != NULL)
        add(out, sizeof out, "/", 1);
    add(out, sizeof out, (const char *)u.path.p, u.path.len);
    if (u.query.p != NULL)
        add(out, sizeof out, "?", 1);
    add(out, sizeof out, (const char *)u.query.p, u.query.len);
    cot_bytes written = {(const uint8_t *)out, strlen(out)};
    if (memchr(u.host.p, ']', u.host.len) != NULL)
        return 0;
    if (cot__uri_parse(written, &again) != COT_OK || !cot__uri_same_server(&u, &again) ||
        !cot_bytes_equal(u.path, again.path) || !cot_bytes_equal(u.query, again.query))
        abort();
    return 0;
}
