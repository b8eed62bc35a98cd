/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP's transmission rules (RFC 7252 sections 4 and 5.2 to 5.3): message ids, retransmission,
 * deduplication, matching, NSTART and congestion. The rules own nothing: the caller keeps one
 * cot_coap_peer for each remote endpoint (address, or DTLS session), one cot_coap_exchange for each
 * message that waits for something, and the bytes of that message; it finds them however it likes.
 * There is no list here, every call is O(1), and none sends: each says what to send.
 *
 * Sending a request (a device registers, a server reads):
 *
 *     cot_coap_head h = {.type = COT_COAP_CON, .code = COT_COAP_POST, .token = random_token()};
 *     if (!cot_coap_may_send(&peer, &params))
 *         queue it, and try again when an exchange of the peer ends
 *     if (cot_coap_mid_next(&peer, &params, now, &h.mid) != COT_OK)
 *         try again later
 *     cot_coap_write_begin(&w, buf, cap, &h); … options, payload … cot_coap_write_end(&w, &len);
 *     cot_coap_open(&x, &peer, &params, &h, random32(), now);    keep buf[0..len) for repeating
 *     send(buf, len), set a timer to x.deadline
 *
 * When x.deadline has come:
 *
 *     switch (cot_coap_due(&x, &peer, &params, now)) {
 *     case COT_COAP_WAIT:   break;                               not yet due
 *     case COT_COAP_RESEND: send(buf, len); break;               the same bytes again
 *     case COT_COAP_LOST:   the peer did not answer; x is closed
 *     }
 *     set the timer to x.deadline
 *
 * Receiving a datagram:
 *
 *     status = cot_coap_parse(dgram, n, &m);
 *     COT_E_MALFORMED: send what cot_coap_reject(&peer, &m.head) says; other errors: drop
 *     x = the exchange of this peer that cot_coap_matches(x, &m.head), or NULL. (A table hashes
 *         the mid for ACK and RST, the token for CON and NON.)
 *     ev = cot_coap_receive(&peer, x, &params, &m.head, now);
 *     if (ev.reply)
 *         cot_coap_write_empty(out, ev.reply, m.head.mid), send(out, 4)
 *     switch (ev.kind) {
 *     GOT_REQUEST     serve it, then cot_coap_answered(&peer, m.head.mid, code); see below
 *     GOT_DUPLICATE   if ev.code: send the response of that code again, rebuilt, without effect
 *     GOT_RESPONSE    the answer to x, which is closed. (If cot_coap_view_fetch refuses it, send
 *                     what cot_coap_reject says in place of ev.reply.)
 *     GOT_UNKNOWN     a response to no exchange. If its token is that of an observation, it is a
 *                     notification: send what cot_coap_accept says. Otherwise send what
 *                     cot_coap_reject says
 *     GOT_ACK         x was acknowledged; a request goes on waiting for its separate response
 *     GOT_RESET       the peer rejected x, which is closed; a notification: end the observation
 *     GOT_STRAY_RESET RST for no exchange: compare with the mids of NON notifications
 *     GOT_PONG        the answer to our ping x, which is closed
 *     GOT_NOTHING     done, or to be ignored
 *     }
 *     if (x) cot_coap_is_closed(x) ? free it : set the timer to x->deadline
 *
 * Serving a CON request: at once by an ACK that carries the response (same mid, same token); or by
 * an empty ACK, cot_coap_answered(&peer, mid, COT_COAP_EMPTY), and later a CON of one's own that
 * carries the response (mid_next, open, as above). Serving a NON request: a NON with a mid of
 * one's own.
 *
 * Time is the caller's monotonic milliseconds and must not go back. One thread a peer. */
#ifndef COTTER_COAP_RULES_H
#define COTTER_COAP_RULES_H

#include "core/coap/msg.h"

