/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, their credentials and their live registrations. */
#ifndef COTTER_SERVER_HUB_STORE_DEVICE_H
#define COTTER_SERVER_HUB_STORE_DEVICE_H

#include "server/hub/store/store.h"

#include "server/ipc/messages.h"

#define STORE_NAME_MAX 64u    /* bytes of a group's or token's name */
#define STORE_VERSION_MAX 64u /* bytes of a firmware version text */
#define STORE_BINDING_MAX 15u

/* A device with the registration that it has now, if any. */
typedef struct store_device {
    store_id id;
    char endpoint[IPC_ENDPOINT_MAX + 1];
    uint8_t mode; /* ipc_mode */
    store_id credential;
    char identity[IPC_IDENTITY_MAX + 1]; /* PSK identity or certificate name; "" else */
    store_id group;
    char group_name[STORE_NAME_MAX + 1];
    char version[STORE_VERSION_MAX + 1]; /* 3/0/3, "" when not known */
    int64_t sequence;                    /* of the confirmed release; -1: none */
    store_ms created_at;
    store_ms seen_at; /* 0: never */
    bool registered;
    struct { /* valid when registered */
        ipc_location location;
        uint8_t worker;
        uint8_t mode;
        ipc_address address;
        uint32_t lifetime;
        uint8_t version; /* 10, 11 */
        char binding[STORE_BINDING_MAX + 1];
        store_ms registered_at;
        uint8_t probe;
    } reg;
} store_device;

typedef struct store_device_new {
    cot_bytes endpoint;
    uint8_t mode;
    cot_bytes identity; /* PSK identity or certificate name; p NULL: none */
    cot_bytes sealed;   /* PSK */
    cot_bytes digest;   /* RPK: SHA-256 of the SPKI; X.509: empty */
    store_id group;
    uint16_t mid; /* where the device's message ids begin */
    store_ms now;
} store_device_new;

/* COT_E_EXISTS: endpoint, identity or key is taken; the work is to be undone. */
cot_status store_device_add(store *s, const store_device_new *d, store_id *id);
/* COT_E_NOT_FOUND from all that look one up. */
cot_status store_device_get(store *s, cot_bytes endpoint, store_device *out);
cot_status store_device_by_id(store *s, store_id id, store_device *out);
cot_status store_device_by_location(store *s, const ipc_location *l, store_device *out);
cot_status store_device_set_group(store *s, store_id id, store_id group);
cot_status store_device_set_version(store *s, store_id id, cot_bytes version);
cot_status store_device_set_sequence(store *s, store_id id, int64_t sequence);
cot_status store_device_remove(store *s, store_id id);
/* The next message id of a device's commands, 0x8000..0xFFFF. */
cot_status store_device_next_mid(store *s, store_id id, uint16_t *mid);

typedef enum store_tri { STORE_ANY = 0, STORE_YES, STORE_NO } store_tri;

typedef struct store_device_filter {
    store_id group;       /* 0: any */
    store_tri registered; /* */
    cot_bytes prefix;     /* of the endpoint */
    cot_bytes after;      /* endpoints greater than this */
} store_device_filter;

/* Return false to stop. */
typedef bool store_device_row(void *ctx, const store_device *d);
/* In the order of endpoints. */
cot_status store_device_list(store *s, const store_device_filter *f, store_device_row *row,
                             void *ctx);

/* A group's devices with id > after, for a sweep: up to `cap` ids. */
cot_status store_device_sweep(store *s, store_id group, store_id after, store_id *ids, size_t cap,
                              size_t *count);

/* ---- credentials ---- */

typedef struct store_credential {
    store_id id;
    store_id device;
    uint8_t mode;
    uint8_t sealed[IPC_SEALED_MAX];
    size_t sealed_len;
} store_credential;

cot_status store_credential_by_identity(store *s, uint8_t mode, cot_bytes identity,
                                        store_credential *out);
cot_status store_credential_by_digest(store *s, const uint8_t digest[static 32],
                                      store_credential *out);
/* COT_OK: the credential belongs to that device. COT_E_NOT_FOUND. */
cot_status store_credential_covers(store *s, store_id credential, store_id device);

/* ---- registrations ---- */

typedef struct store_registration {
    ipc_location location;
    store_id device;
    uint8_t worker;
    uint8_t mode;
    store_id credential;
    ipc_address address;
    uint32_t lifetime;
    uint8_t version;
    cot_bytes binding;
    cot_bytes links;
    uint8_t probe;
    store_ms now;
} store_registration;

/* Replaces the device's former registration, whose removal the caller has announced. */
cot_status store_register(store *s, const store_registration *r);
/* has_binding / has_links say what changes beside address and lifetime. COT_E_NOT_FOUND. */
cot_status store_registration_update(store *s, uint8_t worker, const ipc_update *u, store_ms now);
/* COT_E_NOT_FOUND: that worker has none there (any more); harmless. */
cot_status store_registration_refresh(store *s, uint8_t worker, const ipc_refresh *r, store_ms now);
/* A sign of life. COT_OK also when it is not there. */
cot_status store_registration_seen(store *s, const ipc_location *l, store_ms now);
cot_status store_registration_remove(store *s, const ipc_location *l);
cot_status store_registration_remove_worker(store *s, uint8_t worker);
/* Of workers with that number and above, which the configuration does not have any more. */
cot_status store_registration_remove_above(store *s, uint8_t workers);

typedef struct store_stale {
    ipc_location location;
    uint32_t lifetime;
    store_ms seen_at;
} store_stale;
/* The registrations after a location, in their order: up to `cap`. */
cot_status store_registration_page(store *s, const ipc_location *after, store_stale *rows,
                                   size_t cap, size_t *count);
cot_status store_registration_probe(store *s, const ipc_location *l, uint8_t probe, store_ms at);
/* Up to `cap` devices whose probe is due. */
cot_status store_registration_due(store *s, store_ms now, store_id *ids, size_t cap, size_t *count);
/* Links of the last registration. COT_E_NOT_FOUND; COT_E_SPACE cannot happen with cap ≥ IPC_LINKS_MAX. */
cot_status store_links(store *s, store_id device, uint8_t *out, size_t cap, size_t *len);

#endif
