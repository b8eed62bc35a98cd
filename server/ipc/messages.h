/* SPDX-License-Identifier: Apache-2.0 */
/* Every message between Cotter's processes: who sends it, what it carries, what answers it. The
 * mechanics (framing, batching, descriptors) are in server/ipc/ipc.h; each struct here has one
 * ipc_put_NAME(cot_writer *, const ipc_NAME *) and one ipc_get_NAME(cot_reader *, ipc_NAME *), which
 * checks every length and range, in server/ipc/messages_{session,device,api}.c.
 *
 * Requests carry an id chosen by the asker. After either side restarted, the asker sends what was not
 * answered again with the same id; every receiver answers a repeated id as it did the first time or
 * does the work again without another effect. Text and bytes are borrowed from the message. */
#ifndef COTTER_SERVER_IPC_MESSAGES_H
#define COTTER_SERVER_IPC_MESSAGES_H

#include "core/base/bytes.h"

#include <cotter/status.h>

#define IPC_ENDPOINT_MAX 255u  /* bytes of an endpoint name */
#define IPC_IDENTITY_MAX 128u  /* bytes of a PSK identity */
#define IPC_LINKS_MAX 8192u    /* bytes of a registration's object links */
#define IPC_PAYLOAD_MAX 61440u /* bytes of a resource payload in one message */
#define IPC_SEALED_MAX 256u    /* bytes of a sealed secret */
#define IPC_BINDING_MAX 16u    /* bytes of a registration's binding mode */
#define IPC_RELEASE_NAME_MAX 64u
#define IPC_TOKEN_MAX 128u /* bytes of a bearer token */
#define IPC_EVENT_NAME_MAX 32u

typedef enum ipc_type {
    /* monitor → process */
    IPC_START = 1,      /* role_config (server/role.h); follows the role's descriptors */
    IPC_PEER = 2,       /* ipc_peer; with one descriptor: the channel to that peer from now on */
    IPC_STOP = 3,       /* finish what is under way and exit 0; no body */
    IPC_READY = 4,      /* process → monitor: in its sandbox, serving; no body */
    IPC_FAILED = 5,     /* process → monitor: one line of text; then it exits 2 */
    IPC_DESCRIPTOR = 6, /* role_fd (server/role.h); with one descriptor, before IPC_START */
    IPC_PEER_LOST = 7, /* process → monitor: ipc_peer; the channel to it has ended, make another */

    /* sessions */
    IPC_PSK_WANTED = 16,        /* net → hub   ipc_psk_wanted; answered by keys with IPC_MASTER */
    IPC_MASTER_WANTED = 17,     /* hub → keys  ipc_master_wanted */
    IPC_MASTER = 18,            /* keys → net  ipc_master (same id as IPC_PSK_WANTED) */
    IPC_CREDENTIAL_WANTED = 19, /* net → hub   ipc_credential_wanted */
    IPC_CREDENTIAL = 20,        /* hub → net   ipc_credential */
    IPC_SIGN = 21,              /* net → keys  ipc_sign */
    IPC_SIGNATURE = 22,         /* keys → net  ipc_signature */
    IPC_SEAL = 23,              /* http → keys ipc_seal */
    IPC_SEALED = 24,            /* keys → http ipc_sealed */
    IPC_REFUSED = 25,           /* net → hub   ipc_refused: for the audit log and `device why` */

    /* registrations, net → hub and back */
    IPC_HELLO = 32,      /* net → hub ipc_hello: first on each new channel */
    IPC_REGISTER = 33,   /* ipc_register;   answer IPC_ANSWER after it is durable */
    IPC_UPDATE = 34,     /* ipc_update: changed attributes; IPC_ANSWER after it is durable */
    IPC_DEREGISTER = 35, /* ipc_deregister; IPC_ANSWER after it is durable */
    IPC_REFRESH = 36,    /* ipc_refresh: lifetimes were refreshed; no answer */
    IPC_EXPIRED = 37,    /* ipc_expired: lifetime ran out; no answer */
    IPC_ANSWER = 38,     /* hub → net ipc_answer */
    IPC_DROP = 39,       /* hub → net ipc_drop: forget a registration; no answer */

    /* device management */
    IPC_COMMAND = 48,        /* hub → net ipc_command: durable in hub before this is sent */
    IPC_COMMAND_RESULT = 49, /* net → hub ipc_result */
    IPC_READ = 50,           /* hub → net ipc_read: Read or Discover, lives in its API request */
    IPC_READ_RESULT = 51,    /* net → hub ipc_result */
    IPC_NOTIFY = 52,         /* net → hub ipc_notify; no answer */
    IPC_FIRMWARE_OPEN = 53,  /* net → hub ipc_firmware_open */
    IPC_FIRMWARE = 54, /* hub → net ipc_firmware; with one descriptor when status is COT_OK */
    IPC_PROGRESS = 55, /* net → hub ipc_progress: a firmware transfer; no answer */

    /* API: http ↔ hub */
    IPC_CALL = 64, /* http → hub ipc_call; may carry one descriptor (sealed memfd: a large body) */
    IPC_REPLY = 65,   /* hub → http ipc_reply */
    IPC_EVENT = 66,   /* hub → http ipc_event; no answer */
    IPC_CALL_END = 67 /* http → hub ipc_call_end: the client has gone, do not answer that id */
} ipc_type;

