/* SPDX-License-Identifier: Apache-2.0 */
/* Where a new port begins: copy this file, fill the eight functions in, keep the contracts of
 * <cotter/port.h>. It compiles everywhere (CI does it) and does nothing yet. docs/guide/porting.md. */
#include "device/port/template.h"

/* A hardware random number generator or a seeded DRBG. Never a constant, never rand(). */
static cot_status entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx, (void)out, (void)len;
    return COT_E_IO; /* not seeded: cot_client_init() refuses to go on */
}

/* Literals first; a name by the stack's resolver. An asynchronous one answers COT_E_AGAIN until it
 * has finished, and is asked again every 100 ms. */
static cot_status resolve(void *ctx, const char *host, cot_address *out, size_t cap, size_t *count)
{
    (void)ctx, (void)host, (void)out, (void)cap;
    *count = 0;
    return COT_E_NOT_FOUND;
}

static cot_status send_datagram(void *ctx, const cot_address *to, const uint8_t *datagram,
                                size_t len)
{
    (void)ctx, (void)to, (void)datagram, (void)len;
    return COT_E_IO;
}

/* From the queue that the network driver fills; never waits. */
static cot_status receive(void *ctx, cot_address *from, uint8_t *datagram, size_t cap, size_t *len)
{
    (void)ctx, (void)from, (void)datagram, (void)cap;
    *len = 0;
    return COT_E_AGAIN;
}

static cot_status flash_read(void *ctx, cot_area area, uint32_t offset, void *out, size_t len)
{
    (void)ctx, (void)area, (void)offset, (void)out, (void)len;
    return COT_E_IO;
}

/* Return only when the bytes would survive a power cut. */
static cot_status flash_program(void *ctx, cot_area area, uint32_t offset, const void *bytes,
                                size_t len)
{
    (void)ctx, (void)area, (void)offset, (void)bytes, (void)len;
    return COT_E_IO;
}

static cot_status flash_erase(void *ctx, cot_area area, uint32_t offset, size_t len)
{
    (void)ctx, (void)area, (void)offset, (void)len;
    return COT_E_IO;
}

/* NVIC_SystemReset() or the like. */
static void reset(void *ctx)
{
    (void)ctx;
}

/* A part with 512 KiB of flash in units of 4 KiB that programs 8 bytes at a time: two units for the
 * log, the rest for two images (what the bootloader takes is not counted here). */
const cot_port cot_port_template = {.area = {[COT_AREA_LOG] = {8192, 4096, 8},
                                             [COT_AREA_SLOT_0] = {229376, 4096, 8},
                                             [COT_AREA_SLOT_1] = {229376, 4096, 8}},
                                    .entropy = entropy,
                                    .resolve = resolve,
                                    .send = send_datagram,
                                    .receive = receive,
                                    .flash_read = flash_read,
                                    .flash_program = flash_program,
                                    .flash_erase = flash_erase,
                                    .reset = reset};
