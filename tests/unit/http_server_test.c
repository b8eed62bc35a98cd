/* SPDX-License-Identifier: Apache-2.0 */
/* The http process with a scripted hub and keys behind real channels: libcurl asks, hub answers with
 * the arguments that it got, so that each test sees the whole way JSON → CBOR → JSON. */
#include "tests/unit/test.h"

#include "core/cbor/reader.h"
#include "core/cbor/writer.h"
#include "server/http/server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned port;
static pid_t server_pid;

/* ---- the scripted hub and keys, in the server's process and loop ---- */

typedef struct script {
    loop loop;
    role_env env;
    ipc_channel hub;
    ipc_channel keys;
    unsigned executes; /* calls without an answer so far */
    uint64_t sequence;
    loop_timer flood;
    unsigned flood_left;
} script;

static script the;

static cot_bytes text(const char *s)
{
    return (cot_bytes){(const uint8_t *)s, strlen(s)};
}

static void put(cot_writer *w, const char *key, const char *value)
{
    cot_cbor_write_text(w, text(key));
    cot_cbor_write_text(w, text(value));
}

static void reply(uint64_t id, uint16_t status, cot_bytes body)
{
    ipc_reply r = {.id = id, .status = status, .body = body};
    ipc_put_reply(ipc_begin(&the.hub, IPC_REPLY), &r);
    assert_int_equal(ipc_end(&the.hub, -1), COT_OK);
}

static void send_event(const char *name)
{
    uint8_t buf[64];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_cbor_write_map(&w, 2);
    put(&w, "endpoint", "dev");
    cot_cbor_write_text(&w, text("at"));
    cot_cbor_write_uint(&w, 1000);
    ipc_event e = {.sequence = ++the.sequence, .name = text(name), .body = {buf, w.len}};
    ipc_put_event(ipc_begin(&the.hub, IPC_EVENT), &e);
    assert_int_equal(ipc_end(&the.hub, -1), COT_OK);
}

static void hub_restarts(void)
{
    int fds[2];
    ipc_close(&the.hub);
    assert_int_equal(ipc_pair(fds), COT_OK);
    assert_int_equal(ipc_open(&the.hub, &the.loop, fds[0], 1 << 20), COT_OK);
    ipc_peer peer = {.role = IPC_HUB, .generation = 2};
    the.env.on_peer(&the.env, &peer, fds[1]);
}

#define FLOOD 4000u
#define FLOOD_BODY 4000u

/* 16 MB of events: more than the ring and the socket of a reader who does not read. */
static void on_flood(loop_timer *t)
{
    static uint8_t body[FLOOD_BODY + 16];
    cot_writer w;
    cot_writer_init(&w, body, sizeof body);
    cot_cbor_write_map(&w, 1);
    cot_cbor_write_text(&w, text("x"));
    cot_cbor_write_bytes_head(&w, FLOOD_BODY);
    for (unsigned i = 0; i < 50 && the.flood_left > 0; i++, the.flood_left--) {
        ipc_event e = {
            .sequence = ++the.sequence, .name = text("notify"), .body = {body, w.len + FLOOD_BODY}};
        ipc_put_event(ipc_begin(&the.hub, IPC_EVENT), &e);
        assert_int_equal(ipc_end(&the.hub, -1), COT_OK);
    }
    if (the.flood_left > 0) {
        loop_arm(&the.loop, t, the.loop.now + 2);
    }
}

static void reply_subscribed(uint64_t id)
{
    uint8_t buf[256];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_cbor_write_map(&w, 3);
    cot_cbor_write_text(&w, text("sequence"));
    cot_cbor_write_uint(&w, the.sequence);
    cot_cbor_write_text(&w, text("lost"));
    cot_cbor_write_bool(&w, false);
    cot_cbor_write_text(&w, text("events"));
    cot_cbor_write_array(&w, 1);
    cot_cbor_write_map(&w, 3);
    cot_cbor_write_text(&w, text("sequence"));
    cot_cbor_write_uint(&w, 7);
    put(&w, "name", "expired");
    cot_cbor_write_text(&w, text("body"));
    cot_cbor_write_map(&w, 0);
    reply(id, 200, (cot_bytes){buf, w.len});
    the.sequence = 7;
    send_event("registered");
    send_event("updated");
    if (the.flood_left > 0) {
        the.flood.on_due = on_flood;
        loop_arm(&the.loop, &the.flood, the.loop.now);
    }
}

