/* SPDX-License-Identifier: Apache-2.0 */
/* Slots of the table: take, commit, change, free. */
#include "server/net/table/table.h"
#include "server/net/table/file.h"
#include "server/net/table/store.h"

#include <string.h>

#define RESERVE_SLOTS 64u /* ~40 KiB at a time */

static uint64_t *words(void *p)
{
    return (uint64_t *)p;
}

static uint64_t state_of(const table *t, uint32_t i)
{
    return table_load(&t->slots[i].state);
}

static unsigned bit(uint64_t state, uint64_t mask)
{
    return (state & mask) != 0 ? 1 : 0;
}

/* ---- indices ---- */

uint32_t table_take(table *t)
{
    if (t->free_count > 0)
        return t->free[--t->free_count];
    if (t->top == t->capacity ||
        (t->top == t->reserved && table_reserve(t, t->top + RESERVE_SLOTS) != COT_OK))
        return TABLE_NONE;
    uint32_t i = t->top++;
    table_store(&t->header->top, t->top);
    return i;
}

void table_untake(table *t, uint32_t i)
{
    t->free[t->free_count++] = i;
}

uint32_t table_index_of(const table *t, const uint8_t *bytes)
{
    uint32_t i = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return bytes[0] == t->worker && i < t->top ? i : TABLE_NONE;
}

void table_index_put(const table *t, uint32_t i, uint8_t *bytes)
{
    bytes[0] = (uint8_t)t->worker;
    bytes[1] = (uint8_t)(i >> 16);
    bytes[2] = (uint8_t)(i >> 8);
    bytes[3] = (uint8_t)i;
}

/* ---- slots ---- */

void table_create(table *t, uint32_t i, ipc_mode mode, uint64_t credential,
                  const table_address *address, const cot_dtls_record *record,
                  const cot_coap_peer *peer, cot_ms now)
{
    static const cot_dtls_record no_record;
    static const table_registration no_registration;
    table_slot *s = &t->slots[i];
    uint64_t p[8] = {0};
    memcpy(p, peer, sizeof *peer);
    table_store(&s->credential, credential);
    table_store(&s->refreshed, now);
    table_store(&s->created, now);
    for (int copy = 0; copy < 2; copy++) {
        table_fill(&s->address[copy], address, sizeof *address);
        table_fill(&s->registration[copy], &no_registration, sizeof no_registration);
        table_fill(s->peer[copy], p, sizeof p);
    }
    table_fill(&s->record, record != NULL ? record : &no_record, sizeof s->record);
    for (size_t o = 0; o < TABLE_OBSERVATIONS; o++)
        table_store(&s->observations[o].order, 0);
    uint64_t kind = mode == IPC_NOSEC ? STATE_NOSEC : STATE_DTLS;
    table_store(&s->state, STATE_MAGIC | kind | (uint64_t)mode << STATE_MODE_SHIFT);
    t->live++;
}

void table_wipe(table *t, uint32_t i)
{
    static const cot_dtls_record no_record;
    cot_dtls_record *r = &t->slots[i].record;
    for (size_t n = 0; n < sizeof *r / 8; n++)
        if (words(r)[n] != 0) {
            table_fill(r, &no_record, sizeof no_record);
            return;
        }
}

void table_remove(table *t, uint32_t i)
{
    table_store(&t->slots[i].state, STATE_MAGIC | STATE_FREE);
    table_wipe(t, i);
    t->live--;
    table_untake(t, i);
}

bool table_is_live(const table *t, uint32_t i)
{
    uint64_t kind = i < t->top ? state_of(t, i) & STATE_KIND : STATE_FREE;
    return kind == STATE_NOSEC || kind == STATE_DTLS;
}

ipc_mode table_mode(const table *t, uint32_t i)
{
    return (ipc_mode)((state_of(t, i) & STATE_MODE) >> STATE_MODE_SHIFT);
}

const table_address *table_address_of(const table *t, uint32_t i)
{
    return &t->slots[i].address[bit(state_of(t, i), STATE_ADDRESS)];
}

void table_set_address(table *t, uint32_t i, const table_address *a)
{
    uint64_t state = state_of(t, i);
    table_fill(&t->slots[i].address[1 - bit(state, STATE_ADDRESS)], a, sizeof *a);
    table_store(&t->slots[i].state, state ^ STATE_ADDRESS);
}

/* ---- registration ---- */

const table_registration *table_registration_of(const table *t, uint32_t i)
{
    uint64_t state = state_of(t, i);
    if ((state & STATE_REGISTERED) == 0)
        return NULL;
    return &t->slots[i].registration[bit(state, STATE_REGISTRATION)];
}

void table_set_registration(table *t, uint32_t i, const table_registration *r, cot_ms now)
{
    uint64_t state = state_of(t, i);
    table_fill(&t->slots[i].registration[1 - bit(state, STATE_REGISTRATION)], r, sizeof *r);
    table_store(&t->slots[i].refreshed, now);
    table_store(&t->slots[i].state, (state ^ STATE_REGISTRATION) | STATE_REGISTERED);
}

