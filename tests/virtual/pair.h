/* SPDX-License-Identifier: Apache-2.0 */
/* Two CoAP ends on a lossy link, built on core/coap/rules.h the way its header shows: what the lossy tests of
 * core/coap have in common. An end has one exchange at a time; what it says is the test's. */
#ifndef COTTER_TESTS_VIRTUAL_PAIR_H
#define COTTER_TESTS_VIRTUAL_PAIR_H

#include "core/coap/rules.h"
#include "tests/virtual/link.h"

enum { PAIR_CLIENT, PAIR_SERVER };

typedef struct pair_end {
    cot_coap_peer peer; /* what this end knows of the other */
    cot_coap_exchange x;
    cot_coap_head head; /* of the message in work */
    cot_coap_writer w;
    size_t len;
    uint8_t bytes[LINK_MTU]; /* of x */
    uint8_t reply[LINK_MTU];
} pair_end;

typedef struct pair pair;
struct pair {
    link net;
    cot_ms now;
    cot_ms wake; /* on_time is called then; COT_NEVER: not */
    pair_end end[2];
    uint64_t resent;
    uint64_t duplicates; /* that were recognised */
    const char *broken;  /* what must not happen, did */
    /* What the rules leave to the user: requests, duplicates to answer again, responses, unknown responses. */
    void (*on_event)(pair *p, unsigned at, const cot_coap_event *ev, const cot_coap_msg *m);
    void (*on_lost)(pair *p, unsigned at);
    void (*on_time)(pair *p);
    void *user;
};

/* A link whose quality depends on the seed: `loss` per cent, and up to 20 % doubled and reordered when
 * `rough`. */
void pair_init(pair *p, uint64_t seed, unsigned loss, bool rough);
/* May this end begin an exchange? */
bool pair_ready(const pair *p, unsigned at);
/* Begin a message with an exchange; fill it; send it. The token is random. */
cot_coap_writer *pair_begin(pair *p, unsigned at, uint8_t type, uint8_t code);
cot_coap_writer *pair_begin_response(pair *p, unsigned at, const cot_coap_token *token,
                                     uint8_t code);
void pair_send(pair *p, unsigned at);
/* Answer a request in the ACK, or by a NON when it was one. */
cot_coap_writer *pair_reply_begin(pair *p, unsigned at, const cot_coap_msg *m, uint8_t code);
void pair_reply(pair *p, unsigned at, const cot_coap_msg *m);
void pair_empty(pair *p, unsigned at, uint8_t type, uint16_t mid);
/* Run until nothing is on its way or due, something is broken, or `until`. */
void pair_run(pair *p, cot_ms until);

#endif