typedef enum ipc_role {
    IPC_MONITOR = 0,
    IPC_NET = 1,
    IPC_KEYS = 2,
    IPC_HUB = 3,
    IPC_HTTP = 4
} ipc_role;

typedef struct ipc_peer {
    uint8_t role;        /* ipc_role */
    uint8_t index;       /* worker number for IPC_NET, else 0 */
    uint32_t generation; /* counts the starts of that process; a newer one replaces the older */
} ipc_peer;

typedef enum ipc_mode { IPC_NOSEC = 0, IPC_PSK = 1, IPC_RPK = 2, IPC_X509 = 3 } ipc_mode;

/* A credential's row in hub; ids are never used again. 0: none (NoSec). */
typedef uint64_t ipc_credential_id;

/* A registration in its worker: opaque outside net, unguessable (≥ 64 random bits). */
typedef struct ipc_location {
    uint8_t b[16];
} ipc_location;

/* Peer address: IPv4 as ::ffff:a.b.c.d. */
typedef struct ipc_address {
    uint8_t ip[16];
    uint16_t port;
} ipc_address;

/* ---- sessions ---- */

typedef enum ipc_master_kind {
    IPC_MASTER_EXTENDED = 1, /* seed = session hash, 32 bytes (RFC 7627) */
    IPC_MASTER_RANDOMS = 2   /* seed = client random then server random, 64 bytes */
} ipc_master_kind;

typedef struct ipc_psk_wanted {
    uint64_t id;
    cot_bytes identity;
    uint8_t kind; /* ipc_master_kind */
    cot_bytes seed;
} ipc_psk_wanted;

/* hub adds the sealed key. An unknown identity goes on with credential 0 and an empty `sealed`: keys
 * answers then with a master secret from random bytes, so that nothing differs outside. */
typedef struct ipc_master_wanted {
    uint8_t worker;
    uint64_t id;
    ipc_credential_id credential;
    cot_bytes identity; /* the sealed blob's associated data */
    cot_bytes sealed;
    uint8_t kind;
    cot_bytes seed;
} ipc_master_wanted;

typedef struct ipc_master {
    uint64_t id;
    ipc_credential_id credential; /* 0: unknown identity, the handshake will fail at Finished */
    uint8_t master[48];
} ipc_master;

typedef struct ipc_credential_wanted {
    uint64_t id;
    uint8_t mode;       /* IPC_RPK or IPC_X509 (whose chain net has verified) */
    uint8_t digest[32]; /* SHA-256 of the SubjectPublicKeyInfo */
    cot_bytes name;     /* X.509: the certificate's common name, else empty */
} ipc_credential_wanted;

typedef struct ipc_credential {
    uint64_t id;
    ipc_credential_id credential; /* 0: refused */
} ipc_credential;

typedef struct ipc_sign {
    uint64_t id;
    uint8_t key; /* 1: the DTLS server key */
    uint8_t digest[32];
} ipc_sign;

typedef struct ipc_signature {
    uint64_t id;
    cot_bytes der; /* ECDSA-Sig-Value, ≤ 72 bytes; empty: refused */
} ipc_signature;

typedef struct ipc_seal {
    uint64_t id;
    cot_bytes identity; /* bound to the secret as associated data */
    cot_bytes secret;   /* 1..64 bytes */
} ipc_seal;

typedef struct ipc_sealed {
    uint64_t id;
    cot_bytes sealed; /* empty: refused */
} ipc_sealed;

typedef enum ipc_reason {
    IPC_REASON_IDENTITY_UNKNOWN = 1,
    IPC_REASON_KEY_WRONG = 2,
    IPC_REASON_NO_COMMON_SUITE = 3,
    IPC_REASON_CERT_UNTRUSTED = 4,
    IPC_REASON_CERT_EXPIRED = 5,
    IPC_REASON_RPK_UNKNOWN = 6,
    IPC_REASON_ENDPOINT_NOT_COVERED = 7,
    IPC_REASON_NOSEC_FORBIDDEN = 8,
    IPC_REASON_PROTOCOL = 9,
    IPC_REASON_TIMEOUT = 10,
    IPC_REASON_OVERLOAD = 11
} ipc_reason;

typedef struct ipc_refused {
    uint8_t mode;
    uint8_t reason; /* ipc_reason */
    ipc_address from;
    cot_bytes identity; /* PSK identity, certificate name or hex of the key digest; may be empty */
} ipc_refused;

