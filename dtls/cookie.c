/* SPDX-License-Identifier: Apache-2.0 */
/* The stateless cookie exchange. Cookie = period number (4 bytes) || first 16 bytes of
 * HMAC-SHA-256 over the address and all that the second ClientHello must repeat from the first. */
#include "dtls/cookie.h"

#include "core/base/bytes.h"
#include "dtls/hello.h"

#include <string.h>

#define HANDSHAKE 22u
#define CLIENT_HELLO 1u
#define HELLO_VERIFY_REQUEST 3u
#define VERSION_1_0 0xfeffu
#define VERSION_1_2 0xfefdu
#define BLOCK 64u
#define MAC_LEN 16u

/* ---- HMAC-SHA-256 (RFC 2104) over a list of byte runs ---- */

static void hmac(const cot_crypto *crypto, const uint8_t key[static 32], const cot_bytes *part,
                 size_t parts, uint8_t out[static COT_SHA256_SIZE])
{
    uint8_t pad[BLOCK];
    cot_sha256 h;
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < 32; i++)
        pad[i] ^= key[i];
    crypto->sha256_start(crypto->ctx, &h);
    crypto->sha256_update(crypto->ctx, &h, pad, sizeof pad);
    for (size_t i = 0; i < parts; i++) {
        uint8_t n[2] = {(uint8_t)(part[i].len >> 8), (uint8_t)part[i].len};
        crypto->sha256_update(crypto->ctx, &h, n, sizeof n);
        if (part[i].len > 0)
            crypto->sha256_update(crypto->ctx, &h, part[i].p, part[i].len);
    }
    crypto->sha256_finish(crypto->ctx, &h, out);

    for (size_t i = 0; i < BLOCK; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    crypto->sha256_start(crypto->ctx, &h);
    crypto->sha256_update(crypto->ctx, &h, pad, sizeof pad);
    crypto->sha256_update(crypto->ctx, &h, out, COT_SHA256_SIZE);
    crypto->sha256_finish(crypto->ctx, &h, out);
    cot_wipe(pad, sizeof pad);
    cot_wipe(&h, sizeof h);
}

/* ---- secrets ---- */

static cot_status rotate(cot_dtls_cookie *c, cot_ms now)
{
    uint64_t period = now / COT_DTLS_COOKIE_ROTATION_MS;
    if (period == c->period && c->valid[period & 1] != 0)
        return COT_OK;
    if (period != c->period + 1)
        c->valid[(period + 1) & 1] = 0; /* the one before is older than one period */
    if (c->random(c->app, c->secret[period & 1], sizeof c->secret[0]) != COT_OK) {
        c->valid[period & 1] = 0;
        return COT_E_IO;
    }
    c->valid[period & 1] = 1;
    c->period = period;
    return COT_OK;
}

cot_status cot_dtls_cookie_init(cot_dtls_cookie *c, const cot_crypto *crypto, cot_ms now,
                                cot_status (*random)(void *app, uint8_t *out, size_t len),
                                void *app)
{
    memset(c, 0, sizeof *c);
    c->crypto = crypto;
    c->random = random;
    c->app = app;
    return rotate(c, now);
}

/* ---- the first datagram ---- */

typedef struct first {
    cot__hello hello;
    cot_bytes version; /* of the ClientHello */
    uint64_t number;   /* of the record: echoed (RFC 6347 section 4.2.1) */
} first;

/* One unfragmented ClientHello in one plaintext record of epoch 0, at the datagram's start. */
static cot_status read_first(const uint8_t *dgram, size_t len, first *f)
{
    cot_reader r;
    cot_reader_init(&r, dgram, len);
    if (cot_read_u8(&r) != HANDSHAKE)
        return COT_E_UNSUPPORTED;
    uint16_t version = cot_read_u16(&r);
    if (version != VERSION_1_0 && version != VERSION_1_2)
        return COT_E_UNSUPPORTED;
    uint16_t epoch = cot_read_u16(&r);
    f->number = cot_read_uint(&r, 6);
    cot_bytes fragment = cot_read_bytes(&r, cot_read_u16(&r));
    if (r.err != COT_OK || epoch != 0)
        return COT_E_MALFORMED;

    cot_reader_init(&r, fragment.p, fragment.len);
    if (cot_read_u8(&r) != CLIENT_HELLO)
        return COT_E_UNSUPPORTED;
    size_t total = cot_read_u24(&r);
    cot_read_u16(&r); /* message_seq */
    size_t offset = cot_read_u24(&r);
    size_t fragment_len = cot_read_u24(&r);
    if (r.err != COT_OK || offset != 0 || fragment_len != total)
        return COT_E_UNSUPPORTED;
    cot_bytes body = cot_read_bytes(&r, total);
    if (r.err != COT_OK)
        return r.err;
    f->version = (cot_bytes){body.p, 2};
    return cot__client_hello_read(body.p, body.len, &f->hello);
}

