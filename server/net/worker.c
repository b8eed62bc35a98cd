/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's memory: allocated once, then no more. */
#include "server/net/session.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#define WHEEL_SLOTS 4096u
#define WHEEL_SHIFT 8 /* ticks of 256 ms */
#define WHEEL_FIRST 4096u

void net_random(void *out, size_t len)
{
    if (RAND_bytes(out, (int)len) != 1)
        abort(); /* nothing here can go on without */
}

uint32_t net_random32(void)
{
    uint32_t v;
    net_random(&v, sizeof v);
    return v;
}

/* Ids leave 12 bits for an index of the asker's. */
uint64_t net_new_id(net_worker *w)
{
    return w->id_base | (w->id_next++ & 0xfffffu) << 12;
}

static cot_status open_pools(net_worker *w)
{
    cot_status s = pool_open(&w->jobs, NET_JOBS, sizeof(net_job));
    if (s == COT_OK)
        s = pool_open(&w->pendings, NET_PENDING, sizeof(net_pending));
    if (s == COT_OK)
        s = pool_open(&w->paths, NET_PATHS, sizeof(net_path));
    if (s == COT_OK)
        s = pool_open(&w->bodies, NET_BODIES, IPC_PAYLOAD_MAX);
    return s;
}

void net_wheel_open(net_worker *w, uint32_t count)
{
    cot_wheel_init(&w->wheel, w->nodes, count, w->wheel_heads, w->wheel_used, WHEEL_SLOTS,
                   WHEEL_SHIFT, w->loop->now);
}

static cot_status open_index(net_worker *w)
{
    uint32_t n = w->table.capacity;
    uint32_t heads = 1024;
    while (heads < n)
        heads *= 2;
    w->mask = heads - 1;
    w->heads = pool_map(heads * sizeof *w->heads);
    w->slots = pool_map(n * sizeof *w->slots);
    w->nodes = pool_map(n * sizeof *w->nodes);
    w->dirty = pool_map(n * sizeof *w->dirty);
    w->wheel_heads = pool_map(WHEEL_SLOTS * sizeof *w->wheel_heads);
    w->wheel_used = pool_map(WHEEL_SLOTS / 8);
    if (w->heads == NULL || w->slots == NULL || w->nodes == NULL || w->dirty == NULL ||
        w->wheel_heads == NULL || w->wheel_used == NULL)
        return COT_E_IO;
    net_random(w->hash_key, sizeof w->hash_key);
    net_wheel_open(w, n < WHEEL_FIRST ? n : WHEEL_FIRST);
    return COT_OK;
}

static cot_status open_boxes(net_worker *w)
{
    w->in = pool_map(sizeof *w->in);
    w->out = pool_map(sizeof *w->out);
    if (w->in == NULL || w->out == NULL)
        return COT_E_IO;
    for (unsigned i = 0; i < NET_BATCH; i++) {
        w->in->iov[i] = (struct iovec){w->in->bytes[i], NET_DATAGRAM};
        w->in->header[i].msg_hdr.msg_iov = &w->in->iov[i];
        w->in->header[i].msg_hdr.msg_iovlen = 1;
        w->in->header[i].msg_hdr.msg_name = &w->in->from[i];
        w->out->iov[i] = (struct iovec){w->out->bytes[i], 0};
        w->out->header[i].msg_hdr.msg_iov = &w->out->iov[i];
        w->out->header[i].msg_hdr.msg_iovlen = 1;
        w->out->header[i].msg_hdr.msg_name = &w->out->to[i];
    }
    return COT_OK;
}

static void on_wheel(loop_timer *t)
{
    net_peers_expire(t->ctx);
}

static void before_sleep(loop_hook *h)
{
    net_worker *w = h->ctx;
    net_flush(w);
    cot_ms due = cot_wheel_deadline(&w->wheel);
    if (due != COT_NEVER && (w->wheel_timer.slot == 0 || due < w->wheel_timer.at))
        loop_arm(w->loop, &w->wheel_timer, due);
}

