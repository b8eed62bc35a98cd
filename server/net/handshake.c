/* SPDX-License-Identifier: Apache-2.0 */
/* Running handshakes in a bounded pool: from a ClientHello with a right cookie to a record in the table. */
#include "server/net/handshake.h"
#include "server/sandbox/sandbox.h"

#include <cotter/mbedtls.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define GIVE_UP_MS 30000u
#define FAIR_MS 2000u /* a handshake keeps its place for so long whatever comes */
#define ANCHORS 32u

/* ---- finding ---- */

static uint32_t *head_of(net_worker *w, const table_address *a)
{
    uint32_t h = a->port;
    for (size_t i = 0; i < sizeof a->ip; i++)
        h = h * 31u + a->ip[i];
    return &w->session->heads[(h ^ h >> 16) % NET_HANDSHAKE_HEADS];
}

static net_handshake *at(net_worker *w, uint32_t index_1)
{
    return index_1 == 0 ? NULL : pool_at(&w->session->handshakes, index_1 - 1);
}

net_handshake *net_handshake_at(net_worker *w, const table_address *from)
{
    net_handshake *h = at(w, *head_of(w, from));
    while (h != NULL && !net_address_equal(&h->from, from))
        h = at(w, h->chain);
    return h;
}

net_handshake *net_handshake_of(net_worker *w, uint32_t slot)
{
    return at(w, w->slots[slot].handshake);
}

static uint16_t *places_of(net_worker *w, const table_address *a);

/* ---- end ---- */

void net_handshake_end(net_worker *w, net_handshake *h)
{
    uint32_t me = pool_index(&w->session->handshakes, h) + 1;
    uint32_t *p = head_of(w, &h->from);
    while (*p != 0 && *p != me)
        p = &at(w, *p)->chain;
    if (*p != 0)
        *p = h->chain;
    w->slots[h->slot].handshake = 0;
    if (!h->done)
        table_untake(&w->table, h->slot);
    loop_disarm(w->loop, &h->timer);
    net_handshake_asked_enough(w, h);
    (*places_of(w, &h->from))--;
    cot_dtls_handshake_end(h->dtls);
    h->asked = 0;
    pool_give(&w->session->handshakes, h);
}

/* ---- events ---- */

/* Without connection ID an older session of the address cannot be reached any more. */
static void replace_older(net_worker *w, const net_handshake *h)
{
    uint32_t old = net_peer_find(w, &h->from);
    if (old != TABLE_NONE && table_mode(&w->table, old) != IPC_NOSEC &&
        table_record(&w->table, old)->cid_in_len == 0)
        net_peer_doom(w, old);
}

/* A credential has at most two sessions without a registration: the older one goes. Found by a hash of
 * the credential; two that share a place are merely less limited. */
static void limit_unregistered(net_worker *w, const net_handshake *h)
{
    net_latest *l =
        &w->session
             ->latest[((h->credential ^ w->hash_key[0]) * UINT64_C(0x9E3779B97F4A7C15) >> 40) %
                      NET_LATEST];
    uint32_t old = l->slot[1];
    if (l->credential == h->credential && old != 0 && table_is_live(&w->table, old - 1) &&
        w->table.slots[old - 1].credential == h->credential &&
        table_registration_of(&w->table, old - 1) == NULL)
        net_peer_doom(w, old - 1);
    l->slot[1] = l->credential == h->credential ? l->slot[0] : 0;
    l->slot[0] = h->slot + 1;
    l->credential = h->credential;
}

static void done(net_worker *w, net_handshake *h)
{
    cot_dtls_record record;
    cot_coap_peer peer;
    ipc_mode mode = (ipc_mode)cot_dtls_handshake_mode(h->dtls); /* the same numbers */
    if (cot_dtls_handshake_record(h->dtls, &record) != COT_OK || mode == IPC_NOSEC ||
        h->credential == 0) {
        net_handshake_end(w, h);
        return;
    }
    replace_older(w, h);
    limit_unregistered(w, h);
    cot_coap_peer_init(&peer, &w->params, (uint16_t)net_random32());
    table_create(&w->table, h->slot, mode, h->credential, &h->from, &record, &peer, w->loop->now);
    cot_wipe(&record, sizeof record);
    net_handshake_asked_enough(w, h);
    net_peer_link(w, h->slot);
    h->done = true;
    w->counters.handshakes++;
}

static void send_output(net_worker *w, const net_handshake *h, const uint8_t *bytes, size_t len)
{
    net_send_raw(w, &h->from, bytes, len);
}

