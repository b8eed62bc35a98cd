/* SPDX-License-Identifier: Apache-2.0 */
/* The world's channel: sessions with a handshake of one message each way and a number that each
 * datagram carries, so that nothing of an old session is taken for something of the new one. It
 * encrypts nothing, but says that its peer is authenticated. */
#ifndef COTTER_TESTS_VIRTUAL_WORLD_CHANNEL_H
#define COTTER_TESTS_VIRTUAL_WORLD_CHANNEL_H

#include <cotter/channel.h>

#include <stdbool.h>

#define WORLD_HEAD 5 /* kind, session number */
enum { WORLD_HELLO = 1, WORLD_WELCOME = 2, WORLD_DATA = 3 };

typedef struct world_channel {
    cot_channel channel;
    uint32_t session;
    cot_ms next; /* the next hello */
    unsigned hellos;
} world_channel;

void world_channel_init(world_channel *ch, cot_peer_mode mode);
void world_head(uint8_t *out, uint8_t kind, uint32_t session);
uint32_t world_session(const uint8_t *dgram);

#endif
