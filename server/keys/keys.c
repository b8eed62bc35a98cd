/* SPDX-License-Identifier: Apache-2.0 */
/* The process that holds the keys. It answers three requests, each from the one kind of peer that may
 * ask: seal (http), master secret of a sealed PSK (hub; the answer goes to the worker), signature (net). */
#include "server/keys/files.h"
#include "server/keys/master.h"

#include "server/ipc/ipc.h"
#include "server/role.h"
#include "server/sandbox/sandbox.h"

#include <openssl/rand.h>

#include <string.h>
#include <unistd.h>

#define QUEUE (4u * IPC_DATAGRAM_MAX)
#define PSK_GUESS 16u /* bytes of the key that stands in for an unknown one: the usual length */

typedef struct keys_state {
    keys_files files;
    keys_prf *prf;
    role_env *env;
    ipc_channel net[ROLE_WORKERS_MAX];
    ipc_channel hub;
    ipc_channel http;
} keys_state;

/* A blob that does not open, for identities without one: the same work as for a known identity. */
static cot_bytes decoy(void)
{
    static const uint8_t blob[KEYS_SEAL_OVERHEAD + PSK_GUESS] = {1};
    return (cot_bytes){blob, sizeof blob};
}

/* The master secret; for a key that does not open, or none, that of a random key and credential 0. */
static cot_status make_master(keys_state *k, const ipc_master_wanted *m, ipc_master *out)
{
    uint8_t psk[KEYS_SECRET_MAX];
    uint8_t guess[PSK_GUESS];
    size_t len = 0;
    cot_bytes sealed = m->sealed.len == 0 ? decoy() : m->sealed;
    bool known = keys_unseal(k->files.sealing, m->identity, sealed, psk, &len) == COT_OK;
    cot_status s =
        RAND_priv_bytes(guess, sizeof guess) == 1 ? COT_OK : COT_E_IO; /* always: equal work */
    if (!known) {
        len = PSK_GUESS;
        memcpy(psk, guess, sizeof guess);
    }
    out->id = m->id;
    out->credential = known ? m->credential : 0;
    if (s == COT_OK)
        s = keys_master(k->prf, (cot_bytes){psk, len}, m->kind == IPC_MASTER_EXTENDED, m->seed,
                        out->master);
    if (!known && m->sealed.len != 0)
        log_line("error", "keys.unseal", "credential=%llu reason=\"sealed with another key\"",
                 (unsigned long long)m->credential);
    cot_wipe(psk, sizeof psk);
    return s;
}

static cot_status on_hub(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    keys_state *k = c->ctx;
    ipc_master_wanted m;
    ipc_master answer;
    if (fd >= 0)
        close(fd);
    if (type != IPC_MASTER_WANTED)
        return COT_E_UNSUPPORTED;
    cot_status s = ipc_get_master_wanted(body, &m);
    if (s != COT_OK || m.worker >= ROLE_WORKERS_MAX)
        return s != COT_OK ? s : COT_E_RANGE;
    ipc_channel *net = &k->net[m.worker];
    if (!ipc_is_open(net))
        return COT_OK; /* it died since; its handshakes went with it */
    if (make_master(k, &m, &answer) == COT_OK) {
        ipc_put_master(ipc_begin(net, IPC_MASTER), &answer);
        if (ipc_end(net, -1) != COT_OK)
            log_line("warn", "keys.full", "to=net.%u", (unsigned)m.worker);
    }
    cot_wipe(&answer, sizeof answer);
    return COT_OK;
}

static cot_status on_net(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    keys_state *k = c->ctx;
    ipc_sign m;
    uint8_t der[KEYS_SIGNATURE_MAX];
    size_t len = 0;
    if (fd >= 0)
        close(fd);
    if (type != IPC_SIGN)
        return COT_E_UNSUPPORTED;
    cot_status s = ipc_get_sign(body, &m);
    if (s != COT_OK)
        return s;
    if (m.key != 1 || keys_sign(k->files.signer, m.digest, der, &len) != COT_OK)
        len = 0;
    ipc_put_signature(ipc_begin(c, IPC_SIGNATURE), &(ipc_signature){m.id, {der, len}});
    if (ipc_end(c, -1) != COT_OK)
        log_line("warn", "keys.full", "to=net");
    return COT_OK;
}

static cot_status on_http(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    keys_state *k = c->ctx;
    ipc_seal m;
    uint8_t sealed[KEYS_SEALED_SIZE];
    size_t len = 0;
    if (fd >= 0)
        close(fd);
    if (type != IPC_SEAL)
        return COT_E_UNSUPPORTED;
    cot_status s = ipc_get_seal(body, &m);
    if (s != COT_OK)
        return s;
    if (keys_seal(k->files.sealing, m.identity, m.secret, sealed, &len) != COT_OK)
        len = 0;
    ipc_put_sealed(ipc_begin(c, IPC_SEALED), &(ipc_sealed){m.id, {sealed, len}});
    if (ipc_end(c, -1) != COT_OK)
        log_line("warn", "keys.full", "to=http");
    return COT_OK;
}

static void on_closed(ipc_channel *c)
{
    keys_state *k = c->ctx;
    uint8_t role = c == &k->hub ? IPC_HUB : c == &k->http ? IPC_HTTP : IPC_NET;
    role_peer_lost(k->env, role, role == IPC_NET ? (uint8_t)(c - k->net) : 0);
}

static void on_peer(role_env *env, const ipc_peer *peer, int fd)
{
    keys_state *k = env->ctx;
    ipc_channel *c = NULL;
    ipc_handler *handler = NULL;
    if (peer->role == IPC_NET && peer->index < ROLE_WORKERS_MAX) {
        c = &k->net[peer->index];
        handler = on_net;
    } else if (peer->role == IPC_HUB) {
        c = &k->hub;
        handler = on_hub;
    } else if (peer->role == IPC_HTTP) {
        c = &k->http;
        handler = on_http;
    }
    if (c == NULL) {
        close(fd);
        return;
    }
    if (ipc_is_open(c))
        ipc_close(c);
    c->on_message = handler;
    c->on_closed = on_closed;
    c->ctx = k;
    c->secret = true;
    if (ipc_open(c, env->loop, fd, QUEUE) != COT_OK)
        log_line("error", "keys.channel", "role=%u", (unsigned)peer->role);
}

int keys_main(role_env *env)
{
    static keys_state k;
    const char *why = "no key folder was handed over";
    int dir = role_fd_of(env, ROLE_FD_KEYS_DIR);
    k.env = env;
    if (dir < 0 || keys_files_open(dir, env->config.fresh, &k.files, &why) != COT_OK)
        return role_failed(env, why), 2;
    close(dir);
    k.prf = keys_prf_new();
    if (k.prf == NULL)
        return role_failed(env, "libcrypto has no HMAC-SHA-256"), 2;
    env->on_peer = on_peer;
    env->ctx = &k;
    if (sandbox_seal(SANDBOX_KEYS) != COT_OK)
        return role_failed(env, "the system call list was refused"), 2;
    role_ready(env);
    int status = role_run(env);
    keys_prf_free(k.prf);
    keys_files_close(&k.files);
    return status;
}
