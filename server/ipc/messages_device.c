/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs of the messages on registrations and device management. */
#include "server/ipc/codec.h"

void ipc_put_hello(cot_writer *w, const ipc_hello *m)
{
    cot_write_u8(w, m->worker);
    ipc__put_enum(w, m->fresh, 0, 1);
    cot_write_u32(w, m->registrations);
}

cot_status ipc_get_hello(cot_reader *r, ipc_hello *out)
{
    out->worker = cot_read_u8(r);
    out->fresh = ipc__get_enum(r, 0, 1);
    out->registrations = cot_read_u32(r);
    return cot_reader_end(r);
}

void ipc_put_register(cot_writer *w, const ipc_register *m)
{
    cot_write_u64(w, m->id);
    ipc__put_location(w, &m->location);
    ipc__put_enum(w, m->mode, IPC_NOSEC, IPC_X509);
    cot_write_u64(w, m->credential);
    ipc__put_address(w, &m->from);
    cot_write_u32(w, m->lifetime);
    ipc__put_enum(w, m->version, 10, 11);
    ipc__put_blob(w, m->endpoint, 1, IPC_ENDPOINT_MAX);
    ipc__put_blob(w, m->binding, 0, IPC_BINDING_MAX);
    ipc__put_blob(w, m->links, 0, IPC_LINKS_MAX);
}

cot_status ipc_get_register(cot_reader *r, ipc_register *out)
{
    out->id = cot_read_u64(r);
    ipc__get_location(r, &out->location);
    out->mode = ipc__get_enum(r, IPC_NOSEC, IPC_X509);
    out->credential = cot_read_u64(r);
    ipc__get_address(r, &out->from);
    out->lifetime = cot_read_u32(r);
    out->version = ipc__get_enum(r, 10, 11);
    out->endpoint = ipc__get_blob(r, 1, IPC_ENDPOINT_MAX);
    out->binding = ipc__get_blob(r, 0, IPC_BINDING_MAX);
    out->links = ipc__get_blob(r, 0, IPC_LINKS_MAX);
    return cot_reader_end(r);
}

void ipc_put_update(cot_writer *w, const ipc_update *m)
{
    cot_write_u64(w, m->id);
    ipc__put_location(w, &m->location);
    ipc__put_address(w, &m->from);
    cot_write_u32(w, m->lifetime);
    ipc__put_enum(w, m->has_binding, 0, 1);
    ipc__put_enum(w, m->has_links, 0, 1);
    ipc__put_blob(w, m->binding, 0, IPC_BINDING_MAX);
    ipc__put_blob(w, m->links, 0, IPC_LINKS_MAX);
}

cot_status ipc_get_update(cot_reader *r, ipc_update *out)
{
    out->id = cot_read_u64(r);
    ipc__get_location(r, &out->location);
    ipc__get_address(r, &out->from);
    out->lifetime = cot_read_u32(r);
    out->has_binding = ipc__get_enum(r, 0, 1);
    out->has_links = ipc__get_enum(r, 0, 1);
    out->binding = ipc__get_blob(r, 0, IPC_BINDING_MAX);
    out->links = ipc__get_blob(r, 0, IPC_LINKS_MAX);
    return cot_reader_end(r);
}

void ipc_put_deregister(cot_writer *w, const ipc_deregister *m)
{
    cot_write_u64(w, m->id);
    ipc__put_location(w, &m->location);
}

cot_status ipc_get_deregister(cot_reader *r, ipc_deregister *out)
{
    out->id = cot_read_u64(r);
    ipc__get_location(r, &out->location);
    return cot_reader_end(r);
}

void ipc_put_refresh(cot_writer *w, const ipc_refresh *m)
{
    ipc__put_location(w, &m->location);
    ipc__put_address(w, &m->from);
}

cot_status ipc_get_refresh(cot_reader *r, ipc_refresh *out)
{
    ipc__get_location(r, &out->location);
    ipc__get_address(r, &out->from);
    return cot_reader_end(r);
}

void ipc_put_expired(cot_writer *w, const ipc_expired *m)
{
    ipc__put_location(w, &m->location);
}

cot_status ipc_get_expired(cot_reader *r, ipc_expired *out)
{
    ipc__get_location(r, &out->location);
    return cot_reader_end(r);
}

void ipc_put_answer(cot_writer *w, const ipc_answer *m)
{
    cot_write_u64(w, m->id);
    cot_write_u8(w, m->code);
}

cot_status ipc_get_answer(cot_reader *r, ipc_answer *out)
{
    out->id = cot_read_u64(r);
    out->code = cot_read_u8(r);
    return cot_reader_end(r);
}

void ipc_put_drop(cot_writer *w, const ipc_drop *m)
{
    ipc__put_location(w, &m->location);
    ipc__put_enum(w, m->end_session, 0, 1);
}

cot_status ipc_get_drop(cot_reader *r, ipc_drop *out)
{
    ipc__get_location(r, &out->location);
    out->end_session = ipc__get_enum(r, 0, 1);
    return cot_reader_end(r);
}

