/* SPDX-License-Identifier: Apache-2.0 */
/* API: stored commands. */
#include "server/hub/api.h"

#include <stdio.h>
#include <string.h>

#define VALUES_MAX 64u
#define INTERVAL_MAX 100000000u /* s, of pmin and pmax */

static const char *operation_text(uint8_t operation)
{
    switch (operation) {
    case IPC_OP_EXECUTE:
        return "execute";
    case IPC_OP_OBSERVE:
        return "observe";
    case IPC_OP_CANCEL:
        return "cancel";
    case IPC_OP_CREATE:
        return "create";
    case IPC_OP_DELETE:
        return "delete";
    default:
        return "write";
    }
}

static const char *state_text(uint8_t state)
{
    static const char *const names[] = {"queued",  "sent",    "done",     "failed",
                                        "unknown", "expired", "cancelled"};
    return state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

void hub_write_command(cot_writer *w, const store_command *c, const char *endpoint, store_ms at)
{
    char code[8] = "";
    if (c->code != 0)
        (void)snprintf(code, sizeof code, "%u.%02u", c->code >> 5, c->code & 31u);
    cot_cbor_write_map(w, at == 0 ? 9 : 10);
    hub_put_uint(w, "id", (uint64_t)c->id);
    hub_put_text(w, "endpoint", endpoint);
    hub_put_text(w, "operation", operation_text(c->operation));
    hub_put_path(w, "path", &c->path);
    hub_put_text(w, "state", state_text(c->state));
    hub_put_text_or_null(w, "code", code);
    hub_put_text_or_null(w, "detail", c->detail);
    hub_put_time(w, "created_at", c->created_at);
    hub_put_time(w, "finished_at", c->finished_at);
    if (at != 0)
        hub_put_time(w, "at", at);
}

/* ---- add: from arguments to a payload ---- */

/* Insertion: they are few. (qsort asks the system for its memory, which hub may not.) */
static void sort_by_path(cot_lwm2m_record *records, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        cot_lwm2m_record moving = records[i];
        size_t at = i;
        for (; at > 0 && cot_lwm2m_path_compare(&records[at - 1].path, &moving.path) > 0; at--)
            records[at] = records[at - 1];
        records[at] = moving;
    }
}

/* "values": [{path, value}…] below `base`. A sentence when it is wrong. */
static const char *read_values(cot_bytes items, const cot_lwm2m_path *base, cot_lwm2m_record *out,
                               size_t *count)
{
    cot_cbor_reader r;
    cot_bytes text;
    cot_cbor_reader_init(&r, items, 0);
    uint64_t n = cot_cbor_read_array(&r);
    if (r.in.err != COT_OK || n == 0 || n > VALUES_MAX)
        return "\"values\" is to be an array of 1 to 64 {\"path\", \"value\"}.";
    for (*count = 0; *count < n; (*count)++) {
        cot_bytes item = cot_cbor_skip(&r);
        cot_lwm2m_record *rec = &out[*count];
        *rec = (cot_lwm2m_record){.form = COT_FORM_TYPED};
        if (!hub_item_text(hub_map_find(item, "path"), &text) ||
            cot_lwm2m_path_parse(text, &rec->path) != COT_OK || rec->path.level < 3 ||
            !cot_lwm2m_path_has_prefix(&rec->path, base))
            return "Each of \"values\" needs a \"path\" to a resource below that of the request.";
        if (!hub_item_value(hub_map_find(item, "value"), &rec->value))
            return "Each of \"values\" needs a \"value\".";
    }
    sort_by_path(out, *count);
    for (size_t i = 1; i < *count; i++)
        if (cot_lwm2m_path_compare(&out[i - 1].path, &out[i].path) == 0)
            return "\"values\" names a path twice.";
    return NULL;
}

static const char too_long[] = "The values do not fit one message.";

