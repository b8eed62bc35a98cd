/* SPDX-License-Identifier: Apache-2.0 */
/* Any body of any type: it is refused, or writing what was read gives the same bytes. */
#include "tests/unit/ipc_samples.h"

#include <stdlib.h>
#include <string.h>

#define CASE(TYPE, NAME, ...)                                                                      \
    case TYPE: {                                                                                   \
        ipc_##NAME m;                                                                              \
        if (ipc_get_##NAME(&r, &m) != COT_OK)                                                      \
            return 0;                                                                              \
        ipc_put_##NAME(&w, &m);                                                                    \
        break;                                                                                     \
    }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[1 << 17];
    cot_reader r;
    cot_writer w;
    if (size < 1 || size > sizeof out)
        return 0;
    cot_reader_init(&r, data + 1, size - 1);
    cot_writer_init(&w, out, sizeof out);
    switch (data[0]) {
        IPC_SAMPLES(CASE)
    default:
        return 0;
    }
    if (w.err != COT_OK || w.len != size - 1 || memcmp(out, data + 1, w.len) != 0)
        abort();
    return 0;
}
