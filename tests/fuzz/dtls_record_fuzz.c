/* SPDX-License-Identifier: Apache-2.0 */
/* Records from anybody. Property: whatever comes, the session is unchanged, the datagram is
 * consumed from the front, data lies inside it; and what opens is exactly what sealing the data
 * again gives. */
#include "core/base/bytes.h"
#include "dtls/record.h"

#include <stdlib.h>
#include <string.h>

/* An AEAD that lets everything pass, so that what is behind it is reached: the tag is zeros. */
static cot_status seal(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out)
{
    (void)ctx;
    (void)key;
    (void)nonce;
    (void)aad;
    (void)aad_len;
    memmove(out, in, len);
    memset(out + len, 0, suite == COT_DTLS_CCM_8 ? 8 : 16);
    return COT_OK;
}

static cot_status open(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out)
{
    (void)ctx;
    (void)suite;
    (void)key;
    (void)nonce;
    (void)aad;
    (void)aad_len;
    (void)in;
    (void)len;
    (void)out;
    return COT_OK;
}

static const cot_dtls_aead passing = {NULL, seal, open};

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void seal_again(const cot_dtls_record *r, const cot_dtls_opened *o)
{
    cot_dtls_record peer = *r;
    cot_dtls_record back = *r;
    size_t cap = o->len + COT_CHANNEL_OVERHEAD;
    uint8_t *wire = malloc(cap);
    size_t n = 0;
    cot_dtls_opened again;
    check(wire != NULL);
    memcpy(peer.cid_out, r->cid_in, sizeof r->cid_in);
    peer.cid_out_len = r->cid_in_len;
    check(cot_dtls_record_seal(&peer, &passing, o->number, o->type, o->data, o->len, wire, cap,
                               &n) == COT_OK);
    check(n == cot_dtls_record_size(&peer, o->len));
    cot_datagram in = {wire, n};
    cot_status err = cot_dtls_record_open(&back, &passing, &in, &again);
    /* trailing zeros of the inner type's place are the only thing that may differ in length */
    check(err == COT_OK && in.len == 0 && again.type == o->type && again.number == o->number &&
          again.len == o->len && memcmp(again.data, o->data, o->len) == 0);
    free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 2 || size > 20000)
        return 0;
    cot_dtls_record r;
    memset(&r, 0, sizeof r);
    r.suite = (uint8_t)(input[0] % 3 + 1);
    r.cid_in_len = input[1] % 9;
    r.in_top = 70;
    r.in_window = 0x5555;
    check(cot_dtls_record_valid(&r));
    cot_dtls_record before = r;
    size_t len = size - 2;
    uint8_t *copy = malloc(len + 1);
    check(copy != NULL);
    memcpy(copy, input + 2, len);
    const uint8_t *cid = NULL;
    (void)cot_dtls_record_cid(copy, len, r.cid_in_len, &cid);
    cot_datagram in = {copy, len};
    while (in.len > 0) {
        cot_dtls_opened o;
        size_t left = in.len;
        cot_status err = cot_dtls_record_open(&r, &passing, &in, &o);
        check(in.len < left && in.p + in.len == copy + len);
        check(memcmp(&r, &before, sizeof r) == 0);
        if (err != COT_OK)
            continue;
        check(o.data >= copy && o.data + o.len <= copy + len);
        check(o.number <= COT_DTLS_NUMBER_MAX);
        seal_again(&r, &o);
        (void)cot_dtls_record_accept(&r, o.number, NULL);
        check(cot_dtls_record_valid(&r));
        before = r;
        if (o.type == COT_DTLS_ALERT)
            (void)cot_dtls_alert_read(o.data, o.len);
    }
    free(copy);
    return 0;
}
