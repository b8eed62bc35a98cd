/* SPDX-License-Identifier: Apache-2.0 */
/* Driving a handshake: datagrams in and out, time, the step loop, questions and the end. */
#include "dtls/mbedtls/handshake.h"

#include "dtls/mbedtls/shared.h"

#include <mbedtls/platform.h>

#include <string.h>

/* ---- datagrams and time, as Mbed TLS asks for them ---- */

static int send_datagram(void *ctx, const unsigned char *bytes, size_t len)
{
    cot_dtls_handshake *h = ctx;
    if (h->out == NULL || h->out_len > 0)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    if (len > h->out_cap)
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    memcpy(h->out, bytes, len);
    h->out_len = len;
    return (int)len;
}

static int receive_datagram(void *ctx, unsigned char *buf, size_t cap)
{
    cot_dtls_handshake *h = ctx;
    cot__held *first = h->held;
    if (first == NULL)
        return MBEDTLS_ERR_SSL_WANT_READ;
    size_t len = first->len;
    if (len <= cap)
        memcpy(buf, first->bytes, len);
    h->held = first->next;
    h->held_bytes -= len;
    mbedtls_free(first);
    return len <= cap ? (int)len : MBEDTLS_ERR_SSL_WANT_READ;
}

static void set_timer(void *ctx, uint32_t intermediate_ms, uint32_t final_ms)
{
    cot_dtls_handshake *h = ctx;
    h->timer_start = h->now;
    h->timer_intermediate = intermediate_ms;
    h->timer_final = final_ms;
}

static int get_timer(void *ctx)
{
    const cot_dtls_handshake *h = ctx;
    cot_ms passed = h->now - h->timer_start;
    if (h->timer_final == 0)
        return -1;
    if (passed >= h->timer_final)
        return 2;
    return passed >= h->timer_intermediate ? 1 : 0;
}

/* ---- making one ---- */

cot_dtls_handshake *cot__handshake_make(void *memory, size_t len)
{
    cot_dtls_handshake *h = cot__aligned(memory, &len);
    if (len < sizeof *h)
        return NULL;
    memset(h, 0, sizeof *h);
    cot__arena_init(&h->arena, h + 1, len - sizeof *h);
    mbedtls_ssl_init(&h->ssl);
    return h;
}

int cot__handshake_setup(cot_dtls_handshake *h, const mbedtls_ssl_config *conf, uint16_t mtu)
{
    int err = mbedtls_ssl_setup(&h->ssl, conf);
    if (err != 0)
        return err;
    mbedtls_ssl_set_user_data_p(&h->ssl, h);
    mbedtls_ssl_set_bio(&h->ssl, h, send_datagram, receive_datagram, NULL);
    mbedtls_ssl_set_timer_cb(&h->ssl, h, set_timer, get_timer);
    mbedtls_ssl_set_export_keys_cb(&h->ssl, cot__export_keys, h);
    mbedtls_ssl_set_mtu(&h->ssl, mtu == 0 ? COT__MTU_DEFAULT : mtu);
    return 0;
}

cot_dtls_handshake *cot__handshake_of(const mbedtls_ssl_context *ssl)
{
    return ssl->user_data.p;
}

int cot__conf_defaults(mbedtls_ssl_config *conf, int endpoint, uint32_t retry_min_ms,
                       uint32_t retry_max_ms)
{
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
    static const uint16_t signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                          MBEDTLS_TLS1_3_SIG_NONE};
    static const mbedtls_x509_crt_profile profile = {
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256),
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1), 0};
    mbedtls_ssl_config_init(conf);
    int err = mbedtls_ssl_config_defaults(conf, endpoint, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT);
    if (err != 0)
        return err;
    mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_groups(conf, groups);
    mbedtls_ssl_conf_sig_algs(conf, signatures);
    mbedtls_ssl_conf_cert_profile(conf, &profile);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_handshake_timeout(conf, retry_min_ms, retry_max_ms);
    return 0;
}

/* ---- input ---- */

void cot_dtls_handshake_received(cot_dtls_handshake *h, const uint8_t *dgram, size_t len)
{
    if (h->phase != COT__RUNNING || len == 0 || len > COT__HELD_MAX - h->held_bytes)
        return;
    if (!h->first_taken && h->side->first != NULL)
        h->side->first(h, (cot_bytes){dgram, len});
    h->first_taken = true;
    cot__arena *before = cot__arena_enter(&h->arena);
    cot__held *d = mbedtls_calloc(1, sizeof *d + len);
    cot__arena_enter(before);
    if (d == NULL)
        return;
    d->len = len;
    memcpy(d->bytes, dgram, len);
    h->held_bytes += len;
    cot__held **at = &h->held;
    while (*at != NULL)
        at = &(*at)->next;
    *at = d;
}

/* ---- questions ---- */

void cot__handshake_ask(cot_dtls_handshake *h, cot__asking what)
{
    h->asking = what;
    h->asked = false;
    h->answered = false;
    h->asked_at = h->now;
    h->need.mode = h->mode;
}

static cot_dtls_event question(cot_dtls_handshake *h)
{
    static const cot_dtls_event event[] = {COT_DTLS_IDLE, COT_DTLS_NEED_PSK,
                                           COT_DTLS_NEED_CREDENTIAL, COT_DTLS_NEED_SIGN};
    if (h->asked)
        return COT_DTLS_IDLE;
    h->asked = true;
    return event[h->asking];
}

