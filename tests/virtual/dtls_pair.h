/* SPDX-License-Identifier: Apache-2.0 */
/* One DTLS client channel and one server, as device/ and server/net use them, joined by the seeded
 * link in virtual time. The server's questions are answered by the pair (after a delay), as `hub`
 * and `keys` would. The server echoes application data; both ends count what they see. */
#ifndef COTTER_TESTS_VIRTUAL_DTLS_PAIR_H
#define COTTER_TESTS_VIRTUAL_DTLS_PAIR_H

#include "dtls/aead.h"
#include "dtls/cookie.h"
#include "dtls/record.h"
#include "dtls/server.h"
#include "tests/virtual/dtls_certs.h"
#include "tests/virtual/link.h"

#define PAIR_CLIENT 0u
#define PAIR_SERVER 1u
#define PAIR_DATAGRAM 1500u
#define PAIR_WORKER 7u      /* first byte of the server's connection IDs */
#define PAIR_NOW 1764000000 /* seconds since 1970, what the certificates are checked against */

typedef struct pair {
    link net;
    cot_ms now;
    cot_dtls_aead aead;

    /* what both are set up from; change between pair_init() and pair_begin() */
    cot_dtls_server_config server_config;
    cot_dtls_client_config client_config;
    const char *identity;   /* that the server knows */
    uint8_t server_psk[16]; /* of that identity */
    uint8_t client_psk[16];
    cot_ms answer_after;        /* the delay of answers */
    const cert_key *server_key; /* what signs for the server */
    bool credential_denied;
    bool signer_refuses;
    bool bad_random; /* the client's entropy fails */

    /* the server */
    cot_dtls_cookie cookie;
    cot_dtls_server *server;
    cot_dtls_handshake *handshake;
    cot_ms answer_at; /* COT_NEVER: no question is open */
    cot_dtls_event asked;
    cot_dtls_need need; /* the last one */
    cot_dtls_record session;
    bool live;
    unsigned handshakes; /* begun */
    unsigned established;
    unsigned questions[COT_DTLS_REFUSED + 1];
    cot_refusal server_refusal;
    char claimed[129]; /* name in a refused certificate */
    cot_peer_mode server_mode;
    size_t server_peak;
    unsigned server_got; /* application records */
    unsigned server_bad; /* records dropped, whatever the reason */
    cot_status server_last_drop;
    uint8_t server_data[256];
    size_t server_data_len;
    bool address_newer; /* of the last record */
    unsigned alerts;    /* seen by the server in the live session */

    /* the client */
    cot_dtls_client client;
    unsigned client_got;
    uint8_t client_data[256];
    size_t client_data_len;

    /* a look at, and a hand on, each datagram that is sent; NULL: none. Returns true to drop it. */
    bool (*tap)(struct pair *p, unsigned from, uint8_t *bytes, size_t *len);
    void *tap_state;

    uint8_t server_memory[COT_DTLS_SERVER_BYTES];
    uint8_t handshake_memory[COT_DTLS_HANDSHAKE_BYTES];
    uint8_t client_arena[COT_DTLS_HANDSHAKE_BYTES];
    cot_dtls_blob chain[3];
    cot_dtls_blob anchors[2];
} pair;

/* Certificates shared by all tests: made once. */
typedef struct pair_certs {
    cert ca;
    cert server;  /* cotter.test, by ca */
    cert device;  /* by ca */
    cert expired; /* by ca */
    cert other_ca;
    cert stranger;     /* by other_ca */
    cert intermediate; /* by ca */
    cert branch;       /* by intermediate */
} pair_certs;

const pair_certs *pair_certificates(void);

/* A pair ready for PSK on a perfect link. */
void pair_init(pair *p, const link_config *net, uint64_t seed);
void pair_use_psk(pair *p);
void pair_use_rpk(pair *p);
void pair_use_x509(pair *p, cot_certificate_usage usage);

/* Set the server up and open the client. */
cot_status pair_begin(pair *p);
/* The client opens again; the server forgets its session, as its user does when a new one is
 * there. */
cot_status pair_reopen(pair *p);
/* Run until both ends have a session, one gives up, or `until`. True: established. */
bool pair_connect(pair *p, cot_ms until);
/* As when the first application record came. */
void pair_forget_handshake(pair *p);
/* Run for some time. */
void pair_run(pair *p, cot_ms ms);
/* Send application data from the client; the server echoes. */
cot_status pair_say(pair *p, const char *text);
/* Give the server a datagram, as from `from`. */
void pair_to_server(pair *p, const uint8_t *bytes, size_t len);
void pair_to_client(pair *p, const uint8_t *bytes, size_t len);
void pair_end(pair *p);

#endif
