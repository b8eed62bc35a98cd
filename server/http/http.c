/* SPDX-License-Identifier: Apache-2.0 */
/* The http process: listeners from the monitor, libmicrohttpd inside our loop, channels to hub and
 * keys. */
#include "server/http/assets.h"
#include "server/http/server.h"
#include "server/sandbox/sandbox.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IDLE_S 30u /* a connection on which nothing moves is closed */
#define CONNECTION_BYTES 32768u
#define CLIENT_CONNECTIONS_MAX 64 /* of one address, over HTTPS */

/* ---- libmicrohttpd in the loop ---- */

static void run(http_listener *l)
{
    MHD_UNSIGNED_LONG_LONG wait = 0;
    (void)MHD_run(l->daemon);
    if (MHD_get_timeout(l->daemon, &wait) == MHD_YES) {
        loop_arm(l->server->loop, &l->timer, l->server->loop->now + (cot_ms)wait);
    } else {
        loop_disarm(l->server->loop, &l->timer);
    }
}

static void on_event(loop_io *io, uint32_t events)
{
    (void)events;
    run(io->ctx);
}

static void on_due(loop_timer *t)
{
    run(t->ctx);
}

/* What libmicrohttpd has to say is about clients' mistakes: nothing for the log. */
static void on_log(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    (void)fmt;
    (void)ap;
}

static char *read_pem(int fd)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > 1 << 20) {
        return NULL;
    }
    size_t size = (size_t)st.st_size;
    char *text = calloc(1, size + 1);
    if (text != NULL && pread(fd, text, size, 0) != (ssize_t)size) {
        http_free(text);
        text = NULL;
    }
    return text;
}

static struct MHD_Daemon *start_daemon(http_listener *l, int fd, const struct MHD_OptionItem *tls)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (tls->option != MHD_OPTION_END ? MHD_USE_TLS : 0u);
    return MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, l,                     //
                            MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,                     //
                            MHD_OPTION_LISTEN_SOCKET, fd,                                 //
                            MHD_OPTION_URI_LOG_CALLBACK, http_on_uri, l,                  //
                            MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, l,            //
                            MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX,            //
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,                        //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, //
                            MHD_OPTION_ARRAY, tls,                                        //
                            MHD_OPTION_END);
}

static bool watch(http_listener *l)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL) {
        return false;
    }
    l->io = (loop_io){.fd = info->epoll_fd, .on_event = on_event, .ctx = l};
    l->timer = (loop_timer){.on_due = on_due, .ctx = l};
    return loop_watch(l->server->loop, &l->io, EPOLLIN) == COT_OK;
}

