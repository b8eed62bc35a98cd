/* SPDX-License-Identifier: Apache-2.0 */
/* Our DTLS client or server on a UDP socket, for handshakes with other implementations (dtls.py).
 *
 *   dtls_peer certs DIR
 *       writes ca, server and device, each as .der .pem .key.pem .pub.pem .spki .scalar
 *   dtls_peer server DIR PORT [nocid]
 *       all modes at once; echoes; runs until a line comes on stdin
 *   dtls_peer client MODE DIR PORT [SUITE [nocid]]
 *       says "ping", waits for "pong" or its echo
 *
 * Both print one line: "ok MODE suite N cid IN OUT" or "refused REASON". The PSK is device-1's,
 * 16 times 0x42. */
#include "tests/interop/dtls_peer.h"
#include "dtls/aead.h"
#include "dtls/cookie.h"
#include "dtls/record.h"
#include "dtls/server.h"
#include "tests/virtual/dtls_certs.h"

#include <cotter/mbedtls.h>

#include <arpa/inet.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static cot_dtls_aead aead;

/* ---- files ---- */

static void write_file(const char *dir, const char *name, const char *suffix, const void *p,
                       size_t n)
{
    FILE *f = open_file(dir, name, suffix, "wb");
    must(fwrite(p, 1, n, f) == n && fclose(f) == 0, "write");
}

