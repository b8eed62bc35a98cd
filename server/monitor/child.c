/* SPDX-License-Identifier: Apache-2.0 */
/* One child process: start it, hand it what it needs, notice its end, start it again. */
#include "server/monitor/listen.h"
#include "server/monitor/monitor.h"
#include "server/sandbox/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUEUE (4 * IPC_DATAGRAM_MAX)
#define PROVEN_MS 10000u /* alive for so long: the next failure is a first one again */
#define BACKOFF_MAX_MS 5000u
#define RECONNECT_MS 900u /* a pair, at most so often */

const char *role_name(uint8_t role)
{
    static const char *const role_names[] = {"monitor", "net", "keys", "hub", "http"};
    return role_names[role < 5 ? role : 0];
}

/* ---- the new process ---- */

/* Between fork and exec: only async-signal-safe calls. */
static void become(const child *c, int channel)
{
    char index[8];
    char uid[16];
    char gid[16];
    char change[2] = {c->m->files.id[c->role].change ? '1' : '0', '\0'};
    char *argv[] = {(char[]){"cotterd"}, (char[]){"--role"}, NULL, index, change, uid, gid, NULL};
    char name[16];
    (void)snprintf(name, sizeof name, "%s", role_name(c->role));
    argv[2] = name;
    (void)snprintf(index, sizeof index, "%u", c->index);
    (void)snprintf(uid, sizeof uid, "%u", c->m->files.id[c->role].uid);
    (void)snprintf(gid, sizeof gid, "%u", c->m->files.id[c->role].gid);

    /* Out of the way of 3..6 first. */
    int from[4] = {fcntl(channel, F_DUPFD_CLOEXEC, 16),
                   fcntl(c->m->files.id[c->role].root, F_DUPFD_CLOEXEC, 16),
                   fcntl(c->m->files.lock, F_DUPFD_CLOEXEC, 16),
                   fcntl(c->m->files.data_lock, F_DUPFD_CLOEXEC, 16)};
    for (int i = 0; i < 4; i++)
        if (from[i] < 0 || dup2(from[i], MONITOR_CHANNEL_FD + i) < 0)
            _exit(126);
    (void)syscall(SYS_close_range, MONITOR_DATA_LOCK_FD + 1, ~0u, 0);
    (void)setsid(); /* no terminal: Ctrl-C is for the monitor, which stops all in order */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execve("/proc/self/exe", argv, sandbox_environment);
    _exit(126);
}

static cot_status fork_child(child *c, int channel)
{
    pid_t pid = fork();
    if (pid == 0)
        become(c, channel);
    if (pid < 0)
        return COT_E_IO;
    c->pid = pid;
    c->exit.fd = (int)syscall(SYS_pidfd_open, pid, 0); /* CLOEXEC by itself */
    if (c->exit.fd >= 0 && loop_watch(&c->m->loop, &c->exit, EPOLLIN) == COT_OK)
        return COT_OK;
    /* Nothing would tell of its end. */
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    if (c->exit.fd >= 0)
        close(c->exit.fd);
    c->exit.fd = -1;
    c->pid = 0;
    return COT_E_IO;
}

/* ---- what it gets ---- */

static void give(child *c, role_fd_kind kind, int fd, const char *address, bool loopback)
{
    role_fd f = {.kind = (uint8_t)kind, .loopback = loopback};
    if (fd < 0)
        return;
    (void)snprintf(f.address, sizeof f.address, "%s", address);
    role_put_fd(ipc_begin(&c->channel, IPC_DESCRIPTOR), &f);
    (void)ipc_end(&c->channel, fd);
    ipc_flush(&c->channel);
}

/* A file that is opened for this child alone, so that its position is its own. */
static void give_file(child *c, role_fd_kind kind, int fd, const char *path)
{
    if (fd < 0) {
        log_line("error", "monitor.unreadable", "file=\"%s\" reason=\"%s\"", path, strerror(errno));
        return;
    }
    give(c, kind, fd, "", false);
    close(fd);
}

static void give_net(child *c)
{
    monitor *m = c->m;
    give(c, ROLE_FD_TABLE, m->files.tables[c->index], "", false);
    for (size_t i = 0; i < m->udp_count; i++)
        give(c, m->udp[i].dtls ? ROLE_FD_COAPS : ROLE_FD_COAP, m->udp[i].fds[c->index],
             m->udp[i].address, m->udp[i].loopback);
    if (m->config.client_ca[0] != '\0')
        give_file(c, ROLE_FD_CLIENT_CA, files_read(m->config.client_ca), m->config.client_ca);
}

