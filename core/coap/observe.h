/* SPDX-License-Identifier: Apache-2.0 */
/* Observing resources (RFC 7641): the Observe option's meaning in requests, the order of
 * notifications, and when a notification must be confirmable. When to notify (pmin, pmax) is
 * LwM2M's matter. */
#ifndef COTTER_COAP_OBSERVE_H
#define COTTER_COAP_OBSERVE_H

#include "core/coap/view.h"

enum cot_coap_observe_wish { COT_COAP_OBSERVE_NONE, COT_COAP_OBSERVE_START, COT_COAP_OBSERVE_STOP };

/* What a GET or FETCH wants (section 2): 0 registers, 1 deregisters; another value is an unknown
 * elective option, so the request is a plain one. */
enum cot_coap_observe_wish cot_coap_observe_wish(const cot_coap_view *v);

/* Observer's side: the newest notification seen. All zero: none yet. */
typedef struct cot_coap_order {
    cot_ms at;
    uint32_t seq; /* 24 bits */
    bool any;
} cot_coap_order;

/* Is the notification `seq`, received at `now`, newer than all before (section 3.4)? If so it is
 * noted. The final response without Observe option (an error) ends the observation and is not asked
 * here. */
bool cot_coap_order_newer(cot_coap_order *o, uint32_t seq, cot_ms now);

/* Notifier's side, one for each observation. */
typedef struct cot_coap_notifier {
    cot_ms confirmed; /* the last time that the observer is known to have wanted it: registration,
                         ACK */
    uint32_t seq;     /* of the last notification, 24 bits */
    uint16_t mid;     /* of the last notification: an RST with it ends the observation */
    bool sent;        /* mid is valid */
} cot_coap_notifier;

void cot_coap_notifier_init(cot_coap_notifier *n, cot_ms now);
/* The next notification goes out with `mid`: returns the value for its Observe option. */
uint32_t cot_coap_notifier_next(cot_coap_notifier *n, uint16_t mid);
/* CON or NON? `wish` unless 24 h went by without a confirmation (section 4.5): then CON. */
uint8_t cot_coap_notifier_type(const cot_coap_notifier *n, uint8_t wish, cot_ms now);
/* The observer acknowledged (GOT_ACK), or registered again. */
void cot_coap_notifier_confirmed(cot_coap_notifier *n, cot_ms now);
/* Does a RST with `mid` end this observation (section 3.6)? */
bool cot_coap_notifier_reset(const cot_coap_notifier *n, uint16_t mid);

#endif