/* ---- registrations ---- */

typedef struct ipc_hello {
    uint8_t worker;
    uint8_t fresh; /* 1: the table started empty, this worker's former registrations are gone */
    uint32_t registrations; /* live in the table */
} ipc_hello;

typedef struct ipc_register {
    uint64_t id;
    ipc_location location;
    uint8_t mode;
    ipc_credential_id credential;
    ipc_address from;
    uint32_t lifetime; /* seconds */
    uint8_t version;   /* 10 or 11: LwM2M 1.0, 1.1 */
    cot_bytes endpoint;
    cot_bytes binding; /* as sent, may be empty */
    cot_bytes links;   /* RFC 6690, checked by net */
} ipc_register;

typedef struct ipc_update {
    uint64_t id;
    ipc_location location;
    ipc_address from;
    uint32_t lifetime; /* the one in force after this update */
    uint8_t has_binding;
    uint8_t has_links;
    cot_bytes binding;
    cot_bytes links;
} ipc_update;

typedef struct ipc_deregister {
    uint64_t id;
    ipc_location location;
} ipc_deregister;

typedef struct ipc_refresh {
    ipc_location location;
    ipc_address from;
} ipc_refresh;

typedef struct ipc_expired {
    ipc_location location;
} ipc_expired;

/* code: the CoAP code to answer with (2.01 = 0x41, 4.00, 4.03, 4.04, 5.03 when the disk is full). */
typedef struct ipc_answer {
    uint64_t id;
    uint8_t code;
} ipc_answer;

typedef struct ipc_drop {
    ipc_location location;
    uint8_t end_session; /* 1: close its DTLS session too */
} ipc_drop;

/* ---- device management ---- */

typedef enum ipc_operation {
    IPC_OP_READ = 1,
    IPC_OP_DISCOVER = 2,
    IPC_OP_WRITE = 3,  /* PUT on a resource or instance: replace */
    IPC_OP_UPDATE = 4, /* POST on an instance: partial update */
    IPC_OP_EXECUTE = 5,
    IPC_OP_OBSERVE = 6, /* pmin, pmax first written as attributes when given */
    IPC_OP_CANCEL = 7,  /* end the observation of `token` */
    IPC_OP_CREATE = 8,
    IPC_OP_DELETE = 9,
    IPC_OP_ATTRIBUTES = 10 /* Write-Attributes: the payload is the query text, "pmin=1&pmax=60" */
} ipc_operation;

/* "/3/0/0" as numbers; the first `count` (1..4) are given. */
typedef struct ipc_path {
    uint8_t count;
    uint16_t id[4];
} ipc_path;

/* Stored command. The CoAP message is a pure function of these fields, so that a new worker sends the
 * same bytes again. hub takes MIDs from 0x8000..0xFFFF, a worker's own requests from 0..0x7FFF.
 * hub has at most one command a device under way; it sends the next when the result is stored. */
typedef struct ipc_command {
    uint64_t id;
    ipc_location location;
    uint16_t mid;
    uint8_t token[8];
    uint8_t operation;
    ipc_path path;
    uint16_t format; /* content format of payload as hub made it: SenML CBOR 112, or 0 for text */
    uint32_t age_ms; /* since the first send; past EXCHANGE_LIFETIME hub does not send any more */
    cot_bytes payload;
} ipc_command;

typedef struct ipc_read {
    uint64_t id;
    ipc_location location;
    uint8_t operation; /* IPC_OP_READ or IPC_OP_DISCOVER */
    ipc_path path;
    uint32_t timeout_ms;
} ipc_read;

/* The worker has no such registration: nothing was sent now. hub ends the registration and keeps the
 * command: as queued when this was its first send, else as sent until EXCHANGE_LIFETIME has passed. */
#define IPC_CODE_NOT_SENT 1u

/* code 0: no answer came (timeout). Payloads of Read, Notify and Observe reach hub as SenML CBOR (112),
 * whatever the device sent: net decodes and re-encodes them; Discover as link format (40); diagnostic
 * text of an error as 0. */
typedef struct ipc_result {
    uint64_t id;
    ipc_location location;
    uint8_t code;
    uint16_t format;
    cot_bytes payload;
} ipc_result;

typedef struct ipc_notify {
    ipc_location location;
    uint8_t token[8];
    uint8_t code; /* 2.05, or an error code that ended the observation */
    uint16_t format;
    cot_bytes payload;
} ipc_notify;

typedef struct ipc_firmware_open {
    uint64_t id;
    cot_bytes name; /* the last segment of coaps://HOST/fw/NAME: a release id, 32 hex digits */
} ipc_firmware_open;

