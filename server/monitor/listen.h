/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's sockets: made once, kept open as long as it lives, handed out as duplicates. */
#ifndef COTTER_SERVER_MONITOR_LISTEN_H
#define COTTER_SERVER_MONITOR_LISTEN_H

#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct listen_address {
    struct sockaddr_storage sa;
    socklen_t len;
} listen_address;

/* "127.0.0.1:5684", "[::1]:5684", port 0 allowed. COT_OK; COT_E_MALFORMED. */
cot_status listen_parse(const char *text, listen_address *out);
bool listen_is_loopback(const listen_address *a);
/* The address that `fd` is bound to, as text. COT_OK; COT_E_SPACE; COT_E_IO. */
cot_status listen_text(int fd, char *out, size_t cap);

/* `count` UDP sockets on one address (SO_REUSEPORT group). A datagram of DTLS type 25 goes to the one
 * whose index is its connection ID's first byte, others by their address.
 * Port 0: all get the same free port. COT_OK; COT_E_IO with errno set, nothing stays open. */
cot_status listen_udp(const listen_address *a, int *fds, size_t count);
/* A listening TCP socket. COT_OK; COT_E_IO with errno. */
cot_status listen_tcp(const listen_address *a, int *fd);
/* Does it still listen (TCP or Unix)? Not after a shutdown() by whoever holds the socket too. */
bool listen_is_alive(int fd);
/* A listening Unix socket at `path` (an old socket there is removed), mode 0660, group `gid`.
 * COT_OK; COT_E_IO with errno; COT_E_RANGE: the path is too long. */
cot_status listen_unix(const char *path, uint32_t gid, int *fd);

#endif
