/* SPDX-License-Identifier: Apache-2.0 */
/* What dtls/ costs a core: server-side handshakes per second in each mode (1,000 device
 * certificates, each used once a round), the same for libcrypto's sum alone, and cold open + seal
 * pairs over a million sessions in random order. Prints one "name value unit" a line; CPU time of
 * the server's calls only.
 *
 *   dtls_bench [HANDSHAKES] [SESSIONS] */
#include "dtls/aead.h"
#include "dtls/record.h"
#include "tests/virtual/dtls_pair.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEVICES 1000u
#define BATCH 16384u /* sessions and records made before they are timed: all have left the caches */

static pair p;
static cert devices[DEVICES];
static double server_cpu;

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "dtls_bench: %s\n", what);
        exit(1);
    }
}

/* ---- handshakes: the pair with the server's share of the time taken apart ---- */

static bool relay(pair *q, unsigned from, uint8_t *bytes, size_t *len)
{
    (void)q;
    (void)from;
    (void)bytes;
    (void)len;
    return false;
}

static void one_handshake(const cert *device)
{
    link_packet packet;
    cot_channel *ch = &p.client.channel;
    cot_dtls_blob own = cert_der(device);
    if (p.client_config.mode == COT_PEER_RPK)
        p.client_config.own_spki = cert_spki(device);
    p.client_config.own_chain = &own;
    p.client_config.private_key = device->key.scalar;
    must(pair_reopen(&p) == COT_OK, "open");
    while (!p.live || ch->state != COT_CHANNEL_OPEN) {
        must(link_deadline(&p.net) != COT_NEVER, "the handshake stands still");
        p.now = link_deadline(&p.net);
        while (link_receive(&p.net, &packet, p.now)) {
            double t = cpu();
            if (packet.to == PAIR_SERVER)
                pair_to_server(&p, packet.bytes, packet.len);
            if (packet.to == PAIR_SERVER)
                server_cpu += cpu() - t;
            else
                pair_to_client(&p, packet.bytes, packet.len);
        }
    }
    pair_forget_handshake(&p);
}

static double handshakes(cot_peer_mode mode, unsigned count)
{
    pair_init(&p, NULL, 1);
    p.tap = relay;
    if (mode == COT_PEER_RPK)
        pair_use_rpk(&p);
    if (mode == COT_PEER_X509)
        pair_use_x509(&p, COT_USAGE_DOMAIN_ISSUED);
    must(pair_begin(&p) == COT_OK && pair_connect(&p, 10000), "first handshake");
    pair_forget_handshake(&p);
    unsigned before = p.established;
    server_cpu = 0;
    for (unsigned i = 0; i < count; i++)
        one_handshake(&devices[i % DEVICES]);
    must(p.established - before == count, "not all were established");
    double rate = count / server_cpu;
    pair_end(&p);
    return rate;
}

/* ---- libcrypto alone ---- */

/* One signature, two verifications, one key generation, one ECDH, with algorithms fetched and
 * contexts made before; the keys to verify with are new each time, as in a handshake. */
static double libcrypto_sum(unsigned count)
{
    const pair_certs *c = pair_certificates();
    uint8_t digest[32] = {1};
    uint8_t sig[72];
    uint8_t secret[32];
    size_t len = 0;
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(c->server.key.key, NULL);
    EVP_PKEY_CTX *verify = EVP_PKEY_CTX_new(c->server.key.key, NULL);
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new(c->device.key.key, NULL);
    must(EVP_PKEY_sign_init(sign) && EVP_PKEY_verify_init(verify) && EVP_PKEY_keygen_init(make) &&
             EVP_PKEY_CTX_set_group_name(make, "P-256") && EVP_PKEY_derive_init(derive),
         "libcrypto contexts");
    double t = cpu();
    for (unsigned i = 0; i < count; i++) {
        EVP_PKEY *fresh = NULL;
        len = sizeof sig;
        must(EVP_PKEY_sign(sign, sig, &len, digest, 32) == 1, "sign");
        must(EVP_PKEY_verify(verify, sig, len, digest, 32) == 1, "verify");
        must(EVP_PKEY_verify(verify, sig, len, digest, 32) == 1, "verify");
        must(EVP_PKEY_generate(make, &fresh) == 1, "generate");
        len = sizeof secret;
        must(EVP_PKEY_derive_set_peer_ex(derive, fresh, 0) == 1 &&
                 EVP_PKEY_derive(derive, secret, &len) == 1,
             "derive");
        EVP_PKEY_free(fresh);
    }
    t = cpu() - t;
    EVP_PKEY_CTX_free(sign);
    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_CTX_free(make);
    EVP_PKEY_CTX_free(derive);
    return count / t;
}

