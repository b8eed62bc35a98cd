/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT_Digest (draft-ietf-suit-manifest section 8.3.1): [-16, 32 bytes], SHA-256 only. */
#ifndef COTTER_SUIT_DIGEST_H
#define COTTER_SUIT_DIGEST_H

#include "core/base/bytes.h"

#include <cotter/crypto.h>

#define COT_SUIT_DIGEST_SIZE 36u /* encoded: 82 2F 58 20 and 32 bytes */

/* COT_OK, *digest borrows 32 bytes from `in`; COT_E_UNSUPPORTED: anything else than that. */
cot_status cot_suit_digest_parse(cot_bytes in, cot_bytes *digest);

void cot_suit_digest_write(cot_writer *w, const uint8_t digest[static COT_SHA256_SIZE]);

#endif
