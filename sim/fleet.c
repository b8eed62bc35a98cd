/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet's loop: datagrams in, timers, datagrams out. */
#include "sim/fleet.h"

#include "core/base/wheel.h"
#include "dtls/aead.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SLOTS 16384u
#define ARENAS 512u
#define IDLE_MS 100u

/* What a device with DTLS has beside its client. */
typedef struct secure {
    cot_dtls_client channel;
    cot_dtls_client_config config;
    char endpoint[64];
    sim_identity *identity; /* RPK, X.509; the handshake borrows it */
    cot_dtls_blob chain;
    struct sim_fleet *fleet;
    uint32_t device;
} secure;

struct sim_fleet {
    sim_fleet_config config;
    wire *wire;
    sim_world world;
    sim_counts counts;
    sim_client *client;
    secure *secure; /* NULL: NoSec */
    cot_dtls_aead aead;
    cot_wheel wheel;
    cot_wheel_node *node;
    uint32_t *head;
    uint32_t *used;
    uint8_t *arena[ARENAS]; /* free ones */
    uint32_t arenas;
    uint32_t started;
    uint32_t registered;
    cot_ms began;
    bool loading;
    uint32_t cursor; /* of the closed loop */
    uint32_t flying; /* devices that it waits for */
    bool leaving;
    size_t datagram;
};

cot_ms sim_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (cot_ms)t.tv_sec * 1000 + (cot_ms)t.tv_nsec / 1000000;
}

/* ---- DTLS ---- */

static uint8_t *arena_take(void *app, size_t *len)
{
    sim_fleet *f = ((secure *)app)->fleet;
    *len = COT_DTLS_ARENA_HOST;
    return f->arenas == 0 ? NULL : f->arena[--f->arenas];
}

static void arena_give(void *app, uint8_t *arena)
{
    sim_fleet *f = ((secure *)app)->fleet;
    f->arena[f->arenas++] = arena;
}

static cot_status psk(void *app, uint8_t key[static 64], size_t *len)
{
    secure *s = app;
    sim_credentials_psk(s->fleet->config.credentials, s->endpoint, key);
    *len = SIM_PSK;
    return COT_OK;
}

static cot_status random_bytes(void *app, uint8_t *out, size_t len)
{
    (void)app;
    return getrandom(out, len, 0) == (ssize_t)len ? COT_OK : COT_E_IO;
}

static bool secure_init(sim_fleet *f, uint32_t device)
{
    const sim_credentials *c = f->config.credentials;
    secure *s = &f->secure[device];
    cot_dtls_client_config *d = &s->config;
    s->fleet = f;
    s->device = device;
    sim_endpoint(&f->config.settings, device, s->endpoint);
    d->mode = c->mode;
    d->cid = true;
    d->aead = &f->aead;
    d->random = random_bytes;
    d->psk = psk;
    d->psk_identity = (cot_dtls_blob){(const uint8_t *)s->endpoint, strlen(s->endpoint)};
    d->arena_take = arena_take;
    d->arena_give = arena_give;
    d->app = s;
    if (c->mode != COT_PEER_PSK) {
        s->identity = malloc(sizeof *s->identity);
        if (s->identity == NULL || !sim_credentials_identity(c, s->endpoint, s->identity))
            return false;
        s->chain = (cot_dtls_blob){s->identity->der, s->identity->der_len};
        d->private_key = s->identity->private_key;
        d->own_spki = s->chain;
        d->own_chain = &s->chain;
        d->own_chain_count = 1;
        d->server_spki = c->server;
        d->server_certificate = c->server;
        d->usage = COT_USAGE_DOMAIN_ISSUED;
    }
    cot_dtls_client_init(&s->channel, d);
    return true;
}

static cot_channel *channel_of(sim_fleet *f, uint32_t device)
{
    return &f->secure[device].channel.channel;
}

