/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 (RFC 9052 section 4.2) with ECDSA P-256/SHA-256 and a detached payload. */
#ifndef COTTER_COSE_SIGN1_H
#define COTTER_COSE_SIGN1_H

#include "core/base/bytes.h"

#include <cotter/crypto.h>

#define COT_COSE_PROTECTED_SIZE 3u

/* The protected header is {1: -7} (ES256), or {1: -9} (ESP256 of RFC 9864, the same computation). */
typedef struct cot_cose_sign1 {
    const uint8_t *protected_header; /* 3 bytes, e.g. A1 01 26: signed as they stand */
    const uint8_t *signature;        /* 64 bytes */
} cot_cose_sign1;

/* Parse 18([protected, unprotected, nil, signature]); the tag is required. Unprotected parameters
 * must be well-formed and are not looked at. COT_OK; COT_E_TRUNCATED, COT_E_MALFORMED (also: not
 * canonical, bytes left over), COT_E_TYPE, COT_E_UNSUPPORTED (other algorithm, further protected
 * parameters, a payload inside). */
cot_status cot_cose_sign1_parse(cot_bytes in, cot_cose_sign1 *out);

/* SHA-256 of the Sig_structure ["Signature1", protected, h'', payload]: what is signed and
 * verified. `payload` is streamed through the hash: no copy. */
void cot_cose_sign1_digest(const uint8_t protected_header[static COT_COSE_PROTECTED_SIZE],
                           cot_bytes payload, const cot_crypto *crypto,
                           uint8_t out[static COT_SHA256_SIZE]);

/* COT_OK; COT_E_AUTH (the signature does not fit payload and key); COT_E_IO (the engine failed). */
cot_status cot_cose_sign1_verify(const cot_cose_sign1 *sign1, cot_bytes payload,
                                 const cot_p256_public *key, const cot_crypto *crypto);

/* For the signer: the protected header {1: -7} (static), and the whole object around a signature.
 */
const uint8_t *cot_cose_es256_protected(void);
void cot_cose_sign1_write(cot_writer *w, const uint8_t signature[static COT_P256_SIG_SIZE]);

#endif