void ipc_put_command(cot_writer *w, const ipc_command *m)
{
    cot_write_u64(w, m->id);
    ipc__put_location(w, &m->location);
    cot_write_u16(w, m->mid);
    cot_write_bytes(w, m->token, sizeof m->token);
    ipc__put_enum(w, m->operation, IPC_OP_WRITE, IPC_OP_ATTRIBUTES);
    ipc__put_path(w, &m->path);
    cot_write_u16(w, m->format);
    cot_write_u32(w, m->age_ms);
    ipc__put_blob(w, m->payload, 0, IPC_PAYLOAD_MAX);
}

cot_status ipc_get_command(cot_reader *r, ipc_command *out)
{
    out->id = cot_read_u64(r);
    ipc__get_location(r, &out->location);
    out->mid = cot_read_u16(r);
    cot_read_copy(r, out->token, sizeof out->token);
    out->operation = ipc__get_enum(r, IPC_OP_WRITE, IPC_OP_ATTRIBUTES);
    ipc__get_path(r, &out->path);
    out->format = cot_read_u16(r);
    out->age_ms = cot_read_u32(r);
    out->payload = ipc__get_blob(r, 0, IPC_PAYLOAD_MAX);
    return cot_reader_end(r);
}

void ipc_put_read(cot_writer *w, const ipc_read *m)
{
    cot_write_u64(w, m->id);
    ipc__put_location(w, &m->location);
    ipc__put_enum(w, m->operation, IPC_OP_READ, IPC_OP_DISCOVER);
    ipc__put_path(w, &m->path);
    cot_write_u32(w, m->timeout_ms);
}

cot_status ipc_get_read(cot_reader *r, ipc_read *out)
{
    out->id = cot_read_u64(r);
    ipc__get_location(r, &out->location);
    out->operation = ipc__get_enum(r, IPC_OP_READ, IPC_OP_DISCOVER);
    ipc__get_path(r, &out->path);
    out->timeout_ms = cot_read_u32(r);
    return cot_reader_end(r);
}

void ipc_put_result(cot_writer *w, const ipc_result *m)
{
    cot_write_u64(w, m->id);
    ipc__put_location(w, &m->location);
    cot_write_u8(w, m->code);
    cot_write_u16(w, m->format);
    ipc__put_blob(w, m->payload, 0, IPC_PAYLOAD_MAX);
}

cot_status ipc_get_result(cot_reader *r, ipc_result *out)
{
    out->id = cot_read_u64(r);
    ipc__get_location(r, &out->location);
    out->code = cot_read_u8(r);
    out->format = cot_read_u16(r);
    out->payload = ipc__get_blob(r, 0, IPC_PAYLOAD_MAX);
    return cot_reader_end(r);
}

void ipc_put_notify(cot_writer *w, const ipc_notify *m)
{
    ipc__put_location(w, &m->location);
    cot_write_bytes(w, m->token, sizeof m->token);
    cot_write_u8(w, m->code);
    cot_write_u16(w, m->format);
    ipc__put_blob(w, m->payload, 0, IPC_PAYLOAD_MAX);
}

cot_status ipc_get_notify(cot_reader *r, ipc_notify *out)
{
    ipc__get_location(r, &out->location);
    cot_read_copy(r, out->token, sizeof out->token);
    out->code = cot_read_u8(r);
    out->format = cot_read_u16(r);
    out->payload = ipc__get_blob(r, 0, IPC_PAYLOAD_MAX);
    return cot_reader_end(r);
}

void ipc_put_firmware_open(cot_writer *w, const ipc_firmware_open *m)
{
    cot_write_u64(w, m->id);
    ipc__put_blob(w, m->name, 1, IPC_RELEASE_NAME_MAX);
}

cot_status ipc_get_firmware_open(cot_reader *r, ipc_firmware_open *out)
{
    out->id = cot_read_u64(r);
    out->name = ipc__get_blob(r, 1, IPC_RELEASE_NAME_MAX);
    return cot_reader_end(r);
}

void ipc_put_firmware(cot_writer *w, const ipc_firmware *m)
{
    cot_write_u64(w, m->id);
    cot_write_u8(w, (uint8_t)-m->status);
    cot_write_u64(w, m->size);
    cot_write_bytes(w, m->etag, sizeof m->etag);
}

cot_status ipc_get_firmware(cot_reader *r, ipc_firmware *out)
{
    out->id = cot_read_u64(r);
    out->status = -(int32_t)cot_read_u8(r);
    out->size = cot_read_u64(r);
    cot_read_copy(r, out->etag, sizeof out->etag);
    return cot_reader_end(r);
}

void ipc_put_progress(cot_writer *w, const ipc_progress *m)
{
    ipc__put_location(w, &m->location);
    ipc__put_blob(w, m->name, 1, IPC_RELEASE_NAME_MAX);
    cot_write_u64(w, m->sent);
    cot_write_u64(w, m->size);
}

cot_status ipc_get_progress(cot_reader *r, ipc_progress *out)
{
    ipc__get_location(r, &out->location);
    out->name = ipc__get_blob(r, 1, IPC_RELEASE_NAME_MAX);
    out->sent = cot_read_u64(r);
    out->size = cot_read_u64(r);
    return cot_reader_end(r);
}