static const char *write_payload(hub_request *rq, store_command_new *c)
{
    cot_lwm2m_record records[VALUES_MAX];
    size_t count = 1;
    cot_lwm2m_encoder e;
    cot_writer w;
    records[0] = (cot_lwm2m_record){.path = c->path, .form = COT_FORM_TYPED};
    if (hub_arg_given(rq, "values")) {
        const char *wrong =
            read_values(hub_map_find(rq->args, "values"), &c->path, records, &count);
        if (wrong != NULL)
            return wrong;
    } else if (c->path.level < 3) {
        return "A write to an instance takes \"values\".";
    } else if (!hub_item_value(hub_map_find(rq->args, "value"), &records[0].value)) {
        return "A write needs a \"value\", or \"values\".";
    }
    if (c->path.level < 2)
        return "A write goes to an instance, a resource or a resource instance.";
    cot_writer_init(&w, rq->h->payload, sizeof rq->h->payload);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &c->path, &w);
    for (size_t i = 0; i < count; i++)
        cot_lwm2m_encode_put_record(&e, &records[i]);
    if (cot_lwm2m_encode_end(&e) != COT_OK)
        return too_long;
    c->operation = c->path.level == 2 ? IPC_OP_UPDATE : IPC_OP_WRITE;
    c->format = COT_FORMAT_SENML_CBOR;
    c->payload = (cot_bytes){rq->h->payload, w.len};
    return NULL;
}

static const char *execute_payload(hub_request *rq, store_command_new *c)
{
    c->operation = IPC_OP_EXECUTE;
    if (c->path.level != 3)
        return "Execute goes to a resource.";
    c->payload = hub_arg_text_or_none(rq, "arguments");
    return c->payload.len > 1024 ? "\"arguments\" is longer than 1,024 bytes." : NULL;
}

static const char *observe_payload(hub_request *rq, store_command_new *c)
{
    char *text = (char *)rq->h->payload;
    int n = 0;
    c->operation = IPC_OP_OBSERVE;
    uint64_t pmin = hub_arg_uint(rq, "pmin", 0, INTERVAL_MAX);
    uint64_t pmax = hub_arg_uint(rq, "pmax", 0, INTERVAL_MAX);
    bool has_min = hub_arg_given(rq, "pmin");
    bool has_max = hub_arg_given(rq, "pmax");
    if (has_min)
        n = snprintf(text, 64, "pmin=%llu%s", (unsigned long long)pmin, has_max ? "&" : "");
    if (has_max)
        n += snprintf(text + n, 64, "pmax=%llu", (unsigned long long)pmax);
    c->payload = (cot_bytes){rq->h->payload, (size_t)n};
    return NULL;
}

/* The observation is over here at once; the device is told when it can be. */
static uint16_t cancel_payload(hub_request *rq, store_command_new *c)
{
    store_observation o;
    c->operation = IPC_OP_CANCEL;
    cot_status s = store_observation_get(rq->h->st, c->device, &c->path, &o);
    if (s == COT_OK)
        s = store_observation_remove(rq->h->st, c->device, &c->path);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "observation");
    memcpy(rq->h->payload, o.token, sizeof o.token);
    c->payload = (cot_bytes){rq->h->payload, sizeof o.token};
    return 0;
}

static uint16_t fill(hub_request *rq, store_command_new *c)
{
    const char *wrong = "\"operation\" is to be write, execute, observe or cancel.";
    cot_bytes operation = hub_arg_text(rq, "operation");
    if (cot_bytes_is(operation, "cancel"))
        return cancel_payload(rq, c);
    if (cot_bytes_is(operation, "write"))
        wrong = write_payload(rq, c);
    else if (cot_bytes_is(operation, "execute"))
        wrong = execute_payload(rq, c);
    else if (cot_bytes_is(operation, "observe"))
        wrong = observe_payload(rq, c);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return wrong == NULL ? 0 : hub_problem(rq, wrong == too_long ? 413 : 422, wrong);
}

/* The reply: now, or when the command has finished. */
static uint16_t respond(hub_request *rq, store_id id, const char *endpoint, uint16_t unfinished)
{
    store_command c;
    uint64_t wait = hub_arg_uint(rq, "wait", 0, 60);
    cot_status s = store_command_get(rq->h->st, id, &c);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "command");
    bool open = c.state == STORE_QUEUED || c.state == STORE_SENT;
    if (open && wait > 0 && hub_wait_for(rq->h, rq->call, id, wait * 1000, unfinished))
        return 0;
    hub_write_command(&rq->w, &c, endpoint, 0);
    return open ? unfinished : 200;
}