/* RFC 7252 section 4.8, in ms. One constant a program; cot_coap_defaults has the RFC's values. */
typedef struct cot_coap_params {
    uint32_t ack_timeout;       /* ACK_TIMEOUT: 2,000 */
    uint32_t ack_spread;        /* ACK_TIMEOUT × (ACK_RANDOM_FACTOR − 1): 1,000 */
    uint32_t exchange_lifetime; /* EXCHANGE_LIFETIME, longer than NON_LIFETIME: 247,000 */
    uint32_t response_wait;     /* after the ACK, or a NON request, for the response: 247,000 */
    uint16_t mid_first; /* range of our message ids, both ends included; at least 2 of them */
    uint16_t mid_last;
    uint8_t max_retransmit; /* MAX_RETRANSMIT: 4 */
    uint8_t nstart;         /* NSTART: 1 */
} cot_coap_params;

extern const cot_coap_params cot_coap_defaults; /* message ids 0x0000 to 0xffff */

/* A message that came from the peer, with what it got for an answer (section 4.5). */
typedef struct cot_coap_seen {
    uint16_t mid;
    uint8_t code;  /* of the response */
    uint8_t state; /* private to rules.c; 0: empty */
} cot_coap_seen;

/* Which of the last 64 consecutive message ids came from the peer. Those that are too old to be among
 * the seen ones are recognised here: they get no second answer and, above all, have no second effect.
 * DTLS drops what is more than 64 records late, so that over DTLS none slips through. */
typedef struct cot_coap_window {
    uint32_t bits[2]; /* bit n: newest − n came */
    uint16_t newest;
    uint8_t old; /* nothing came since the last ageing */
} cot_coap_window;

#define COT_COAP_SEEN 4
#define COT_COAP_WINDOWS 2 /* one a half of the ids: our server counts in both at a time */

/* A remote endpoint. Plain data without pointers: it may lie in a file that outlives the process. */
typedef struct cot_coap_peer {
    cot_coap_seen seen[COT_COAP_SEEN]; /* a ring */
    cot_coap_window windows[COT_COAP_WINDOWS];
    uint32_t aged;         /* when what is here for EXCHANGE_LIFETIME was last cleared */
    uint32_t half_left[2]; /* when the last mid of each half of our range was used */
    uint32_t non_after;    /* no NON before this time (congestion) */
    uint16_t mid;          /* our next one */
    uint8_t next;          /* place in `seen`; any value is safe */
    uint8_t waiting;       /* interactions that count against NSTART */
} cot_coap_peer;

_Static_assert(sizeof(cot_coap_peer) <= 64, "a server keeps a million of these");

/* A new peer. `random` chooses the first mid (section 4.4: it should not be guessable). */
void cot_coap_peer_init(cot_coap_peer *p, const cot_coap_params *c, uint16_t random);
/* A peer read back after a restart, from bytes that are not trusted: forgets the exchanges, which
 * died with the process, and the requests that were not answered, so that their retransmissions
 * are served; brings the mid into range. What was answered, acknowledged or reset stays seen. */
void cot_coap_peer_adopt(cot_coap_peer *p, const cot_coap_params *c);

/* Our next message id. COT_E_AGAIN: all of the range were used within EXCHANGE_LIFETIME
 * (section 4.4); try again in a few seconds. The range is used in halves, so N ids give N / 2
 * messages in 247 s at least. */
cot_status cot_coap_mid_next(cot_coap_peer *p, const cot_coap_params *c, cot_ms now, uint16_t *mid);

/* May a request, or a CON of any kind, be sent now (NSTART, section 4.7)? Responses that ride on an
 * ACK, and empty messages, always may. */
bool cot_coap_may_send(const cot_coap_peer *p, const cot_coap_params *c);
/* When the next NON that nobody asked for (a notification) may be sent: 0 for at once. At most one
 * in 3 s (RFC 7641 section 4.5.1), 1 byte a second to a peer that says nothing (PROBING_RATE).
 * What cannot wait so long goes as a CON instead, whose ACK shows that the peer is there. */
