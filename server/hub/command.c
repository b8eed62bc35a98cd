/* SPDX-License-Identifier: Apache-2.0 */
/* Stored commands (rule 9): one at a time for each device, durable before its first send, sent again with
 * the same message id and token after any restart, and never repeated when it may have had its effect. */
#include "server/hub/hub.h"

#include "server/hub/api.h"
#include "server/hub/cbor.h"

#include <openssl/rand.h>

#include <string.h>

#define OVERDUE_BATCH 64u

/* Sending it twice does what sending it once does. */
static bool idempotent(uint8_t operation)
{
    return operation == IPC_OP_WRITE || operation == IPC_OP_UPDATE || operation == IPC_OP_OBSERVE ||
           operation == IPC_OP_CANCEL || operation == IPC_OP_ATTRIBUTES;
}

static cot_status event(hub *h, store_id id)
{
    store_command c;
    store_device d;
    cot_status s = store_command_get(h->st, id, &c);
    if (s == COT_OK)
        s = store_device_by_id(h->st, c.device, &d);
    if (s != COT_OK)
        return s;
    hub_write_command(hub_event_begin(h), &c, d.endpoint, h->utc);
    hub_event_end(h, "command");
    return COT_OK;
}

/* ---- calls that wait ---- */

bool hub_wait_for(hub *h, uint64_t call, store_id command, cot_ms timeout_ms, uint16_t late_status)
{
    for (size_t i = 0; i < HUB_WAITS; i++) {
        if (h->waits[i].call != 0)
            continue;
        h->waits[i] = (hub_wait){call, command, h->now + timeout_ms, late_status};
        return true;
    }
    return false;
}

void hub_wait_end(hub *h, uint64_t call)
{
    for (size_t i = 0; i < HUB_WAITS; i++)
        if (h->waits[i].call == call)
            h->waits[i].call = 0;
}

void hub_wait_all_end(hub *h)
{
    for (size_t i = 0; i < HUB_WAITS; i++)
        h->waits[i].call = 0;
}

static void answer_wait(hub *h, hub_wait *wait, uint16_t status)
{
    store_command c;
    store_device d;
    uint64_t call = wait->call;
    wait->call = 0;
    if (store_command_get(h->st, wait->command, &c) != COT_OK ||
        store_device_by_id(h->st, c.device, &d) != COT_OK) {
        hub_reply_problem(h, call, 404, "The command is gone: its device was removed.");
        return;
    }
    cot_writer w;
    cot_writer_init(&w, h->reply, sizeof h->reply);
    hub_write_command(&w, &c, d.endpoint, 0);
    hub_reply(h, call, status, (cot_bytes){h->reply, w.len});
}

static void answer_waits(hub *h, store_id command)
{
    for (size_t i = 0; i < HUB_WAITS; i++)
        if (h->waits[i].call != 0 && h->waits[i].command == command)
            answer_wait(h, &h->waits[i], 200);
}

void hub_waits_due(hub *h)
{
    for (size_t i = 0; i < HUB_WAITS; i++)
        if (h->waits[i].call != 0 && h->waits[i].deadline <= h->now)
            answer_wait(h, &h->waits[i], h->waits[i].late_status);
}

/* ---- sending ---- */

/* sent_at is CLOCK_BOOTTIME, which never steps; what an earlier boot sent was declared lost at the start. */
static store_ms age_of(const hub *h, const store_command *c)
{
    store_ms age = (store_ms)h->now - c->sent_at;
    return age < 0 || age > HUB_EXCHANGE_LIFETIME ? HUB_EXCHANGE_LIFETIME : age;
}

static void emit(hub *h, const store_command *c, const store_device *d, cot_bytes payload)
{
    ipc_command out = {
        .id = (uint64_t)c->id,
        .location = d->reg.location,
        .mid = c->mid,
        .operation = c->operation,
        .path = {c->path.level, {c->path.id[0], c->path.id[1], c->path.id[2], c->path.id[3]}},
        .format = c->format,
        .age_ms = (uint32_t)age_of(h, c),
        .payload = payload,
    };
    memcpy(out.token, c->token, sizeof out.token);
    if (c->operation == IPC_OP_CANCEL)
        out.payload = (cot_bytes){NULL, 0}; /* it was the token */
    ipc_put_command(hub_begin(h, IPC_NET, d->reg.worker, IPC_COMMAND), &out);
    hub_end(h, -1);
}

