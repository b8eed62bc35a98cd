/* SPDX-License-Identifier: Apache-2.0 */
/* The server side of the DTLS 1.2 handshake: one long-lived configuration for a worker, and one
 * handshake object for each running handshake, in memory that the caller takes from a bounded
 * pool. No secret of the server's or of a device's is ever in this process: master secrets,
 * verdicts and signatures are asked for by events.
 *
 *   cot_dtls_cookie_check() → ACCEPT
 *   cot_dtls_handshake_start(server, memory, …)
 *   loop: on a datagram of that address: cot_dtls_handshake_received();
 *         on it, on an answer and at the deadline:
 *         while ((e = cot_dtls_handshake_next()) != COT_DTLS_IDLE) act on e
 *   COT_DTLS_DONE → cot_dtls_handshake_record() into the table, flagged fresh; keep the object for
 *         cot_dtls_handshake_repeat() until the first application record came; then end it
 *   COT_DTLS_REFUSED → log the reason, end it */
#ifndef COTTER_DTLS_SERVER_H
#define COTTER_DTLS_SERVER_H

#include "core/base/bytes.h"

#include <cotter/dtls.h>

typedef struct cot_dtls_server cot_dtls_server;
typedef struct cot_dtls_handshake cot_dtls_handshake;

typedef struct cot_dtls_server_config {
    bool psk; /* offer the PSK suites */
    bool rpk; /* offer raw public keys to those who ask */

    /* The server's P-256 key, public part only. spki: needed for rpk. chain: own certificate first;
     * empty: X.509 is not offered. Both hold the same key. */
    cot_dtls_blob spki;
    const cot_dtls_blob *chain;
    size_t chain_count;
    const cot_dtls_blob *client_anchors; /* CA certificates for device certificates, DER */
    size_t client_anchor_count;

    bool cid;              /* answer connection ID offers */
    uint16_t mtu;          /* 0: 1152 */
    uint32_t retry_min_ms; /* 0: 1000 */
    uint32_t retry_max_ms; /* 0: 8000: a dead handshake frees its memory after ~15 s */

    cot_status (*random)(void *app, uint8_t *out, size_t len);
    int64_t (*time)(void *app); /* seconds since 1970 UTC; NULL: dates are not checked */
    void *app;
} cot_dtls_server_config;

/* Memory for a server, and for one handshake. */
#define COT_DTLS_SERVER_BYTES 32768u
#define COT_DTLS_HANDSHAKE_BYTES 40960u

/* Make a server in memory[0..len). All of `config` is copied or parsed: it
 * need not live on. To change keys or anchors make a second one; running handshakes keep the first,
 * which must live as long as they.
 * COT_OK; COT_E_SPACE: memory too small; COT_E_MALFORMED: a certificate or key does not parse or is
 * not P-256; COT_E_RANGE: nothing is offered. */
cot_status cot_dtls_server_init(cot_dtls_server **out, const cot_dtls_server_config *config,
                                void *memory, size_t len);

/* Begin with the datagram that cot_dtls_cookie_check() accepted (give it by _received next). `cid`
 * is the connection ID for records to us: its first byte must be the worker's index.
 * COT_OK; COT_E_SPACE: memory too small. */
cot_status cot_dtls_handshake_start(cot_dtls_handshake **out, const cot_dtls_server *server,
                                    void *memory, size_t len,
                                    const uint8_t cid[static COT_DTLS_CID_IN_MAX], cot_ms now);

/* Is this ClientHello, accepted by cot_dtls_cookie_check(), the one that `h` began with, repeated?
 * If not, the client has begun anew: end `h` and start another handshake. */
bool cot_dtls_handshake_began_with(const cot_dtls_handshake *h, const uint8_t *dgram, size_t len);

/* Take in one datagram (copied; while an answer is awaited up to 6 KiB of them are held, more are
 * dropped: the peer repeats them). */
void cot_dtls_handshake_received(cot_dtls_handshake *h, const uint8_t *dgram, size_t len);

