/* SPDX-License-Identifier: Apache-2.0 */
/* The updater's state machine: 5/0/3 and 5/0/5, trial, confirmation, and what a restart meant. */
#include "device/update/update.h"

#include "device/uri.h"

#include <string.h>

#define TRIAL_MS 300000u
#define RESTART_MS 1000u /* for the answer to 5/0/2 and the notification of 5/0/3 */

static const uint8_t states[] = {
    [COT__UPDATE_IDLE] = COT__FW_IDLE,
    [COT__UPDATE_FETCHING] = COT__FW_DOWNLOADING,
    [COT__UPDATE_VERIFYING] = COT__FW_DOWNLOADING,
    [COT__UPDATE_READY] = COT__FW_DOWNLOADED,
    [COT__UPDATE_RESTARTING] = COT__FW_UPDATING,
    [COT__UPDATE_ON_TRIAL] = COT__FW_UPDATING,
};

static cot_status end_trial(cot__update *u, uint8_t result)
{
    u->boot.trial = false;
    u->boot.tried = false;
    u->boot.result = result;
    return cot__boot_store(&u->log, &u->boot);
}

static void raise_sequence(cot__update *u)
{
    if (u->device.sequence < u->boot.confirmed_sequence)
        u->device.sequence = u->boot.confirmed_sequence;
}

/* A trial that is over without its confirmation has failed. */
static cot_status judge_restart(cot__update *u)
{
    if (!u->boot.trial)
        return COT_OK;
    if (u->config->running_slot == u->boot.trial_slot) {
        u->phase = COT__UPDATE_ON_TRIAL;
        return COT_OK;
    }
    return end_trial(u, COT__FW_FAILED);
}

cot_status cot_update_init(cot_update *update, const cot_update_config *config)
{
    cot__update *u = (cot__update *)(void *)update;
    bool first = config->running_slot == COT_AREA_SLOT_0;
    cot_area slot = first ? COT_AREA_SLOT_1 : COT_AREA_SLOT_0;
    const cot_area_geometry *g = &config->port->area[slot];
    if (g->size == 0 || g->erase_size == 0 || g->program_size - 1u >= COT__UNIT_MAX)
        return COT_E_RANGE;
    memset(update, 0, sizeof *update);
    u->config = config;
    u->slot = slot;
    u->area = g;
    cot_status s = cot__log_open(&u->log, config->port);
    if (s == COT_OK)
        s = cot__boot_load(&u->log, &u->boot);
    if (s == COT_OK)
        s = judge_restart(u);
    u->result = u->boot.result;
    u->device.vendor_id = config->vendor_id;
    u->device.class_id = config->class_id;
    u->device.key = &config->trust_anchor;
    u->device.capacity = g->size;
    u->device.sequence = config->factory_sequence;
    raise_sequence(u);
    return s;
}

uint8_t cot__update_state(const cot__update *u)
{
    return states[u->phase];
}

static const cot_lwm2m_path instance = {.id = {5}, .level = 2}; /* /5/0 */

void cot__update_enter(cot__client *c, cot__update_phase phase, uint8_t result)
{
    cot__update *u = cot__update_of(c);
    u->phase = phase;
    u->result = result;
    cot_event e = {.kind = COT_EVENT_FIRMWARE, .firmware_result = result};
    e.firmware_state = cot__update_state(u);
    cot__changed(c, &instance);
    cot__emit(c, &e);
}

void cot__update_registered(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    if (u->phase != COT__UPDATE_ON_TRIAL || c->config->account.channel->mode == COT_PEER_NOSEC)
        return;
    u->boot.confirmed_slot = u->boot.trial_slot;
    u->boot.confirmed_sequence = u->boot.trial_sequence;
    if (end_trial(u, COT__FW_SUCCESS) != COT_OK)
        return; /* tried again with the next registration; else the trial ends by its time */
    raise_sequence(u);
    cot__update_enter(c, COT__UPDATE_IDLE, COT__FW_SUCCESS);
}

static void restart(cot__client *c)
{
    cot__update_of(c)->next_at = COT_NEVER;
    cot__emit_kind(c, COT_EVENT_RESTART);
    c->config->port->reset(c->config->port->ctx);
}

static void restart_into_trial(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    u->boot.trial = true;
    u->boot.tried = false;
    u->boot.trial_slot = u->slot;
    u->boot.trial_sequence = u->intake.manifest.sequence;
    u->boot.trial_size = (uint32_t)u->intake.manifest.size;
    memcpy(u->boot.trial_digest, u->intake.manifest.digest, sizeof u->boot.trial_digest);
    if (cot__boot_store(&u->log, &u->boot) == COT_OK) {
        restart(c);
        return;
    }
    u->boot.trial = false;
    cot__update_enter(c, COT__UPDATE_IDLE, COT__FW_FAILED);
}

