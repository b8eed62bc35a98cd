/* SPDX-License-Identifier: Apache-2.0 */
/* The pair: the smallest server around dtls/server.h and the smallest device around the channel. */
#include "tests/virtual/dtls_pair.h"

#include <cotter/mbedtls.h>

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t address[] = {127, 0, 0, 1, 0x16, 0x33};

/* ---- what the configurations ask for ---- */

static cot_status random_bytes(void *app, uint8_t *out, size_t len)
{
    (void)app;
    return RAND_bytes(out, (int)len) == 1 ? COT_OK : COT_E_IO;
}

static cot_status client_random(void *app, uint8_t *out, size_t len)
{
    const pair *p = app;
    return p->bad_random ? COT_E_IO : random_bytes(app, out, len);
}

static int64_t clock_now(void *app)
{
    (void)app;
    return PAIR_NOW;
}

static cot_status client_psk(void *app, uint8_t key[static 64], size_t *len)
{
    const pair *p = app;
    memcpy(key, p->client_psk, sizeof p->client_psk);
    *len = sizeof p->client_psk;
    return COT_OK;
}

const pair_certs *pair_certificates(void)
{
    static pair_certs c;
    if (c.ca.der_len != 0)
        return &c;
    const int64_t from = PAIR_NOW - 86400;
    const int64_t to = PAIR_NOW + 86400;
    cert_make(&c.ca, &(cert_wish){"ca", NULL, true, from, to, NULL});
    cert_make(&c.other_ca, &(cert_wish){"other ca", NULL, true, from, to, NULL});
    cert_make(&c.server, &(cert_wish){"server", "cotter.test", false, from, to, &c.ca});
    cert_make(&c.device, &(cert_wish){"urn:dev:1", NULL, false, from, to, &c.ca});
    cert_make(&c.expired, &(cert_wish){"urn:dev:1", NULL, false, from - 10, from, &c.ca});
    cert_make(&c.stranger, &(cert_wish){"urn:dev:1", NULL, false, from, to, &c.other_ca});
    cert_make(&c.intermediate, &(cert_wish){"intermediate", NULL, true, from, to, &c.ca});
    cert_make(&c.branch, &(cert_wish){"branch", "cotter.test", false, from, to, &c.intermediate});
    return &c;
}

/* ---- setting up ---- */

void pair_init(pair *p, const link_config *net, uint64_t seed)
{
    static const link_config perfect = {0, 0, 0, 10, 10, 0};
    const pair_certs *c = pair_certificates();
    memset(p, 0, sizeof *p);
    link_init(&p->net, net == NULL ? &perfect : net, seed);
    p->now = 1000000;
    p->server_key = &c->server.key;
    p->answer_at = COT_NEVER;
    if (cot_dtls_aead_libcrypto_init(&p->aead) != COT_OK)
        abort();
    p->server_config = (cot_dtls_server_config){
        .psk = true, .rpk = true, .cid = true, .random = random_bytes, .time = clock_now, .app = p};
    p->server_config.spki = cert_spki(&c->server);
    p->chain[0] = cert_der(&c->server);
    p->anchors[0] = cert_der(&c->ca);
    p->server_config.chain = p->chain;
    p->server_config.chain_count = 1;
    p->server_config.client_anchors = p->anchors;
    p->server_config.client_anchor_count = 1;

    p->client_config = (cot_dtls_client_config){.cid = true,
                                                .aead = &p->aead,
                                                .random = client_random,
                                                .time = clock_now,
                                                .arena = p->client_arena,
                                                .arena_len = sizeof p->client_arena,
                                                .app = p};
    pair_use_psk(p);
}

void pair_use_psk(pair *p)
{
    p->identity = "device-1";
    memset(p->server_psk, 0x42, sizeof p->server_psk);
    memset(p->client_psk, 0x42, sizeof p->client_psk);
    p->client_config.mode = COT_PEER_PSK;
    p->client_config.psk_identity = (cot_dtls_blob){(const uint8_t *)"device-1", 8};
    p->client_config.psk = client_psk;
}

void pair_use_rpk(pair *p)
{
    const pair_certs *c = pair_certificates();
    p->client_config.mode = COT_PEER_RPK;
    p->client_config.private_key = c->device.key.scalar;
    p->client_config.own_spki = cert_spki(&c->device);
    p->client_config.server_spki = cert_spki(&c->server);
}