static void give_http(child *c)
{
    monitor *m = c->m;
    monitor_renew_listeners(m);
    give(c, ROLE_FD_HTTP, m->http, m->http_address, true);
    give(c, ROLE_FD_HTTP_UNIX, m->http_unix, m->config.http_unix, true);
    give(c, ROLE_FD_HTTPS, m->https, m->https_address, false);
    if (m->https < 0)
        return;
    give_file(c, ROLE_FD_HTTPS_CERT, files_read(m->config.https_certificate),
              m->config.https_certificate);
    give_file(c, ROLE_FD_HTTPS_KEY, files_read(m->config.https_key), m->config.https_key);
}

static void give_descriptors(child *c)
{
    monitor *m = c->m;
    if (c->role == IPC_NET)
        give_net(c);
    else if (c->role == IPC_HTTP)
        give_http(c);
    else if (c->role == IPC_KEYS)
        give(c, ROLE_FD_KEYS_DIR, m->files.keys_dir, "", false);
    if (c->role == IPC_HUB) {
        give(c, ROLE_FD_DATA_DIR, m->files.hub_dir, "", false);
        give(c, ROLE_FD_ADMIN_TOKEN, m->files.admin_token, "", false);
    }
    if (c->role == IPC_HUB || c->role == IPC_NET)
        give_file(c, ROLE_FD_SERVER_CERT, files_read_key_file(&m->files, "server.crt"),
                  "keys/server.crt");
}

static void give_config(child *c)
{
    const monitor *m = c->m;
    role_config rc;
    memset(&rc, 0, sizeof rc);
    rc.role = c->role;
    rc.index = c->index;
    rc.workers = (uint8_t)m->config.workers;
    rc.generation = c->generation;
    rc.fresh = files_fresh(&m->files);
    rc.crashed = c->crashed;
    rc.allow_nosec = m->config.allow_nosec;
    rc.max_devices = m->config.max_devices;
    rc.lifetime_min = m->config.lifetime_min;
    rc.lifetime_max = m->config.lifetime_max;
    rc.handshakes = m->config.handshakes;
    memcpy(rc.boot_id, m->files.boot_id, sizeof rc.boot_id);
    (void)snprintf(rc.version, sizeof rc.version, "%s", m->version);
    (void)snprintf(rc.public_uri, sizeof rc.public_uri, "%s", m->config.public_uri);
    size_t plain = 0;
    size_t dtls = 0;
    for (size_t i = 0; i < m->udp_count; i++)
        (void)snprintf(m->udp[i].dtls ? rc.coaps[dtls++] : rc.coap[plain++], ROLE_ADDRESS_MAX, "%s",
                       m->udp[i].address);
    role_put_config(ipc_begin(&c->channel, IPC_START), &rc);
    (void)ipc_end(&c->channel, -1);
    ipc_flush(&c->channel);
}

/* Who talks to whom. */
static bool are_peers(uint8_t a, uint8_t b)
{
    static const bool peers[5][5] = {
        [IPC_NET] = {[IPC_HUB] = true, [IPC_KEYS] = true},
        [IPC_KEYS] = {[IPC_NET] = true, [IPC_HUB] = true, [IPC_HTTP] = true},
        [IPC_HUB] = {[IPC_NET] = true, [IPC_KEYS] = true, [IPC_HTTP] = true},
        [IPC_HTTP] = {[IPC_HUB] = true, [IPC_KEYS] = true},
    };
    return peers[a][b];
}

static void introduce(child *to, const child *peer, int fd)
{
    ipc_peer p = {.role = peer->role, .index = peer->index, .generation = peer->generation};
    ipc_put_peer(ipc_begin(&to->channel, IPC_PEER), &p);
    (void)ipc_end(&to->channel, fd);
    ipc_flush(&to->channel);
}

static cot_ms *connected_at(child *c, child *o)
{
    monitor *m = c->m;
    return c < o ? &m->connected[c - m->children][o - m->children]
                 : &m->connected[o - m->children][c - m->children];
}

