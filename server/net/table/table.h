/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's table: sessions and live registrations in a file on tmpfs that outlives the process. Crash-
 * consistent: a kill between any two stores leaves every slot as it was before or after the change.
 *
 * A slot is one peer: an address, a DTLS session or none, a registration or none, its CoAP state, its
 * observations. Its state word says what is valid. A new slot is filled while the word says FREE, and
 * appears by one store. Address, registration and CoAP peer have two copies: the idle one is written,
 * then one bit of the state word switches. Counters of the DTLS record, the refresh time and observations are
 * single words in a safe order.
 *
 * Nothing in the file is trusted when it is adopted: table_open() checks each slot and puts a bad one into
 * quarantine; indices, chains, timers are the process's own and rebuilt by the caller. */
#ifndef COTTER_SERVER_NET_TABLE_TABLE_H
#define COTTER_SERVER_NET_TABLE_TABLE_H

#include "core/coap/observe.h"
#include "core/coap/rules.h"
#include "dtls/record.h"
#include "server/ipc/messages.h"

#define TABLE_NONE UINT32_MAX
#define TABLE_SLOTS_MAX (1u << 24) /* an index has 3 bytes in locations and connection IDs */
#define TABLE_OBSERVATIONS 12u
#define TABLE_LAYOUT 1u

/* Where a peer is. IPv4 as ::ffff:a.b.c.d. */
typedef struct table_address {
    uint8_t ip[16];
    uint16_t port;
    uint8_t listener; /* which of the worker's sockets */
    uint8_t zero[5];
} table_address;

typedef struct table_registration {
    ipc_location location; /* worker, index (3 bytes), 12 random bytes */
    uint32_t lifetime;     /* s */
    uint8_t version;       /* 10 or 11 */
    uint8_t zero[3];
} table_registration;

typedef struct table_observation {
    uint64_t token; /* 8 bytes as they are in the message */
    uint64_t path;  /* count in the top 16 bits is implied: 4 × 16 bits, 0xffff = not given */
    uint64_t
        order; /* 0: unused; else bit 63, newest: 24 bits of number, 38 of time in ms, 1 of any */
} table_observation;

typedef struct table_slot {
    uint64_t state;
    uint64_t credential; /* ipc_credential_id */
    uint64_t refreshed;  /* cot_ms of the last registration or update; lifetime counts from it */
    uint64_t created;    /* cot_ms */
    table_address address[2];
    table_registration registration[2];
    cot_dtls_record record;
    uint64_t peer[2][8]; /* cot_coap_peer */
    table_observation observations[TABLE_OBSERVATIONS];
} table_slot;

_Static_assert(sizeof(cot_coap_peer) <= 8 * 8, "the CoAP peer outgrew its place in the slot");
_Static_assert(sizeof(table_slot) == 656, "layout: raise TABLE_LAYOUT when this changes");

/* What must be the same for a table to be adopted. */
typedef struct table_identity {
    uint8_t boot_id[16];
    uint8_t server_key[8]; /* of SHA-256 of the server's certificate; 0 without one */
    uint32_t worker;
    uint32_t listeners; /* slots name one of them */
    bool crashed;       /* the last process on it died of a fault of its own; not compared */
} table_identity;

typedef struct table_header table_header;

typedef struct table {
    table_header *header;
    table_slot *slots;
    uint32_t capacity;
    uint32_t top;      /* slots at and above it were never used */
    uint32_t reserved; /* slots below it have their blocks: a full file system cannot hurt them */
    int fd;
    uint32_t *free; /* indices below top that may be taken */
    uint32_t free_count;
    bool fresh;       /* started empty */
    uint32_t live;    /* slots in use */
    uint32_t adopted; /* of them, found at table_open */
    uint32_t quarantined;
    uint32_t discarded; /* fresh sessions of a dead process (design.md rule 1) */
    uint32_t worker;
} table;

