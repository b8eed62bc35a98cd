/* SPDX-License-Identifier: Apache-2.0 */
/* The server's DTLS key (P-256): made at the first start, signs digests, does nothing else. */
#ifndef COTTER_SERVER_KEYS_SIGN_H
#define COTTER_SERVER_KEYS_SIGN_H

#include "core/base/bytes.h"

#define KEYS_SIGNATURE_MAX 72u /* DER ECDSA-Sig-Value on P-256 */
#define KEYS_DER_MAX 1024u     /* a key or certificate file */

typedef struct keys_signer keys_signer;

/* A new key as PKCS#8 DER into out[0..KEYS_DER_MAX); wipe it after use. COT_OK; COT_E_IO. */
cot_status keys_signer_create(uint8_t out[static KEYS_DER_MAX], size_t *len);
/* NULL when `pkcs8` is no P-256 private key. */
keys_signer *keys_signer_load(cot_bytes pkcs8);
void keys_signer_free(keys_signer *s);

/* Self-signed certificate (X.509 v3, EKU serverAuth, digitalSignature, no CA) as DER. COT_OK; COT_E_IO. */
cot_status keys_signer_certificate(const keys_signer *s, uint8_t out[static KEYS_DER_MAX],
                                   size_t *len);
/* Does the certificate carry this key? */
bool keys_signer_fits(const keys_signer *s, cot_bytes certificate);

/* ECDSA over a 32-byte SHA-256 digest. COT_OK; COT_E_IO. */
cot_status keys_sign(keys_signer *s, const uint8_t digest[static 32],
                     uint8_t out[static KEYS_SIGNATURE_MAX], size_t *len);

#endif
