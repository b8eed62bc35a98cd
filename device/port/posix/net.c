/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX port: sockets, names, entropy, time. */
#define _GNU_SOURCE
#include "device/port/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_SIZE 8192u
#define LOG_ERASE 4096u
#define SLOT_SIZE (16u * 1024 * 1024)

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static cot_status entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    while (len > 0) {
        ssize_t n = getrandom(out, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return COT_E_IO;
        out += n;
        len -= (size_t)n;
    }
    return COT_OK;
}

static bool from_sockaddr(const struct sockaddr_storage *ss, cot_address *a)
{
    memset(a, 0, sizeof *a);
    if (ss->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, ss, sizeof in);
        memcpy(a->ip, &in.sin_addr, 4);
        a->ip_len = 4;
        a->port = ntohs(in.sin_port);
        return true;
    }
    if (ss->ss_family != AF_INET6)
        return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, ss, sizeof in6);
    a->port = ntohs(in6.sin6_port);
    a->scope = in6.sin6_scope_id;
    a->ip_len = memcmp(&in6.sin6_addr, v4_mapped, sizeof v4_mapped) == 0 ? 4 : 16;
    memcpy(a->ip, in6.sin6_addr.s6_addr + (16 - a->ip_len), a->ip_len);
    return true;
}

static socklen_t to_sockaddr(int family, const cot_address *a, struct sockaddr_storage *ss)
{
    memset(ss, 0, sizeof *ss);
    if (family == AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&in.sin_addr, a->ip, 4);
        memcpy(ss, &in, sizeof in);
        return a->ip_len == 4 ? sizeof in : 0;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    in6.sin6_scope_id = a->scope;
    if (a->ip_len == 4)
        memcpy(in6.sin6_addr.s6_addr, v4_mapped, sizeof v4_mapped);
    memcpy(in6.sin6_addr.s6_addr + (16 - a->ip_len), a->ip, a->ip_len);
    memcpy(ss, &in6, sizeof in6);
    return sizeof in6;
}

static cot_status resolve(void *ctx, const char *host, cot_address *out, size_t cap, size_t *count)
{
    (void)ctx;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    *count = 0;
    if (getaddrinfo(host, NULL, &hints, &list) != 0)
        return COT_E_NOT_FOUND;
    for (const struct addrinfo *i = list; i != NULL && *count < cap; i = i->ai_next) {
        struct sockaddr_storage ss = {0};
        if (i->ai_addrlen > sizeof ss)
            continue;
        memcpy(&ss, i->ai_addr, i->ai_addrlen);
        if (from_sockaddr(&ss, &out[*count]))
            ++*count;
    }
    freeaddrinfo(list);
    return *count > 0 ? COT_OK : COT_E_NOT_FOUND;
}

static int socket_family(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 ? ss.ss_family : AF_UNSPEC;
}

static cot_status send_datagram(void *ctx, const cot_address *to, const uint8_t *datagram,
                                size_t len)
{
    const cot_posix *p = ctx;
    struct sockaddr_storage ss;
    socklen_t ss_len = to_sockaddr(socket_family(p->fd), to, &ss);
    if (ss_len == 0)
        return COT_E_IO;
    ssize_t n = sendto(p->fd, datagram, len, MSG_DONTWAIT, (const struct sockaddr *)&ss, ss_len);
    return n == (ssize_t)len ? COT_OK : COT_E_IO;
}

static cot_status receive(void *ctx, cot_address *from, uint8_t *datagram, size_t cap, size_t *len)
{
    const cot_posix *p = ctx;
    for (;;) {
        struct sockaddr_storage ss = {0};
        socklen_t ss_len = sizeof ss;
        ssize_t n = recvfrom(p->fd, datagram, cap, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&ss,
                             &ss_len);
        if (n < 0 && (errno == EINTR || errno == ECONNREFUSED))
            continue; /* an ICMP error of an earlier send is no news: the protocol times out */
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? COT_E_AGAIN : COT_E_IO;
        if ((size_t)n > cap || !from_sockaddr(&ss, from))
            continue;
        *len = (size_t)n;
        return COT_OK;
    }
}

static int open_socket(uint16_t udp_port)
{
    int families[2] = {AF_INET6, AF_INET};
    for (size_t i = 0; i < 2; i++) {
        int fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        int off = 0;
        cot_address any = {.ip_len = families[i] == AF_INET ? 4 : 16, .port = udp_port};
        struct sockaddr_storage ss;
        socklen_t len = to_sockaddr(families[i], &any, &ss);
        if (families[i] == AF_INET6)
            (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        if (bind(fd, (const struct sockaddr *)&ss, len) == 0)
            return fd;
        (void)close(fd);
    }
    return -1;
}

static void use_areas(cot_port *port)
{
    port->area[COT_AREA_LOG] = (cot_area_geometry){LOG_SIZE, LOG_ERASE, 1};
    port->area[COT_AREA_SLOT_0] = (cot_area_geometry){SLOT_SIZE, LOG_ERASE, 1};
    port->area[COT_AREA_SLOT_1] = (cot_area_geometry){SLOT_SIZE, LOG_ERASE, 1};
}

cot_status cot_posix_open(cot_posix *p, cot_port *port, uint16_t udp_port, const char *state_dir,
                          void (*reset)(void *ctx))
{
    memset(port, 0, sizeof *port);
    *p = (cot_posix){.fd = -1, .dir = -1, .udp_port = udp_port};
    port->ctx = p;
    port->entropy = entropy;
    port->resolve = resolve;
    port->send = send_datagram;
    port->receive = receive;
    port->flash_read = cot__posix_flash_read;
    port->flash_program = cot__posix_flash_program;
    port->flash_erase = cot__posix_flash_erase;
    port->reset = reset;
    if (state_dir != NULL) {
        if (mkdir(state_dir, 0700) != 0 && errno != EEXIST)
            return COT_E_IO;
        p->dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (p->dir < 0)
            return COT_E_IO;
        use_areas(port);
    }
    p->fd = open_socket(udp_port);
    return p->fd >= 0 ? COT_OK : COT_E_IO;
}

cot_status cot_posix_rebind(cot_posix *p)
{
    int fd = open_socket(0);
    if (fd < 0)
        return COT_E_IO;
    (void)close(p->fd);
    p->fd = fd;
    return COT_OK;
}

void cot_posix_close(cot_posix *p)
{
    if (p->fd >= 0)
        (void)close(p->fd);
    if (p->dir >= 0)
        (void)close(p->dir);
    p->fd = -1;
    p->dir = -1;
}

cot_ms cot_posix_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (cot_ms)t.tv_sec * 1000u + (cot_ms)(t.tv_nsec / 1000000);
}

void cot_posix_wait(const cot_posix *p, cot_ms deadline)
{
    cot_ms now = cot_posix_now();
    cot_ms left = deadline > now ? deadline - now : 0;
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    (void)poll(&fd, 1, left > 3600000 ? 3600000 : (int)left);
}
