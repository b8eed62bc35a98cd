/* SPDX-License-Identifier: Apache-2.0 */
/* The decider: everything that hub knows and does, one message at a time, in the thread that owns the
 * database. It never waits for anything but the database; what it wants said goes to `out`.
 *
 * What lies in memory is bounded and may be lost with the process at any time: live reads, waits for
 * results, the ring of recent events. All else is in the store. */
#ifndef COTTER_SERVER_HUB_HUB_H
#define COTTER_SERVER_HUB_HUB_H

#include "server/hub/message.h"
#include "server/hub/store/command.h"
#include "server/hub/store/device.h"
#include "server/hub/store/release.h"
#include "server/hub/store/token.h"

#include "server/ipc/ipc.h"
#include "server/role.h"

#define HUB_READS 1024u    /* live reads under way, hub's own included; a power of two */
#define HUB_PROBES 512u    /* of them hub's own */
#define HUB_WAITS 256u     /* calls that wait for a command's outcome */
#define HUB_REFUSALS 100u  /* that may be noted at once, */
#define HUB_REFUSAL_MS 50u /* and one more in each of these: a flood of them does not become ours */
#define HUB_STALE_BATCH 128u   /* registrations that are looked at each tick */
#define HUB_STALE_GRACE 60000  /* ms beyond the lifetime, which the worker sees to itself */
#define HUB_STALE_WAIT 3600000 /* ms after its start that hub ends nothing by itself at most */
#define HUB_CLOCK_STEP 30000   /* ms that the wall clock may drift from one tick to the next */
#define HUB_IMAGES 4u          /* releases whose envelopes are kept at hand for the workers */
#define HUB_USED 32u           /* tokens whose use is noted together */
#define HUB_EVENTS 1024u
#define HUB_EVENT_MAX 8192u      /* bytes of an event's body */
#define HUB_EVENT_BYTES 1048576u /* of all bodies in the ring */
#define HUB_TICK 250u            /* ms between two looks at what is due */
#define HUB_REFRESH_SIZE 35u /* bytes of a gathered refresh: worker 1, location 16, ip 16, port 2 */
#define HUB_COMMANDS_OPEN 256u       /* commands that may wait for one device */
#define HUB_EXCHANGE_LIFETIME 247000 /* ms, RFC 7252 section 4.8.2 */
#define HUB_UPGRADE_BACKOFF 30000    /* ms, see hub_config */
#define HUB_UPGRADE_STALL 300000
#define HUB_LISTENERS ROLE_LISTENERS

typedef struct hub_config {
    char version[32];
    uint8_t workers;
    uint8_t boot_id[16];
    uint32_t max_devices;
    char public_uri[ROLE_TEXT_MAX]; /* "coaps://host:port", or "" */
    char coap[HUB_LISTENERS][ROLE_ADDRESS_MAX];
    char coaps[HUB_LISTENERS][ROLE_ADDRESS_MAX];
    uint8_t certificate[1024]; /* DER of the server's */
    size_t certificate_len;
    store_ms upgrade_backoff; /* ms before the second attempt; doubled for the third */
    store_ms upgrade_stall;   /* ms without progress after which an attempt has failed */
} hub_config;

typedef enum hub_read_kind {
    HUB_READ_FREE = 0,
    HUB_READ_CALL,   /* an API request waits for it */
    HUB_READ_PROBE,  /* object 3 after a registration */
    HUB_READ_UPGRADE /* 5/0/5 after an update */
} hub_read_kind;

typedef struct hub_read {
    uint64_t id; /* slot + n × HUB_READS */
    uint8_t kind;
    uint8_t worker;
    uint8_t operation;
    uint64_t call;
    store_id device;
    cot_lwm2m_path path;
    cot_ms deadline;
} hub_read;

typedef struct hub_wait {
    uint64_t call; /* 0: free */
    store_id command;
    cot_ms deadline;
    uint16_t late_status; /* HTTP status when the deadline comes first */
} hub_wait;