static void reply_refused(uint64_t id, uint16_t status)
{
    uint8_t buf[64];
    cot_writer w;
    cot_writer_init(&w, buf, sizeof buf);
    cot_cbor_write_map(&w, 2);
    put(&w, "title", "No");
    put(&w, "detail", "because");
    reply(id, status, (cot_bytes){buf, w.len});
}

/* The descriptor's content as text argument "file". */
static void reply_file(uint64_t id, int fd)
{
    static uint8_t file[8192];
    static uint8_t buf[9000];
    cot_writer w;
    ssize_t n = pread(fd, file, sizeof file, 0);
    assert_true(n > 0);
    assert_int_equal(fcntl(fd, F_GET_SEALS),
                     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    cot_cbor_reader in;
    cot_cbor_reader_init(&in, (cot_bytes){file, (size_t)n}, 0);
    cot_writer_init(&w, buf, sizeof buf);
    cot_cbor_write_map(&w, 1);
    cot_cbor_write_text(&w, text("devices"));
    size_t start = w.len;
    uint64_t items = 0;
    while (in.in.err == COT_OK && cot_reader_left(&in.in) > 0) {
        cot_bytes item = cot_cbor_skip(&in);
        cot_write_bytes(&w, item.p, item.len);
        items++;
    }
    cot_cbor_insert_array(&w, start, items);
    reply(id, 200, (cot_bytes){buf, w.len});
    (void)close(fd);
}

static cot_status on_call(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    ipc_call call;
    (void)c;
    if (type == IPC_CALL_END) {
        return COT_OK;
    }
    assert_int_equal(type, IPC_CALL);
    assert_int_equal(ipc_get_call(body, &call), COT_OK);
    if (!cot_bytes_is(call.token, "good")) {
        reply_refused(call.id, 401);
    } else if (call.api == IPC_API_SUBSCRIBE) {
        reply_subscribed(call.id);
    } else if (call.api == IPC_API_DEVICE_IMPORT) {
        reply_file(call.id, fd);
    } else if (call.api == IPC_API_UPGRADE_STOP) {
        the.flood_left = FLOOD; /* at the next subscription */
        reply(call.id, 200, call.args);
    } else if (call.api == IPC_API_GROUP_GET) {
        reply_refused(call.id, 404);
    } else if (call.api == IPC_API_TOKEN_REMOVE) {
        reply(call.id, 204, (cot_bytes){(const uint8_t *)"\xa0", 1});
    } else if (call.api == IPC_API_RELEASE_LIST) {
        reply(call.id, 200, (cot_bytes){(const uint8_t *)"\xa1\x01", 2});
    } else if ((call.api == IPC_API_COMMAND_GET || call.api == IPC_API_RESOURCE_READ) &&
               the.executes++ == 0) {
        hub_restarts();
    } else {
        the.executes = 0;
        reply(call.id, call.api == IPC_API_DEVICE_ADD ? 201 : 200, call.args);
    }
    return COT_OK;
}

static cot_status on_seal(ipc_channel *c, ipc_type type, cot_reader *body, int fd)
{
    ipc_seal seal;
    uint8_t out[256];
    cot_writer w;
    (void)fd;
    assert_int_equal(type, IPC_SEAL);
    assert_int_equal(ipc_get_seal(body, &seal), COT_OK);
    cot_writer_init(&w, out, sizeof out);
    cot_write_bytes(&w, seal.identity.p, seal.identity.len);
    cot_write_u8(&w, '|');
    cot_write_u8(&w, (uint8_t)seal.secret.len);
    ipc_sealed sealed = {.id = seal.id, .sealed = {out, w.len}};
    ipc_put_sealed(ipc_begin(c, IPC_SEALED), &sealed);
    return ipc_end(c, -1);
}

static void on_gone(ipc_channel *c)
{
    (void)c;
}

static void give_peer(ipc_channel *ours, ipc_role role, ipc_handler *handler)
{
    int fds[2];
    assert_int_equal(ipc_pair(fds), COT_OK);
    ours->on_message = handler;
    ours->on_closed = on_gone;
    assert_int_equal(ipc_open(ours, &the.loop, fds[0], 1 << 20), COT_OK);
    ipc_peer peer = {.role = (uint8_t)role, .generation = 1};
    the.env.on_peer(&the.env, &peer, fds[1]);
}

static int listen_somewhere(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    port = ntohs(a.sin_port);
    return fd;
}

static void on_term(int sig)
{
    (void)sig;
    loop_stop(&the.loop);
}

static void serve(int fd)
{
    assert_int_equal(loop_init(&the.loop), COT_OK);
    the.env.loop = &the.loop;
    the.env.fds[0] = (role_fd){.kind = ROLE_FD_HTTP, .loopback = true, .fd = fd};
    the.env.fd_count = 1;
    http_server *s = http_start(&the.env);
    assert_non_null(s);
    give_peer(&the.hub, IPC_HUB, on_call);
    give_peer(&the.keys, IPC_KEYS, on_seal);
    (void)signal(SIGTERM, on_term);
    (void)loop_run(&the.loop);
    http_stop(s);
    ipc_free(&the.hub);
    ipc_free(&the.keys);
    loop_free(&the.loop);
}

static int start(void **state)
{
    int fd = listen_somewhere();
    (void)state;
    server_pid = fork();
    if (server_pid == 0) {
        serve(fd);
        exit(0); /* not _exit: the leak check runs */
    }
    (void)close(fd);
    return server_pid > 0 ? 0 : -1;
}

static int stop(void **state)
{
    int status = 0;
    (void)state;
    (void)kill(server_pid, SIGTERM);
    (void)waitpid(server_pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* ---- the client ---- */

typedef struct answer {
    long status;
    char body[16384];
    size_t len;
    char headers[4096];
    size_t headers_len;
    size_t stop_after; /* bytes of the body; 0: all */
} answer;

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
    answer *a = ctx;
    (void)size;
    assert_true(a->len + n < sizeof a->body);
    memcpy(a->body + a->len, p, n);
    a->len += n;
    a->body[a->len] = '\0';
    return a->stop_after > 0 && a->len >= a->stop_after ? 0 : n;
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
    answer *a = ctx;
    (void)size;
    assert_true(a->headers_len + n < sizeof a->headers);
    memcpy(a->headers + a->headers_len, p, n);
    a->headers_len += n;
    a->headers[a->headers_len] = '\0';
    return n;
}

/* `headers` ends with NULL. */
static answer *ask(const char *method, const char *path, const char *const *headers,
                   const char *body, size_t len, size_t stop_after)
{
    static answer a;
    char url[1024];
    struct curl_slist *list = NULL;
    memset(&a, 0, sizeof a);
    a.stop_after = stop_after;
    CURL *c = curl_easy_init();
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, path);
    for (size_t i = 0; headers[i] != NULL; i++) {
        list = curl_slist_append(list, headers[i]);
    }
    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, &a);
    (void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(c, CURLOPT_HEADERDATA, &a);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
    (void)curl_easy_setopt(c, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    if (body != NULL) {
        (void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
        (void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)len);
    }
    CURLcode code = curl_easy_perform(c);
    assert_true(code == CURLE_OK || (stop_after > 0 && code == CURLE_WRITE_ERROR));
    (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a.status);
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
    return &a;
}

static const char *const with_token[] = {"Authorization: Bearer good", NULL};
static const char *const with_json[] = {"Authorization: Bearer good",
                                        "Content-Type: application/json", NULL};
static const char *const nothing[] = {NULL};

static answer *get(const char *path)
{
    return ask("GET", path, with_token, NULL, 0, 0);
}

static answer *send_json(const char *method, const char *path, const char *body)
{
    return ask(method, path, with_json, body, strlen(body), 0);
}

static void expect_problem(const answer *a, long status, const char *detail)
{
    char mark[32];
    (void)snprintf(mark, sizeof mark, "\"status\":%ld", status);
    assert_int_equal(a->status, status);
    assert_non_null(strstr(a->headers, "Content-Type: application/problem+json"));
    assert_non_null(strstr(a->body, mark));
    if (strstr(a->body, detail) == NULL) {
        fail_msg("no '%s' in %s", detail, a->body);
    }
}

static void expect_body(const answer *a, long status, const char *body)
{
    assert_int_equal(a->status, status);
    assert_string_equal(a->body, body);
}

/* ---- the tests ---- */

static void passes_path_and_query(void **state)
{
    (void)state;
    expect_body(get("/api/v1/devices?limit=7&registered=true&q=a%2Bb+c&group=g1"), 200,
                "{\"limit\":7,\"registered\":true,\"q\":\"a+b c\",\"group\":\"g1\"}");
    expect_body(get("/api/v1/devices/urn:dev:a%2Fb"), 200, "{\"endpoint\":\"urn:dev:a/b\"}");
    expect_body(get("/api/v1/devices/e/links/3/0"), 200, "{\"endpoint\":\"e\",\"path\":\"3/0\"}");
    expect_body(get("/api/v1/devices/e/links/3%2F0"), 200, "{\"endpoint\":\"e\",\"path\":\"3/0\"}");
}

static void passes_values(void **state)
{
    (void)state;
    answer *a = send_json("PUT", "/api/v1/devices/e/instances/3/0?wait=2",
                          "{\"values\":{\"14\":\"+01\",\"15\":{\"opaque\":\"AAEC\"},"
                          "\"13\":{\"time\":\"2026-11-24T17:00:00Z\"},"
                          "\"1\":-5,\"2\":21.7,\"7/1\":true}}");
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "\"operation\":\"write\""));
    assert_non_null(strstr(a->body, "\"wait\":2"));
    assert_non_null(strstr(a->body, "\"request\":\""));
    assert_non_null(
        strstr(a->body, "\"values\":[{\"path\":\"3/0/14\",\"value\":\"+01\"},"
                        "{\"path\":\"3/0/15\",\"value\":{\"opaque\":\"AAEC\"}},"
                        "{\"path\":\"3/0/13\",\"value\":{\"time\":\"2026-11-24T17:00:00.000Z\"}},"
                        "{\"path\":\"3/0/1\",\"value\":-5},{\"path\":\"3/0/2\",\"value\":21.7},"
                        "{\"path\":\"3/0/7/1\",\"value\":true}]"));
}

