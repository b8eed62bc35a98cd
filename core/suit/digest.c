/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT_Digest. */
#include "core/suit/digest.h"

#include "core/cbor/reader.h"
#include "core/cbor/writer.h"

enum { SHA_256 = -16 };

cot_status cot_suit_digest_parse(cot_bytes in, cot_bytes *digest)
{
    cot_cbor_reader r;
    *digest = (cot_bytes){NULL, 0};
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    if (cot_cbor_read_array(&r) != 2)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    int64_t algorithm = cot_cbor_read_int(&r);
    cot_bytes bytes = cot_cbor_read_bytes(&r);
    cot_status s = cot_reader_end(&r.in);
    if (s == COT_OK && algorithm != SHA_256)
        s = COT_E_UNSUPPORTED;
    if (s == COT_OK && bytes.len != COT_SHA256_SIZE)
        s = COT_E_MALFORMED;
    if (s == COT_OK)
        *digest = bytes;
    return s;
}

void cot_suit_digest_write(cot_writer *w, const uint8_t digest[static COT_SHA256_SIZE])
{
    cot_cbor_write_array(w, 2);
    cot_cbor_write_int(w, SHA_256);
    cot_cbor_write_bytes(w, (cot_bytes){digest, COT_SHA256_SIZE});
}
