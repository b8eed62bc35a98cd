/* SPDX-License-Identifier: Apache-2.0 */
/* The process: channels to net, keys and http in one thread, the decider with the database in another.
 * What handshakes ask is looked up here over a read-only handle, so that it never waits for a commit. */
#include "server/hub/api.h"
#include "server/hub/decider.h"

#include "server/role.h"
#include "server/sandbox/sandbox.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE "cotter.db"
#define QUEUE (16u * IPC_DATAGRAM_MAX)
/* ms; net has held a refresh for up to 4 s, and it is to be stored within 5 */
#define REFRESH_EVERY 700u
#define REFRESH_BATCH                                                                              \
    (8192u * HUB_REFRESH_SIZE)           /* each page of the table is written once a batch */
#define WAITING_BYTES ((size_t)16 << 20) /* that may wait for a peer, */
#define WAITING_FDS 32u      /* and descriptors: one that does not read loses its channel */
#define EVENTS_WAITING 4096u /* of messages to http; then events are left out */

/* One peer: its channel, and what did not fit into it yet. */
typedef struct process process;

typedef struct peer {
    process *owner;
    ipc_channel channel;
    hub_list waiting;
    uint8_t role;
    uint8_t index;
} peer;

struct process {
    role_env *env;
    peer net[ROLE_WORKERS_MAX];
    peer keys;
    peer http;
    decider decider;
    hub *front; /* look-ups of handshakes, over the read-only handle */
    loop_io wake;
    loop_timer tick;
    loop_timer refresh;
    loop_hook hook;
    uint8_t refreshes[REFRESH_BATCH];
    uint8_t sorted[REFRESH_BATCH];
    size_t refreshes_len;
};

static peer *peer_of(process *p, uint8_t role, uint8_t index)
{
    if (role == IPC_NET && index < ROLE_WORKERS_MAX)
        return &p->net[index];
    if (role == IPC_KEYS)
        return &p->keys;
    return role == IPC_HTTP ? &p->http : NULL;
}

static void push(process *p, uint8_t role, uint8_t index, uint8_t type, cot_bytes body, int fd)
{
    hub_message *m = hub_message_new(role, index, type, body, fd);
    if (m == NULL)
        abort(); /* no memory: start again with an empty one */
    hub_queue_push(&p->decider.in, m, DECIDER_BOUND);
}

/* ---- out ---- */

static bool send_one(peer *to, const hub_message *m)
{
    cot_write_bytes(ipc_begin(&to->channel, (ipc_type)m->type), m->body, m->len);
    cot_status s = ipc_end(&to->channel, m->fd);
    if (s == COT_E_RANGE)
        log_line("error", "hub.message", "type=%u", (unsigned)m->type);
    return s != COT_E_LIMIT;
}

static void drain(peer *to)
{
    while (to->waiting.head != NULL && send_one(to, to->waiting.head))
        hub_message_free(hub_list_pop(&to->waiting));
}

/* The peer does not read: it is broken or taken over. If it lives, the monitor makes a new
 * channel for both. */
static void give_up(peer *to)
{
    log_line("error", "hub.peer_stuck", "role=%u index=%u", (unsigned)to->role,
             (unsigned)to->index);
    ipc_close(&to->channel);
    hub_list_clear(&to->waiting);
    role_peer_lost(to->owner->env, to->role, to->index);
}

static void deliver(process *p, hub_list *l)
{
    for (hub_message *m = hub_list_pop(l); m != NULL; m = hub_list_pop(l)) {
        peer *to = peer_of(p, m->role, m->index);
        bool late = to != NULL && m->type == IPC_EVENT && to->waiting.count > EVENTS_WAITING;
        if (to == NULL || !ipc_is_open(&to->channel) || late)
            hub_message_free(m);
        else if (to->waiting.head != NULL || !send_one(to, m))
            hub_list_push(&to->waiting, m);
        else
            hub_message_free(m);
        if (to != NULL && (to->waiting.bytes > WAITING_BYTES || to->waiting.fds > WAITING_FDS))
            give_up(to);
    }
}

static void on_wake(loop_io *io, uint32_t events)
{
    process *p = io->ctx;
    uint64_t count;
    hub_list l;
    (void)events;
    if (read(io->fd, &count, sizeof count) < 0)
        return;
    hub_list_init(&l);
    (void)hub_queue_take(&p->decider.out, &l, false);
    deliver(p, &l);
}

static void before_sleep(loop_hook *hook)
{
    process *p = hook->ctx;
    for (size_t i = 0; i < p->env->config.workers && i < ROLE_WORKERS_MAX; i++)
        drain(&p->net[i]);
    drain(&p->keys);
    drain(&p->http);
}

/* ---- in ---- */

/* Into the order of the locations' first byte: neighbours lie on the same pages. (qsort asks the system for its memory,
 * which hub may not.) */
