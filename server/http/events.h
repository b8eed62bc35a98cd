/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events. All readers share one ring of the newest events, so that an event costs memory
 * once; a reader that falls out of the ring is dropped and disturbs no other. */
#ifndef COTTER_SERVER_HTTP_EVENTS_H
#define COTTER_SERVER_HTTP_EVENTS_H

#include "server/http/text.h"
#include "server/ipc/ipc.h"

#include <microhttpd.h>
#include <sys/types.h>

#define HTTP_EVENTS 4096u                      /* in the ring */
#define HTTP_EVENTS_BYTES (8u * 1024u * 1024u) /* and all their text */
#define HTTP_READERS_MAX 200u
#define HTTP_READER_TICK_MS 1000u   /* how exactly the next two are kept */
#define HTTP_READER_PING_MS 15000u  /* a comment line to an idle reader */
#define HTTP_READER_AGE_MS 3600000u /* then it must come again with its token */

typedef struct http_reader http_reader;
struct http_reader {
    struct MHD_Connection *connection;
    loop_timer *run;   /* makes libmicrohttpd run */
    http_text backlog; /* sent before anything from the ring */
    size_t backlog_at;
    uint64_t at;   /* number of the next event in the ring */
    size_t offset; /* bytes of it that are sent */
    bool linked;
    bool suspended;
    bool ended; /* nothing more comes */
    bool ping;
    cot_ms ping_at;
    cot_ms until; /* then it ends */
    http_reader *next;
    http_reader *prev;
};

typedef struct http_events {
    loop *loop;
    loop_timer tick;
    struct {
        char *text;
        size_t len;
    } ring[HTTP_EVENTS];
    uint64_t first; /* number of the oldest event in the ring */
    uint64_t next;  /* number that the next event gets */
    size_t bytes;
    http_reader *readers;
    size_t reader_count;
} http_events;

void http_events_init(http_events *e, loop *l);
/* An event from hub: to all readers. What is not well-formed is COT_E_MALFORMED. */
cot_status http_events_add(http_events *e, cot_reader *body);
/* Append what a reply to SUBSCRIBE holds to the reader's backlog. COT_OK; COT_E_MALFORMED. */
cot_status http_events_backlog(http_reader *r, cot_bytes reply);
/* Events from now on for `stay` ms, at most HTTP_READER_AGE_MS; r->connection and r->run are set. False:
 * HTTP_READERS_MAX are there. */
bool http_events_join(http_events *e, http_reader *r, cot_ms stay);
void http_events_leave(http_events *e, http_reader *r);
/* hub has gone: end all streams; readers come again with ?since. */
void http_events_end(http_events *e);
/* Bytes for a reader, as libmicrohttpd's content reader (cls is a http_stream). */
ssize_t http_events_read(http_events *e, http_reader *r, char *buf, size_t max);
void http_events_free(http_events *e);

#endif
