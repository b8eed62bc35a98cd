/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate messages, and whole flights, from anybody, inside real handshakes. The first input
 * byte says in which mode and to whom, the rest is the message's body or datagrams. Property: a
 * server never comes to ask about the credential after a changed message (the signature over the
 * handshake is wrong), a client goes on only with the server's own certificate or key in the first
 * place, and no datagrams make a session.
 *
 * All of a handshake lies in memory of ours, so each handshake is made once, kept just before the
 * message comes, and put back for each input. */
#include "core/base/bytes.h"
#include "tests/virtual/dtls_pair.h"

#include <stdlib.h>
#include <string.h>

/* Bits of the first byte. 0: RPK; 1: the server's message, to the client; 2, 3: usage; 4: what
 * follows are edits of the genuine bytes (offset 2 bytes, to be xored 1 byte), else it is the
 * bytes; 5: the bytes are datagrams (each with a length of 2 bytes before it), else the body of
 * the message. */
#define WAYS 16u
#define EDITS 16u
#define DATAGRAMS 32u

/* A pair that stands before the datagram with the Certificate message. */
typedef struct scene {
    pair p;
    bool ready;
    uint8_t datagram[PAIR_DATAGRAM];
    size_t len;
    size_t at;   /* of the Certificate message's record */
    size_t size; /* of that record */
    uint8_t memory[COT_DTLS_HANDSHAKE_BYTES];
    cot_dtls_client client;
} scene;

static scene *scenes[WAYS];
static scene *making;
static unsigned sender;

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Keep and drop the datagram with the Certificate message. */
static bool keep(pair *p, unsigned from, uint8_t *bytes, size_t *len)
{
    (void)p;
    if (from != sender || bytes[0] != 22)
        return making->ready;
    for (size_t at = 0; at + 25 <= *len && bytes[at] == 22 && bytes[at + 4] == 0;) {
        size_t size = 13u + ((size_t)bytes[at + 11] << 8 | bytes[at + 12]);
        if (bytes[at + 13] == 11) {
            memcpy(making->datagram, bytes, *len);
            making->len = *len;
            making->at = at;
            making->size = size;
            making->ready = true;
            break;
        }
        at += size;
    }
    return making->ready;
}

static scene *make_scene(unsigned way)
{
    scene *s = calloc(1, sizeof *s);
    check(s != NULL);
    making = s;
    sender = (way & 2) != 0 ? PAIR_SERVER : PAIR_CLIENT;
    pair_init(&s->p, NULL, 1);
    if ((way & 1) != 0)
        pair_use_rpk(&s->p);
    else
        pair_use_x509(&s->p, (cot_certificate_usage)(way >> 2));
    s->p.tap = keep;
    check(pair_begin(&s->p) == COT_OK);
    pair_run(&s->p, 500);
    check(s->ready);
    memcpy(s->memory, sender == PAIR_SERVER ? s->p.client_arena : s->p.handshake_memory,
           sizeof s->memory);
    s->client = s->p.client;
    return s;
}

/* The datagram with another body in its Certificate message; 0: does not fit. */
static size_t make_datagram(const scene *s, cot_bytes body, uint8_t out[static PAIR_DATAGRAM])
{
    const uint8_t *record = s->datagram + s->at;
    cot_writer w;
    cot_writer_init(&w, out, PAIR_DATAGRAM);
    cot_write_bytes(&w, s->datagram, s->at);
    cot_write_bytes(&w, record, 11);
    cot_write_u16(&w, (uint16_t)(12 + body.len));
    cot_write_u8(&w, 11);
    cot_write_u24(&w, (uint32_t)body.len);
    cot_write_bytes(&w, record + 17, 2);
    cot_write_u24(&w, 0);
    cot_write_u24(&w, (uint32_t)body.len);
    cot_write_bytes(&w, body.p, body.len);
    cot_write_bytes(&w, record + s->size, s->len - s->at - s->size);
    return w.err == COT_OK ? w.len : 0;
}

static void restore(scene *s, unsigned way)
{
    bool client = (way & 2) != 0;
    memcpy(client ? s->p.client_arena : s->p.handshake_memory, s->memory, sizeof s->memory);
    s->p.client = s->client;
}

