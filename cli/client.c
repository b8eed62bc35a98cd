/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to cotterd's API through libcurl: over the Unix socket of the local cotterd, or a URL. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX (64u * 1024u * 1024u)
#define PATIENCE_S 15 /* how long requests are repeated while the server is restarting */

typedef struct buffer {
    char *p;
    size_t len;
} buffer;

/* ---- where the server is, and the token ---- */

static bool find_socket(cli *c)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char paths[2][256] = {"", "/run/cotter/http.sock"};
    if (runtime != NULL) {
        (void)snprintf(paths[0], sizeof paths[0], "%s/cotter/http.sock", runtime);
    }
    for (size_t i = 0; i < 2; i++) {
        if (paths[i][0] != '\0' && access(paths[i], F_OK) == 0) {
            memcpy(c->socket, paths[i], sizeof paths[i]);
            return true;
        }
    }
    cli_error("no cotterd runs here (%s is not there); start one, or name it: --server URL",
              paths[1]);
    return false;
}

static bool read_token(cli *c, const char *file)
{
    char line[144] = "";
    FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    bool got = f != NULL && fgets(line, sizeof line, f) != NULL;
    if (f != NULL && f != stdin) {
        (void)fclose(f);
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (!got || line[0] == '\0') {
        cli_error("%s: no API token can be read from it", file);
        return false;
    }
    (void)snprintf(c->auth, sizeof c->auth, "Authorization: Bearer %s", line);
    cot_wipe(line, sizeof line);
    return true;
}

static bool find_token(cli *c)
{
    char beside[300] = "";
    const char *file = c->token_file != NULL ? c->token_file : getenv("COTTER_TOKEN_FILE");
    if (file == NULL && c->socket[0] != '\0') {
        (void)snprintf(beside, sizeof beside, "%.*s/admin.token",
                       (int)(strrchr(c->socket, '/') - c->socket), c->socket);
        file = beside;
    }
    if (file == NULL) {
        cli_error("--server needs a token too: --token-file FILE or $COTTER_TOKEN_FILE");
        return false;
    }
    return read_token(c, file);
}

/* CLI_OK with c->curl, or an exit status. */
static int prepare(cli *c)
{
    if (c->curl != NULL) {
        return CLI_OK;
    }
    if (c->server == NULL) {
        c->server = getenv("COTTER_SERVER");
    }
    if (c->server == NULL && !find_socket(c)) {
        return CLI_UNREACHABLE;
    }
    if (!find_token(c)) {
        return CLI_USAGE;
    }
    c->curl = curl_easy_init();
    if (c->curl == NULL) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    return CLI_OK;
}

void cli_set_server(const cli *c, CURL *curl)
{
    const char *ca = c->server_ca != NULL ? c->server_ca : getenv("COTTER_SERVER_CA");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
    if (c->socket[0] != '\0') {
        (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
    }
    if (ca != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    }
}

static void set_target(cli *c, CURL *curl, const char *path)
{
    char url[2048];
    (void)snprintf(url, sizeof url, "%s/api/v1%s",
                   c->server != NULL ? c->server : "http://localhost", path);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    cli_set_server(c, curl);
}

/* ---- paths ---- */

static void append(char **at, const char *end, char ch)
{
    if (*at < end) {
        *(*at)++ = ch;
    }
}

static void append_encoded(char **at, const char *end, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            append(at, end, *text);
        } else {
            append(at, end, '%');
            append(at, end, "0123456789ABCDEF"[(unsigned char)*text >> 4]);
            append(at, end, "0123456789ABCDEF"[(unsigned char)*text & 15]);
        }
    }
}

char *cli_path(const char *pattern, ...)
{
    size_t cap = 1900;
    char *path = calloc(1, cap + 1);
    char *at = path;
    va_list ap;
    va_start(ap, pattern);
    while (path != NULL && *pattern != '\0') {
        if (strncmp(pattern, "{}", 2) == 0) {
            append_encoded(&at, path + cap, va_arg(ap, const char *));
            pattern += 2;
        } else {
            append(&at, path + cap, *pattern++);
        }
    }
    va_end(ap);
    return path;
}

/* ---- one request ---- */

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    buffer *b = ctx;
    (void)size;
    char *grown = b->len + n < REPLY_MAX ? realloc(b->p, b->len + n + 1) : NULL;
    if (grown == NULL) {
        return 0;
    }
    memcpy(grown + b->len, p, n);
    b->p = grown;
    b->len += n;
    b->p[b->len] = '\0';
    return n;
}

static struct curl_slist *add_key(struct curl_slist *headers)
{
    uint8_t random[16];
    char line[64] = "Idempotency-Key: ";
    size_t at = strlen(line);
    if (getrandom(random, sizeof random, 0) == (ssize_t)sizeof random) {
        for (size_t i = 0; i < sizeof random; i++) {
            (void)snprintf(line + at + 2 * i, 3, "%02x", (unsigned)random[i]);
        }
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

static struct curl_slist *headers_of(const cli *c, const cli_request *r, bool has_body)
{
    char type[96];
    struct curl_slist *headers = curl_slist_append(NULL, c->auth);
    headers = curl_slist_append(headers, "Expect:");
    if (has_body) {
        (void)snprintf(type, sizeof type, "Content-Type: %s",
                       r->type != NULL ? r->type : "application/json");
        headers = curl_slist_append(headers, type);
    }
    return r->once ? add_key(headers) : headers;
}

static CURLcode perform(cli *c, const cli_request *r, const char *body, struct curl_slist *headers,
                        buffer *out, long *status)
{
    CURL *curl = c->curl;
    curl_easy_reset(curl);
    set_target(c, curl, r->path);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 180L);
    if (body != NULL || r->bytes != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)(body != NULL ? strlen(body) : r->len));
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                               body != NULL ? (const void *)body : r->bytes);
    }
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    return code;
}

