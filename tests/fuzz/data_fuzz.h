/* SPDX-License-Identifier: Apache-2.0 */
/* What every harness of core/'s formats shares. */
#ifndef COTTER_TESTS_FUZZ_DATA_FUZZ_H
#define COTTER_TESTS_FUZZ_DATA_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The property does not hold: stop here, so that the fuzzer keeps the input. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
