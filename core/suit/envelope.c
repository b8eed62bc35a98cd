/* SPDX-License-Identifier: Apache-2.0 */
/* SUIT envelope: find the manifest and who signed it. */
#include "core/suit/envelope.h"

#include "core/cbor/reader.h"
#include "core/cose/sign1.h"
#include "core/suit/digest.h"

#include <string.h>

enum { TAG_ENVELOPE = 107, MEMBER_AUTHENTICATION = 2, MEMBER_MANIFEST = 3 };
/* Member `label` with a byte string as value. */
static cot_bytes read_member(cot_cbor_reader *r, uint32_t label)
{
    if (cot_cbor_read_u32(r) != label)
        cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
    return cot_cbor_read_bytes(r);
}

/* "#fw" and the head of its byte string. Not there yet is no error: payload_at stays 0. */
static cot_status read_payload_head(cot_cbor_reader *r, const uint8_t *start,
                                    cot_suit_envelope *out)
{
    if (!cot_bytes_is(cot_cbor_read_text(r), COT_SUIT_PAYLOAD_KEY))
        cot_reader_fail(&r->in, COT_E_UNSUPPORTED);
    out->payload_len = cot_cbor_read_bytes_head(r);
    if (r->in.err == COT_OK)
        out->payload_at = (size_t)(r->in.p - start);
    if (r->in.err == COT_E_TYPE) /* severed or unknown members, or no byte string */
        return COT_E_UNSUPPORTED;
    return r->in.err == COT_E_TRUNCATED ? COT_OK : r->in.err;
}

cot_status cot_suit_envelope_parse(cot_bytes start, cot_suit_envelope *out)
{
    cot_cbor_reader r;
    memset(out, 0, sizeof *out);
    cot_cbor_reader_init(&r, start, COT_CBOR_CANONICAL);
    if (cot_cbor_read_tag(&r) != TAG_ENVELOPE)
        cot_reader_fail(&r.in, COT_E_MALFORMED);
    uint64_t members = cot_cbor_read_map(&r);
    if (members != 2 && members != 3)
        cot_reader_fail(&r.in, COT_E_UNSUPPORTED);
    cot_bytes authentication = read_member(&r, MEMBER_AUTHENTICATION);
    const uint8_t *label = r.in.p;
    cot_bytes map = read_member(&r, MEMBER_MANIFEST);
    if (r.in.err != COT_OK)
        return r.in.err;
    out->authentication = authentication;
    out->manifest_map = map;
    out->manifest = (cot_bytes){label + 1, (size_t)(r.in.p - label - 1)};
    out->has_payload = members == 3;
    return out->has_payload ? read_payload_head(&r, start.p, out) : COT_OK;
}

/* The digest that the authentication block names is that of the manifest. */
static cot_status check_digest(const cot_suit_envelope *e, cot_bytes digest,
                               const cot_crypto *crypto)
{
    uint8_t actual[COT_SHA256_SIZE];
    cot_bytes named;
    cot_status s = cot_suit_digest_parse(digest, &named);
    if (s != COT_OK)
        return s;
    cot_sha256_of(crypto, e->manifest.p, e->manifest.len, actual);
    return cot_equal_ct(actual, named.p, sizeof actual) ? COT_OK : COT_E_AUTH;
}

cot_status cot_suit_envelope_verify(const cot_suit_envelope *e, const cot_p256_public *key,
                                    const cot_crypto *crypto)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, e->authentication, COT_CBOR_CANONICAL);
    uint64_t blocks = cot_cbor_read_array(&r);
    cot_bytes digest = cot_cbor_read_bytes(&r);
    if (r.in.err != COT_OK)
        return r.in.err;
    cot_status s = check_digest(e, digest, crypto);
    if (s != COT_OK)
        return s;

    s = COT_E_AUTH; /* also when there is no signature at all */
    for (; blocks > 1 && r.in.err == COT_OK; blocks--) {
        cot_cose_sign1 sign1;
        cot_bytes block = cot_cbor_read_bytes(&r);
        if (r.in.err != COT_OK || s == COT_OK)
            continue; /* one good signature is enough; the rest has to be well-formed */
        s = cot_cose_sign1_parse(block, &sign1);
        if (s == COT_OK)
            s = cot_cose_sign1_verify(&sign1, digest, key, crypto);
    }
    cot_status end = cot_reader_end(&r.in);
    return end != COT_OK ? end : s;
}