/* May it be sent again, after an answer of 503 or none at all? */
static bool again(const cli_request *r, CURLcode code, long status, time_t since)
{
    bool safe = r->once || strcmp(r->method, "GET") == 0;
    bool lost = code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
    return safe && (lost || (code == CURLE_OK && status == 503)) &&
           time(NULL) - since < PATIENCE_S && !cli_stopped();
}

static void say_problem(long status, const json_t *problem, const char *text)
{
    const char *detail = cli_text(problem, "detail");
    const char *title = cli_text(problem, "title");
    size_t i;
    json_t *line;
    cli_error("%ld %s%s%s", status, title, detail[0] != '\0' ? ": " : "",
              detail[0] != '\0' ? detail
              : problem == NULL ? text
                                : "");
    json_array_foreach(json_object_get(problem, "errors"), i, line)
    {
        (void)fprintf(stderr, "  line %lld: %s\n", cli_number(line, "line"),
                      cli_text(line, "detail"));
    }
}

static int judge(cli *c, CURLcode code, long status, const buffer *out, bool exact, json_t **reply)
{
    if (code != CURLE_OK) {
        if (code == CURLE_PEER_FAILED_VERIFICATION) {
            cli_error("the server's certificate is not trusted: name its CA with --server-ca FILE");
            return CLI_UNREACHABLE;
        }
        cli_error("no server answers at %s: %s", c->server != NULL ? c->server : c->socket,
                  curl_easy_strerror(code));
        return CLI_UNREACHABLE;
    }
    *reply = out->len > 0 ? json_loadb(out->p, out->len, JSON_ALLOW_NUL, NULL) : NULL;
    if (status >= 400) {
        cli_make_printable(*reply);
        say_problem(status, *reply, out->p != NULL ? out->p : "");
        return CLI_FAILED;
    }
    if (out->len > 0 && *reply == NULL) {
        cli_error("the server's answer is no JSON");
        return CLI_FAILED;
    }
    if (!exact && !c->json) {
        cli_make_printable(*reply);
    }
    return CLI_OK;
}

int cli_ask(cli *c, const cli_request *r, json_t **reply)
{
    buffer out = {0};
    long status = 0;
    unsigned tries = 0;
    CURLcode code = CURLE_OK;
    time_t since = time(NULL);
    int exit_status = prepare(c);
    *reply = NULL;
    c->refused = false;
    if (exit_status != CLI_OK) {
        json_decref(r->body);
        return exit_status;
    }
    char *body = r->body != NULL ? json_dumps(r->body, JSON_COMPACT) : NULL;
    struct curl_slist *headers = headers_of(c, r, body != NULL || r->bytes != NULL);
    do {
        if (tries++ > 0) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        }
        out.len = 0;
        code = perform(c, r, body, headers, &out, &status);
    } while (again(r, code, status, since));
    c->refused = tries == 1 && code == CURLE_OK && status >= 400 && status < 500;
    exit_status = judge(c, code, status, &out, r->exact, reply);
    curl_slist_free_all(headers);
    if (body != NULL) {
        cot_wipe(body, strlen(body)); /* it may hold a device's key */
    }
    free(body);
    if (out.p != NULL) {
        cot_wipe(out.p, out.len);
    }
    free(out.p);
    json_decref(r->body);
    return exit_status;
}

int cli_get(cli *c, char *path, json_t **reply)
{
    cli_request r = {.method = "GET", .path = path};
    int status = cli_ask(c, &r, reply);
    free(path);
    return status;
}

int cli_send(cli *c, const char *method, char *path)
{
    json_t *reply = NULL;
    cli_request r = {.method = method, .path = path};
    int status = cli_ask(c, &r, &reply);
    free(path);
    if (status == CLI_OK && c->json && reply != NULL) {
        cli_print_json(reply);
    }
    json_decref(reply);
    return status;
}

int cli_get_all(cli *c, char *path, json_t **items)
{
    char cursor[600] = "";
    int status = CLI_OK;
    *items = json_array();
    do {
        json_t *page = NULL;
        char *url = NULL;
        char mark = strchr(path, '?') != NULL ? '&' : '?';
        char encoded[1900];
        char *at = encoded;
        append_encoded(&at, encoded + sizeof encoded - 1, cursor);
        *at = '\0';
        size_t cap = strlen(path) + strlen(encoded) + 32;
        url = calloc(1, cap);
        (void)snprintf(url, cap, "%s%climit=200%s%s", path, mark,
                       cursor[0] != '\0' ? "&cursor=" : "", encoded);
        cli_request r = {.method = "GET", .path = url, .exact = true}; /* its cursor is */
        status = cli_ask(c, &r, &page);
        free(url);
        (void)json_array_extend(*items, json_object_get(page, "items"));
        (void)snprintf(cursor, sizeof cursor, "%s", cli_text(page, "next"));
        json_decref(page);
    } while (status == CLI_OK && cursor[0] != '\0');
    free(path);
    if (status != CLI_OK) {
        json_decref(*items);
        *items = NULL;
    } else if (!c->json) {
        cli_make_printable(*items);
    }
    return status;
}
