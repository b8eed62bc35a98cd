/* SPDX-License-Identifier: Apache-2.0 */
/* The one confirmable message that may be on its way (NSTART is 1): sent, repeated, answered. */
#include "device/engine.h"
#include "device/update/update.h"

bool cot__request_possible(const cot__client *c)
{
    return c->link == COT__LINK_UP && c->request_kind == COT__REQUEST_NONE &&
           cot_coap_may_send(&c->peer, &cot_coap_defaults);
}

cot_status cot__request_head(cot__client *c, uint8_t code, cot_coap_head *h)
{
    *h = (cot_coap_head){.type = COT_COAP_CON, .code = code, .token.len = 4};
    if (!cot__request_possible(c))
        return COT_E_AGAIN;
    if (c->config->port->entropy(c->config->port->ctx, h->token.b, h->token.len) != COT_OK)
        return COT_E_IO;
    return cot_coap_mid_next(&c->peer, &cot_coap_defaults, c->now, &h->mid);
}

void cot__request_send(cot__client *c, cot__request_kind kind, const cot_coap_head *h, size_t len)
{
    c->request_kind = kind;
    c->request_len = len;
    cot_coap_open(&c->exchange, &c->peer, &cot_coap_defaults, h, cot__random(c), c->now);
    cot__connection_send(c, c->config->memory.request, len);
}

void cot__request_cancel(cot__client *c)
{
    cot__request_kind kind = c->request_kind;
    cot_coap_close(&c->exchange, &c->peer);
    c->request_kind = COT__REQUEST_NONE;
    if (kind == COT__REQUEST_FETCH)
        cot__update_answer(c, NULL, NULL);
}

/* It has ended; `m` and `v` are its response, or NULL. */
static void ended(cot__client *c, cot__outcome what, const cot_coap_msg *m, const cot_coap_view *v)
{
    cot__request_kind kind = c->request_kind;
    c->request_kind = COT__REQUEST_NONE;
    if (kind == COT__REQUEST_NOTIFY)
        cot__observe_outcome(c, what);
    else if (kind == COT__REQUEST_FETCH)
        cot__update_answer(c, m, v);
    else if (kind == COT__REQUEST_REGISTRATION)
        cot__registration_answer(c, m, v);
}

void cot__request_tick(cot__client *c)
{
    enum cot_coap_action todo = cot_coap_due(&c->exchange, &c->peer, &cot_coap_defaults, c->now);
    if (todo == COT_COAP_RESEND)
        cot__connection_send(c, c->config->memory.request, c->request_len);
    if (todo != COT_COAP_LOST)
        return;
    if (c->request_kind != COT__REQUEST_REGISTRATION)
        c->update_at = c->now; /* the server does not answer: does the registration stand? */
    ended(c, COT__LOST, NULL, NULL);
}

void cot__request_event(cot__client *c, const cot_coap_event *e, const cot_coap_msg *m,
                        const cot_coap_view *v)
{
    if (e->kind == COT_COAP_GOT_ACK && c->request_kind != COT__REQUEST_NOTIFY)
        return; /* the answer comes separately */
    ended(c, e->kind == COT_COAP_GOT_RESET ? COT__REJECTED : COT__CONFIRMED, m, v);
}
