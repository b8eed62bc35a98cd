/* SPDX-License-Identifier: Apache-2.0 */
/* API calls: who asks, may they, what they ask for, and that it is noted. */
#include "server/hub/api.h"

#include "core/lwm2m/number.h"

#include <stdio.h>
#include <string.h>

typedef struct operation {
    hub_operation *run;
    uint8_t role;       /* store_role that it takes */
    const char *action; /* in the audit log; NULL: it changes nothing */
} operation;

static const operation operations[] = {
    [IPC_API_STATUS] = {hub_api_status, STORE_READ, NULL},
    [IPC_API_DEVICE_LIST] = {hub_api_device_list, STORE_READ, NULL},
    [IPC_API_DEVICE_ADD] = {hub_api_device_add, STORE_OPERATE, "device.add"},
    [IPC_API_DEVICE_IMPORT] = {hub_api_device_import, STORE_OPERATE, "device.import"},
    [IPC_API_DEVICE_GET] = {hub_api_device_get, STORE_READ, NULL},
    [IPC_API_DEVICE_EDIT] = {hub_api_device_edit, STORE_OPERATE, "device.edit"},
    [IPC_API_DEVICE_REMOVE] = {hub_api_device_remove, STORE_OPERATE, "device.remove"},
    [IPC_API_DEVICE_WHY] = {hub_api_device_why, STORE_READ, NULL},
    [IPC_API_VALUE_LIST] = {hub_api_value_list, STORE_READ, NULL},
    [IPC_API_RESOURCE_READ] = {hub_api_read, STORE_READ, NULL},
    [IPC_API_RESOURCE_DISCOVER] = {hub_api_discover, STORE_READ, NULL},
    [IPC_API_COMMAND_ADD] = {hub_api_command_add, STORE_OPERATE, "command.add"},
    [IPC_API_COMMAND_LIST] = {hub_api_command_list, STORE_READ, NULL},
    [IPC_API_COMMAND_GET] = {hub_api_command_get, STORE_READ, NULL},
    [IPC_API_COMMAND_CANCEL] = {hub_api_command_cancel, STORE_OPERATE, "command.cancel"},
    [IPC_API_OBSERVATION_LIST] = {hub_api_observation_list, STORE_READ, NULL},
    [IPC_API_GROUP_LIST] = {hub_api_group_list, STORE_READ, NULL},
    [IPC_API_GROUP_ADD] = {hub_api_group_add, STORE_OPERATE, "group.add"},
    [IPC_API_GROUP_GET] = {hub_api_group_get, STORE_READ, NULL},
    [IPC_API_GROUP_EDIT] = {hub_api_group_edit, STORE_OPERATE, "group.edit"},
    [IPC_API_GROUP_REMOVE] = {hub_api_group_remove, STORE_OPERATE, "group.remove"},
    [IPC_API_RELEASE_LIST] = {hub_api_release_list, STORE_READ, NULL},
    [IPC_API_RELEASE_ADD] = {hub_api_release_add, STORE_OPERATE, "release.add"},
    [IPC_API_RELEASE_GET] = {hub_api_release_get, STORE_READ, NULL},
    [IPC_API_RELEASE_REMOVE] = {hub_api_release_remove, STORE_OPERATE, "release.withdraw"},
    [IPC_API_UPGRADE_LIST] = {hub_api_upgrade_list, STORE_READ, NULL},
    [IPC_API_UPGRADE_STOP] = {hub_api_upgrade_stop, STORE_OPERATE, "upgrade.stop"},
    [IPC_API_UPGRADE_START] = {hub_api_upgrade_start, STORE_OPERATE, "upgrade.start"},
    [IPC_API_TOKEN_LIST] = {hub_api_token_list, STORE_ADMIN, NULL},
    [IPC_API_TOKEN_ADD] = {hub_api_token_add, STORE_ADMIN, "token.add"},
    [IPC_API_TOKEN_REMOVE] = {hub_api_token_remove, STORE_ADMIN, "token.remove"},
    [IPC_API_SUBSCRIBE] = {hub_api_subscribe, STORE_READ, NULL},
    [IPC_API_AUDIT_LIST] = {hub_api_audit_list, STORE_ADMIN, NULL},
};