static void sort_refreshes(process *p)
{
    size_t place[257] = {0};
    for (size_t at = 0; at < p->refreshes_len; at += HUB_REFRESH_SIZE)
        place[p->refreshes[at + 1] + 1]++;
    for (size_t i = 1; i < 257; i++)
        place[i] += place[i - 1];
    for (size_t at = 0; at < p->refreshes_len; at += HUB_REFRESH_SIZE)
        memcpy(p->sorted + place[p->refreshes[at + 1]]++ * HUB_REFRESH_SIZE, p->refreshes + at,
               HUB_REFRESH_SIZE);
}

static void flush_refreshes(process *p)
{
    loop_disarm(p->env->loop, &p->refresh);
    sort_refreshes(p);
    if (p->refreshes_len > 0)
        push(p, IPC_NET, 0, IPC_REFRESH, (cot_bytes){p->sorted, p->refreshes_len}, -1);
    p->refreshes_len = 0;
}

static void on_refresh_due(loop_timer *t)
{
    flush_refreshes(t->ctx);
}

static void gather_refresh(process *p, uint8_t worker, cot_bytes one)
{
    if (one.len + 1 != HUB_REFRESH_SIZE)
        return;
    if (p->refreshes_len == 0)
        loop_arm(p->env->loop, &p->refresh, p->env->loop->now + REFRESH_EVERY);
    p->refreshes[p->refreshes_len] = worker;
    memcpy(p->refreshes + p->refreshes_len + 1, one.p, one.len);
    p->refreshes_len += HUB_REFRESH_SIZE;
    if (p->refreshes_len == REFRESH_BATCH)
        flush_refreshes(p);
}

static void look_up(process *p, peer *from, ipc_type type, cot_bytes body)
{
    hub_message *m = hub_message_new(from->role, from->index, (uint8_t)type, body, -1);
    if (m == NULL)
        abort();
    if (hub_handle(p->front, m) != COT_OK)
        log_line("warn", "hub.lookup", "type=%u", (unsigned)type);
    deliver(p, &p->front->out);
    hub_message_free(m);
}

static cot_status on_message(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    peer *from = c->ctx;
    process *p = from->owner;
    cot_bytes bytes = cot_read_bytes(body, cot_reader_left(body));
    bool net = from->role == IPC_NET;
    bool refresh = net && type == IPC_REFRESH;
    bool lookup = net && (type == IPC_PSK_WANTED || type == IPC_CREDENTIAL_WANTED);
    if ((refresh || lookup) && fd >= 0)
        close(fd); /* these carry none */
    if (refresh)
        gather_refresh(p, from->index, bytes);
    else if (lookup)
        look_up(p, from, type, bytes);
    else
        push(p, from->role, from->index, (uint8_t)type, bytes, fd);
    return COT_OK;
}

static void on_closed(ipc_channel *c)
{
    peer *from = c->ctx;
    hub_list_clear(&from->waiting);
    role_peer_lost(from->owner->env, from->role, from->index);
}

static void on_peer(role_env *env, const ipc_peer *who, int fd)
{
    process *p = env->ctx;
    peer *to = peer_of(p, who->role, who->index);
    if (to == NULL) {
        close(fd);
        return;
    }
    if (ipc_is_open(&to->channel))
        ipc_close(&to->channel);
    hub_list_clear(&to->waiting);
    to->owner = p;
    to->role = who->role;
    to->index = who->index;
    to->channel.on_message = on_message;
    to->channel.on_closed = on_closed;
    to->channel.ctx = to;
    to->channel.secret = who->role == IPC_HTTP; /* bearer tokens */
    if (ipc_open(&to->channel, env->loop, fd, QUEUE) != COT_OK)
        log_line("error", "hub.channel", "role=%u", (unsigned)who->role);
    push(p, who->role, who->index, IPC_PEER, (cot_bytes){NULL, 0}, -1);
}

static void on_tick(loop_timer *t)
{
    process *p = t->ctx;
    push(p, IPC_MONITOR, 0, 0, (cot_bytes){NULL, 0}, -1);
    loop_arm(p->env->loop, t, p->env->loop->now + HUB_TICK);
}

static void on_stop(role_env *env)
{
    process *p = env->ctx;
    flush_refreshes(p);
    loop_stop(env->loop); /* what is under way is committed after the loop */
}

/* ---- start ---- */

static void read_certificate(const role_env *env, hub_config *config)
{
    int fd = role_fd_of(env, ROLE_FD_SERVER_CERT);
    ssize_t n = fd < 0 ? 0 : pread(fd, config->certificate, sizeof config->certificate, 0);
    config->certificate_len = n < 0 ? 0 : (size_t)n;
}

