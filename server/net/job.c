/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on devices for hub: a bounded queue a device, one under way at a time (NSTART 1). */
#include "server/net/job.h"

#include <string.h>

static const cot_bytes nothing = {NULL, 0};

static net_job *job_of(net_worker *w, uint32_t index_1)
{
    return index_1 == 0 ? NULL : pool_at(&w->jobs, index_1 - 1);
}

uint8_t *net_body(net_worker *w, uint32_t index_1)
{
    return pool_at(&w->bodies, index_1 - 1);
}

/* ---- results ---- */

static void tell_hub(net_worker *w, const net_job *j, uint8_t code, uint16_t format,
                     cot_bytes payload)
{
    ipc_result r = {
        .id = j->id, .location = j->location, .code = code, .format = format, .payload = payload};
    ipc_type type = j->kind == NET_JOB_COMMAND ? IPC_COMMAND_RESULT : IPC_READ_RESULT;
    ipc_put_result(ipc_begin(&w->hub, type), &r);
    /* hub gone or swamped: it asks again (a command), or its caller has gone with it (a read). */
    (void)ipc_end(&w->hub, -1);
}

static void tell_notification(net_worker *w, const net_job *j, uint8_t code, uint16_t format,
                              cot_bytes payload)
{
    ipc_notify n = {.location = j->location, .code = code, .format = format, .payload = payload};
    if (code != COT_COAP_CONTENT)
        return; /* the rest did not come: the next notification will */
    memcpy(n.token, j->token, sizeof n.token);
    ipc_put_notify(ipc_begin(&w->hub, IPC_NOTIFY), &n);
    (void)ipc_end(&w->hub, -1);
}

static void unlink_job(net_worker *w, net_job *j)
{
    net_slot *s = &w->slots[j->slot];
    uint32_t *at = &s->job;
    uint32_t me = pool_index(&w->jobs, j) + 1;
    while (*at != 0 && *at != me)
        at = &job_of(w, *at)->next;
    if (*at != 0) {
        *at = j->next;
        s->jobs--;
    }
}

static void free_job(net_worker *w, net_job *j)
{
    loop_disarm(w->loop, &j->timer);
    if (j->body != 0)
        pool_give(&w->bodies, net_body(w, j->body));
    if (j->answer != 0)
        pool_give(&w->bodies, net_body(w, j->answer));
    pool_give(&w->jobs, j);
}

void net_job_end(net_worker *w, net_job *j, uint8_t code, uint16_t format, cot_bytes payload)
{
    if (j->kind == NET_JOB_FETCH)
        tell_notification(w, j, code, format, payload);
    else
        tell_hub(w, j, code, format, payload);
    unlink_job(w, j);
    free_job(w, j);
}

void net_job_drop_slot(net_worker *w, uint32_t slot)
{
    net_job *j = job_of(w, w->slots[slot].job);
    if (j == NULL)
        return;
    cot_coap_peer peer;
    table_peer_get(&w->table, slot, &peer);
    cot_coap_close(&j->exchange, &peer);
    table_peer_put(&w->table, slot, &peer);
    for (; j != NULL; j = job_of(w, w->slots[slot].job)) {
        bool sent = j->kind != NET_JOB_COMMAND || j->hub_mid_used;
        net_job_end(w, j, (uint8_t)(sent ? 0 : IPC_CODE_NOT_SENT), 0, nothing);
    }
}

/* ---- new ones ---- */

/* Refuse without a job. */
static void refuse(net_worker *w, ipc_type type, uint64_t id, const ipc_location *l, uint8_t code)
{
    ipc_result r = {.id = id, .location = *l, .code = code};
    ipc_put_result(ipc_begin(&w->hub, type), &r);
    (void)ipc_end(&w->hub, -1);
}

static void append(net_worker *w, net_job *j)
{
    net_slot *s = &w->slots[j->slot];
    uint32_t *at = &s->job;
    while (*at != 0)
        at = &job_of(w, *at)->next;
    *at = pool_index(&w->jobs, j) + 1;
    s->jobs++;
}

static net_job *new_job(net_worker *w, net_job_kind kind, uint32_t slot)
{
    if (w->slots[slot].jobs >= NET_JOBS_A_DEVICE)
        return NULL;
    net_job *j = pool_take(&w->jobs);
    if (j == NULL) {
        w->counters.overload++;
        return NULL;
    }
    j->w = w;
    j->kind = (uint8_t)kind;
    j->slot = slot;
    j->give_up = COT_NEVER;
    j->location = table_registration_of(&w->table, slot)->location;
    return j;
}

static bool is_known(net_worker *w, uint32_t slot, uint64_t id)
{
    for (net_job *j = job_of(w, w->slots[slot].job); j != NULL; j = job_of(w, j->next))
        if (j->kind == NET_JOB_COMMAND && j->id == id)
            return true;
    return false;
}

static bool store_body(net_worker *w, net_job *j, cot_bytes body)
{
    uint8_t *to = j->small;
    j->body_len = (uint32_t)body.len;
    if (body.len > sizeof j->small) {
        to = pool_take(&w->bodies);
        if (to == NULL)
            return false;
        j->body = pool_index(&w->bodies, to) + 1;
    }
    if (body.len > 0)
        memcpy(to, body.p, body.len);
    return true;
}