typedef enum cot_dtls_event {
    COT_DTLS_IDLE = 0,        /* nothing until a datagram, an answer or the deadline */
    COT_DTLS_OUTPUT,          /* *len bytes are to be sent to the peer */
    COT_DTLS_NEED_PSK,        /* → cot_dtls_answer_psk */
    COT_DTLS_NEED_CREDENTIAL, /* → cot_dtls_answer_credential; possession of the key is proven */
    COT_DTLS_NEED_SIGN,       /* → cot_dtls_answer_sign */
    COT_DTLS_DONE,            /* established: take the record now */
    COT_DTLS_REFUSED          /* over: cot_dtls_handshake_refusal() */
} cot_dtls_event;

/* Advance; returns the next event. NEED_* is returned once, then IDLE until answered. Call until
 * IDLE (after DONE or REFUSED it is always IDLE; an alert to the peer comes as OUTPUT before
 * REFUSED). `cap` ≥ the configured mtu. */
cot_dtls_event cot_dtls_handshake_next(cot_dtls_handshake *h, cot_ms now, uint8_t *dgram,
                                       size_t cap, size_t *len);
/* When _next must be called without another cause; COT_NEVER while an answer is awaited (bound that
 * yourself: a peer gives up after its own time) and when done. */
cot_ms cot_dtls_handshake_deadline(const cot_dtls_handshake *h);

/* What the last NEED_* asks for. Valid until it is answered. */
typedef struct cot_dtls_need {
    cot_peer_mode mode;
    cot_bytes identity; /* PSK */
    bool extended;      /* PSK: seed is the 32-byte session hash (RFC 7627), label "extended master
                            secret"; else client random then server random, label "master secret" */
    uint8_t seed[64];
    uint8_t digest[32];    /* SIGN: to be signed with ECDSA P-256 */
    uint8_t key_hash[32];  /* CREDENTIAL: SHA-256 of the SubjectPublicKeyInfo */
    uint8_t cert_hash[32]; /* CREDENTIAL, X.509: SHA-256 of the certificate */
    char name[129];        /* CREDENTIAL, X.509: common name, else the first DNS or URI alternative
                            name; empty when there is none */
} cot_dtls_need;

const cot_dtls_need *cot_dtls_handshake_need(const cot_dtls_handshake *h);

/* The 48-byte master secret; known = false: the identity is unknown, `master` is random: goes on as
 * with a wrong key, and ends with COT_REFUSAL_UNKNOWN_IDENTITY. COT_OK; COT_E_STATE: not asked. */
cot_status cot_dtls_answer_psk(cot_dtls_handshake *h, const uint8_t master[static 48], bool known);
/* accept = false: ends with COT_REFUSAL_DENIED. */
cot_status cot_dtls_answer_credential(cot_dtls_handshake *h, bool accept);
/* DER ECDSA-Sig-Value, ≤ 72 bytes; der_len 0: the signer refused, ends with COT_REFUSAL_LOCAL.
 * COT_E_RANGE: too long. */
cot_status cot_dtls_answer_sign(cot_dtls_handshake *h, const uint8_t *der, size_t der_len);

/* After DONE: the session, with fresh = 1. Its replay window goes on from the handshake's highest
 * number, and its own numbers start well above the handshake's.
 * COT_OK; COT_E_STATE. */
cot_status cot_dtls_handshake_record(const cot_dtls_handshake *h, cot_dtls_record *out);

/* While the session is fresh: a record of inner type COT_DTLS_HANDSHAKE came (and was accepted):
 * the peer did not get our last flight. _next gives it again as OUTPUT (at most 32 times). */
void cot_dtls_handshake_repeat(cot_dtls_handshake *h);

cot_refusal cot_dtls_handshake_refusal(const cot_dtls_handshake *h);
cot_peer_mode cot_dtls_handshake_mode(const cot_dtls_handshake *h); /* NOSEC before it is known */
size_t cot_dtls_handshake_peak(const cot_dtls_handshake *h); /* bytes of the memory used at most */

/* The name in the client's certificate (by need.name's rule), whether it was accepted or not: for
 * the log after REFUSED. Empty when no certificate was parsed. */
const char *cot_dtls_handshake_claimed_name(const cot_dtls_handshake *h);

/* Wipe the object; its memory is the caller's again. */
void cot_dtls_handshake_end(cot_dtls_handshake *h);

#endif