void pair_use_x509(pair *p, cot_certificate_usage usage)
{
    static cot_dtls_blob own;
    const pair_certs *c = pair_certificates();
    own = cert_der(&c->device);
    p->client_config.mode = COT_PEER_X509;
    p->client_config.private_key = c->device.key.scalar;
    p->client_config.own_chain = &own;
    p->client_config.own_chain_count = 1;
    p->client_config.usage = usage;
    bool leaf = usage == COT_USAGE_SERVICE_CONSTRAINT || usage == COT_USAGE_DOMAIN_ISSUED;
    p->client_config.server_certificate = leaf ? cert_der(&c->server) : cert_der(&c->ca);
    p->client_config.trust_anchors = p->anchors;
    p->client_config.trust_anchor_count = 1;
    p->client_config.server_name = "cotter.test";
}

/* ---- the server ---- */

static void transmit(pair *p, unsigned from, uint8_t *bytes, size_t len)
{
    if (p->tap != NULL && p->tap(p, from, bytes, &len))
        return;
    link_send(&p->net, from, 1 - from, bytes, len, p->now);
}

/* What `keys` does with a PSK: RFC 4279 section 2 and RFC 5246 section 5. */
static void master_secret(const pair *p, const cot_dtls_need *need, uint8_t master[static 48])
{
    uint8_t premaster[36] = {0, 16};
    uint8_t seed[96];
    uint8_t a[32];
    uint8_t input[32 + sizeof seed];
    uint8_t out[64];
    unsigned n = 0;
    premaster[19] = 16;
    memcpy(premaster + 20, p->server_psk, 16);
    const char *label = need->extended ? "extended master secret" : "master secret";
    size_t label_len = strlen(label);
    size_t seed_len = label_len + (need->extended ? 32 : 64);
    memcpy(seed, label, label_len);
    memcpy(seed + label_len, need->seed, seed_len - label_len);
    HMAC(EVP_sha256(), premaster, sizeof premaster, seed, seed_len, a, &n);
    for (size_t i = 0; i < 2; i++) {
        memcpy(input, a, 32);
        memcpy(input + 32, seed, seed_len);
        HMAC(EVP_sha256(), premaster, sizeof premaster, input, 32 + seed_len, out + 32 * i, &n);
        HMAC(EVP_sha256(), premaster, sizeof premaster, input, 32, a, &n);
    }
    memcpy(master, out, 48);
}

static void answer(pair *p)
{
    cot_status err = COT_OK;
    uint8_t master[48];
    uint8_t sig[72];
    const char *id = p->identity;
    p->answer_at = COT_NEVER;
    if (p->handshake == NULL)
        return;
    if (p->asked == COT_DTLS_NEED_PSK) {
        bool known =
            p->need.identity.len == strlen(id) && memcmp(p->need.identity.p, id, strlen(id)) == 0;
        if (known)
            master_secret(p, &p->need, master);
        else
            RAND_bytes(master, sizeof master);
        err = cot_dtls_answer_psk(p->handshake, master, known);
    } else if (p->asked == COT_DTLS_NEED_SIGN) {
        size_t n = p->signer_refuses ? 0 : cert_sign_der(p->server_key, p->need.digest, sig);
        err = cot_dtls_answer_sign(p->handshake, sig, n);
    } else {
        err = cot_dtls_answer_credential(p->handshake, !p->credential_denied);
    }
    if (err != COT_OK)
        abort();
}

static void end_handshake(pair *p)
{
    if (p->handshake == NULL)
        return;
    if (cot_dtls_handshake_peak(p->handshake) > p->server_peak)
        p->server_peak = cot_dtls_handshake_peak(p->handshake);
    cot_dtls_handshake_end(p->handshake);
    p->handshake = NULL;
    p->answer_at = COT_NEVER;
}

void pair_forget_handshake(pair *p)
{
    end_handshake(p);
}

