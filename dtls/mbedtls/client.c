/* SPDX-License-Identifier: Apache-2.0 */
/* The DTLS client channel: a handshake in a lent arena, then the record layer. */
#include "dtls/mbedtls/client_config.h"
#include "dtls/record.h"

#include <string.h>

#define DATAGRAM_MIN 256u

static cot_dtls_client *self(cot_channel *ch)
{
    return (cot_dtls_client *)(void *)ch; /* its first member */
}

static const cot_dtls_client *self_const(const cot_channel *ch)
{
    return (const cot_dtls_client *)(const void *)ch;
}

/* ---- the arena ---- */

static uint8_t *take_arena(const cot_dtls_client_config *c, size_t *len)
{
    if (c->arena_take != NULL)
        return c->arena_take(c->app, len);
    *len = c->arena_len;
    return c->arena;
}

static void end_handshake(cot_dtls_client *d)
{
    if (d->handshake == NULL)
        return;
    uint8_t *arena = d->arena;
    cot_dtls_handshake_end(d->handshake);
    d->handshake = NULL;
    d->arena = NULL;
    if (d->config->arena_give != NULL)
        d->config->arena_give(d->config->app, arena);
}

static void to_closed(cot_dtls_client *d, cot_refusal why)
{
    end_handshake(d);
    cot_wipe(&d->record, sizeof d->record);
    d->alert[0] = 0;
    d->channel.state = COT_CHANNEL_CLOSED;
    d->channel.refusal = why;
}

/* ---- handshake ---- */

static int after_server_hello(cot_dtls_handshake *h)
{
    const mbedtls_ssl_context *ssl = &h->ssl;
    if (h->mode != COT_PEER_RPK)
        return 0;
    size_t header = mbedtls_ssl_hs_hdr_len(ssl);
    cot_bytes body = {ssl->in_msg + header, ssl->in_hslen - header};
    if (cot__rpk_learn(body, &h->rpk) != COT_OK)
        return MBEDTLS_ERR_SSL_DECODE_ERROR;
    if (!h->rpk.server) {
        cot__handshake_refuse(h, COT_REFUSAL_NO_COMMON_SUITE);
        return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
    }
    return 0;
}

static int stepped(cot_dtls_handshake *h, int before)
{
    if (before == MBEDTLS_SSL_SERVER_HELLO && h->ssl.state == MBEDTLS_SSL_SERVER_CERTIFICATE)
        return after_server_hello(h);
    return 0;
}

static const cot__side client_side = {NULL, stepped};

/* ---- opening ---- */

static cot_status open(cot_channel *ch, cot_ms now)
{
    cot_dtls_client *d = self(ch);
    const cot_dtls_client_config *c = d->config;
    to_closed(d, COT_REFUSAL_NONE);
    if (!cot__client_config_complete(c)) {
        d->channel.refusal = COT_REFUSAL_NO_CREDENTIAL;
        return COT_E_RANGE;
    }
    size_t len = 0;
    d->arena = take_arena(c, &len);
    if (d->arena == NULL)
        return COT_E_AGAIN;
    cot_dtls_handshake *h = cot__handshake_make(d->arena, len);
    int err = MBEDTLS_ERR_SSL_ALLOC_FAILED;
    if (h != NULL) {
        h->client = c;
        h->side = &client_side;
        h->mode = c->mode;
        h->now = now;
        d->handshake = h;
        cot__arena *before = cot__arena_enter(&h->arena);
        err = cot__client_configure(h);
        cot__arena_enter(before);
    }
    if (err != 0) {
        cot_refusal why = h == NULL ? COT_REFUSAL_MEMORY : cot__handshake_reason(h, err);
        if (h == NULL && c->arena_give != NULL)
            c->arena_give(c->app, d->arena);
        to_closed(d, why);
        return why == COT_REFUSAL_LOCAL ? COT_E_IO : COT_E_RANGE;
    }
    d->channel.state = COT_CHANNEL_CONNECTING;
    d->channel.mode = c->mode;
    return COT_OK;
}

/* A client's last flight is answered by the server's: nothing of it is ever asked for again. */
static cot_status established(cot_dtls_client *d)
{
    cot_status err = cot_dtls_handshake_record(d->handshake, &d->record);
    if (err != COT_OK) {
        to_closed(d, COT_REFUSAL_PROTOCOL);
        return COT_E_CLOSED;
    }
    end_handshake(d);
    d->channel.state = COT_CHANNEL_OPEN;
    return COT_OK;
}

static cot_status drain_handshake(cot_dtls_client *d, cot_ms now, uint8_t *dgram, size_t cap,
                                  size_t *len)
{
    switch (cot_dtls_handshake_next(d->handshake, now, dgram, cap, len)) {
    case COT_DTLS_DONE:
        return established(d);
    case COT_DTLS_REFUSED:
        to_closed(d, cot_dtls_handshake_refusal(d->handshake));
        return COT_E_CLOSED;
    case COT_DTLS_NEED_PSK: /* a server's only */
    case COT_DTLS_NEED_CREDENTIAL:
    case COT_DTLS_NEED_SIGN:
    case COT_DTLS_OUTPUT:
    case COT_DTLS_IDLE:
        break;
    }
    return COT_OK;
}

