/* SPDX-License-Identifier: Apache-2.0 */
/* What handshakes ask of hub and keys (design.md rules 6, 7), and refusals for the audit log. */
#include "server/net/handshake.h"

#include <string.h>

#define INDEX_MASK (NET_ID_INDICES - 1)
#define REFUSED_A_SECOND 20u

/* ---- questions ---- */

static void remember_identity(net_handshake *h, const cot_dtls_need *need)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    if (h->question == COT_DTLS_NEED_PSK) {
        n = need->identity.len < sizeof h->identity ? need->identity.len : sizeof h->identity;
        if (n > 0)
            memcpy(h->identity, need->identity.p, n);
    } else if (need->mode == COT_PEER_X509) {
        n = strlen(need->name);
        memcpy(h->identity, need->name, n);
    } else {
        for (size_t i = 0; i < sizeof need->key_hash; i++) {
            h->identity[n++] = (uint8_t)hex[need->key_hash[i] >> 4];
            h->identity[n++] = (uint8_t)hex[need->key_hash[i] & 15];
        }
    }
    h->identity_len = (uint8_t)n;
}

static cot_status ask_psk(net_worker *w, const net_handshake *h, const cot_dtls_need *need)
{
    ipc_psk_wanted m = {.id = h->asked,
                        .identity = need->identity,
                        .kind = need->extended ? IPC_MASTER_EXTENDED : IPC_MASTER_RANDOMS,
                        .seed = {need->seed, need->extended ? 32u : 64u}};
    ipc_put_psk_wanted(ipc_begin(&w->hub, IPC_PSK_WANTED), &m);
    return ipc_end(&w->hub, -1);
}

static cot_status ask_credential(net_worker *w, const net_handshake *h, const cot_dtls_need *need)
{
    bool x509 = need->mode == COT_PEER_X509;
    ipc_credential_wanted m = {.id = h->asked, .mode = x509 ? IPC_X509 : IPC_RPK};
    memcpy(m.digest, need->key_hash, sizeof m.digest);
    if (x509)
        m.name = (cot_bytes){(const uint8_t *)need->name, strlen(need->name)};
    ipc_put_credential_wanted(ipc_begin(&w->hub, IPC_CREDENTIAL_WANTED), &m);
    return ipc_end(&w->hub, -1);
}

static cot_status ask_sign(net_worker *w, const net_handshake *h, const cot_dtls_need *need)
{
    ipc_sign m = {.id = h->asked, .key = 1};
    memcpy(m.digest, need->digest, sizeof m.digest);
    ipc_put_sign(ipc_begin(&w->keys, IPC_SIGN), &m);
    return ipc_end(&w->keys, -1);
}

/* A closed channel is no error: the question is put again when there is a new one. No room ends the
 * handshake soon; the device begins anew. */
static void put_question(net_worker *w, net_handshake *h)
{
    const cot_dtls_need *need = cot_dtls_handshake_need(h->dtls);
    cot_status s;
    if (h->question == COT_DTLS_NEED_PSK)
        s = ask_psk(w, h, need);
    else if (h->question == COT_DTLS_NEED_CREDENTIAL)
        s = ask_credential(w, h, need);
    else
        s = ask_sign(w, h, need);
    if (s == COT_OK || s == COT_E_CLOSED)
        return;
    w->counters.overload++;
    h->give_up = w->loop->now;
}

/* The open question of that place that has waited for longest. */
static net_handshake *oldest_asker(net_worker *w, uint16_t place)
{
    net_handshake *oldest = NULL;
    for (uint32_t i = 0; i < w->session->handshakes.top; i++) {
        net_handshake *h = pool_at(&w->session->handshakes, i);
        if (h->asking == place && (oldest == NULL || h->give_up < oldest->give_up))
            oldest = h;
    }
    return oldest;
}

/* Rule 6: the questions that are open at once are limited per identity; beyond the limit the oldest
 * handshake of that identity goes, so that nobody can lock a device out by knowing its name. */
static void count_question(net_worker *w, net_handshake *h)
{
    uint64_t hash = w->hash_key[0];
    for (size_t i = 0; i < h->identity_len; i++)
        hash = (hash ^ h->identity[i]) * UINT64_C(1099511628211); /* FNV-1a, keyed */
    hash = (hash ^ hash >> 32) *
           UINT64_C(0x9E3779B97F4A7C15); /* the last byte, too, reaches the top */
    uint16_t place = (uint16_t)((hash >> 40) % NET_IDENTITIES + 1);
    uint8_t *count = &w->session->asking[place - 1];
    net_handshake *old = *count >= NET_HANDSHAKES_AN_IDENTITY ? oldest_asker(w, place) : NULL;
    if (old != NULL) {
        w->counters.overload++;
        net_handshake_end(w, old);
    }
    (*count)++;
    h->asking = place;
}

void net_handshake_asked_enough(net_worker *w, net_handshake *h)
{
    if (h->asking != 0)
        w->session->asking[h->asking - 1]--;
    h->asking = 0;
}

void net_handshake_ask(net_worker *w, net_handshake *h)
{
    h->asked = net_new_id(w) | pool_index(&w->session->handshakes, h);
    if (h->question != COT_DTLS_NEED_SIGN)
        remember_identity(h, cot_dtls_handshake_need(h->dtls));
    if (h->question == COT_DTLS_NEED_PSK && h->asking == 0)
        count_question(w, h);
    put_question(w, h);
}