static void pump_server(pair *p)
{
    uint8_t out[PAIR_DATAGRAM];
    size_t len;
    while (p->handshake != NULL) {
        cot_dtls_event e = cot_dtls_handshake_next(p->handshake, p->now, out, sizeof out, &len);
        if (e == COT_DTLS_IDLE)
            return;
        p->questions[e]++;
        switch (e) {
        case COT_DTLS_OUTPUT:
            transmit(p, PAIR_SERVER, out, len);
            break;
        case COT_DTLS_NEED_PSK:
        case COT_DTLS_NEED_CREDENTIAL:
        case COT_DTLS_NEED_SIGN:
            p->need = *cot_dtls_handshake_need(p->handshake);
            p->asked = e;
            p->answer_at = p->now + p->answer_after;
            if (p->answer_after == 0)
                answer(p);
            break;
        case COT_DTLS_DONE:
            if (cot_dtls_handshake_record(p->handshake, &p->session) != COT_OK)
                abort();
            p->live = true;
            p->established++;
            p->server_mode = cot_dtls_handshake_mode(p->handshake);
            break;
        case COT_DTLS_REFUSED:
            p->server_refusal = cot_dtls_handshake_refusal(p->handshake);
            p->server_mode = cot_dtls_handshake_mode(p->handshake);
            snprintf(p->claimed, sizeof p->claimed, "%s",
                     cot_dtls_handshake_claimed_name(p->handshake));
            end_handshake(p);
            break;
        case COT_DTLS_IDLE:
            break;
        }
    }
}

static void server_seal(pair *p, uint8_t type, const uint8_t *data, size_t len)
{
    uint8_t out[PAIR_DATAGRAM];
    uint64_t number;
    size_t n;
    if (cot_dtls_record_reserve(&p->session, 1, &number, NULL) == COT_OK &&
        cot_dtls_record_seal(&p->session, &p->aead, number, type, data, len, out, sizeof out, &n) ==
            COT_OK)
        transmit(p, PAIR_SERVER, out, n);
}

/* One record of the live session. */
static void server_record(pair *p, cot_datagram *in)
{
    cot_dtls_opened r;
    cot_status err = cot_dtls_record_open(&p->session, &p->aead, in, &r);
    if (err != COT_OK) {
        p->server_bad++;
        p->server_last_drop = err;
        return;
    }
    cot_status end = cot_dtls_record_accept(&p->session, r.number, NULL);
    if (r.type == COT_DTLS_HANDSHAKE && p->session.fresh == 1 && p->handshake != NULL) {
        cot_dtls_handshake_repeat(p->handshake);
    } else if (r.type == COT_DTLS_DATA) {
        if (p->session.fresh == 1) {
            p->session.fresh = 0;
            end_handshake(p);
        }
        p->server_got++;
        p->address_newer = r.newest;
        p->server_data_len = r.len < sizeof p->server_data ? r.len : sizeof p->server_data;
        memcpy(p->server_data, r.data, p->server_data_len);
        server_seal(p, COT_DTLS_DATA, p->server_data, p->server_data_len);
    } else if (r.type == COT_DTLS_ALERT) {
        p->alerts++;
        cot_dtls_alert_action action = cot_dtls_alert_read(r.data, r.len);
        if (action == COT_DTLS_ALERT_CLOSE)
            server_seal(p, COT_DTLS_ALERT, cot_dtls_close_notify, COT_DTLS_ALERT_LEN);
        if (action != COT_DTLS_ALERT_IGNORE)
            p->live = false;
    }
    if (end == COT_E_CLOSED)
        p->live = false;
}

static void server_hello(pair *p, const uint8_t *bytes, size_t len)
{
    uint8_t reply[COT_DTLS_HELLO_VERIFY_LEN];
    uint8_t cid[COT_DTLS_CID_IN_MAX] = {PAIR_WORKER};
    size_t n;
    switch (
        cot_dtls_cookie_check(&p->cookie, address, sizeof address, bytes, len, p->now, reply, &n)) {
    case COT_DTLS_FIRST_DROP:
        p->server_bad++;
        return;
    case COT_DTLS_FIRST_VERIFY:
        transmit(p, PAIR_SERVER, reply, n);
        return;
    case COT_DTLS_FIRST_ACCEPT:
        break;
    }
    if (p->handshake != NULL && !cot_dtls_handshake_began_with(p->handshake, bytes, len))
        end_handshake(p);
    if (p->handshake == NULL) {
        RAND_bytes(cid + 1, sizeof cid - 1);
        if (cot_dtls_handshake_start(&p->handshake, p->server, p->handshake_memory,
                                     sizeof p->handshake_memory, cid, p->now) != COT_OK)
            abort();
        p->handshakes++;
    }
    cot_dtls_handshake_received(p->handshake, bytes, len);
}

static bool is_client_hello(const uint8_t *b, size_t len)
{
    return len > 14 && b[0] == 22 && b[3] == 0 && b[4] == 0 && b[13] == 1;
}

