/* SPDX-License-Identifier: Apache-2.0 */
/* A Cortex-M4 in QEMU with semihosting. */
#ifndef COTTER_TESTS_BENCH_STACK_STARTUP_H
#define COTTER_TESTS_BENCH_STACK_STARTUP_H

#include <stdint.h>

void semihost_write(const char *text);
_Noreturn void semihost_exit(uint32_t status);

#endif
