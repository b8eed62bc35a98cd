/* SPDX-License-Identifier: Apache-2.0 */
/* The least that a Cortex-M4 in QEMU needs to run main: vectors, data, bss; semihosting to speak and to end. */
#include "tests/bench/stack/startup.h"

#include <stddef.h>

extern uint32_t data_image[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];
int main(void);
void reset_handler(void);

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, ADP_STOPPED = 0x20026 };

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void semihost_write(const char *text)
{
    semihost(SYS_WRITE0, text);
}

void semihost_exit(uint32_t status)
{
    const uint32_t block[2] = {ADP_STOPPED, status};
    for (;;)
        semihost(SYS_EXIT_EXTENDED, block);
}

void reset_handler(void)
{
    const uint32_t *from = data_image;
    for (uint32_t *to = data_start; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_start; to < bss_end; to++)
        *to = 0;
    semihost_exit((uint32_t)main());
}

static void fault(void)
{
    semihost_write("a fault\n");
    semihost_exit(3);
}

typedef union vector {
    const uint32_t *stack;
    void (*handler)(void);
} vector;

extern const vector vectors[7];
__attribute__((section(".vectors"), used)) const vector vectors[7] = {
    {.stack = stack_top}, {.handler = reset_handler}, {.handler = fault}, {.handler = fault},
    {.handler = fault},   {.handler = fault},         {.handler = fault}};
