/* SPDX-License-Identifier: Apache-2.0 */
/* API: upgrades. */
#include "server/hub/api.h"

#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"waiting",  "offered",   "downloading", "downloaded",
                                          "updating", "confirmed", "failed",      "stopped"};

#define STATES (sizeof state_names / sizeof state_names[0])

void hub_write_upgrade(cot_writer *w, const store_upgrade *u, store_ms at)
{
    cot_cbor_write_map(w, at == 0 ? 10 : 11);
    hub_put_text(w, "endpoint", u->endpoint);
    hub_put_hex(w, "release", u->release, STORE_RELEASE_ID);
    hub_put_text(w, "version", u->version);
    hub_put_text(w, "state", u->state < STATES ? state_names[u->state] : "failed");
    hub_put_uint(w, "sent", u->sent);
    hub_put_uint(w, "size", u->size);
    hub_put_uint(w, "attempts", u->attempts);
    if (u->result < 0)
        hub_put_null(w, "result");
    else
        hub_put_uint(w, "result", (uint64_t)u->result);
    hub_put_text_or_null(w, "detail", u->detail);
    hub_put_time(w, "updated_at", u->updated_at);
    if (at != 0)
        hub_put_time(w, "at", at);
}

static bool upgrade_row(void *ctx, const store_upgrade *u)
{
    hub_page *l = ctx;
    char cursor[64];
    if (!hub_page_item(l))
        return false;
    hub_write_upgrade(&l->rq->w, u, 0);
    int n = snprintf(cursor, sizeof cursor, "%llx.", (unsigned long long)u->device);
    hub_hex(cursor + n, u->release, STORE_RELEASE_ID); /* 16 + 1 + 32 characters at most */
    return hub_page_item_end(l, cursor);
}

/* "DEVICE.RELEASE" in hex. */
static bool take_cursor(cot_bytes text, store_upgrade_filter *f)
{
    uint64_t device = 0;
    size_t dot = 0;
    for (; dot < text.len && text.p[dot] != '.' && dot < 16; dot++) {
        uint8_t digit[2] = {'0', text.p[dot]};
        uint8_t v = 0;
        if (!hub_parse_hex((cot_bytes){digit, 2}, &v, 1))
            return false;
        device = device << 4 | v;
    }
    f->after_device = (store_id)device;
    return dot > 0 && dot < text.len && text.p[dot] == '.' &&
           hub_parse_hex((cot_bytes){text.p + dot + 1, text.len - dot - 1}, f->after_release,
                         STORE_RELEASE_ID);
}

uint16_t hub_api_upgrade_list(hub_request *rq)
{
    hub_page l;
    store_group g;
    store_upgrade_filter f = {.state = -1};
    cot_bytes state = hub_arg_text_or_none(rq, "state");
    cot_bytes cursor = hub_arg_text_or_none(rq, "cursor");
    for (size_t i = 0; i < STATES; i++)
        if (cot_bytes_is(state, state_names[i]))
            f.state = (int)i;
    if (state.len > 0 && f.state < 0)
        rq->bad = "state";
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    if (cursor.len > 0 && !take_cursor(cursor, &f))
        return hub_bad_cursor(rq);
    if (hub_arg_given(rq, "group")) {
        uint16_t status = hub_need_group(rq, hub_arg_text(rq, "group"), &g);
        if (status != 0)
            return status;
        f.group = g.id;
    }
    hub_page_begin(&l, rq);
    return hub_page_end(&l, store_upgrade_list(rq->h->st, &f, upgrade_row, &l));
}