/* ---- the established session ---- */

static cot_status seal(cot_dtls_client *d, uint8_t type, const uint8_t *data, size_t len,
                       uint8_t *dgram, size_t cap, size_t *dgram_len)
{
    uint64_t number = 0;
    *dgram_len = cot_dtls_record_size(&d->record, len);
    if (*dgram_len > cap)
        return COT_E_SPACE;
    cot_status err = cot_dtls_record_reserve(&d->record, 1, &number, NULL);
    if (err != COT_OK)
        return err;
    return cot_dtls_record_seal(&d->record, d->config->aead, number, type, data, len, dgram, cap,
                                dgram_len);
}

static cot_status send(cot_channel *ch, const uint8_t *data, size_t len, uint8_t *dgram, size_t cap,
                       size_t *dgram_len)
{
    cot_dtls_client *d = self(ch);
    *dgram_len = 0;
    if (ch->state != COT_CHANNEL_OPEN)
        return COT_E_STATE;
    cot_status err = seal(d, COT_DTLS_DATA, data, len, dgram, cap, dgram_len);
    if (err == COT_E_CLOSED)
        to_closed(d, COT_REFUSAL_EXHAUSTED);
    return err;
}

static void handle_alert(cot_dtls_client *d, const cot_dtls_opened *r)
{
    switch (cot_dtls_alert_read(r->data, r->len)) {
    case COT_DTLS_ALERT_IGNORE:
        break;
    case COT_DTLS_ALERT_CLOSE: /* the record stays until drain() has answered */
        d->channel.state = COT_CHANNEL_CLOSED;
        d->channel.refusal = COT_REFUSAL_CLOSED;
        memcpy(d->alert, cot_dtls_close_notify, sizeof d->alert);
        break;
    case COT_DTLS_ALERT_FATAL:
        to_closed(d, COT_REFUSAL_ALERT);
        break;
    }
}

static cot_status received(cot_channel *ch, cot_datagram *in, cot_ms now, const uint8_t **data,
                           size_t *len)
{
    cot_dtls_client *d = self(ch);
    (void)now;
    *data = in->p;
    *len = 0;
    if (ch->state == COT_CHANNEL_CONNECTING)
        cot_dtls_handshake_received(d->handshake, in->p, in->len);
    while (ch->state == COT_CHANNEL_OPEN && in->len > 0 && *len == 0) {
        cot_dtls_opened r;
        if (cot_dtls_record_open(&d->record, d->config->aead, in, &r) != COT_OK)
            continue;
        bool last = cot_dtls_record_accept(&d->record, r.number, NULL) == COT_E_CLOSED;
        if (r.type == COT_DTLS_DATA) {
            *data = r.data;
            *len = r.len;
        } else if (r.type == COT_DTLS_ALERT) {
            handle_alert(d, &r);
        }
        if (last)
            to_closed(d, COT_REFUSAL_EXHAUSTED);
        if (ch->state == COT_CHANNEL_CLOSED)
            return COT_E_CLOSED;
    }
    if (ch->state != COT_CHANNEL_OPEN) {
        in->p += in->len;
        in->len = 0;
    }
    return COT_OK;
}

static cot_status drain(cot_channel *ch, cot_ms now, uint8_t *dgram, size_t cap, size_t *len)
{
    cot_dtls_client *d = self(ch);
    *len = 0;
    if (cap < DATAGRAM_MIN)
        return COT_E_SPACE;
    if (d->handshake != NULL)
        return drain_handshake(d, now, dgram, cap, len);
    if (d->alert[0] != 0) {
        if (seal(d, COT_DTLS_ALERT, d->alert, sizeof d->alert, dgram, cap, len) != COT_OK)
            *len = 0;
        to_closed(d, ch->refusal);
    }
    return COT_OK;
}

static cot_ms deadline(const cot_channel *ch)
{
    const cot_dtls_client *d = self_const(ch);
    if (d->alert[0] != 0)
        return 0;
    if (d->handshake == NULL)
        return COT_NEVER;
    return d->handshake->ssl.state <= MBEDTLS_SSL_CLIENT_HELLO
               ? 0
               : cot_dtls_handshake_deadline(d->handshake);
}

static void close(cot_channel *ch, uint8_t *dgram, size_t cap, size_t *len)
{
    cot_dtls_client *d = self(ch);
    *len = 0;
    if (ch->state == COT_CHANNEL_OPEN && seal(d, COT_DTLS_ALERT, cot_dtls_close_notify,
                                              COT_DTLS_ALERT_LEN, dgram, cap, len) != COT_OK)
        *len = 0;
    to_closed(d, COT_REFUSAL_NONE);
}

static const cot_channel_ops ops = {open, send, received, drain, deadline, close};

void cot_dtls_client_init(cot_dtls_client *ch, const cot_dtls_client_config *config)
{
    memset(ch, 0, sizeof *ch);
    ch->channel.ops = &ops;
    ch->config = config;
}
