/* SPDX-License-Identifier: Apache-2.0 */
/* What handshakes ask: sealed keys, credentials of keys and names; and what was refused. */
#include "server/hub/hub.h"

#include "server/hub/api.h"

#include <string.h>

/* The sealed key goes to keys, which answers the worker; an unknown identity goes on with an empty one, so that
 * nothing differs outside. A database that fails counts as unknown: the device tries again. */
cot_status hub_on_psk(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_psk_wanted want;
    store_credential c = {0};
    cot_status s = ipc_get_psk_wanted(r, &want);
    if (s != COT_OK)
        return s;
    if (store_credential_by_identity(h->st, IPC_PSK, want.identity, &c) != COT_OK)
        c = (store_credential){0};
    ipc_master_wanted master = {
        .worker = m->index,
        .id = want.id,
        .credential = (uint64_t)c.id,
        .identity = want.identity,
        .sealed = {c.sealed, c.sealed_len},
        .kind = want.kind,
        .seed = want.seed,
    };
    ipc_put_master_wanted(hub_begin(h, IPC_KEYS, 0, IPC_MASTER_WANTED), &master);
    hub_end(h, -1);
    return COT_OK;
}

cot_status hub_on_credential(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_credential_wanted want;
    store_credential c = {0};
    cot_status s = ipc_get_credential_wanted(r, &want);
    if (s != COT_OK)
        return s;
    s = want.mode == IPC_RPK ? store_credential_by_digest(h->st, want.digest, &c)
                             : store_credential_by_identity(h->st, IPC_X509, want.name, &c);
    bool known = s == COT_OK && c.mode == want.mode;
    ipc_credential answer = {want.id, known ? (uint64_t)c.id : 0};
    ipc_put_credential(hub_begin(h, IPC_NET, m->index, IPC_CREDENTIAL), &answer);
    hub_end(h, -1);
    return COT_OK;
}

/* A bucket of HUB_REFUSALS that refills by one each HUB_REFUSAL_MS. */
bool hub_may_note(hub *h)
{
    uint64_t refill = (h->now - h->refusals_at) / HUB_REFUSAL_MS;
    h->refusals = refill >= h->refusals ? 0 : h->refusals - refill;
    h->refusals_at += refill * HUB_REFUSAL_MS;
    if (h->refusals >= HUB_REFUSALS)
        return false;
    h->refusals++;
    return true;
}

cot_status hub_refusal(hub *h, const store_refusal *refusal)
{
    bool is_new = false;
    if (!hub_may_note(h))
        return COT_OK;
    cot_status s = store_refusal_add(h->st, refusal, &is_new);
    if (s != COT_OK || !is_new)
        return s;
    char identity[300];
    log_line("warn", "hub.refused", "mode=%s reason=%s identity=%s", hub_mode_text(refusal->mode),
             hub_reason_text(refusal->reason),
             log_text(identity, sizeof identity, store_bytes(refusal->identity)));
    hub_write_refusal(hub_event_begin(h), refusal);
    hub_event_end(h, "refused");
    return COT_OK;
}

/* Identities come from anyone: text as it is, anything else as hex. */
static void printable(char *out, size_t cap, cot_bytes identity)
{
    bool plain = cot_utf8_valid(identity) && identity.len < cap;
    for (size_t i = 0; plain && i < identity.len; i++)
        plain = identity.p[i] >= 0x20 && identity.p[i] != 0x7F;
    if (plain) {
        (void)store_chars(out, cap, identity);
        return;
    }
    hub_hex(out, identity.p, identity.len < (cap - 1) / 2 ? identity.len : (cap - 1) / 2);
}

cot_status hub_on_refused(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_refused refused;
    store_refusal row = {0};
    (void)m;
    cot_status s = ipc_get_refused(r, &refused);
    if (s != COT_OK)
        return s;
    row.at = h->utc;
    row.mode = refused.mode;
    row.reason = refused.reason;
    row.from = refused.from;
    printable(row.identity, sizeof row.identity, refused.identity);
    return hub_refusal(h, &row);
}
