/* SPDX-License-Identifier: Apache-2.0 */
/* Seal secrets for the database: AES-256-GCM under the sealing key, bound to an identity. */
#ifndef COTTER_SERVER_KEYS_SEAL_H
#define COTTER_SERVER_KEYS_SEAL_H

#include "core/base/bytes.h"

#define KEYS_SEALING_KEY 32u
#define KEYS_SECRET_MAX 64u    /* bytes of a secret that can be sealed */
#define KEYS_SEAL_OVERHEAD 29u /* version 1 · nonce 12 · tag 16 */
#define KEYS_SEALED_SIZE (KEYS_SEAL_OVERHEAD + KEYS_SECRET_MAX) /* the longest blob */

/* Write version 1 (one byte) · nonce (12, random) · ciphertext · tag (16) to `out`; the associated data
 * are the version and the identity, so that a blob copied to another identity does not open.
 * in: secret of 1..KEYS_SECRET_MAX bytes.   out: *len bytes.
 * COT_OK; COT_E_RANGE (secret too short or long); COT_E_IO (random source or libcrypto failed). */
cot_status keys_seal(const uint8_t key[static KEYS_SEALING_KEY], cot_bytes identity,
                     cot_bytes secret, uint8_t out[static KEYS_SEALED_SIZE], size_t *len);

/* The reverse. On failure `secret` is zeroed and *len 0.
 * COT_OK; COT_E_MALFORMED (length or version); COT_E_AUTH (other key, other identity, changed blob);
 * COT_E_IO. */
cot_status keys_unseal(const uint8_t key[static KEYS_SEALING_KEY], cot_bytes identity,
                       cot_bytes sealed, uint8_t secret[static KEYS_SECRET_MAX], size_t *len);

#endif