static void wait(net_worker *w, net_handshake *h)
{
    cot_ms due = cot_dtls_handshake_deadline(h->dtls);
    loop_arm(w->loop, &h->timer, due < h->give_up ? due : h->give_up);
}

void net_handshake_pump(net_worker *w, net_handshake *h)
{
    static uint8_t out[NET_DATAGRAM];
    for (;;) {
        size_t len = 0;
        cot_dtls_event event =
            cot_dtls_handshake_next(h->dtls, w->loop->now, out, sizeof out, &len);
        switch (event) {
        case COT_DTLS_IDLE:
            wait(w, h);
            return;
        case COT_DTLS_OUTPUT:
            send_output(w, h, out, len);
            break;
        case COT_DTLS_NEED_PSK:
        case COT_DTLS_NEED_CREDENTIAL:
        case COT_DTLS_NEED_SIGN:
            h->question = (uint8_t)event;
            net_handshake_ask(w, h);
            break;
        case COT_DTLS_DONE:
            done(w, h);
            if (!h->done)
                return;
            break;
        case COT_DTLS_REFUSED:
            net_handshake_refused(w, h);
            net_handshake_end(w, h);
            return;
        }
    }
}

static void on_due(loop_timer *t)
{
    net_handshake *h = t->ctx;
    if (h->w->loop->now < h->give_up) {
        net_handshake_pump(h->w, h);
        return;
    }
    if (!h->done)
        net_handshake_refused(h->w, h);
    net_handshake_end(h->w, h);
}

void net_handshake_received(net_worker *w, net_handshake *h, const uint8_t *dgram, size_t len)
{
    cot_dtls_handshake_received(h->dtls, dgram, len);
    net_handshake_pump(w, h);
}

/* ---- start ---- */

/* How many places the sender of `a` has. IPv4 by address, IPv6 by /64; two of one hash count together. */
static uint16_t *places_of(net_worker *w, const table_address *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    size_t n = memcmp(a->ip, mapped, sizeof mapped) == 0 ? 16 : 8;
    uint64_t hash = w->hash_key[1];
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ a->ip[i]) * UINT64_C(1099511628211); /* FNV-1a, keyed */
    hash = (hash ^ hash >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return &w->session->sources[(hash >> 40) % NET_SOURCES];
}

/* Should `h` go rather than `than`? More places of its sender first, then the longer time. */
static bool goes_first(net_worker *w, const net_handshake *h, const net_handshake *than)
{
    uint16_t mine = *places_of(w, &h->from);
    uint16_t theirs = *places_of(w, &than->from);
    return mine != theirs ? mine > theirs : h->give_up < than->give_up;
}

/* All are used: one that only waits for the first application record may go, else the oldest of the sender
 * that has most places, so that silent ones cannot keep the others out. Among senders with as many as the
 * new one has, each keeps its place for a fair time. */
static net_handshake *evict(net_worker *w, const table_address *from)
{
    pool *p = &w->session->handshakes;
    net_handshake *first = NULL;
    for (uint32_t i = 0; i < p->top; i++) {
        net_handshake *h = pool_at(p, i);
        if (h->done)
            return h;
        if (first == NULL || goes_first(w, h, first))
            first = h;
    }
    if (first == NULL || *places_of(w, &first->from) > *places_of(w, from) + 1)
        return first;
    return first->give_up - GIVE_UP_MS + FAIR_MS <= w->loop->now ? first : NULL;
}

static net_handshake *take(net_worker *w, const table_address *from)
{
    net_handshake *h = pool_take(&w->session->handshakes);
    net_handshake *old = h == NULL ? evict(w, from) : NULL;
    if (old == NULL)
        return h;
    w->counters.overload++;
    net_handshake_end(w, old);
    return pool_take(&w->session->handshakes);
}

static net_handshake *begin(net_worker *w, const table_address *from)
{
    uint8_t cid[COT_DTLS_CID_IN_MAX];
    net_handshake *h = take(w, from);
    uint32_t slot = h == NULL ? TABLE_NONE : table_take(&w->table);
    if (slot == TABLE_NONE) {
        if (h != NULL)
            pool_give(&w->session->handshakes, h);
        w->counters.overload++;
        return NULL;
    }
    net_random(cid, sizeof cid);
    table_index_put(&w->table, slot, cid);
    if (cot_dtls_handshake_start(&h->dtls, w->session->server, h->memory, sizeof h->memory, cid,
                                 w->loop->now) != COT_OK) {
        table_untake(&w->table, slot);
        pool_give(&w->session->handshakes, h);
        return NULL;
    }
    h->w = w;
    h->from = *from;
    h->slot = slot;
    h->give_up = w->loop->now + GIVE_UP_MS;
    h->timer.on_due = on_due;
    h->timer.ctx = h;
    uint32_t me = pool_index(&w->session->handshakes, h) + 1;
    uint32_t *head = head_of(w, from);
    h->chain = *head;
    *head = me;
    w->slots[slot].handshake = me;
    (*places_of(w, from))++;
    return h;
}

