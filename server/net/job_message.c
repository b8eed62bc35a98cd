/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of the device-management client (OMA LwM2M Transport 1.1 section 6.4.4). A command's first
 * message is a pure function of hub's fields: a new worker sends the same bytes again. */
#include "core/lwm2m/content.h"
#include "core/lwm2m/number.h"
#include "server/net/job.h"

#include <string.h>

static uint8_t version_of(const net_worker *w, const net_job *j)
{
    const table_registration *r = table_registration_of(&w->table, j->slot);
    return r == NULL ? 10 : r->version;
}

/* 1.1: SenML CBOR, TLV, text; 1.0: TLV, text. Text is for one value only. */
static uint16_t format_at(uint8_t version, uint8_t depth, uint8_t attempt)
{
    static const uint16_t formats[] = {COT_FORMAT_SENML_CBOR, COT_FORMAT_TLV, COT_FORMAT_TEXT};
    size_t i = attempt + (version == 10 ? 1u : 0u);
    if (i >= 3 || (formats[i] == COT_FORMAT_TEXT && depth < 3))
        return COT_COAP_NO_FORMAT;
    return formats[i];
}

uint16_t net_job_accept(const net_worker *w, const net_job *j, uint8_t attempt)
{
    return format_at(version_of(w, j), j->path.count, attempt);
}

uint16_t net_job_body_format(const net_worker *w, const net_job *j, uint8_t attempt)
{
    if (j->format == COT_FORMAT_SENML_CBOR)
        return format_at(version_of(w, j), j->path.count, attempt);
    return attempt == 0 ? j->format : COT_COAP_NO_FORMAT;
}

static bool has_body(const net_job *j)
{
    return j->operation == IPC_OP_WRITE || j->operation == IPC_OP_UPDATE ||
           j->operation == IPC_OP_CREATE || j->operation == IPC_OP_EXECUTE;
}

static uint8_t method(const net_job *j)
{
    if (j->step == NET_STEP_ATTRIBUTES)
        return COT_COAP_PUT;
    switch ((ipc_operation)j->operation) {
    case IPC_OP_WRITE:
    case IPC_OP_ATTRIBUTES:
        return COT_COAP_PUT;
    case IPC_OP_UPDATE:
    case IPC_OP_EXECUTE:
    case IPC_OP_CREATE:
        return COT_COAP_POST;
    case IPC_OP_DELETE:
        return COT_COAP_DELETE;
    case IPC_OP_READ:
    case IPC_OP_DISCOVER:
    case IPC_OP_OBSERVE:
    case IPC_OP_CANCEL:
        break;
    }
    return COT_COAP_GET;
}

static void write_path(cot_coap_writer *m, const ipc_path *path)
{
    for (size_t i = 0; i < path->count && i < 4; i++) {
        uint8_t text[8];
        cot_writer w;
        cot_writer_init(&w, text, sizeof text);
        cot_decimal_write_uint(&w, path->id[i]);
        cot_coap_write_option(m, COT_COAP_URI_PATH, text, w.len);
    }
}

static cot_bytes body_of(net_worker *w, const net_job *j)
{
    cot_bytes b = {j->body != 0 ? net_body(w, j->body) : j->small, j->body_len};
    return b;
}

static void write_query(cot_coap_writer *m, cot_bytes query)
{
    size_t from = 0;
    for (size_t i = 0; i <= query.len; i++) {
        if (i < query.len && query.p[i] != '&')
            continue;
        if (i > from)
            cot_coap_write_option(m, COT_COAP_URI_QUERY, query.p + from, i - from);
        from = i + 1;
    }
}

static bool asks_for_values(const net_job *j)
{
    return j->step == NET_STEP_MAIN &&
           (j->operation == IPC_OP_READ || j->operation == IPC_OP_OBSERVE ||
            j->operation == IPC_OP_CANCEL);
}

/* Options in ascending order: Observe 6, Uri-Path 11, Content-Format 12, Uri-Query 15, Accept 17,
 * Block2 23, Block1 27, Size1 60. */
