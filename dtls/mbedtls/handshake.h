/* SPDX-License-Identifier: Apache-2.0 */
/* One running handshake, client's or server's: Mbed TLS's context in an arena, driven step by
 * step. Internal to dtls/mbedtls/. */
#ifndef COTTER_MBEDTLS_HANDSHAKE_H
#define COTTER_MBEDTLS_HANDSHAKE_H

#include "dtls/mbedtls/arena.h"
#include "dtls/mbedtls/rpk.h"
#include "dtls/server.h"

#include <ssl_misc.h>

/* Our record numbers begin here after take-over: above all that the handshake, with its bounded
 * repetitions, can have used in epoch 1. */
#define COT__FIRST_NUMBER 1024u
#define COT__REPEATS_MAX 32u
#define COT__HELD_MAX 6144u /* bytes of datagrams held while an answer is awaited */
#define COT__MTU_DEFAULT 1152u

typedef enum cot__phase {
    COT__RUNNING,
    COT__FAILED,      /* REFUSED is still to be told */
    COT__FINISHED,    /* DONE is still to be told */
    COT__ESTABLISHED, /* told; the last flight can be repeated */
    COT__OVER
} cot__phase;

/* A question to the server's caller. */
typedef enum cot__asking {
    COT__ASK_NOTHING,
    COT__ASK_PSK,
    COT__ASK_CREDENTIAL,
    COT__ASK_SIGN
} cot__asking;

/* What the step loop calls of the server's or the client's side. */
typedef struct cot__side {
    /* Before the first datagram is fed; may be NULL. */
    void (*first)(cot_dtls_handshake *h, cot_bytes dgram);
    /* After each step that succeeded; `before` is the state that it was in. 0 or an Mbed TLS
     * error. */
    int (*stepped)(cot_dtls_handshake *h, int before);
} cot__side;

typedef struct cot__held {
    struct cot__held *next;
    size_t len;
    uint8_t bytes[];
} cot__held;

struct cot_dtls_handshake {
    cot__arena arena;
    mbedtls_ssl_context ssl;
    const cot__side *side;
    const struct cot_dtls_server *server; /* one of these two */
    const cot_dtls_client_config *client;
    cot__phase phase;
    cot_refusal refusal;
    cot_peer_mode mode;
    cot_ms now;

    /* timer of RFC 6347 section 4.2.4, as Mbed TLS sets it */
    cot_ms timer_start;
    uint32_t timer_intermediate;
    uint32_t timer_final; /* 0: none */

    cot__held *held; /* received, oldest first */
    size_t held_bytes;
    uint8_t *out; /* the caller's, during _next */
    size_t out_cap;
    size_t out_len;

    cot__asking asking;
    bool asked; /* the event was given */
    bool answered;
    cot_ms asked_at;
    cot_dtls_need need;
    uint8_t identity[128];
    size_t identity_len;
    uint8_t master[48];
    bool identity_known;
    bool accepted;
    uint8_t signature[72];
    size_t signature_len;

    cot__rpk rpk;
    bool chain_matches; /* client: `server_certificate` was found above the leaf (verify.c) */
    bool first_taken;   /* server: the first datagram was looked at */
    uint8_t client_random[32]; /* server: of that ClientHello */
    uint8_t keys[40];          /* client key, server key, client IV, server IV */
    bool keys_ready;
    uint32_t repeats; /* of the last flight, so far */
    bool repeat;
};

/* Prepare everything that does not depend on the side: h is zeroed; its arena is what follows it in
 * memory[0..len). NULL when len is too small. */
cot_dtls_handshake *cot__handshake_make(void *memory, size_t len);

/* Bind Mbed TLS's context to `conf`, which must outlive it. 0 or an Mbed TLS error. */
int cot__handshake_setup(cot_dtls_handshake *h, const mbedtls_ssl_config *conf, uint16_t mtu);

cot_dtls_handshake *cot__handshake_of(const mbedtls_ssl_context *ssl);

/* Raise a question; Mbed TLS is not entered again before the answer. */
void cot__handshake_ask(cot_dtls_handshake *h, cot__asking what);

/* Keep the first reason. */
void cot__handshake_refuse(cot_dtls_handshake *h, cot_refusal why);

/* The reason for an Mbed TLS error at this point. */
cot_refusal cot__handshake_reason(const cot_dtls_handshake *h, int err);

/* Is the negotiated suite one with pre-shared keys? */
bool cot__handshake_is_psk(const mbedtls_ssl_context *ssl);

/* Shared parts of both configurations: datagrams, 1.2 only, P-256 with SHA-256 only. */
int cot__conf_defaults(mbedtls_ssl_config *conf, int endpoint, uint32_t retry_min_ms,
                       uint32_t retry_max_ms);

/* Functions of the wrapped library (dtls/CMakeLists.txt renames them). */
int cot__real_derive_keys(mbedtls_ssl_context *ssl);
int cot__real_write_certificate(mbedtls_ssl_context *ssl);
int cot__real_parse_certificate(mbedtls_ssl_context *ssl);
int cot__real_write_handshake_msg_ext(mbedtls_ssl_context *ssl, int update_checksum,
                                      int force_flush);

#endif
