/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls, and the order of a poll. */
#include "device/engine.h"
#include "device/update/update.h"
#include "device/uri.h"

#include <string.h>

#define ENDPOINT_MAX 64u
#define REQUEST_MIN 192u
#define DATAGRAM_MIN 320u
#define DATAGRAMS_A_POLL 16u

void cot__emit(cot__client *c, const cot_event *e)
{
    if (c->config->event != NULL)
        c->config->event(c->config->app, e);
}

void cot__emit_kind(cot__client *c, cot_event_kind kind)
{
    cot_event e = {.kind = kind};
    cot__emit(c, &e);
}

uint32_t cot__random(cot__client *c)
{
    uint32_t v = 0;
    if (c->config->port->entropy(c->config->port->ctx, (uint8_t *)&v, sizeof v) != COT_OK)
        c->unseeded = true;
    return v;
}

static cot_status check_config(const cot_client_config *config)
{
    const cot_client_memory *m = &config->memory;
    const cot_account *a = &config->account;
    size_t endpoint = strlen(config->endpoint);
    cot_bytes text = {(const uint8_t *)a->uri, strlen(a->uri)};
    cot__uri uri;
    if (endpoint == 0 || endpoint > ENDPOINT_MAX || a->lifetime == 0)
        return COT_E_RANGE;
    if (a->short_server_id == 0 || a->short_server_id == 65535)
        return COT_E_RANGE;
    if (m->rx_cap < DATAGRAM_MIN || m->tx_cap < DATAGRAM_MIN || m->request_cap < REQUEST_MIN)
        return COT_E_RANGE;
    if (cot__uri_parse(text, &uri) != COT_OK || uri.secure == (a->mode == COT_MODE_NOSEC))
        return COT_E_MALFORMED;
    return COT_OK;
}

cot_status cot_client_init(cot_client *client, const cot_client_config *config)
{
    cot__client *c = cot__of(client);
    const cot_client_memory *m = &config->memory;
    cot_status s = check_config(config);
    if (s != COT_OK)
        return s;
    memset(client, 0, sizeof *client);
    if (m->attribute_count > 0)
        memset(m->attributes, 0, m->attribute_count * sizeof *m->attributes);
    c->config = config;
    c->link = COT__LINK_DOWN;
    c->lifetime = config->account.lifetime;
    cot_coap_peer_init(&c->peer, &cot_coap_defaults, (uint16_t)cot__random(c));
    cot__observe_clear(c);
    cot__objects_init(c);
    return c->unseeded ? COT_E_IO : COT_OK;
}

static cot_ms earliest(cot_ms a, cot_ms b)
{
    return a < b ? a : b;
}

static cot_ms next_deadline(const cot__client *c)
{
    cot_ms t = cot__connection_deadline(c);
    if (c->request_kind != COT__REQUEST_NONE)
        t = earliest(t, c->exchange.deadline);
    if (c->config->update != NULL)
        t = earliest(t, cot__update_deadline(c));
    t = earliest(t, cot__registration_deadline(c));
    t = earliest(t, cot__observe_deadline(c));
    return t > c->now ? t : c->now;
}

cot_ms cot_client_poll(cot_client *client, cot_ms now)
{
    cot__client *c = cot__of(client);
    c->now = now;
    bool more = c->link != COT__LINK_ENDED;
    unsigned taken = 0;
    for (; more && taken < DATAGRAMS_A_POLL; taken++)
        cot__connection_receive(c, &more);
    if (c->link == COT__LINK_DOWN && c->stopping)
        cot__connection_end(c);
    if (c->link == COT__LINK_ENDED)
        return COT_NEVER;
    cot__connection_tick(c);
    cot__request_tick(c);
    cot__registration_tick(c);
    if (c->config->update != NULL)
        cot__update_tick(c);
    cot__observe_tick(c);
    if (c->unseeded && (c->link == COT__LINK_CONNECTING || c->link == COT__LINK_UP))
        cot__connection_fail(c, COT_E_IO, 0); /* never go on without entropy */
    c->unseeded = false;
    if (c->link == COT__LINK_ENDED)
        return COT_NEVER;
    return more ? now : next_deadline(c);
}

void cot_client_changed(cot_client *client, uint16_t object, uint16_t instance, uint16_t resource)
{
    cot__client *c = cot__of(client);
    uint8_t level = instance == COT__ANY ? 1 : resource == COT__ANY ? 2 : 3;
    cot_lwm2m_path path = {.id = {object, instance, resource}, .level = level};
    if (level == 1 && c->registration != COT__REG_NONE) {
        c->links_changed = true;
        c->update_at = c->now;
    }
    cot__changed(c, &path);
}

cot_status cot_client_update(cot_client *client)
{
    cot__client *c = cot__of(client);
    if (c->registration != COT__REG_STANDS)
        return COT_E_STATE;
    c->update_at = c->now;
    return COT_OK;
}

void cot_client_stop(cot_client *client)
{
    cot__of(client)->stopping = true;
}

bool cot_client_registered(const cot_client *client)
{
    const cot__client *c = (const cot__client *)(const void *)client;
    return c->registration == COT__REG_STANDS || c->registration == COT__REG_UPDATING;
}
