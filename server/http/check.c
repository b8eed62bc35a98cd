/* SPDX-License-Identifier: Apache-2.0 */
/* What the request line and headers alone decide: target, host, route, token, media type, size. */
#include "server/http/server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *header(const http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static http_method method_of(const char *name)
{
    static const struct {
        const char *name;
        http_method method;
    } methods[] = {
        {"GET", HTTP_GET}, {"HEAD", HTTP_GET},    {"POST", HTTP_POST},
        {"PUT", HTTP_PUT}, {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(name, methods[i].name) == 0) {
            return methods[i].method;
        }
    }
    return 0;
}

static bool check_target(http_request *r)
{
    if (r->uri == NULL) {
        return http_problem_set(&r->problem, 414, "the address is longer than %u bytes",
                                HTTP_URI_MAX);
    }
    if (http_target_parse(r->uri, &r->target) != COT_OK) {
        return http_problem_set(&r->problem, 400,
                                "the address is malformed or has more than %d query parameters",
                                HTTP_QUERY_MAX);
    }
    return true;
}

static bool check_host(http_request *r)
{
    const char *host = header(r, "Host");
    if (!r->listener->plain || (host != NULL && http_guard_host(host))) {
        return true;
    }
    return http_problem_set(&r->problem, 421,
                            "this listener serves 127.0.0.1, [::1] and localhost; the Host header "
                            "must be one of them");
}

static bool check_route(http_request *r, http_method method)
{
    static const size_t base = sizeof HTTP_BASE - 1;
    cot_bytes path = r->target.path;
    if (path.len == 1 && path.p[0] == '/') {
        r->page = "page";
        r->match.allowed = HTTP_GET;
        return method == HTTP_GET ||
               http_problem_set(&r->problem, 405, "this page can only be read");
    }
    if (path.len > base && memcmp(path.p, HTTP_BASE, base) == 0) {
        r->match = http_route_find(method, (cot_bytes){path.p + base, path.len - base});
    }
    if (r->match.route != NULL) {
        r->page = (r->match.route->flags & HTTP_DOCUMENT) != 0 ? r->match.route->path : NULL;
        return true;
    }
    if (r->match.allowed != 0) {
        return http_problem_set(&r->problem, 405, "this address has other methods: see Allow");
    }
    return http_problem_set(&r->problem, 404,
                            "no such address; " HTTP_BASE "/openapi.json lists them");
}

static bool check_token(http_request *r)
{
    cot_bytes token = http_bearer(header(r, "Authorization"));
    cot_bytes client = {r->client, r->client_len};
    if (r->page != NULL) {
        return true;
    }
    if (token.len == 0) {
        return http_problem_set(&r->problem, 401, "send the header Authorization: Bearer TOKEN");
    }
    memcpy(r->token, token.p, token.len);
    r->token_len = token.len;
    if (!http_guard_admit(&r->server->guard, client, token, r->server->loop->now)) {
        (void)http_problem_set(&r->problem, 429, "too many wrong tokens; wait and use a valid one");
        r->problem.retry_after = 1;
        return false;
    }
    return true;
}

static bool is_media_type(const char *type, const char *want)
{
    size_t n = strlen(want);
    return type != NULL && strncasecmp(type, want, n) == 0 &&
           (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static bool check_length(http_request *r, unsigned long long max)
{
    const char *length = header(r, "Content-Length");
    if (length != NULL && strtoull(length, NULL, 10) > max) {
        return http_problem_set(&r->problem, 413, "the body may have at most %llu bytes", max);
    }
    return true;
}

static bool has_body(const http_request *r)
{
    const char *length = header(r, "Content-Length");
    return header(r, "Transfer-Encoding") != NULL ||
           (length != NULL && strtoull(length, NULL, 10) > 0);
}

static bool check_body(http_request *r)
{
    const char *type = header(r, "Content-Type");
    const char *want = "application/json";
    unsigned long long max = HTTP_JSON_MAX;
    switch (r->page != NULL ? HTTP_NO_BODY : r->match.route->body) {
    case HTTP_NO_BODY:
        return check_length(r, max);
    case HTTP_JSON_OR_NONE:
        if (!has_body(r)) {
            return true;
        }
        break;
    case HTTP_JSON:
        break;
    case HTTP_NDJSON:
        want = "application/x-ndjson";
        max = HTTP_UPLOAD_MAX;
        break;
    case HTTP_OCTETS:
        want = "application/octet-stream";
        max = HTTP_UPLOAD_MAX;
        break;
    }
    if (!is_media_type(type, want)) {
        return http_problem_set(&r->problem, 415, "send the body as Content-Type: %s", want);
    }
    return check_length(r, max);
}

bool http_check_headers(http_request *r, const char *method)
{
    http_method m = method_of(method);
    return check_target(r) && check_host(r) && check_route(r, m) && check_token(r) && check_body(r);
}