static cot_status open_listeners(net_worker *w, const net_setup *s)
{
    w->listener_count = s->listener_count;
    for (uint32_t i = 0; i < s->listener_count; i++) {
        net_listener *l = &w->listeners[i];
        l->w = w;
        l->dtls = s->listeners[i].dtls;
        l->loopback = s->listeners[i].loopback;
        l->io.fd = s->listeners[i].fd;
        l->io.on_event = net_on_socket;
        l->io.ctx = l;
        if (loop_watch(w->loop, &l->io, EPOLLIN) != COT_OK)
            return COT_E_IO;
    }
    return COT_OK;
}

static void link_adopted(net_worker *w)
{
    for (uint32_t i = 0; i < w->table.top; i++)
        if (table_is_live(&w->table, i)) {
            net_peer_link(w, i);
            net_peer_stranger(w, i,
                              table_mode(&w->table, i) == IPC_NOSEC &&
                                  table_registration_of(&w->table, i) == NULL);
        }
}

cot_status net_open(net_worker *w, const net_setup *s)
{
    memset(w, 0, sizeof *w);
    w->loop = s->loop;
    w->loop->now = loop_clock();
    w->config = s->config;
    w->params = cot_coap_defaults;
    w->params.mid_last = 0x7fff; /* the upper half is hub's */
    net_random(w->echo_key, sizeof w->echo_key);
    net_random(&w->id_base, sizeof w->id_base);
    w->id_base &= UINT64_MAX << 32;
    table_identity id = {
        .worker = s->config.index, .listeners = s->listener_count, .crashed = s->config.crashed};
    memcpy(id.boot_id, s->config.boot_id, sizeof id.boot_id);
    memcpy(id.server_key, s->server_key, sizeof id.server_key);
    uint32_t capacity =
        s->config.max_devices < TABLE_SLOTS_MAX ? s->config.max_devices : TABLE_SLOTS_MAX;
    cot_status st = table_open(&w->table, s->table_fd, capacity, &id, &w->params, w->loop->now);
    if (st == COT_OK)
        st = open_pools(w);
    if (st == COT_OK)
        st = open_index(w);
    if (st == COT_OK)
        st = open_boxes(w);
    if (st == COT_OK)
        st = open_listeners(w, s);
    if (st != COT_OK)
        return st;
    link_adopted(w);
    w->wheel_timer.on_due = on_wheel;
    w->wheel_timer.ctx = w;
    w->hook.before_sleep = before_sleep;
    w->hook.ctx = w;
    loop_hook_add(w->loop, &w->hook);
    return COT_OK;
}

void net_close(net_worker *w)
{
    for (uint32_t i = 0; i < w->listener_count; i++)
        loop_unwatch(w->loop, &w->listeners[i].io);
    loop_hook_remove(w->loop, &w->hook);
    loop_disarm(w->loop, &w->wheel_timer);
    loop_disarm(w->loop, &w->dirty_timer);
    for (uint32_t i = 0; i < w->table.top; i++) {
        if (!table_is_live(&w->table, i))
            continue;
        net_job_drop_slot(w, i);
        net_rd_drop_slot(w, i);
        net_path_end(w, i);
        net_session_drop_slot(w, i);
    }
    net_session_release(w);
    ipc_free(&w->hub);
    ipc_free(&w->keys);
    uint32_t n = w->table.capacity;
    pool_close(&w->jobs);
    pool_close(&w->pendings);
    pool_close(&w->paths);
    pool_close(&w->bodies);
    (void)munmap(w->heads, (w->mask + 1) * sizeof *w->heads);
    (void)munmap(w->slots, n * sizeof *w->slots);
    (void)munmap(w->nodes, n * sizeof *w->nodes);
    (void)munmap(w->dirty, n * sizeof *w->dirty);
    (void)munmap(w->wheel_heads, WHEEL_SLOTS * sizeof *w->wheel_heads);
    (void)munmap(w->wheel_used, WHEEL_SLOTS / 8);
    (void)munmap(w->in, sizeof *w->in);
    (void)munmap(w->out, sizeof *w->out);
    table_close(&w->table);
}
