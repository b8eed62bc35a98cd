/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the server: resolve its name, open the channel, and after a failure back off and begin
 * anew, with the next of its addresses. */
#include "device/engine.h"
#include "device/uri.h"

#include <string.h>

#define HOST_MAX 254u /* of a domain name, and its NUL */
#define ADDRESSES_MAX 4u
#define BACKOFF_MS 1000u /* shifted by the number of failures, */
#define BACKOFF_SHIFT 9u /* up to this */
#define RESOLVER_RETRY_MS 100u
#define SILENCE_MS 20000u /* of one of several addresses, before the next one is tried */

/* 2 s, 4 s, … 512 s, of which the random half keeps a fleet from coming back in step. */
static uint32_t backoff(cot__client *c)
{
    c->failures++;
    uint32_t full = BACKOFF_MS << (c->failures < BACKOFF_SHIFT ? c->failures : BACKOFF_SHIFT);
    if (c->failures == UINT8_MAX)
        c->failures--;
    return full / 2 + cot__random(c) % (full / 2 + 1);
}

/* Send memory.tx[0..len). What gets lost is repeated by the protocols. */
static void transmit(cot__client *c, size_t len)
{
    const cot_port *port = c->config->port;
    if (len > 0)
        (void)port->send(port->ctx, &c->server, c->config->memory.tx, len);
}

static void close_channel(cot__client *c)
{
    cot_channel *ch = c->config->account.channel;
    const cot_client_memory *m = &c->config->memory;
    size_t len = 0;
    if (ch->state == COT_CHANNEL_CLOSED)
        return;
    ch->ops->close(ch, m->tx, m->tx_cap, &len);
    transmit(c, len);
}

/* When the server has forgotten us, or is busy (5.xx), the session is good, and the next registration
 * goes over it. */
void cot__connection_fail(cot__client *c, cot_status why, uint8_t code)
{
    bool stood = c->registration >= COT__REG_STANDS;
    cot_event e = {.kind = stood ? COT_EVENT_LOST : COT_EVENT_REFUSED, .status = why, .code = code};
    e.refusal = c->config->account.channel->refusal;
    e.retry_at = c->now;
    cot__request_cancel(c);
    cot__registration_forget(c);
    if (stood && code == COT_COAP_NOT_FOUND) {
        e.status = COT_E_NOT_FOUND;
    } else if (COT_COAP_CLASS(code) == 5) {
        e.status = COT_E_AGAIN;
        e.retry_at += backoff(c);
        c->update_at = e.retry_at;
    } else {
        close_channel(c);
        c->link = COT__LINK_DOWN;
        e.retry_at += backoff(c);
        c->retry_at = e.retry_at;
    }
    cot__emit(c, &e);
    if (c->stopping)
        cot__connection_end(c);
}

void cot__connection_end(cot__client *c)
{
    if (c->link == COT__LINK_ENDED)
        return;
    close_channel(c);
    cot__request_cancel(c);
    c->link = COT__LINK_ENDED;
    cot__emit_kind(c, COT_EVENT_DEREGISTERED);
}

static cot_status resolve(cot__client *c)
{
    char host[HOST_MAX];
    cot_address found[ADDRESSES_MAX];
    size_t count = 0;
    cot__uri uri;
    const char *text = c->config->account.uri;
    cot_bytes bytes = {(const uint8_t *)text, strlen(text)};
    cot_status s = cot__uri_parse(bytes, &uri);
    if (s != COT_OK || uri.host.len >= sizeof host)
        return COT_E_MALFORMED;
    memcpy(host, uri.host.p, uri.host.len);
    host[uri.host.len] = '\0';
    s = c->config->port->resolve(c->config->port->ctx, host, found, ADDRESSES_MAX, &count);
    if (s != COT_OK || count == 0)
        return s != COT_OK ? s : COT_E_NOT_FOUND;
    c->server = found[c->failures % (count < ADDRESSES_MAX ? count : ADDRESSES_MAX)];
    c->server.port = uri.port;
    c->retry_at = count > 1 ? c->now + SILENCE_MS : COT_NEVER;
    return COT_OK;
}

