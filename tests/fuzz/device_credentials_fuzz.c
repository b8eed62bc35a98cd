/* SPDX-License-Identifier: Apache-2.0 */
/* What the credentials file of cotter-device is read as is read the same when it is written out. */
#define _GNU_SOURCE
#include "examples/credentials.h"

#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_der(FILE *f, const char *key, const der *d)
{
    if (d->len == 0)
        return;
    fprintf(f, "%s=", key);
    for (size_t i = 0; i < d->len; i += 3) {
        uint32_t v = (uint32_t)d->bytes[i] << 16;
        v |= i + 1 < d->len ? (uint32_t)d->bytes[i + 1] << 8 : 0;
        v |= i + 2 < d->len ? (uint32_t)d->bytes[i + 2] : 0;
        fputc(digits[v >> 18], f);
        fputc(digits[v >> 12 & 63], f);
        fputc(i + 1 < d->len ? digits[v >> 6 & 63] : '=', f);
        fputc(i + 2 < d->len ? digits[v & 63] : '=', f);
    }
    fputc('\n', f);
}

static void put_hex(FILE *f, const char *key, const uint8_t *bytes, size_t len)
{
    if (len > 0)
        fprintf(f, "%s = ", key);
    for (size_t i = 0; i < len; i++)
        fprintf(f, "%02x", bytes[i]);
    fputc('\n', f);
}

static void put_text(FILE *f, const char *key, const char *text)
{
    if (text[0] != '\0')
        fprintf(f, "%s = %s\n", key, text);
}

static void put(FILE *f, const credentials *c)
{
    static const char *const modes[] = {"psk", "rpk", "x509", "nosec"};
    put_text(f, "endpoint", c->endpoint);
    put_text(f, "server", c->server);
    put_text(f, "server_name", c->server_name);
    put_text(f, "mode", modes[c->mode]);
    put_text(f, "psk_identity", c->psk_identity);
    put_hex(f, "psk_key", c->psk, c->psk_len);
    put_hex(f, "private_key", c->private_key, c->has_private_key ? 32 : 0);
    put_der(f, "public_key", &c->public_key);
    put_der(f, "server_public_key", &c->server_public_key);
    for (size_t i = 0; i < c->certificate_count; i++)
        put_der(f, "certificate", &c->certificates[i]);
    put_der(f, "server_certificate", &c->server_certificate);
    for (size_t i = 0; i < c->anchor_count; i++)
        put_der(f, "trust_anchor", &c->anchors[i]);
    fprintf(f, "certificate_usage = %d\n", (int)c->usage);
}

static bool same(const der *a, const der *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool equal(const credentials *a, const credentials *b)
{
    bool good = strcmp(a->endpoint, b->endpoint) == 0 && strcmp(a->server, b->server) == 0 &&
                strcmp(a->server_name, b->server_name) == 0 && a->mode == b->mode &&
                strcmp(a->psk_identity, b->psk_identity) == 0 && a->psk_len == b->psk_len &&
                memcmp(a->psk, b->psk, a->psk_len) == 0 &&
                a->has_private_key == b->has_private_key && a->usage == b->usage &&
                a->certificate_count == b->certificate_count && a->anchor_count == b->anchor_count;
    good = good && same(&a->public_key, &b->public_key) &&
           same(&a->server_public_key, &b->server_public_key) &&
           same(&a->server_certificate, &b->server_certificate);
    for (size_t i = 0; i < a->certificate_count && good; i++)
        good = same(&a->certificates[i], &b->certificates[i]);
    for (size_t i = 0; i < a->anchor_count && good; i++)
        good = same(&a->anchors[i], &b->anchors[i]);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static credentials first;
    static credentials second;
    static char out[65536];
    if (size == 0)
        return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
    bool good = in != NULL && credentials_parse(&first, in, "in");
    if (in != NULL)
        (void)fclose(in);
    if (!good)
        return 0;
    FILE *f = fmemopen(out, sizeof out, "w+");
    if (f == NULL)
        abort();
    put(f, &first);
    rewind(f);
    if (!credentials_parse(&second, f, "out") || !equal(&first, &second))
        abort();
    (void)fclose(f);
    return 0;
}
