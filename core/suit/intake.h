/* SPDX-License-Identifier: Apache-2.0 */
/* Take a signed release in pieces, as blocks arrive: the envelope's start is gathered in a caller's
 * buffer until the manifest is whole and checked; only then are payload bytes handed out to be
 * stored, hashed on the way; the end compares size and digest. */
#ifndef COTTER_SUIT_INTAKE_H
#define COTTER_SUIT_INTAKE_H

#include "core/suit/envelope.h"
#include "core/suit/manifest.h"

/* A head buffer that is enough for what core/suit/write.h writes, twice over. */
#define COT_SUIT_HEAD_SIZE 512u

typedef enum cot_suit_intake_state {
    COT_SUIT_HEAD,    /* gathering the manifest */
    COT_SUIT_PAYLOAD, /* manifest accepted; payload bytes come out */
    COT_SUIT_DONE,    /* all payload bytes seen; finish() says whether they are right */
    COT_SUIT_FAILED
} cot_suit_intake_state;

typedef struct cot_suit_intake {
    cot_suit_intake_state state;
    const cot_suit_device *device; /* borrowed */
    const cot_crypto *crypto;      /* borrowed */
    uint8_t *head;                 /* caller's buffer */
    size_t head_cap;
    size_t head_len;
    cot_suit_manifest manifest; /* valid once accepted; uri borrows from head */
    bool accepted;              /* the manifest has been verified and checked */
    uint64_t taken;             /* payload bytes so far */
    cot_sha256 hash;
    cot_status err; /* COT_OK, or why FAILED */
} cot_suit_intake;

/* head: gathers the envelope up to the payload. */
void cot_suit_intake_init(cot_suit_intake *in, const cot_suit_device *device,
                          const cot_crypto *crypto, uint8_t *head, size_t head_cap);

/* Feed the next bytes of the envelope, in order, any split. *store is the part of `bytes` to be
 * stored, behind what came out before (empty while the manifest is gathered); it borrows from `bytes`.
 * COT_OK; or the reason of failure, latched: what cot_suit_envelope_parse, _verify and
 * cot_suit_manifest_check return; COT_E_LIMIT also when the head buffer is full; COT_E_MALFORMED
 * also for bytes past the end or a payload of another length than the manifest's image-size.
 * Nothing of a call that fails is to be stored. */
cot_status cot_suit_intake_feed(cot_suit_intake *in, cot_bytes bytes, cot_bytes *store);

/* After the last byte. COT_OK: size and digest are the manifest's. COT_E_TRUNCATED (bytes are
 * missing), COT_E_AUTH (digest differs), or the latched reason. */
cot_status cot_suit_intake_finish(cot_suit_intake *in);

#endif
