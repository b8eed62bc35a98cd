/* SPDX-License-Identifier: Apache-2.0 */
/* Newline-delimited JSON → CBOR sequence in r->spool, secrets sealed by keys, many at a time. */
#include "server/http/import.h"

#include "core/cbor/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 128u /* secrets with keys at once */
#define LINE_BYTES 4096u
#define DEVICE_MAX 2048u /* the map of one device */
#define ERRORS_MAX 100u  /* that are told */

typedef struct pending {
    http_import *import;
    http_call call;
    http_secret secret;
    cot_bytes identity; /* in `map` */
    uint8_t map[DEVICE_MAX];
    cot_writer w;
} pending;

struct http_import {
    http_request *r;
    http_match match; /* of POST /devices */
    pending window[WINDOW];
    size_t in_flight;
    bool whole; /* no more lines come */
    size_t line;
    size_t devices;
    char text[LINE_BYTES];
    size_t text_len;
    bool too_long;
    uint8_t out[65536];
    size_t out_len;
    http_text errors;
    size_t error_count;
};

http_import *http_import_new(http_request *r)
{
    http_import *m = calloc(1, sizeof *m);
    if (m != NULL) {
        m->r = r;
        m->match.route = http_device_route();
    }
    return m;
}

void http_import_free(http_import *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < WINDOW; i++) {
        http_link_drop(&m->r->server->keys, &m->window[i].call);
    }
    http_text_free(&m->errors);
    http_free(m);
}

static bool flush(http_import *m)
{
    size_t at = 0;
    while (at < m->out_len) {
        ssize_t n = write(m->r->spool, m->out + at, m->out_len - at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return http_overloaded(m->r);
        }
        at += (size_t)n;
    }
    m->out_len = 0;
    return true;
}

static void add_device(http_import *m, const pending *p)
{
    if (m->out_len + p->w.len > sizeof m->out && !flush(m)) {
        return;
    }
    memcpy(m->out + m->out_len, p->map, p->w.len);
    m->out_len += p->w.len;
    m->devices++;
}

static void add_error(http_import *m, const char *detail)
{
    if (m->error_count++ < ERRORS_MAX) {
        http_text_addf(&m->errors, "%s{\"line\":%zu,\"detail\":", m->error_count > 1 ? "," : "",
                       m->line);
        http_text_json(&m->errors, (cot_bytes){(const uint8_t *)detail, strlen(detail)});
        http_text_adds(&m->errors, "}");
    }
}

static void refuse(http_import *m)
{
    http_request *r = m->r;
    r->status = 422;
    http_text_addf(&r->answer,
                   "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
                   "\"detail\":\"%zu of %zu lines are wrong; nothing was imported\",\"errors\":[",
                   m->error_count, m->line);
    http_text_add(&r->answer, m->errors.p, m->errors.len);
    http_text_adds(&r->answer, "]}");
    http_done(r);
}

/* All lines are there and no secret is with keys any more. */
static void complete(http_import *m)
{
    http_request *r = m->r;
    if (r->problem.status == 0 && m->error_count == 0 && m->devices == 0) {
        (void)http_problem_set(&r->problem, 422, "the body has no line with a device");
    }
    if (r->problem.status == 0 && m->error_count > 0) {
        refuse(m);
        return;
    }
    if (r->problem.status == 0 && flush(m) && http_make_arguments(r, NULL)) {
        http_ask_hub(r);
    }
    if (r->problem.status != 0) {
        http_done(r);
    }
}

static void after_seal(http_import *m)
{
    m->in_flight--;
    if (m->whole && m->in_flight == 0) {
        complete(m);
    } else if (!m->whole && m->in_flight <= WINDOW / 2) {
        http_resume(m->r);
    }
}

static void on_lost(http_call *c, http_lost why)
{
    pending *p = c->ctx;
    (void)why;
    cot_wipe(&p->secret, sizeof p->secret);
    p->import->r->problem.retry_after = 1;
    (void)http_problem_set(&p->import->r->problem, 503,
                           "the key store did not answer; nothing was imported, try again");
    after_seal(p->import);
}

static cot_status on_sealed(http_call *c, cot_reader *body)
{
    pending *p = c->ctx;
    ipc_sealed sealed;
    if (ipc_get_sealed(body, &sealed) != COT_OK || sealed.sealed.len == 0) {
        on_lost(c, HTTP_LOST_PEER);
        return COT_E_MALFORMED;
    }
    cot_wipe(&p->secret, sizeof p->secret);
    cot_cbor_write_text(&p->w, (cot_bytes){(const uint8_t *)"sealed", 6});
    cot_cbor_write_bytes(&p->w, sealed.sealed);
    if (p->w.err == COT_OK) {
        add_device(p->import, p);
    }
    after_seal(p->import);
    return COT_OK;
}