void net_job_command(net_worker *w, const ipc_command *c)
{
    uint32_t slot = table_find_location(&w->table, &c->location);
    if (slot == TABLE_NONE) {
        refuse(w, IPC_COMMAND_RESULT, c->id, &c->location, IPC_CODE_NOT_SENT);
        return;
    }
    if (is_known(w, slot, c->id))
        return; /* hub has restarted; the result will come */
    net_job *j = new_job(w, NET_JOB_COMMAND, slot);
    if (j == NULL || !store_body(w, j, c->payload)) {
        if (j != NULL)
            free_job(w, j);
        refuse(w, IPC_COMMAND_RESULT, c->id, &c->location, COT_COAP_UNAVAILABLE);
        return;
    }
    j->id = c->id;
    j->operation = c->operation;
    j->mid = c->mid;
    memcpy(j->token, c->token, sizeof j->token);
    j->path = c->path;
    j->format = c->format;
    if (c->operation == IPC_OP_OBSERVE && c->payload.len > 0)
        j->step = NET_STEP_ATTRIBUTES;
    append(w, j);
    net_job_start(w, slot);
}

void net_job_read(net_worker *w, const ipc_read *r)
{
    uint32_t slot = table_find_location(&w->table, &r->location);
    net_job *j = slot == TABLE_NONE ? NULL : new_job(w, NET_JOB_READ, slot);
    if (j == NULL) {
        refuse(w, IPC_READ_RESULT, r->id, &r->location,
               slot == TABLE_NONE ? IPC_CODE_NOT_SENT : COT_COAP_UNAVAILABLE);
        return;
    }
    j->id = r->id;
    j->operation = r->operation;
    j->path = r->path;
    j->give_up = w->loop->now + r->timeout_ms;
    append(w, j);
    net_job_wait(w, j); /* its time runs while it waits, too */
    net_job_start(w, slot);
}

void net_job_fetch(net_worker *w, uint32_t slot, int observation, const cot_coap_view *v,
                   cot_bytes payload)
{
    net_job *j = new_job(w, NET_JOB_FETCH, slot);
    if (j == NULL)
        return;
    table_observation_path(&w->table, slot, observation, &j->path);
    memcpy(j->token, &w->table.slots[slot].observations[observation].token, sizeof j->token);
    j->operation = IPC_OP_READ;
    j->format = v->content_format;
    if (!net_job_first_block(w, j, v, payload)) {
        free_job(w, j);
        return;
    }
    append(w, j);
}

/* ---- under way ---- */

static void on_due(loop_timer *t)
{
    net_job *j = t->ctx;
    net_worker *w = j->w;
    uint32_t slot = j->slot;
    cot_coap_peer peer;
    table_peer_get(&w->table, slot, &peer);
    enum cot_coap_action a = cot_coap_due(&j->exchange, &peer, &w->params, w->loop->now);
    bool late = w->loop->now >= j->give_up;
    if (late)
        cot_coap_close(&j->exchange, &peer);
    table_peer_put(&w->table, slot, &peer);
    if (late || a == COT_COAP_LOST) {
        net_job_end(w, j, 0, 0, nothing);
        net_job_start(w, slot);
        return;
    }
    if (!j->started) {
        net_job_wait(w, j);
        net_job_start(w, slot);
        return;
    }
    if (a == COT_COAP_RESEND) {
        net_peer to = {.slot = slot};
        net_send(w, &to, j->bytes, j->bytes_len);
    }
    net_job_wait(w, j);
}

void net_job_wait(net_worker *w, net_job *j)
{
    cot_ms at = j->give_up;
    if (!cot_coap_is_closed(&j->exchange) && j->exchange.deadline < at)
        at = j->exchange.deadline;
    j->timer.on_due = on_due;
    j->timer.ctx = j;
    if (at != COT_NEVER)
        loop_arm(w->loop, &j->timer, at);
}

/* Every message starts here: also the next block, and another format. */
static void send_next(net_worker *w, net_job *j, cot_coap_peer *peer)
{
    cot_coap_head h;
    cot_status s = net_job_write(w, j, peer, &h);
    if (s == COT_E_AGAIN) { /* all our MIDs are in use: in a while */
        j->timer.ctx = j;
        j->timer.on_due = on_due;
        j->started = false;
        loop_arm(w->loop, &j->timer, w->loop->now + 1000);
        return;
    }
    if (s != COT_OK) {
        net_job_end(w, j, s == COT_E_UNSUPPORTED ? COT_COAP_BAD_FORMAT : COT_COAP_TOO_LARGE, 0,
                    nothing);
        return;
    }
    cot_coap_open(&j->exchange, peer, &w->params, &h, net_random32(), w->loop->now);
    net_peer to = {.slot = j->slot};
    net_send(w, &to, j->bytes, j->bytes_len);
    net_job_wait(w, j);
}

void net_job_start(net_worker *w, uint32_t slot)
{
    net_job *j = job_of(w, w->slots[slot].job);
    cot_coap_peer peer;
    if (j == NULL || j->started || !net_path_settled(w, slot))
        return;
    table_peer_get(&w->table, slot, &peer);
    if (!cot_coap_may_send(&peer, &w->params))
        return;
    j->started = true;
    send_next(w, j, &peer);
    if (table_is_live(&w->table, slot))
        table_peer_put(&w->table, slot, &peer);
}

net_job *net_job_exchange(net_worker *w, uint32_t slot, const cot_coap_head *h)
{
    net_job *j = job_of(w, w->slots[slot].job);
    return j != NULL && j->started && cot_coap_matches(&j->exchange, h) ? j : NULL;
}

void net_job_reset(net_worker *w, net_job *j)
{
    /* The device does not know this request, nor wants to: as an error of its own. */
    net_job_end(w, j, COT_COAP_CODE(5, 2), 0, nothing);
}