void pair_to_server(pair *p, const uint8_t *bytes, size_t len)
{
    uint8_t copy[PAIR_DATAGRAM];
    memcpy(copy, bytes, len);
    cot_datagram in = {copy, len};
    if (is_client_hello(bytes, len)) {
        server_hello(p, bytes, len);
    } else if (p->live && (p->handshake == NULL || p->session.fresh == 1)) {
        while (in.len > 0 && p->live)
            server_record(p, &in);
    } else if (p->handshake != NULL) {
        cot_dtls_handshake_received(p->handshake, bytes, len);
    }
    pump_server(p);
}

/* ---- the client ---- */

static void pump_client(pair *p)
{
    uint8_t out[PAIR_DATAGRAM];
    size_t len;
    cot_channel *ch = &p->client.channel;
    while (ch->ops->drain(ch, p->now, out, sizeof out, &len) == COT_OK && len > 0)
        transmit(p, PAIR_CLIENT, out, len);
}

void pair_to_client(pair *p, const uint8_t *bytes, size_t len)
{
    uint8_t copy[PAIR_DATAGRAM];
    cot_channel *ch = &p->client.channel;
    memcpy(copy, bytes, len);
    cot_datagram in = {copy, len};
    while (in.len > 0) {
        const uint8_t *data;
        size_t n;
        (void)ch->ops->received(ch, &in, p->now, &data, &n);
        if (n > 0) {
            p->client_got++;
            p->client_data_len = n < sizeof p->client_data ? n : sizeof p->client_data;
            memcpy(p->client_data, data, p->client_data_len);
        }
    }
    pump_client(p);
}

cot_status pair_say(pair *p, const char *text)
{
    uint8_t out[PAIR_DATAGRAM];
    size_t len;
    cot_channel *ch = &p->client.channel;
    cot_status err = ch->ops->send(ch, (const uint8_t *)text, strlen(text), out, sizeof out, &len);
    if (err == COT_OK)
        transmit(p, PAIR_CLIENT, out, len);
    return err;
}

/* ---- time ---- */

cot_status pair_begin(pair *p)
{
    cot_status err = cot_dtls_server_init(&p->server, &p->server_config, p->server_memory,
                                          sizeof p->server_memory);
    if (err != COT_OK)
        return err;
    err = cot_dtls_cookie_init(&p->cookie, &cot_crypto_mbedtls, p->now, random_bytes, NULL);
    cot_dtls_client_init(&p->client, &p->client_config);
    if (err == COT_OK)
        err = p->client.channel.ops->open(&p->client.channel, p->now);
    if (err == COT_OK)
        pump_client(p);
    return err;
}

cot_status pair_reopen(pair *p)
{
    cot_status err = p->client.channel.ops->open(&p->client.channel, p->now);
    p->live = false;
    if (err == COT_OK)
        pump_client(p);
    return err;
}

static cot_ms earlier(cot_ms a, cot_ms b)
{
    return a < b ? a : b;
}

/* Let the next thing happen, not after `until`; false: nothing is due by then. */
static bool step(pair *p, cot_ms until)
{
    cot_channel *ch = &p->client.channel;
    link_packet packet;
    cot_ms at = earlier(link_deadline(&p->net), ch->ops->deadline(ch));
    if (p->handshake != NULL)
        at = earlier(at, cot_dtls_handshake_deadline(p->handshake));
    at = earlier(at, p->answer_at);
    if (at > until || at == COT_NEVER)
        return false;
    if (at > p->now)
        p->now = at;
    if (p->answer_at <= p->now)
        answer(p);
    while (link_receive(&p->net, &packet, p->now)) {
        if (packet.to == PAIR_SERVER)
            pair_to_server(p, packet.bytes, packet.len);
        else
            pair_to_client(p, packet.bytes, packet.len);
    }
    pump_server(p);
    pump_client(p);
    return true;
}

bool pair_connect(pair *p, cot_ms until)
{
    cot_ms end = p->now + until;
    do {
        if (p->live && p->client.channel.state == COT_CHANNEL_OPEN)
            return true;
        if (p->client.channel.state == COT_CHANNEL_CLOSED && p->handshake == NULL)
            return false;
    } while (step(p, end));
    return p->live && p->client.channel.state == COT_CHANNEL_OPEN;
}

void pair_run(pair *p, cot_ms ms)
{
    cot_ms end = p->now + ms;
    while (step(p, end))
        continue;
    p->now = end;
}

void pair_end(pair *p)
{
    size_t n;
    uint8_t out[PAIR_DATAGRAM];
    end_handshake(p);
    if (p->client.channel.ops != NULL)
        p->client.channel.ops->close(&p->client.channel, out, sizeof out, &n);
    cot_dtls_aead_libcrypto_free(&p->aead);
}