/* A new one at random; an observation that is renewed or ended keeps its own. */
static cot_status choose_token(hub *h, store_command *c, cot_bytes payload)
{
    store_observation o;
    if (c->operation == IPC_OP_CANCEL && payload.len == sizeof c->token) {
        memcpy(c->token, payload.p, sizeof c->token);
        return COT_OK;
    }
    if (c->operation == IPC_OP_OBSERVE &&
        store_observation_get(h->st, c->device, &c->path, &o) == COT_OK) {
        memcpy(c->token, o.token, sizeof c->token);
        return COT_OK;
    }
    return RAND_bytes(c->token, sizeof c->token) == 1 ? COT_OK : COT_E_IO;
}

cot_status hub_command_next(hub *h, const store_device *d)
{
    store_command c;
    size_t len = 0;
    if (!d->registered)
        return COT_OK;
    cot_status s = store_command_first_open(h->st, d->id, &c);
    if (s == COT_E_NOT_FOUND || (s == COT_OK && c.state != STORE_QUEUED))
        return COT_OK;
    if (s == COT_OK)
        s = store_command_payload(h->st, c.id, h->payload, sizeof h->payload, &len);
    if (s == COT_OK)
        s = choose_token(h, &c, (cot_bytes){h->payload, len});
    if (s == COT_OK)
        s = store_device_next_mid(h->st, d->id, &c.mid);
    if (s == COT_OK)
        s = store_command_sent(h->st, c.id, c.mid, c.token, (store_ms)h->now);
    if (s != COT_OK)
        return s;
    c.sent_at = (store_ms)h->now;
    emit(h, &c, d, (cot_bytes){h->payload, len});
    return COT_OK;
}

cot_status hub_command_add(hub *h, const store_command_new *c, store_id *id)
{
    store_device d;
    uint64_t open = 0;
    cot_status s = store_command_count_open(h->st, c->device, &open);
    if (s == COT_OK && open >= HUB_COMMANDS_OPEN)
        return COT_E_LIMIT;
    if (s == COT_OK)
        s = store_command_add(h->st, c, id);
    if (s == COT_OK)
        s = store_device_by_id(h->st, c->device, &d);
    return s == COT_OK ? hub_command_next(h, &d) : s;
}

static cot_status resend_one(hub *h, store_id id)
{
    store_command c;
    store_device d;
    size_t len = 0;
    cot_status s = store_command_get(h->st, id, &c);
    if (s == COT_OK)
        s = store_device_by_id(h->st, c.device, &d);
    if (s == COT_OK)
        s = store_command_payload(h->st, id, h->payload, sizeof h->payload, &len);
    if (s != COT_OK || !d.registered || age_of(h, &c) >= HUB_EXCHANGE_LIFETIME)
        return s;
    emit(h, &c, &d, (cot_bytes){h->payload, len});
    return store_command_again(h->st, id);
}

cot_status hub_command_resend(hub *h, uint8_t worker)
{
    store_id ids[OVERDUE_BATCH];
    size_t count = OVERDUE_BATCH;
    store_id after = 0;
    cot_status s = COT_OK;
    while (s == COT_OK && count == OVERDUE_BATCH) {
        s = store_command_ids_sent(h->st, worker, after, ids, OVERDUE_BATCH, &count);
        for (size_t i = 0; s == COT_OK && i < count; i++)
            s = resend_one(h, after = ids[i]);
    }
    return s;
}

/* ---- outcomes ---- */

static cot_status finish(hub *h, const store_command *c, uint8_t state, uint8_t code,
                         cot_bytes detail)
{
    cot_status s = store_command_finish(h->st, c, state, code, detail, h->utc);
    if (s == COT_OK && c->origin == STORE_ORIGIN_UPGRADE)
        s = hub_upgrade_command(h, c, state, code);
    if (s == COT_OK)
        s = event(h, c->id);
    if (s == COT_OK)
        answer_waits(h, c->id);
    return s;
}

cot_status hub_command_cancel(hub *h, const store_command *c)
{
    return finish(h, c, STORE_CANCELLED, 0, store_bytes("cancelled before it was sent"));
}

/* It was sent and no answer came: again, if that does no harm. */
static cot_status lost(hub *h, const store_command *c)
{
    static const char detail[] = "outcome unknown: the device was sent it, but no answer came back";
    if (idempotent(c->operation) && c->origin != STORE_ORIGIN_UPGRADE)
        return store_command_requeue(h->st, c->id);
    return finish(h, c, STORE_UNKNOWN, 0, store_bytes(detail));
}

cot_status hub_command_lost(hub *h, store_id device)
{
    store_command c;
    cot_status s = store_command_first_open(h->st, device, &c);
    if (s == COT_E_NOT_FOUND || (s == COT_OK && c.state != STORE_SENT))
        return COT_OK;
    return s == COT_OK ? lost(h, &c) : s;
}

