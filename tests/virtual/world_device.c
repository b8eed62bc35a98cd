/* SPDX-License-Identifier: Apache-2.0 */
/* The device's half of the world: port, flash, objects, boot. */
#include "core/base/bytes.h"
#include "core/cose/host/crypto_libcrypto.h"
#include "core/suit/write.h"
#include "tests/virtual/world.h"

#include <string.h>

const uint8_t world_vendor[16] = "vendor-of-tests";
const uint8_t world_class[16] = "class-of-testing";
double world_temperature;
unsigned world_resets;
char world_label[40];
int world_items[3];

/* --- port --- */

static cot_status entropy(void *ctx, uint8_t *out, size_t len)
{
    world *w = ctx;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)link_random(&w->net);
    return w->unseeded ? COT_E_IO : COT_OK;
}

static cot_status resolve(void *ctx, const char *host, cot_address *out, size_t cap, size_t *count)
{
    world *w = ctx;
    (void)cap;
    w->resolved++;
    *count = w->two_addresses ? 2 : 1;
    memset(out, 0, 2 * sizeof *out);
    out[0].ip_len = 4;
    out[0].ip[0] = 192;
    out[1] = out[0];
    out[0].ip[0] = w->two_addresses ? 10 : 192;
    return w->unresolved || strcmp(host, "server.test") != 0 ? COT_E_NOT_FOUND : COT_OK;
}

static cot_status send_datagram(void *ctx, const cot_address *to, const uint8_t *datagram,
                                size_t len)
{
    world *w = ctx;
    if (w->two_addresses && to->ip[0] == 10)
        return COT_OK;
    if (to->port != 5684 || to->ip[0] != 192)
        w->broken = "a datagram to somebody else";
    if (len > 1280)
        w->broken = "a datagram above 1,280 bytes";
    link_send(&w->net, WORLD_DEVICE, WORLD_SERVER, datagram, len, w->now);
    return COT_OK;
}

static cot_status receive(void *ctx, cot_address *from, uint8_t *datagram, size_t cap, size_t *len)
{
    world *w = ctx;
    if (w->inbox_count == 0)
        return COT_E_AGAIN;
    const link_packet *p = &w->inbox[w->inbox_first];
    w->inbox_first = (w->inbox_first + 1) % 64;
    w->inbox_count--;
    *from = (cot_address){.ip = {192}, .ip_len = 4, .port = w->stranger ? 5685 : 5684};
    *len = p->len;
    if (p->len > cap)
        return COT_E_AGAIN;
    memcpy(datagram, p->bytes, p->len);
    return COT_OK;
}

static cot_status flash_read(void *ctx, cot_area area, uint32_t offset, void *out, size_t len)
{
    const world *w = ctx;
    if (offset + len > w->port.area[area].size)
        return COT_E_IO;
    memcpy(out, w->flash[area] + offset, len);
    return COT_OK;
}

/* At the cut a part of the operation is done, and from then on nothing. */
static size_t until_cut(world *w, size_t len)
{
    if (w->dark)
        return 0;
    if (w->cut < 0 || w->cut-- > 0)
        return len;
    w->dark = true;
    return len > 1 ? link_random(&w->net) % len : 0;
}

static cot_status flash_program(void *ctx, cot_area area, uint32_t offset, const void *bytes,
                                size_t len)
{
    world *w = ctx;
    const uint8_t *from = bytes;
    uint32_t unit = w->port.area[area].program_size;
    if (offset % unit != 0 || len % unit != 0 || offset + len > w->port.area[area].size)
        w->broken = "flash is programmed out of step";
    size_t n = until_cut(w, len);
    for (size_t i = 0; i < n; i++) {
        if (w->flash[area][offset + i] != 0xFF)
            w->broken = "flash is programmed without an erase";
        w->flash[area][offset + i] = from[i];
        if (area == COT_AREA_SLOT_1 && w->flip != 0 && offset + i == w->flip)
            w->flash[area][offset + i] ^= 1;
    }
    return n == len ? COT_OK : COT_E_IO;
}

static cot_status flash_erase(void *ctx, cot_area area, uint32_t offset, size_t len)
{
    world *w = ctx;
    uint32_t unit = w->port.area[area].erase_size;
    if (offset % unit != 0 || len % unit != 0 || offset + len > w->port.area[area].size)
        w->broken = "flash is erased out of step";
    size_t n = until_cut(w, len);
    memset(w->flash[area] + offset, 0xFF, n);
    return n == len ? COT_OK : COT_E_IO;
}

