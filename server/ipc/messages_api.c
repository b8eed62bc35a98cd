/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs of the messages on the API between http and hub. */
#include "server/ipc/codec.h"

static void put_u16_in(cot_writer *w, uint16_t v, uint16_t min, uint16_t max)
{
    if (v < min || v > max)
        cot_writer_fail(w, COT_E_RANGE);
    cot_write_u16(w, v);
}

static uint16_t get_u16_in(cot_reader *r, uint16_t min, uint16_t max)
{
    uint16_t v = cot_read_u16(r);
    if (r->err == COT_OK && (v < min || v > max))
        cot_reader_fail(r, COT_E_RANGE);
    return v;
}

void ipc_put_call(cot_writer *w, const ipc_call *m)
{
    cot_write_u64(w, m->id);
    put_u16_in(w, m->api, IPC_API_STATUS, IPC_API_AUDIT_LIST);
    ipc__put_blob(w, m->token, 0, IPC_TOKEN_MAX);
    ipc__put_blob(w, m->args, 0, IPC_PAYLOAD_MAX);
}

cot_status ipc_get_call(cot_reader *r, ipc_call *out)
{
    out->id = cot_read_u64(r);
    out->api = get_u16_in(r, IPC_API_STATUS, IPC_API_AUDIT_LIST);
    out->token = ipc__get_blob(r, 0, IPC_TOKEN_MAX);
    out->args = ipc__get_blob(r, 0, IPC_PAYLOAD_MAX);
    return cot_reader_end(r);
}

void ipc_put_reply(cot_writer *w, const ipc_reply *m)
{
    cot_write_u64(w, m->id);
    put_u16_in(w, m->status, 100, 599);
    ipc__put_blob(w, m->body, 0, IPC_PAYLOAD_MAX);
}

cot_status ipc_get_reply(cot_reader *r, ipc_reply *out)
{
    out->id = cot_read_u64(r);
    out->status = get_u16_in(r, 100, 599);
    out->body = ipc__get_blob(r, 0, IPC_PAYLOAD_MAX);
    return cot_reader_end(r);
}

void ipc_put_event(cot_writer *w, const ipc_event *m)
{
    cot_write_u64(w, m->sequence);
    ipc__put_blob(w, m->name, 1, IPC_EVENT_NAME_MAX);
    ipc__put_blob(w, m->body, 0, IPC_PAYLOAD_MAX);
}

cot_status ipc_get_event(cot_reader *r, ipc_event *out)
{
    out->sequence = cot_read_u64(r);
    out->name = ipc__get_blob(r, 1, IPC_EVENT_NAME_MAX);
    out->body = ipc__get_blob(r, 0, IPC_PAYLOAD_MAX);
    return cot_reader_end(r);
}

void ipc_put_call_end(cot_writer *w, const ipc_call_end *m)
{
    cot_write_u64(w, m->id);
}

cot_status ipc_get_call_end(cot_reader *r, ipc_call_end *out)
{
    out->id = cot_read_u64(r);
    return cot_reader_end(r);
}
