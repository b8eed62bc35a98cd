/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT manifest (draft-ietf-suit-manifest section 8.4): run its sequences against what the device
 * is. One component; conditions vendor, class, image-match; directives set-component-index,
 * override- parameters, fetch; everything else is refused, never passed over. */
#ifndef COTTER_SUIT_MANIFEST_H
#define COTTER_SUIT_MANIFEST_H

#include "core/base/bytes.h"

#include <cotter/crypto.h>

#define COT_SUIT_ID_SIZE 16u

/* What this device is and has. */
typedef struct cot_suit_device {
    const uint8_t *vendor_id; /* COT_SUIT_ID_SIZE bytes, like class_id; all three borrowed */
    const uint8_t *class_id;
    const cot_p256_public *key; /* who may sign */
    uint64_t sequence;          /* of the release that is confirmed; lower ones are refused */
    uint64_t capacity;          /* bytes that an image may have */
} cot_suit_device;

typedef struct cot_suit_manifest {
    uint64_t sequence;
    uint8_t digest[COT_SHA256_SIZE]; /* of the image */
    uint64_t size;                   /* of the image in bytes */
    cot_bytes uri;                   /* from where; "#fw" is the integrated payload. Borrowed */
} cot_suit_manifest;

/* Parse an authentic manifest and check it in the draft's order: version, sequence number, then the
 * shared sequence (vendor, class), then payload-fetch, install, validate.
 * COT_OK; COT_E_REPLAY (sequence below the device's), COT_E_DENIED (vendor or class is another, or
 * not checked by the manifest), COT_E_LIMIT (image above capacity), COT_E_UNSUPPORTED (version,
 * command or parameter outside the profile), COT_E_MALFORMED, COT_E_TRUNCATED, COT_E_TYPE,
 * COT_E_RANGE. */
cot_status cot_suit_manifest_check(cot_bytes manifest_map, const cot_suit_device *device,
                                   cot_suit_manifest *out);

/* The Firmware Update Result (5/0/5) to report for `s` of this folder: 2 too large (LIMIT, SPACE),
 * 5 integrity (AUTH), 6 unsupported package (DENIED, UNSUPPORTED and every format error), 8 update
 * failed (REPLAY and the rest). COT_OK gives 0. */
uint8_t cot_suit_result(cot_status s);

#endif
