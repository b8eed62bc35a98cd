/* SPDX-License-Identifier: Apache-2.0 */
/* A checked request goes to hub; a secret in it goes to keys first and reaches hub sealed. */
#include "core/cbor/reader.h"
#include "core/cbor/writer.h"
#include "server/http/json.h"
#include "server/http/server.h"

#include <openssl/sha.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define REQUEST_BYTES 16u

static cot_bytes bytes_of(const char *s)
{
    return (cot_bytes){(const uint8_t *)s, strlen(s)};
}

static void on_lost(http_call *c, http_lost why)
{
    http_request *r = c->ctx;
    bool device = (r->match.route->flags & HTTP_LIVE) != 0 && why == HTTP_LOST_TIME;
    (void)http_problem_set(&r->problem, device ? 504 : 503,
                           device ? "the device did not answer in time"
                                  : "a part of the server is starting again; try again");
    r->problem.retry_after = device ? 0 : 1;
    http_done(r);
}

/* ---- arguments that are written already ---- */

/* The encoded value of a member, where it lies; empty when it is not there. The map may lack its last pair. */
static cot_bytes item_of(const http_request *r, const char *name)
{
    cot_cbor_reader in;
    cot_cbor_reader_init(&in, (cot_bytes){r->args, r->writer.len}, 0);
    (void)cot_cbor_read_map(&in);
    while (in.in.err == COT_OK && cot_reader_left(&in.in) > 0) {
        bool found = cot_bytes_is(cot_cbor_read_text(&in), name);
        cot_bytes item = cot_cbor_skip(&in);
        if (found) {
            return item;
        }
    }
    return (cot_bytes){0};
}

static uint64_t uint_of(const http_request *r, const char *name, uint64_t otherwise)
{
    cot_bytes item = item_of(r, name);
    cot_cbor_reader in;
    cot_cbor_reader_init(&in, item, 0);
    return item.len > 0 ? cot_cbor_read_uint(&in) : otherwise;
}

/* Empty when it is not there or null. */
static cot_bytes text_of(const http_request *r, const char *name)
{
    cot_bytes item = item_of(r, name);
    cot_cbor_reader in;
    cot_cbor_reader_init(&in, item, 0);
    return item.len > 0 && cot_cbor_peek(&in) == COT_CBOR_TEXT ? cot_cbor_read_text(&in)
                                                               : (cot_bytes){0};
}

/* ---- hub ---- */

static void put_call(const http_call *c, cot_writer *w)
{
    const http_request *r = c->ctx;
    ipc_call call = {
        .id = c->id,
        .api = (uint16_t)r->match.route->api,
        .token = {(const uint8_t *)r->token, r->token_len},
        .args = {r->args, r->writer.len},
    };
    ipc_put_call(w, &call);
}

/* A refusal from hub: its title and detail, completed to problem+json. */
static void take_problem(http_request *r, cot_bytes body)
{
    cot_cbor_reader in;
    cot_bytes title = bytes_of(http_status_title(r->status));
    cot_bytes detail = {0};
    cot_bytes errors = {0};
    cot_cbor_reader_init(&in, body, 0);
    for (uint64_t pairs = cot_cbor_read_map(&in); pairs > 0 && in.in.err == COT_OK; pairs--) {
        cot_bytes key = cot_cbor_read_text(&in);
        if (cot_bytes_is(key, "title")) {
            title = cot_cbor_read_text(&in);
        } else if (cot_bytes_is(key, "detail")) {
            detail = cot_cbor_read_text(&in);
        } else if (cot_bytes_is(key, "retry_after")) {
            r->problem.retry_after = (unsigned)(cot_cbor_read_uint(&in) & 0xFFFFu);
        } else if (cot_bytes_is(key, "errors")) {
            errors = cot_cbor_skip(&in);
        } else {
            (void)cot_cbor_skip(&in);
        }
    }
    http_text_adds(&r->answer, "{\"type\":\"about:blank\",\"title\":");
    http_text_json(&r->answer, title);
    http_text_addf(&r->answer, ",\"status\":%u,\"detail\":", r->status);
    http_text_json(&r->answer, detail);
    if (errors.len > 0) {
        http_text_adds(&r->answer, ",\"errors\":");
        (void)http_json_from_cbor(errors, &r->answer);
    }
    http_text_adds(&r->answer, "}");
}

static void note_token(http_request *r)
{
    cot_bytes token = {(const uint8_t *)r->token, r->token_len};
    cot_bytes client = {r->client, r->client_len};
    if (r->status == 401) {
        http_guard_refused(&r->server->guard, client, token, r->server->loop->now);
    } else if (r->status < 500) {
        http_guard_accepted(&r->server->guard, token, r->server->loop->now);
    }
}

