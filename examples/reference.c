/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware that `tools/size` and the benches client/text and client/ram measure: objects 0, 1, 3
 * and 5 with the whole firmware state machine, 1,024-byte blocks, 1,280-byte datagrams, 8
 * observations. The port, the signature primitive and libc are not counted: the port is the
 * template, the primitives are empty. */
#include "device/port/template.h"

#include <cotter/client.h>
#include <cotter/nosec.h>
#include <cotter/update.h>

static void hash_start(void *ctx, cot_sha256 *h)
{
    (void)ctx, (void)h;
}

static void hash_update(void *ctx, cot_sha256 *h, const uint8_t *p, size_t n)
{
    (void)ctx, (void)h, (void)p, (void)n;
}

static void hash_finish(void *ctx, cot_sha256 *h, uint8_t out[static COT_SHA256_SIZE])
{
    (void)ctx, (void)h, (void)out;
}

static cot_status verify(void *ctx, const cot_p256_public *pub,
                         const uint8_t digest[static COT_SHA256_SIZE],
                         const uint8_t sig[static COT_P256_SIG_SIZE])
{
    (void)ctx, (void)pub, (void)digest, (void)sig;
    return COT_E_AUTH;
}

static const cot_crypto crypto = {NULL, hash_start, hash_update, hash_finish, verify};

/* All that the application gives to the client. */
struct memory {
    cot_client client;
    cot_update update;
    cot_nosec channel;
    cot_observation observations[8];
    cot_attributes attributes[4];
    uint8_t datagram[1280]; /* received, and sent */
    uint8_t request[256];
    uint8_t body[1024];
    uint8_t manifest[384];
};
static struct memory memory;

static const cot_update_config update_config = {.port = &cot_port_template,
                                                .crypto = &crypto,
                                                .factory_sequence = 1,
                                                .running_slot = COT_AREA_SLOT_0,
                                                .manifest = memory.manifest,
                                                .manifest_cap = sizeof memory.manifest};

static const cot_client_config config = {
    .endpoint = "reference",
    .account = {"coap://server.example", 1, COT_MODE_NOSEC, 300, &memory.channel.channel},
    .device = {"Cotter", "reference", "1", "1.0.0"},
    .port = &cot_port_template,
    .update = &memory.update,
    .memory = {memory.datagram, sizeof memory.datagram, memory.datagram, sizeof memory.datagram,
               memory.request, sizeof memory.request, memory.body, sizeof memory.body,
               memory.observations, 8, memory.attributes, 4}};

int main(void)
{
    cot_ms now = 0;
    cot_nosec_init(&memory.channel);
    (void)cot_update_init(&memory.update, &update_config);
    (void)cot_client_init(&memory.client, &config);
    for (;;)
        now = cot_client_poll(&memory.client, now);
}
