/* SPDX-License-Identifier: Apache-2.0 */
/* The role net: a worker in its own process. */
#include "server/net/net.h"
#include "server/net/session.h"
#include "server/sandbox/sandbox.h"

#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

static net_worker worker;

static void on_peer(role_env *env, const ipc_peer *peer, int fd)
{
    net_worker *w = env->ctx;
    if (peer->role == IPC_HUB)
        net_hub_open(w, fd);
    else if (peer->role == IPC_KEYS)
        net_keys_open(w, fd);
    else
        close(fd);
}

static void peer_lost(net_worker *w, uint8_t role)
{
    role_peer_lost(w->env, role, 0);
}

static void on_stop(role_env *env)
{
    net_worker *w = env->ctx;
    net_refresh_all(w);
    ipc_flush(&w->hub);
    net_flush(w);
    log_line("info", "net.stopping",
             "received=%llu sent=%llu malformed=%llu unknown_option=%llu dropped=%llu",
             (unsigned long long)w->counters.received, (unsigned long long)w->counters.sent,
             (unsigned long long)w->counters.malformed,
             (unsigned long long)w->counters.unknown_option,
             (unsigned long long)w->counters.dropped);
    loop_stop(env->loop);
}

/* The whole file, which is closed afterwards. False: unreadable, or longer than `cap`. */
static bool read_whole(int fd, uint8_t *out, size_t cap, size_t *len)
{
    ssize_t n = 1;
    *len = 0;
    while (*len < cap && n > 0) {
        n = read(fd, out + *len, cap - *len);
        *len += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return n == 0;
}

static bool setup_of(const role_env *env, net_setup *s)
{
    memset(s, 0, sizeof *s);
    s->loop = env->loop;
    s->config = env->config;
    s->table_fd = role_fd_of(env, ROLE_FD_TABLE);
    for (size_t i = 0; i < env->fd_count; i++) {
        const role_fd *f = &env->fds[i];
        if (f->kind != ROLE_FD_COAP && f->kind != ROLE_FD_COAPS)
            continue;
        if (s->listener_count == NET_LISTENERS)
            return false;
        s->listeners[s->listener_count].fd = f->fd;
        s->listeners[s->listener_count].dtls = f->kind == ROLE_FD_COAPS;
        s->listeners[s->listener_count].loopback = f->loopback;
        s->listener_count++;
    }
    return s->table_fd >= 0;
}

int net_main(role_env *env)
{
    static uint8_t cert[4096];
    static uint8_t anchors[65536];
    size_t cert_len = 0;
    size_t anchors_len = 0;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    net_setup s;
    int cert_fd = role_fd_of(env, ROLE_FD_SERVER_CERT);
    int ca_fd = role_fd_of(env, ROLE_FD_CLIENT_CA);
    if (!setup_of(env, &s)) {
        role_failed(env, "the monitor gave no table");
        return 2;
    }
    if (cert_fd < 0 || !read_whole(cert_fd, cert, sizeof cert, &cert_len)) {
        role_failed(env, "the server's certificate cannot be read");
        return 2;
    }
    if (ca_fd >= 0 && !read_whole(ca_fd, anchors, sizeof anchors, &anchors_len)) {
        role_failed(env, "the file of client_ca cannot be read, or is longer than 64 KiB");
        return 2;
    }
    (void)SHA256(cert, cert_len, digest);
    memcpy(s.server_key, digest, sizeof s.server_key);
    cot_status st = net_open(&worker, &s);
    const char *why = st == COT_E_LIMIT
                          ? "there is no room for the table on the run directory's file system"
                          : "the table cannot be mapped";
    if (st == COT_OK)
        st = net_session_open(&worker, (cot_bytes){cert, cert_len},
                              (cot_bytes){anchors, anchors_len}, &why);
    if (st != COT_OK) {
        role_failed(env, why);
        return 2;
    }
    log_line("info", "net.table", "adopted=%u discarded=%u quarantined=%u fresh=%d",
             worker.table.adopted, worker.table.discarded, worker.table.quarantined,
             worker.table.fresh);
    worker.env = env;
    worker.peer_lost = peer_lost;
    env->ctx = &worker;
    env->on_peer = on_peer;
    env->on_stop = on_stop;
    if (sandbox_seal(SANDBOX_NET) != COT_OK) {
        role_failed(env, "the kernel refuses the system call list");
        return 2;
    }
    role_ready(env);
    int status = role_run(env);
    table_close(&worker.table);
    return status;
}
