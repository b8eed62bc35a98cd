/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in and out, up to 64 a system call. */
#include "server/net/net.h"
#include "server/net/session.h"

#include <errno.h>
#include <string.h>

#define ROUNDS 4 /* batches a turn: other sockets and the channels must have their say */

void net_address_from(table_address *a, const struct sockaddr_storage *sa, uint8_t listener)
{
    memset(a, 0, sizeof *a);
    a->listener = listener;
    if (sa->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)sa;
        a->ip[10] = 0xff;
        a->ip[11] = 0xff;
        memcpy(a->ip + 12, &v4->sin_addr, 4);
        a->port = ntohs(v4->sin_port);
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)sa;
        memcpy(a->ip, &v6->sin6_addr, 16);
        a->port = ntohs(v6->sin6_port);
    }
}

void net_address_ipc(const table_address *a, ipc_address *out)
{
    memcpy(out->ip, a->ip, sizeof out->ip);
    out->port = a->port;
}

static socklen_t address_to(const table_address *a, struct sockaddr_storage *sa)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(a->ip, mapped, sizeof mapped) == 0) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&v4.sin_addr, a->ip + 12, 4);
        memcpy(sa, &v4, sizeof v4);
        return sizeof v4;
    }
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    memcpy(&v6.sin6_addr, a->ip, 16);
    memcpy(sa, &v6, sizeof v6);
    return sizeof v6;
}

/* ---- out ---- */

void net_flush(net_worker *w)
{
    net_outbox *o = w->out;
    unsigned done = 0;
    while (done < o->count) {
        int n = sendmmsg(o->fd, o->header + done, o->count - done, MSG_DONTWAIT);
        if (n > 0) {
            done += (unsigned)n;
            w->counters.sent += (unsigned)n;
        } else if (errno != EINTR) {
            done++; /* full buffer or unreachable: as if lost on the way */
            w->counters.dropped++;
        }
    }
    o->count = 0;
}

void net_send_raw(net_worker *w, const table_address *to, const uint8_t *bytes, size_t len)
{
    net_outbox *o = w->out;
    int fd = w->listeners[to->listener].io.fd;
    if (len > NET_DATAGRAM)
        return;
    if (o->count == NET_BATCH || (o->count > 0 && o->fd != fd))
        net_flush(w);
    unsigned i = o->count++;
    o->fd = fd;
    memcpy(o->bytes[i], bytes, len);
    o->iov[i].iov_len = len;
    o->header[i].msg_hdr.msg_namelen = address_to(to, &o->to[i]);
}

/* ---- in ---- */

static void plain(net_worker *w, const table_address *from, const uint8_t *bytes, size_t len)
{
    net_peer who = {.slot = net_peer_find(w, from), .from = *from};
    net_on_message(w, &who, bytes, len);
}

/* Its head is there: a request is told so. A DTLS record is not whole, so it cannot be opened. */
static void too_long(net_listener *l, net_inbox *in, unsigned i)
{
    net_worker *w = l->w;
    net_peer who = {.slot = net_peer_find(w, &in->address[i]), .from = in->address[i]};
    w->counters.too_long++;
    if (!l->dtls)
        net_on_too_long(w, &who, in->bytes[i], NET_DATAGRAM);
}

static void one(net_listener *l, net_inbox *in, unsigned i)
{
    net_worker *w = l->w;
    size_t len = in->header[i].msg_len;
    if ((in->header[i].msg_hdr.msg_flags & MSG_TRUNC) != 0)
        too_long(l, in, i);
    else if (l->dtls)
        net_session_datagram(w, &in->address[i], in->bytes[i], len);
    else
        plain(w, &in->address[i], in->bytes[i], len);
}

/* With 10^5 devices each datagram meets cold memory: ask for all of a batch before the first is served. */
static void look_ahead(net_listener *l, net_inbox *in, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        net_address_from(&in->address[i], &in->from[i], (uint8_t)(l - l->w->listeners));
        if (!l->dtls)
            net_peer_prefetch_bucket(l->w, &in->address[i]);
    }
    for (unsigned i = 0; i < n; i++) {
        uint32_t slot = l->dtls ? net_session_peek(l->w, in->bytes[i], in->header[i].msg_len)
                                : net_peer_first(l->w, &in->address[i]);
        if (slot != TABLE_NONE)
            table_prefetch(&l->w->table, slot);
    }
}

void net_on_socket(loop_io *io, uint32_t events)
{
    net_listener *l = io->ctx;
    net_inbox *in = l->w->in;
    (void)events;
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < NET_BATCH; i++)
            in->header[i].msg_hdr.msg_namelen = sizeof in->from[i];
        int n = recvmmsg(io->fd, in->header, NET_BATCH, MSG_DONTWAIT, NULL);
        if (n <= 0)
            break;
        l->w->counters.received += (unsigned)n;
        look_ahead(l, in, (unsigned)n);
        for (unsigned i = 0; i < (unsigned)n; i++)
            one(l, in, i);
        table_touch(&l->w->table, TABLE_NONE);
        net_flush(l->w);
        if (n < (int)NET_BATCH)
            break;
    }
}
