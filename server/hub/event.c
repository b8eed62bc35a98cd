/* SPDX-License-Identifier: Apache-2.0 */
/* Recent events: a bounded ring, so that a reader that comes back can ask for what it missed. */
#include "server/hub/hub.h"

#include <stdlib.h>
#include <string.h>

static void drop_oldest(hub *h)
{
    hub_event *e = &h->events[h->event_first % HUB_EVENTS];
    h->event_bytes -= e->len;
    free(e->body);
    e->body = NULL;
    h->event_first++;
}

cot_writer *hub_event_begin(hub *h)
{
    cot_writer_init(&h->w, h->draft, HUB_EVENT_MAX);
    return &h->w;
}

void hub_event_end(hub *h, const char *name)
{
    size_t len = h->w.len;
    uint8_t *body = h->w.err == COT_OK ? malloc(len + 1) : NULL;
    if (body == NULL)
        return; /* too long, or no memory: events are news, not truth */
    memcpy(body, h->draft, len);
    while (h->event_next - h->event_first >= HUB_EVENTS ||
           (h->event_bytes + len > HUB_EVENT_BYTES && h->event_first < h->event_next))
        drop_oldest(h);
    h->events[h->event_next % HUB_EVENTS] = (hub_event){h->event_next, name, body, len};
    h->event_bytes += len;
    if (h->subscribed) {
        ipc_event e = {h->event_next, {(const uint8_t *)name, strlen(name)}, {body, len}};
        ipc_put_event(hub_begin(h, IPC_HTTP, 0, IPC_EVENT), &e);
        hub_end(h, -1);
    }
    h->event_next++;
}

void hub_event_undo(hub *h, uint64_t sequence)
{
    while (h->event_next > sequence && h->event_next > h->event_first) {
        hub_event *e = &h->events[--h->event_next % HUB_EVENTS];
        h->event_bytes -= e->len;
        free(e->body);
        e->body = NULL;
    }
}
