/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the API, the audit log, and refused handshakes and registrations. */
#ifndef COTTER_SERVER_HUB_STORE_TOKEN_H
#define COTTER_SERVER_HUB_STORE_TOKEN_H

#include "server/hub/store/device.h"

typedef enum store_role { STORE_READ = 1, STORE_OPERATE = 2, STORE_ADMIN = 3 } store_role;

typedef struct store_token {
    store_id id;
    char name[STORE_NAME_MAX + 1];
    uint8_t role; /* store_role */
    store_ms created_at;
    store_ms expires_at; /* 0: never */
    store_ms used_at;    /* 0: never; within a minute */
} store_token;

/* hash: SHA-256 of the token's text, all that is kept of it. */
cot_status store_token_add(store *s, const store_token *t, const uint8_t hash[static 32],
                           store_id *id);
cot_status store_token_by_hash(store *s, const uint8_t hash[static 32], store_token *out);
cot_status store_token_get(store *s, store_id id, store_token *out);
cot_status store_token_used(store *s, store_id id, store_ms now);
cot_status store_token_remove(store *s, store_id id);
cot_status store_token_any_admin(store *s, store_id but, bool *any); /* beside `but` */
typedef bool store_token_row(void *ctx, const store_token *t);
cot_status store_token_list(store *s, store_id after, store_token_row *row, void *ctx);

#define STORE_ACTION_MAX 32u

typedef struct store_audit {
    store_id id;
    store_ms at;
    char actor[STORE_NAME_MAX + 1]; /* the token's name, or "cotterd" */
    char action[STORE_ACTION_MAX + 1];
    char subject[IPC_ENDPOINT_MAX + 1];
    char detail[161];
} store_audit;

cot_status store_audit_add(store *s, const store_audit *a);
typedef bool store_audit_row(void *ctx, const store_audit *a);
/* Newest first, ids < before (0: all). */
cot_status store_audit_list(store *s, store_id before, store_audit_row *row, void *ctx);

#define STORE_REFUSALS_KEPT 10000
#define STORE_REFUSAL_QUIET 60000 /* ms in which the same refusal only moves its time */

typedef struct store_refusal {
    store_ms at;
    char identity[IPC_ENDPOINT_MAX + 1];
    uint8_t mode;
    uint8_t reason; /* ipc_reason */
    ipc_address from;
} store_refusal;

/* Note one. *is_new: it is not a repetition within STORE_REFUSAL_QUIET. The newest STORE_REFUSALS_KEPT stay. */
cot_status store_refusal_add(store *s, const store_refusal *r, bool *is_new);
typedef bool store_refusal_row(void *ctx, const store_refusal *r);
/* The newest of an identity first. */
cot_status store_refusal_list(store *s, cot_bytes identity, store_refusal_row *row, void *ctx);
/* The key digest of a device's RPK credential as 64 hex digits: its identity in refusals. COT_E_NOT_FOUND. */
cot_status store_credential_digest(store *s, store_id device, uint8_t digest[static 32]);

#endif
