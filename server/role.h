/* SPDX-License-Identifier: Apache-2.0 */
/* What each of cotterd's processes gets from the monitor, and the four entry points. server/main.c is
 * the monitor; it forks, executes itself again for each role, and hands over configuration, descriptors
 * and channels. By the time a role's entry point runs, it has its own user and root directory, no new
 * privileges, its resource limits, and is not dumpable. What is left to the role:
 *   1. prepare: read its descriptors, allocate, start its threads (still without the system call list);
 *   2. sandbox_seal(SANDBOX_…) (server/sandbox/sandbox.h);
 *   3. role_ready(env), then role_run(env), which returns when the monitor says IPC_STOP or has died;
 *   4. finish what is under way, return 0 (2 after role_failed). */
#ifndef COTTER_SERVER_ROLE_H
#define COTTER_SERVER_ROLE_H

#include "server/ipc/ipc.h"
#include "server/ipc/loop.h"

#define ROLE_FDS 64u
#define ROLE_WORKERS_MAX 64u
#define ROLE_TEXT_MAX 256u
#define ROLE_ADDRESS_MAX 112u
#define ROLE_LISTENERS 4u /* addresses of each kind */

typedef enum role_fd_kind {
    ROLE_FD_TABLE = 1,   /* net: its table file, read-write */
    ROLE_FD_COAP,        /* net: a UDP socket, plain CoAP; flags ROLE_FD_LOOPBACK */
    ROLE_FD_COAPS,       /* net: a UDP socket, DTLS */
    ROLE_FD_CLIENT_CA,   /* net: PEM file of the CAs of client certificates, read-only */
    ROLE_FD_SERVER_CERT, /* net, hub: DER of the server's own certificate (self-signed), read-only */
    ROLE_FD_KEYS_DIR,    /* keys: DATA/keys, mode 0700; openat() is possible until the seal */
    ROLE_FD_DATA_DIR,    /* hub: DATA/hub, mode 0700, also its root directory ("/") */
    ROLE_FD_ADMIN_TOKEN, /* hub: /run/cotter/admin.token, read-write, 0640; empty at a first start */
    ROLE_FD_HTTP,        /* http: listening TCP socket, plain HTTP, loopback only */
    ROLE_FD_HTTP_UNIX,   /* http: listening Unix socket */
    ROLE_FD_HTTPS,       /* http: listening TCP socket */
    ROLE_FD_HTTPS_CERT,  /* http: PEM chain, read-only */
    ROLE_FD_HTTPS_KEY    /* http: PEM private key, read-only */
} role_fd_kind;

/* One descriptor. `address` is what it listens on, as text ("127.0.0.1:5683", "[::1]:5684", a path). */
typedef struct role_fd {
    uint8_t kind; /* role_fd_kind */
    bool loopback;
    int fd;
    char address[ROLE_ADDRESS_MAX];
} role_fd;

/* The role's part of the configuration; the monitor's body of IPC_START. Units as named. */
typedef struct role_config {
    uint8_t role;        /* ipc_role */
    uint8_t index;       /* worker number */
    uint8_t workers;     /* how many net processes */
    uint32_t generation; /* counts this process's starts */
    bool fresh; /* there is no database yet: a first start. keys makes its files only then */
    bool
        crashed; /* this process's last run ended by itself in a fault, not by a SIGKILL or a stop */
    bool allow_nosec;      /* NoSec also off loopback */
    uint32_t max_devices;  /* a worker's table and hub's limit */
    uint32_t lifetime_min; /* s */
    uint32_t lifetime_max; /* s */
    uint32_t handshakes;   /* running at once in a worker */
    uint8_t boot_id[16];
    char version[32];               /* cotterd's version text */
    char public_uri[ROLE_TEXT_MAX]; /* coaps://HOST:PORT that devices reach us at; may be empty */
    char coap[ROLE_LISTENERS][ROLE_ADDRESS_MAX]; /* what the workers listen on; "" ends the list */
    char coaps[ROLE_LISTENERS][ROLE_ADDRESS_MAX];
} role_config;

typedef struct role_env role_env;
struct role_env {
    role_config config;
    role_fd fds[ROLE_FDS];
    size_t fd_count;
    loop *loop;
    ipc_channel *monitor;
    bool stopping;

    /* Set by the role before role_run(). on_peer: `fd` is a channel to that peer from now on and
     * belongs to the callee; an older channel to the same peer is dead. Peers that came before
     * role_run() are delivered when it starts. on_stop may be NULL: the loop then stops at once; else it
     * is called once and the role calls loop_stop(env->loop) when it has finished (≤ 2 s). */
    void (*on_peer)(role_env *env, const ipc_peer *peer, int fd);
    void (*on_stop)(role_env *env);
    void *ctx;
};

/* The first descriptor of that kind, or -1. It stays open until the role closes it. */
int role_fd_of(const role_env *env, role_fd_kind kind);
/* Tell the monitor that this process serves. */
void role_ready(role_env *env);
/* Tell the monitor why this process cannot start: one line, ≤ ROLE_TEXT_MAX bytes. The monitor
 * prints it and ends with status 2 if this is the first start. Return 2 from the entry point then. */
void role_failed(role_env *env, const char *text);
/* The channel to that peer has ended (its on_closed was called). If the peer still lives after a second the
 * monitor makes a new one for both; if it died, its next start brings one anyway. */
void role_peer_lost(role_env *env, uint8_t role, uint8_t index);
/* Serve until told to stop. 0; 1 when the loop failed. */
int role_run(role_env *env);

/* One logfmt line on stderr: level proc event key=value…; values with spaces or quotes are quoted and
 * escaped. `fmt` is printf-like and already logfmt ("endpoint=%s" is NOT escaped: use log_text).
 *     log_line("warn", "net.refused", "mode=%s reason=%s", …); */
void log_line(const char *level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Escape bytes from the network for a logfmt value: `out` gets a quoted, printable text, NUL-terminated,
 * cut to `cap`. Returns `out`. */
const char *log_text(char *out, size_t cap, cot_bytes bytes);
/* The process's name in the lines, "net.0"; the monitor sets it. */
void log_name(const char *name);

int net_main(role_env *env);
int keys_main(role_env *env);
int hub_main(role_env *env);
int http_main(role_env *env);

#endif
