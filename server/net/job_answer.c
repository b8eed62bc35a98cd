/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of devices to our requests: blocks, formats, results. */
#include "core/lwm2m/content.h"
#include "server/net/job.h"

#include <string.h>

static const cot_bytes nothing = {NULL, 0};
static uint8_t senml[IPC_PAYLOAD_MAX];

/* Start the job's next message. It goes out when the slot's peer is committed (net_job_start). */
static void again(net_worker *w, net_job *j)
{
    loop_disarm(w->loop, &j->timer);
    j->started = false;
    net_job_wait(w, j);
}

/* ---- long answers ---- */

static bool append_block(net_worker *w, net_job *j, cot_bytes payload)
{
    size_t at = j->fetch.offset - payload.len;
    if (at + payload.len > IPC_PAYLOAD_MAX)
        return false;
    if (payload.len > 0)
        memcpy(net_body(w, j->answer) + at, payload.p, payload.len);
    return true;
}

bool net_job_first_block(net_worker *w, net_job *j, const cot_coap_view *v, cot_bytes payload)
{
    uint8_t *b = pool_take(&w->bodies);
    if (b == NULL) {
        w->counters.overload++;
        return false;
    }
    j->answer = pool_index(&w->bodies, b) + 1;
    cot_coap_fetch_init(&j->fetch, 0, IPC_PAYLOAD_MAX, NET_SZX);
    j->fetching =
        cot_coap_fetch_step(&j->fetch, v, payload) == COT_OK && append_block(w, j, payload);
    j->answer_format = v->content_format;
    return j->fetching;
}

static bool has_more(const cot_coap_view *v)
{
    cot_coap_block b;
    return COT_COAP_HAS(v, BLOCK2) && cot_coap_block_decode(v->block2, &b) == COT_OK && b.more;
}

/* ---- the result ---- */

static void end_error(net_worker *w, net_job *j, uint8_t code, cot_bytes text)
{
    if (text.len > 256)
        text.len = 256;
    net_job_end(w, j, code, COT_FORMAT_TEXT, text);
}

static void end_values(net_worker *w, net_job *j, uint16_t format, cot_bytes payload)
{
    cot_writer out;
    static const char unreadable[] = "the device's answer cannot be read";
    cot_writer_init(&out, senml, sizeof senml);
    if (format == COT_COAP_NO_FORMAT)
        format = COT_FORMAT_TEXT;
    if (net_to_senml(&j->path, format, payload, &out) == COT_OK)
        net_job_end(w, j, COT_COAP_CONTENT, COT_FORMAT_SENML_CBOR, (cot_bytes){senml, out.len});
    else
        end_error(w, j, COT_COAP_CODE(5, 2),
                  (cot_bytes){(const uint8_t *)unreadable, sizeof unreadable - 1});
}

/* 2.05 and whole. */
static void end_content(net_worker *w, net_job *j, uint16_t format, cot_bytes payload)
{
    if (j->operation == IPC_OP_DISCOVER)
        net_job_end(w, j, COT_COAP_CONTENT, COT_FORMAT_LINK, payload);
    else
        end_values(w, j, format, payload);
}

/* An observation is one when its answer says so (RFC 7641 section 3.1). */
static bool note_observation(net_worker *w, net_job *j, const cot_coap_view *v)
{
    static const char refused[] = "the device does not observe this";
    static const char full[] = "too many observations of this device";
    const char *why = refused;
    if (COT_COAP_HAS(v, OBSERVE)) {
        if (table_observation_add(&w->table, j->slot, j->token, &j->path) == COT_OK) {
            int entry = table_observation_find(&w->table, j->slot, j->token);
            (void)table_observation_newer(&w->table, j->slot, entry, v->observe, w->loop->now);
            return true;
        }
        why = full;
    }
    end_error(w, j, COT_COAP_NOT_ALLOWED, (cot_bytes){(const uint8_t *)why, strlen(why)});
    return false;
}

static void on_content(net_worker *w, net_job *j, net_request *rq)
{
    bool first_observe = j->operation == IPC_OP_OBSERVE && !j->fetching;
    if (first_observe && !note_observation(w, j, &rq->view))
        return;
    if (j->operation == IPC_OP_CANCEL) {
        int entry = table_observation_find(&w->table, j->slot, j->token);
        if (entry >= 0)
            table_observation_remove(&w->table, j->slot, entry);
        net_job_end(w, j, COT_COAP_CONTENT, 0, nothing);
        return;
    }
    if (!j->fetching && !has_more(&rq->view)) {
        end_content(w, j, rq->view.content_format, rq->msg.payload);
        return;
    }
    if (!j->fetching) {
        if (net_job_first_block(w, j, &rq->view, rq->msg.payload))
            again(w, j);
        else
            end_error(w, j, COT_COAP_TOO_LARGE, nothing);
        return;
    }
    cot_status s = cot_coap_fetch_step(&j->fetch, &rq->view, rq->msg.payload);
    if (s == COT_E_STATE) { /* the value changed meanwhile: from the start */
        again(w, j);
    } else if (s != COT_OK || !append_block(w, j, rq->msg.payload)) {
        end_error(w, j, COT_COAP_TOO_LARGE, nothing);
    } else if (j->fetch.done) {
        end_content(w, j, j->answer_format, (cot_bytes){net_body(w, j->answer), j->fetch.offset});
    } else {
        again(w, j);
    }
}

/* 4.06 and 4.15: another format, when there is one. */
static bool try_format(net_worker *w, net_job *j, uint8_t code)
{
    bool body = code == COT_COAP_BAD_FORMAT && j->pushing;
    if (code != COT_COAP_NOT_ACCEPTABLE && code != COT_COAP_BAD_FORMAT)
        return false;
    uint16_t next = body ? net_job_body_format(w, j, (uint8_t)(j->attempt + 1))
                         : net_job_accept(w, j, (uint8_t)(j->attempt + 1));
    bool asks = j->operation == IPC_OP_READ || j->operation == IPC_OP_OBSERVE;
    if (next == COT_COAP_NO_FORMAT || !(body || asks))
        return false;
    j->attempt++;
    j->pushing = false;
    again(w, j);
    return true;
}

/* Block1 goes on, or the answer is final: true when it is. */
static bool pushed(net_worker *w, net_job *j, net_request *rq)
{
    if (!j->pushing)
        return true;
    cot_status s = cot_coap_push_step(&j->push, rq->msg.head.code, &rq->view);
    if ((s == COT_OK && !j->push.done) || s == COT_E_STATE) {
        again(w, j);
        return false;
    }
    return true;
}

void net_job_response(net_worker *w, net_job *j, net_request *rq)
{
    uint8_t code = rq->msg.head.code;
    loop_disarm(w->loop, &j->timer);
    if (j->step == NET_STEP_ATTRIBUTES) {
        if (COT_COAP_CLASS(code) == 2) {
            j->step = NET_STEP_MAIN;
            again(w, j);
        } else {
            end_error(w, j, code, rq->msg.payload);
        }
        return;
    }
    if (try_format(w, j, code) || !pushed(w, j, rq))
        return;
    if (code == COT_COAP_CONTENT)
        on_content(w, j, rq);
    else
        end_error(w, j, code, rq->msg.payload);
}
