/* SPDX-License-Identifier: Apache-2.0 */
/* core/cose and core/suit with an engine that calls every signature good and hashes cheaply, so that
 * the fuzzer gets behind them. Blocks of any size end in the same result; payload comes out whole and
 * in order; an accepted manifest that is written again is accepted with the same content. */
#include "core/cose/sign1.h"
#include "core/suit/intake.h"
#include "core/suit/write.h"
#include "tests/fuzz/data_fuzz.h"

static void start(void *ctx, cot_sha256 *h)
{
    (void)ctx;
    memset(h, 0, sizeof *h);
}

static void update(void *ctx, cot_sha256 *h, const uint8_t *p, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        h->state[0] += p[i];
}

/* Nearly always zeros, which is what the corpus names as digest. */
static void finish(void *ctx, cot_sha256 *h, uint8_t out[static COT_SHA256_SIZE])
{
    (void)ctx;
    memset(out, 0, COT_SHA256_SIZE);
    out[0] = h->state[0] % 16 == 15;
}

static cot_status verify(void *ctx, const cot_p256_public *pub,
                         const uint8_t digest[static COT_SHA256_SIZE],
                         const uint8_t sig[static COT_P256_SIG_SIZE])
{
    (void)ctx;
    (void)pub;
    (void)digest;
    return sig[0] == 0xFF ? COT_E_AUTH : COT_OK;
}

static const cot_crypto crypto = {NULL, start, update, finish, verify};
static const uint8_t id[COT_SUIT_ID_SIZE];
static const cot_p256_public key;
static const cot_suit_device device = {id, id, &key, 1, 4000};

static cot_status take(cot_bytes in, size_t block, uint64_t *stored)
{
    static uint8_t head[1024];
    cot_suit_intake t;
    *stored = 0;
    cot_suit_intake_init(&t, &device, &crypto, head, sizeof head);
    for (size_t i = 0; i < in.len; i += block) {
        cot_bytes store;
        size_t n = in.len - i < block ? in.len - i : block;
        cot_status s = cot_suit_intake_feed(&t, (cot_bytes){in.p + i, n}, &store);
        HOLDS(store.len == 0 || (t.accepted && *stored + store.len == t.taken));
        HOLDS(store.len == 0 || (store.p >= in.p + i && store.p + store.len == in.p + i + n));
        *stored += store.len;
        if (s != COT_OK)
            break;
    }
    cot_status s = cot_suit_intake_finish(&t);
    HOLDS(s != COT_OK || *stored == t.manifest.size);
    return s;
}

static void check_manifest(cot_bytes map)
{
    uint8_t buf[512];
    cot_suit_manifest m;
    cot_suit_manifest again;
    cot_writer w;
    if (cot_suit_manifest_check(map, &device, &m) != COT_OK)
        return;
    HOLDS(m.size <= device.capacity && m.sequence >= device.sequence);
    HOLDS(m.uri.p >= map.p && m.uri.p + m.uri.len <= map.p + map.len);
    cot_suit_release r = {.sequence = m.sequence, .size = m.size};
    memcpy(r.digest, m.digest, sizeof r.digest);
    cot_writer_init(&w, buf, sizeof buf);
    cot_suit_write_manifest(&w, &r);
    HOLDS(w.err == COT_OK);
    cot_bytes ours = {buf + 2, w.len - 2}; /* without the byte string's head, 58 and a length */
    HOLDS(cot_suit_manifest_check(ours, &device, &again) == COT_OK);
    HOLDS(again.size == m.size && again.sequence == m.sequence);
    HOLDS(memcmp(again.digest, m.digest, sizeof m.digest) == 0);
}

static void check_sign1(cot_bytes in)
{
    uint8_t buf[128];
    cot_cose_sign1 s;
    cot_writer w;
    if (cot_cose_sign1_parse(in, &s) != COT_OK)
        return;
    cot_writer_init(&w, buf, sizeof buf);
    cot_cose_sign1_write(&w, s.signature);
    if (in.len == w.len && in.p[5] == buf[5]) /* no unprotected parameters, ES256 */
        HOLDS(memcmp(buf, in.p, w.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t whole;
    uint64_t split;
    cot_bytes in = {data, size};
    if (size > 8192)
        return 0;
    check_manifest(in);
    check_sign1(in);
    cot_status a = take(in, size + 1, &whole);
    cot_status b = take(in, 7, &split);
    HOLDS((a == COT_OK) == (b == COT_OK));
    if (a == COT_OK)
        HOLDS(whole == split);
    return 0;
}