static void take_result(http_request *r, cot_bytes body)
{
    if ((r->match.route->flags & HTTP_STREAM) != 0) {
        cot_ms stay = uint_of(r, "wait", HTTP_READER_AGE_MS / 1000) * 1000;
        if (http_events_backlog(&r->reader, body) != COT_OK) {
            (void)http_problem_set(&r->problem, 500, "the server made an unreadable answer");
        } else if (!http_events_join(&r->server->events, &r->reader, stay)) {
            (void)http_overloaded(r);
        }
        return;
    }
    if (r->status != 204 && http_json_from_cbor(body, &r->answer) != COT_OK) {
        log_line("error", "http.reply", "api=%d malformed=yes", (int)r->match.route->api);
        (void)http_problem_set(&r->problem, 500, "the server made an unreadable answer");
    }
}

static cot_status on_reply(http_call *c, cot_reader *body)
{
    http_request *r = c->ctx;
    ipc_reply reply;
    if (ipc_get_reply(body, &reply) != COT_OK) {
        on_lost(c, HTTP_LOST_PEER);
        return COT_E_MALFORMED;
    }
    r->status = reply.status;
    note_token(r);
    cot_wipe(r->token, sizeof r->token);
    if (reply.status >= 400) {
        take_problem(r, reply.body);
    } else {
        take_result(r, reply.body);
    }
    http_done(r);
    if (r->reader.linked) {
        r->stage = HTTP_STREAMING;
    }
    return COT_OK;
}

