/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials file of cotter-device, as `cotter device add` writes it: lines `key = value`. What
 * the keys are is in docs/guide/first-device.md. */
#ifndef COTTER_EXAMPLES_CREDENTIALS_H
#define COTTER_EXAMPLES_CREDENTIALS_H

#include <cotter/client.h>
#include <cotter/dtls.h>

#include <stdio.h>

#define CERTIFICATES_MAX 4
#define DER_MAX 2048

typedef struct der {
    size_t len;
    uint8_t bytes[DER_MAX];
} der;

typedef struct credentials {
    char endpoint[65];
    char server[256];
    char server_name[256];
    bool has_mode;
    cot_security_mode mode;
    char psk_identity[129];
    size_t psk_len;
    uint8_t psk[64];
    bool has_private_key;
    uint8_t private_key[32];
    der public_key;
    der server_public_key;
    der certificates[CERTIFICATES_MAX];
    size_t certificate_count;
    der server_certificate;
    cot_certificate_usage usage;
    der anchors[CERTIFICATES_MAX];
    size_t anchor_count;
} credentials;

/* Read `file`, which nobody but its owner may be able to read. False: a line that names file, line
 * and key is printed. */
bool credentials_read(credentials *c, const char *file);

/* The same from an open file; `name` is for messages. */
bool credentials_parse(credentials *c, FILE *f, const char *name);

/* Base64 with padding; stops at the end of the text. False: malformed or longer than cap. */
bool base64_decode(const char *text, uint8_t *out, size_t cap, size_t *len);

#endif
