/* SPDX-License-Identifier: Apache-2.0 */
/* The decider's frame: which function answers which message, and what happens by time. */
#include "server/hub/hub.h"

#include "server/hub/cbor.h"

#include <malloc.h>
#include <stdlib.h>

#define RARE 60000u /* ms between two looks at what is rarely due */

hub *hub_new(store *st, const hub_config *config, cot_ms now, store_ms utc)
{
    hub *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    h->st = st;
    h->config = *config;
    h->now = now;
    h->started = now;
    h->utc = utc;
    h->clock_offset = utc - (store_ms)now;
    hub_list_init(&h->out);
    hub_list_init(&h->at_once);
    /* Numbers rise over restarts: no hub makes a thousand events a millisecond. */
    h->event_first = (uint64_t)utc * 1000;
    h->event_next = h->event_first;
    return h;
}

void hub_free(hub *h)
{
    if (h == NULL)
        return;
    hub_event_undo(h, h->event_first);
    hub_list_clear(&h->out);
    hub_list_clear(&h->at_once);
    for (size_t i = 0; i < HUB_IMAGES; i++)
        hub_image_drop(&h->images[i]);
    free(h);
}

cot_writer *hub_begin(hub *h, uint8_t role, uint8_t index, ipc_type type)
{
    h->to_role = role;
    h->to_index = index;
    h->to_type = (uint8_t)type;
    cot_writer_init(&h->w, h->draft, sizeof h->draft);
    return &h->w;
}

void hub_end(hub *h, int fd)
{
    hub_message *m = NULL;
    if (h->w.err == COT_OK)
        m = hub_message_new(h->to_role, h->to_index, h->to_type, (cot_bytes){h->draft, h->w.len},
                            fd);
    if (m == NULL)
        abort(); /* a body beyond its bounds is a bug, and without memory there is no going on */
    hub_list_push(&h->out, m);
}

void hub_say_at_once(hub *h)
{
    hub_list_move(&h->at_once, &h->out);
}

typedef cot_status handler(hub *h, const hub_message *m, cot_reader *r);

typedef struct entry {
    uint8_t type;
    uint8_t role; /* who may send it */
    handler *run;
} entry;

static const entry entries[] = {
    {IPC_PSK_WANTED, IPC_NET, hub_on_psk},
    {IPC_CREDENTIAL_WANTED, IPC_NET, hub_on_credential},
    {IPC_REFUSED, IPC_NET, hub_on_refused},
    {IPC_HELLO, IPC_NET, hub_on_hello},
    {IPC_REGISTER, IPC_NET, hub_on_register},
    {IPC_UPDATE, IPC_NET, hub_on_update},
    {IPC_DEREGISTER, IPC_NET, hub_on_deregister},
    {IPC_REFRESH, IPC_NET, hub_on_refresh},
    {IPC_EXPIRED, IPC_NET, hub_on_expired},
    {IPC_COMMAND_RESULT, IPC_NET, hub_on_command_result},
    {IPC_READ_RESULT, IPC_NET, hub_on_read_result},
    {IPC_NOTIFY, IPC_NET, hub_on_notify},
    {IPC_FIRMWARE_OPEN, IPC_NET, hub_on_firmware_open},
    {IPC_PROGRESS, IPC_NET, hub_on_progress},
    {IPC_CALL, IPC_HTTP, hub_on_call},
    {IPC_CALL_END, IPC_HTTP, hub_on_call_end},
};

static cot_status tick(hub *h)
{
    hub_waits_due(h);
    cot_status s = hub_reads_due(h);
    if (s == COT_OK)
        s = hub_probes_due(h);
    if (s == COT_OK)
        s = hub_command_overdue(h);
    if (s == COT_OK)
        s = hub_upgrades_due(h);
    if (s == COT_OK)
        s = hub_registrations_stale(h);
    if (s == COT_OK)
        s = hub_tokens_used(h);
    if (s == COT_OK && h->now - h->swept >= RARE) {
        h->swept = h->now;
        s = store_request_forget(h->st, h->utc - 3600000);
        (void)malloc_trim(0); /* what a burst of messages took goes back to the system */
    }
    return s;
}

/* A peer is new: what the old one was to answer, or was waiting for, is gone. */
static cot_status peer_came(hub *h, const hub_message *m)
{
    if (m->role == IPC_NET)
        hub_reads_lost(h, m->index);
    if (m->role == IPC_HTTP) {
        h->subscribed = false;
        hub_wait_all_end(h);
        hub_reads_all_calls_end(h);
    }
    return COT_OK;
}

cot_status hub_handle(hub *h, const hub_message *m)
{
    cot_reader r;
    h->undo = false;
    if (m->role == IPC_MONITOR)
        return tick(h);
    if (m->type == IPC_PEER)
        return peer_came(h, m);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (entries[i].type != m->type || entries[i].role != m->role)
            continue;
        cot_reader_init(&r, m->body, m->len);
        return entries[i].run(h, m, &r);
    }
    return COT_E_UNSUPPORTED;
}

/* The first eight bytes of every request are its id. */
static uint64_t id_of(const hub_message *m)
{
    cot_reader r;
    cot_reader_init(&r, m->body, m->len);
    return cot_read_u64(&r);
}

void hub_refuse(hub *h, const hub_message *m)
{
    uint64_t id = id_of(m);
    if (m->type == IPC_REGISTER || m->type == IPC_UPDATE || m->type == IPC_DEREGISTER) {
        ipc_put_answer(hub_begin(h, m->role, m->index, IPC_ANSWER), &(ipc_answer){id, 0xA3});
        hub_end(h, -1);
    } else if (m->type == IPC_CALL) {
        hub_wait_end(h, id);
        hub_reads_call_end(h, id);
        hub_reply_problem(
            h, id, 503,
            "The server's storage is full or failing; nothing was changed. Free some disk space.");
    }
}
