/* SPDX-License-Identifier: Apache-2.0 */
/* The channel without security: each datagram is its data. */
#include <cotter/nosec.h>

#include <string.h>

static cot_status open(cot_channel *ch, cot_ms now)
{
    (void)now;
    ch->state = COT_CHANNEL_OPEN;
    ch->refusal = COT_REFUSAL_NONE;
    return COT_OK;
}

static cot_status send(cot_channel *ch, const uint8_t *data, size_t len, uint8_t *dgram, size_t cap,
                       size_t *dgram_len)
{
    *dgram_len = len;
    if (ch->state != COT_CHANNEL_OPEN)
        return COT_E_STATE;
    if (len > cap)
        return COT_E_SPACE;
    if (len > 0)
        memmove(dgram, data, len);
    return COT_OK;
}

static cot_status received(cot_channel *ch, cot_datagram *in, cot_ms now, const uint8_t **data,
                           size_t *len)
{
    (void)now;
    *data = in->p;
    *len = ch->state == COT_CHANNEL_OPEN ? in->len : 0;
    in->p += in->len;
    in->len = 0;
    return COT_OK;
}

static cot_status drain(cot_channel *ch, cot_ms now, uint8_t *dgram, size_t cap, size_t *len)
{
    (void)ch;
    (void)now;
    (void)dgram;
    (void)cap;
    *len = 0;
    return COT_OK;
}

static cot_ms deadline(const cot_channel *ch)
{
    (void)ch;
    return COT_NEVER;
}

static void close(cot_channel *ch, uint8_t *dgram, size_t cap, size_t *len)
{
    (void)dgram;
    (void)cap;
    ch->state = COT_CHANNEL_CLOSED;
    *len = 0;
}

static const cot_channel_ops ops = {open, send, received, drain, deadline, close};

void cot_nosec_init(cot_nosec *ch)
{
    memset(ch, 0, sizeof *ch);
    ch->channel.ops = &ops;
    ch->channel.mode = COT_PEER_NOSEC;
}
