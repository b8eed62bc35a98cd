/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the messages' codecs share. */
#include "server/ipc/codec.h"

#include <string.h>

void ipc__put_blob(cot_writer *w, cot_bytes b, size_t min, size_t max)
{
    if (b.len < min || b.len > max) {
        cot_writer_fail(w, COT_E_RANGE);
        return;
    }
    cot_write_u16(w, (uint16_t)b.len);
    cot_write_bytes(w, b.p, b.len);
}

cot_bytes ipc__get_blob(cot_reader *r, size_t min, size_t max)
{
    size_t len = cot_read_u16(r);
    cot_bytes b = cot_read_bytes(r, len);
    if (r->err == COT_OK && (len < min || len > max))
        cot_reader_fail(r, COT_E_RANGE);
    return b;
}

void ipc__put_enum(cot_writer *w, uint8_t v, uint8_t min, uint8_t max)
{
    if (v < min || v > max)
        cot_writer_fail(w, COT_E_RANGE);
    cot_write_u8(w, v);
}

uint8_t ipc__get_enum(cot_reader *r, uint8_t min, uint8_t max)
{
    uint8_t v = cot_read_u8(r);
    if (r->err == COT_OK && (v < min || v > max))
        cot_reader_fail(r, COT_E_RANGE);
    return v;
}

void ipc__put_location(cot_writer *w, const ipc_location *l)
{
    cot_write_bytes(w, l->b, sizeof l->b);
}

void ipc__get_location(cot_reader *r, ipc_location *l)
{
    cot_read_copy(r, l->b, sizeof l->b);
}

void ipc__put_address(cot_writer *w, const ipc_address *a)
{
    cot_write_bytes(w, a->ip, sizeof a->ip);
    cot_write_u16(w, a->port);
}

void ipc__get_address(cot_reader *r, ipc_address *a)
{
    cot_read_copy(r, a->ip, sizeof a->ip);
    a->port = cot_read_u16(r);
}

void ipc__put_path(cot_writer *w, const ipc_path *p)
{
    ipc__put_enum(w, p->count, 1, 4);
    for (size_t i = 0; i < p->count && i < 4; i++)
        cot_write_u16(w, p->id[i]);
}

void ipc__get_path(cot_reader *r, ipc_path *p)
{
    memset(p, 0, sizeof *p);
    p->count = ipc__get_enum(r, 1, 4);
    for (size_t i = 0; i < p->count && i < 4; i++)
        p->id[i] = cot_read_u16(r);
}