static void feed_server(scene *s, const uint8_t *dgram, size_t len, bool same)
{
    uint8_t out[PAIR_DATAGRAM];
    size_t n;
    cot_dtls_event e;
    cot_dtls_handshake_received(s->p.handshake, dgram, len);
    while ((e = cot_dtls_handshake_next(s->p.handshake, s->p.now, out, sizeof out, &n)) !=
           COT_DTLS_IDLE) {
        check(e != COT_DTLS_DONE);
        check(e != COT_DTLS_NEED_CREDENTIAL || same);
    }
}

/* Did it go on with a flight of its own? */
static bool feed_client(scene *s, uint8_t *dgram, size_t len)
{
    uint8_t out[PAIR_DATAGRAM];
    cot_channel *ch = &s->p.client.channel;
    cot_datagram in = {dgram, len};
    const uint8_t *data;
    size_t n;
    bool on = false;
    (void)ch->ops->received(ch, &in, s->p.now, &data, &n);
    while (ch->ops->drain(ch, s->p.now, out, sizeof out, &n) == COT_OK && n > 0)
        on = on || out[0] == 22;
    check(ch->state != COT_CHANNEL_OPEN);
    return on;
}

/* Is the first certificate, or the key, in the message the server's own? */
static bool is_servers(unsigned way, cot_bytes body)
{
    const pair_certs *c = pair_certificates();
    cot_reader r;
    cot_reader_init(&r, body.p, body.len);
    if ((way & 1) == 0)
        cot_read_u24(&r);
    cot_bytes first = cot_read_bytes(&r, cot_read_u24(&r));
    cot_dtls_blob own = (way & 1) != 0 ? cert_spki(&c->server) : cert_der(&c->server);
    return cot_bytes_equal(first, (cot_bytes){own.p, own.len});
}

static cot_bytes edit(cot_bytes genuine, cot_bytes edits, uint8_t out[static PAIR_DATAGRAM])
{
    memcpy(out, genuine.p, genuine.len);
    for (size_t i = 0; i + 3 <= edits.len; i += 3)
        out[((size_t)edits.p[i] << 8 | edits.p[i + 1]) % genuine.len] ^= edits.p[i + 2];
    return (cot_bytes){out, genuine.len};
}

/* Without the keys nothing of this can end in a session. */
static void datagrams(scene *s, unsigned way, cot_bytes in, bool edits)
{
    uint8_t dgram[PAIR_DATAGRAM];
    cot_bytes genuine = {s->datagram, s->len};
    cot_reader r;
    restore(s, way);
    cot_reader_init(&r, in.p, in.len);
    for (int i = 0; i < 16 && (i == 0 || cot_reader_left(&r) > 2); i++) {
        cot_bytes d = genuine;
        if (!edits)
            d = cot_read_bytes(&r, cot_read_u16(&r) % PAIR_DATAGRAM);
        else if (i == 0)
            d = edit(genuine, cot_read_bytes(&r, cot_reader_left(&r)), dgram);
        if (d.len == 0)
            continue;
        if (d.p != dgram)
            memcpy(dgram, d.p, d.len);
        if ((way & 2) != 0)
            feed_client(s, dgram, d.len);
        else
            feed_server(s, dgram, d.len, true); /* what comes after the signature may differ */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint8_t dgram[PAIR_DATAGRAM];
    if (size < 1)
        return 0;
    unsigned way = input[0] % WAYS;
    if (scenes[way] == NULL)
        scenes[way] = make_scene(way);
    scene *s = scenes[way];
    uint8_t edited[PAIR_DATAGRAM];
    cot_bytes body = {input + 1, size - 1};
    if ((input[0] & DATAGRAMS) != 0) {
        datagrams(s, way, body, (input[0] & EDITS) != 0);
        return 0;
    }
    if ((input[0] & EDITS) != 0)
        body = edit((cot_bytes){s->datagram + s->at + 25, s->size - 25}, body, edited);
    size_t len = make_datagram(s, body, dgram);
    if (len == 0)
        return 0;
    restore(s, way);
    if ((way & 2) != 0)
        check(!feed_client(s, dgram, len) || is_servers(way, body));
    else
        feed_server(s, dgram, len, len == s->len && memcmp(dgram, s->datagram, len) == 0);
    return 0;
}
