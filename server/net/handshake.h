/* SPDX-License-Identifier: Apache-2.0 */
/* Running handshakes, and what session.c and handshake.c share. */
#ifndef COTTER_SERVER_NET_HANDSHAKE_H
#define COTTER_SERVER_NET_HANDSHAKE_H

#include "dtls/aead.h"
#include "dtls/cookie.h"
#include "dtls/server.h"
#include "server/net/session.h"

#define NET_HANDSHAKE_HEADS 1024u
#define NET_IDENTITIES 1024u
#define NET_LATEST 4096u
#define NET_SOURCES 1024u
#define NET_HANDSHAKES_AN_IDENTITY 8u

typedef struct net_handshake {
    cot_dtls_handshake *dtls;
    net_worker *w;
    loop_timer timer;
    table_address from;
    uint32_t chain;   /* same hash of the address, + 1 */
    uint32_t slot;    /* taken in the table; committed when done */
    bool done;        /* kept only to repeat the last flight */
    uint64_t asked;   /* id of the question that is open; 0: none */
    uint8_t question; /* cot_dtls_event: NEED_… */
    uint16_t asking;  /* place in `asking` + 1; 0: none */
    uint64_t credential;
    cot_ms give_up;
    uint8_t identity_len;
    uint8_t identity[IPC_ENDPOINT_MAX];
    uint8_t memory[COT_DTLS_HANDSHAKE_BYTES] __attribute__((aligned(16)));
} net_handshake;

/* The last sessions of a credential: slot + 1. */
typedef struct net_latest {
    uint64_t credential;
    uint32_t slot[2];
} net_latest;

struct net_session_part {
    cot_dtls_aead aead;
    cot_dtls_cookie cookie;
    cot_dtls_server *server;
    pool handshakes;
    uint32_t heads[NET_HANDSHAKE_HEADS];
    uint32_t refused_left; /* refusals that may be told this second */
    cot_ms refused_at;
    uint32_t suppressed;
    net_latest latest[NET_LATEST];
    uint16_t
        sources[NET_SOURCES]; /* places in the pool, by a hash of the sender (IPv6: of its /64) */
    uint8_t asking[NET_IDENTITIES]; /* open PSK questions, by a hash of the identity */
    uint8_t memory[COT_DTLS_SERVER_BYTES] __attribute__((aligned(16)));
};

/* A ClientHello whose cookie is right: begin, or begin anew. */
void net_handshake_start(net_worker *w, const table_address *from, const uint8_t *dgram,
                         size_t len);
/* The running (or kept) handshake of an address, or of a slot. NULL. */
net_handshake *net_handshake_at(net_worker *w, const table_address *from);
net_handshake *net_handshake_of(net_worker *w, uint32_t slot);
void net_handshake_received(net_worker *w, net_handshake *h, const uint8_t *dgram, size_t len);
/* Act on its events until it is idle. It may be gone afterwards. */
void net_handshake_pump(net_worker *w, net_handshake *h);
void net_handshake_end(net_worker *w, net_handshake *h);

/* handshake_ask.c */
void net_handshake_ask(net_worker *w, net_handshake *h);
void net_handshake_asked_enough(net_worker *w, net_handshake *h); /* answered, or it ends */
void net_handshake_refused(net_worker *w, const net_handshake *h);

#endif
