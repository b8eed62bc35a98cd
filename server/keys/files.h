/* SPDX-License-Identifier: Apache-2.0 */
/* The key folder DATA/keys: sealing.key, server.key, server.crt. */
#ifndef COTTER_SERVER_KEYS_FILES_H
#define COTTER_SERVER_KEYS_FILES_H

#include "server/keys/seal.h"
#include "server/keys/sign.h"

#define KEYS_FILE_SEALING "sealing.key"    /* 32 random bytes, 0600 */
#define KEYS_FILE_CHECK "sealing.check"    /* a known text, sealed with it */
#define KEYS_FILE_SERVER_KEY "server.key"  /* PKCS#8 DER, 0600 */
#define KEYS_FILE_SERVER_CERT "server.crt" /* X.509 DER, 0644 */

typedef struct keys_files {
    uint8_t *sealing; /* KEYS_SEALING_KEY bytes in libcrypto's locked heap */
    keys_signer *signer;
} keys_files;

/* Read the keys in the folder `dir`. first_start: there is no database yet: what is missing is made; each
 * file appears whole (written aside, synced, renamed). Otherwise nothing is ever made, because a new sealing key
 * could not open the database's secrets.
 * COT_OK; else *why is one line that names the file and what is wrong: COT_E_NOT_FOUND (missing),
 * COT_E_DENIED (others may read it), COT_E_MALFORMED (not such a key, or key and certificate differ), COT_E_IO. */
cot_status keys_files_open(int dir, bool first_start, keys_files *out, const char **why);
void keys_files_close(keys_files *f);

#endif
