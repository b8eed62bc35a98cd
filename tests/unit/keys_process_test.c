/* SPDX-License-Identifier: Apache-2.0 */
/* The keys process over real channels: what each peer gets, and what it does not get (rules 6, 7, 8). */
#include "tests/unit/test.h"

#include "server/keys/files.h"
#include "server/keys/master.h"
#include "server/role_wire.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUEUE (4u * IPC_DATAGRAM_MAX)

static char folder[64];
static int dir;
static loop l;
static ipc_channel monitor;
static ipc_channel net[2];
static ipc_channel hub;
static ipc_channel http;
static pid_t child;
static bool ready;
static unsigned heard; /* messages */
static ipc_master master;
static uint8_t master_worker;
static uint8_t sealed[KEYS_SEALED_SIZE];
static size_t sealed_len;
static uint8_t signature[KEYS_SIGNATURE_MAX];
static size_t signature_len;

static cot_status on_message(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    ipc_sealed s;
    ipc_signature g;
    (void)fd;
    ready = ready || type == IPC_READY;
    heard++;
    if (type == IPC_MASTER && ipc_get_master(body, &master) == COT_OK)
        master_worker = c == &net[1];
    if (type == IPC_SEALED && ipc_get_sealed(body, &s) == COT_OK) {
        sealed_len = s.sealed.len;
        if (sealed_len > 0)
            memcpy(sealed, s.sealed.p, sealed_len);
    }
    if (type == IPC_SIGNATURE && ipc_get_signature(body, &g) == COT_OK) {
        signature_len = g.der.len;
        if (signature_len > 0)
            memcpy(signature, g.der.p, signature_len);
    }
    return COT_OK;
}

static void on_closed(ipc_channel *c)
{
    (void)c;
}

static void open_channel(ipc_channel *c, int fd)
{
    c->on_message = on_message;
    c->on_closed = on_closed;
    assert_int_equal(ipc_open(c, &l, fd, QUEUE), COT_OK);
}

static void introduce(ipc_role role, uint8_t index, ipc_channel *c)
{
    int pair[2];
    assert_int_equal(ipc_pair(pair), COT_OK);
    open_channel(c, pair[0]);
    ipc_put_peer(ipc_begin(&monitor, IPC_PEER), &(ipc_peer){(uint8_t)role, index, 1});
    assert_int_equal(ipc_end(&monitor, pair[1]), COT_OK);
    close(pair[1]);
}

static void start(bool fresh)
{
    int pair[2];
    role_config config = {.role = IPC_KEYS, .workers = 2, .generation = 1, .fresh = fresh};
    role_fd f = {.kind = ROLE_FD_KEYS_DIR, .fd = dir};
    assert_int_equal(ipc_pair(pair), COT_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        role_env env;
        close(pair[0]);
        _exit(role_receive(&env, pair[1]) == COT_OK ? keys_main(&env) : 9);
    }
    close(pair[1]);
    open_channel(&monitor, pair[0]);
    role_put_fd(ipc_begin(&monitor, IPC_DESCRIPTOR), &f);
    assert_int_equal(ipc_end(&monitor, dir), COT_OK);
    role_put_config(ipc_begin(&monitor, IPC_START), &config);
    assert_int_equal(ipc_end(&monitor, -1), COT_OK);
    introduce(IPC_NET, 0, &net[0]);
    introduce(IPC_NET, 1, &net[1]);
    introduce(IPC_HUB, 0, &hub);
    introduce(IPC_HTTP, 0, &http);
}

static void answer_to(ipc_channel *c)
{
    unsigned before = heard;
    for (cot_ms end = loop_clock() + 20000;
         heard == before && ipc_is_open(c) && loop_clock() < end;)
        assert_int_equal(loop_turn(&l, 100), COT_OK);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cotter-keys-XXXXXX");
    if (mkdtemp(folder) == NULL || loop_init(&l) != COT_OK)
        return -1;
    dir = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    ready = false;
    start(true);
    while (!ready)
        answer_to(&monitor);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {KEYS_FILE_SEALING, KEYS_FILE_CHECK, KEYS_FILE_SERVER_KEY,
                                        KEYS_FILE_SERVER_CERT};
    ipc_channel *const channels[] = {&monitor, &net[0], &net[1], &hub, &http};
    int status = 0;
    (void)state;
    (void)ipc_send_empty(&monitor, IPC_STOP);
    ipc_flush(&monitor);
    if (waitpid(child, &status, 0) != child || status != 0)
        return -1;
    for (size_t i = 0; i < 5; i++)
        ipc_free(channels[i]);
    loop_free(&l);
    for (size_t i = 0; i < 4; i++)
        (void)unlinkat(dir, names[i], 0);
    close(dir);
    return rmdir(folder);
}

static cot_bytes text(const char *t)
{
    return (cot_bytes){(const uint8_t *)t, strlen(t)};
}

static const uint8_t psk[] = "0123456789abcdef";
static const uint8_t seed[64] = {5, 6, 7};

static void seal_psk(void)
{
    ipc_put_seal(ipc_begin(&http, IPC_SEAL), &(ipc_seal){1, text("dev"), {psk, 16}});
    assert_int_equal(ipc_end(&http, -1), COT_OK);
    answer_to(&http);
    assert_int_equal(sealed_len, 16 + KEYS_SEAL_OVERHEAD);
}

