/* SPDX-License-Identifier: Apache-2.0 */
/* A channel carries application data to one peer over datagrams: bytes and time in, bytes and a
 * deadline out. It owns no socket and no clock. Implementations: <cotter/dtls.h> (DTLS 1.2 client)
 * and <cotter/nosec.h> (plain UDP); a modem with a stack of its own can be a third.
 *
 * The caller's loop:
 *   open, then:
 *   1. a datagram came:     while (in.len > 0) { received(&in) → data for the application }
 *   2. now ≥ deadline() or after 1.:  while (drain() gives a datagram) send it
 *   3. state COT_CHANNEL_OPEN: send() turns application data into one datagram
 *   4. state COT_CHANNEL_CLOSED after it was open or connecting: `refusal` says why, open() again */
#ifndef COTTER_CHANNEL_H
#define COTTER_CHANNEL_H

#include <cotter/status.h>

#include <stddef.h>
#include <stdint.h>

typedef enum cot_channel_state {
    COT_CHANNEL_CLOSED = 0,
    COT_CHANNEL_CONNECTING = 1,
    COT_CHANNEL_OPEN = 2
} cot_channel_state;

/* How a peer proves who it is. */
typedef enum cot_peer_mode {
    COT_PEER_NOSEC = 0,
    COT_PEER_PSK = 1,
    COT_PEER_RPK = 2,
    COT_PEER_X509 = 3
} cot_peer_mode;

/* Why a handshake was refused or a session ended: for logs and events, on client and server. */
typedef enum cot_refusal {
    COT_REFUSAL_NONE = 0,
    COT_REFUSAL_TIMEOUT,          /* the peer did not answer, all retransmissions done */
    COT_REFUSAL_NO_COMMON_SUITE,  /* no cipher suite, curve or certificate type that both have */
    COT_REFUSAL_UNKNOWN_IDENTITY, /* server: no such PSK identity (the wire shows a wrong key) */
    COT_REFUSAL_WRONG_KEY,        /* the Finished message does not decrypt or verify */
    COT_REFUSAL_UNTRUSTED,        /* the certificate chain ends at no trust anchor, or is not the
                                        pinned one */
    COT_REFUSAL_EXPIRED,          /* a certificate is out of its validity period */
    COT_REFUSAL_NAME,             /* the certificate is for another server name */
    COT_REFUSAL_UNKNOWN_KEY,      /* the raw public key is not the pinned one */
    COT_REFUSAL_DENIED,           /* server: the credential is not registered */
    COT_REFUSAL_NO_CREDENTIAL,    /* the peer sent no certificate, or we have none for the mode */
    COT_REFUSAL_BAD_SIGNATURE,    /* the peer does not hold its certificate's private key */
    COT_REFUSAL_PROTOCOL,         /* a message that breaks DTLS or exceeds our limits */
    COT_REFUSAL_ALERT,            /* the peer sent a fatal alert */
    COT_REFUSAL_CLOSED,           /* the peer sent close_notify */
    COT_REFUSAL_MEMORY,           /* the arena is too small for what the peer sent */
    COT_REFUSAL_EXHAUSTED,        /* the last record number is used: handshake again */
    COT_REFUSAL_LOCAL             /* entropy, signing or key callback of ours failed */
} cot_refusal;

/* A short English text, never NULL; in an object file of its own. */
const char *cot_refusal_text(cot_refusal r);

/* A received datagram that is being consumed. The bytes are changed (decrypted in place). */
typedef struct cot_datagram {
    uint8_t *p;
    size_t len;
} cot_datagram;

/* The largest number of bytes by which a datagram exceeds the application data in it: header 13,
 * connection ID 32, nonce 8, inner type 1, tag 16. */
#define COT_CHANNEL_OVERHEAD 70

typedef struct cot_channel cot_channel;

typedef struct cot_channel_ops {
    /* Begin to connect; forgets any earlier session without a word to the peer. Sends nothing by
     * itself: drain() follows. COT_OK; COT_E_AGAIN: no arena is free, try later; COT_E_RANGE: the
     * configuration lacks something (refusal says what); COT_E_IO: entropy failed. */
    cot_status (*open)(cot_channel *ch, cot_ms now);

    /* Turn data[0..len) into one datagram in dgram[0..cap); `data` may lie inside `dgram`.
     * COT_OK, *dgram_len set; COT_E_SPACE: *dgram_len is the size needed; COT_E_STATE: not open;
     * COT_E_CLOSED: the record numbers are used up, the channel is closed now: open again. */
    cot_status (*send)(cot_channel *ch, const uint8_t *data, size_t len, uint8_t *dgram, size_t cap,
                       size_t *dgram_len);

    /* Take in the next record(s) of `in`, up to and with the first that holds application data, and
     * advance `in`. Call until in->len is 0. *data borrows from the datagram, *len is 0 when there
     * is none; what does not authenticate is dropped silently.
     * COT_OK; COT_E_CLOSED: the peer has closed or refused, see `refusal` (drain() may still give
     * an answering alert). */
    cot_status (*received)(cot_channel *ch, cot_datagram *in, cot_ms now, const uint8_t **data,
                           size_t *len);

    /* The next protocol datagram that must leave (handshake flights, retransmissions, alerts).
     * COT_OK with *len > 0: send it and call again; COT_OK with *len 0: nothing (more) is due;
     * COT_E_CLOSED: the handshake has failed, see `refusal`; COT_E_SPACE: cap < 256. */
    cot_status (*drain)(cot_channel *ch, cot_ms now, uint8_t *dgram, size_t cap, size_t *len);

    /* When drain() must be called next; COT_NEVER when nothing is due. */
    cot_ms (*deadline)(const cot_channel *ch);

    /* End the session and wipe its keys. *len is the size of a closing datagram to send, or 0. */
    void (*close)(cot_channel *ch, uint8_t *dgram, size_t cap, size_t *len);
} cot_channel_ops;

/* The first member of each implementation's object. Read-only for the caller. */
struct cot_channel {
    const cot_channel_ops *ops;
    cot_channel_state state;
    cot_refusal refusal; /* why the channel is closed; COT_REFUSAL_NONE at first */
    cot_peer_mode mode;  /* how the peer was authenticated, meaningful when open */
};

#endif