static void write_cert(const char *dir, const char *name, const cert *c)
{
    const uint8_t *p = c->der;
    X509 *x = d2i_X509(NULL, &p, (long)c->der_len);
    FILE *f = open_file(dir, name, ".pem", "w");
    must(x != NULL && PEM_write_X509(f, x) == 1 && fclose(f) == 0, "pem");
    X509_free(x);
    f = open_file(dir, name, ".key.pem", "w");
    must(PEM_write_PrivateKey(f, c->key.key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0,
         "pem");
    f = open_file(dir, name, ".pub.pem", "w");
    must(PEM_write_PUBKEY(f, c->key.key) == 1 && fclose(f) == 0, "pem");
    write_file(dir, name, ".der", c->der, c->der_len);
    write_file(dir, name, ".spki", c->key.spki, c->key.spki_len);
    write_file(dir, name, ".scalar", c->key.scalar, sizeof c->key.scalar);
}

static int make_certs(const char *dir)
{
    static cert ca;
    static cert server;
    static cert device;
    int64_t from = time(NULL) - 3600;
    int64_t to = from + 86400;
    cert_make(&ca, &(cert_wish){"test ca", NULL, true, from, to, NULL});
    cert_make(&server, &(cert_wish){"server", "localhost", false, from, to, &ca});
    cert_make(&device, &(cert_wish){"urn:dev:1", NULL, false, from, to, &ca});
    write_cert(dir, "ca", &ca);
    write_cert(dir, "server", &server);
    write_cert(dir, "device", &device);
    return 0;
}

static EVP_PKEY *load_key(const char *dir, const char *name)
{
    FILE *f = open_file(dir, name, ".key.pem", "r");
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    must(key != NULL, "key");
    return key;
}

/* ---- server ---- */

typedef struct server {
    int fd;
    struct sockaddr_in from;
    cot_dtls_cookie cookie;
    cot_dtls_server *dtls;
    cot_dtls_handshake *handshake;
    cert_key key;
    cot_dtls_record session;
    bool live;
    bool told;
    uint8_t memory[COT_DTLS_SERVER_BYTES];
    uint8_t handshake_memory[COT_DTLS_HANDSHAKE_BYTES];
} server;

static server s;

static void reply(const uint8_t *bytes, size_t len)
{
    (void)sendto(s.fd, bytes, len, 0, (const struct sockaddr *)&s.from, sizeof s.from);
}

/* RFC 5246 section 5, P_SHA256, of RFC 4279's premaster secret. */
static void master_secret(const cot_dtls_need *need, uint8_t out[static 64])
{
    uint8_t premaster[36] = {0, 16};
    uint8_t seed[96];
    uint8_t a[32];
    uint8_t input[128];
    unsigned n = 0;
    premaster[19] = 16;
    memset(premaster + 20, 0x42, 16);
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
}

static void answer(cot_dtls_event e)
{
    const cot_dtls_need *need = cot_dtls_handshake_need(s.handshake);
    uint8_t buf[72];
    if (e == COT_DTLS_NEED_PSK) {
        bool known = cot_bytes_is(need->identity, "device-1");
        master_secret(need, buf);
        (void)cot_dtls_answer_psk(s.handshake, buf, known);
    } else if (e == COT_DTLS_NEED_SIGN) {
        (void)cot_dtls_answer_sign(s.handshake, buf, cert_sign_der(&s.key, need->digest, buf));
    } else {
        (void)cot_dtls_answer_credential(s.handshake, true);
    }
}

static void pump_server(void)
{
    uint8_t out[DATAGRAM];
    size_t len;
    while (s.handshake != NULL) {
        cot_dtls_event e = cot_dtls_handshake_next(s.handshake, now_ms(), out, sizeof out, &len);
        switch (e) {
        case COT_DTLS_IDLE:
            return;
        case COT_DTLS_OUTPUT:
            reply(out, len);
            break;
        case COT_DTLS_NEED_PSK:
        case COT_DTLS_NEED_CREDENTIAL:
        case COT_DTLS_NEED_SIGN:
            answer(e);
            break;
        case COT_DTLS_DONE:
            must(cot_dtls_handshake_record(s.handshake, &s.session) == COT_OK, "record");
            s.live = true;
            s.told = false;
            break;
        case COT_DTLS_REFUSED:
            printf("refused %s\n", cot_refusal_text(cot_dtls_handshake_refusal(s.handshake)));
            cot_dtls_handshake_end(s.handshake);
            s.handshake = NULL;
            break;
        }
    }
}

static void serve_record(cot_datagram *in)
{
    static const char *const mode[] = {"nosec", "psk", "rpk", "x509"};
    cot_dtls_opened r;
    uint8_t out[DATAGRAM];
    uint64_t number;
    size_t n;
    if (cot_dtls_record_open(&s.session, &aead, in, &r) != COT_OK)
        return;
    (void)cot_dtls_record_accept(&s.session, r.number, NULL);
    if (r.type == COT_DTLS_HANDSHAKE && s.handshake != NULL)
        cot_dtls_handshake_repeat(s.handshake);
    if (r.type == COT_DTLS_ALERT)
        s.live = cot_dtls_alert_read(r.data, r.len) == COT_DTLS_ALERT_IGNORE;
    if (r.type != COT_DTLS_DATA)
        return;
    if (!s.told)
        printf("ok %s suite %u cid %u %u\n", mode[cot_dtls_handshake_mode(s.handshake)],
               s.session.suite, s.session.cid_in_len, s.session.cid_out_len);
    s.told = true;
    if (s.handshake != NULL)
        cot_dtls_handshake_end(s.handshake);
    s.handshake = NULL;
    s.session.fresh = 0;
    if (cot_dtls_record_reserve(&s.session, 1, &number, NULL) == COT_OK &&
        cot_dtls_record_seal(&s.session, &aead, number, COT_DTLS_DATA, r.data, r.len, out,
                             sizeof out, &n) == COT_OK)
        reply(out, n);
}

static void serve_datagram(uint8_t *bytes, size_t len)
{
    uint8_t hvr[COT_DTLS_HELLO_VERIFY_LEN];
    uint8_t cid[COT_DTLS_CID_IN_MAX] = {1, 2, 3, 4, 5, 6, 7, 8};
    size_t n;
    bool hello = len > 14 && bytes[0] == 22 && bytes[4] == 0 && bytes[13] == 1;
    if (!hello && s.live) {
        cot_datagram in = {bytes, len};
        while (in.len > 0 && s.live)
            serve_record(&in);
        return;
    }
    if (hello) {
        cot_dtls_first first =
            cot_dtls_cookie_check(&s.cookie, (const uint8_t *)&s.from.sin_port,
                                  sizeof s.from.sin_port, bytes, len, now_ms(), hvr, &n);
        if (first == COT_DTLS_FIRST_VERIFY)
            reply(hvr, n);
        if (first != COT_DTLS_FIRST_ACCEPT)
            return;
        if (s.handshake != NULL && !cot_dtls_handshake_began_with(s.handshake, bytes, len)) {
            cot_dtls_handshake_end(s.handshake);
            s.handshake = NULL;
        }
        if (s.handshake == NULL) {
            s.live = false;
            must(cot_dtls_handshake_start(&s.handshake, s.dtls, s.handshake_memory,
                                          sizeof s.handshake_memory, cid, now_ms()) == COT_OK,
                 "start");
        }
    }
    if (s.handshake != NULL)
        cot_dtls_handshake_received(s.handshake, bytes, len);
}

static int run_server(const char *dir, const char *port, bool cid)
{
    cot_dtls_blob chain = load(dir, "server", ".der");
    cot_dtls_blob anchor = load(dir, "ca", ".der");
    cot_dtls_server_config config = {.psk = true,
                                     .rpk = true,
                                     .spki = load(dir, "server", ".spki"),
                                     .chain = &chain,
                                     .chain_count = 1,
                                     .client_anchors = &anchor,
                                     .client_anchor_count = 1,
                                     .cid = cid,
                                     .random = random_bytes,
                                     .time = clock_now};
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    self.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    s.key.key = load_key(dir, "server");
    must(cot_dtls_server_init(&s.dtls, &config, s.memory, sizeof s.memory) == COT_OK, "server");
    must(cot_dtls_cookie_init(&s.cookie, &cot_crypto_mbedtls, now_ms(), random_bytes, NULL) ==
             COT_OK,
         "cookie");
    s.fd = socket(AF_INET, SOCK_DGRAM, 0);
    must(s.fd >= 0 && bind(s.fd, (const struct sockaddr *)&self, sizeof self) == 0, "bind");
    puts("ready");
    for (;;) {
        struct pollfd f[2] = {{s.fd, POLLIN, 0}, {0, POLLIN, 0}};
        uint8_t bytes[DATAGRAM];
        (void)poll(f, 2, 50);
        if (f[1].revents != 0)
            return 0;
        if ((f[0].revents & POLLIN) != 0) {
            socklen_t from_len = sizeof s.from;
            ssize_t n =
                recvfrom(s.fd, bytes, sizeof bytes, 0, (struct sockaddr *)&s.from, &from_len);
            if (n > 0)
                serve_datagram(bytes, (size_t)n);
        }
        pump_server();
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(cot_dtls_aead_libcrypto_init(&aead) == COT_OK, "aead");
    if (argc == 3 && strcmp(argv[1], "certs") == 0)
        return make_certs(argv[2]);
    if (argc >= 4 && strcmp(argv[1], "server") == 0)
        return run_server(argv[2], argv[3], argc < 5);
    if (argc >= 5 && strcmp(argv[1], "client") == 0)
        return run_client(&aead, COT_DTLS_ARENA_HOST, argc, argv);
    fputs("usage: dtls_peer certs DIR | server DIR PORT [nocid] | client MODE DIR PORT [SUITE "
          "[nocid]]\n",
          stderr);
    return 2;
}