/* ---- records ---- */

static double record_pairs(unsigned sessions, unsigned count)
{
    static uint8_t wire[BATCH][256];
    static uint32_t which[BATCH];
    cot_dtls_aead aead;
    cot_dtls_record *table = calloc(sessions, sizeof *table);
    uint64_t x = 88172645463325252u;
    uint8_t data[100] = {0};
    double spent = 0;
    must(table != NULL && cot_dtls_aead_libcrypto_init(&aead) == COT_OK, "sessions");
    for (uint32_t i = 0; i < sessions; i++) {
        cot_dtls_record *r = &table[i];
        memcpy(r->key_in, &i, sizeof i);
        memcpy(r->key_out, &i, sizeof i);
        memcpy(r->cid_in, &i, sizeof i);
        r->cid_in_len = 8;
        r->suite = COT_DTLS_CCM_8;
        r->out_next = 1024;
    }
    for (unsigned done = 0; done < count; done += BATCH) {
        size_t len = 0;
        for (unsigned k = 0; k < BATCH; k++) { /* the peers' records, not counted */
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            which[k] = (uint32_t)(x % sessions);
            cot_dtls_record peer = table[which[k]];
            memcpy(peer.cid_out, peer.cid_in, 8);
            peer.cid_out_len = 8;
            must(cot_dtls_record_seal(&peer, &aead, peer.in_top + 1 + k, COT_DTLS_DATA, data,
                                      sizeof data, wire[k], sizeof wire[k], &len) == COT_OK,
                 "seal");
        }
        double t = cpu();
        for (unsigned k = 0; k < BATCH; k++) {
            cot_dtls_record *r = &table[which[k]];
            cot_datagram in = {wire[k], len};
            cot_dtls_opened o;
            uint64_t number = 0;
            size_t n = 0;
            must(cot_dtls_record_open(r, &aead, &in, &o) == COT_OK && o.len == sizeof data, "open");
            (void)cot_dtls_record_accept(r, o.number, NULL);
            (void)cot_dtls_record_reserve(r, 1, &number, NULL);
            must(cot_dtls_record_seal(r, &aead, number, COT_DTLS_DATA, o.data, o.len, wire[k],
                                      sizeof wire[k], &n) == COT_OK,
                 "seal");
        }
        spent += cpu() - t;
    }
    cot_dtls_aead_libcrypto_free(&aead);
    free(table);
    return count / spent;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 3000;
    unsigned sessions = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000000;
    const pair_certs *c = pair_certificates();
    if (count == 0 || sessions == 0)
        return 2;
    for (size_t i = 0; i < DEVICES; i++)
        cert_make(&devices[i], &(cert_wish){"urn:dev:bench", NULL, false, PAIR_NOW - 86400,
                                            PAIR_NOW + 86400, &c->ca});
    double limit = libcrypto_sum(count);
    double x509 = handshakes(COT_PEER_X509, count);
    printf("dtls/handshake_psk %.0f per_cpu_second\n", handshakes(COT_PEER_PSK, count));
    printf("dtls/handshake_rpk %.0f per_cpu_second\n", handshakes(COT_PEER_RPK, count));
    printf("dtls/handshake_x509 %.0f per_cpu_second\n", x509);
    printf("dtls/libcrypto_x509 %.0f per_cpu_second\n", limit);
    printf("dtls/handshake_x509_ratio %.3f of_libcrypto\n", x509 / limit);
    printf("dtls/record_pairs %.0f per_cpu_second\n", record_pairs(sessions, 40 * BATCH));
    printf("dtls/record_bytes %zu bytes\n", sizeof(cot_dtls_record));
    printf("dtls/handshake_peak %zu bytes\n", p.server_peak);
    return 0;
}