static void send_plain(void *ctx, uint32_t device, const uint8_t *bytes, size_t len)
{
    sim_fleet *f = ctx;
    uint8_t out[WIRE_DATAGRAM];
    size_t used = 0;
    f->datagram = len;
    if (f->secure == NULL) {
        wire_send(f->wire, device, bytes, len);
        return;
    }
    cot_channel *ch = channel_of(f, device);
    if (ch->ops->send(ch, bytes, len, out, sizeof out, &used) != COT_OK)
        return;
    f->datagram = used;
    wire_send(f->wire, device, out, used);
}

/* A CoAP ping: the server knows now that its last flight arrived. The device's part is over. */
static void first_record(sim_fleet *f, uint32_t device)
{
    uint8_t ping[COT_COAP_EMPTY_LEN];
    cot_coap_write_empty(ping, COT_COAP_CON, (uint16_t)device);
    f->client[device].state = SIM_LEFT;
    send_plain(f, device, ping, sizeof ping);
}

/* Send what the handshake has to say; register when it is done. */
static void pump(sim_fleet *f, uint32_t device, cot_ms now)
{
    cot_channel *ch = channel_of(f, device);
    sim_client *c = &f->client[device];
    uint8_t out[WIRE_DATAGRAM];
    size_t len = 0;
    cot_status s;
    while ((s = ch->ops->drain(ch, now, out, sizeof out, &len)) == COT_OK && len > 0)
        wire_send(f->wire, device, out, len);
    if (c->state != SIM_HANDSHAKE)
        return;
    if (ch->state == COT_CHANNEL_OPEN) {
        f->counts.handshakes++;
        if (f->config.load == SIM_HANDSHAKES)
            first_record(f, device);
        else
            sim_client_register(c, &f->world, device, now);
    } else if (ch->state == COT_CHANNEL_CLOSED) {
        f->counts.refused++;
        c->state = SIM_IDLE;
        c->next_update = now + 5000 + sim_random(&f->world) % 5000;
    }
}

static void connect_device(sim_fleet *f, uint32_t device, cot_ms now)
{
    sim_client *c = &f->client[device];
    if (f->secure == NULL) {
        sim_client_register(c, &f->world, device, now);
        return;
    }
    cot_channel *ch = channel_of(f, device);
    if (ch->state == COT_CHANNEL_OPEN) { /* the session stands: only the registration is gone */
        sim_client_register(c, &f->world, device, now);
    } else if (ch->ops->open(ch, now) == COT_OK) {
        c->state = SIM_HANDSHAKE;
        pump(f, device, now);
    } else {
        c->next_update = now + 200 + sim_random(&f->world) % 200;
    }
}

static void receive_secure(sim_fleet *f, uint32_t device, const wire_packet *p, cot_ms now)
{
    cot_channel *ch = channel_of(f, device);
    uint8_t bytes[WIRE_DATAGRAM];
    memcpy(bytes, p->bytes, p->len);
    cot_datagram in = {bytes, p->len};
    while (in.len > 0) {
        const uint8_t *data = NULL;
        size_t len = 0;
        if (ch->ops->received(ch, &in, now, &data, &len) != COT_OK)
            break;
        if (len > 0)
            sim_client_receive(&f->client[device], &f->world, device, data, len, now);
    }
    pump(f, device, now);
}

/* ---- timers and the closed loop ---- */

static void set_timer(sim_fleet *f, uint32_t device)
{
    cot_ms d = sim_client_deadline(&f->client[device]);
    if (f->secure != NULL) {
        cot_channel *ch = channel_of(f, device);
        cot_ms c = ch->state == COT_CHANNEL_CLOSED ? COT_NEVER : ch->ops->deadline(ch);
        d = c < d ? c : d;
    }
    cot_wheel_set(&f->wheel, device, d);
}

static bool standing(const sim_client *c)
{
    return c->state == SIM_REGISTERED || c->state == SIM_UPDATING;
}

/* Is a device what the closed loop waits for? */
static bool busy(const sim_fleet *f, const sim_client *c)
{
    return f->config.load == SIM_UPDATES ? c->state == SIM_UPDATING : c->state == SIM_HANDSHAKE;
}

