/* SPDX-License-Identifier: Apache-2.0 */
/* The DTLS 1.2 client channel (RFC 6347) with pre-shared keys (RFC 4279, 6655), raw public keys
 * (RFC 7250) or X.509, connection IDs (RFC 9146) and extended master secret (RFC 7627).
 *
 * Mbed TLS does the handshake inside an arena that the caller lends; afterwards a session is one
 * cot_dtls_record and the arena is free again (it is needed anew for each handshake, and on
 * platforms without libcrypto as ~1 KiB of scratch for each record). */
#ifndef COTTER_DTLS_H
#define COTTER_DTLS_H

#include <cotter/channel.h>

#include <stdbool.h>

/* AEAD of a session: TLS_{PSK, ECDHE_ECDSA}_WITH_AES_128_… */
typedef enum cot_dtls_suite {
    COT_DTLS_CCM_8 = 1,
    COT_DTLS_CCM = 2,
    COT_DTLS_GCM = 3
} cot_dtls_suite;

/* An established session: keys, connection IDs, replay window, counters. Flat and without pointers;
 * the server keeps it as it is in a shared table and treats it as untrusted when it adopts one.
 * Members are those of dtls/record.h's functions only. */
#define COT_DTLS_CID_IN_MAX 8u
#define COT_DTLS_CID_OUT_MAX 32u
typedef struct cot_dtls_record {
    uint64_t out_next;  /* number of our next record, < 2^48 */
    uint64_t in_top;    /* highest number received */
    uint64_t in_window; /* bit i: in_top − i was received */
    uint8_t key_in[16];
    uint8_t key_out[16];
    uint8_t iv_in[4];
    uint8_t iv_out[4];
    uint8_t cid_in[COT_DTLS_CID_IN_MAX];   /* in records to us */
    uint8_t cid_out[COT_DTLS_CID_OUT_MAX]; /* in records to the peer */
    uint8_t cid_in_len;
    uint8_t cid_out_len;
    uint8_t suite; /* cot_dtls_suite; 0: no session */
    uint8_t fresh; /* 1: handshake done, no application record received yet */
    uint8_t zero[4];
} cot_dtls_record;

/* AEAD primitives; `ctx` is the struct's own. Nonce 12 bytes; the tag (8 bytes for CCM_8, else 16)
 * follows the ciphertext. `out` may equal `in`.
 *   seal: out has room for len + tag. COT_OK; COT_E_INTERNAL.
 *   open: len includes the tag. COT_OK; COT_E_AUTH (out is then undefined).
 * Implementations: cot_dtls_aead_libcrypto (host), cot_dtls_aead_mbedtls. */
typedef struct cot_dtls_aead {
    void *ctx;
    cot_status (*seal)(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out);
    cot_status (*open)(void *ctx, cot_dtls_suite suite, const uint8_t key[static 16],
                       const uint8_t nonce[static 12], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out);
} cot_dtls_aead;

/* Borrowed bytes. */
typedef struct cot_dtls_blob {
    const uint8_t *p;
    size_t len;
} cot_dtls_blob;

/* Resource 0/x/15 "Certificate Usage" (OMA LwM2M Core 1.1.1; the meanings of RFC 6698). */
typedef enum cot_certificate_usage {
    COT_USAGE_CA_CONSTRAINT = 0, /* `server_certificate` is a CA in the chain that also leads to
                                         a trust anchor */
    COT_USAGE_SERVICE_CONSTRAINT = 1, /* it is the server's own, and its chain leads to an anchor */
    COT_USAGE_TRUST_ANCHOR = 2,       /* it is the trust anchor of the chain */
    COT_USAGE_DOMAIN_ISSUED = 3       /* it is the server's own; nothing else (no name, no dates) is
                                         checked. LwM2M's default. */
} cot_certificate_usage;

/* The arena needed for one client handshake, bytes, with chains of two P-256 certificates: on a
 * device (config_device.h, messages ≤ 2 KiB), and on a host (config_host.h, messages ≤ 4 KiB). */
#define COT_DTLS_ARENA_PSK 12288u
#define COT_DTLS_ARENA_X509 20480u
#define COT_DTLS_ARENA_HOST 24576u

/* Borrowed for the channel's life, as all that it names. Zero what is not used. */
typedef struct cot_dtls_client_config {
    cot_peer_mode mode; /* COT_PEER_PSK, _RPK or _X509 */

    /* PSK: identity, 1..128 bytes; psk writes the key (1..64 bytes) when a handshake needs it. */
    cot_dtls_blob psk_identity;
    cot_status (*psk)(void *app, uint8_t key[static 64], size_t *key_len);

    /* RPK and X.509: our P-256 key. Either `sign` (a key that cannot be read: TPM, secure element;
     * signature = r then s, 32 bytes each) or `private_key` (32 bytes, big-endian; borrowed). */
    cot_status (*sign)(void *app, const uint8_t digest[static 32], uint8_t signature[static 64]);
    const uint8_t *private_key;
    cot_dtls_blob own_spki;         /* RPK: our SubjectPublicKeyInfo, DER */
    const cot_dtls_blob *own_chain; /* X.509: our certificate first, then its CAs; DER */
    size_t own_chain_count;

    /* The server. RPK: its SubjectPublicKeyInfo. X.509: by `usage`. */
    cot_dtls_blob server_spki;
    cot_certificate_usage usage;
    cot_dtls_blob server_certificate;   /* DER; see usage */
    const cot_dtls_blob *trust_anchors; /* usages 0 and 1 */
    size_t trust_anchor_count;
    const char *server_name; /* sent as SNI, checked for usages 0–2; NULL: neither */

    /* Connection ID (RFC 9146). false: not offered. true: we offer `cid_len` bytes for records to
     * us, 0 being usual for a device: only the server needs one. */
    bool cid;
    uint8_t cid_len; /* ≤ COT_DTLS_CID_IN_MAX */

    /* Offered in this order; NULL: CCM_8, CCM, GCM. */
    const cot_dtls_suite *suites;
    size_t suite_count;

    uint16_t mtu;          /* largest UDP payload to send, 256..1500; 0: 1152 */
    uint32_t retry_min_ms; /* first retransmission; 0: 1000 (RFC 6347 section 4.2.4.1) */
    uint32_t retry_max_ms; /* give up after the interval has reached it; 0: 60000 */

    /* Memory for a handshake: one arena (a device), or two functions that lend from a pool. */
    uint8_t *arena;
    size_t arena_len;
    uint8_t *(*arena_take)(void *app, size_t *len); /* NULL: none free now */
    void (*arena_give)(void *app, uint8_t *arena);

    const cot_dtls_aead *aead;
    /* Cryptographically secure random bytes. COT_OK; else the handshake ends with LOCAL. */
    cot_status (*random)(void *app, uint8_t *out, size_t len);
    /* Seconds since 1970 UTC, for certificate dates. NULL: no clock, dates are not checked. */
    int64_t (*time)(void *app);
    void *app;
} cot_dtls_client_config;

struct cot_dtls_handshake;

typedef struct cot_dtls_client {
    cot_channel channel;
    const cot_dtls_client_config *config;
    struct cot_dtls_handshake *handshake; /* in the lent arena; NULL when none is running */
    uint8_t *arena;                       /* as it was lent */
    cot_dtls_record record;
    uint8_t alert[2]; /* to be sent by drain(): level, description; level 0: none */
} cot_dtls_client;

/* Prepare a closed channel; nothing is checked before open(). */
void cot_dtls_client_init(cot_dtls_client *ch, const cot_dtls_client_config *config);

#endif
