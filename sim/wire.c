/* SPDX-License-Identifier: Apache-2.0 */
/* Devices behind few sockets, with sendmmsg and recvmmsg. */
#include "sim/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL CMSG_SPACE(sizeof(struct in_pktinfo))
#define FIRST_ADDRESS 0x7f010001u /* 127.1.0.1 */

/* Messages that wait for one sendmmsg on one socket, or came from one recvmmsg. */
typedef struct batch {
    struct mmsghdr msg[WIRE_BATCH];
    struct iovec iov[WIRE_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[WIRE_BATCH][CONTROL];
    struct sockaddr_in from[WIRE_BATCH];
    wire_packet packet[WIRE_BATCH];
    unsigned count;
} batch;

struct wire {
    struct sockaddr_in server;
    uint32_t count;   /* devices */
    unsigned sockets; /* in use */
    int fd[WIRE_SOCKETS];
    uint32_t span;  /* addresses that all devices need */
    uint8_t *moved; /* by device: how often its address changed */
    int epoll;
    batch *out; /* one a socket */
    batch in;
};

/* A device that moved `n` times has its n-th address: the addresses repeat in spans. */
static uint32_t address_of(const wire *w, uint32_t device)
{
    return FIRST_ADDRESS + device / w->sockets + w->moved[device] * w->span;
}

/* The device behind the address and the socket that a datagram came to; count when there is none. */
static uint32_t device_at(const wire *w, uint32_t address, unsigned socket)
{
    uint32_t index = address - FIRST_ADDRESS;
    uint32_t device = index % w->span * w->sockets + socket;
    return device < w->count && index / w->span == w->moved[device] ? device : w->count;
}

static int open_socket(int epoll, unsigned index)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int size = 4 << 20;
    struct sockaddr_in any = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&any, sizeof any) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void prepare(batch *b, const struct sockaddr_in *server)
{
    for (unsigned i = 0; i < WIRE_BATCH; i++) {
        struct msghdr *h = &b->msg[i].msg_hdr;
        b->iov[i].iov_base = b->packet[i].bytes;
        b->iov[i].iov_len = WIRE_DATAGRAM;
        h->msg_iov = &b->iov[i];
        h->msg_iovlen = 1;
        if (server != NULL)
            b->from[i] = *server;
        h->msg_name = &b->from[i];
        h->msg_namelen = sizeof b->from[i];
        h->msg_control = b->control[i];
        h->msg_controllen = CONTROL;
    }
}

wire *wire_open(const struct sockaddr_in *server, uint32_t count)
{
    wire *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->server = *server;
    w->count = count;
    w->sockets = count < WIRE_SOCKETS ? (count == 0 ? 1 : count) : WIRE_SOCKETS;
    w->span = count / w->sockets + 1;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->moved = calloc(count == 0 ? 1 : count, 1);
    w->out = calloc(w->sockets, sizeof *w->out);
    for (unsigned i = 0; i < WIRE_SOCKETS; i++)
        w->fd[i] = -1;
    if (w->epoll < 0 || w->moved == NULL || w->out == NULL)
        goto fail;
    for (unsigned i = 0; i < w->sockets; i++) {
        w->fd[i] = open_socket(w->epoll, i);
        if (w->fd[i] < 0)
            goto fail;
        prepare(&w->out[i], server);
    }
    prepare(&w->in, NULL);
    return w;
fail:
    fprintf(stderr, "cotter-sim: cannot open a socket: %s\n", strerror(errno));
    wire_close(w);
    return NULL;
}

void wire_close(wire *w)
{
    if (w == NULL)
        return;
    for (unsigned i = 0; i < WIRE_SOCKETS; i++)
        if (w->fd[i] >= 0)
            close(w->fd[i]);
    if (w->epoll >= 0)
        close(w->epoll);
    free(w->moved);
    free(w->out);
    free(w);
}

int wire_poll_fd(const wire *w)
{
    return w->epoll;
}

/* A full socket buffer drops the rest, as a network would. */
static void flush_one(wire *w, unsigned socket)
{
    batch *b = &w->out[socket];
    unsigned done = 0;
    while (done < b->count) {
        int n = sendmmsg(w->fd[socket], b->msg + done, b->count - done, 0);
        if (n <= 0)
            break;
        done += (unsigned)n;
    }
    b->count = 0;
}

void wire_flush(wire *w)
{
    for (unsigned i = 0; i < w->sockets; i++)
        if (w->out[i].count > 0)
            flush_one(w, i);
}

static void set_source(struct msghdr *h, uint32_t address)
{
    struct cmsghdr *c = h->msg_control;
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(address)};
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
}

void wire_send(wire *w, uint32_t device, const uint8_t *bytes, size_t len)
{
    unsigned socket = device % w->sockets;
    batch *b = &w->out[socket];
    if (len > WIRE_DATAGRAM)
        return;
    unsigned i = b->count++;
    memcpy(b->packet[i].bytes, bytes, len);
    b->iov[i].iov_len = len;
    set_source(&b->msg[i].msg_hdr, address_of(w, device));
    if (b->count == WIRE_BATCH)
        flush_one(w, socket);
}

static bool destination(struct msghdr *h, uint32_t *address)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            *address = ntohl(info.ipi_addr.s_addr);
            return true;
        }
    }
    return false;
}

size_t wire_receive(wire *w, const wire_packet **packets)
{
    struct epoll_event ready;
    batch *b = &w->in;
    size_t kept = 0;
    *packets = b->packet;
    if (epoll_wait(w->epoll, &ready, 1, 0) <= 0)
        return 0;
    unsigned socket = ready.data.u32;
    for (unsigned i = 0; i < WIRE_BATCH; i++) {
        b->msg[i].msg_hdr.msg_controllen = CONTROL;
        b->msg[i].msg_hdr.msg_namelen = sizeof b->from[i];
        b->iov[i].iov_base = b->packet[i].bytes;
    }
    int n = recvmmsg(w->fd[socket], b->msg, WIRE_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        uint32_t address = 0;
        uint32_t device = w->count;
        if (b->from[i].sin_port == w->server.sin_port && destination(&b->msg[i].msg_hdr, &address))
            device = device_at(w, address, socket);
        b->packet[i].device = device;
        b->packet[i].len = b->msg[i].msg_len;
        kept++;
    }
    return kept;
}

void wire_rebind(wire *w, uint32_t device)
{
    w->moved[device]++;
}