static void tick_trial(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    uint32_t limit = u->config->trial_ms > 0 ? u->config->trial_ms : TRIAL_MS;
    if (u->next_at == 0) /* the first tick */
        u->next_at = c->now + limit;
    else
        restart(c); /* the boot decision goes back to the old image */
}

void cot__update_tick(cot__client *c)
{
    if (c->now < cot__update_deadline(c))
        return;
    switch (cot__update_of(c)->phase) {
    case COT__UPDATE_IDLE:
    case COT__UPDATE_READY:
        break;
    case COT__UPDATE_FETCHING:
        cot__pull_tick(c);
        break;
    case COT__UPDATE_VERIFYING:
        cot__pull_verify(c);
        break;
    case COT__UPDATE_RESTARTING:
        restart_into_trial(c);
        break;
    case COT__UPDATE_ON_TRIAL:
        tick_trial(c);
        break;
    }
}

cot_ms cot__update_deadline(const cot__client *c)
{
    const cot__update *u = cot__update_of(c);
    switch (u->phase) {
    case COT__UPDATE_IDLE:
    case COT__UPDATE_READY:
        return COT_NEVER;
    case COT__UPDATE_FETCHING: /* otherwise an answer or a registration wakes it */
        return !u->waiting && c->registration == COT__REG_STANDS && cot__request_possible(c)
                   ? u->next_at
                   : COT_NEVER;
    case COT__UPDATE_VERIFYING:
        return c->now;
    case COT__UPDATE_RESTARTING:
    case COT__UPDATE_ON_TRIAL:
        return u->next_at;
    }
    return COT_NEVER;
}

static uint8_t judge_uri(const cot__client *c, cot__update *u, size_t len)
{
    const char *own = c->config->account.uri;
    cot_bytes own_text = {(const uint8_t *)own, strlen(own)};
    cot_bytes text = {(const uint8_t *)u->uri, len};
    cot__uri uri;
    cot__uri server;
    cot_status s = cot__uri_parse(text, &uri);
    if (s == COT_E_UNSUPPORTED)
        return COT__FW_PROTOCOL;
    if (s != COT_OK || uri.path.len == 0 || cot__uri_parse(own_text, &server) != COT_OK ||
        !cot__uri_same_server(&uri, &server))
        return COT__FW_BAD_URI; /* images come over the session with our server, nowhere else */
    u->path_at = (uint8_t)(uri.path.p - text.p);
    return COT__FW_INITIAL;
}

cot_status cot__update_begin(cot__client *c, cot_bytes uri, cot_write_phase phase)
{
    cot__update *u = cot__update_of(c);
    if (u->phase >= COT__UPDATE_RESTARTING)
        return COT_E_DENIED;
    if (uri.len >= sizeof u->uri)
        return COT_E_RANGE;
    if (phase == COT_CHECK)
        return COT_OK;
    if (uri.len > 0)
        memcpy(u->uri, uri.p, uri.len);
    u->uri[uri.len] = '\0';
    (void)cot__update_cancel(
        c, COT__FW_INITIAL); /* what an empty URI means, and what a new one needs */
    if (uri.len == 0)
        return COT_OK;
    uint8_t result = judge_uri(c, u, uri.len);
    if (result == COT__FW_INITIAL)
        cot__pull_begin(c);
    cot__update_enter(c, result == COT__FW_INITIAL ? COT__UPDATE_FETCHING : COT__UPDATE_IDLE,
                      result);
    return COT_OK;
}

cot_status cot__update_install(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    if (u->phase != COT__UPDATE_READY)
        return COT_E_STATE;
    u->next_at = c->now + RESTART_MS;
    cot__update_enter(c, COT__UPDATE_RESTARTING, COT__FW_INITIAL);
    return COT_OK;
}

cot_status cot__update_cancel(cot__client *c, uint8_t result)
{
    cot__update *u = cot__update_of(c);
    if (u->phase >= COT__UPDATE_RESTARTING)
        return COT_E_STATE;
    if (result != COT__FW_INITIAL && u->phase == COT__UPDATE_IDLE)
        return COT_E_STATE;
    u->phase = COT__UPDATE_IDLE;
    if (c->request_kind == COT__REQUEST_FETCH)
        cot__request_cancel(c);
    cot__update_enter(c, COT__UPDATE_IDLE, result);
    return COT_OK;
}
