/* SPDX-License-Identifier: Apache-2.0 */
/* Any datagrams in any order from a few addresses, to both sockets of a whole worker, with a hub that agrees to
 * everything: afterwards every slot of the table is one that a new worker would adopt, all that was taken from
 * the pools belongs to a live slot, and removing all slots gives all back.
 * Input: steps of u8 what (bits 0–1: plain, DTLS, time, hub's answers; 2–4: sender), u8 length, bytes. */
#include "server/net/session.h"
#include "server/net/table/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BOOT_MS 1000000u

static loop l;
static net_worker w;
static net_setup setup;
static ipc_channel hub;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static cot_status on_message(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    (void)fd;
    ipc_answer a = {.id = cot_read_u64(body), .code = COT_COAP_CHANGED};
    if (type == IPC_REGISTER)
        a.code = COT_COAP_CREATED;
    else if (type == IPC_DEREGISTER)
        a.code = COT_COAP_DELETED;
    else if (type != IPC_UPDATE)
        return COT_OK;
    ipc_put_answer(ipc_begin(c, IPC_ANSWER), &a);
    return ipc_end(c, -1);
}

/* What libcrypto holds is reachable from mapped memory only, where LeakSanitizer does not look. */
static void release(void)
{
    net_session_release(&w);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int fds[2];
    const char *why;
    (void)argc;
    (void)argv;
    require(loop_init(&l) == COT_OK);
    setup.loop = &l;
    setup.table_fd = memfd_create("table", MFD_CLOEXEC);
    setup.config.max_devices = 64;
    setup.config.lifetime_min = 1;
    setup.config.lifetime_max = 1u << 20;
    setup.config.handshakes = 4;
    setup.listener_count = 2;
    for (int i = 0; i < 2; i++) {
        setup.listeners[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        setup.listeners[i].dtls = i == 1;
    }
    require(net_open(&w, &setup) == COT_OK);
    require(net_session_open(&w, (cot_bytes){NULL, 0}, (cot_bytes){NULL, 0}, &why) == COT_OK);
    require(ipc_pair(fds) == COT_OK);
    hub.on_message = on_message;
    require(ipc_open(&hub, &l, fds[0], 1 << 20) == COT_OK);
    net_hub_open(&w, fds[1]);
    (void)atexit(release);
    return 0;
}

static void answers(void)
{
    ipc_flush(&w.hub);
    (void)loop_turn(&l, 0);
    ipc_flush(&hub);
    (void)loop_turn(&l, 0);
}

static void step(uint8_t what, uint8_t *bytes, size_t len)
{
    table_address from = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 2}, .port = 7};
    from.port = (uint16_t)(from.port + (what >> 2 & 7u));
    net_peer who = {.from = from};
    switch (what & 3u) {
    case 0:
        who.slot = net_peer_find(&w, &from);
        net_on_message(&w, &who, bytes, len);
        break;
    case 1:
        from.listener = 1;
        net_session_datagram(&w, &from, bytes, len);
        break;
    case 2:
        net_peers_expire(&w);
        break;
    default:
        answers();
        break;
    }
    w.out->count = 0; /* nothing leaves */
}

static void check(void)
{
    table_identity id = {.listeners = 2};
    uint32_t live = 0;
    uint32_t jobs = 0;
    for (uint32_t i = 0; i < w.table.top; i++) {
        if (!table_is_live(&w.table, i)) {
            require(w.slots[i].job == 0 && w.slots[i].pending == 0 && w.slots[i].path == 0);
            continue;
        }
        live++;
        jobs += w.slots[i].jobs;
        require(table_check_slot(&w.table.slots[i], i, &id, loop_clock() + 1) == COT_OK);
    }
    require(live == w.table.live);
    require(jobs == w.jobs.used);
    for (uint32_t i = 0; i < w.table.top; i++)
        if (table_is_live(&w.table, i))
            net_peer_remove(&w, i);
    require(w.jobs.used == 0 && w.pendings.used == 0 && w.paths.used == 0 && w.bodies.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_reader r;
    cot_reader_init(&r, data, size);
    l.now = loop_clock();
    while (cot_reader_left(&r) >= 2) {
        uint8_t what = cot_read_u8(&r);
        size_t len = cot_read_u8(&r);
        if (len > cot_reader_left(&r))
            len = cot_reader_left(&r);
        cot_bytes b = cot_read_bytes(&r, len);
        uint8_t *copy = malloc(len > 0 ? len : 1); /* exact, and changed by DTLS */
        require(copy != NULL);
        if (len > 0)
            memcpy(copy, b.p, len);
        step(what, copy, len);
        free(copy);
    }
    answers();
    check();
    return 0;
}