static void reset(void *ctx)
{
    world *w = ctx;
    w->resets++;
    w->running = false;
}

/* --- crypto: the "signature" is the digest and the key --- */

static cot_status fake_verify(void *ctx, const cot_p256_public *pub,
                              const uint8_t digest[static COT_SHA256_SIZE],
                              const uint8_t sig[static COT_P256_SIG_SIZE])
{
    (void)ctx;
    bool good = memcmp(sig, digest, 32) == 0 && memcmp(sig + 32, pub->xy, 32) == 0;
    return good ? COT_OK : COT_E_AUTH;
}

const cot_crypto *world_crypto(void)
{
    static cot_crypto crypto;
    crypto = cot_crypto_openssl;
    crypto.p256_verify = fake_verify;
    return &crypto;
}

static const cot_p256_public trusted = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};

size_t world_release(uint8_t *out, size_t cap, uint64_t sequence, const uint8_t *image, size_t len)
{
    const cot_crypto *crypto = world_crypto();
    uint8_t manifest[400], digest[COT_SUIT_DIGEST_SIZE], signature[COT_P256_SIG_SIZE];
    cot_suit_release r = {.sequence = sequence, .size = len};
    memcpy(r.vendor_id, world_vendor, 16);
    memcpy(r.class_id, world_class, 16);
    cot_sha256_of(crypto, image, len, r.digest);
    cot_writer m, w;
    cot_writer_init(&m, manifest, sizeof manifest);
    cot_suit_write_manifest(&m, &r);
    cot_bytes bytes = {manifest, m.len};
    cot_suit_digest(bytes, crypto, digest);
    cot_suit_signing_digest(digest, crypto, signature);
    memcpy(signature + 32, trusted.xy, 32);
    cot_writer_init(&w, out, cap);
    cot_suit_write_head(&w, digest, signature, bytes, len);
    cot_write_bytes(&w, image, len);
    return w.err == COT_OK ? w.len : 0;
}

/* --- object 3303 --- */

static cot_status sensor_read(const cot_object *o, const cot_place *at, cot_value *v)
{
    static int64_t numbers[] = {7, 8, 9};
    (void)o;
    *v = (cot_value){.type = COT_FLOAT, .as.f = world_temperature};
    if (at->resource == 5700)
        return COT_OK;
    v->type = COT_STRING;
    v->as.bytes.p = (const uint8_t *)world_label;
    v->as.bytes.len = strlen(world_label);
    if (at->resource == 5750)
        return COT_OK;
    *v = (cot_value){.type = COT_INTEGER, .as.i = numbers[at->item % 3]};
    if (at->resource == 6052) {
        v->as.i = world_items[at->item];
        return v->as.i < 0 ? COT_E_NOT_FOUND : COT_OK;
    }
    return at->item == 1 ? COT_E_NOT_FOUND : COT_OK; /* 6050: items 0 and 2 */
}

static cot_status sensor_write(const cot_object *o, const cot_place *at, const cot_value *v,
                               cot_write_phase phase)
{
    (void)o;
    if (at->resource < 5750 || at->resource == 6050)
        world_resets += 1000; /* not writable: must not come here */
    if (at->resource == 6052) {
        if (phase == COT_APPLY)
            world_items[at->item] = v == NULL ? -1 : (int)v->as.i;
        return COT_OK;
    }
    if (at->resource == 6051) /* takes 0 … 100 and forgets it */
        return v != NULL && (v->as.i < 0 || v->as.i > 100) ? COT_E_RANGE : COT_OK;
    if (v != NULL && v->as.bytes.len >= sizeof world_label)
        return COT_E_RANGE;
    if (phase == COT_CHECK)
        return COT_OK;
    memset(world_label, 0, sizeof world_label);
    if (v != NULL && v->as.bytes.len > 0)
        memcpy(world_label, v->as.bytes.p, v->as.bytes.len);
    return COT_OK;
}

static cot_status sensor_execute(const cot_object *o, const cot_place *at, const uint8_t *args,
                                 size_t len)
{
    (void)o, (void)at, (void)args;
    world_resets += len > 0 && args[0] == 'x' ? 0 : 1;
    return len > 0 && args[0] == 'x' ? COT_E_RANGE : COT_OK;
}