void net_handshake_start(net_worker *w, const table_address *from, const uint8_t *dgram, size_t len)
{
    net_handshake *h = net_handshake_at(w, from);
    if (h != NULL && !cot_dtls_handshake_began_with(h->dtls, dgram, len)) {
        net_handshake_end(w, h); /* the device has begun anew; a finished session stays */
        h = NULL;
    }
    if (h == NULL)
        h = begin(w, from);
    if (h != NULL)
        net_handshake_received(w, h, dgram, len);
}

/* ---- the server's configuration ---- */

static cot_status random_bytes(void *app, uint8_t *out, size_t len)
{
    (void)app;
    net_random(out, len);
    return COT_OK;
}

static int64_t unix_time(void *app)
{
    (void)app;
    return (int64_t)time(NULL);
}

/* DER of each certificate in a PEM text. */
static size_t read_anchors(cot_bytes pem, cot_dtls_blob *out, size_t cap)
{
    size_t n = 0;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
    while (bio != NULL && n < cap) {
        char *name = NULL;
        char *header = NULL;
        unsigned char *data = NULL;
        long len = 0;
        if (PEM_read_bio(bio, &name, &header, &data, &len) != 1)
            break;
        OPENSSL_free(name);
        OPENSSL_free(header);
        out[n++] = (cot_dtls_blob){data, (size_t)len};
    }
    BIO_free(bio);
    return n;
}

static void free_anchors(cot_dtls_blob *cas, size_t count)
{
    for (size_t i = 0; i < count; i++)
        OPENSSL_free((void *)(uintptr_t)cas[i].p);
}

static size_t read_spki(cot_bytes certificate, uint8_t *out, size_t cap)
{
    const unsigned char *p = certificate.p;
    unsigned char *to = out;
    X509 *x = d2i_X509(NULL, &p, (long)certificate.len);
    int len = x == NULL ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), NULL);
    if (len > 0 && (size_t)len <= cap)
        len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &to);
    else
        len = 0;
    X509_free(x);
    return (size_t)len;
}

cot_status net_session_open(net_worker *w, cot_bytes certificate, cot_bytes anchors,
                            const char **why)
{
    cot_dtls_blob chain = {certificate.p, certificate.len};
    cot_dtls_blob cas[ANCHORS];
    uint8_t spki[256];
    net_session_part *s = pool_map(sizeof *s);
    *why = "there is no memory for handshakes";
    if (s == NULL || w->config.handshakes > NET_ID_INDICES ||
        pool_open(&s->handshakes, w->config.handshakes, sizeof(net_handshake)) != COT_OK)
        return COT_E_IO;
    sandbox_secret(s->handshakes.items, s->handshakes.count * s->handshakes.size);
    sandbox_secret(s, sizeof *s); /* cookie secrets */
    size_t spki_len = read_spki(certificate, spki, sizeof spki);
    size_t count = read_anchors(anchors, cas, ANCHORS);
    *why = "client_ca holds no PEM certificate";
    if (anchors.len > 0 && count == 0)
        return COT_E_MALFORMED;
    cot_dtls_server_config c = {
        .psk = true,
        .rpk = spki_len > 0,
        .spki = {spki, spki_len},
        .chain = &chain,
        .chain_count = count > 0 ? 1 : 0,
        .client_anchors = cas,
        .client_anchor_count = count,
        .cid = true,
        .random = random_bytes,
        .time = unix_time,
    };
    *why = "the server's certificate, or one of client_ca, is not sound";
    cot_status st = cot_dtls_server_init(&s->server, &c, s->memory, sizeof s->memory);
    free_anchors(cas, count);
    if (st == COT_OK) {
        *why = "libcrypto lacks AES-CCM or AES-GCM";
        st = cot_dtls_aead_libcrypto_init(&s->aead);
    }
    if (st == COT_OK)
        st =
            cot_dtls_cookie_init(&s->cookie, &cot_crypto_mbedtls, w->loop->now, random_bytes, NULL);
    w->session = s;
    return st;
}

void net_session_release(net_worker *w)
{
    net_session_part *s = w->session;
    if (s == NULL)
        return;
    cot_dtls_aead_libcrypto_free(&s->aead);
    pool_close(&s->handshakes);
    (void)munmap(s, sizeof *s);
    w->session = NULL;
}
