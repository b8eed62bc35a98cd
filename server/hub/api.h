/* SPDX-License-Identifier: Apache-2.0 */
/* What the API's operations have in common. The border to http, with every argument and reply, is
 * docs/internals/api.md. */
#ifndef COTTER_SERVER_HUB_API_H
#define COTTER_SERVER_HUB_API_H

#include "server/hub/cbor.h"
#include "server/hub/hub.h"

#include "core/lwm2m/content.h"

/* One call in hand. The handler reads arguments, acts on the store, and writes the reply's map into `w`. */
typedef struct hub_request {
    hub *h;
    uint64_t call;
    cot_bytes args;
    int fd;            /* the call's descriptor, or -1 */
    store_token token; /* who asks */
    cot_writer w;
    const char *bad;                    /* the first argument that is missing or wrong */
    char subject[IPC_ENDPOINT_MAX + 1]; /* for the audit log */
    char detail[161];
} hub_request;

/* Returns the HTTP status (≥ 400: nothing is kept), or 0 when the reply comes later. */
typedef uint16_t hub_operation(hub_request *rq);

hub_operation hub_api_status, hub_api_device_list, hub_api_device_add, hub_api_device_import,
    hub_api_device_get, hub_api_device_edit, hub_api_device_remove, hub_api_device_why,
    hub_api_value_list, hub_api_read, hub_api_discover, hub_api_command_add, hub_api_command_list,
    hub_api_command_get, hub_api_command_cancel, hub_api_observation_list, hub_api_group_list,
    hub_api_group_add, hub_api_group_get, hub_api_group_edit, hub_api_group_remove,
    hub_api_release_list, hub_api_release_add, hub_api_release_get, hub_api_release_remove,
    hub_api_upgrade_list, hub_api_upgrade_stop, hub_api_upgrade_start, hub_api_token_list,
    hub_api_token_add, hub_api_token_remove, hub_api_subscribe, hub_api_audit_list;

/* ---- arguments; what is missing or of another type is latched in rq->bad ---- */
cot_bytes hub_arg_text(hub_request *rq, const char *key);
bool hub_arg_given(const hub_request *rq, const char *key);   /* there and not null */
bool hub_arg_present(const hub_request *rq, const char *key); /* there, maybe null */
uint64_t hub_arg_uint(hub_request *rq, const char *key, uint64_t otherwise, uint64_t max);
cot_bytes hub_arg_bytes_or_none(hub_request *rq, const char *key);
cot_bytes hub_arg_text_or_none(hub_request *rq, const char *key);
cot_lwm2m_path hub_arg_path(hub_request *rq);

/* ---- outcomes: each returns the status ---- */
uint16_t hub_problem(hub_request *rq, uint16_t status, const char *detail);
uint16_t hub_problem_with(hub_request *rq, uint16_t status, const char *format, const char *text);
/* What a store's error means for a call about `what` ("device"). */
uint16_t hub_problem_of(hub_request *rq, cot_status s, const char *what);
uint16_t hub_bad_argument(hub_request *rq);
uint16_t hub_bad_cursor(hub_request *rq);
void hub_audit_subject(hub_request *rq, const char *subject);

/* The device named by `endpoint`. 0; or the status of the problem that was written. */
uint16_t hub_need_device(hub_request *rq, store_device *d);
uint16_t hub_need_group(hub_request *rq, cot_bytes name, store_group *g);

/* ---- creations that may be asked for twice ---- */
/* What this request made before; false: it is new. */
bool hub_made_before(hub_request *rq, char *made, size_t cap);
cot_status hub_note_made(hub_request *rq, const char *made);

/* ---- lists ---- */
typedef struct hub_page {
    hub_request *rq;
    uint64_t limit;
    uint64_t count;
    size_t start; /* of the items in rq->w */
    size_t mark;  /* of the present item */
    bool more;
    char next[2 * IPC_ENDPOINT_MAX + 2]; /* cursor after the last item */
} hub_page;

/* Begin {"items": […. */
void hub_page_begin(hub_page *l, hub_request *rq);
/* Before an item: false when the page is full, then stop. */
bool hub_page_item(hub_page *l);
/* After it: false when it did not fit (it was taken back), then stop. `cursor`: where to go on after it. */
bool hub_page_item_end(hub_page *l, const char *cursor);
/* …], "next": …}. Returns 200, or the problem of `s`. */
uint16_t hub_page_end(hub_page *l, cot_status s);
store_id hub_cursor_id(hub_request *rq); /* a cursor that is a number; 0: none */

/* ---- representations ---- */
void hub_write_device(cot_writer *w, const store_device *d, const cot_bytes *links);
/* at: the entry "at" of an event; 0: it is none. */
void hub_write_command(cot_writer *w, const store_command *c, const char *endpoint, store_ms at);
void hub_write_upgrade(cot_writer *w, const store_upgrade *u, store_ms at);
void hub_write_refusal(cot_writer *w, const store_refusal *r);
/* The entry "values": [{path, value, type}…] of a payload. */
void hub_write_values(cot_writer *w, const cot_lwm2m_path *path, uint16_t format,
                      cot_bytes payload);
/* false: the record carries no value. */
bool hub_record_value(const cot_lwm2m_record *rec, cot_value *v);
/* The reply to a live Read or Discover. d NULL: the device is gone. */
cot_status hub_read_reply(hub *h, const hub_read *read, const store_device *d,
                          const ipc_result *result);

/* The token's SHA-256, by which it is known. */
bool hub_token_hash(cot_bytes token, uint8_t hash[static 32]);
/* A new token's text: "cot_" and 43 characters of base64url. */
#define HUB_TOKEN_TEXT 47u
bool hub_token_make(char text[static HUB_TOKEN_TEXT + 1]);
/* At the first start: an admin token, its text into `fd`. COT_OK also when there was nothing to do. */
cot_status hub_first_token(store *st, int fd, store_ms now);

#endif