void net_session_ask_again(net_worker *w)
{
    if (w->session == NULL)
        return;
    for (uint32_t i = 0; i < w->session->handshakes.top; i++) {
        net_handshake *h = pool_at(&w->session->handshakes, i);
        if (h->asked != 0)
            put_question(w, h);
    }
}

/* ---- answers ---- */

static net_handshake *asker(net_worker *w, uint64_t id, uint8_t question)
{
    uint32_t i = (uint32_t)(id & INDEX_MASK);
    if (w->session == NULL || i >= w->session->handshakes.top)
        return NULL;
    net_handshake *h = pool_at(&w->session->handshakes, i);
    if (h->asked != id || h->question != question)
        return NULL; /* answered already, or given up */
    h->asked = 0;
    return h;
}

void net_session_on_master(net_worker *w, const ipc_master *m)
{
    net_handshake *h = asker(w, m->id, COT_DTLS_NEED_PSK);
    if (h == NULL)
        return;
    net_handshake_asked_enough(w, h);
    h->credential = m->credential;
    (void)cot_dtls_answer_psk(h->dtls, m->master, m->credential != 0);
    net_handshake_pump(w, h);
}

void net_session_on_credential(net_worker *w, const ipc_credential *c)
{
    net_handshake *h = asker(w, c->id, COT_DTLS_NEED_CREDENTIAL);
    if (h == NULL)
        return;
    h->credential = c->credential;
    (void)cot_dtls_answer_credential(h->dtls, c->credential != 0);
    net_handshake_pump(w, h);
}

void net_session_on_signature(net_worker *w, const ipc_signature *s)
{
    net_handshake *h = asker(w, s->id, COT_DTLS_NEED_SIGN);
    if (h == NULL)
        return;
    (void)cot_dtls_answer_sign(h->dtls, s->der.p, s->der.len);
    net_handshake_pump(w, h);
}

/* ---- refusals ---- */

static ipc_reason reason_of(cot_refusal r, ipc_mode mode)
{
    switch (r) {
    case COT_REFUSAL_UNKNOWN_IDENTITY:
        return IPC_REASON_IDENTITY_UNKNOWN;
    case COT_REFUSAL_WRONG_KEY:
    case COT_REFUSAL_BAD_SIGNATURE:
        return IPC_REASON_KEY_WRONG;
    case COT_REFUSAL_NO_COMMON_SUITE:
    case COT_REFUSAL_NO_CREDENTIAL:
        return IPC_REASON_NO_COMMON_SUITE;
    case COT_REFUSAL_UNTRUSTED:
        return IPC_REASON_CERT_UNTRUSTED;
    case COT_REFUSAL_EXPIRED:
        return IPC_REASON_CERT_EXPIRED;
    case COT_REFUSAL_UNKNOWN_KEY:
        return IPC_REASON_RPK_UNKNOWN;
    case COT_REFUSAL_DENIED:
        return mode == IPC_RPK ? IPC_REASON_RPK_UNKNOWN : IPC_REASON_IDENTITY_UNKNOWN;
    case COT_REFUSAL_MEMORY:
    case COT_REFUSAL_LOCAL:
        return IPC_REASON_OVERLOAD;
    case COT_REFUSAL_NONE:
    case COT_REFUSAL_TIMEOUT:
        return IPC_REASON_TIMEOUT;
    case COT_REFUSAL_NAME:
    case COT_REFUSAL_PROTOCOL:
    case COT_REFUSAL_ALERT:
    case COT_REFUSAL_CLOSED:
    case COT_REFUSAL_EXHAUSTED:
        break;
    }
    return IPC_REASON_PROTOCOL;
}

/* At most so many a second; the rest is only counted. */
static bool may_tell(net_worker *w)
{
    net_session_part *s = w->session;
    if (w->loop->now - s->refused_at >= 1000) {
        if (s->suppressed > 0)
            log_line("warn", "net.refusals_suppressed", "count=%u", s->suppressed);
        s->refused_at = w->loop->now;
        s->refused_left = REFUSED_A_SECOND;
        s->suppressed = 0;
    }
    if (s->refused_left == 0) {
        s->suppressed++;
        return false;
    }
    s->refused_left--;
    return true;
}

static ipc_mode mode_of(const net_handshake *h)
{
    return (ipc_mode)cot_dtls_handshake_mode(h->dtls); /* the same numbers */
}

void net_handshake_refused(net_worker *w, const net_handshake *h)
{
    cot_refusal r = cot_dtls_handshake_refusal(h->dtls);
    w->counters.refused++;
    if (!may_tell(w))
        return;
    ipc_refused m = {.mode = (uint8_t)mode_of(h),
                     .reason = (uint8_t)reason_of(r, mode_of(h)),
                     .identity = {h->identity, h->identity_len}};
    if (h->identity_len == 0) { /* unverified: a hint for `device why` */
        const char *claimed = cot_dtls_handshake_claimed_name(h->dtls);
        m.identity = (cot_bytes){(const uint8_t *)claimed, strlen(claimed)};
    }
    net_address_ipc(&h->from, &m.from);
    ipc_put_refused(ipc_begin(&w->hub, IPC_REFUSED), &m);
    (void)ipc_end(&w->hub, -1);
}

_Static_assert((int)COT_PEER_PSK == (int)IPC_PSK && (int)COT_PEER_RPK == (int)IPC_RPK &&
                   (int)COT_PEER_X509 == (int)IPC_X509,
               "modes have the same numbers");
