/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT envelope (draft-ietf-suit-manifest section 8.2): find and authenticate the manifest before a
 * byte of payload is taken. Our profile: 107({2: authentication, 3: manifest, "#fw": payload}), the
 * integrated payload last and optional. Canonical CBOR. */
#ifndef COTTER_SUIT_ENVELOPE_H
#define COTTER_SUIT_ENVELOPE_H

#include "core/base/bytes.h"

#include <cotter/crypto.h>

#define COT_SUIT_PAYLOAD_KEY "#fw"

typedef struct cot_suit_envelope {
    cot_bytes authentication; /* content of member 2 */
    cot_bytes manifest;       /* member 3 with its byte-string head: what the digest covers */
    cot_bytes manifest_map;   /* member 3 without it: what cot_suit_manifest_parse reads */
    bool has_payload;         /* the envelope has a third member, the payload */
    size_t payload_at; /* its first byte's offset in the envelope; 0: its head is still to come */
    uint64_t payload_len; /* bytes, valid when payload_at is set */
} cot_suit_envelope;

/* Parse as much of an envelope as there is: `start` is its first bytes, from offset 0.
 * COT_OK: the manifest is whole (look at payload_at before you use it; call again with more bytes
 * when has_payload and payload_at is 0). The results borrow from `start`. COT_E_TRUNCATED: more
 * bytes are needed. COT_E_MALFORMED, COT_E_TYPE, COT_E_UNSUPPORTED (severed or unknown members): give the
 * download up. */
cot_status cot_suit_envelope_parse(cot_bytes start, cot_suit_envelope *out);

/* Check that some COSE_Sign1 of the envelope signs the digest of the manifest under `key`.
 * COT_OK; COT_E_AUTH (digest or signature wrong), COT_E_MALFORMED, COT_E_TYPE, COT_E_UNSUPPORTED
 * (other digest or signature algorithm), COT_E_IO. */
cot_status cot_suit_envelope_verify(const cot_suit_envelope *e, const cot_p256_public *key,
                                    const cot_crypto *crypto);

#endif