typedef struct hub_event {
    uint64_t sequence;
    const char *name;
    uint8_t *body;
    size_t len;
} hub_event;

/* A release's envelope in a sealed memfd. */
typedef struct hub_image {
    store_id seq; /* of the release; 0: unused */
    int fd;
    uint64_t used;
} hub_image;

typedef struct hub {
    store *st;
    hub_config config;
    cot_ms now;   /* monotonic */
    store_ms utc; /* wall clock */
    cot_ms started;

    hub_list out;     /* said by the message in hand */
    hub_list at_once; /* said by it whatever becomes of its writes: answers of live reads */
    bool undo;        /* its writes are to be undone, what it said goes out all the same */
    uint8_t draft[IPC_BODY_MAX];
    cot_writer w;
    uint8_t to_role;
    uint8_t to_index;
    uint8_t to_type;

    hub_read reads[HUB_READS];
    uint64_t read_round;
    size_t read_next; /* where the search for a free slot begins */
    unsigned probes;  /* reads of hub's own */
    hub_wait waits[HUB_WAITS];

    hub_event events[HUB_EVENTS]; /* ring: event n at n % HUB_EVENTS */
    uint64_t event_first;         /* oldest sequence that is kept */
    uint64_t event_next;
    size_t event_bytes;
    bool subscribed;

    uint64_t refusals; /* noted in the running allowance */
    cot_ms refusals_at;
    hub_image images[HUB_IMAGES];
    uint64_t image_clock;
    store_id used[HUB_USED]; /* tokens whose use is to be noted */
    size_t used_count;
    ipc_location stale_after; /* the last registration that was looked at */
    store_ms clock_offset;    /* wall clock minus CLOCK_BOOTTIME at the last tick */
    cot_ms stepped_at;        /* when the wall clock stepped last */
    cot_ms swept;             /* last look at what is rarely due */
    cot_ms pumped;            /* last look at upgrades that wait */
    uint8_t reply[IPC_PAYLOAD_MAX];
    uint8_t payload[IPC_PAYLOAD_MAX];
    uint8_t links[IPC_LINKS_MAX];
} hub;

/* A hub over an open store. NULL when out of memory. */
hub *hub_new(store *st, const hub_config *config, cot_ms now, store_ms utc);
void hub_free(hub *h);

/* Once, over the writing store: registrations of workers that are no more are over; after a reboot nobody knows the
 * outcome of what was under way. */
cot_status hub_start(hub *h);
/* Do what the message asks; `out` holds the answers. COT_OK; an error of the store: nothing of it
 * happened, see hub_refuse; COT_E_MALFORMED and the like: the peer breaks the contract, it is logged. */
cot_status hub_handle(hub *h, const hub_message *m);
/* The message's work could not be stored: say so to who waits (5.03, 503). */
void hub_refuse(hub *h, const hub_message *m);
/* Forget events from `sequence` on: their cause was undone. */
void hub_event_undo(hub *h, uint64_t sequence);

/* ---- for the files of hub/ ---- */

/* Begin a message; write its body with ipc_put_…; end it. fd ≥ 0 then belongs to the message. */
cot_writer *hub_begin(hub *h, uint8_t role, uint8_t index, ipc_type type);
void hub_end(hub *h, int fd);
/* What the message said so far does not depend on what it stores. */
void hub_say_at_once(hub *h);

/* Does the sender hold the device's live registration, and is it that one? What another worker says of it is
 * dropped: a worker that was taken over speaks for its own devices only. */
bool hub_is_holder(const hub_message *m, const store_device *d, const ipc_location *l);

