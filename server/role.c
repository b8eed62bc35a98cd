/* SPDX-License-Identifier: Apache-2.0 */
/* A role's side of the monitor's channel: what it gets at its start, peers, stop. */
#include "server/role.h"
#include "server/role_wire.h"

#include <string.h>
#include <unistd.h>

#define START_WAIT_MS 10000u
#define STOP_WAIT_MS 2000u
#define LOST_MS 1000u
#define QUEUE (2 * IPC_DATAGRAM_MAX)
#define EARLY_PEERS (2 * ROLE_WORKERS_MAX)

/* A process has one role, so there is one of each. */
static loop role_loop;
static ipc_channel role_channel;
static bool started;
static bool running;
static struct {
    ipc_peer peer;
    int fd;
} early[EARLY_PEERS];
static size_t early_count;
static loop_timer stop_timer;
static loop_timer lost_timer;
static bool lost[IPC_HTTP + 1][ROLE_WORKERS_MAX];

int role_fd_of(const role_env *env, role_fd_kind kind)
{
    for (size_t i = 0; i < env->fd_count; i++)
        if (env->fds[i].kind == kind)
            return env->fds[i].fd;
    return -1;
}

static cot_status take_descriptor(role_env *env, cot_reader *body, int fd)
{
    role_fd f;
    cot_status s = role_get_fd(body, &f);
    if (s == COT_OK && (fd < 0 || env->fd_count == ROLE_FDS))
        s = COT_E_MALFORMED;
    if (s != COT_OK) {
        if (fd >= 0)
            close(fd);
        return s;
    }
    f.fd = fd;
    env->fds[env->fd_count++] = f;
    return COT_OK;
}

static cot_status take_peer(role_env *env, cot_reader *body, int fd)
{
    ipc_peer peer;
    cot_status s = ipc_get_peer(body, &peer);
    if (s != COT_OK || fd < 0 || (!running && early_count == EARLY_PEERS)) {
        if (fd >= 0)
            close(fd);
        return s != COT_OK ? s : COT_E_MALFORMED;
    }
    if (peer.index < ROLE_WORKERS_MAX)
        lost[peer.role][peer.index] = false;
    if (running && env->on_peer != NULL) {
        env->on_peer(env, &peer, fd);
    } else if (running) {
        close(fd);
    } else {
        early[early_count].peer = peer;
        early[early_count].fd = fd;
        early_count++;
    }
    return COT_OK;
}

static void on_stop_late(loop_timer *t)
{
    role_env *env = t->ctx;
    log_line("warn", "role.stop_late", "after_ms=%u", STOP_WAIT_MS);
    loop_stop(env->loop);
}

static void stop(role_env *env)
{
    if (env->stopping)
        return;
    env->stopping = true;
    if (env->on_stop == NULL) {
        loop_stop(env->loop);
        return;
    }
    stop_timer.on_due = on_stop_late;
    stop_timer.ctx = env;
    loop_arm(env->loop, &stop_timer, loop_clock() + STOP_WAIT_MS);
    env->on_stop(env);
}

static cot_status on_message(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    role_env *env = c->ctx;
    if (type == IPC_DESCRIPTOR && !started)
        return take_descriptor(env, body, fd);
    if (type == IPC_PEER)
        return take_peer(env, body, fd);
    if (fd >= 0)
        close(fd);
    if (type == IPC_START && !started) {
        started = true;
        return role_get_config(body, &env->config);
    }
    if (type != IPC_STOP)
        return COT_E_UNSUPPORTED;
    stop(env);
    return COT_OK;
}

/* The monitor has died (PDEATHSIG usually comes first): nothing may outlive it. */
static void on_closed(ipc_channel *c)
{
    (void)c;
    _exit(1);
}

cot_status role_receive(role_env *env, int fd)
{
    memset(env, 0, sizeof *env);
    env->loop = &role_loop;
    env->monitor = &role_channel;
    cot_status s = loop_init(&role_loop);
    if (s != COT_OK)
        return s;
    role_channel.on_message = on_message;
    role_channel.on_closed = on_closed;
    role_channel.ctx = env;
    s = ipc_open(&role_channel, &role_loop, fd, QUEUE);
    cot_ms end = loop_clock() + START_WAIT_MS;
    while (s == COT_OK && !started) {
        cot_ms now = loop_clock();
        s = now < end ? loop_turn(&role_loop, end - now) : COT_E_TIMEOUT;
    }
    return s;
}

/* Asks until it is there: the monitor makes one only when both live, and a pair once a second. */
static void on_lost(loop_timer *t)
{
    role_env *env = t->ctx;
    bool any = false;
    for (uint8_t role = IPC_NET; role <= IPC_HTTP; role++)
        for (uint8_t i = 0; i < ROLE_WORKERS_MAX; i++) {
            ipc_peer p = {.role = role, .index = i};
            if (!lost[role][i])
                continue;
            any = true;
            ipc_put_peer(ipc_begin(env->monitor, IPC_PEER_LOST), &p);
            (void)ipc_end(env->monitor, -1);
        }
    if (any)
        loop_arm(env->loop, t, loop_clock() + LOST_MS);
}

void role_peer_lost(role_env *env, uint8_t role, uint8_t index)
{
    if (role > IPC_HTTP || index >= ROLE_WORKERS_MAX)
        return;
    lost[role][index] = true;
    lost_timer.on_due = on_lost;
    lost_timer.ctx = env;
    if (lost_timer.slot == 0)
        loop_arm(env->loop, &lost_timer, loop_clock() + LOST_MS);
}

void role_ready(role_env *env)
{
    (void)ipc_send_empty(env->monitor, IPC_READY);
    ipc_flush(env->monitor);
}

void role_failed(role_env *env, const char *text)
{
    cot_write_text(ipc_begin(env->monitor, IPC_FAILED), text);
    (void)ipc_end(env->monitor, -1);
    ipc_flush(env->monitor);
}

int role_run(role_env *env)
{
    running = true;
    for (size_t i = 0; i < early_count; i++) {
        if (env->on_peer != NULL)
            env->on_peer(env, &early[i].peer, early[i].fd);
        else
            close(early[i].fd);
    }
    early_count = 0;
    if (env->stopping && env->on_stop == NULL)
        return 0;
    return loop_run(env->loop) == COT_OK ? 0 : 1;
}
