/* SPDX-License-Identifier: Apache-2.0 */
/* Observing resources (RFC 7641). */
#include "core/coap/observe.h"

enum { SEQ_MASK = 0xffffff, SEQ_HALF = 1 << 23, FRESH_MS = 128000, CONFIRM_MS = 86400000 };

enum cot_coap_observe_wish cot_coap_observe_wish(const cot_coap_view *v)
{
    if (!COT_COAP_HAS(v, OBSERVE) || v->observe > 1)
        return COT_COAP_OBSERVE_NONE;
    return v->observe == 0 ? COT_COAP_OBSERVE_START : COT_COAP_OBSERVE_STOP;
}

bool cot_coap_order_newer(cot_coap_order *o, uint32_t seq, cot_ms now)
{
    uint32_t ahead = (seq - o->seq) & SEQ_MASK; /* section 3.4 in modular form */
    bool newer = !o->any || (ahead != 0 && ahead < SEQ_HALF) || now > o->at + FRESH_MS;
    if (newer) {
        o->at = now;
        o->seq = seq & SEQ_MASK;
        o->any = true;
    }
    return newer;
}

void cot_coap_notifier_init(cot_coap_notifier *n, cot_ms now)
{
    n->confirmed = now;
    n->seq = 0;
    n->mid = 0;
    n->sent = false;
}

uint32_t cot_coap_notifier_next(cot_coap_notifier *n, uint16_t mid)
{
    n->seq = (n->seq + 1) & SEQ_MASK;
    n->mid = mid;
    n->sent = true;
    return n->seq;
}

uint8_t cot_coap_notifier_type(const cot_coap_notifier *n, uint8_t wish, cot_ms now)
{
    return now - n->confirmed >= CONFIRM_MS ? COT_COAP_CON : wish;
}

void cot_coap_notifier_confirmed(cot_coap_notifier *n, cot_ms now)
{
    n->confirmed = now;
}

bool cot_coap_notifier_reset(const cot_coap_notifier *n, uint16_t mid)
{
    return n->sent && n->mid == mid;
}