static const cot_resource sensor_resources[] = {
    {5605, COT_NONE, COT_EXECUTE, 0},
    {5700, COT_FLOAT, COT_READ, 0},
    {5750, COT_STRING, COT_READ | COT_WRITE, 0},
    {6050, COT_INTEGER, COT_READ | COT_MULTIPLE, 3},
    {6051, COT_INTEGER, COT_WRITE, 0},
    {6052, COT_INTEGER, COT_READ | COT_WRITE | COT_MULTIPLE, 3},
};
static const uint16_t sensor_instances[] = {0, 1};
static const cot_object sensor = {.id = 3303,
                                  .resources = sensor_resources,
                                  .resource_count = 6,
                                  .instances = sensor_instances,
                                  .instance_count = 2,
                                  .read = sensor_read,
                                  .write = sensor_write,
                                  .execute = sensor_execute};
static const cot_object *const objects[] = {&sensor};

/* --- boot --- */

static void on_event(void *app, const cot_event *e)
{
    world *w = app;
    w->events[e->kind]++;
    w->last[e->kind] = *e;
}

void world_init(world *w, uint64_t seed, unsigned loss, bool rough)
{
    link_config c = {.loss = loss, .delay_min = 5, .delay_max = 300};
    if (rough) {
        c.dup = 15;
        c.reorder = 15;
        c.late = 5000;
    }
    memset(w, 0, sizeof *w);
    link_init(&w->net, &c, seed);
    memset(w->flash, 0xFF, sizeof w->flash);
    w->now = 1000;
    w->cut = -1;
    w->port.ctx = w;
    w->port.area[COT_AREA_LOG] = (cot_area_geometry){WORLD_LOG, 512, 8};
    w->port.area[COT_AREA_SLOT_0] = (cot_area_geometry){WORLD_SLOT, 4096, 16};
    w->port.area[COT_AREA_SLOT_1] = (cot_area_geometry){WORLD_SLOT, 4096, 16};
    w->port.entropy = entropy;
    w->port.resolve = resolve;
    w->port.send = send_datagram;
    w->port.receive = receive;
    w->port.flash_read = flash_read;
    w->port.flash_program = flash_program;
    w->port.flash_erase = flash_erase;
    w->port.reset = reset;
    cot_coap_peer_init(&w->peer, &cot_coap_defaults, (uint16_t)link_random(&w->net));
    cot_coap_close(&w->x, &w->peer);
    world_temperature = 20.5;
    world_resets = 0;
    memset(world_label, 0, sizeof world_label);
    memset(world_items, -1, sizeof world_items);
}

void world_boot(world *w, cot_area slot)
{
    const cot_client_memory memory = {w->rx,           sizeof w->rx,
                                      w->tx,           sizeof w->tx,
                                      w->request,      sizeof w->request,
                                      w->body,         sizeof w->body,
                                      w->observations, 8,
                                      w->attributes,   4};
    w->update_config = (cot_update_config){.port = &w->port,
                                           .crypto = world_crypto(),
                                           .trust_anchor = trusted,
                                           .factory_sequence = 1,
                                           .running_slot = slot,
                                           .manifest = w->manifest,
                                           .manifest_cap = sizeof w->manifest};
    memcpy(w->update_config.vendor_id, world_vendor, 16);
    memcpy(w->update_config.class_id, world_class, 16);
    world_channel_init(&w->channel, COT_PEER_PSK); /* authenticated: a trial may be confirmed */
    w->config = (cot_client_config){
        .endpoint = "device-of-tests",
        .account = {"coaps://server.test:5684", 7, COT_MODE_PSK, 300, &w->channel.channel},
        .device = {"Maker", "Model", "S-1", slot == COT_AREA_SLOT_0 ? "1.0.0" : "2.0.0"},
        .objects = objects,
        .object_count = 1,
        .port = &w->port,
        .update = &w->update,
        .memory = memory,
        .event = on_event,
        .app = w};
    cot_status s = cot_update_init(&w->update, &w->update_config);
    if (s == COT_OK)
        s = cot_client_init(&w->client, &w->config);
    if (s != COT_OK)
        w->broken = cot_status_text(s);
    w->inbox_count = 0;
    w->dark = false;
    w->cut = -1;
    w->running = s == COT_OK;
    w->wake = w->now;
}

cot_area world_reboot(world *w)
{
    uint8_t scratch[256];
    cot_area slot = COT_AREA_SLOT_0;
    w->dark = false;
    w->cut = -1;
    if (cot_boot_choose(&w->port, world_crypto(), scratch, sizeof scratch, &slot) != COT_OK)
        w->broken = "the log cannot be read";
    world_boot(w, slot);
    return slot;
}
