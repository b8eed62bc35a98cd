/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor: opens everything, starts the four roles in order, keeps them running, stops them in
 * order. It parses nothing from the network and holds no secret. */
#include "server/monitor/monitor.h"
#include "server/monitor/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE_MS 4000u
#define START_TRIES 5u

static int say(const char *text)
{
    (void)fprintf(stderr, "cotterd: %s\n", text);
    return 2;
}

/* ---- listeners ---- */

static cot_status open_udp(monitor *m, const config_listener *list, bool dtls, char *error)
{
    for (size_t i = 0; i < ROLE_LISTENERS && list[i].text[0] != '\0'; i++) {
        listener *l = &m->udp[m->udp_count];
        listen_address a;
        cot_status s = listen_parse(list[i].text, &a);
        if (s == COT_OK)
            s = listen_udp(&a, l->fds, m->config.workers);
        /* A machine without IPv6 is served on IPv4. */
        if (s != COT_OK && a.sa.ss_family == AF_INET6 && errno == EAFNOSUPPORT) {
            log_line("warn", "monitor.no_ipv6", "address=%s", list[i].text);
            continue;
        }
        if (s != COT_OK) {
            (void)snprintf(error, CONFIG_ERROR_MAX, "%s: cannot listen: %s", list[i].text,
                           strerror(errno));
            return s;
        }
        l->dtls = dtls;
        l->loopback = listen_is_loopback(&a);
        (void)listen_text(l->fds[0], l->address, sizeof l->address);
        m->udp_count++;
    }
    return COT_OK;
}

static cot_status open_tcp(const char *at, int *fd, char *address, char *error)
{
    listen_address a;
    *fd = -1;
    if (at[0] == '\0')
        return COT_OK;
    cot_status s = listen_parse(at, &a);
    if (s == COT_OK)
        s = listen_tcp(&a, fd);
    if (s != COT_OK) {
        (void)snprintf(error, CONFIG_ERROR_MAX, "%s: cannot listen: %s", at, strerror(errno));
        return s;
    }
    return listen_text(*fd, address, ROLE_ADDRESS_MAX);
}

static cot_status open_unix(monitor *m, char *error)
{
    if (listen_unix(m->config.http_unix, m->files.group, &m->http_unix) == COT_OK)
        return COT_OK;
    m->http_unix = -1;
    (void)snprintf(error, CONFIG_ERROR_MAX, "%s: cannot listen: %s", m->config.http_unix,
                   strerror(errno));
    return COT_E_IO;
}

static cot_status open_listeners(monitor *m, char *error)
{
    cot_status s = open_udp(m, m->config.coap, false, error);
    if (s == COT_OK)
        s = open_udp(m, m->config.coaps, true, error);
    if (s == COT_OK)
        s = open_tcp(m->config.http.text, &m->http, m->http_address, error);
    if (s == COT_OK)
        s = open_tcp(m->config.https.text, &m->https, m->https_address, error);
    if (s == COT_OK)
        s = open_unix(m, error);
    return s;
}

/* Is there one, and is it dead? Then it is closed. */
static bool has_died(int *fd)
{
    if (*fd < 0 || listen_is_alive(*fd))
        return false;
    close(*fd);
    *fd = -1;
    return true;
}

/* A socket that http shuts down is shut down for all who hold it: the monitor and the next http too. */
void monitor_renew_listeners(monitor *m)
{
    struct {
        int *fd;
        char *address;
    } tcp[] = {{&m->http, m->http_address}, {&m->https, m->https_address}};
    char error[CONFIG_ERROR_MAX] = "";
    for (size_t i = 0; i < 2; i++) {
        cot_status s = COT_OK;
        char at[ROLE_ADDRESS_MAX]; /* as bound: the configured port may be 0 */
        memcpy(at, tcp[i].address, sizeof at);
        if (has_died(tcp[i].fd) || (*tcp[i].fd < 0 && at[0] != '\0'))
            s = open_tcp(at, tcp[i].fd, tcp[i].address, error);
        if (s != COT_OK)
            log_line("error", "monitor.listener_lost", "reason=\"%s\"", error);
    }
    if ((has_died(&m->http_unix) || m->http_unix < 0) && open_unix(m, error) != COT_OK)
        log_line("error", "monitor.listener_lost", "reason=\"%s\"", error);
}

/* ---- start: keys, then hub, then the workers and http ---- */

static child *add_child(monitor *m, uint8_t role, uint8_t index)
{
    child *c = &m->children[m->child_count++];
    c->m = m;
    c->role = role;
    c->index = index;
    return c;
}

static void start_role(monitor *m, uint8_t role)
{
    for (size_t i = 0; i < m->child_count; i++)
        if (m->children[i].role == role && m->children[i].generation == 0)
            child_start(&m->children[i]);
}

static bool all_ready_once(const monitor *m)
{
    for (size_t i = 0; i < m->child_count; i++)
        if (!m->children[i].once)
            return false;
    return true;
}

void monitor_child_ready(child *c)
{
    monitor *m = c->m;
    log_line("info", "monitor.child_ready", "role=%s index=%u pid=%d ms=%llu", role_name(c->role),
             c->index, c->pid, (unsigned long long)(loop_clock() - c->started));
    if (m->stage != 0)
        return;
    if (c->role == IPC_KEYS)
        start_role(m, IPC_HUB);
    if (c->role == IPC_HUB) {
        start_role(m, IPC_NET);
        start_role(m, IPC_HTTP);
    }
    if (all_ready_once(m) && c->generation == 1)
        log_line("info", "monitor.ready", "workers=%u version=%s", m->config.workers, m->version);
}

