/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of events and its readers. */
#include "server/http/events.h"

#include "core/cbor/reader.h"
#include "server/http/json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void wake(http_events *e, http_reader *r)
{
    if (r->suspended) {
        r->suspended = false;
        MHD_resume_connection(r->connection);
        loop_arm(e->loop, r->run, e->loop->now);
    }
}

/* A reader that is stuck in its socket sees nothing of `ended`: cut its connection. */
static void end_reader(http_events *e, http_reader *r, bool stuck)
{
    r->ended = true;
    if (stuck && !r->suspended) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info != NULL) {
            (void)shutdown(info->connect_fd, SHUT_RDWR);
        }
    }
    wake(e, r);
}

static void on_tick(loop_timer *t)
{
    http_events *e = t->ctx;
    for (http_reader *r = e->readers; r != NULL; r = r->next) {
        if (e->loop->now >= r->until) {
            end_reader(e, r, false);
        } else if (e->loop->now >= r->ping_at) {
            r->ping = true;
            r->ping_at = e->loop->now + HTTP_READER_PING_MS;
            wake(e, r);
        }
    }
    if (e->readers != NULL) {
        loop_arm(e->loop, t, e->loop->now + HTTP_READER_TICK_MS);
    }
}

void http_events_init(http_events *e, loop *l)
{
    memset(e, 0, sizeof *e);
    e->loop = l;
    e->tick.on_due = on_tick;
    e->tick.ctx = e;
}

static cot_status format(http_text *out, uint64_t sequence, cot_bytes name, cot_bytes body)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] < 'a' || name.p[i] > 'z') {
            return COT_E_MALFORMED;
        }
    }
    http_text_addf(out, "id: %llu\nevent: ", (unsigned long long)sequence);
    http_text_add(out, name.p, name.len);
    http_text_adds(out, "\ndata: ");
    cot_status s = http_json_from_cbor(body, out);
    http_text_adds(out, "\n\n");
    return s;
}

static void forget_oldest(http_events *e)
{
    size_t i = (size_t)(e->first % HTTP_EVENTS);
    e->bytes -= e->ring[i].len;
    free(e->ring[i].text);
    e->ring[i].text = NULL;
    e->first++;
    for (http_reader *r = e->readers; r != NULL; r = r->next) {
        if (r->at < e->first && !r->ended) {
            end_reader(e, r, true);
        }
    }
}

cot_status http_events_add(http_events *e, cot_reader *body)
{
    ipc_event event;
    http_text text = {0};
    if (ipc_get_event(body, &event) != COT_OK) {
        return COT_E_MALFORMED;
    }
    cot_status s = format(&text, event.sequence, event.name, event.body);
    if (s != COT_OK || text.failed) {
        http_text_free(&text);
        return s;
    }
    while (e->next - e->first == HTTP_EVENTS ||
           (e->next > e->first && e->bytes + text.len > HTTP_EVENTS_BYTES)) {
        forget_oldest(e);
    }
    size_t i = (size_t)(e->next % HTTP_EVENTS);
    e->ring[i].text = text.p;
    e->ring[i].len = text.len;
    e->bytes += text.len;
    e->next++;
    for (http_reader *r = e->readers; r != NULL; r = r->next) {
        wake(e, r);
    }
    return COT_OK;
}

static cot_status read_backlog_event(cot_cbor_reader *in, http_text *out)
{
    uint64_t sequence = 0;
    cot_bytes name = {0};
    cot_bytes body = {0};
    for (uint64_t pairs = cot_cbor_read_map(in); pairs > 0 && in->in.err == COT_OK; pairs--) {
        cot_bytes key = cot_cbor_read_text(in);
        if (cot_bytes_is(key, "sequence")) {
            sequence = cot_cbor_read_uint(in);
        } else if (cot_bytes_is(key, "name")) {
            name = cot_cbor_read_text(in);
        } else if (cot_bytes_is(key, "body")) {
            body = cot_cbor_skip(in);
        } else {
            (void)cot_cbor_skip(in);
        }
    }
    return in->in.err == COT_OK ? format(out, sequence, name, body) : in->in.err;
}