static void seals_secrets(void **state)
{
    (void)state;
    answer *a = send_json("POST", "/api/v1/devices",
                          "{\"endpoint\":\"d1\",\"mode\":\"psk\",\"identity\":\"i1\","
                          "\"secret\":\"000102030405060708090a0b0c0d0e0f\"}");
    assert_int_equal(a->status, 201);
    assert_null(strstr(a->body, "0001020304"));
    assert_null(strstr(a->body, "\"secret\""));
    assert_non_null(strstr(a->body, "\"sealed\":\"aTF8EA==\"")); /* i1|<16> */
    a = send_json("POST", "/api/v1/devices",
                  "{\"endpoint\":\"d1\",\"mode\":\"psk\","
                  "\"secret\":\"000102030405060708090a0b0c0d0e0f\"}");
    assert_non_null(strstr(a->body, "\"sealed\":\"ZDF8EA==\"")); /* d1|<16> */
}

/* POST with that key; hub's `request` as it came back. */
static void request_of(char out[static 32], const char *path, const char *key, const char *body)
{
    char line[64];
    const char *const headers[] = {with_json[0], with_json[1], key != NULL ? line : NULL, NULL};
    (void)snprintf(line, sizeof line, "Idempotency-Key: %s", key != NULL ? key : "");
    answer *a = ask("POST", path, headers, body, strlen(body), 0);
    assert_true(a->status == 201 || a->status == 200);
    const char *at = strstr(a->body, "\"request\":\"");
    assert_non_null(at);
    (void)snprintf(out, 32, "%.24s", at + strlen("\"request\":\""));
}