#define OPERATIONS (sizeof operations / sizeof operations[0])
#define USED_EVERY 60000 /* ms between two notes that a token was used */

void hub_reply(hub *h, uint64_t call, uint16_t status, cot_bytes body)
{
    ipc_put_reply(hub_begin(h, IPC_HTTP, 0, IPC_REPLY), &(ipc_reply){call, status, body});
    hub_end(h, -1);
}

static const char *title_of(uint16_t status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Internal Server Error";
    }
}

static void write_problem(cot_writer *w, uint16_t status, const char *detail)
{
    bool retry = status == 503 || status == 429;
    cot_cbor_write_map(w, retry ? 3 : 2);
    hub_put_text(w, "title", title_of(status));
    hub_put_text(w, "detail", detail);
    if (retry)
        hub_put_uint(w, "retry_after", 2);
}

void hub_reply_problem(hub *h, uint64_t call, uint16_t status, const char *detail)
{
    cot_writer w;
    cot_writer_init(&w, h->reply, sizeof h->reply);
    write_problem(&w, status, detail);
    hub_reply(h, call, status, (cot_bytes){h->reply, w.len});
}

uint16_t hub_problem(hub_request *rq, uint16_t status, const char *detail)
{
    cot_writer_init(&rq->w, rq->h->reply, sizeof rq->h->reply);
    write_problem(&rq->w, status, detail);
    return status;
}

uint16_t hub_problem_with(hub_request *rq, uint16_t status, const char *format, const char *text)
{
    char detail[512];
    const char *at = strchr(format, '*');
    size_t before = at == NULL ? strlen(format) : (size_t)(at - format);
    (void)snprintf(detail, sizeof detail, "%.*s%s%s", (int)before, format, at == NULL ? "" : text,
                   at == NULL ? "" : at + 1);
    return hub_problem(rq, status, detail);
}

uint16_t hub_problem_of(hub_request *rq, cot_status s, const char *what)
{
    if (s == COT_E_NOT_FOUND)
        return hub_problem_with(rq, 404, "There is no such *.", what);
    if (s == COT_E_EXISTS)
        return hub_problem_with(rq, 409, "There is such a * already.", what);
    if (s == COT_E_LIMIT)
        return hub_problem_with(
            rq, 429, "Too many are under way for this *; try again when some have finished.", what);
    if (s == COT_E_IO)
        return hub_problem(
            rq, 503,
            "The server's storage is full or failing; nothing was changed. Free some disk space.");
    return hub_problem(rq, 500,
                       "The server's storage does not fit this program; look into its log.");
}

uint16_t hub_bad_cursor(hub_request *rq)
{
    return hub_problem(rq, 404, "There is no such page: take the \"cursor\" from the page before.");
}

uint16_t hub_bad_argument(hub_request *rq)
{
    if (rq->bad != NULL && strcmp(rq->bad, "cursor") == 0)
        return hub_bad_cursor(rq);
    return hub_problem_with(rq, 422, "\"*\" is missing or has no value that is allowed.",
                            rq->bad == NULL ? "" : rq->bad);
}

void hub_audit_subject(hub_request *rq, const char *subject)
{
    (void)snprintf(rq->subject, sizeof rq->subject, "%s", subject);
}

/* ---- arguments ---- */

bool hub_arg_present(const hub_request *rq, const char *key)
{
    return hub_map_find(rq->args, key).len > 0;
}

bool hub_arg_given(const hub_request *rq, const char *key)
{
    cot_bytes item = hub_map_find(rq->args, key);
    return item.len > 0 && !hub_item_null(item);
}

static void latch(hub_request *rq, const char *key)
{
    if (rq->bad == NULL)
        rq->bad = key;
}

cot_bytes hub_arg_text(hub_request *rq, const char *key)
{
    cot_bytes text = {NULL, 0};
    if (!hub_item_text(hub_map_find(rq->args, key), &text) || text.len == 0)
        latch(rq, key);
    return text;
}

