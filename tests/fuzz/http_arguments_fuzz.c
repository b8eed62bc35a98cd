/* SPDX-License-Identifier: Apache-2.0 */
/* Any request: first byte the method, then the target up to a line feed, then the body. What passes the schema is
 * one well-formed CBOR map, which can be shown as JSON again; what does not has a problem. */
#include "core/cbor/reader.h"
#include "server/http/json.h"
#include "server/http/schema.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check(const uint8_t *args, cot_writer *w, const http_secret *secret)
{
    http_text text = {0};
    if (secret->len > 0) {
        cot_write_bytes(w, "\x66sealed\x41x", 9); /* as http_ask adds it */
    }
    if (w->err == COT_OK) {
        require(cot_cbor_check((cot_bytes){args, w->len}, 0) == COT_OK);
        require(http_json_from_cbor((cot_bytes){args, w->len}, &text) == COT_OK);
    }
    http_text_free(&text);
}

static void try_request(const http_match *m, const http_target *t, cot_bytes body)
{
    static uint8_t args[4096];
    http_problem p = {0};
    http_secret secret;
    cot_writer w;
    cot_writer_init(&w, args, sizeof args);
    http_input in = {.match = m, .target = t, .idempotency_key = "key"};
    bool json = m->route->body == HTTP_JSON || m->route->body == HTTP_JSON_OR_NONE;
    if (json && (in.body = http_body_parse(body, &p)) == NULL) {
        require(p.status == 400 || p.status == 422);
        return;
    }
    if (http_arguments(&in, &w, &secret, &p)) {
        check(args, &w, &secret);
    } else {
        require(p.status == 404 || p.status == 413 || p.status == 422);
        require(secret.len == 0);
    }
    json_decref(in.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const http_method methods[] = {HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};
    char target[512];
    http_target t;
    const uint8_t *line = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
    if (line == NULL || (size_t)(line - data) > sizeof target) {
        return 0;
    }
    size_t len = (size_t)(line - data) - 1;
    memcpy(target, data + 1, len);
    target[len] = '\0';
    if (http_target_parse(target, &t) != COT_OK) {
        return 0;
    }
    http_match m = http_route_find(methods[data[0] % 5], t.path);
    if (m.route != NULL) {
        try_request(&m, &t, (cot_bytes){line + 1, size - (size_t)(line + 1 - data)});
    }
    return 0;
}