/* Map the file `fd`, adopt what it holds or start empty. `capacity` ≤ TABLE_SLOTS_MAX slots; memory and
 * file grow as slots are used. `params` as for cot_coap_peer_adopt.
 * COT_OK; COT_E_IO (the file cannot be sized or mapped), COT_E_RANGE, COT_E_LIMIT (no room on its file
 * system for what it holds). `fd` must stay open. */
cot_status table_open(table *t, int fd, uint32_t capacity, const table_identity *id,
                      const cot_coap_params *params, cot_ms now);
/* The process ends in order: its last slot is not a suspect. */
void table_close(table *t);
/* The slot that is being worked on: after three crashes in 10 s the last one goes into quarantine. A
 * SIGKILL from outside is no crash. */
void table_touch(table *t, uint32_t i);

/* Ask for the parts of a slot that every message touches. */
static inline void table_prefetch(const table *t, uint32_t i)
{
    const uint8_t *s = (const uint8_t *)&t->slots[i];
    for (size_t line = 0; line < offsetof(table_slot, observations); line += 64)
        __builtin_prefetch(s + line, 1);
}

/* ---- slots ---- */

/* Take an index; its slot is still free in the file. TABLE_NONE: full, or the file system is. */
uint32_t table_take(table *t);
/* Give back an index that was not committed. */
void table_untake(table *t, uint32_t i);

/* Fill and commit a taken slot: mode IPC_NOSEC without a record, others with one. */
void table_create(table *t, uint32_t i, ipc_mode mode, uint64_t credential,
                  const table_address *address, const cot_dtls_record *record,
                  const cot_coap_peer *peer, cot_ms now);
/* Free it; keys are wiped. */
void table_remove(table *t, uint32_t i);

bool table_is_live(const table *t, uint32_t i);
ipc_mode table_mode(const table *t, uint32_t i);
const table_address *table_address_of(const table *t, uint32_t i);
void table_set_address(table *t, uint32_t i, const table_address *a);

/* NULL: not registered. */
const table_registration *table_registration_of(const table *t, uint32_t i);
void table_set_registration(table *t, uint32_t i, const table_registration *r, cot_ms now);
void table_clear_registration(table *t, uint32_t i);
void table_refresh(table *t, uint32_t i, cot_ms now);

void table_peer_get(const table *t, uint32_t i, cot_coap_peer *out);
void table_peer_put(table *t, uint32_t i, const cot_coap_peer *p);

/* The live slot of a location of this worker; TABLE_NONE. Constant time over the random bytes. */
uint32_t table_find_location(const table *t, const ipc_location *l);
/* The slot index in bytes of a location or connection ID (worker, 3 bytes of index, …); TABLE_NONE when it
 * is another worker's or out of range. Says nothing about the slot. */
uint32_t table_index_of(const table *t, const uint8_t *bytes);
void table_index_put(const table *t, uint32_t i, uint8_t *bytes);

/* ---- observations ---- */

/* The entry of a token, or -1. */
int table_observation_find(const table *t, uint32_t i, const uint8_t token[static 8]);
/* Add (or find) an observation. COT_OK; COT_E_LIMIT: all are used. */
cot_status table_observation_add(table *t, uint32_t i, const uint8_t token[static 8],
                                 const ipc_path *path);
void table_clear_observations(table *t, uint32_t i);
void table_observation_remove(table *t, uint32_t i, int entry);
void table_observation_path(const table *t, uint32_t i, int entry, ipc_path *out);
/* As cot_coap_order_newer, kept in the slot. */
bool table_observation_newer(table *t, uint32_t i, int entry, uint32_t number, cot_ms now);

/* The slot's DTLS record, for dtls/record.h with table_record_store as its store. */
static inline cot_dtls_record *table_record(table *t, uint32_t i)
{
    return &t->slots[i].record;
}
void table_record_store(uint64_t *at, uint64_t value);
/* The first application record came. */
void table_record_settled(table *t, uint32_t i);

#endif
