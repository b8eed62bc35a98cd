/* SPDX-License-Identifier: Apache-2.0 */
/* Any row of reads, the first bytes choosing which: what was read, written again, gives the same bytes; after
 * an error all is 0. */
#include "core/base/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void read_one(cot_reader *r, cot_writer *w, uint8_t what)
{
    size_t width = what & 15;
    if ((what & 16) != 0) {
        cot_bytes b = cot_read_bytes(r, what >> 2);
        require(r->err == COT_OK || (b.p == NULL && b.len == 0));
        cot_write_bytes(w, b.p, b.len);
        return;
    }
    uint64_t v = cot_read_uint(r, width);
    if (r->err != COT_OK)
        require(v == 0);
    else
        cot_write_uint(w, v, width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_reader script;
    cot_reader r;
    cot_writer w;
    size_t half = size / 2;
    uint8_t *copy = malloc(size + 1);
    cot_reader_init(&script, data, half);
    cot_reader_init(&r, data + half, size - half);
    cot_writer_init(&w, copy, size + 1);
    while (cot_reader_left(&script) > 0 && r.err == COT_OK) {
        size_t before = cot_reader_left(&r);
        read_one(&r, &w, cot_read_u8(&script));
        require(cot_reader_left(&r) <= before);
    }
    require(w.err == COT_OK && w.len <= size - half);
    require(memcmp(copy, data + half, w.len) == 0);
    if (r.err == COT_OK)
        require(w.len + cot_reader_left(&r) == size - half);
    free(copy);
    return 0;
}