cot_ms cot_coap_non_when(const cot_coap_peer *p);
/* Tell that such a NON of `len` bytes went out. */
void cot_coap_non_sent(cot_coap_peer *p, size_t len, cot_ms now);

/* A message of ours that waits for an ACK, a response or both. */
typedef struct cot_coap_exchange {
    cot_ms deadline; /* call cot_coap_due then; COT_NEVER when closed */
    uint32_t timeout;
    cot_coap_token token;
    uint8_t state; /* private to rules.c; 0 is closed */
    uint8_t kind;
    uint8_t resent; /* how often */
    uint16_t mid;
} cot_coap_exchange;

_Static_assert(sizeof(cot_coap_exchange) <= 48, "a server keeps many of these");

/* Begin: `h` is what was just written. CON request, NON request, CON response or notification, or
 * ping (CON, Empty). A durable command after a restart is opened again with its old mid and token.
 * `random` spreads the first timeout over ACK_TIMEOUT … ACK_TIMEOUT × ACK_RANDOM_FACTOR. The peer
 * must be the same in each call. */
void cot_coap_open(cot_coap_exchange *x, cot_coap_peer *p, const cot_coap_params *c,
                   const cot_coap_head *h, uint32_t random, cot_ms now);
/* End without waiting any longer (the caller cancels, the session is gone). Closed ones stay
 * closed. */
void cot_coap_close(cot_coap_exchange *x, cot_coap_peer *p);
bool cot_coap_is_closed(const cot_coap_exchange *x);

enum cot_coap_action { COT_COAP_WAIT, COT_COAP_RESEND, COT_COAP_LOST };
enum cot_coap_action cot_coap_due(cot_coap_exchange *x, cot_coap_peer *p, const cot_coap_params *c,
                                  cot_ms now);

/* Does a received head belong to this exchange: by mid for ACK and RST, otherwise by token? */
bool cot_coap_matches(const cot_coap_exchange *x, const cot_coap_head *h);

enum cot_coap_event_kind {
    COT_COAP_GOT_NOTHING,
    COT_COAP_GOT_REQUEST,
    COT_COAP_GOT_DUPLICATE,
    COT_COAP_GOT_RESPONSE,
    COT_COAP_GOT_UNKNOWN,
    COT_COAP_GOT_ACK,
    COT_COAP_GOT_RESET,
    COT_COAP_GOT_STRAY_RESET,
    COT_COAP_GOT_PONG
};

typedef struct cot_coap_event {
    uint8_t kind;  /* enum cot_coap_event_kind */
    uint8_t reply; /* COT_COAP_ACK or _RST: send this Empty message now, same mid; 0: nothing */
    uint8_t code;  /* GOT_DUPLICATE: the response to send again, 0: none */
} cot_coap_event;

/* Judge one well-formed message from `p`. `x`: the exchange that it matches, or NULL (one that does
 * not match is taken as NULL). */
cot_coap_event cot_coap_receive(cot_coap_peer *p, cot_coap_exchange *x, const cot_coap_params *c,
                                const cot_coap_head *h, cot_ms now);

/* Remember what a request was answered with: a response's code, or COT_COAP_EMPTY for an empty ACK.
 * The message may have been forgotten meanwhile; then nothing happens. */
void cot_coap_answered(cot_coap_peer *p, uint16_t mid, uint8_t code);

/* Take, or refuse, a message that the rules left to the caller (a notification, a bad option, a
 * parse error); remembered for its duplicates. Returns the Empty message to send with the same mid:
 * COT_COAP_ACK, COT_COAP_RST, or 0 for none. A NON is refused with a RST only when it is a response
 * (RFC 7641 section 3.6 wants one for notifications). */
uint8_t cot_coap_accept(cot_coap_peer *p, const cot_coap_head *h);
uint8_t cot_coap_reject(cot_coap_peer *p, const cot_coap_head *h);

#endif
