/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs of what a role gets from the monitor at its start. */
#include "server/role_wire.h"

#include <string.h>

static void put_text(cot_writer *w, const char *text)
{
    size_t n = strlen(text);
    cot_write_u16(w, (uint16_t)n);
    cot_write_bytes(w, text, n);
}

static void get_text(cot_reader *r, char *out, size_t cap)
{
    cot_bytes b = cot_read_bytes(r, cot_read_u16(r));
    if (b.len >= cap) {
        cot_reader_fail(r, COT_E_RANGE);
        b.len = 0;
    }
    if (b.len > 0)
        memcpy(out, b.p, b.len);
    out[b.len] = '\0';
}

static bool get_bool(cot_reader *r)
{
    uint8_t v = cot_read_u8(r);
    if (v > 1)
        cot_reader_fail(r, COT_E_RANGE);
    return v == 1;
}

void role_put_config(cot_writer *w, const role_config *c)
{
    cot_write_u8(w, c->role);
    cot_write_u8(w, c->index);
    cot_write_u8(w, c->workers);
    cot_write_u32(w, c->generation);
    cot_write_u8(w, c->fresh ? 1 : 0);
    cot_write_u8(w, c->crashed ? 1 : 0);
    cot_write_u8(w, c->allow_nosec ? 1 : 0);
    cot_write_u32(w, c->max_devices);
    cot_write_u32(w, c->lifetime_min);
    cot_write_u32(w, c->lifetime_max);
    cot_write_u32(w, c->handshakes);
    cot_write_bytes(w, c->boot_id, sizeof c->boot_id);
    put_text(w, c->version);
    put_text(w, c->public_uri);
    for (size_t i = 0; i < ROLE_LISTENERS; i++) {
        put_text(w, c->coap[i]);
        put_text(w, c->coaps[i]);
    }
}

cot_status role_get_config(cot_reader *r, role_config *c)
{
    memset(c, 0, sizeof *c);
    c->role = cot_read_u8(r);
    c->index = cot_read_u8(r);
    c->workers = cot_read_u8(r);
    c->generation = cot_read_u32(r);
    c->fresh = get_bool(r);
    c->crashed = get_bool(r);
    c->allow_nosec = get_bool(r);
    c->max_devices = cot_read_u32(r);
    c->lifetime_min = cot_read_u32(r);
    c->lifetime_max = cot_read_u32(r);
    c->handshakes = cot_read_u32(r);
    cot_read_copy(r, c->boot_id, sizeof c->boot_id);
    get_text(r, c->version, sizeof c->version);
    get_text(r, c->public_uri, sizeof c->public_uri);
    for (size_t i = 0; i < ROLE_LISTENERS; i++) {
        get_text(r, c->coap[i], sizeof c->coap[i]);
        get_text(r, c->coaps[i], sizeof c->coaps[i]);
    }
    if (c->role < IPC_NET || c->role > IPC_HTTP || c->workers < 1 || c->workers > ROLE_WORKERS_MAX)
        cot_reader_fail(r, COT_E_RANGE);
    return cot_reader_end(r);
}

void role_put_fd(cot_writer *w, const role_fd *f)
{
    cot_write_u8(w, f->kind);
    cot_write_u8(w, f->loopback ? 1 : 0);
    put_text(w, f->address);
}

cot_status role_get_fd(cot_reader *r, role_fd *f)
{
    memset(f, 0, sizeof *f);
    f->kind = cot_read_u8(r);
    f->loopback = get_bool(r);
    get_text(r, f->address, sizeof f->address);
    f->fd = -1;
    return cot_reader_end(r);
}