void http_ask_hub(http_request *r)
{
    unsigned flags = r->match.route->flags;
    uint64_t patience = (flags & HTTP_LIVE) != 0     ? uint_of(r, "timeout", 30) * 1000
                        : (flags & HTTP_STREAM) != 0 ? 0
                                                     : uint_of(r, "wait", 0) * 1000;
    if (r->spool >= 0 && fcntl(r->spool, F_ADD_SEALS,
                               F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        (void)http_overloaded(r);
        return;
    }
    r->call.type = IPC_CALL;
    r->call.live = (r->match.route->flags & HTTP_LIVE) != 0;
    r->call.fd = r->spool;
    r->call.deadline = r->server->loop->now + HTTP_HUB_MS + patience;
    r->call.put = put_call;
    r->call.on_reply = on_reply;
    r->call.on_lost = on_lost;
    r->call.ctx = r;
    if (http_link_send(&r->server->hub, &r->call) != COT_OK) {
        (void)http_overloaded(r);
        return;
    }
    r->stage = HTTP_ASKING;
    http_suspend(r);
}

/* ---- the token alone ---- */

static void put_token_call(const http_call *c, cot_writer *w)
{
    static const uint8_t nothing[] = {0xa0}; /* the empty map */
    const http_request *r = c->ctx;
    ipc_call call = {
        .id = c->id,
        .api = IPC_API_STATUS,
        .token = {(const uint8_t *)r->token, r->token_len},
        .args = {nothing, sizeof nothing},
    };
    ipc_put_call(w, &call);
}

static cot_status on_token_reply(http_call *c, cot_reader *body)
{
    http_request *r = c->ctx;
    ipc_reply reply;
    if (ipc_get_reply(body, &reply) != COT_OK) {
        on_lost(c, HTTP_LOST_PEER);
        return COT_E_MALFORMED;
    }
    r->status = reply.status;
    note_token(r);
    if (reply.status >= 400) {
        take_problem(r, reply.body);
        http_done(r);
    } else {
        http_resume(r);
    }
    return COT_OK;
}

void http_ask_token(http_request *r)
{
    r->call = (http_call){
        .type = IPC_CALL,
        .fd = -1,
        .deadline = r->server->loop->now + HTTP_HUB_MS,
        .put = put_token_call,
        .on_reply = on_token_reply,
        .on_lost = on_lost,
        .ctx = r,
    };
    if (http_link_send(&r->server->hub, &r->call) != COT_OK) {
        (void)http_overloaded(r);
        return;
    }
    http_suspend(r);
}

static void put_call_end(http_request *r)
{
    ipc_call_end end = {.id = r->call.id};
    ipc_put_call_end(ipc_begin(&r->server->hub.channel, IPC_CALL_END), &end);
    (void)ipc_end(&r->server->hub.channel, -1);
}

void http_ask_cancel(http_request *r)
{
    if (r->call.id != 0 && r->call.sent) {
        put_call_end(r);
    }
    http_link_drop(&r->server->hub, &r->call);
    http_link_drop(&r->server->keys, &r->seal);
}

/* ---- keys ---- */

static void put_seal(const http_call *c, cot_writer *w)
{
    const http_request *r = c->ctx;
    ipc_seal seal = {
        .id = c->id,
        .identity = r->sealed_identity,
        .secret = {r->secret.bytes, r->secret.len},
    };
    ipc_put_seal(w, &seal);
}

static cot_status on_sealed(http_call *c, cot_reader *body)
{
    http_request *r = c->ctx;
    ipc_sealed sealed;
    cot_wipe(&r->secret, sizeof r->secret);
    if (ipc_get_sealed(body, &sealed) != COT_OK || sealed.sealed.len == 0) {
        on_lost(c, HTTP_LOST_PEER);
        return COT_E_MALFORMED;
    }
    cot_cbor_write_text(&r->writer, bytes_of("sealed"));
    cot_cbor_write_bytes(&r->writer, sealed.sealed);
    if (r->writer.err != COT_OK) {
        (void)http_problem_set(&r->problem, 413, "the body is too large");
    } else {
        http_ask_hub(r);
    }
    if (r->problem.status != 0) {
        http_done(r);
    }
    return COT_OK;
}

static void ask_keys(http_request *r)
{
    r->seal.type = IPC_SEAL;
    r->seal.deadline = r->server->loop->now + HTTP_HUB_MS;
    r->seal.put = put_seal;
    r->seal.on_reply = on_sealed;
    r->seal.on_lost = on_lost;
    r->seal.ctx = r;
    if (http_link_send(&r->server->keys, &r->seal) != COT_OK) {
        (void)http_overloaded(r);
        return;
    }
    r->stage = HTTP_ASKING;
    http_suspend(r);
}

/* ---- arguments ---- */

/* hub makes one thing for one `request`: 16 random bytes. */
static size_t extra_pairs(const http_request *r, cot_writer *w)
{
    uint8_t request[REQUEST_BYTES];
    if ((r->match.route->flags & HTTP_MAKES) == 0) {
        return 0;
    }
    if (getrandom(request, sizeof request, 0) != (ssize_t)sizeof request) {
        cot_writer_fail(w, COT_E_IO);
    }
    cot_cbor_write_text(w, bytes_of("request"));
    cot_cbor_write_bytes(w, (cot_bytes){request, sizeof request});
    return 1;
}

/* With an Idempotency-Key, where the route has one, `request` is the same whenever the same token sends the
 * same key and arguments (all but the secret). */
static void bind_request(http_request *r)
{
    uint8_t digests[2 * SHA256_DIGEST_LENGTH];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    cot_bytes item = item_of(r, "request");
    if (item.len != 1 + REQUEST_BYTES || item_of(r, "idempotency_key").len == 0) {
        return;
    }
    uint8_t *request = r->args + (item.p - r->args) + 1;
    memset(request, 0, REQUEST_BYTES);
    (void)SHA256((const unsigned char *)r->token, r->token_len, digests);
    (void)SHA256(r->args, r->writer.len, digests + SHA256_DIGEST_LENGTH);
    (void)SHA256(digests, sizeof digests, digest);
    memcpy(request, digest, REQUEST_BYTES);
}

bool http_make_arguments(http_request *r, json_t *body)
{
    uint8_t extra[32];
    cot_writer w;
    cot_writer_init(&w, extra, sizeof extra);
    r->args = malloc(HTTP_ARGS_MAX);
    if (r->args == NULL) {
        return http_overloaded(r);
    }
    cot_writer_init(&r->writer, r->args, HTTP_ARGS_MAX);
    size_t extra_count = extra_pairs(r, &w);
    http_input in = {
        .match = &r->match,
        .target = &r->target,
        .idempotency_key =
            MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Idempotency-Key"),
        .body = body,
        .extra = {extra, w.len},
        .extra_count = extra_count,
    };
    if (!http_arguments(&in, &r->writer, &r->secret, &r->problem)) {
        return false;
    }
    bind_request(r);
    return true;
}

static json_t *parse_body(http_request *r)
{
    if (r->body.failed) {
        (void)http_overloaded(r);
        return NULL;
    }
    json_t *body =
        http_body_parse((cot_bytes){(const uint8_t *)r->body.p, r->body.len}, &r->problem);
    http_text_free(&r->body);
    return body;
}

void http_ask(http_request *r)
{
    http_body kind = r->match.route->body;
    json_t *body = NULL;
    if (kind == HTTP_JSON || (kind == HTTP_JSON_OR_NONE && r->body.len > 0)) {
        body = parse_body(r);
        if (body == NULL) {
            return;
        }
    }
    bool ok = http_make_arguments(r, body);
    json_decref(body);
    if (!ok) {
        return;
    }
    if (r->secret.len > 0) {
        r->sealed_identity = text_of(r, "identity");
        if (r->sealed_identity.len == 0) {
            r->sealed_identity = text_of(r, "endpoint");
        }
        ask_keys(r);
    } else {
        http_ask_hub(r);
    }
}
