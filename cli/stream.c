/* SPDX-License-Identifier: Apache-2.0 */
/* GET /events, followed until told to stop: server-sent events, line by line. */
#include "cli/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES (128u * 1024u)

typedef struct follow {
    cli *c;
    const cli_stream *s;
    bool open;
    bool done;
    int status;
    char since[32];
    char name[32];
    json_t *data;
    char *line;
    size_t len;
} follow;

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
    (void)sig;
    stopped = 1;
}

void cli_stop_on_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
}

bool cli_stopped(void)
{
    return stopped != 0;
}

static void on_line(follow *f)
{
    f->line[f->len] = '\0';
    if (strncmp(f->line, "id: ", 4) == 0) {
        (void)snprintf(f->since, sizeof f->since, "%s", f->line + 4);
    } else if (strncmp(f->line, "event: ", 7) == 0) {
        (void)snprintf(f->name, sizeof f->name, "%s", f->line + 7);
    } else if (strncmp(f->line, "data: ", 6) == 0) {
        json_decref(f->data);
        f->data = json_loads(f->line + 6, JSON_ALLOW_NUL, NULL);
    } else if (f->len == 0 && f->data != NULL) {
        f->done = !f->s->on_event(f->name, f->data, f->s->ctx);
        json_decref(f->data);
        f->data = NULL;
    }
    f->len = 0;
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    follow *f = ctx;
    (void)size;
    if (!f->open) {
        f->open = true;
        f->status = f->s->on_open != NULL ? f->s->on_open(f->c, f->s->ctx) : CLI_OK;
        f->done = f->status != CLI_OK;
    }
    for (size_t i = 0; i < n && !f->done; i++) {
        if (p[i] == '\n') {
            on_line(f);
        } else if (f->len < LINE_BYTES - 1) {
            f->line[f->len++] = p[i];
        }
    }
    return f->done ? 0 : n;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t x, curl_off_t y)
{
    (void)ctx;
    (void)a;
    (void)b;
    (void)x;
    (void)y;
    return cli_stopped() ? 1 : 0;
}

/* A stream of its own; c->curl stays free for requests from within the callbacks. */
static CURL *make(follow *f)
{
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        cli_error("out of memory");
        return NULL;
    }
    cli_set_server(f->c, curl);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, f);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    return curl;
}

static void follow_once(follow *f, CURL *curl, struct curl_slist *headers)
{
    char url[1024];
    (void)snprintf(url, sizeof url, "%s/api/v1/events%s%s",
                   f->c->server != NULL ? f->c->server : "http://localhost",
                   f->since[0] != '\0' ? "?since=" : "", f->since);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    f->len = 0;
    (void)curl_easy_perform(curl);
    long status = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400 && status < 500 && status != 429) {
        cli_error("the server refuses the events: status %ld", status);
        f->status = CLI_FAILED;
        f->done = true;
    }
}

int cli_watch(cli *c, const cli_stream *s)
{
    follow f = {.c = c, .s = s};
    json_t *reply = NULL;
    int status = cli_get(c, cli_path("/status"), &reply); /* finds server and token */
    json_decref(reply);
    if (status != CLI_OK) {
        return status;
    }
    CURL *curl = make(&f);
    f.line = malloc(LINE_BYTES);
    if (curl == NULL || f.line == NULL) {
        curl_easy_cleanup(curl);
        return CLI_FAILED;
    }
    struct curl_slist *headers = curl_slist_append(NULL, c->auth);
    time_t lost = 0;
    while (!f.done && !cli_stopped()) {
        time_t from = time(NULL);
        follow_once(&f, curl, headers);
        lost = time(NULL) - from > 1 ? 0 : lost + 1;
        if (lost > 30) {
            cli_error("the server has gone");
            f.status = CLI_UNREACHABLE;
            break;
        }
        if (!f.done && !cli_stopped()) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
        }
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    json_decref(f.data);
    free(f.line);
    return f.status;
}
