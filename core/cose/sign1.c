/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1: parse, verify, write. */
#include "core/cose/sign1.h"

#include "core/cbor/reader.h"
#include "core/cbor/writer.h"

#include <string.h>

enum { TAG_SIGN1 = 18, NIL = 0xF6 };

static const uint8_t es256_protected[COT_COSE_PROTECTED_SIZE] = {0xA1, 0x01, 0x26}; /* {1: -7} */
enum { ESP256 = 0x28 }; /* -9 in its place: RFC 9864's name for it */

/* {1: algorithm} in its one canonical form and nothing else: a further parameter could change what the
 * signature means. */
static bool known_protected(cot_bytes header)
{
    return header.len == sizeof es256_protected &&
           memcmp(header.p, es256_protected, sizeof es256_protected - 1) == 0 &&
           (header.p[2] == es256_protected[2] || header.p[2] == ESP256);
}

cot_status cot_cose_sign1_parse(cot_bytes in, cot_cose_sign1 *out)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    if (cot_cbor_read_tag(&r) != TAG_SIGN1 || cot_cbor_read_array(&r) != 4)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    cot_bytes header = cot_cbor_read_bytes(&r);
    if (cot_cbor_peek(&r) != COT_CBOR_MAP)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    cot_cbor_skip(&r);
    cot_bytes payload = cot_cbor_skip(&r);
    cot_bytes signature = cot_cbor_read_bytes(&r);

    cot_status s = cot_reader_end(&r.in);
    if (s != COT_OK)
        return s;
    if (payload.p[0] != NIL || !known_protected(header))
        return COT_E_UNSUPPORTED;
    if (signature.len != COT_P256_SIG_SIZE)
        return COT_E_MALFORMED;
    out->protected_header = header.p;
    out->signature = signature.p;
    return COT_OK;
}

void cot_cose_sign1_digest(const uint8_t protected_header[static COT_COSE_PROTECTED_SIZE],
                           cot_bytes payload, const cot_crypto *crypto,
                           uint8_t out[static COT_SHA256_SIZE])
{
    static const uint8_t context[] = "\x84\x6ASignature1"; /* an array of 4, and its first */
    uint8_t head[sizeof context - 1 + 1 + COT_COSE_PROTECTED_SIZE + 1 + 9];
    cot_sha256 h;
    cot_writer w;

    cot_writer_init(&w, head, sizeof head);
    cot_write_bytes(&w, context, sizeof context - 1);
    cot_cbor_write_bytes(&w, (cot_bytes){protected_header, COT_COSE_PROTECTED_SIZE});
    cot_cbor_write_bytes_head(&w, 0); /* external additional data */
    cot_cbor_write_bytes_head(&w, payload.len);
    crypto->sha256_start(crypto->ctx, &h);
    crypto->sha256_update(crypto->ctx, &h, head, w.len);
    crypto->sha256_update(crypto->ctx, &h, payload.p, payload.len);
    crypto->sha256_finish(crypto->ctx, &h, out);
}

cot_status cot_cose_sign1_verify(const cot_cose_sign1 *sign1, cot_bytes payload,
                                 const cot_p256_public *key, const cot_crypto *crypto)
{
    uint8_t digest[COT_SHA256_SIZE];
    cot_cose_sign1_digest(sign1->protected_header, payload, crypto, digest);
    return crypto->p256_verify(crypto->ctx, key, digest, sign1->signature);
}

const uint8_t *cot_cose_es256_protected(void)
{
    return es256_protected;
}

void cot_cose_sign1_write(cot_writer *w, const uint8_t signature[static COT_P256_SIG_SIZE])
{
    cot_cbor_write_tag(w, TAG_SIGN1);
    cot_cbor_write_array(w, 4);
    cot_cbor_write_bytes(w, (cot_bytes){es256_protected, sizeof es256_protected});
    cot_cbor_write_map(w, 0);
    cot_cbor_write_null(w);
    cot_cbor_write_bytes(w, (cot_bytes){signature, COT_P256_SIG_SIZE});
}