/* Run `step` of a device, and keep the counts of what is registered and flying right. */
static void stepped(sim_fleet *f, uint32_t device, bool was_standing, bool was_busy)
{
    const sim_client *c = &f->client[device];
    if (standing(c) != was_standing)
        f->registered += standing(c) ? 1u : UINT32_MAX;
    if (f->loading && was_busy && !busy(f, c))
        f->flying--;
    set_timer(f, device);
}

static void on_packet(sim_fleet *f, const wire_packet *p, cot_ms now)
{
    if (p->device >= f->config.count)
        return;
    sim_client *c = &f->client[p->device];
    bool was_standing = standing(c);
    bool was_busy = busy(f, c);
    if (f->secure == NULL)
        sim_client_receive(c, &f->world, p->device, p->bytes, p->len, now);
    else
        receive_secure(f, p->device, p, now);
    stepped(f, p->device, was_standing, was_busy);
}

static void on_timer(sim_fleet *f, uint32_t device, cot_ms now)
{
    sim_client *c = &f->client[device];
    bool was_standing = standing(c);
    bool was_busy = busy(f, c);
    if (f->secure != NULL)
        pump(f, device, now);
    if (c->state == SIM_IDLE && c->next_update <= now) {
        c->next_update = COT_NEVER;
        connect_device(f, device, now);
    } else {
        sim_client_due(c, &f->world, device, now);
    }
    stepped(f, device, was_standing, was_busy);
}

/* Begin with as many devices as the start rate allows by now. */
static void start_some(sim_fleet *f, cot_ms now)
{
    uint64_t may = (now - f->began + 10) * f->config.start_rate / 1000;
    if (f->config.load == SIM_HANDSHAKES)
        return;
    while (f->started < f->config.count && f->started < may) {
        f->client[f->started].next_update = COT_NEVER;
        connect_device(f, f->started, now);
        set_timer(f, f->started);
        f->started++;
    }
}

static void load_some(sim_fleet *f, cot_ms now)
{
    uint32_t tried = 0;
    while (f->loading && f->flying < f->config.window && tried++ < f->config.count) {
        uint32_t device = f->cursor;
        sim_client *c = &f->client[device];
        if (f->config.load == SIM_HANDSHAKES) {
            if (device >= f->config.count)
                return;
            f->cursor++;
            connect_device(f, device, now);
        } else {
            f->cursor = device + 1 == f->config.count ? 0 : device + 1;
            sim_client_update(c, &f->world, device, now);
        }
        if (busy(f, c))
            f->flying++;
        set_timer(f, device);
    }
}

static void leave_some(sim_fleet *f, cot_ms now)
{
    for (uint32_t n = 0; n < 1000 && f->leaving && f->cursor < f->config.count; n++, f->cursor++) {
        sim_client *c = &f->client[f->cursor];
        bool was = standing(c);
        sim_client_leave(c, &f->world, f->cursor, now);
        stepped(f, f->cursor, was, false);
    }
}

static int wait_ms(const sim_fleet *f, cot_ms now)
{
    cot_ms d = cot_wheel_deadline(&f->wheel);
    bool eager = f->started < f->config.count && f->config.load != SIM_HANDSHAKES;
    cot_ms most = eager ? 5 : IDLE_MS;
    if (d <= now)
        return 0;
    return (int)(d - now < most ? d - now : most);
}

void sim_fleet_run(sim_fleet *f, cot_ms until, bool (*done)(void *ctx), void *ctx)
{
    cot_ms asked = 0;
    for (;;) {
        const wire_packet *packets;
        size_t n;
        uint32_t device;
        cot_ms now = sim_now();
        while ((n = wire_receive(f->wire, &packets)) > 0)
            for (size_t i = 0; i < n; i++)
                on_packet(f, &packets[i], now);
        while ((device = cot_wheel_pop(&f->wheel, now)) != COT_WHEEL_NONE)
            on_timer(f, device, now);
        start_some(f, now);
        load_some(f, now);
        leave_some(f, now);
        wire_flush(f->wire);
        if (now >= until)
            return;
        if (now - asked >= IDLE_MS) {
            asked = now;
            if (done != NULL && done(ctx))
                return;
        }
        struct pollfd p = {.fd = wire_poll_fd(f->wire), .events = POLLIN};
        (void)poll(&p, 1, wait_ms(f, now));
    }
}