typedef struct ipc_firmware {
    uint64_t id;
    int32_t status; /* COT_OK, COT_E_NOT_FOUND, COT_E_AGAIN */
    uint64_t size;
    uint8_t etag[8];
} ipc_firmware;

typedef struct ipc_progress {
    ipc_location location;
    cot_bytes name; /* release id */
    uint64_t sent;  /* the highest byte that was asked for and sent */
    uint64_t size;
} ipc_progress;

/* ---- API ---- */

/* One number an API operation; the arguments and results of each are CBOR maps with text keys, listed
 * in docs/internals/api.md. http turns JSON into them and back, and checks shape and size; hub checks
 * token, role, meaning. */
typedef enum ipc_api {
    IPC_API_STATUS = 1,
    IPC_API_DEVICE_LIST,
    IPC_API_DEVICE_ADD,
    IPC_API_DEVICE_IMPORT, /* descriptor: CBOR sequence of DEVICE_ADD maps, all or nothing */
    IPC_API_DEVICE_GET,
    IPC_API_DEVICE_EDIT,
    IPC_API_DEVICE_REMOVE,
    IPC_API_DEVICE_WHY,
    IPC_API_VALUE_LIST,    /* last value and time of each resource */
    IPC_API_RESOURCE_READ, /* live */
    IPC_API_RESOURCE_DISCOVER,
    IPC_API_COMMAND_ADD,
    IPC_API_COMMAND_LIST,
    IPC_API_COMMAND_GET, /* may wait for the outcome */
    IPC_API_COMMAND_CANCEL,
    IPC_API_OBSERVATION_LIST,
    IPC_API_GROUP_LIST,
    IPC_API_GROUP_ADD,
    IPC_API_GROUP_GET,
    IPC_API_GROUP_EDIT,
    IPC_API_GROUP_REMOVE,
    IPC_API_RELEASE_LIST,
    IPC_API_RELEASE_ADD, /* descriptor: the signed envelope */
    IPC_API_RELEASE_GET,
    IPC_API_RELEASE_REMOVE,
    IPC_API_UPGRADE_LIST,
    IPC_API_UPGRADE_STOP,
    IPC_API_UPGRADE_START,
    IPC_API_TOKEN_LIST,
    IPC_API_TOKEN_ADD,
    IPC_API_TOKEN_REMOVE,
    IPC_API_SUBSCRIBE, /* events from now on (or from a sequence number); replies once, then events */
    IPC_API_AUDIT_LIST
} ipc_api;

typedef struct ipc_call {
    uint64_t id;
    uint16_t api;    /* ipc_api */
    cot_bytes token; /* the bearer token as the client sent it; hub keeps only its SHA-256 */
    cot_bytes args;  /* CBOR map */
} ipc_call;

/* status: the HTTP status. For ≥ 400 the body is {"title": text, "detail": text, …} (RFC 9457). */
typedef struct ipc_reply {
    uint64_t id;
    uint16_t status;
    cot_bytes body;
} ipc_reply;

typedef struct ipc_event {
    uint64_t sequence;
    cot_bytes
        name; /* "registered", "updated", "deregistered", "expired", "notify", "command", "upgrade", "refused" */
    cot_bytes body; /* CBOR map */
} ipc_event;

typedef struct ipc_call_end {
    uint64_t id;
} ipc_call_end;

/* ---- codecs ---- */

/* ipc_put_NAME writes a body; a field outside its limit latches COT_E_RANGE in the writer.
 * ipc_get_NAME reads a whole body: COT_OK; COT_E_TRUNCATED, COT_E_MALFORMED (bytes left over),
 * COT_E_RANGE (a length, number or enum outside its limits): `out` must not be used then. */
#define IPC_CODEC(name)                                                                            \
    void ipc_put_##name(cot_writer *w, const ipc_##name *m);                                       \
    cot_status ipc_get_##name(cot_reader *r, ipc_##name *out)

IPC_CODEC(peer);
IPC_CODEC(psk_wanted);
IPC_CODEC(master_wanted);
IPC_CODEC(master);
IPC_CODEC(credential_wanted);
IPC_CODEC(credential);
IPC_CODEC(sign);
IPC_CODEC(signature);
IPC_CODEC(seal);
IPC_CODEC(sealed);
IPC_CODEC(refused);
IPC_CODEC(hello);
IPC_CODEC(register);
IPC_CODEC(update);
IPC_CODEC(deregister);
IPC_CODEC(refresh);
IPC_CODEC(expired);
IPC_CODEC(answer);
IPC_CODEC(drop);
IPC_CODEC(command);
IPC_CODEC(read);
IPC_CODEC(result);
IPC_CODEC(notify);
IPC_CODEC(firmware_open);
IPC_CODEC(firmware);
IPC_CODEC(progress);
IPC_CODEC(call);
IPC_CODEC(reply);
IPC_CODEC(event);
IPC_CODEC(call_end);

#endif