static void drain(cot__client *c)
{
    cot_channel *ch = c->config->account.channel;
    const cot_client_memory *m = &c->config->memory;
    cot_status s;
    size_t len = 0;
    while ((s = ch->ops->drain(ch, c->now, m->tx, m->tx_cap, &len)) == COT_OK && len > 0)
        transmit(c, len);
}

/* After anything that may have changed the channel's state. */
static void follow_channel(cot__client *c)
{
    const cot_channel *ch = c->config->account.channel;
    if (c->link == COT__LINK_CONNECTING && ch->state == COT_CHANNEL_OPEN) {
        c->link = COT__LINK_UP;
        if (ch->mode != COT_PEER_NOSEC) /* a new session counts anew on both ends */
            cot_coap_peer_init(&c->peer, &cot_coap_defaults, (uint16_t)cot__random(c));
    }
    if (ch->state != COT_CHANNEL_CLOSED)
        return;
    if (c->link == COT__LINK_CONNECTING) {
        bool silent = ch->refusal == COT_REFUSAL_TIMEOUT;
        cot__connection_fail(c, silent ? COT_E_TIMEOUT : COT_E_AUTH, 0);
    } else if (c->link == COT__LINK_UP) {
        cot__connection_fail(c, COT_E_CLOSED, 0);
    }
}

static void connect(cot__client *c)
{
    cot_channel *ch = c->config->account.channel;
    cot_status s = resolve(c);
    if (s == COT_E_AGAIN) {
        c->retry_at = c->now + RESOLVER_RETRY_MS;
        return;
    }
    cot__emit_kind(c, COT_EVENT_CONNECTING);
    if (s == COT_OK)
        s = ch->ops->open(ch, c->now);
    if (s != COT_OK) {
        cot__connection_fail(c, s, 0);
        return;
    }
    c->link = COT__LINK_CONNECTING;
}

void cot__connection_tick(cot__client *c)
{
    cot_channel *ch = c->config->account.channel;
    if (c->now >= c->retry_at) {
        if (c->link == COT__LINK_DOWN)
            connect(c);
        else
            cot__connection_fail(c, COT_E_TIMEOUT, 0);
    }
    if (c->link != COT__LINK_CONNECTING && c->link != COT__LINK_UP)
        return;
    if (ch->ops->deadline(ch) <= c->now || c->link == COT__LINK_CONNECTING)
        drain(c);
    follow_channel(c);
}

cot_ms cot__connection_deadline(const cot__client *c)
{
    const cot_channel *ch = c->config->account.channel;
    cot_ms t = c->link == COT__LINK_DOWN ? COT_NEVER : ch->ops->deadline(ch);
    return t < c->retry_at ? t : c->retry_at;
}

static bool from_server(const cot__client *c, const cot_address *from)
{
    return from->port == c->server.port && from->ip_len == c->server.ip_len &&
           memcmp(from->ip, c->server.ip, from->ip_len) == 0;
}

void cot__connection_receive(cot__client *c, bool *more)
{
    const cot_client_memory *m = &c->config->memory;
    const cot_port *port = c->config->port;
    cot_channel *ch = c->config->account.channel;
    cot_address from;
    cot_datagram in = {.p = m->rx};
    *more = port->receive(port->ctx, &from, m->rx, m->rx_cap, &in.len) == COT_OK;
    if (!*more || (c->link != COT__LINK_CONNECTING && c->link != COT__LINK_UP) ||
        !from_server(c, &from))
        return;
    c->retry_at = COT_NEVER;
    while (in.len > 0 && ch->state != COT_CHANNEL_CLOSED) {
        const uint8_t *data = NULL;
        size_t len = 0;
        if (ch->ops->received(ch, &in, c->now, &data, &len) != COT_OK)
            break;
        follow_channel(c);
        if (len > 0 && c->link == COT__LINK_UP)
            cot__dispatch(c, data, len);
        if (len > 0 && m->tx == m->rx)
            break; /* the answer has taken the place of further records, which count as lost */
    }
    drain(c);
    follow_channel(c);
}

void cot__connection_send(cot__client *c, const uint8_t *msg, size_t len)
{
    cot_channel *ch = c->config->account.channel;
    const cot_client_memory *m = &c->config->memory;
    size_t n = 0;
    if (ch->ops->send(ch, msg, len, m->tx, m->tx_cap, &n) == COT_OK)
        transmit(c, n);
}