static void repeats_by_key(void **state)
{
    static const char d1[] = "{\"endpoint\":\"d1\",\"mode\":\"nosec\"}";
    static const char d2[] = "{\"endpoint\":\"d2\",\"mode\":\"nosec\"}";
    static const char token[] = "{\"name\":\"t\",\"role\":\"read\"}";
    static const char devices[] = "/api/v1/devices";
    char first[32];
    char again[32];
    (void)state;
    request_of(first, devices, "k1", d1);
    request_of(again, devices, "k1", d1);
    assert_string_equal(first, again);
    request_of(again, devices, "k2", d1);
    assert_string_not_equal(first, again);
    request_of(again, devices, "k1", d2);
    assert_string_not_equal(first, again);
    request_of(first, devices, NULL, d1);
    request_of(again, devices, NULL, d1);
    assert_string_not_equal(first, again);
    request_of(first, "/api/v1/tokens", "k1", token); /* this route has no such header */
    request_of(again, "/api/v1/tokens", "k1", token);
    assert_string_not_equal(first, again);
}

static void refuses_bad_json(void **state)
{
    (void)state;
    expect_problem(send_json("POST", "/api/v1/devices", "{\"endpoint\":\n  oops}"), 400,
                   "line 2 column");
    expect_problem(send_json("POST", "/api/v1/devices", "[1]"), 422, "object");
    expect_problem(
        send_json("POST", "/api/v1/devices", "{\"endpoint\":\"e\",\"mode\":\"nosec\",\"x\":1}"),
        422, "x: unknown member");
    expect_problem(send_json("POST", "/api/v1/devices", "{\"mode\":\"nosec\"}"), 422,
                   "endpoint: is missing");
    expect_problem(send_json("POST", "/api/v1/devices", "{\"endpoint\":\"e\",\"mode\":\"ssl\"}"),
                   422, "mode: must be one of nosec|psk|rpk|x509");
    expect_problem(send_json("POST", "/api/v1/devices", "{\"endpoint\":\"e\",\"mode\":\"psk\"}"),
                   422, "secret: mode psk needs one");
    expect_problem(send_json("POST", "/api/v1/devices",
                             "{\"endpoint\":\"e\",\"mode\":\"psk\",\"secret\":\"0g\"}"),
                   422, "secret: must be hex");
    expect_problem(send_json("PUT", "/api/v1/devices/e/resources/3/0/14", "{\"value\":null}"), 422,
                   "value: must be");
}