static cot_status read_backlog(cot_cbor_reader *in, http_text *out)
{
    cot_status s = COT_OK;
    for (uint64_t n = cot_cbor_read_array(in); n > 0 && s == COT_OK; n--) {
        s = read_backlog_event(in, out);
    }
    return s == COT_OK ? in->in.err : s;
}

cot_status http_events_backlog(http_reader *r, cot_bytes reply)
{
    cot_cbor_reader in;
    cot_cbor_reader_init(&in, reply, 0);
    http_text_adds(&r->backlog, ": connected\n\n");
    cot_status s = COT_OK;
    for (uint64_t pairs = cot_cbor_read_map(&in); pairs > 0 && s == COT_OK; pairs--) {
        cot_bytes key = cot_cbor_read_text(&in);
        if (cot_bytes_is(key, "lost") && cot_cbor_peek(&in) == COT_CBOR_SIMPLE) {
            http_text_adds(&r->backlog, cot_cbor_read_bool(&in) ? "event: lost\ndata: {}\n\n" : "");
        } else if (cot_bytes_is(key, "events")) {
            s = read_backlog(&in, &r->backlog);
        } else {
            (void)cot_cbor_skip(&in);
        }
        s = s == COT_OK ? in.in.err : s;
    }
    return s;
}

bool http_events_join(http_events *e, http_reader *r, cot_ms stay)
{
    if (e->reader_count == HTTP_READERS_MAX) {
        return false;
    }
    r->at = e->next;
    r->until = e->loop->now + (stay < HTTP_READER_AGE_MS ? stay : HTTP_READER_AGE_MS);
    r->ping_at = e->loop->now + HTTP_READER_PING_MS;
    r->ended = stay == 0;
    r->linked = true;
    r->next = e->readers;
    r->prev = NULL;
    if (e->readers != NULL) {
        e->readers->prev = r;
    }
    e->readers = r;
    e->reader_count++;
    if (e->tick.slot == 0) {
        loop_arm(e->loop, &e->tick, e->loop->now + HTTP_READER_TICK_MS);
    }
    return true;
}

void http_events_leave(http_events *e, http_reader *r)
{
    if (r->linked) {
        *(r->prev != NULL ? &r->prev->next : &e->readers) = r->next;
        if (r->next != NULL) {
            r->next->prev = r->prev;
        }
        r->linked = false;
        e->reader_count--;
    }
    http_text_free(&r->backlog);
}

void http_events_end(http_events *e)
{
    for (http_reader *r = e->readers; r != NULL; r = r->next) {
        end_reader(e, r, false);
    }
}

/* Copy what is left of `text` from *at. */
static size_t copy(const char *text, size_t len, size_t *at, char *buf, size_t max)
{
    size_t n = len - *at < max ? len - *at : max;
    memcpy(buf, text + *at, n);
    *at += n;
    return n;
}

static size_t read_ring(http_events *e, http_reader *r, char *buf, size_t max)
{
    size_t n = 0;
    while (n < max && r->at < e->next) {
        size_t i = (size_t)(r->at % HTTP_EVENTS);
        n += copy(e->ring[i].text, e->ring[i].len, &r->offset, buf + n, max - n);
        if (r->offset == e->ring[i].len) {
            r->at++;
            r->offset = 0;
        }
    }
    return n;
}

ssize_t http_events_read(http_events *e, http_reader *r, char *buf, size_t max)
{
    if (r->backlog_at < r->backlog.len) {
        return (ssize_t)copy(r->backlog.p, r->backlog.len, &r->backlog_at, buf, max);
    }
    if (r->at < e->first) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = read_ring(e, r, buf, max);
    if (n > 0) {
        return (ssize_t)n;
    }
    if (r->ended) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (r->ping && max >= 3) {
        r->ping = false;
        memcpy(buf, ":\n\n", 3);
        return 3;
    }
    r->suspended = true;
    MHD_suspend_connection(r->connection);
    return 0;
}

void http_events_free(http_events *e)
{
    loop_disarm(e->loop, &e->tick);
    while (e->first < e->next) {
        forget_oldest(e);
    }
}
