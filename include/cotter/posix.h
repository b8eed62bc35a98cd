/* SPDX-License-Identifier: Apache-2.0 */
/* A port for POSIX systems: UDP sockets, getrandom, getaddrinfo, and flash areas as files of a
 * directory (`log`, `slot0`, `slot1`). A slot file is exactly as long as what was programmed, so that
 * it can be executed. */
#ifndef COTTER_POSIX_H
#define COTTER_POSIX_H

#include <cotter/client.h>
#include <cotter/port.h>
#include <cotter/status.h>

#include <stdint.h>

typedef struct cot_posix {
    int fd;            /* the socket, for poll(2) */
    int dir;           /* the state directory, -1 without one */
    uint16_t udp_port; /* asked for, 0 for any */
} cot_posix;

/* Fill *port with functions over *p, open the UDP socket on `udp_port` (0: any free one; dual stack
 * where the system has IPv6) and the state directory, which is made (0700) when absent. state_dir
 * NULL: no areas, so no updates. `reset` is called by the port's reset.
 * COT_OK; COT_E_IO, errno says why. */
cot_status cot_posix_open(cot_posix *p, cot_port *port, uint16_t udp_port, const char *state_dir,
                          void (*reset)(void *ctx));

/* Replace the socket by one on another free port, as a NAT does. COT_OK; COT_E_IO: unchanged. */
cot_status cot_posix_rebind(cot_posix *p);

void cot_posix_close(cot_posix *p);

/* Memory for one client: 1,280-byte datagrams, bodies of 4 KiB, 16 observations. */
extern const cot_client_memory cot_posix_memory;

/* The monotonic clock. */
cot_ms cot_posix_now(void);

/* Wait until a datagram is there, `deadline` has come, or a signal arrives. */
void cot_posix_wait(const cot_posix *p, cot_ms deadline);

#endif