static void refuses_bad_values(void **state)
{
    static const char *const bad[] = {"{\"values\":{}}",
                                      "{\"values\":[]}",
                                      "{\"values\":{\"x\":1}}",
                                      "{\"values\":{\"\":1}}",
                                      "{\"values\":{\"1/2/3\":1}}",
                                      "{\"values\":{\"14\":null}}",
                                      "{\"values\":{\"01\":1}}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_problem(send_json("PUT", "/api/v1/devices/e/instances/3/0", bad[i]), 422, "value");
    }
    expect_problem(
        send_json("PUT", "/api/v1/devices/e/instances/3/0", "{\"values\":{\"1\":1,\"1\":2}}"), 400,
        "duplicate");
}

static void refuses_bad_addresses(void **state)
{
    (void)state;
    expect_problem(get("/api/v1/nowhere"), 404, "no such address");
    expect_problem(get("/api/v1/devices/e/links/3/x"), 422, "path: must be");
    expect_problem(get("/api/v1/commands/x"), 404, "id: must be");
    expect_problem(get("/api/v1/devices?limit=0"), 422, "limit: must be");
    expect_problem(get("/api/v1/devices?limit=1&limit=2"), 422, "twice");
    expect_problem(get("/api/v1/devices?colour=red"), 422, "colour: unknown query parameter");
    answer *a = ask("DELETE", "/api/v1/devices", with_token, NULL, 0, 0);
    expect_problem(a, 405, "Allow");
    assert_non_null(strstr(a->headers, "Allow: GET, POST\r\n"));
}

