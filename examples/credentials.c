/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials file of cotter-device. */
#define _GNU_SOURCE
#include "examples/credentials.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_LEN 4096

static int base64_digit(char ch)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = ch == '\0' ? NULL : strchr(digits, ch);
    return at == NULL ? -1 : (int)(at - digits);
}

bool base64_decode(const char *text, uint8_t *out, size_t cap, size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    *len = 0;
    for (; *text != '\0' && *text != '='; text++) {
        int digit = base64_digit(*text);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (*len >= cap)
            return false;
        out[(*len)++] = (uint8_t)(bits >> held);
    }
    return strspn(text, "=") == strlen(text) && *len > 0;
}

static int hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch = (char)tolower((unsigned char)ch);
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static bool hex_decode(const char *text, uint8_t *out, size_t cap, size_t *len)
{
    for (*len = 0; text[0] != '\0'; text += 2) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || *len >= cap)
            return false;
        out[(*len)++] = (uint8_t)(high << 4 | low);
    }
    return *len > 0;
}

static bool set_text(char *to, size_t cap, const char *value)
{
    size_t n = strlen(value);
    if (n == 0 || n >= cap)
        return false;
    memcpy(to, value, n + 1);
    return true;
}

static bool set_der(der *d, const char *value)
{
    return base64_decode(value, d->bytes, sizeof d->bytes, &d->len);
}

static bool set_mode(credentials *c, const char *value)
{
    static const char *const names[] = {"psk", "rpk", "x509", "nosec"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(value, names[i]) == 0) {
            c->mode = (cot_security_mode)i;
            c->has_mode = true;
        }
    }
    return c->has_mode;
}

static bool set_usage(credentials *c, const char *value)
{
    if (value[0] < '0' || value[0] > '3' || value[1] != '\0')
        return false;
    c->usage = (cot_certificate_usage)(value[0] - '0');
    return true;
}

static bool add_der(der *list, size_t *count, const char *value)
{
    return *count < CERTIFICATES_MAX && set_der(&list[(*count)++], value);
}

static bool set(credentials *c, const char *key, const char *value)
{
    size_t n = 0;
    if (strcmp(key, "endpoint") == 0)
        return set_text(c->endpoint, sizeof c->endpoint, value);
    if (strcmp(key, "server") == 0)
        return set_text(c->server, sizeof c->server, value);
    if (strcmp(key, "server_name") == 0)
        return set_text(c->server_name, sizeof c->server_name, value);
    if (strcmp(key, "mode") == 0)
        return set_mode(c, value);
    if (strcmp(key, "psk_identity") == 0)
        return set_text(c->psk_identity, sizeof c->psk_identity, value);
    if (strcmp(key, "psk_key") == 0)
        return hex_decode(value, c->psk, sizeof c->psk, &c->psk_len);
    if (strcmp(key, "private_key") == 0)
        return c->has_private_key = hex_decode(value, c->private_key, 32, &n) && n == 32;
    if (strcmp(key, "public_key") == 0)
        return set_der(&c->public_key, value);
    if (strcmp(key, "server_public_key") == 0)
        return set_der(&c->server_public_key, value);
    if (strcmp(key, "certificate") == 0)
        return add_der(c->certificates, &c->certificate_count, value);
    if (strcmp(key, "server_certificate") == 0)
        return set_der(&c->server_certificate, value);
    if (strcmp(key, "certificate_usage") == 0)
        return set_usage(c, value);
    if (strcmp(key, "trust_anchor") == 0)
        return add_der(c->anchors, &c->anchor_count, value);
    return false;
}

/* Cut a line into key and value; false when there is none on it. */
static bool split(char *line, char **key, char **value, bool *malformed)
{
    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    *malformed = false;
    if (*line == '\0' || *line == '#')
        return false;
    char *equals = strchr(line, '=');
    *key = line;
    *malformed = equals == NULL;
    if (equals == NULL)
        return false;
    *value = equals + 1 + strspn(equals + 1, " \t");
    line[strcspn(line, " \t=")] = '\0';
    for (size_t n = strlen(*value); n > 0 && isspace((unsigned char)(*value)[n - 1]); n--)
        (*value)[n - 1] = '\0';
    return true;
}

static const char *missing(const credentials *c)
{
    if (c->endpoint[0] == '\0')
        return "endpoint";
    if (c->server[0] == '\0')
        return "server";
    if (!c->has_mode)
        return "mode";
    if (c->mode == COT_MODE_PSK && (c->psk_identity[0] == '\0' || c->psk_len == 0))
        return c->psk_len == 0 ? "psk_key" : "psk_identity";
    if ((c->mode == COT_MODE_RPK || c->mode == COT_MODE_X509) && !c->has_private_key)
        return "private_key";
    if (c->mode == COT_MODE_RPK && (c->public_key.len == 0 || c->server_public_key.len == 0))
        return c->public_key.len == 0 ? "public_key" : "server_public_key";
    if (c->mode == COT_MODE_X509 && (c->certificate_count == 0 || c->server_certificate.len == 0))
        return c->certificate_count == 0 ? "certificate" : "server_certificate";
    return NULL;
}

bool credentials_parse(credentials *c, FILE *f, const char *file)
{
    char line[LINE_MAX_LEN];
    memset(c, 0, sizeof *c);
    c->usage = COT_USAGE_DOMAIN_ISSUED;
    for (unsigned number = 1; fgets(line, sizeof line, f) != NULL; number++) {
        char *key = NULL;
        char *value = NULL;
        bool malformed;
        if (split(line, &key, &value, &malformed) && !set(c, key, value)) {
            fprintf(stderr, "%s:%u: %s: %s\n", file, number, key,
                    strcmp(key, "endpoint") == 0 ? "a device takes 1 to 64 bytes"
                                                 : "unknown key or wrong value");
            return false;
        }
        if (malformed) {
            fprintf(stderr, "%s:%u: not `key = value`\n", file, number);
            return false;
        }
    }
    const char *key = missing(c);
    if (key != NULL)
        fprintf(stderr, "%s: %s is missing\n", file, key);
    return key == NULL;
}

bool credentials_read(credentials *c, const char *file)
{
    struct stat st;
    FILE *f = fopen(file, "re");
    if (f == NULL || fstat(fileno(f), &st) != 0) {
        perror(file);
        if (f != NULL)
            (void)fclose(f);
        return false;
    }
    bool good = (st.st_mode & 077) == 0;
    if (!good)
        fprintf(stderr, "%s: others may read it; run chmod 600 on it first\n", file);
    good = good && credentials_parse(c, f, file);
    (void)fclose(f);
    return good;
}