cot_bytes hub_arg_text_or_none(hub_request *rq, const char *key)
{
    return hub_arg_given(rq, key) ? hub_arg_text(rq, key) : (cot_bytes){NULL, 0};
}

cot_bytes hub_arg_bytes_or_none(hub_request *rq, const char *key)
{
    cot_bytes bytes = {NULL, 0};
    if (hub_arg_given(rq, key) && !hub_item_bytes(hub_map_find(rq->args, key), &bytes))
        latch(rq, key);
    return bytes;
}

uint64_t hub_arg_uint(hub_request *rq, const char *key, uint64_t otherwise, uint64_t max)
{
    uint64_t v = otherwise;
    if (hub_arg_given(rq, key) && (!hub_item_uint(hub_map_find(rq->args, key), &v) || v > max))
        latch(rq, key);
    return v;
}

cot_lwm2m_path hub_arg_path(hub_request *rq)
{
    cot_lwm2m_path path = {{0, 0, 0, 0}, 0};
    cot_bytes text = hub_arg_text(rq, "path");
    if (rq->bad == NULL && (cot_lwm2m_path_parse(text, &path) != COT_OK || path.level == 0))
        latch(rq, "path");
    return path;
}

uint16_t hub_need_device(hub_request *rq, store_device *d)
{
    cot_bytes endpoint = hub_arg_text(rq, "endpoint");
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    cot_status s = store_device_get(rq->h->st, endpoint, d);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "device");
    hub_audit_subject(rq, d->endpoint);
    return 0;
}

uint16_t hub_need_group(hub_request *rq, cot_bytes name, store_group *g)
{
    cot_status s = store_group_get(rq->h->st, name, g);
    return s == COT_OK ? 0 : hub_problem_of(rq, s, "group");
}

bool hub_made_before(hub_request *rq, char *made, size_t cap)
{
    return store_request_find(rq->h->st, hub_arg_bytes_or_none(rq, "request"), made, cap) == COT_OK;
}

cot_status hub_note_made(hub_request *rq, const char *made)
{
    return store_request_note(rq->h->st, hub_arg_bytes_or_none(rq, "request"), made, rq->h->utc);
}

/* ---- lists ---- */

#define LIST_TAIL 1200u /* bytes that the cursor and its key may take */

void hub_page_begin(hub_page *l, hub_request *rq)
{
    *l = (hub_page){.rq = rq};
    l->limit = hub_arg_uint(rq, "limit", 50, 200);
    cot_cbor_write_map(&rq->w, 2);
    hub_put_key(&rq->w, "items");
    l->start = rq->w.len;
}

bool hub_page_item(hub_page *l)
{
    l->mark = l->rq->w.len;
    l->more = l->count >= l->limit;
    return !l->more;
}

bool hub_page_item_end(hub_page *l, const char *cursor)
{
    cot_writer *w = &l->rq->w;
    if (w->err != COT_OK || w->len > w->cap - LIST_TAIL) {
        w->err = COT_OK;
        w->len = l->mark;
        l->more = true;
        return false;
    }
    (void)snprintf(l->next, sizeof l->next, "%s", cursor);
    l->count++;
    return true;
}

uint16_t hub_page_end(hub_page *l, cot_status s)
{
    cot_writer *w = &l->rq->w;
    if (l->rq->bad != NULL)
        return hub_bad_argument(l->rq);
    if (s != COT_OK)
        return hub_problem_of(l->rq, s, "list");
    cot_cbor_insert_array(w, l->start, l->count);
    hub_put_text_or_null(w, "next", l->more && l->count > 0 ? l->next : "");
    return 200;
}

store_id hub_cursor_id(hub_request *rq)
{
    uint64_t v = 0;
    cot_bytes text = hub_arg_text_or_none(rq, "cursor");
    if (text.len > 0 && (cot_decimal_parse_uint(text, &v) != COT_OK || v > INT64_MAX))
        latch(rq, "cursor");
    return (store_id)v;
}

/* ---- the call ---- */

/* That a token was used is written later and apart: a full disk locks nobody out, and reads stay reads. */
static void note_use(hub *h, store_id id)
{
    for (size_t i = 0; i < h->used_count; i++)
        if (h->used[i] == id)
            return;
    if (h->used_count < HUB_USED)
        h->used[h->used_count++] = id;
}

