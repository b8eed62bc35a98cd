/* SPDX-License-Identifier: Apache-2.0 */
/* GET /fw/RELEASE: blocks of an image that hub handed over as a sealed memfd, mapped read-only. */
#include "server/net/net.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define ASK_AGAIN_MS 2000u
#define NONE_MS 5000u /* how long "no such release" is believed */

static bool is_name(const net_release *r, cot_bytes name)
{
    return r->name_len == name.len && name.len > 0 && memcmp(r->name, name.p, name.len) == 0;
}

static void forget(net_release *r)
{
    if (r->image != NULL)
        (void)munmap((void *)(uintptr_t)r->image, r->size);
    memset(r, 0, sizeof *r);
}

/* The entry of that name, or the one not used for longest, made free for it. */
static net_release *entry(net_worker *w, cot_bytes name)
{
    net_release *oldest = &w->releases[0];
    for (size_t i = 0; i < NET_RELEASES; i++) {
        net_release *r = &w->releases[i];
        if (is_name(r, name))
            return r;
        if (r->used < oldest->used)
            oldest = r;
    }
    forget(oldest);
    memcpy(oldest->name, name.p, name.len);
    oldest->name_len = (uint8_t)name.len;
    return oldest;
}

static void ask(net_worker *w, net_release *r)
{
    if (r->asked && w->loop->now - r->used < ASK_AGAIN_MS)
        return;
    if (r->id == 0)
        r->id = net_new_id(w);
    r->asked = true;
    r->used = w->loop->now;
    ipc_firmware_open m = {.id = r->id, .name = {r->name, r->name_len}};
    ipc_put_firmware_open(ipc_begin(&w->hub, IPC_FIRMWARE_OPEN), &m);
    (void)ipc_end(&w->hub, -1);
}

/* About 32 times a transfer. */
static void progress(net_worker *w, uint32_t slot, const net_release *r, uint64_t from, uint64_t to)
{
    uint64_t step = r->size / 32 + 1;
    if (from / step == to / step && to != r->size)
        return;
    ipc_progress m = {.location = table_registration_of(&w->table, slot)->location,
                      .name = {r->name, r->name_len},
                      .sent = to,
                      .size = r->size};
    ipc_put_progress(ipc_begin(&w->hub, IPC_PROGRESS), &m);
    (void)ipc_end(&w->hub, -1);
}

static void serve_block(net_worker *w, net_request *rq, const net_release *r)
{
    cot_coap_slice s;
    if (cot_coap_slice_of(&rq->view, (uint32_t)r->size, NET_SZX, &s) != COT_OK) {
        net_reply(w, rq, COT_COAP_BAD_REQUEST);
        return;
    }
    cot_coap_writer *m = net_reply_begin(w, rq, COT_COAP_CONTENT);
    cot_coap_write_option(m, COT_COAP_ETAG, r->etag, sizeof r->etag);
    cot_coap_write_option_uint(m, COT_COAP_CONTENT_FORMAT, 42);
    if (s.has_block)
        cot_coap_write_option_uint(m, COT_COAP_BLOCK2, cot_coap_block_encode(&s.block));
    if (s.offset == 0)
        cot_coap_write_option_uint(m, COT_COAP_SIZE2, (uint32_t)r->size);
    cot_coap_write_payload(m, r->image + s.offset, s.len);
    net_reply_end(w, rq);
    progress(w, rq->who.slot, r, s.offset, (uint64_t)s.offset + s.len);
}

/* Keep the request until hub has answered; beyond the bound the device's repetition has to do. */
static void wait_for_hub(net_worker *w, net_request *rq, net_release *r)
{
    rq->forget = true;
    for (size_t i = 0; i < r->waiter_count; i++)
        if (r->waiters[i].who.slot == rq->who.slot)
            return;
    if (r->waiter_count == NET_WAITERS)
        return;
    net_waiter *x = &r->waiters[r->waiter_count++];
    x->who = rq->who;
    x->created = w->table.slots[rq->who.slot].created;
    x->head = rq->msg.head;
    x->has = rq->view.has;
    x->block2 = rq->view.block2;
}

static void serve_waiter(net_worker *w, const net_release *r, const net_waiter *x)
{
    cot_coap_peer peer;
    uint32_t slot = x->who.slot;
    if (!table_is_live(&w->table, slot) || w->table.slots[slot].created != x->created ||
        table_registration_of(&w->table, slot) == NULL)
        return;
    table_peer_get(&w->table, slot, &peer);
    net_request rq = {.who = x->who, .peer = &peer};
    rq.msg.head = x->head;
    rq.view.has = x->has;
    rq.view.block2 = x->block2;
    (void)cot_coap_receive(&peer, NULL, &w->params, &x->head, w->loop->now);
    if (r->image != NULL)
        serve_block(w, &rq, r);
    else
        net_reply(w, &rq, COT_COAP_NOT_FOUND);
    table_peer_put(&w->table, slot, &peer);
}

void net_firmware_get(net_worker *w, net_request *rq, cot_bytes name)
{
    uint32_t slot = rq->who.slot;
    bool known = slot != TABLE_NONE && table_registration_of(&w->table, slot) != NULL;
    if (rq->msg.head.code != COT_COAP_GET) {
        net_reply(w, rq, COT_COAP_NOT_ALLOWED);
        return;
    }
    if (!known || name.len == 0 || name.len > IPC_RELEASE_NAME_MAX) {
        net_reply(w, rq, COT_COAP_NOT_FOUND);
        return;
    }
    if (rq->who.moved) {
        rq->forget = true; /* no block to an address that is not proven (rule 3) */
        return;
    }
    net_release *r = entry(w, name);
    if (r->image == NULL && r->none_until > w->loop->now) {
        net_reply(w, rq, COT_COAP_NOT_FOUND);
        return;
    }
    if (r->image == NULL) {
        ask(w, r);
        wait_for_hub(w, rq, r);
        return;
    }
    r->used = w->loop->now;
    serve_block(w, rq, r);
}

static const uint8_t *map_image(int fd, uint64_t size)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || size == 0 ||
        (uint64_t)st.st_size != size || size > UINT32_MAX)
        return NULL;
    void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void take(net_worker *w, net_release *r, const ipc_firmware *f, int fd)
{
    r->asked = false;
    if (f->status == COT_OK && fd >= 0) {
        r->image = map_image(fd, f->size);
        r->size = f->size;
        memcpy(r->etag, f->etag, sizeof r->etag);
        if (r->image == NULL)
            log_line("error", "net.firmware_refused", "reason=\"not a sealed file of that size\"");
    }
    if (r->image == NULL)
        r->none_until = w->loop->now + NONE_MS;
    if (f->status != COT_E_AGAIN)
        for (size_t i = 0; i < r->waiter_count; i++)
            serve_waiter(w, r, &r->waiters[i]);
    else
        r->none_until = 0;
    r->waiter_count = 0;
    r->id = 0;
}

void net_firmware_on_answer(net_worker *w, const ipc_firmware *f, int fd)
{
    for (size_t i = 0; i < NET_RELEASES; i++) {
        net_release *r = &w->releases[i];
        if (r->name_len > 0 && r->id == f->id && r->image == NULL)
            take(w, r, f, fd);
    }
    if (fd >= 0)
        close(fd);
}