static void put_seal(const http_call *c, cot_writer *w)
{
    const pending *p = c->ctx;
    ipc_seal seal = {
        .id = c->id, .identity = p->identity, .secret = {p->secret.bytes, p->secret.len}};
    ipc_put_seal(w, &seal);
}

static void ask_keys(http_import *m, pending *p)
{
    p->call = (http_call){
        .type = IPC_SEAL,
        .fd = -1,
        .deadline = m->r->server->loop->now + HTTP_HUB_MS,
        .put = put_seal,
        .on_reply = on_sealed,
        .on_lost = on_lost,
        .ctx = p,
    };
    if (http_link_send(&m->r->server->keys, &p->call) != COT_OK) {
        cot_wipe(&p->secret, sizeof p->secret);
        (void)http_overloaded(m->r);
        return;
    }
    m->in_flight++;
}

static pending *free_pending(http_import *m)
{
    for (size_t i = 0; i < WINDOW; i++) {
        if (m->window[i].call.id == 0) {
            return &m->window[i];
        }
    }
    return NULL;
}

/* What its secret is bound to: the identity, else the endpoint. */
static cot_bytes identity_in(json_t *body, pending *p)
{
    json_t *identity = json_object_get(body, "identity");
    if (!json_is_string(identity)) {
        identity = json_object_get(body, "endpoint");
    }
    size_t n = json_string_length(identity);
    uint8_t *copy = p->map + DEVICE_MAX - n; /* behind the map, which never reaches so far */
    memcpy(copy, json_string_value(identity), n);
    return (cot_bytes){copy, n};
}

static void take_device(http_import *m, pending *p, json_t *body, http_problem *problem)
{
    static const http_target no_query;
    uint8_t extra[24];
    cot_writer w;
    cot_writer_init(&w, extra, sizeof extra);
    cot_cbor_write_text(&w, (cot_bytes){(const uint8_t *)"line", 4});
    cot_cbor_write_uint(&w, m->line);
    cot_writer_init(&p->w, p->map, DEVICE_MAX - IPC_ENDPOINT_MAX);
    http_input in = {.match = &m->match,
                     .target = &no_query,
                     .body = body,
                     .extra = {extra, w.len},
                     .extra_count = 1};
    p->import = m;
    if (!http_arguments(&in, &p->w, &p->secret, problem)) {
        return;
    }
    if (p->secret.len > 0) {
        p->identity = identity_in(body, p);
        ask_keys(m, p);
    } else {
        add_device(m, p);
    }
}

static void take_line(http_import *m)
{
    http_problem problem = {0};
    size_t n = m->text_len;
    m->line++;
    m->text_len = 0;
    if (n > 0 && m->text[n - 1] == '\r') {
        n--;
    }
    if (m->too_long) {
        m->too_long = false;
        add_error(m, "the line is longer than 4096 bytes");
        return;
    }
    if (n == 0) {
        return;
    }
    json_t *body = http_body_parse((cot_bytes){(const uint8_t *)m->text, n}, &problem);
    cot_wipe(m->text, n);
    pending *p = free_pending(m); /* there is one: in_flight is below WINDOW here */
    if (body != NULL && p != NULL) {
        take_device(m, p, body, &problem);
    }
    json_decref(body);
    if (problem.status != 0) {
        add_error(m, problem.detail);
    }
}

size_t http_import_take(http_import *m, const char *data, size_t n)
{
    size_t at = 0;
    while (at < n && m->r->problem.status == 0) {
        if (m->in_flight == WINDOW) {
            http_suspend(m->r);
            return at;
        }
        char c = data[at++];
        if (c == '\n') {
            take_line(m);
        } else if (m->text_len < sizeof m->text) {
            m->text[m->text_len++] = c;
        } else {
            m->too_long = true;
        }
    }
    return n;
}

void http_import_finish(http_import *m)
{
    if (m->text_len > 0) {
        if (m->in_flight == WINDOW) {
            http_suspend(m->r); /* comes again */
            return;
        }
        take_line(m);
    }
    m->whole = true;
    if (m->in_flight == 0) {
        complete(m);
    } else {
        m->r->stage = HTTP_ASKING;
        http_suspend(m->r);
    }
}