/* The command that was added under this key is the one that is asked for again. */
static uint16_t same_as_before(hub_request *rq, store_id id, store_command_new *c)
{
    store_command before;
    cot_bytes operation = hub_arg_text(rq, "operation");
    cot_status s = store_command_get(rq->h->st, id, &before);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "command");
    c->operation = before.operation;
    if (!cot_bytes_is(operation, operation_text(before.operation)) ||
        cot_lwm2m_path_compare(&before.path, &c->path) != 0)
        return hub_problem(rq, 409,
                           "This Idempotency-Key was used for another command; take a new one.");
    return 0;
}

uint16_t hub_api_command_add(hub_request *rq)
{
    store_device d;
    store_id id = 0;
    store_command_new c = {.now = rq->h->utc, .origin = STORE_ORIGIN_API};
    c.path = hub_arg_path(rq);
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    c.device = d.id;
    c.key = hub_arg_text_or_none(rq, "idempotency_key");
    if (c.key.len == 0)
        c.key = hub_arg_bytes_or_none(rq, "request");
    cot_status s = store_command_find(rq->h->st, d.id, c.key, &id);
    if (s == COT_E_NOT_FOUND) {
        status = fill(rq, &c);
        if (status != 0)
            return status;
        s = hub_command_add(rq->h, &c, &id);
    } else if (s == COT_OK && (status = same_as_before(rq, id, &c)) != 0)
        return status;
    if (s != COT_OK)
        return hub_problem_of(rq, s, "device");
    (void)snprintf(rq->detail, sizeof rq->detail, "%s command %lld", operation_text(c.operation),
                   (long long)id);
    return respond(rq, id, d.endpoint, 202);
}

typedef struct command_list {
    hub_page l;
    const char *endpoint;
} command_list;

static bool command_row(void *ctx, const store_command *c)
{
    command_list *l = ctx;
    char cursor[24];
    if (!hub_page_item(&l->l))
        return false;
    hub_write_command(&l->l.rq->w, c, l->endpoint, 0);
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)c->id);
    return hub_page_item_end(&l->l, cursor);
}

uint16_t hub_api_command_list(hub_request *rq)
{
    command_list l;
    store_device d;
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    store_id before = hub_cursor_id(rq);
    hub_page_begin(&l.l, rq);
    l.endpoint = d.endpoint;
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return hub_page_end(&l.l, store_command_list(rq->h->st, d.id, before, command_row, &l));
}

static uint16_t need_command(hub_request *rq, store_command *c, store_device *d)
{
    uint64_t id = hub_arg_uint(rq, "id", 0, INT64_MAX);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    cot_status s = store_command_get(rq->h->st, (store_id)id, c);
    if (s == COT_OK)
        s = store_device_by_id(rq->h->st, c->device, d);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "command");
    hub_audit_subject(rq, d->endpoint);
    return 0;
}

uint16_t hub_api_command_get(hub_request *rq)
{
    store_command c;
    store_device d;
    uint16_t status = need_command(rq, &c, &d);
    return status != 0 ? status : respond(rq, c.id, d.endpoint, 200);
}

uint16_t hub_api_command_cancel(hub_request *rq)
{
    store_command c;
    store_device d;
    uint16_t status = need_command(rq, &c, &d);
    if (status != 0)
        return status;
    if (c.state != STORE_QUEUED)
        return hub_problem(rq, 409,
                           "Only a queued command can be cancelled; this one was sent already.");
    cot_status s = hub_command_cancel(rq->h, &c);
    if (s == COT_OK)
        s = store_command_get(rq->h->st, c.id, &c);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "command");
    cot_writer_init(&rq->w, rq->h->reply,
                    sizeof rq->h->reply); /* waiting calls were answered with it */
    hub_write_command(&rq->w, &c, d.endpoint, 0);
    return 200;
}
