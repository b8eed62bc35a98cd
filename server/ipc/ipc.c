/* SPDX-License-Identifier: Apache-2.0 */
/* Channels between processes over SOCK_SEQPACKET. */
#include "server/ipc/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLAG_FD 1u
#define READS_A_TURN 16
#define SEND_BUFFER (1 << 20)

typedef union control {
    struct cmsghdr align;
    char b[CMSG_SPACE(sizeof(int))];
} control;

static void lost(ipc_channel *c)
{
    ipc_close(c);
    if (c->on_closed != NULL)
        c->on_closed(c);
}

/* ---- sending ---- */

size_t ipc_room(const ipc_channel *c)
{
    return c->out_cap - (c->out_tail - c->out_head);
}

bool ipc_is_open(const ipc_channel *c)
{
    return c->out != NULL && c->io.fd >= 0;
}

cot_writer *ipc_begin(ipc_channel *c, ipc_type type)
{
    if (!ipc_is_open(c)) {
        cot_writer_init(&c->draft, NULL, 0);
        return &c->draft;
    }
    if (c->out_cap - c->out_tail < IPC_DATAGRAM_MAX && c->out_head > 0) {
        size_t left = c->out_tail - c->out_head;
        memmove(c->out, c->out + c->out_head, left);
        if (c->secret)
            cot_wipe(c->out + left, c->out_head);
        c->out_tail = left;
        c->out_head = 0;
    }
    size_t room = c->out_cap - c->out_tail;
    cot_writer_init(&c->draft, c->out + c->out_tail,
                    room < IPC_DATAGRAM_MAX ? room : IPC_DATAGRAM_MAX);
    cot_write_u8(&c->draft, IPC_VERSION);
    cot_write_u8(&c->draft, (uint8_t)type);
    cot_write_u16(&c->draft, 0);
    cot_write_u32(&c->draft, 0);
    return &c->draft;
}

static cot_status queue_fd(ipc_channel *c, int fd)
{
    if (c->fd_count == IPC_QUEUED_FDS)
        return COT_E_LIMIT;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return COT_E_IO;
    c->fds[c->fd_count++] = copy;
    return COT_OK;
}

cot_status ipc_end(ipc_channel *c, int fd)
{
    if (!ipc_is_open(c))
        return COT_E_CLOSED;
    cot_writer *w = &c->draft;
    if (w->err == COT_E_SPACE)
        return w->len > IPC_DATAGRAM_MAX ? COT_E_RANGE : COT_E_LIMIT;
    if (w->err != COT_OK)
        return w->err;
    if (fd >= 0) {
        cot_status s = queue_fd(c, fd);
        if (s != COT_OK)
            return s;
        w->p[3] = FLAG_FD;
    }
    cot_writer len;
    cot_writer_init(&len, w->p + 4, 4);
    cot_write_u32(&len, (uint32_t)(w->len - IPC_HEADER));
    c->out_tail += w->len;
    c->sent++;
    return COT_OK;
}

cot_status ipc_send_empty(ipc_channel *c, ipc_type type)
{
    (void)ipc_begin(c, type);
    return ipc_end(c, -1);
}

/* The next datagram: whole messages from `head`, up to the one that carries a descriptor. */
static size_t next_datagram(const ipc_channel *c, bool *with_fd)
{
    size_t at = c->out_head;
    *with_fd = false;
    while (at < c->out_tail) {
        cot_reader r;
        cot_reader_init(&r, c->out + at, IPC_HEADER);
        (void)cot_read_u16(&r);
        uint16_t flags = cot_read_u16(&r);
        size_t size = IPC_HEADER + cot_read_u32(&r);
        if (at + size - c->out_head > IPC_DATAGRAM_MAX)
            break;
        at += size;
        if ((flags & FLAG_FD) != 0) {
            *with_fd = true;
            break;
        }
    }
    return at - c->out_head;
}

static ssize_t send_one(ipc_channel *c, size_t len, int fd)
{
    struct iovec iov = {.iov_base = c->out + c->out_head, .iov_len = len};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    control ctl;
    memset(&ctl, 0, sizeof ctl);
    if (fd >= 0) {
        m.msg_control = ctl.b;
        m.msg_controllen = sizeof ctl.b;
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(h), &fd, sizeof fd);
    }
    ssize_t n;
    do
        n = sendmsg(c->io.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

static void drop_sent_fd(ipc_channel *c)
{
    close(c->fds[0]);
    c->fd_count--;
    memmove(&c->fds[0], &c->fds[1], c->fd_count * sizeof c->fds[0]);
}

void ipc_flush(ipc_channel *c)
{
    bool blocked = false;
    while (ipc_is_open(c) && c->out_head < c->out_tail && !blocked) {
        bool with_fd;
        size_t len = next_datagram(c, &with_fd);
        ssize_t n = send_one(c, len, with_fd ? c->fds[0] : -1);
        if (n >= 0) {
            if (c->secret)
                cot_wipe(c->out + c->out_head, len);
            c->out_head += len;
            if (with_fd)
                drop_sent_fd(c);
        } else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
            blocked = true;
        } else {
            /* Dead: what it still sent to us is read first; EOF then closes the channel. Any other error
             * loses messages too: the channel ends at the event that a writable socket is. */
            c->broken = errno != EPIPE && errno != ECONNRESET && errno != ENOTCONN;
            blocked = c->broken;
            if (c->secret)
                cot_wipe(c->out, c->out_tail);
            c->out_head = c->out_tail;
            while (c->fd_count > 0)
                drop_sent_fd(c);
        }
    }
    if (ipc_is_open(c) && c->out_head == c->out_tail) {
        c->out_head = 0;
        c->out_tail = 0;
    }
    if (ipc_is_open(c) && blocked != c->blocked) {
        c->blocked = blocked;
        (void)loop_watch(c->loop, &c->io, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

/* ---- receiving ---- */

/* The descriptors that came: how many, and the first (-1: none). The others are closed: the kernel has
 * installed all that fit into the control buffer, padding included. */
static size_t take_fds(struct msghdr *m, int *first)
{
    size_t count = 0;
    *first = -1;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof fd, sizeof fd);
            if (count++ == 0)
                *first = fd;
            else
                close(fd);
        }
    }
    return count;
}