static void make_cookie(const cot_dtls_cookie *c, uint32_t period, cot_bytes address,
                        const first *f, uint8_t out[static COT_DTLS_COOKIE_LEN])
{
    const cot_bytes part[] = {address,         f->version,
                              f->hello.random, f->hello.session_id,
                              f->hello.suites, f->hello.compression};
    uint8_t mac[COT_SHA256_SIZE];
    cot_writer w;
    hmac(c->crypto, c->secret[period & 1], part, sizeof part / sizeof part[0], mac);
    cot_writer_init(&w, out, COT_DTLS_COOKIE_LEN);
    cot_write_u32(&w, period);
    cot_write_bytes(&w, mac, MAC_LEN);
}

static bool cookie_good(const cot_dtls_cookie *c, cot_bytes address, const first *f)
{
    uint8_t expected[COT_DTLS_COOKIE_LEN];
    cot_reader r;
    if (f->hello.cookie.len != COT_DTLS_COOKIE_LEN)
        return false;
    cot_reader_init(&r, f->hello.cookie.p, f->hello.cookie.len);
    uint32_t period = cot_read_u32(&r);
    uint32_t age = (uint32_t)c->period - period;
    if (age > 1 || c->valid[period & 1] == 0)
        return false;
    make_cookie(c, period, address, f, expected);
    return cot_equal_ct(expected, f->hello.cookie.p, COT_DTLS_COOKIE_LEN);
}

static size_t write_verify(const cot_dtls_cookie *c, cot_bytes address, const first *f,
                           uint8_t reply[static COT_DTLS_HELLO_VERIFY_LEN])
{
    const uint32_t body = 2 + 1 + COT_DTLS_COOKIE_LEN;
    uint8_t cookie[COT_DTLS_COOKIE_LEN];
    cot_writer w;
    make_cookie(c, (uint32_t)c->period, address, f, cookie);
    cot_writer_init(&w, reply, COT_DTLS_HELLO_VERIFY_LEN);
    cot_write_u8(&w, HANDSHAKE);
    cot_write_u16(&w, VERSION_1_0); /* RFC 6347 section 4.2.1: whatever will be negotiated */
    cot_write_u16(&w, 0);
    cot_write_uint(&w, f->number, 6);
    cot_write_u16(&w, (uint16_t)(12 + body));
    cot_write_u8(&w, HELLO_VERIFY_REQUEST);
    cot_write_u24(&w, body);
    cot_write_u16(&w, 0); /* message_seq */
    cot_write_u24(&w, 0);
    cot_write_u24(&w, body);
    cot_write_u16(&w, VERSION_1_0);
    cot_write_u8(&w, COT_DTLS_COOKIE_LEN);
    cot_write_bytes(&w, cookie, sizeof cookie);
    return w.len;
}

cot_dtls_first cot_dtls_cookie_check(cot_dtls_cookie *c, const uint8_t *address, size_t address_len,
                                     const uint8_t *dgram, size_t len, cot_ms now,
                                     uint8_t reply[static COT_DTLS_HELLO_VERIFY_LEN],
                                     size_t *reply_len)
{
    first f;
    cot_bytes from = {address, address_len};
    *reply_len = 0;
    memset(&f, 0, sizeof f);
    if (read_first(dgram, len, &f) != COT_OK || rotate(c, now) != COT_OK)
        return COT_DTLS_FIRST_DROP;
    if (cookie_good(c, from, &f))
        return COT_DTLS_FIRST_ACCEPT;
    *reply_len = write_verify(c, from, &f, reply);
    return COT_DTLS_FIRST_VERIFY;
}
