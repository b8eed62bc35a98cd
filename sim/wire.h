/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's side of the network: many devices behind few sockets. A device is one (source
 * address, port) pair: at most 64 sockets are bound to the wildcard address, each datagram leaves from
 * an address of 127/8 of its own (IP_PKTINFO), and devices are told apart by the address that the
 * answer goes to. So the server must be on loopback when there are more devices than sockets. */
#ifndef COTTER_SIM_WIRE_H
#define COTTER_SIM_WIRE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_SOCKETS 64
#define WIRE_BATCH 64
#define WIRE_DATAGRAM 1536

typedef struct wire_packet {
    uint32_t device;
    size_t len;
    uint8_t bytes[WIRE_DATAGRAM];
} wire_packet;

typedef struct wire wire;

/* `count` devices that talk to `server`. NULL with a line on stderr when a socket fails. */
wire *wire_open(const struct sockaddr_in *server, uint32_t count);
void wire_close(wire *w);
/* One descriptor that is readable when a datagram waits. */
int wire_poll_fd(const wire *w);
/* Queue a datagram of `device`; sent at the next flush, or when the batch is full. */
void wire_send(wire *w, uint32_t device, const uint8_t *bytes, size_t len);
void wire_flush(wire *w);
/* Up to WIRE_BATCH waiting datagrams; they live until the next call. Never blocks. */
size_t wire_receive(wire *w, const wire_packet **packets);
/* Give one device another source address, as a NAT does. */
void wire_rebind(wire *w, uint32_t device);

#endif