static void checks_host_type_and_size(void **state)
{
    static const char *const foreign[] = {"Host: evil.example", "Authorization: Bearer good", NULL};
    static const char *const as_text[] = {"Content-Type: text/plain", "Authorization: Bearer good",
                                          NULL};
    static char big[HTTP_JSON_MAX + 10];
    (void)state;
    expect_problem(ask("GET", "/api/v1/status", foreign, NULL, 0, 0), 421, "Host");
    expect_problem(ask("GET", "/", foreign, NULL, 0, 0), 421, "Host");
    expect_problem(ask("POST", "/api/v1/devices", as_text, "{}", 2, 0), 415, "application/json");
    memset(big, ' ', sizeof big);
    expect_problem(ask("POST", "/api/v1/devices", with_json, big, sizeof big, 0), 413, "at most");
}

static void bounds_wrong_tokens(void **state)
{
    static const char *const wrong[] = {"Authorization: Bearer wrong", NULL};
    (void)state;
    answer *a = ask("GET", "/api/v1/status", nothing, NULL, 0, 0);
    expect_problem(a, 401, "Authorization: Bearer");
    assert_non_null(strstr(a->headers, "WWW-Authenticate: Bearer"));
    assert_int_equal(get("/api/v1/status")->status, 200);
    expect_problem(ask("GET", "/api/v1/status", wrong, NULL, 0, 0), 401, "because");
    for (unsigned i = 1; i < HTTP_GUARD_BURST; i++) { /* other tests sent some too */
        (void)ask("GET", "/api/v1/status", wrong, NULL, 0, 0);
    }
    a = ask("GET", "/api/v1/status", wrong, NULL, 0, 0);
    expect_problem(a, 429, "wrong tokens");
    assert_non_null(strstr(a->headers, "Retry-After: "));
    assert_int_equal(get("/api/v1/status")->status, 200); /* a good one is not locked out */
}

static void passes_refusals_of_hub(void **state)
{
    (void)state;
    expect_problem(get("/api/v1/groups/g"), 404, "because");
    expect_problem(get("/api/v1/releases"), 500, "unreadable");
    answer *a = ask("DELETE", "/api/v1/tokens/5", with_token, NULL, 0, 0);
    expect_body(a, 204, "");
}

static void survives_a_restart_of_hub(void **state)
{
    (void)state;
    expect_body(get("/api/v1/commands/5"), 200, "{\"id\":5}"); /* repeated */
    answer *a = get("/api/v1/devices/e/resources/3/0/0");      /* live: not repeated */
    expect_problem(a, 503, "starting again");
    assert_non_null(strstr(a->headers, "Retry-After: 1"));
    assert_int_equal(get("/api/v1/status")->status, 200);
}

static void streams_events(void **state)
{
    static const char end[] =
        "event: updated\ndata: {\"endpoint\":\"dev\",\"at\":\"1970-01-01T00:00:01.000Z\"}\n\n";
    (void)state;
    answer *a = ask("GET", "/api/v1/events?since=5", with_token, NULL, 0, 190);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->headers, "Content-Type: text/event-stream"));
    assert_non_null(
        strstr(a->body, "id: 7\nevent: expired\ndata: {}\n\nid: 8\nevent: registered\n"));
    assert_non_null(strstr(a->body, end));
}

static int open_stuck_reader(void)
{
    static const char request[] =
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n";
    int small = 4096;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons((uint16_t)port)};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(send(fd, request, sizeof request - 1, 0), (ssize_t)sizeof request - 1);
    return fd;
}

static size_t count_events(char *p, size_t size, size_t n, void *ctx)
{
    unsigned *events = ctx;
    (void)size;
    for (size_t i = 0; i < n; i++) {
        *events +=
            p[i] == '\n' && i > 0 && p[i - 1] == '\n' ? 1 : 0; /* a few lie across two pieces */
    }
    return *events > FLOOD * 9 / 10 ? 0 : n;
}

