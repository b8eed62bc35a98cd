/* SPDX-License-Identifier: Apache-2.0 */
/* Groups, releases and upgrades. */
#ifndef COTTER_SERVER_HUB_STORE_RELEASE_H
#define COTTER_SERVER_HUB_STORE_RELEASE_H

#include "server/hub/store/device.h"

#define STORE_UUID 16u
#define STORE_RELEASE_ID 16u
#define STORE_KEY_DER_MAX 256u

typedef enum store_policy { STORE_MANUAL = 0, STORE_AUTOMATIC = 1 } store_policy;

typedef struct store_group {
    store_id id;
    char name[STORE_NAME_MAX + 1];
    uint8_t vendor[STORE_UUID];
    uint8_t class_id[STORE_UUID];
    uint8_t policy; /* store_policy */
    uint32_t parallel;
    bool has_release; /* false: the newest of the class */
    uint8_t release[STORE_RELEASE_ID];
    uint8_t key[STORE_KEY_DER_MAX]; /* release key, SPKI DER */
    size_t key_len;                 /* 0: none */
    bool stopped;
    bool sweeping;
    store_id sweep; /* valid when sweeping: devices up to this id have been looked at */
    uint64_t devices;
    store_ms created_at;
} store_group;

/* COT_E_EXISTS: the name is taken. */
cot_status store_group_add(store *s, const store_group *g, store_id *id);
cot_status store_group_get(store *s, cot_bytes name, store_group *out);
cot_status store_group_by_id(store *s, store_id id, store_group *out);
/* All but name, id, devices; a sweep of its devices begins. */
cot_status store_group_edit(store *s, const store_group *g);
cot_status store_group_remove(store *s, store_id id);
cot_status store_group_sweep(store *s, store_id id, bool more, store_id at);
typedef bool store_group_row(void *ctx, const store_group *g);
cot_status store_group_list(store *s, cot_bytes after, store_group_row *row, void *ctx);
/* The first group with a sweep to do. COT_E_NOT_FOUND: none. */
cot_status store_group_next_sweep(store *s, store_group *out);

typedef enum store_release_state { STORE_PUBLISHED = 0, STORE_WITHDRAWN = 1 } store_release_state;

typedef struct store_release {
    store_id seq; /* order of publication */
    uint8_t id[STORE_RELEASE_ID];
    char version[STORE_VERSION_MAX + 1];
    store_id group; /* 0: none */
    char group_name[STORE_NAME_MAX + 1];
    uint8_t vendor[STORE_UUID];
    uint8_t class_id[STORE_UUID];
    int64_t sequence;
    int64_t size; /* of the image */
    uint8_t digest[32];
    uint8_t state; /* store_release_state */
    store_ms created_at;
    int64_t envelope_size;
} store_release;

/* COT_E_EXISTS: it was published before. */
cot_status store_release_add(store *s, const store_release *r, cot_bytes envelope);
cot_status store_release_get(store *s, const uint8_t id[static STORE_RELEASE_ID],
                             store_release *out);
/* Published, of that vendor and class, with the highest sequence number. */
cot_status store_release_newest(store *s, const uint8_t vendor[static STORE_UUID],
                                const uint8_t class_id[static STORE_UUID], store_release *out);
/* Of any state: what a device of that class reports as `version`. The one with the highest number. */
cot_status store_release_of_version(store *s, const uint8_t vendor[static STORE_UUID],
                                    const uint8_t class_id[static STORE_UUID], cot_bytes version,
                                    store_release *out);
cot_status store_release_withdraw(store *s, const uint8_t id[static STORE_RELEASE_ID]);
typedef bool store_release_row(void *ctx, const store_release *r);
/* Newest first, seq < before (0: all). */
cot_status store_release_list(store *s, store_id before, store_release_row *row, void *ctx);
/* `len` bytes of the envelope at `at`. */
cot_status store_release_read(store *s, store_id seq, uint64_t at, void *out, size_t len);

typedef enum store_upgrade_state { /* stored as numbers: never change one */
                                   STORE_WAITING = 0,
                                   STORE_OFFERED = 1,
                                   STORE_DOWNLOADING = 2,
                                   STORE_DOWNLOADED = 3,
                                   STORE_UPDATING = 4,
                                   STORE_CONFIRMED = 5,
                                   STORE_UPGRADE_FAILED = 6,
                                   STORE_STOPPED = 7
} store_upgrade_state;

typedef struct store_upgrade {
    store_id device;
    char endpoint[IPC_ENDPOINT_MAX + 1];
    uint8_t release[STORE_RELEASE_ID];
    char version[STORE_VERSION_MAX + 1]; /* the release's */
    int64_t sequence;                    /* the release's */
    store_id group;
    uint8_t state;
    uint8_t attempts;
    uint64_t sent;
    uint64_t size;
    int16_t result; /* 5/0/5; -1: none yet */
    char detail[161];
    store_ms due_at; /* when the engine looks again; 0: not by time */
    store_ms updated_at;
    store_id offer; /* the command that wrote this attempt's URI; 0: none yet */
} store_upgrade;

/* Insert or change. endpoint, version and sequence are not stored. */
cot_status store_upgrade_put(store *s, const store_upgrade *u);
cot_status store_upgrade_get(store *s, store_id device,
                             const uint8_t release[static STORE_RELEASE_ID], store_upgrade *out);
/* The upgrade of a device that is under way (offered … updating). COT_E_NOT_FOUND. */
cot_status store_upgrade_active(store *s, store_id device, store_upgrade *out);
/* One of the device's upgrades to other releases that is neither final nor updating. COT_E_NOT_FOUND. */
cot_status store_upgrade_superseded(store *s, store_id device,
                                    const uint8_t release[static STORE_RELEASE_ID],
                                    store_upgrade *out);
/* How many of a group are under way. */
cot_status store_upgrade_count_active(store *s, store_id group, uint64_t *out);
cot_status store_upgrade_progress(store *s, store_id device,
                                  const uint8_t release[static STORE_RELEASE_ID], uint64_t sent,
                                  uint64_t size, store_ms due_at, store_ms now);
typedef bool store_upgrade_row(void *ctx, const store_upgrade *u);

typedef struct store_upgrade_filter {
    store_id group; /* 0: any */
    int state;      /* -1: any */
    store_id after_device;
    uint8_t after_release[STORE_RELEASE_ID];
} store_upgrade_filter;
/* In the order of device and release. */
cot_status store_upgrade_list(store *s, const store_upgrade_filter *f, store_upgrade_row *row,
                              void *ctx);
typedef struct store_upgrade_key {
    store_id device;
    uint8_t release[STORE_RELEASE_ID];
} store_upgrade_key;
/* Under way and past their time: up to `cap`. */
cot_status store_upgrade_overdue(store *s, store_ms now, store_upgrade_key *keys, size_t cap,
                                 size_t *count);
/* Of a group: waiting, not backing off, and registered. */
cot_status store_upgrade_waiting(store *s, store_id group, store_ms now, store_upgrade_key *keys,
                                 size_t cap, size_t *count);
/* Of a group: under way, by device id greater than `after`. */
cot_status store_upgrade_running(store *s, store_id group, store_id after, store_upgrade_key *keys,
                                 size_t cap, size_t *count);
/* All of a group that is not final becomes stopped; what was stopped waits again. */
cot_status store_upgrade_stop(store *s, store_id group, store_ms now);
cot_status store_upgrade_start(store *s, store_id group, store_ms now);

#endif
