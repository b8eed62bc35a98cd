/* SPDX-License-Identifier: Apache-2.0 */
/* Layout of the table file: a header page, then the slots. Internal to server/net/table. */
#ifndef COTTER_SERVER_NET_TABLE_FILE_H
#define COTTER_SERVER_NET_TABLE_FILE_H

#include "server/net/table/table.h"

/* The state word of a slot. A slot that was never used is all zero. */
#define STATE_MAGIC (UINT64_C(0xC077) << 48)
#define STATE_MAGIC_MASK (UINT64_C(0xFFFF) << 48)
#define STATE_KIND UINT64_C(3)
#define STATE_FREE UINT64_C(0)
#define STATE_NOSEC UINT64_C(1)
#define STATE_DTLS UINT64_C(2)
#define STATE_QUARANTINED UINT64_C(3)
#define STATE_MODE UINT64_C(0x0C) /* ipc_mode */
#define STATE_MODE_SHIFT 2
#define STATE_REGISTERED UINT64_C(0x10)
#define STATE_REGISTRATION UINT64_C(0x20) /* which copy is valid */
#define STATE_ADDRESS UINT64_C(0x40)
#define STATE_PEER UINT64_C(0x80)
#define STATE_KNOWN UINT64_C(0xFF)

#define TABLE_HEADER_BYTES 4096u
#define TABLE_CRASHES 3u
#define TABLE_CRASH_SPAN_MS 10000u

struct table_header {
    uint8_t magic[8]; /* "cottable"; written last when the table starts empty */
    uint64_t layout;  /* TABLE_LAYOUT */
    uint64_t slot_size;
    uint64_t capacity;
    uint8_t boot_id[16];
    uint8_t server_key[8];
    uint64_t worker;
    uint64_t listeners;
    uint64_t top;
    uint64_t running; /* 1 while a process uses it: found so at the next start, the process died */
    uint64_t touched; /* index + 1 of the slot that is worked on */
    uint64_t crashes[TABLE_CRASHES]; /* cot_ms of the starts after a death, a ring */
    uint64_t crash_next;
};

/* Have blocks for the first `slots` slots, so that no store into them can fail. COT_OK; COT_E_LIMIT:
 * the file system is full. */
cot_status table_reserve(table *t, uint32_t slots);

/* Overwrite the keys of a free slot. */
void table_wipe(table *t, uint32_t i);

/* Is the slot sound? COT_OK; COT_E_NOT_FOUND: it is free; COT_E_DENIED: in quarantine;
 * COT_E_MALFORMED: it must go there. */
cot_status table_check_slot(const table_slot *s, uint32_t i, const table_identity *id, cot_ms now);

#endif