cot_status hub_command_all_lost(hub *h)
{
    store_id ids[OVERDUE_BATCH];
    size_t count = OVERDUE_BATCH;
    store_command c;
    cot_status s = COT_OK;
    while (s == COT_OK && count == OVERDUE_BATCH) {
        s = store_command_ids_overdue(h->st, INT64_MAX, INT64_MAX, ids, OVERDUE_BATCH, &count);
        for (size_t i = 0; s == COT_OK && i < count; i++) {
            s = store_command_get(h->st, ids[i], &c);
            if (s == COT_OK)
                s = lost(h, &c);
        }
    }
    return s;
}

cot_status hub_command_overdue(hub *h)
{
    store_id ids[OVERDUE_BATCH];
    size_t count = 0;
    store_command c;
    store_device d;
    cot_status s = store_command_ids_overdue(h->st, (store_ms)h->now - HUB_EXCHANGE_LIFETIME,
                                             (store_ms)h->now, ids, OVERDUE_BATCH, &count);
    for (size_t i = 0; s == COT_OK && i < count; i++) {
        s = store_command_get(h->st, ids[i], &c);
        if (s == COT_OK)
            s = lost(h, &c);
        if (s == COT_OK)
            s = store_device_by_id(h->st, c.device, &d);
        if (s == COT_OK)
            s = hub_command_next(h, &d);
    }
    return s;
}

/* The device took it: what it changes here. */
static cot_status succeeded(hub *h, const store_command *c, const store_device *d,
                            const ipc_result *result)
{
    store_observation o = {.path = c->path, .created_at = h->utc};
    size_t len = 0;
    if (c->operation != IPC_OP_OBSERVE)
        return COT_OK;
    memcpy(o.token, c->token, sizeof o.token);
    cot_status s =
        store_command_payload(h->st, c->id, (uint8_t *)o.attributes, sizeof o.attributes - 1, &len);
    if (s == COT_OK)
        s = store_observation_put(h->st, c->device, &o);
    return s == COT_OK ? hub_values(h, d, &c->path, result->format, result->payload) : s;
}

/* What an error code means for who gave the command, when the device says nothing itself. */
static const char *meaning(uint8_t code)
{
    switch (code) {
    case 0x80:
        return "the device does not take this: wrong type, range or arguments";
    case 0x81:
    case 0x83:
        return "the device does not allow this to its server";
    case 0x84:
        return "the device has no such object, instance or resource";
    case 0x85:
        return "the resource does not allow this operation";
    case 0x86:
    case 0x8F:
        return "the device does not know the format";
    case 0x8D:
        return "too large for the device";
    case 0xA0:
        return "the device failed inside";
    default:
        return "";
    }
}

static cot_status outcome(hub *h, const store_command *c, const store_device *d,
                          const ipc_result *result)
{
    cot_bytes detail =
        result->format == 0 && cot_utf8_valid(result->payload) ? result->payload : store_bytes("");
    if (result->code == 0)
        return finish(h, c, STORE_UNKNOWN, 0,
                      store_bytes("outcome unknown: no answer from the device"));
    if (detail.len == 0)
        detail = store_bytes(meaning(result->code));
    if (result->code >> 5 != 2)
        return finish(h, c, STORE_FAILED, result->code, detail);
    cot_status s = succeeded(h, c, d, result);
    return s == COT_OK ? finish(h, c, STORE_DONE, result->code, store_bytes("")) : s;
}

/* The worker has no such registration. What it never had before goes back into the queue; what another one may have
 * sent stays as it is until the device comes back or EXCHANGE_LIFETIME is over. */
static cot_status not_sent(hub *h, const store_command *c, const ipc_result *result)
{
    cot_status s = hub_registration_gone(h, &result->location);
    return s == COT_OK && !c->again ? store_command_requeue(h->st, c->id) : s;
}

cot_status hub_on_command_result(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_result result;
    store_command c;
    store_device d;
    cot_status s = ipc_get_result(r, &result);
    if (s != COT_OK)
        return s;
    s = store_command_get(h->st, (store_id)result.id, &c);
    if (s == COT_E_NOT_FOUND || (s == COT_OK && c.state != STORE_SENT))
        return COT_OK; /* told again, or its device was removed */
    if (s == COT_OK)
        s = store_device_by_id(h->st, c.device, &d);
    if (s != COT_OK)
        return s;
    if (!hub_is_holder(m, &d, &result.location)) {
        log_line("warn", "hub.result_dropped", "worker=%u command=%llu", (unsigned)m->index,
                 (unsigned long long)result.id);
        return COT_OK;
    }
    if (result.code == IPC_CODE_NOT_SENT)
        return not_sent(h, &c, &result);
    s = outcome(h, &c, &d, &result);
    if (s == COT_OK && result.code != 0)
        s = store_registration_seen(h->st, &result.location, h->utc);
    return s == COT_OK ? hub_command_next(h, &d) : s;
}
