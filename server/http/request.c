/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd's callbacks: a request comes in, is asked about, and is answered. */
#include "server/http/import.h"
#include "server/http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Address of the client, as the guard counts it: IPv6 by its /64. */
static void note_client(http_request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *sa = info != NULL && !r->listener->local ? info->client_addr : NULL;
    if (sa != NULL && sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(r->client, &in.sin_addr, 4);
        r->client_len = 4;
    } else if (sa != NULL && sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(r->client, &in6.sin6_addr, 8);
        r->client_len = 8;
    }
}

void *http_on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    http_listener *listener = cls;
    http_request *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    r->server = listener->server;
    r->listener = listener;
    r->connection = connection;
    r->reader.connection = connection;
    r->reader.run = &listener->timer;
    r->spool = -1;
    r->call.fd = -1;
    r->seal.fd = -1;
    size_t len = strnlen(uri, HTTP_URI_MAX + 1);
    if (len <= HTTP_URI_MAX) {
        r->uri = strndup(uri, len);
    }
    note_client(r);
    return r;
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **ctx,
                       enum MHD_RequestTerminationCode why)
{
    http_request *r = *ctx;
    (void)cls;
    (void)connection;
    (void)why;
    if (r == NULL) {
        return;
    }
    http_ask_cancel(r);
    http_events_leave(&r->server->events, &r->reader);
    http_import_free(r->import);
    if (r->spool >= 0) {
        (void)close(r->spool);
    }
    http_text_free(&r->body);
    http_text_free(&r->answer);
    http_free(r->args);
    free(r->uri);
    http_free(r);
    *ctx = NULL;
}

void http_suspend(http_request *r)
{
    if (!r->suspended) {
        r->suspended = true;
        MHD_suspend_connection(r->connection);
    }
}

void http_resume(http_request *r)
{
    if (r->suspended) {
        r->suspended = false;
        MHD_resume_connection(r->connection);
        loop_arm(r->server->loop, &r->listener->timer, r->server->loop->now);
    }
}

void http_done(http_request *r)
{
    r->stage = HTTP_ANSWERED;
    if (r->problem.status != 0) {
        r->status = r->problem.status;
        http_text_free(&r->answer);
        http_problem_json(&r->problem, &r->answer);
    }
    http_resume(r);
}

bool http_overloaded(http_request *r)
{
    r->problem.retry_after = 1;
    return http_problem_set(&r->problem, 503, "the server has too much to do; try again");
}

static bool begin(http_request *r, const char *method)
{
    r->started = true;
    if (!http_check_headers(r, method)) {
        return false;
    }
    http_body kind = r->page != NULL ? HTTP_NO_BODY : r->match.route->body;
    if (kind == HTTP_OCTETS || kind == HTTP_NDJSON) {
        r->spool = memfd_create("cotter-body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (r->spool < 0) {
            return http_overloaded(r);
        }
    }
    if (kind == HTTP_NDJSON && (r->import = http_import_new(r)) == NULL) {
        return http_overloaded(r);
    }
    return true;
}

static bool spool(http_request *r, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t written = write(r->spool, data, n);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return http_overloaded(r);
        }
        data += written;
        n -= (size_t)written;
    }
    return true;
}

/* Before the first piece of a large body: has its token been good lately? Else hub is asked, and the
 * piece comes again. Not in libmicrohttpd's call for the headers: a request that is suspended there gets
 * a second one, which looks like the end of the body. */
static bool token_is_good(http_request *r)
{
    cot_bytes token = {(const uint8_t *)r->token, r->token_len};
    if (r->token_asked || http_guard_knows(&r->server->guard, token, r->server->loop->now)) {
        return true;
    }
    r->token_asked = true;
    http_ask_token(r);
    return false;
}

/* Take a piece of the body; returns how much of it. A request that is refused already throws it away. */
static size_t take(http_request *r, const char *data, size_t n)
{
    http_body kind =
        r->page != NULL || r->match.route == NULL ? HTTP_NO_BODY : r->match.route->body;
    bool large = kind == HTTP_OCTETS || kind == HTTP_NDJSON;
    if (r->problem.status != 0 || r->stage != HTTP_RECEIVING) {
        return n;
    }
    if (large && !token_is_good(r)) {
        return r->problem.status == 0 ? 0 : n;
    }
    if (n > (large ? HTTP_UPLOAD_MAX : HTTP_JSON_MAX) - r->received) {
        (void)http_problem_set(&r->problem, 413, "the body may have at most %u bytes",
                               large ? HTTP_UPLOAD_MAX : HTTP_JSON_MAX);
        return n;
    }
    if (kind == HTTP_NDJSON) {
        n = http_import_take(r->import, data, n);
    } else if (kind == HTTP_OCTETS) {
        (void)spool(r, data, n);
    } else if (kind != HTTP_NO_BODY) {
        http_text_add(&r->body, data, n);
    }
    r->received += n;
    return n;
}

static void whole(http_request *r)
{
    if (r->problem.status == 0 && r->page == NULL) {
        if (r->import != NULL) {
            http_import_finish(r->import);
        } else {
            http_ask(r);
        }
    }
    if (r->stage == HTTP_RECEIVING && (r->problem.status != 0 || r->page != NULL)) {
        http_done(r);
    }
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **ctx)
{
    http_request *r = *ctx;
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    if (r == NULL) {
        return MHD_NO; /* out of memory */
    }
    if (!r->started) {
        bool ok = begin(r, method);
        if (!ok && (r->problem.status == 413 || r->problem.status == 503)) {
            http_done(r); /* at once: the body is not worth reading */
            return http_answer(r);
        }
        return MHD_YES;
    }
    if (*size > 0) {
        *size -= take(r, data, *size);
        return MHD_YES;
    }
    if (r->stage == HTTP_RECEIVING) {
        whole(r);
    }
    switch (r->stage) {
    case HTTP_RECEIVING:
    case HTTP_ASKING:
        return MHD_YES;
    case HTTP_ANSWERED:
        return r->page != NULL && r->problem.status == 0 ? http_answer_page(r) : http_answer(r);
    case HTTP_STREAMING:
        return http_answer_stream(r);
    }
    return MHD_NO;
}