/* registration.c */
cot_status hub_on_hello(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_register(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_update(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_deregister(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_refresh(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_expired(hub *h, const hub_message *m, cot_reader *r);
/* Registrations whose end nobody told: a batch each tick. */
cot_status hub_registrations_stale(hub *h);
/* Tell the device's worker to forget its registration. */
void hub_drop(hub *h, const store_device *d, bool end_session);

/* A worker does not have this registration: it is over. Its command under way is the caller's. */
cot_status hub_registration_gone(hub *h, const ipc_location *l);

/* session.c */
cot_status hub_on_psk(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_credential(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_refused(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_refusal(hub *h, const store_refusal *refusal);
/* A bucket that bounds how many refusals are noted. */
bool hub_may_note(hub *h);

/* command.c */
cot_status hub_command_add(hub *h, const store_command_new *c, store_id *id);
/* Send the device's next command if none is under way. */
cot_status hub_command_next(hub *h, const store_device *d);
cot_status hub_command_cancel(hub *h, const store_command *c);
/* The registration that a command was sent over is gone. */
cot_status hub_command_lost(hub *h, store_id device);
/* Send again what is under way at a worker that lost its memory of it. */
cot_status hub_command_resend(hub *h, uint8_t worker);
cot_status hub_command_overdue(hub *h);
/* All that is under way is lost: the machine was rebooted. */
cot_status hub_command_all_lost(hub *h);
cot_status hub_on_command_result(hub *h, const hub_message *m, cot_reader *r);
/* Answer the call when the command finishes or `timeout_ms` is over, which gives late_status. false: too many
 * wait. */
bool hub_wait_for(hub *h, uint64_t call, store_id command, cot_ms timeout_ms, uint16_t late_status);
void hub_wait_end(hub *h, uint64_t call);
void hub_wait_all_end(hub *h);
void hub_waits_due(hub *h);

/* read.c */
/* COT_OK; COT_E_LIMIT: too many are under way. */
cot_status hub_read_start(hub *h, hub_read_kind kind, const store_device *d, uint8_t operation,
                          const cot_lwm2m_path *path, uint64_t call, uint32_t timeout_ms);
cot_status hub_on_read_result(hub *h, const hub_message *m, cot_reader *r);
/* All reads of a worker, or over a device's former registration, or of the API, are lost. */
void hub_reads_lost(hub *h, uint8_t worker);
void hub_reads_device_lost(hub *h, store_id device);
void hub_reads_call_end(hub *h, uint64_t call);
void hub_reads_all_calls_end(hub *h);
cot_status hub_reads_due(hub *h);
cot_status hub_probe(hub *h, const store_device *d);
cot_status hub_probes_due(hub *h);

/* notify.c */
cot_status hub_on_notify(hub *h, const hub_message *m, cot_reader *r);
/* Store the values of a payload that came for `path` and hand them to the upgrade engine. */
cot_status hub_values(hub *h, const store_device *d, const cot_lwm2m_path *path, uint16_t format,
                      cot_bytes payload);

/* upgrade.c */
/* The device's version is known (again): is it outdated, or has it arrived? */
cot_status hub_upgrade_check(hub *h, store_id device);
cot_status hub_upgrade_value(hub *h, const store_device *d, const cot_lwm2m_path *path,
                             const cot_value *v);
/* The outcome of one of the engine's commands. */
cot_status hub_upgrade_command(hub *h, const store_command *c, uint8_t state, uint8_t code);
/* End all of a group, also on the devices that are downloading. */
cot_status hub_upgrade_stop(hub *h, store_id group);
cot_status hub_on_progress(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_upgrades_due(hub *h);
cot_status hub_upgrade_event(hub *h, const store_upgrade *u);

/* firmware.c */
void hub_image_drop(hub_image *image);
cot_status hub_on_firmware_open(hub *h, const hub_message *m, cot_reader *r);

/* event.c: begin, write the CBOR body, end. */
cot_writer *hub_event_begin(hub *h);
void hub_event_end(hub *h, const char *name);

/* call.c */
cot_status hub_on_call(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_on_call_end(hub *h, const hub_message *m, cot_reader *r);
cot_status hub_tokens_used(hub *h);
void hub_reply(hub *h, uint64_t call, uint16_t status, cot_bytes body);
/* {title, detail}, with retry_after for 503. */
void hub_reply_problem(hub *h, uint64_t call, uint16_t status, const char *detail);

#endif