void table_clear_registration(table *t, uint32_t i)
{
    table_store(&t->slots[i].state, state_of(t, i) & ~STATE_REGISTERED);
    table_clear_observations(t, i);
}

void table_refresh(table *t, uint32_t i, cot_ms now)
{
    table_store(&t->slots[i].refreshed, now);
}

uint32_t table_find_location(const table *t, const ipc_location *l)
{
    uint32_t i = table_index_of(t, l->b);
    if (i == TABLE_NONE || !table_is_live(t, i))
        return TABLE_NONE;
    const table_registration *r = table_registration_of(t, i);
    if (r == NULL || !cot_equal_ct(r->location.b, l->b, sizeof l->b))
        return TABLE_NONE;
    return i;
}

/* ---- CoAP peer ---- */

void table_peer_get(const table *t, uint32_t i, cot_coap_peer *out)
{
    memcpy(out, t->slots[i].peer[bit(state_of(t, i), STATE_PEER)], sizeof *out);
}

void table_peer_put(table *t, uint32_t i, const cot_coap_peer *p)
{
    uint64_t state = state_of(t, i);
    uint64_t copy[8] = {0};
    memcpy(copy, p, sizeof *p);
    table_fill(t->slots[i].peer[1 - bit(state, STATE_PEER)], copy, sizeof copy);
    table_store(&t->slots[i].state, state ^ STATE_PEER);
}

/* ---- observations: order's top bit says that the entry is used, and is stored last ---- */

#define ORDER_USED (UINT64_C(1) << 63)
#define ORDER_ANY UINT64_C(1)
#define ORDER_TIME_BITS 38

int table_observation_find(const table *t, uint32_t i, const uint8_t token[static 8])
{
    uint64_t v;
    memcpy(&v, token, 8);
    for (size_t o = 0; o < TABLE_OBSERVATIONS; o++) {
        const table_observation *e = &t->slots[i].observations[o];
        if ((e->order & ORDER_USED) != 0 && e->token == v)
            return (int)o;
    }
    return -1;
}

cot_status table_observation_add(table *t, uint32_t i, const uint8_t token[static 8],
                                 const ipc_path *path)
{
    uint64_t v;
    uint64_t p = 0;
    for (size_t k = 0; k < 4; k++)
        p = p << 16 | (k < path->count ? path->id[k] : 0xffffu);
    memcpy(&v, token, 8);
    if (table_observation_find(t, i, token) >= 0)
        return COT_OK;
    for (size_t o = 0; o < TABLE_OBSERVATIONS; o++) {
        table_observation *e = &t->slots[i].observations[o];
        if ((e->order & ORDER_USED) != 0)
            continue;
        table_store(&e->token, v);
        table_store(&e->path, p);
        table_store(&e->order, ORDER_USED);
        return COT_OK;
    }
    return COT_E_LIMIT;
}

void table_clear_observations(table *t, uint32_t i)
{
    for (size_t o = 0; o < TABLE_OBSERVATIONS; o++)
        if (t->slots[i].observations[o].order != 0)
            table_store(&t->slots[i].observations[o].order, 0);
}

void table_observation_remove(table *t, uint32_t i, int entry)
{
    table_store(&t->slots[i].observations[entry].order, 0);
}

void table_observation_path(const table *t, uint32_t i, int entry, ipc_path *out)
{
    uint64_t p = t->slots[i].observations[entry].path;
    memset(out, 0, sizeof *out);
    for (unsigned k = 0; k < 4; k++) {
        uint16_t id = (uint16_t)(p >> (48 - 16 * k));
        if (id == 0xffffu)
            break;
        out->id[out->count++] = id;
    }
}

bool table_observation_newer(table *t, uint32_t i, int entry, uint32_t number, cot_ms now)
{
    table_observation *e = &t->slots[i].observations[entry];
    const uint64_t time_mask = (UINT64_C(1) << ORDER_TIME_BITS) - 1;
    cot_coap_order o = {.at = e->order >> 1 & time_mask,
                        .seq = (uint32_t)(e->order >> (1 + ORDER_TIME_BITS)) & 0xffffffu,
                        .any = (e->order & ORDER_ANY) != 0};
    if (!cot_coap_order_newer(&o, number, now & time_mask))
        return false;
    table_store(&e->order, ORDER_USED | (uint64_t)(o.seq & 0xffffffu) << (1 + ORDER_TIME_BITS) |
                               (o.at & time_mask) << 1 | (o.any ? ORDER_ANY : 0));
    return true;
}

/* ---- DTLS record ---- */

void table_record_store(uint64_t *at, uint64_t value)
{
    table_store(at, value);
}

/* `fresh` is one byte of the record's last word. */
void table_record_settled(table *t, uint32_t i)
{
    cot_dtls_record *r = &t->slots[i].record;
    cot_dtls_record copy = *r;
    copy.fresh = 0;
    const size_t last = sizeof copy / 8 - 1;
    uint64_t v;
    memcpy(&v, (const uint8_t *)&copy + 8 * last, 8);
    table_store(words(r) + last, v);
    cot_wipe(&copy, sizeof copy);
}