/* Hand the datagram's messages to the handler. COT_OK, or why the channel must be closed. */
static cot_status dispatch(ipc_channel *c, size_t len, int *fd)
{
    cot_reader r;
    cot_reader_init(&r, c->in, len);
    while (cot_reader_left(&r) > 0) {
        uint8_t version = cot_read_u8(&r);
        uint8_t type = cot_read_u8(&r);
        uint16_t flags = cot_read_u16(&r);
        uint32_t size = cot_read_u32(&r);
        cot_bytes body = cot_read_bytes(&r, size);
        if (r.err != COT_OK || version != IPC_VERSION || flags > FLAG_FD)
            return COT_E_MALFORMED;
        bool last = cot_reader_left(&r) == 0;
        if (flags == FLAG_FD && (!last || *fd < 0))
            return COT_E_MALFORMED;
        cot_reader b;
        cot_reader_init(&b, body.p, body.len);
        int given = flags == FLAG_FD ? *fd : -1;
        if (given >= 0)
            *fd = -1;
        c->received++;
        cot_status s = c->on_message(c, (ipc_type)type, &b, given);
        if (s != COT_OK)
            return s;
        if (!ipc_is_open(c))
            return COT_OK;
    }
    return COT_OK;
}

/* One datagram. 1: more may wait; 0: none waits; -1: the channel is to be closed. */
static int receive_one(ipc_channel *c)
{
    struct iovec iov = {.iov_base = c->in, .iov_len = IPC_DATAGRAM_MAX};
    control ctl;
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.b, .msg_controllen = sizeof ctl.b};
    ssize_t n = recvmsg(c->io.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0)
        return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -1;
    int fd;
    size_t fds = take_fds(&m, &fd);
    bool broken = n == 0 || fds > 1 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    if (!broken)
        broken = dispatch(c, (size_t)n, &fd) != COT_OK || fd >= 0; /* nobody's */
    if (c->secret && n > 0 && c->in != NULL)
        cot_wipe(c->in, (size_t)n);
    if (fd >= 0)
        close(fd);
    return broken ? -1 : 1;
}

static void on_event(loop_io *io, uint32_t events)
{
    ipc_channel *c = io->ctx;
    if (c->broken) {
        lost(c);
        return;
    }
    if ((events & EPOLLOUT) != 0)
        ipc_flush(c);
    int fd = c->io.fd;
    int state = 1;
    for (int i = 0; i < READS_A_TURN && state == 1 && ipc_is_open(c) && c->io.fd == fd; i++)
        state = receive_one(c);
    if (state < 0 && ipc_is_open(c) && c->io.fd == fd)
        lost(c);
}

/* ---- opening and closing ---- */

static void before_sleep(loop_hook *h)
{
    ipc_channel *c = h->ctx;
    if (c->out_head < c->out_tail && !c->blocked)
        ipc_flush(c);
}

static cot_status buffers(ipc_channel *c, size_t queue)
{
    if (c->out != NULL)
        return COT_OK;
    c->in = malloc(IPC_DATAGRAM_MAX);
    c->out = malloc(queue);
    if (c->in != NULL && c->out != NULL) {
        c->out_cap = queue;
        return COT_OK;
    }
    free(c->in);
    free(c->out);
    c->in = NULL;
    c->out = NULL;
    return COT_E_INTERNAL;
}

cot_status ipc_open(ipc_channel *c, loop *l, int fd, size_t queue)
{
    cot_status s = buffers(c, queue);
    if (s != COT_OK) {
        close(fd);
        return s;
    }
    c->loop = l;
    c->io.fd = fd;
    c->io.on_event = on_event;
    c->io.ctx = c;
    c->hook.before_sleep = before_sleep;
    c->hook.ctx = c;
    c->out_head = 0;
    c->out_tail = 0;
    c->blocked = false;
    c->broken = false;
    if (loop_watch(l, &c->io, EPOLLIN) != COT_OK) {
        close(fd);
        c->io.fd = -1;
        return COT_E_IO;
    }
    loop_hook_add(l, &c->hook);
    return COT_OK;
}

void ipc_close(ipc_channel *c)
{
    if (!ipc_is_open(c))
        return;
    loop_unwatch(c->loop, &c->io);
    loop_hook_remove(c->loop, &c->hook);
    close(c->io.fd);
    c->io.fd = -1;
    while (c->fd_count > 0)
        drop_sent_fd(c);
    if (c->secret)
        cot_wipe(c->out, c->out_tail);
    c->out_head = 0;
    c->out_tail = 0;
}

void ipc_free(ipc_channel *c)
{
    ipc_close(c);
    free(c->in);
    free(c->out);
    c->in = NULL;
    c->out = NULL;
    c->out_cap = 0;
}

cot_status ipc_pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        return COT_E_IO;
    int size = SEND_BUFFER;
    for (int i = 0; i < 2; i++)
        (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return COT_OK;
}
