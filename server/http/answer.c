/* SPDX-License-Identifier: Apache-2.0 */
/* Responses: status, headers, body. */
#include "server/http/assets.h"
#include "server/http/server.h"

#include <stdio.h>
#include <string.h>

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static void add_retry(struct MHD_Response *response, unsigned seconds)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", seconds > 0 ? seconds : 1);
    add(response, "Retry-After", text);
}

static void add_allow(struct MHD_Response *response, unsigned allowed)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    char text[64] = "";
    size_t at = 0;
    for (unsigned i = 0; i < 5; i++) {
        if ((allowed & (1u << i)) != 0) {
            int n = snprintf(text + at, sizeof text - at, "%s%s", at > 0 ? ", " : "", names[i]);
            at += (size_t)n;
        }
    }
    add(response, "Allow", text);
}

static void add_error_headers(const http_request *r, struct MHD_Response *response)
{
    switch (r->status) {
    case 401:
        add(response, "WWW-Authenticate", "Bearer realm=\"cotter\"");
        break;
    case 405:
        add_allow(response, r->match.allowed);
        break;
    case 429:
    case 503:
        add_retry(response, r->problem.retry_after);
        break;
    default:
        break;
    }
}

static enum MHD_Result send_response(http_request *r, struct MHD_Response *response,
                                     const char *type)
{
    if (response == NULL) {
        return MHD_NO;
    }
    if (type != NULL) {
        add(response, "Content-Type", type);
    }
    add(response, "Cache-Control", "no-store");
    add(response, "X-Content-Type-Options", "nosniff");
    if (r->status >= 400) {
        add_error_headers(r, response);
    }
    enum MHD_Result result = MHD_queue_response(r->connection, r->status, response);
    MHD_destroy_response(response);
    return result;
}

/* The body may hold a new token: it is wiped when it was sent. */
enum MHD_Result http_answer(http_request *r)
{
    if (r->answer.failed) {
        return MHD_NO; /* out of memory: the connection is closed */
    }
    struct MHD_Response *response =
        r->answer.len > 0 ? MHD_create_response_from_buffer_with_free_callback(
                                r->answer.len, r->answer.p, http_free)
                          : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    const char *type = r->status >= 400 ? "application/problem+json" : "application/json";
    bool empty = r->answer.len == 0;
    if (response != NULL) {
        memset(&r->answer, 0, sizeof r->answer); /* the response owns it */
    }
    return send_response(r, response, empty ? NULL : type);
}

static enum MHD_Result answer_health(http_request *r)
{
    bool hub = ipc_is_open(&r->server->hub.channel);
    bool keys = ipc_is_open(&r->server->keys.channel);
    if (!hub || !keys) {
        (void)http_problem_set(&r->problem, 503, "%s is starting", hub ? "keys" : "hub");
        http_done(r);
    } else {
        r->status = 200;
        http_text_adds(&r->answer, "{\"status\":\"ok\"}");
    }
    return http_answer(r);
}

static struct MHD_Response *constant(const unsigned char *bytes, size_t len)
{
    union {
        const unsigned char *in;
        void *out; /* libmicrohttpd reads only, but its parameter is not const */
    } view = {.in = bytes};
    return MHD_create_response_from_buffer(len, view.out, MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result http_answer_page(http_request *r)
{
    r->status = 200;
    if (strcmp(r->page, "/health") == 0) {
        return answer_health(r);
    }
    if (strcmp(r->page, "/openapi.json") == 0) {
        return send_response(r, constant(http_openapi_json, http_openapi_json_len),
                             "application/json");
    }
    struct MHD_Response *response = constant(http_page_html, http_page_html_len);
    if (response != NULL) {
        add(response, "Content-Security-Policy", r->server->page_policy);
        add(response, "Referrer-Policy", "no-referrer");
        add(response, "X-Frame-Options", "DENY");
    }
    return send_response(r, response, "text/html; charset=utf-8");
}

static ssize_t read_stream(void *cls, uint64_t at, char *buf, size_t max)
{
    http_request *r = cls;
    (void)at;
    return http_events_read(&r->server->events, &r->reader, buf, max);
}

enum MHD_Result http_answer_stream(http_request *r)
{
    r->status = 200;
    return send_response(
        r, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, r, NULL),
        "text/event-stream");
}
