/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the monitor's sockets. */
#include "server/monitor/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RECEIVE_BUFFER (8 << 20)
#define SEND_BUFFER (4 << 20)
#define BACKLOG 128

static cot_status parse_port(const char *text, uint16_t *port)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return COT_E_MALFORMED;
    unsigned long v = strtoul(text, &end, 10);
    if (*end != '\0' || v > 65535)
        return COT_E_MALFORMED;
    *port = htons((uint16_t)v);
    return COT_OK;
}

cot_status listen_parse(const char *text, listen_address *out)
{
    char host[64];
    memset(out, 0, sizeof *out);
    bool v6 = text[0] == '[';
    const char *colon = v6 ? strstr(text, "]:") : strrchr(text, ':');
    if (colon == NULL)
        return COT_E_MALFORMED;
    const char *from = v6 ? text + 1 : text;
    size_t n = (size_t)(colon - from);
    if (n >= sizeof host)
        return COT_E_MALFORMED;
    memcpy(host, from, n);
    host[n] = '\0';
    const char *port = colon + (v6 ? 2 : 1);
    if (v6) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)&out->sa;
        a->sin6_family = AF_INET6;
        out->len = sizeof *a;
        if (inet_pton(AF_INET6, host, &a->sin6_addr) != 1)
            return COT_E_MALFORMED;
        return parse_port(port, &a->sin6_port);
    }
    struct sockaddr_in *a = (struct sockaddr_in *)(void *)&out->sa;
    a->sin_family = AF_INET;
    out->len = sizeof *a;
    if (inet_pton(AF_INET, host, &a->sin_addr) != 1)
        return COT_E_MALFORMED;
    return parse_port(port, &a->sin_port);
}

bool listen_is_loopback(const listen_address *a)
{
    if (a->sa.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&a->sa;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&a->sa;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

cot_status listen_text(int fd, char *out, size_t cap)
{
    listen_address a = {.len = sizeof a.sa};
    char host[INET6_ADDRSTRLEN] = "";
    int n;
    if (getsockname(fd, (struct sockaddr *)&a.sa, &a.len) != 0)
        return COT_E_IO;
    if (a.sa.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&a.sa;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        n = snprintf(out, cap, "%s:%u", host, ntohs(v4->sin_port));
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&a.sa;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        n = snprintf(out, cap, "[%s]:%u", host, ntohs(v6->sin6_port));
    }
    return n < 0 || (size_t)n >= cap ? COT_E_SPACE : COT_OK;
}

static int on(int fd, int level, int option)
{
    int one = 1;
    return setsockopt(fd, level, option, &one, sizeof one);
}

static int bound(const listen_address *a, int type)
{
    int fd = socket(a->sa.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool v6 = a->sa.ss_family == AF_INET6;
    if (on(fd, SOL_SOCKET, type == SOCK_DGRAM ? SO_REUSEPORT : SO_REUSEADDR) == 0 &&
        (!v6 || on(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0) &&
        bind(fd, (const struct sockaddr *)&a->sa, a->len) == 0)
        return fd;
    int err = errno;
    close(fd);
    errno = err;
    return -1;
}

/* Offset 0 is the datagram's first byte: type 25 → the byte after type, version and number (11 bytes)
 * is the connection ID's first; anything else → an index out of range: the kernel's address hash. */
static int steer(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 25, 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 11), BPF_STMT(BPF_RET | BPF_A, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffffu),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

static void big_buffers(int fd)
{
    int receive = RECEIVE_BUFFER;
    int send = SEND_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof send) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
}

static void close_all(int *fds, size_t count)
{
    int err = errno;
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    errno = err;
}

cot_status listen_udp(const listen_address *a, int *fds, size_t count)
{
    listen_address at = *a;
    for (size_t i = 0; i < count; i++) {
        fds[i] = bound(&at, SOCK_DGRAM);
        if (fds[i] < 0) {
            close_all(fds, i);
            return COT_E_IO;
        }
        big_buffers(fds[i]);
        if (i == 0)
            (void)getsockname(fds[0], (struct sockaddr *)&at.sa, &at.len);
    }
    if (count > 1 && steer(fds[0]) != 0) {
        close_all(fds, count);
        return COT_E_IO;
    }
    return COT_OK;
}

cot_status listen_tcp(const listen_address *a, int *fd)
{
    *fd = bound(a, SOCK_STREAM);
    if (*fd < 0)
        return COT_E_IO;
    if (listen(*fd, BACKLOG) == 0)
        return COT_OK;
    close_all(fd, 1);
    return COT_E_IO;
}

bool listen_is_alive(int fd)
{
    int listens = 0;
    socklen_t len = sizeof listens;
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens == 1 &&
           poll(&p, 1, 0) == 0;
}

cot_status listen_unix(const char *path, uint32_t gid, int *fd)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return COT_E_RANGE;
    memcpy(a.sun_path, path, strlen(path) + 1);
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return COT_E_IO;
    if (bind(*fd, (const struct sockaddr *)&a, sizeof a) == 0 && chmod(path, 0660) == 0 &&
        (geteuid() != 0 || chown(path, (uid_t)-1, gid) == 0) && listen(*fd, BACKLOG) == 0)
        return COT_OK;
    close_all(fd, 1);
    return COT_E_IO;
}