/* The retransmission timer stood still while we waited. */
static void resume_timer(cot_dtls_handshake *h)
{
    if (h->timer_final != 0)
        h->timer_start += h->now - h->asked_at;
    h->asked_at = h->now;
}

/* ---- the loop ---- */

void cot__handshake_refuse(cot_dtls_handshake *h, cot_refusal why)
{
    if (h->refusal == COT_REFUSAL_NONE)
        h->refusal = why;
}

/* Step until Mbed TLS waits for something, a question is raised, or it is over (0). */
static int run(cot_dtls_handshake *h)
{
    while (h->ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        int before = h->ssl.state;
        int err = mbedtls_ssl_handshake_step(&h->ssl);
        if (err == 0)
            err = h->side->stepped(h, before);
        if (err != 0)
            return err;
        if (h->asking != COT__ASK_NOTHING && !h->answered)
            return MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
    }
    return 0;
}

static bool waits(int err)
{
    return err == MBEDTLS_ERR_SSL_WANT_READ || err == MBEDTLS_ERR_SSL_WANT_WRITE ||
           err == MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}

/* The peer learns at once that it is over, if Mbed TLS has not told it. */
static void fail(cot_dtls_handshake *h, int err)
{
    cot__handshake_refuse(h, cot__handshake_reason(h, err));
    h->phase = COT__FAILED;
    bool peer_gone = h->refusal == COT_REFUSAL_ALERT || h->refusal == COT_REFUSAL_CLOSED ||
                     h->refusal == COT_REFUSAL_TIMEOUT;
    if (h->out_len == 0 && !peer_gone)
        (void)mbedtls_ssl_send_alert_message(&h->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                             h->refusal == COT_REFUSAL_DENIED
                                                 ? MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED
                                                 : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
}

static void advance(cot_dtls_handshake *h)
{
    if (h->asking != COT__ASK_NOTHING) {
        if (!h->answered)
            return;
        resume_timer(h);
        if (h->asking == COT__ASK_CREDENTIAL) {
            h->asking = COT__ASK_NOTHING;
            if (!h->accepted) {
                cot__handshake_refuse(h, COT_REFUSAL_DENIED);
                fail(h, MBEDTLS_ERR_SSL_BAD_CERTIFICATE);
                return;
            }
        }
    }
    int err = run(h);
    if (err == 0 && !h->keys_ready)
        err = MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    if (err == 0)
        h->phase = COT__FINISHED;
    else if (!waits(err))
        fail(h, err);
}

static void repeat_flight(cot_dtls_handshake *h)
{
    if (!h->repeat)
        return;
    int err = mbedtls_ssl_resend(&h->ssl);
    h->repeat = err == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static cot_dtls_event next(cot_dtls_handshake *h)
{
    if (h->phase == COT__RUNNING)
        advance(h);
    else if (h->phase == COT__ESTABLISHED)
        repeat_flight(h);
    if (h->out_len > 0)
        return COT_DTLS_OUTPUT;
    switch (h->phase) {
    case COT__RUNNING:
        return h->asking == COT__ASK_NOTHING || h->answered ? COT_DTLS_IDLE : question(h);
    case COT__FAILED:
        h->phase = COT__OVER;
        return COT_DTLS_REFUSED;
    case COT__FINISHED:
        h->phase = COT__ESTABLISHED;
        return COT_DTLS_DONE;
    case COT__ESTABLISHED:
    case COT__OVER:
        break;
    }
    return COT_DTLS_IDLE;
}

cot_dtls_event cot_dtls_handshake_next(cot_dtls_handshake *h, cot_ms now, uint8_t *dgram,
                                       size_t cap, size_t *len)
{
    h->now = now;
    h->out = dgram;
    h->out_cap = cap;
    h->out_len = 0;
    cot__arena *before = cot__arena_enter(&h->arena);
    cot_dtls_event event = next(h);
    cot__arena_enter(before);
    *len = h->out_len;
    h->out = NULL;
    return event;
}

cot_ms cot_dtls_handshake_deadline(const cot_dtls_handshake *h)
{
    bool waiting = h->asking != COT__ASK_NOTHING && !h->answered && h->asked;
    switch (h->phase) {
    case COT__RUNNING:
        if (waiting)
            return COT_NEVER;
        if (h->held != NULL || (h->asking != COT__ASK_NOTHING && h->answered))
            return 0;
        return h->timer_final == 0 ? COT_NEVER : h->timer_start + h->timer_final;
    case COT__FAILED:
    case COT__FINISHED:
        return 0;
    case COT__ESTABLISHED:
        return h->repeat ? 0 : COT_NEVER;
    case COT__OVER:
        break;
    }
    return COT_NEVER;
}

void cot_dtls_handshake_repeat(cot_dtls_handshake *h)
{
    if (h->phase == COT__ESTABLISHED && h->repeats < COT__REPEATS_MAX) {
        h->repeats++;
        h->repeat = true;
    }
}

cot_refusal cot_dtls_handshake_refusal(const cot_dtls_handshake *h)
{
    return h->refusal;
}

cot_peer_mode cot_dtls_handshake_mode(const cot_dtls_handshake *h)
{
    return h->mode;
}

size_t cot_dtls_handshake_peak(const cot_dtls_handshake *h)
{
    return sizeof *h + h->arena.peak;
}

void cot_dtls_handshake_end(cot_dtls_handshake *h)
{
    cot__arena_wipe(&h->arena);
    cot_wipe(h, sizeof *h);
}
