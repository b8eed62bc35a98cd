/* SPDX-License-Identifier: Apache-2.0 */
/* Is a slot that another process wrote sound? Everything in it is taken as untrusted. */
#include "server/net/table/file.h"
#include "server/net/table/store.h"

#include <string.h>

static bool all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

static bool names_slot(const uint8_t *b, uint32_t i, uint32_t worker)
{
    return b[0] == worker && b[1] == (uint8_t)(i >> 16) && b[2] == (uint8_t)(i >> 8) &&
           b[3] == (uint8_t)i;
}

static bool address_sound(const table_address *a, const table_identity *id)
{
    return a->port != 0 && a->listener < id->listeners && all_zero(a->zero, sizeof a->zero) &&
           !all_zero(a->ip, sizeof a->ip);
}

static bool registration_sound(const table_registration *r, uint32_t i, const table_identity *id)
{
    return names_slot(r->location.b, i, id->worker) && r->lifetime > 0 &&
           (r->version == 10 || r->version == 11) && all_zero(r->zero, sizeof r->zero);
}

static bool record_sound(const table_slot *s, uint64_t state, uint32_t i, const table_identity *id)
{
    static const cot_dtls_record none;
    if ((state & STATE_KIND) == STATE_NOSEC)
        return all_zero((const uint8_t *)&s->record, sizeof none);
    return cot_dtls_record_valid(&s->record) &&
           (s->record.cid_in_len == 0 || names_slot(s->record.cid_in, i, id->worker));
}

cot_status table_check_slot(const table_slot *s, uint32_t i, const table_identity *id, cot_ms now)
{
    uint64_t state = table_load(&s->state);
    uint64_t kind = state & STATE_KIND;
    if (state == 0)
        return COT_E_NOT_FOUND;
    if ((state & STATE_MAGIC_MASK) != STATE_MAGIC ||
        (state & ~(STATE_MAGIC_MASK | STATE_KNOWN)) != 0)
        return COT_E_MALFORMED;
    if (kind == STATE_FREE)
        return COT_E_NOT_FOUND;
    if (kind == STATE_QUARANTINED)
        return COT_E_DENIED;
    bool nosec = kind == STATE_NOSEC;
    uint64_t mode = (state & STATE_MODE) >> STATE_MODE_SHIFT;
    if (nosec != (mode == IPC_NOSEC) || nosec != (s->credential == 0) || s->refreshed > now ||
        s->created > now)
        return COT_E_MALFORMED;
    const table_address *a = &s->address[(state & STATE_ADDRESS) != 0];
    const table_registration *r = &s->registration[(state & STATE_REGISTRATION) != 0];
    if (!address_sound(a, id) || !record_sound(s, state, i, id))
        return COT_E_MALFORMED;
    if ((state & STATE_REGISTERED) != 0 && !registration_sound(r, i, id))
        return COT_E_MALFORMED;
    return COT_OK;
}
