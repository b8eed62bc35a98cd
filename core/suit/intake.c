/* SPDX-License-Identifier: Apache-2.0 */
/* Take a signed release in pieces. */
#include "core/suit/intake.h"

#include <string.h>

void cot_suit_intake_init(cot_suit_intake *in, const cot_suit_device *device,
                          const cot_crypto *crypto, uint8_t *head, size_t head_cap)
{
    *in = (cot_suit_intake){.state = COT_SUIT_HEAD,
                            .device = device,
                            .crypto = crypto,
                            .head = head,
                            .head_cap = head_cap};
}

/* The manifest is whole: is it ours, and is it for us? Before this nothing is stored. */
static cot_status accept(cot_suit_intake *in, const cot_suit_envelope *e)
{
    cot_status s = cot_suit_envelope_verify(e, in->device->key, in->crypto);
    if (s == COT_OK)
        s = cot_suit_manifest_check(e->manifest_map, in->device, &in->manifest);
    if (s == COT_OK && (!e->has_payload || !cot_bytes_is(in->manifest.uri, COT_SUIT_PAYLOAD_KEY)))
        s = COT_E_UNSUPPORTED; /* the payload is elsewhere: not our profile */
    in->accepted = s == COT_OK;
    return s;
}

static void begin_payload(cot_suit_intake *in)
{
    in->state = in->manifest.size == 0 ? COT_SUIT_DONE : COT_SUIT_PAYLOAD;
    in->crypto->sha256_start(in->crypto->ctx, &in->hash);
}

/* Gather up to the payload's first byte; *bytes moves past what the head took. */
static cot_status gather(cot_suit_intake *in, cot_bytes *bytes)
{
    cot_suit_envelope e;
    size_t before = in->head_len;
    size_t room = in->head_cap - before;
    size_t n = bytes->len < room ? bytes->len : room;
    if (n > 0)
        memcpy(in->head + before, bytes->p, n);
    in->head_len += n;

    cot_status s = cot_suit_envelope_parse((cot_bytes){in->head, in->head_len}, &e);
    if (s == COT_OK && !in->accepted)
        s = accept(in, &e);
    if (s == COT_OK && e.payload_at > 0) {
        if (e.payload_len != in->manifest.size)
            return COT_E_AUTH; /* the head of the payload is not signed, its size is */
        n = e.payload_at - before;
        in->head_len = e.payload_at;
        begin_payload(in);
    } else if ((s == COT_OK || s == COT_E_TRUNCATED) && in->head_len == in->head_cap) {
        return COT_E_LIMIT;
    }
    bytes->p += n;
    bytes->len -= n;
    return s == COT_E_TRUNCATED ? COT_OK : s;
}

static cot_status take_payload(cot_suit_intake *in, cot_bytes bytes, cot_bytes *store)
{
    if (bytes.len > in->manifest.size - in->taken)
        return COT_E_MALFORMED;
    in->crypto->sha256_update(in->crypto->ctx, &in->hash, bytes.p, bytes.len);
    in->taken += bytes.len;
    if (in->taken == in->manifest.size)
        in->state = COT_SUIT_DONE;
    *store = bytes;
    return COT_OK;
}

cot_status cot_suit_intake_feed(cot_suit_intake *in, cot_bytes bytes, cot_bytes *store)
{
    cot_status s = in->err;
    *store = (cot_bytes){NULL, 0};
    if (s == COT_OK && bytes.len > 0 && in->state == COT_SUIT_HEAD)
        s = gather(in, &bytes);
    if (s == COT_OK && bytes.len > 0)
        s = take_payload(in, bytes, store);
    if (s != COT_OK) {
        in->state = COT_SUIT_FAILED;
        in->err = s;
    }
    return s;
}

cot_status cot_suit_intake_finish(cot_suit_intake *in)
{
    uint8_t digest[COT_SHA256_SIZE];
    if (in->state == COT_SUIT_HEAD || in->state == COT_SUIT_PAYLOAD)
        in->err = COT_E_TRUNCATED;
    if (in->err == COT_OK) {
        cot_sha256 hash = in->hash; /* a second call gives the same answer */
        in->crypto->sha256_finish(in->crypto->ctx, &hash, digest);
        if (!cot_equal_ct(digest, in->manifest.digest, sizeof digest))
            in->err = COT_E_AUTH;
    }
    if (in->err != COT_OK)
        in->state = COT_SUIT_FAILED;
    return in->err;
}