/* ---- life ---- */

static bool memory(sim_fleet *f)
{
    size_t n = f->config.count == 0 ? 1 : f->config.count;
    f->client = calloc(n, sizeof *f->client);
    f->node = calloc(n, sizeof *f->node);
    f->head = calloc(SLOTS, sizeof *f->head);
    f->used = calloc(SLOTS / 32, sizeof *f->used);
    if (f->client == NULL || f->node == NULL || f->head == NULL || f->used == NULL)
        return false;
    if (f->config.credentials == NULL)
        return true;
    if (cot_dtls_aead_libcrypto_init(&f->aead) != COT_OK)
        return false;
    f->secure = calloc(n, sizeof *f->secure);
    for (f->arenas = 0; f->arenas < ARENAS; f->arenas++) {
        f->arena[f->arenas] = malloc(COT_DTLS_ARENA_HOST);
        if (f->arena[f->arenas] == NULL)
            return false;
    }
    return f->secure != NULL;
}

sim_fleet *sim_fleet_open(const sim_fleet_config *config)
{
    sim_fleet *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->config = *config;
    f->began = sim_now();
    f->wire = wire_open(&config->server, config->count);
    if (f->wire == NULL || !memory(f)) {
        fprintf(stderr, "cotter-sim: not enough memory or sockets for %u devices\n",
                (unsigned)config->count);
        sim_fleet_close(f);
        return NULL;
    }
    f->world = (sim_world){.settings = &f->config.settings,
                           .sink = {send_plain, f},
                           .counts = &f->counts,
                           .random = 0x9e3779b97f4a7c15u ^ (uint64_t)time(NULL)};
    cot_wheel_init(&f->wheel, f->node, config->count, f->head, f->used, SLOTS, 4, f->began);
    for (uint32_t i = 0; i < config->count; i++) {
        sim_client_init(&f->client[i], &f->world);
        if (f->secure != NULL && !secure_init(f, i)) {
            fprintf(stderr, "cotter-sim: cannot make the key of device %u\n", (unsigned)i);
            sim_fleet_close(f);
            return NULL;
        }
    }
    f->began = sim_now();
    return f;
}

void sim_fleet_close(sim_fleet *f)
{
    if (f == NULL)
        return;
    wire_close(f->wire);
    for (uint32_t i = 0; f->secure != NULL && i < f->config.count; i++)
        free(f->secure[i].identity);
    while (f->arenas > 0)
        free(f->arena[--f->arenas]);
    if (f->config.credentials != NULL)
        cot_dtls_aead_libcrypto_free(&f->aead);
    free(f->secure);
    free(f->client);
    free(f->node);
    free(f->head);
    free(f->used);
    free(f);
}

void sim_fleet_leave(sim_fleet *f)
{
    f->leaving = true;
    f->loading = false;
    f->cursor = 0;
}

void sim_fleet_move(sim_fleet *f, uint32_t device)
{
    wire_rebind(f->wire, device);
}

/* What was out when a round ended comes back in the next one or never: it is not waited for. */
void sim_fleet_load(sim_fleet *f, bool on)
{
    f->loading = on;
    f->flying = 0;
    if (f->config.load == SIM_HANDSHAKES)
        return;
    for (uint32_t i = 0; on && i < f->config.count; i++)
        f->flying += f->client[i].state == SIM_UPDATING;
}

size_t sim_fleet_datagram(const sim_fleet *f)
{
    return f->datagram;
}

const sim_counts *sim_fleet_counts(const sim_fleet *f)
{
    return &f->counts;
}

uint32_t sim_fleet_registered(const sim_fleet *f)
{
    return f->registered;
}

const sim_client *sim_fleet_client(const sim_fleet *f, uint32_t device)
{
    return &f->client[device];
}
