/* SPDX-License-Identifier: Apache-2.0 */
/* Our DTLS client on a UDP socket, and the helpers of both programs. */
#include "tests/interop/dtls_peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

void must(bool ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(2);
    }
}

cot_ms now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (cot_ms)t.tv_sec * 1000u + (cot_ms)t.tv_nsec / 1000000u;
}

cot_status random_bytes(void *app, uint8_t *out, size_t len)
{
    (void)app;
    return getrandom(out, len, 0) == (ssize_t)len ? COT_OK : COT_E_IO;
}

int64_t clock_now(void *app)
{
    (void)app;
    return time(NULL);
}

FILE *open_file(const char *dir, const char *name, const char *suffix, const char *mode)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
    FILE *f = fopen(path, mode);
    must(f != NULL, path);
    return f;
}

static size_t read_file(const char *dir, const char *name, const char *suffix, uint8_t *p,
                        size_t cap)
{
    FILE *f = open_file(dir, name, suffix, "rb");
    size_t n = fread(p, 1, cap, f);
    fclose(f);
    return n;
}

cot_dtls_blob load(const char *dir, const char *name, const char *suffix)
{
    static uint8_t files[16][2048]; /* for the life of the program */
    static size_t used;
    must(used < sizeof files / sizeof files[0], "files");
    uint8_t *p = files[used++];
    return (cot_dtls_blob){p, read_file(dir, name, suffix, p, sizeof files[0])};
}

/* ---- client ---- */

static cot_status psk(void *app, uint8_t key[static 64], size_t *len)
{
    (void)app;
    memset(key, 0x42, 16);
    *len = 16;
    return COT_OK;
}

static void flush_client(cot_channel *ch, int fd)
{
    uint8_t out[1500];
    size_t len;
    while (ch->ops->drain(ch, now_ms(), out, sizeof out, &len) == COT_OK && len > 0)
        (void)send(fd, out, len, 0);
}

static int talk(cot_dtls_client *client, int fd, const char *mode)
{
    cot_channel *ch = &client->channel;
    cot_ms end = now_ms() + 10000;
    cot_ms next_ping = 0;
    while (now_ms() < end) {
        uint8_t bytes[DATAGRAM];
        size_t len;
        flush_client(ch, fd);
        if (ch->state == COT_CHANNEL_CLOSED) {
            printf("refused %s\n", cot_refusal_text(ch->refusal));
            return 1;
        }
        if (ch->state == COT_CHANNEL_OPEN && now_ms() >= next_ping) {
            if (ch->ops->send(ch, (const uint8_t *)"ping\n", 5, bytes, sizeof bytes, &len) ==
                COT_OK)
                (void)send(fd, bytes, len, 0);
            next_ping = now_ms() + 1000;
        }
        struct pollfd f = {fd, POLLIN, 0};
        (void)poll(&f, 1, 50);
        ssize_t n = (f.revents & POLLIN) != 0 ? recv(fd, bytes, sizeof bytes, 0) : 0;
        cot_datagram in = {bytes, n > 0 ? (size_t)n : 0};
        while (in.len > 0) {
            const uint8_t *data;
            (void)ch->ops->received(ch, &in, now_ms(), &data, &len);
            if (len >= 4 && (memcmp(data, "pong", 4) == 0 || memcmp(data, "ping", 4) == 0)) {
                printf("ok %s suite %u cid %u %u\n", mode, client->record.suite,
                       client->record.cid_in_len, client->record.cid_out_len);
                ch->ops->close(ch, bytes, sizeof bytes, &len);
                (void)send(fd, bytes, len, 0);
                return 0;
            }
        }
    }
    puts("refused nothing came");
    return 1;
}

int run_client(const cot_dtls_aead *aead, size_t arena_len, int argc, char **argv)
{
    if (argc < 5)
        return 2;
    const char *mode = argv[2];
    const char *dir = argv[3];
    const char *port = argv[4];
    const char *suite = argc > 5 ? argv[5] : NULL;
    bool cid = argc < 7;
    static uint8_t arena[COT_DTLS_ARENA_HOST];
    must(arena_len <= sizeof arena, "arena");
    setvbuf(stdout, NULL, _IOLBF, 0);
    cot_dtls_blob own = load(dir, "device", ".der");
    cot_dtls_suite wanted =
        suite == NULL ? COT_DTLS_CCM_8 : (cot_dtls_suite)strtoul(suite, NULL, 10);
    cot_dtls_client_config config = {.mode = strcmp(mode, "psk") == 0   ? COT_PEER_PSK
                                             : strcmp(mode, "rpk") == 0 ? COT_PEER_RPK
                                                                        : COT_PEER_X509,
                                     .psk_identity = {(const uint8_t *)"device-1", 8},
                                     .psk = psk,
                                     .private_key = load(dir, "device", ".scalar").p,
                                     .own_spki = load(dir, "device", ".spki"),
                                     .own_chain = &own,
                                     .own_chain_count = 1,
                                     .server_spki = load(dir, "server", ".spki"),
                                     .usage = COT_USAGE_TRUST_ANCHOR,
                                     .server_certificate = load(dir, "ca", ".der"),
                                     .server_name = "localhost",
                                     .cid = cid,
                                     .suites = &wanted,
                                     .suite_count = 1,
                                     .arena = arena,
                                     .arena_len = arena_len,
                                     .aead = aead,
                                     .random = random_bytes,
                                     .time = clock_now};
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cot_dtls_client client;
    peer.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    must(fd >= 0 && connect(fd, (const struct sockaddr *)&peer, sizeof peer) == 0, "connect");
    cot_dtls_client_init(&client, &config);
    must(client.channel.ops->open(&client.channel, now_ms()) == COT_OK, "open");
    return talk(&client, fd, mode);
}
