/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT_Digest. */
#include "core/suit/digest.h"

#include <string.h>

/* [-16, 32 bytes] has one canonical form: */
static const uint8_t head[] = {0x82, 0x2F, 0x58, COT_SHA256_SIZE};

cot_status cot_suit_digest_parse(cot_bytes in, cot_bytes *digest)
{
    if (in.len != COT_SUIT_DIGEST_SIZE || memcmp(in.p, head, sizeof head) != 0)
        return COT_E_UNSUPPORTED;
    digest->p = in.p + sizeof head;
    digest->len = COT_SHA256_SIZE;
    return COT_OK;
}

void cot_suit_digest_write(cot_writer *w, const uint8_t digest[static COT_SHA256_SIZE])
{
    cot_write_bytes(w, head, sizeof head);
    cot_write_bytes(w, digest, COT_SHA256_SIZE);
}
