/* SPDX-License-Identifier: Apache-2.0 */
/* Write a release in our SUIT profile: for `cotter release create` and `sign`. Not on devices.
 *   manifest = cot_suit_write_manifest(release)     member 3 with its byte-string head
 *   digest   = cot_suit_write_digest(manifest)      the 36 signed bytes
 *   tbs      = cot_suit_signing_digest(digest)      32 bytes that the key signs
 *   cot_suit_write_head(…, signature …)             everything before the payload; then the payload
 */
#ifndef COTTER_SUIT_WRITE_H
#define COTTER_SUIT_WRITE_H

#include "core/base/bytes.h"
#include "core/suit/digest.h"
#include "core/suit/manifest.h"

typedef struct cot_suit_release {
    uint8_t vendor_id[COT_SUIT_ID_SIZE];
    uint8_t class_id[COT_SUIT_ID_SIZE];
    uint64_t sequence;
    uint8_t digest[COT_SHA256_SIZE]; /* SHA-256 of the payload */
    uint64_t size;                   /* of the payload in bytes */
} cot_suit_release;

void cot_suit_write_manifest(cot_writer *w, const cot_suit_release *r);

/* The encoded SUIT_Digest [-16, SHA-256(manifest)] of a manifest with its head. */
void cot_suit_digest(cot_bytes manifest, const cot_crypto *crypto,
                     uint8_t out[static COT_SUIT_DIGEST_SIZE]);

/* What ECDSA signs for it: SHA-256 of the COSE Sig_structure. */
void cot_suit_signing_digest(const uint8_t digest[static COT_SUIT_DIGEST_SIZE],
                             const cot_crypto *crypto, uint8_t out[static COT_SHA256_SIZE]);

/* Tag, map head, authentication, manifest, "#fw" and the payload's byte-string head. */
void cot_suit_write_head(cot_writer *w, const uint8_t digest[static COT_SUIT_DIGEST_SIZE],
                         const uint8_t signature[static COT_P256_SIG_SIZE], cot_bytes manifest,
                         uint64_t payload_len);

#endif
