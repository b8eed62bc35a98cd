/* SPDX-License-Identifier: Apache-2.0 */
/* The device's end of the world's channel. */
#include "tests/virtual/world_channel.h"

#include <string.h>

#define HELLOS_MAX 5
#define HELLO_MS 2000

void world_head(uint8_t *out, uint8_t kind, uint32_t session)
{
    out[0] = kind;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (uint8_t)(session >> (24 - 8 * i));
}

uint32_t world_session(const uint8_t *dgram)
{
    return (uint32_t)dgram[1] << 24 | (uint32_t)dgram[2] << 16 | (uint32_t)dgram[3] << 8 | dgram[4];
}

static world_channel *of(cot_channel *ch)
{
    return (world_channel *)(void *)ch;
}

static cot_status open_channel(cot_channel *ch, cot_ms now)
{
    static uint32_t sessions;
    world_channel *w = of(ch);
    w->session = ++sessions;
    w->next = now;
    w->hellos = 0;
    ch->state = COT_CHANNEL_CONNECTING;
    ch->refusal = COT_REFUSAL_NONE;
    return COT_OK;
}

static cot_status send_data(cot_channel *ch, const uint8_t *data, size_t len, uint8_t *dgram,
                            size_t cap, size_t *dgram_len)
{
    *dgram_len = len + WORLD_HEAD;
    if (ch->state != COT_CHANNEL_OPEN)
        return COT_E_STATE;
    if (*dgram_len > cap)
        return COT_E_SPACE;
    memmove(dgram + WORLD_HEAD, data, len);
    world_head(dgram, WORLD_DATA, of(ch)->session);
    return COT_OK;
}

static cot_status received(cot_channel *ch, cot_datagram *in, cot_ms now, const uint8_t **data,
                           size_t *len)
{
    world_channel *w = of(ch);
    (void)now;
    *len = 0;
    bool ours = in->len >= WORLD_HEAD && world_session(in->p) == w->session;
    if (ours && in->p[0] == WORLD_WELCOME)
        ch->state = COT_CHANNEL_OPEN;
    if (ours && in->p[0] == WORLD_DATA && ch->state == COT_CHANNEL_OPEN) {
        *data = in->p + WORLD_HEAD;
        *len = in->len - WORLD_HEAD;
    }
    in->p += in->len;
    in->len = 0;
    return COT_OK;
}

static cot_status drain(cot_channel *ch, cot_ms now, uint8_t *dgram, size_t cap, size_t *len)
{
    world_channel *w = of(ch);
    (void)cap;
    *len = 0;
    if (ch->state != COT_CHANNEL_CONNECTING || now < w->next)
        return COT_OK;
    if (w->hellos++ == HELLOS_MAX) {
        ch->state = COT_CHANNEL_CLOSED;
        ch->refusal = COT_REFUSAL_TIMEOUT;
        return COT_E_CLOSED;
    }
    w->next = now + HELLO_MS;
    world_head(dgram, WORLD_HELLO, w->session);
    *len = WORLD_HEAD;
    return COT_OK;
}

static cot_ms deadline(const cot_channel *ch)
{
    const world_channel *w = (const world_channel *)(const void *)ch;
    return ch->state == COT_CHANNEL_CONNECTING ? w->next : COT_NEVER;
}

static void close_channel(cot_channel *ch, uint8_t *dgram, size_t cap, size_t *len)
{
    (void)dgram, (void)cap;
    *len = 0;
    ch->state = COT_CHANNEL_CLOSED;
}

void world_channel_init(world_channel *ch, cot_peer_mode mode)
{
    static const cot_channel_ops ops = {open_channel, send_data, received,
                                        drain,        deadline,  close_channel};
    memset(ch, 0, sizeof *ch);
    ch->channel.ops = &ops;
    ch->channel.mode = mode;
}
