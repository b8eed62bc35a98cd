/* SPDX-License-Identifier: Apache-2.0 */
/* A device's own secrets, made here and now: key pairs, certificates, a small CA in a folder. */
#ifndef COTTER_CLI_IDENTITY_H
#define COTTER_CLI_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes as text, malloc'd; NULL out of memory. */
char *cli_base64(const uint8_t *bytes, size_t len);
char *cli_hex(const uint8_t *bytes, size_t len);

/* A new P-256 key. NULL (said). */
EVP_PKEY *cli_p256_new(void);
/* Its private scalar, 32 bytes big-endian. */
bool cli_p256_scalar(const EVP_PKEY *key, uint8_t out[static 32]);
/* Its SubjectPublicKeyInfo, DER as base64, malloc'd. */
char *cli_spki(EVP_PKEY *key);
/* A certificate's DER as base64, malloc'd. */
char *cli_certificate(X509 *certificate);

typedef struct cli_ca {
    EVP_PKEY *key;
    X509 *certificate;
} cli_ca;

/* Open the CA in `dir` (ca.pem, ca.key), which is made when it is not there. False (said). */
bool cli_ca_open(const char *dir, cli_ca *out);
/* Does the folder hold one? */
bool cli_ca_exists(const char *dir);
void cli_ca_close(cli_ca *ca);
/* A client certificate for `endpoint` (its common name), valid for 20 years. NULL (said). */
X509 *cli_ca_issue(const cli_ca *ca, const char *endpoint, EVP_PKEY *key);

#endif