static void drops_a_slow_reader_alone(void **state)
{
    char url[64];
    char rest[65536];
    unsigned events = 0;
    ssize_t n = 0;
    size_t total = 0;
    (void)state;
    int stuck = open_stuck_reader();
    assert_int_equal(send_json("POST", "/api/v1/groups/g/stop", "")->status, 200);
    CURL *c = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, with_token[0]);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/api/v1/events", port);
    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, count_events);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, &events);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
    assert_int_equal(curl_easy_perform(c), CURLE_WRITE_ERROR); /* it saw them all and had enough */
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
    do { /* the other one has been cut off */
        n = recv(stuck, rest, sizeof rest, 0);
        total += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    assert_true(total < (size_t)FLOOD * FLOOD_BODY);
    (void)close(stuck);
}

static void imports_many(void **state)
{
    static const char *const ndjson[] = {"Content-Type: application/x-ndjson",
                                         "Authorization: Bearer good", NULL};
    static const char *const with_wrong[] = {"Content-Type: application/x-ndjson",
                                             "Authorization: Bearer wrong", NULL};
    static const char good[] =
        "{\"endpoint\":\"a\",\"mode\":\"nosec\"}\n\r\n"
        "{\"endpoint\":\"b\",\"mode\":\"psk\",\"secret\":\"000102030405060708090a0b0c0d0e0f\"}";
    static const char bad[] = "{\"endpoint\":\"a\",\"mode\":\"nosec\"}\n{\"endpoint\":\"b\"}\nx\n";
    (void)state;
    answer *a = ask("POST", "/api/v1/devices/import", ndjson, good, sizeof good - 1, 0);
    expect_body(a, 200,
                "{\"devices\":[{\"line\":1,\"endpoint\":\"a\",\"mode\":\"nosec\"},"
                "{\"line\":3,\"endpoint\":\"b\",\"mode\":\"psk\",\"sealed\":\"YnwQ\"}]}");
    a = ask("POST", "/api/v1/devices/import", ndjson, bad, sizeof bad - 1, 0);
    expect_problem(a, 422, "2 of 3 lines are wrong");
    a = ask("POST", "/api/v1/devices/import", with_wrong, good, sizeof good - 1, 0);
    expect_problem(a, 401, "because");
    a = ask("POST", "/api/v1/devices/import", ndjson, bad, sizeof bad - 1, 0);
    assert_non_null(strstr(a->body, "{\"line\":2,\"detail\":\"mode: is missing\"}"));
    assert_non_null(strstr(a->body, "{\"line\":3,\"detail\":\"JSON: line 1 column"));
}

static void imports_with_a_new_token(void **state)
{
    static const char *const ndjson[] = {"Content-Type: application/x-ndjson",
                                         "Authorization: Bearer good", NULL};
    static const char one[] = "{\"endpoint\":\"a\",\"mode\":\"nosec\"}";
    (void)state;
    answer *a = ask("POST", "/api/v1/devices/import", ndjson, one, sizeof one - 1, 0);
    expect_body(a, 200, "{\"devices\":[{\"line\":1,\"endpoint\":\"a\",\"mode\":\"nosec\"}]}");
}

static void serves_documents(void **state)
{
    (void)state;
    answer *a = ask("GET", "/api/v1/health", nothing, NULL, 0, 0);
    expect_body(a, 200, "{\"status\":\"ok\"}");
    a = ask("HEAD", "/api/v1/health", nothing, NULL, 0, 0);
    assert_int_equal(a->status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_with_a_new_token), /* first: no token is known yet */
        cmocka_unit_test(serves_documents),
        cmocka_unit_test(passes_path_and_query),
        cmocka_unit_test(passes_values),
        cmocka_unit_test(seals_secrets),
        cmocka_unit_test(repeats_by_key),
        cmocka_unit_test(refuses_bad_json),
        cmocka_unit_test(refuses_bad_values),
        cmocka_unit_test(refuses_bad_addresses),
        cmocka_unit_test(checks_host_type_and_size),
        cmocka_unit_test(passes_refusals_of_hub),
        cmocka_unit_test(survives_a_restart_of_hub),
        cmocka_unit_test(streams_events),
        cmocka_unit_test(drops_a_slow_reader_alone),
        cmocka_unit_test(imports_many),
        cmocka_unit_test(bounds_wrong_tokens),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
