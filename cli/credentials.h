/* SPDX-License-Identifier: Apache-2.0 */
/* What a new device is given: written to its credentials file, and told to the server as far as it must know.
 * The file's keys are in docs/guide/first-device.md. */
#ifndef COTTER_CLI_CREDENTIALS_H
#define COTTER_CLI_CREDENTIALS_H

#include "cli/cli.h"
#include "cli/identity.h"

typedef struct cli_credentials {
    const char *endpoint;
    const char *mode; /* "psk", "rpk", "x509", "nosec" */
    char server[300]; /* "coaps://127.0.0.1:5684" */
    char psk[33];     /* hex */
    EVP_PKEY *key;
    X509 *certificate;
    char *server_spki; /* base64 */
    X509 *server_certificate;
} cli_credentials;

/* Make the secrets of c->mode; `ca` is the folder of the CA for x509. False (said). */
bool cli_credentials_make(cli_credentials *k, const char *ca);
/* Take the server's address and keys from its status; `uri` (may be NULL) goes before its own address. False (said). */
bool cli_credentials_server(cli_credentials *k, const json_t *status, const char *uri);
/* The body for POST /devices. NULL (said). */
json_t *cli_credentials_request(const cli_credentials *k, const char *group);
/* Write the new file, 0600. False (said): none is there. */
bool cli_credentials_write(const cli_credentials *k, const char *file);
/* Write the keys as DER files for other clients into a new folder. False (said): what was made is removed. */
bool cli_credentials_export(const cli_credentials *k, const char *dir);
/* Remove the folder that cli_credentials_export made. */
void cli_credentials_unexport(const char *dir);
/* Print the command lines of cotter-device and others. `dir`: of the export, or NULL. */
void cli_credentials_print(const cli_credentials *k, const char *file, const char *dir);
void cli_credentials_free(cli_credentials *k);

#endif
