/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs of the messages on sessions: peers, PSK, credentials, signatures, seals, refusals. */
#include "server/ipc/codec.h"

#define SIGNATURE_MAX 72u /* bytes of a P-256 ECDSA-Sig-Value */
#define SECRET_MAX 64u

/* What a master secret is derived from: 32 bytes of session hash or 64 of both randoms. */
static size_t seed_len(uint8_t kind)
{
    return kind == IPC_MASTER_EXTENDED ? 32 : 64;
}

static void put_seed(cot_writer *w, uint8_t kind, cot_bytes seed)
{
    ipc__put_enum(w, kind, IPC_MASTER_EXTENDED, IPC_MASTER_RANDOMS);
    ipc__put_blob(w, seed, seed_len(kind), seed_len(kind));
}

static cot_bytes get_seed(cot_reader *r, uint8_t *kind)
{
    *kind = ipc__get_enum(r, IPC_MASTER_EXTENDED, IPC_MASTER_RANDOMS);
    return ipc__get_blob(r, seed_len(*kind), seed_len(*kind));
}

void ipc_put_peer(cot_writer *w, const ipc_peer *m)
{
    ipc__put_enum(w, m->role, 1, 4);
    cot_write_u8(w, m->index);
    cot_write_u32(w, m->generation);
}

cot_status ipc_get_peer(cot_reader *r, ipc_peer *out)
{
    out->role = ipc__get_enum(r, 1, 4);
    out->index = cot_read_u8(r);
    out->generation = cot_read_u32(r);
    return cot_reader_end(r);
}

void ipc_put_psk_wanted(cot_writer *w, const ipc_psk_wanted *m)
{
    cot_write_u64(w, m->id);
    ipc__put_blob(w, m->identity, 0, IPC_IDENTITY_MAX);
    put_seed(w, m->kind, m->seed);
}

cot_status ipc_get_psk_wanted(cot_reader *r, ipc_psk_wanted *out)
{
    out->id = cot_read_u64(r);
    out->identity = ipc__get_blob(r, 0, IPC_IDENTITY_MAX);
    out->seed = get_seed(r, &out->kind);
    return cot_reader_end(r);
}

void ipc_put_master_wanted(cot_writer *w, const ipc_master_wanted *m)
{
    cot_write_u8(w, m->worker);
    cot_write_u64(w, m->id);
    cot_write_u64(w, m->credential);
    ipc__put_blob(w, m->identity, 0, IPC_IDENTITY_MAX);
    ipc__put_blob(w, m->sealed, 0, IPC_SEALED_MAX);
    put_seed(w, m->kind, m->seed);
}

cot_status ipc_get_master_wanted(cot_reader *r, ipc_master_wanted *out)
{
    out->worker = cot_read_u8(r);
    out->id = cot_read_u64(r);
    out->credential = cot_read_u64(r);
    out->identity = ipc__get_blob(r, 0, IPC_IDENTITY_MAX);
    out->sealed = ipc__get_blob(r, 0, IPC_SEALED_MAX);
    out->seed = get_seed(r, &out->kind);
    return cot_reader_end(r);
}

void ipc_put_master(cot_writer *w, const ipc_master *m)
{
    cot_write_u64(w, m->id);
    cot_write_u64(w, m->credential);
    cot_write_bytes(w, m->master, sizeof m->master);
}

cot_status ipc_get_master(cot_reader *r, ipc_master *out)
{
    out->id = cot_read_u64(r);
    out->credential = cot_read_u64(r);
    cot_read_copy(r, out->master, sizeof out->master);
    return cot_reader_end(r);
}

void ipc_put_credential_wanted(cot_writer *w, const ipc_credential_wanted *m)
{
    cot_write_u64(w, m->id);
    ipc__put_enum(w, m->mode, IPC_RPK, IPC_X509);
    cot_write_bytes(w, m->digest, sizeof m->digest);
    ipc__put_blob(w, m->name, 0, IPC_ENDPOINT_MAX);
}

