/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications (RFC 7641 section 3.2): known token, newer than the last, then to hub. */
#include "core/lwm2m/content.h"
#include "server/net/net.h"

#include <string.h>

static bool has_more(const cot_coap_view *v)
{
    cot_coap_block b;
    return COT_COAP_HAS(v, BLOCK2) && cot_coap_block_decode(v->block2, &b) == COT_OK && b.more;
}

/* Put it into hub's queue. False: hub is not there; the device keeps it and sends again. */
static bool tell(net_worker *w, const net_request *rq, int entry)
{
    static uint8_t senml[IPC_PAYLOAD_MAX];
    uint32_t slot = rq->who.slot;
    const table_registration *r = table_registration_of(&w->table, slot);
    ipc_path path;
    cot_writer out;
    uint16_t format = rq->view.content_format;
    ipc_notify n = {.location = r->location, .code = rq->msg.head.code};
    memcpy(n.token, rq->msg.head.token.b, sizeof n.token);
    if (n.code == COT_COAP_CONTENT) {
        table_observation_path(&w->table, slot, entry, &path);
        cot_writer_init(&out, senml, sizeof senml);
        if (net_to_senml(&path, format == COT_COAP_NO_FORMAT ? COT_FORMAT_TEXT : format,
                         rq->msg.payload, &out) != COT_OK) {
            w->counters.malformed++;
            return true; /* taken, and of no use */
        }
        n.format = COT_FORMAT_SENML_CBOR;
        n.payload = (cot_bytes){senml, out.len};
    }
    ipc_put_notify(ipc_begin(&w->hub, IPC_NOTIFY), &n);
    return ipc_end(&w->hub, -1) == COT_OK;
}

uint8_t net_notify(net_worker *w, net_request *rq)
{
    uint32_t slot = rq->who.slot;
    const cot_coap_head *h = &rq->msg.head;
    bool registered = table_registration_of(&w->table, slot) != NULL;
    int entry =
        registered && h->token.len == 8 ? table_observation_find(&w->table, slot, h->token.b) : -1;
    if (entry < 0 || cot_coap_view_fetch(&rq->msg, &rq->view) != COT_OK)
        return cot_coap_reject(rq->peer, h);
    if (!ipc_is_open(&w->hub) || ipc_room(&w->hub) < IPC_DATAGRAM_MAX)
        return 0; /* not acknowledged: a confirmable one comes again */
    bool ends = COT_COAP_CLASS(h->code) != 2 || !COT_COAP_HAS(&rq->view, OBSERVE);
    bool newer =
        ends || table_observation_newer(&w->table, slot, entry, rq->view.observe, w->loop->now);
    if (newer && has_more(&rq->view))
        net_job_fetch(w, slot, entry, &rq->view, rq->msg.payload);
    else if (newer)
        (void)tell(w, rq, entry);
    if (ends)
        table_observation_remove(&w->table, slot, entry);
    return cot_coap_accept(rq->peer, h);
}