cot_status hub_tokens_used(hub *h)
{
    cot_status s = COT_OK;
    for (size_t i = 0; s == COT_OK && i < h->used_count; i++) {
        s = store_token_used(h->st, h->used[i], h->utc);
        if (s == COT_E_NOT_FOUND)
            s = COT_OK; /* removed since */
    }
    h->used_count = 0;
    return s;
}

/* The token's row. COT_E_DENIED: unknown or expired. */
static cot_status authenticate(hub *h, cot_bytes token, store_token *out)
{
    uint8_t hash[32];
    if (token.len == 0 || !hub_token_hash(token, hash))
        return COT_E_DENIED;
    cot_status s = store_token_by_hash(h->st, hash, out);
    if (s == COT_E_NOT_FOUND || (s == COT_OK && out->expires_at != 0 && out->expires_at <= h->utc))
        return COT_E_DENIED;
    if (s == COT_OK && h->utc - out->used_at >= USED_EVERY)
        note_use(h, out->id);
    return s;
}

static cot_status note(hub_request *rq, const char *action)
{
    store_audit a = {.at = rq->h->utc};
    (void)snprintf(a.actor, sizeof a.actor, "%s", rq->token.name);
    (void)snprintf(a.action, sizeof a.action, "%s", action);
    (void)snprintf(a.subject, sizeof a.subject, "%s", rq->subject);
    (void)snprintf(a.detail, sizeof a.detail, "%s", rq->detail);
    return store_audit_add(rq->h->st, &a);
}

static uint16_t perform(hub_request *rq, const operation *op)
{
    if (rq->token.role < op->role) {
        if (op->action != NULL && hub_may_note(rq->h)) {
            (void)snprintf(rq->detail, sizeof rq->detail,
                           "refused: the token's role does not suffice");
            (void)note(rq, op->action);
        }
        return hub_problem(rq, 403,
                           op->role == STORE_ADMIN
                               ? "This needs a token with the role admin."
                               : "This needs a token with the role operate or admin.");
    }
    uint16_t status = op->run(rq);
    if (status < 400 && op->action != NULL) {
        cot_status s = note(rq, op->action);
        if (s != COT_OK)
            status = hub_problem_of(rq, s, "audit log");
    }
    if (status < 400 && status != 0 && rq->w.err != COT_OK)
        status = hub_problem(rq, 500, "The answer does not fit one message.");
    return status;
}

cot_status hub_on_call(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_call call;
    hub_request rq = {.h = h, .fd = m->fd};
    cot_status s = ipc_get_call(r, &call);
    if (s != COT_OK)
        return s;
    rq.call = call.id;
    rq.args = call.args;
    cot_writer_init(&rq.w, h->reply, sizeof h->reply);
    uint16_t status = 404;
    s = authenticate(h, call.token, &rq.token);
    if (s == COT_E_DENIED)
        status = hub_problem(&rq, 401, "The bearer token is missing, unknown or expired.");
    else if (s != COT_OK)
        status = hub_problem_of(&rq, s, "token");
    else if (call.api < OPERATIONS && operations[call.api].run != NULL)
        status = perform(&rq, &operations[call.api]);
    else
        status = hub_problem(&rq, 404, "There is no such operation.");
    h->undo = status >= 400 && status != 403; /* a refusal is noted in the audit log */
    if (h->undo) {
        hub_wait_end(h, call.id);
        hub_reads_call_end(h, call.id);
        hub_list_clear(&h->out); /* what its undone work said */
    }
    if (status != 0)
        hub_reply(h, call.id, status, (cot_bytes){h->reply, rq.w.len});
    if (call.api == IPC_API_TOKEN_ADD)
        cot_wipe(h->reply, sizeof h->reply);
    return COT_OK;
}

cot_status hub_on_call_end(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_call_end end;
    (void)m;
    cot_status s = ipc_get_call_end(r, &end);
    if (s != COT_OK)
        return s;
    hub_wait_end(h, end.id);
    hub_reads_call_end(h, end.id);
    return COT_OK;
}
