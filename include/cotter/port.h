/* SPDX-License-Identifier: Apache-2.0 */
/* What the device library asks of the platform: eight functions, nothing else. device/port/template.c is
 * the place to start a new port from, device/port/posix/ a finished one, docs/guide/porting.md the way.
 *
 * Time is not among them: the application passes the milliseconds of its monotonic clock to
 * cot_client_poll() and sleeps until the deadline that it answers.
 *
 * All functions are called from cot_client_poll() only, thus from one context, and must not call
 * into the client. None may block for longer than the application can bear (flash_erase and resolve
 * are the slow ones). `ctx` is port.ctx. */
#ifndef COTTER_PORT_H
#define COTTER_PORT_H

#include <cotter/status.h>

#include <stddef.h>
#include <stdint.h>

/* A UDP address in network order. IPv4 lies in the first 4 bytes of ip. */
typedef struct cot_address {
    uint8_t ip[16];
    uint8_t ip_len; /* 4, 16, or 0 for none */
    uint16_t port;  /* host order */
    uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
} cot_address;

/* The flash areas of a device. The log holds the library's state; slots hold firmware images. */
typedef enum cot_area {
    COT_AREA_LOG = 0,
    COT_AREA_SLOT_0 = 1,
    COT_AREA_SLOT_1 = 2,
    COT_AREA_COUNT
} cot_area;

typedef struct cot_area_geometry {
    uint32_t size; /* bytes; a multiple of erase_size. The log needs two erase units or more. */
    uint32_t erase_size;   /* bytes that one erase clears */
    uint16_t program_size; /* bytes that one program writes: 1 … 32, a power of two */
} cot_area_geometry;

typedef struct cot_port {
    void *ctx;
    cot_area_geometry area[COT_AREA_COUNT]; /* sizes of 0: there is no such area, so no updates */

    /* Fill out[0..len) from a cryptographically secure source.
     * COT_OK; COT_E_IO: not seeded: the client stops and reports it, it never goes on without. */
    cot_status (*entropy)(void *ctx, uint8_t *out, size_t len);

    /* Turn `host` (a literal without brackets, or a name; NUL-terminated) into up to `cap` addresses,
     * the preferred first. Sets *count (≥ 1 on success); the port number of each is ignored. Asked
     * again before each new attempt to reach the server, so it must not cache beyond the DNS TTL.
     * COT_OK; COT_E_AGAIN: an asynchronous resolver has not finished, ask again in 100 ms;
     * COT_E_NOT_FOUND: no such name (yet): the client backs off and asks again. */
    cot_status (*resolve)(void *ctx, const char *host, cot_address *out, size_t cap, size_t *count);

    /* Send one datagram; the bytes are only borrowed.
     * COT_OK; anything else counts as a datagram lost on the way: the protocol repeats it. */
    cot_status (*send)(void *ctx, const cot_address *to, const uint8_t *datagram, size_t len);

    /* Take one waiting datagram without blocking; *len ≤ cap. A longer one must be dropped whole.
     * COT_OK; COT_E_AGAIN: none is waiting; COT_E_IO: the socket is gone, the client goes on and
     * asks again at the next poll. */
    cot_status (*receive)(void *ctx, cot_address *from, uint8_t *datagram, size_t cap, size_t *len);

    /* Copy `len` bytes at `offset` of an area; offset + len ≤ its size. COT_OK; COT_E_IO. */
    cot_status (*flash_read)(void *ctx, cot_area area, uint32_t offset, void *out, size_t len);

    /* Program erased bytes; offset and len are multiples of program_size. When the function
     * returns COT_OK the bytes survive a power cut. After a cut in the middle the units that were
     * being written may hold anything, all others are untouched. COT_OK; COT_E_IO. */
    cot_status (*flash_program)(void *ctx, cot_area area, uint32_t offset, const void *bytes,
                                size_t len);

    /* Erase to 0xFF; offset and len are multiples of erase_size. Survives a cut as above.
     * COT_OK; COT_E_IO. */
    cot_status (*flash_erase)(void *ctx, cot_area area, uint32_t offset, size_t len);

    /* Restart the device so that the bootloader (or launcher) chooses the image anew. Called when
     * all state is on flash. Does not return on real hardware; if it returns, the client stays
     * quiet until the restart comes. */
    void (*reset)(void *ctx);
} cot_port;

#endif
