/* SPDX-License-Identifier: Apache-2.0 */
/* The http process: its state, and one request's life from the first header to the last byte.
 *
 *     RECEIVING  headers were checked; the body comes in: kept, spooled to a memfd, or thrown away
 *     ASKING     suspended in libmicrohttpd; keys or hub work on it
 *     ANSWERED   status and body are there; libmicrohttpd calls the handler once more, which sends them
 *     STREAMING  server-sent events flow until either side ends them */
#ifndef COTTER_SERVER_HTTP_SERVER_H
#define COTTER_SERVER_HTTP_SERVER_H

#include "server/http/events.h"
#include "server/http/guard.h"
#include "server/http/link.h"
#include "server/http/schema.h"
#include "server/role.h"

#include <microhttpd.h>

#define HTTP_LISTENERS_MAX 8u
#define HTTP_CONNECTIONS_MAX 512u
#define HTTP_URI_MAX 4096u
#define HTTP_ARGS_MAX IPC_PAYLOAD_MAX
#define HTTP_HUB_MS 10000u /* how long hub may take beside what the client waits for */

typedef struct http_server http_server;
typedef struct http_request http_request;
typedef struct http_import http_import;

typedef struct http_listener {
    http_server *server;
    struct MHD_Daemon *daemon;
    loop_io io;       /* libmicrohttpd's epoll descriptor */
    loop_timer timer; /* libmicrohttpd has to run: due at once after a resume */
    bool local;       /* the Unix socket */
    bool plain;       /* HTTP without TLS on TCP: the Host header is checked */
} http_listener;

struct http_server {
    role_env *env;
    loop *loop;
    http_link hub;
    http_link keys;
    http_guard guard;
    http_events events;
    http_listener listeners[HTTP_LISTENERS_MAX];
    size_t listener_count;
    char page_policy[512]; /* Content-Security-Policy of the page */
};

typedef enum http_stage { HTTP_RECEIVING, HTTP_ASKING, HTTP_ANSWERED, HTTP_STREAMING } http_stage;

struct http_request {
    http_server *server;
    http_listener *listener;
    struct MHD_Connection *connection;
    http_stage stage;
    bool started;     /* the headers were looked at */
    bool suspended;   /* in libmicrohttpd */
    bool token_asked; /* http_ask_token was called */
    char *uri;
    http_target target;
    http_match match;
    const char *page; /* a built-in document, else NULL */
    http_problem problem;
    uint8_t client[16]; /* address, for the guard */
    size_t client_len;
    char token[HTTP_TOKEN_MAX + 1];
    size_t token_len;
    http_text body;  /* JSON as it comes in */
    size_t received; /* bytes of the body */
    int spool;       /* memfd of a large body, or -1 */
    http_import *import;
    uint8_t *args; /* HTTP_ARGS_MAX; the CBOR map */
    cot_writer writer;
    http_secret secret;
    cot_bytes sealed_identity; /* in `args` */
    http_call call;            /* to hub */
    http_call seal;            /* to keys */
    unsigned status;
    http_text answer;
    http_reader reader;
};

/* ---- http.c ---- */

/* Everything before the sandbox is sealed; the listeners are served by env->loop. NULL when role_failed
 * was said. */
http_server *http_start(role_env *env);
/* Ends all requests. */
void http_stop(http_server *s);

/* ---- request.c: libmicrohttpd's callbacks ---- */

void *http_on_uri(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **ctx);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **ctx,
                       enum MHD_RequestTerminationCode why);

/* End a request with the problem in it, or with what is in `status` and `answer`; resumes it. */
void http_done(http_request *r);
/* Let libmicrohttpd leave it alone until http_resume. Both do nothing when it is so already. */
void http_suspend(http_request *r);
void http_resume(http_request *r);
/* Out of memory, queue full and the like: one 503. Returns false. */
bool http_overloaded(http_request *r);

/* ---- check.c: what the headers alone decide ---- */

/* False with r->problem set. */
bool http_check_headers(http_request *r, const char *method);

/* ---- ask.c: arguments to hub, secrets to keys first ---- */

/* Before a large body is taken in: is the token one? Suspends the request, which then goes on or is answered. */
void http_ask_token(http_request *r);
/* Asks, and suspends the request; or sets a problem. */
void http_ask(http_request *r);
/* Check the request and its body and write r->args. False with a problem set. */
bool http_make_arguments(http_request *r, json_t *body);
/* Only the last step of http_ask: the arguments are written. */
void http_ask_hub(http_request *r);
/* Give up what is in flight; hub is told. */
void http_ask_cancel(http_request *r);

/* ---- answer.c ---- */

enum MHD_Result http_answer(http_request *r);
enum MHD_Result http_answer_page(http_request *r);
enum MHD_Result http_answer_stream(http_request *r);

#endif
