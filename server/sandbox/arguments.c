/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that are allowed with some arguments only. Compared are integers; what a pointer leads to is out
 * of a filter's reach. */
#include "server/sandbox/lists.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define IS(n, value)                                                                               \
    {                                                                                              \
        n, SCMP_CMP_EQ, (uint64_t)(value), 0                                                       \
    }
#define WITHOUT(n, bits)                                                                           \
    {                                                                                              \
        n, SCMP_CMP_MASKED_EQ, (uint64_t)(bits), 0                                                 \
    }
#define ALL 0xffu
#define HUB (1u << SANDBOX_HUB)
#define HTTP (1u << SANDBOX_HTTP)

static const sandbox_rule rules[] = {
    /* no code but the program's, no locked memory after the seal */
    {ALL, SCMP_SYS(mmap), 2, {WITHOUT(2, PROT_EXEC), WITHOUT(3, MAP_LOCKED)}},
    {ALL, SCMP_SYS(mprotect), 1, {WITHOUT(2, PROT_EXEC)}},

    /* no connect() by another name: MSG_FASTOPEN on a listener that was shut down first */
    {ALL, SCMP_SYS(sendmsg), 1, {WITHOUT(2, MSG_FASTOPEN)}},
    {HTTP, SCMP_SYS(sendto), 1, {WITHOUT(3, MSG_FASTOPEN)}},

    /* What libmicrohttpd sets. Not SO_LINGER: it makes close() wait, in whatever process the socket was sent to;
     * not filters: they stay on a listener, which later processes of the role are given. */
    {HTTP, SCMP_SYS(setsockopt), 2, {IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY)}},
    {HTTP, SCMP_SYS(setsockopt), 2, {IS(1, IPPROTO_TCP), IS(2, TCP_CORK)}},

    /* no owners, signals, leases; no F_SETFL: sockets and stderr are shared with other processes */
    {ALL, SCMP_SYS(fcntl), 1, {IS(1, F_DUPFD_CLOEXEC)}},
    {ALL, SCMP_SYS(fcntl), 1, {IS(1, F_GETFD)}},
    {ALL, SCMP_SYS(fcntl), 1, {IS(1, F_SETFD)}},
    {ALL, SCMP_SYS(fcntl), 1, {IS(1, F_GETFL)}},
    {ALL, SCMP_SYS(fcntl), 1, {IS(1, F_ADD_SEALS)}},
    {ALL, SCMP_SYS(fcntl), 1, {IS(1, F_GET_SEALS)}},
    {HUB, SCMP_SYS(fcntl), 1, {IS(1, F_GETLK)}}, /* SQLite's locks */
    {HUB, SCMP_SYS(fcntl), 1, {IS(1, F_SETLK)}},
    {HUB, SCMP_SYS(fcntl), 1, {IS(1, F_SETLKW)}},
};

const sandbox_rule *const sandbox_rules = rules;
const size_t sandbox_rule_count = sizeof rules / sizeof rules[0];