cot_status ipc_get_credential_wanted(cot_reader *r, ipc_credential_wanted *out)
{
    out->id = cot_read_u64(r);
    out->mode = ipc__get_enum(r, IPC_RPK, IPC_X509);
    cot_read_copy(r, out->digest, sizeof out->digest);
    out->name = ipc__get_blob(r, 0, IPC_ENDPOINT_MAX);
    return cot_reader_end(r);
}

void ipc_put_credential(cot_writer *w, const ipc_credential *m)
{
    cot_write_u64(w, m->id);
    cot_write_u64(w, m->credential);
}

cot_status ipc_get_credential(cot_reader *r, ipc_credential *out)
{
    out->id = cot_read_u64(r);
    out->credential = cot_read_u64(r);
    return cot_reader_end(r);
}

void ipc_put_sign(cot_writer *w, const ipc_sign *m)
{
    cot_write_u64(w, m->id);
    ipc__put_enum(w, m->key, 1, 1);
    cot_write_bytes(w, m->digest, sizeof m->digest);
}

cot_status ipc_get_sign(cot_reader *r, ipc_sign *out)
{
    out->id = cot_read_u64(r);
    out->key = ipc__get_enum(r, 1, 1);
    cot_read_copy(r, out->digest, sizeof out->digest);
    return cot_reader_end(r);
}

void ipc_put_signature(cot_writer *w, const ipc_signature *m)
{
    cot_write_u64(w, m->id);
    ipc__put_blob(w, m->der, 0, SIGNATURE_MAX);
}

cot_status ipc_get_signature(cot_reader *r, ipc_signature *out)
{
    out->id = cot_read_u64(r);
    out->der = ipc__get_blob(r, 0, SIGNATURE_MAX);
    return cot_reader_end(r);
}

void ipc_put_seal(cot_writer *w, const ipc_seal *m)
{
    cot_write_u64(w, m->id);
    ipc__put_blob(w, m->identity, 0, IPC_IDENTITY_MAX);
    ipc__put_blob(w, m->secret, 1, SECRET_MAX);
}

cot_status ipc_get_seal(cot_reader *r, ipc_seal *out)
{
    out->id = cot_read_u64(r);
    out->identity = ipc__get_blob(r, 0, IPC_IDENTITY_MAX);
    out->secret = ipc__get_blob(r, 1, SECRET_MAX);
    return cot_reader_end(r);
}

void ipc_put_sealed(cot_writer *w, const ipc_sealed *m)
{
    cot_write_u64(w, m->id);
    ipc__put_blob(w, m->sealed, 0, IPC_SEALED_MAX);
}

cot_status ipc_get_sealed(cot_reader *r, ipc_sealed *out)
{
    out->id = cot_read_u64(r);
    out->sealed = ipc__get_blob(r, 0, IPC_SEALED_MAX);
    return cot_reader_end(r);
}

void ipc_put_refused(cot_writer *w, const ipc_refused *m)
{
    ipc__put_enum(w, m->mode, IPC_NOSEC, IPC_X509);
    ipc__put_enum(w, m->reason, IPC_REASON_IDENTITY_UNKNOWN, IPC_REASON_OVERLOAD);
    ipc__put_address(w, &m->from);
    ipc__put_blob(w, m->identity, 0, IPC_ENDPOINT_MAX);
}

cot_status ipc_get_refused(cot_reader *r, ipc_refused *out)
{
    out->mode = ipc__get_enum(r, IPC_NOSEC, IPC_X509);
    out->reason = ipc__get_enum(r, IPC_REASON_IDENTITY_UNKNOWN, IPC_REASON_OVERLOAD);
    ipc__get_address(r, &out->from);
    out->identity = ipc__get_blob(r, 0, IPC_ENDPOINT_MAX);
    return cot_reader_end(r);
}