static void connect_pair(child *c, child *o)
{
    int fds[2];
    *connected_at(c, o) = loop_clock();
    if (ipc_pair(fds) != COT_OK) {
        log_line("error", "monitor.no_descriptors", "reason=\"%s\"", strerror(errno));
        return;
    }
    introduce(c, o, fds[0]);
    introduce(o, c, fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void connect_peers(child *c)
{
    for (size_t i = 0; i < c->m->child_count; i++) {
        child *o = &c->m->children[i];
        if (o != c && are_peers(c->role, o->role) && ipc_is_open(&o->channel))
            connect_pair(c, o);
    }
}

/* A channel between two living processes has ended: one of them broke the rules or was too slow. Both ask; who asks too
 * early asks again. */
static cot_status reconnect(child *c, cot_reader *body)
{
    ipc_peer p;
    cot_status s = ipc_get_peer(body, &p);
    if (s != COT_OK)
        return s;
    for (size_t i = 0; i < c->m->child_count; i++) {
        child *o = &c->m->children[i];
        if (o->role == p.role && o->index == p.index && o != c && are_peers(c->role, o->role) &&
            ipc_is_open(&o->channel) && loop_clock() - *connected_at(c, o) >= RECONNECT_MS) {
            log_line("warn", "monitor.reconnected", "role=%s index=%u peer=%s", role_name(c->role),
                     c->index, role_name(o->role));
            connect_pair(c, o);
        }
    }
    return COT_OK;
}

/* ---- its life ---- */

static cot_status on_message(ipc_channel *ch, ipc_type type, cot_reader *body, int fd)
{
    child *c = ch->ctx;
    if (fd >= 0)
        close(fd); /* a child has nothing to hand to the monitor */
    if (type == IPC_READY && !c->ready && cot_reader_left(body) == 0) {
        c->ready = true;
        c->once = true;
        monitor_child_ready(c);
    } else if (type == IPC_PEER_LOST) {
        return reconnect(c, body);
    } else if (type == IPC_FAILED && !c->ready && cot_reader_left(body) <= ROLE_TEXT_MAX) {
        monitor_child_failed(c, cot_read_bytes(body, cot_reader_left(body)));
    } else {
        return COT_E_UNSUPPORTED;
    }
    return COT_OK;
}

/* It broke the rules, or has closed its end: without a channel it could neither be stopped nor be given peers. */
static void on_closed(ipc_channel *ch)
{
    child *c = ch->ctx;
    if (c->pid > 0)
        (void)kill(c->pid, SIGKILL);
}

static void on_again(loop_timer *t)
{
    child_start(t->ctx);
}

static void back_off(child *c)
{
    cot_ms now = loop_clock();
    if (now - c->started > PROVEN_MS)
        c->failures = 0;
    cot_ms wait = c->failures == 0 ? 0 : 50u << (c->failures < 8 ? c->failures : 8);
    c->failures++;
    c->again.on_due = on_again;
    c->again.ctx = c;
    loop_arm(&c->m->loop, &c->again, now + (wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS));
}

static void on_exit_event(loop_io *io, uint32_t events)
{
    child *c = io->ctx;
    siginfo_t info;
    (void)events;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
        return;
    pid_t pid = c->pid;
    c->pid = 0; /* the number may be another's from now on */
    /* What it still said comes first. */
    if (ipc_is_open(&c->channel) && c->channel.io.on_event != NULL)
        c->channel.io.on_event(&c->channel.io, EPOLLIN);
    loop_unwatch(&c->m->loop, &c->exit);
    close(c->exit.fd);
    c->exit.fd = -1;
    bool by_signal = info.si_code != CLD_EXITED;
    c->crashed = by_signal ? info.si_status != SIGKILL : info.si_status != 0;
    log_line(c->wanted ? "error" : "info", "monitor.child_ended", "role=%s index=%u pid=%d %s=%d",
             role_name(c->role), c->index, pid, by_signal ? "signal" : "status", info.si_status);
    c->ready = false;
    ipc_close(&c->channel);
    if (c->wanted)
        back_off(c);
    monitor_child_died(c);
}

void child_start(child *c)
{
    int fds[2];
    c->wanted = true;
    c->generation++;
    c->started = loop_clock();
    c->exit.on_event = on_exit_event;
    c->exit.ctx = c;
    c->exit.fd = -1;
    c->channel.on_message = on_message;
    c->channel.on_closed = on_closed;
    c->channel.ctx = c;
    if (ipc_pair(fds) != COT_OK) {
        back_off(c);
        return;
    }
    cot_status s = fork_child(c, fds[1]);
    close(fds[1]);
    cot_status opened = ipc_open(&c->channel, &c->m->loop, fds[0], QUEUE);
    if (s != COT_OK || opened != COT_OK) {
        log_line("error", "monitor.start_failed", "role=%s reason=\"%s\"", role_name(c->role),
                 strerror(errno));
        if (c->pid > 0)
            (void)kill(c->pid, SIGKILL);
        else
            back_off(c);
        return;
    }
    log_line("info", "monitor.child_started", "role=%s index=%u pid=%d generation=%u",
             role_name(c->role), c->index, c->pid, c->generation);
    give_descriptors(c);
    give_config(c);
    connect_peers(c);
}
