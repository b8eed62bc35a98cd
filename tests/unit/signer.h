/* SPDX-License-Identifier: Apache-2.0 */
/* A signing key for tests: what `cotter release sign` does with a key file. */
#ifndef COTTER_TESTS_UNIT_SIGNER_H
#define COTTER_TESTS_UNIT_SIGNER_H

#include <cotter/crypto.h>

/* Make a new key; its public half is *out. Ends the test program on failure. */
void signer_init(cot_p256_public *out);
void signer_free(void);

/* ECDSA over the 32-byte digest, r || s. */
void signer_sign(const uint8_t digest[static COT_SHA256_SIZE],
                 uint8_t out[static COT_P256_SIG_SIZE]);

#endif