static bool listen_on(http_server *s, const role_fd *f)
{
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    if (s->listener_count == HTTP_LISTENERS_MAX) {
        return false;
    }
    http_listener *l = &s->listeners[s->listener_count];
    l->server = s;
    l->local = f->kind == ROLE_FD_HTTP_UNIX;
    l->plain = f->kind == ROLE_FD_HTTP;
    if (f->kind != ROLE_FD_HTTPS) {
        l->daemon = start_daemon(l, f->fd, none);
    } else {
        char *cert = read_pem(role_fd_of(s->env, ROLE_FD_HTTPS_CERT));
        char *key = read_pem(role_fd_of(s->env, ROLE_FD_HTTPS_KEY));
        struct MHD_OptionItem tls[] = {
            {MHD_OPTION_HTTPS_MEM_CERT, 0, cert},
            {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
            {MHD_OPTION_PER_IP_CONNECTION_LIMIT, CLIENT_CONNECTIONS_MAX, NULL},
            {MHD_OPTION_END, 0, NULL}};
        l->daemon = cert != NULL && key != NULL ? start_daemon(l, f->fd, tls) : NULL;
        http_free(cert);
        http_free(key);
    }
    if (l->daemon == NULL || !watch(l)) {
        return false;
    }
    s->listener_count++;
    return true;
}

static bool listen_on_all(http_server *s)
{
    char text[ROLE_TEXT_MAX];
    for (size_t i = 0; i < s->env->fd_count; i++) {
        const role_fd *f = &s->env->fds[i];
        bool listens =
            f->kind == ROLE_FD_HTTP || f->kind == ROLE_FD_HTTP_UNIX || f->kind == ROLE_FD_HTTPS;
        if (listens && !listen_on(s, f)) {
            (void)snprintf(text, sizeof text, "cannot serve the API on %s%s", f->address,
                           f->kind == ROLE_FD_HTTPS ? ": check api_cert and api_key" : "");
            role_failed(s->env, text);
            return false;
        }
    }
    return true;
}

/* ---- the page's policy ---- */

/* "'sha256-…'" of what stands between two marks in the page. */
static void hash_of(char out[static 64], const char *page, const char *open, const char *close)
{
    const char *from = strstr(page, open);
    const char *to = from != NULL ? strstr(from, close) : NULL;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    unsigned char text[48];
    if (to == NULL) {
        memcpy(out, "'none'", 7);
        return;
    }
    from += strlen(open);
    (void)SHA256((const unsigned char *)from, (size_t)(to - from), digest);
    (void)EVP_EncodeBlock(text, digest, sizeof digest);
    (void)snprintf(out, 64, "'sha256-%s'", (const char *)text);
}

static bool make_policy(http_server *s)
{
    char script[64];
    char style[64];
    char *page = strndup((const char *)http_page_html, http_page_html_len);
    if (page == NULL) {
        return false;
    }
    hash_of(script, page, "<script>", "</script>");
    hash_of(style, page, "<style>", "</style>");
    free(page);
    (void)snprintf(s->page_policy, sizeof s->page_policy,
                   "default-src 'none'; script-src %s; style-src %s; connect-src 'self'; "
                   "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                   script, style);
    return true;
}

/* ---- peers ---- */

static cot_status on_hub_message(void *ctx, ipc_type type, cot_reader *body)
{
    http_server *s = ctx;
    return type == IPC_EVENT ? http_events_add(&s->events, body) : COT_E_UNSUPPORTED;
}

static void on_hub_up(void *ctx)
{
    http_server *s = ctx;
    http_events_end(&s->events); /* readers come again with ?since, which asks the new hub */
}

static void on_hub_down(void *ctx)
{
    http_server *s = ctx;
    role_peer_lost(s->env, IPC_HUB, 0);
}

static void on_keys_down(void *ctx)
{
    http_server *s = ctx;
    role_peer_lost(s->env, IPC_KEYS, 0);
}

static void on_peer(role_env *env, const ipc_peer *peer, int fd)
{
    http_server *s = env->ctx;
    if (peer->role == IPC_HUB) {
        http_link_up(&s->hub, fd);
    } else if (peer->role == IPC_KEYS) {
        http_link_up(&s->keys, fd);
    } else {
        (void)close(fd);
    }
}

static void init(http_server *s, role_env *env)
{
    s->env = env;
    s->loop = env->loop;
    env->ctx = s;
    env->on_peer = on_peer;
    json_set_alloc_funcs(http_alloc, http_free);
    http_link_init(&s->hub, env->loop, IPC_REPLY, env->config.generation);
    http_link_init(&s->keys, env->loop, IPC_SEALED, env->config.generation);
    s->hub.on_other = on_hub_message;
    s->hub.on_up = on_hub_up;
    s->hub.on_down = on_hub_down;
    s->hub.ctx = s;
    s->keys.on_down = on_keys_down;
    s->keys.ctx = s;
    http_events_init(&s->events, env->loop);
}

http_server *http_start(role_env *env)
{
    http_server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        role_failed(env, "http: out of memory");
        return NULL;
    }
    init(s, env);
    if (getrandom(s->guard.key, sizeof s->guard.key, 0) != (ssize_t)sizeof s->guard.key ||
        !make_policy(s)) {
        role_failed(env, "http: no randomness or no memory");
    } else if (listen_on_all(s)) {
        return s;
    }
    http_stop(s);
    return NULL;
}

/* libmicrohttpd must not be stopped while requests are suspended: all are ended first. */
void http_stop(http_server *s)
{
    http_link_free(&s->hub);
    http_link_free(&s->keys);
    http_events_end(&s->events);
    for (size_t i = 0; i < s->listener_count; i++) {
        http_listener *l = &s->listeners[i];
        (void)MHD_run(l->daemon);
        loop_unwatch(s->loop, &l->io);
        loop_disarm(s->loop, &l->timer);
        MHD_stop_daemon(l->daemon);
    }
    http_events_free(&s->events);
    free(s);
}

/* What libraries would open at their first use, behind the sandbox: jansson /dev/urandom at its first
 * object, libc the time zone at libmicrohttpd's first Date, libcrypto its configuration. */
static bool before_seal(void)
{
    size_t seed = 0;
    if (setenv("TZ", "UTC0", 1) != 0 || getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return false;
    tzset();
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return false;
    json_object_seed(seed | 1);
    return true;
}

int http_main(role_env *env)
{
    http_server *s = before_seal() ? http_start(env) : NULL;
    if (s == NULL || sandbox_seal(SANDBOX_HTTP) != COT_OK) {
        return 2;
    }
    role_ready(env);
    int status = role_run(env);
    http_stop(s);
    return status;
}