static void configure(const role_env *env, hub_config *config)
{
    *config = (hub_config){
        .workers = env->config.workers,
        .max_devices = env->config.max_devices,
        .upgrade_backoff = HUB_UPGRADE_BACKOFF,
        .upgrade_stall = HUB_UPGRADE_STALL,
    };
    memcpy(config->boot_id, env->config.boot_id, sizeof config->boot_id);
    memcpy(config->version, env->config.version, sizeof config->version);
    memcpy(config->public_uri, env->config.public_uri, sizeof config->public_uri);
    memcpy(config->coap, env->config.coap, sizeof config->coap);
    memcpy(config->coaps, env->config.coaps, sizeof config->coaps);
    read_certificate(env, config);
}

/* Database, first token, and the two hubs over it. NULL; or why not. */
static const char *open_all(process *p, hub **back)
{
    static char why[STORE_WHY];
    hub_config config;
    store *st = NULL;
    store *view = NULL;
    int dir = role_fd_of(p->env, ROLE_FD_DATA_DIR);
    configure(p->env, &config);
    if (dir >= 0 && fchdir(dir) != 0)
        return "the data folder cannot be entered";
    if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) != 0)
        return "the data folder is in use by another cotterd";
    if (store_open(DATABASE, false, &st, why) != COT_OK)
        return why;
    cot_status s =
        hub_first_token(st, role_fd_of(p->env, ROLE_FD_ADMIN_TOKEN), decider_wall_clock());
    bool wrote = false;
    if (s == COT_OK)
        s = store_work_end(st, true, &wrote);
    if (s == COT_OK)
        s = store_commit(st);
    if (s != COT_OK)
        return "the admin token cannot be stored or written";
    if (store_open(DATABASE, true, &view, why) != COT_OK)
        return why;
    *back = hub_new(st, &config, loop_clock(), decider_wall_clock());
    p->front = hub_new(view, &config, loop_clock(), decider_wall_clock());
    if (*back == NULL || p->front == NULL)
        return "out of memory";
    s = hub_start(*back);
    cot_status end = store_work_end(st, s == COT_OK, &wrote);
    if (end == COT_OK)
        end = store_commit(st);
    s = s == COT_OK ? end : s;
    if (s == COT_E_IO) /* a full disk: what can be done without it is done */
        log_line("error", "hub.store",
                 "reason=\"the database cannot be written: is the disk full?\"");
    return s == COT_OK || s == COT_E_IO ? NULL : "the database does not fit this program";
}

/* Threads start before the seal; nothing is decided before peers come. */
static const char *prepare(process *p)
{
    hub *back = NULL;
    const char *why = open_all(p, &back);
    if (why != NULL)
        return why;
    hub_list_init(&p->keys.waiting);
    hub_list_init(&p->http.waiting);
    for (size_t i = 0; i < ROLE_WORKERS_MAX; i++)
        hub_list_init(&p->net[i].waiting);
    p->wake = (loop_io){eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), on_wake, p};
    if (p->wake.fd < 0 || loop_watch(p->env->loop, &p->wake, EPOLLIN) != COT_OK)
        return "no eventfd";
    p->tick = (loop_timer){on_tick, p, 0, 0};
    p->refresh = (loop_timer){on_refresh_due, p, 0, 0};
    p->hook = (loop_hook){before_sleep, p, NULL};
    loop_hook_add(p->env->loop, &p->hook);
    loop_arm(p->env->loop, &p->tick, loop_clock() + HUB_TICK);
    return decider_start(&p->decider, back, p->wake.fd) == COT_OK ? NULL
                                                                  : "no thread for the database";
}

/* The decider has finished: what it still said goes out, then everything is closed. */
static void finish(process *p)
{
    hub_list l;
    hub *back = p->decider.hub;
    store *st = back->st;
    decider_stop(&p->decider);
    hub_list_init(&l);
    (void)hub_queue_take(&p->decider.out, &l, false);
    deliver(p, &l);
    for (size_t i = 0; i < ROLE_WORKERS_MAX; i++)
        if (ipc_is_open(&p->net[i].channel))
            ipc_flush(&p->net[i].channel);
    if (ipc_is_open(&p->http.channel))
        ipc_flush(&p->http.channel);
    hub_free(back);
    store_close(st);
    st = p->front->st;
    hub_free(p->front);
    store_close(st);
    hub_queue_free(&p->decider.out);
}

int hub_main(role_env *env)
{
    static process p;
    p.env = env;
    const char *why = prepare(&p);
    if (why != NULL)
        return role_failed(env, why), 2;
    env->on_peer = on_peer;
    env->on_stop = on_stop;
    env->ctx = &p;
    if (sandbox_seal(SANDBOX_HUB) != COT_OK)
        return role_failed(env, "the system call list was refused"), 2;
    role_ready(env);
    int status = role_run(env);
    finish(&p);
    return status;
}
