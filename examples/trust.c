/* SPDX-License-Identifier: Apache-2.0 */
/* Read the release trust anchor. */
#define _GNU_SOURCE
#include "examples/trust.h"

#include "examples/credentials.h"

#include <stdio.h>
#include <string.h>

/* SubjectPublicKeyInfo of id-ecPublicKey, prime256v1 (RFC 5480), up to the 65 bytes of the point. */
static const uint8_t spki_head[26] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                      0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                      0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* The base64 lines between BEGIN and END, joined. */
static bool read_body(FILE *f, char *body, size_t cap)
{
    char line[128];
    size_t len = 0;
    bool inside = false;
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "-----BEGIN PUBLIC KEY-----", 26) == 0) {
            inside = true;
            continue;
        }
        if (inside && line[0] == '-')
            return true;
        size_t n = strcspn(line, "\r\n");
        if (!inside || len + n >= cap)
            continue;
        memcpy(body + len, line, n);
        len += n;
        body[len] = '\0';
    }
    return false;
}

bool trust_read(cot_p256_public *key, const char *file)
{
    char body[256] = "";
    uint8_t spki[128];
    size_t len = 0;
    FILE *f = fopen(file, "re");
    if (f == NULL) {
        perror(file);
        return false;
    }
    bool good = read_body(f, body, sizeof body) && base64_decode(body, spki, sizeof spki, &len) &&
                len == sizeof spki_head + 65 && memcmp(spki, spki_head, sizeof spki_head) == 0 &&
                cot_p256_public_parse(spki + sizeof spki_head, 65, key) == COT_OK;
    (void)fclose(f);
    if (!good)
        fprintf(stderr, "%s: no P-256 public key in PEM\n", file);
    return good;
}