/* ---- stop: http and the workers, then hub, then keys ---- */

static bool in_stage(uint8_t stage, uint8_t role)
{
    return stage == 1   ? role == IPC_HTTP || role == IPC_NET
           : stage == 2 ? role == IPC_HUB
                        : role == IPC_KEYS;
}

static void on_late(loop_timer *t)
{
    monitor *m = t->ctx;
    for (size_t i = 0; i < m->child_count; i++) {
        child *c = &m->children[i];
        if (c->pid > 0 && in_stage(m->stage, c->role)) {
            log_line("warn", "monitor.killed", "role=%s index=%u", role_name(c->role), c->index);
            (void)kill(c->pid, SIGKILL);
        }
    }
}

static bool stage_over(const monitor *m)
{
    for (size_t i = 0; i < m->child_count; i++)
        if (m->children[i].pid > 0 && in_stage(m->stage, m->children[i].role))
            return false;
    return true;
}

static void next_stage(monitor *m)
{
    do {
        m->stage++;
    } while (m->stage <= 3 && stage_over(m));
    if (m->stage > 3) {
        loop_stop(&m->loop);
        return;
    }
    for (size_t i = 0; i < m->child_count; i++) {
        child *c = &m->children[i];
        if (c->pid > 0 && in_stage(m->stage, c->role)) {
            (void)ipc_send_empty(&c->channel, IPC_STOP);
            ipc_flush(&c->channel);
        }
    }
    m->late.on_due = on_late;
    m->late.ctx = m;
    loop_arm(&m->loop, &m->late, loop_clock() + STAGE_MS);
}

static void stop(monitor *m, int status)
{
    if (m->stage != 0)
        return;
    m->status = status;
    for (size_t i = 0; i < m->child_count; i++) {
        m->children[i].wanted = false;
        loop_disarm(&m->loop, &m->children[i].again);
    }
    next_stage(m);
}

void monitor_child_died(child *c)
{
    monitor *m = c->m;
    if (m->stage != 0) {
        if (stage_over(m))
            next_stage(m);
    } else if (!c->once && c->failures >= START_TRIES) {
        (void)fprintf(stderr, "cotterd: %s does not start; the lines above say why\n",
                      role_name(c->role));
        stop(m, 1);
    }
}

/* `text` for the operator's terminal. */
static const char *printable(char line[static ROLE_TEXT_MAX + 8], cot_bytes text)
{
    size_t n = text.len < ROLE_TEXT_MAX ? text.len : ROLE_TEXT_MAX;
    for (size_t i = 0; i < n; i++)
        line[i] = (char)(text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
    line[n] = '\0';
    return line;
}

void monitor_child_failed(child *c, cot_bytes text)
{
    char line[ROLE_TEXT_MAX + 8];
    log_line("error", "monitor.child_failed", "role=%s reason=%s", role_name(c->role),
             log_text(line, sizeof line, text));
    if (c->once || c->m->stage != 0)
        return;
    (void)fprintf(stderr, "cotterd: %s: %s\n", role_name(c->role), printable(line, text));
    stop(c->m, 2);
}

/* ---- signals ---- */

static void on_signal(loop_io *io, uint32_t events)
{
    monitor *m = io->ctx;
    struct signalfd_siginfo s;
    (void)events;
    if (read(io->fd, &s, sizeof s) != (ssize_t)sizeof s || s.ssi_signo == SIGHUP)
        return;
    log_line("info", "monitor.stopping", "signal=%u", s.ssi_signo);
    stop(m, 0);
}

static cot_status watch_signals(monitor *m)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return COT_E_IO;
    m->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    m->signals.on_event = on_signal;
    m->signals.ctx = m;
    return m->signals.fd < 0 ? COT_E_IO : loop_watch(&m->loop, &m->signals, EPOLLIN);
}

/* Descriptors 0..6 must be taken before anything else is opened: a child's places must be free. */
static void reserve_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd < MONITOR_DATA_LOCK_FD);
    (void)fcntl(STDIN_FILENO, F_SETFD, 0);
}

int monitor_run(monitor *m, const char *config_file, const char *version)
{
    char error[CONFIG_ERROR_MAX] = "";
    m->version = version;
    reserve_descriptors();
    (void)umask(077);
    if (config_load(&m->config, config_file, error) != COT_OK)
        return say(error);
    if (loop_init(&m->loop) != COT_OK || watch_signals(m) != COT_OK)
        return say("the kernel gives no epoll or signalfd");
    if (files_prepare(&m->files, &m->config, error) != COT_OK || open_listeners(m, error) != COT_OK)
        return say(error);
    (void)add_child(m, IPC_KEYS, 0);
    (void)add_child(m, IPC_HUB, 0);
    for (uint32_t i = 0; i < m->config.workers; i++)
        (void)add_child(m, IPC_NET, (uint8_t)i);
    (void)add_child(m, IPC_HTTP, 0);
    for (size_t i = 0; i < m->udp_count; i++)
        log_line("info", "monitor.listening", "scheme=%s address=%s",
                 m->udp[i].dtls ? "coaps" : "coap", m->udp[i].address);
    if (m->http >= 0)
        log_line("info", "monitor.listening", "scheme=http address=%s", m->http_address);
    start_role(m, IPC_KEYS);
    if (loop_run(&m->loop) != COT_OK)
        return say("the event loop failed");
    log_line("info", "monitor.stopped", "status=%d", m->status);
    return m->status;
}