static void want_master(uint8_t worker, const char *identity, size_t blob, uint8_t kind)
{
    ipc_master_wanted m = {.worker = worker,
                           .id = 42,
                           .credential = blob == 0 ? 0 : 7,
                           .identity = text(identity),
                           .sealed = {sealed, blob},
                           .kind = kind,
                           .seed = {seed, kind == IPC_MASTER_EXTENDED ? 32 : 64}};
    memset(&master, 0, sizeof master);
    ipc_put_master_wanted(ipc_begin(&hub, IPC_MASTER_WANTED), &m);
    assert_int_equal(ipc_end(&hub, -1), COT_OK);
    answer_to(&hub);
    assert_int_equal(master.id, 42);
}

static void rule_6_a_worker_gets_the_master_secret_and_nobody_the_psk(void **state)
{
    uint8_t expected[KEYS_MASTER];
    keys_prf *prf = keys_prf_new();
    (void)state;
    seal_psk();
    for (uint8_t kind = IPC_MASTER_EXTENDED; kind <= IPC_MASTER_RANDOMS; kind++) {
        bool extended = kind == IPC_MASTER_EXTENDED;
        want_master(1, "dev", sealed_len, kind);
        assert_int_equal(master_worker, 1);
        assert_int_equal(master.credential, 7);
        assert_int_equal(keys_master(prf, (cot_bytes){psk, 16}, extended,
                                     (cot_bytes){seed, extended ? 32 : 64}, expected),
                         COT_OK);
        assert_memory_equal(master.master, expected, KEYS_MASTER);
    }
    keys_prf_free(prf);
}

static void rule_6_unknown_identities_get_a_random_master(void **state)
{
    uint8_t first[KEYS_MASTER];
    (void)state;
    want_master(0, "nobody", 0, IPC_MASTER_EXTENDED);
    assert_int_equal(master.credential, 0);
    memcpy(first, master.master, sizeof first);
    want_master(0, "nobody", 0, IPC_MASTER_EXTENDED);
    assert_int_equal(master.credential, 0);
    assert_memory_not_equal(master.master, first, sizeof first);
    seal_psk();
    want_master(0, "other", sealed_len, IPC_MASTER_EXTENDED); /* a blob under another's name */
    assert_int_equal(master.credential, 0);
}

static void rule_7_the_dtls_key_signs_digests_and_nothing_else(void **state)
{
    uint8_t der[KEYS_DER_MAX];
    uint8_t digest[32] = {1};
    (void)state;
    int fd = openat(dir, KEYS_FILE_SERVER_CERT, O_RDONLY);
    ssize_t n = read(fd, der, sizeof der);
    close(fd);
    const unsigned char *p = der;
    X509 *x = d2i_X509(NULL, &p, (long)n);
    assert_non_null(x);
    assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
    ipc_sign s = {9, 2, {0}};
    ipc_put_sign(ipc_begin(&net[0], IPC_SIGN), &s);
    assert_int_equal(ipc_end(&net[0], -1), COT_E_RANGE); /* there is no other key to ask for */
    s.key = 1;
    memcpy(s.digest, digest, sizeof digest);
    ipc_put_sign(ipc_begin(&net[0], IPC_SIGN), &s);
    assert_int_equal(ipc_end(&net[0], -1), COT_OK);
    answer_to(&net[0]);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
    assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
    assert_int_equal(EVP_PKEY_verify(ctx, signature, signature_len, digest, 32), 1);
    digest[31] = 1;
    assert_int_not_equal(EVP_PKEY_verify(ctx, signature, signature_len, digest, 32), 1);
    EVP_PKEY_CTX_free(ctx);
    X509_free(x);
}

/* Each peer has its one request; asking for another's closes the channel. */
static void rule_7_nobody_may_ask_what_is_not_his(void **state)
{
    ipc_master_wanted m = {
        .identity = text("dev"), .kind = IPC_MASTER_EXTENDED, .seed = {seed, 32}};
    ipc_sign s = {1, 1, {0}};
    ipc_channel *const not_net[] = {&hub, &http};
    (void)state;
    ipc_put_master_wanted(ipc_begin(&net[0], IPC_MASTER_WANTED), &m);
    assert_int_equal(ipc_end(&net[0], -1), COT_OK);
    answer_to(&net[0]);
    assert_false(ipc_is_open(&net[0]));
    for (size_t i = 0; i < 2; i++) {
        ipc_put_sign(ipc_begin(not_net[i], IPC_SIGN), &s);
        assert_int_equal(ipc_end(not_net[i], -1), COT_OK);
        answer_to(not_net[i]);
        assert_false(ipc_is_open(not_net[i]));
    }
    ipc_put_seal(ipc_begin(&net[1], IPC_SEAL), &(ipc_seal){1, text("dev"), {psk, 16}});
    assert_int_equal(ipc_end(&net[1], -1), COT_OK);
    answer_to(&net[1]);
    assert_false(ipc_is_open(&net[1]));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(rule_6_a_worker_gets_the_master_secret_and_nobody_the_psk),
        T(rule_6_unknown_identities_get_a_random_master),
        T(rule_7_the_dtls_key_signs_digests_and_nothing_else),
        T(rule_7_nobody_may_ask_what_is_not_his),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