static void write_options(net_worker *w, net_job *j, cot_coap_writer *m, uint16_t body_format,
                          const cot_coap_slice *slice)
{
    bool main = j->step == NET_STEP_MAIN;
    if (main && j->operation == IPC_OP_OBSERVE && !j->fetching)
        cot_coap_write_option_uint(m, COT_COAP_OBSERVE, 0);
    if (main && j->operation == IPC_OP_CANCEL)
        cot_coap_write_option_uint(m, COT_COAP_OBSERVE, 1);
    write_path(m, &j->path);
    if (slice != NULL && (body_format != COT_FORMAT_TEXT || slice->len > 0))
        cot_coap_write_option_uint(m, COT_COAP_CONTENT_FORMAT, body_format);
    if (!main || j->operation == IPC_OP_ATTRIBUTES)
        write_query(m, body_of(w, j));
    if (asks_for_values(j))
        cot_coap_write_option_uint(m, COT_COAP_ACCEPT, net_job_accept(w, j, j->attempt));
    else if (j->operation == IPC_OP_DISCOVER)
        cot_coap_write_option_uint(m, COT_COAP_ACCEPT, COT_FORMAT_LINK);
    if (j->fetching) {
        cot_coap_block b = cot_coap_fetch_next(&j->fetch);
        cot_coap_write_option_uint(m, COT_COAP_BLOCK2, cot_coap_block_encode(&b));
    }
    if (slice != NULL && slice->has_block) {
        cot_coap_write_option_uint(m, COT_COAP_BLOCK1, cot_coap_block_encode(&slice->block));
        if (slice->offset == 0)
            cot_coap_write_option_uint(m, COT_COAP_SIZE1, j->push.total);
    }
}

/* The command's own MID and token go on its main message, once; everything else gets fresh ones. */
static cot_status identify(net_worker *w, net_job *j, cot_coap_peer *peer, cot_coap_head *h)
{
    bool main = j->step == NET_STEP_MAIN && !j->fetching;
    h->type = COT_COAP_CON;
    h->code = method(j);
    h->token.len = 8;
    if (j->kind == NET_JOB_COMMAND && main && !j->hub_mid_used) {
        j->hub_mid_used = true;
        h->mid = j->mid;
        memcpy(h->token.b, j->token, 8);
        return COT_OK;
    }
    /* An observation must carry the token that notifications come with. */
    if (main && (j->operation == IPC_OP_OBSERVE || j->operation == IPC_OP_CANCEL))
        memcpy(h->token.b, j->token, 8);
    else
        net_random(h->token.b, 8);
    return cot_coap_mid_next(peer, &w->params, w->loop->now, &h->mid);
}

/* The body in the format of this attempt: what hub gave, or that converted. */
static cot_status convert_body(net_worker *w, net_job *j, uint16_t *format, cot_bytes *body)
{
    static uint8_t converted[IPC_PAYLOAD_MAX];
    *body = body_of(w, j);
    *format = net_job_body_format(w, j, j->attempt);
    if (*format == COT_COAP_NO_FORMAT)
        return COT_E_UNSUPPORTED;
    if (*format == j->format)
        return COT_OK;
    cot_writer out;
    cot_writer_init(&out, converted, sizeof converted);
    cot_status s = net_from_senml(&j->path, *format, *body, &out);
    *body = (cot_bytes){converted, out.len};
    return s == COT_OK ? COT_OK : COT_E_UNSUPPORTED;
}

cot_status net_job_write(net_worker *w, net_job *j, cot_coap_peer *peer, cot_coap_head *h)
{
    cot_coap_writer m;
    cot_coap_slice slice = {0};
    cot_bytes body = {NULL, 0};
    uint16_t format = 0;
    size_t len;
    bool with_body = has_body(j) && j->step == NET_STEP_MAIN && !j->fetching;
    if (with_body) {
        cot_status s = convert_body(w, j, &format, &body);
        if (s != COT_OK)
            return s;
        if (!j->pushing)
            cot_coap_push_init(&j->push, (uint32_t)body.len, NET_SZX);
        j->pushing = true;
        cot_coap_push_next(&j->push, &slice);
    }
    cot_status s = identify(w, j, peer, h);
    if (s != COT_OK)
        return s;
    cot_coap_write_begin(&m, j->bytes, sizeof j->bytes, h);
    write_options(w, j, &m, format, with_body ? &slice : NULL);
    if (with_body && slice.len > 0)
        cot_coap_write_payload(&m, body.p + slice.offset, slice.len);
    s = cot_coap_write_end(&m, &len);
    j->bytes_len = (uint16_t)len;
    return s == COT_OK ? COT_OK : COT_E_LIMIT;
}
