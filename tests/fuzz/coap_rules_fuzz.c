/* SPDX-License-Identifier: Apache-2.0 */
/* The rules against an arbitrary peer, from an arbitrary table entry: each step is 6 bytes of input. What is
 * counted against NSTART is what is open; a message counts as new once only. */
#include "core/coap/rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EXCHANGES = 3 };

static cot_coap_peer peer;
static cot_coap_exchange xs[EXCHANGES];

static void require(bool condition)
{
    if (!condition)
        abort();
}

static unsigned counted(void)
{
    unsigned n = 0;
    for (int i = 0; i < EXCHANGES; i++)
        n += !cot_coap_is_closed(&xs[i]) &&
             xs[i].state != 2; /* an acknowledged request does not count */
    return n;
}

static cot_coap_head make_head(uint8_t a, uint8_t b, uint16_t mid)
{
    static const uint8_t codes[] = {COT_COAP_EMPTY, COT_COAP_GET, COT_COAP_CONTENT,
                                    COT_COAP_NOT_FOUND};
    cot_coap_head h = {{1, {(uint8_t)(b % 3)}}, a & 3, codes[a >> 2 & 3], mid};
    return h;
}

static void receive(const cot_coap_head *h, cot_ms now)
{
    cot_coap_exchange *x = NULL;
    for (int i = 0; i < EXCHANGES; i++)
        if (cot_coap_matches(&xs[i], h))
            x = &xs[i];
    cot_coap_event ev = cot_coap_receive(&peer, x, &cot_coap_defaults, h, now);
    if (ev.kind == COT_COAP_GOT_RESPONSE || ev.kind == COT_COAP_GOT_RESET)
        require(x != NULL && cot_coap_is_closed(x));
    if (ev.kind == COT_COAP_GOT_REQUEST || ev.kind == COT_COAP_GOT_RESPONSE) {
        if (h->type == COT_COAP_ACK)
            return;
        ev = cot_coap_receive(&peer, x, &cot_coap_defaults, h, now);
        require(ev.kind == COT_COAP_GOT_DUPLICATE);
    }
    require(ev.reply == 0 || ev.reply == COT_COAP_ACK || ev.reply == COT_COAP_RST);
    require(ev.reply == 0 || h->type == COT_COAP_CON || h->type == COT_COAP_NON);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_reader r;
    cot_ms now = 1000;
    cot_reader_init(&r, data, size);
    memset(xs, 0, sizeof xs);
    cot_bytes table = cot_read_bytes(&r, sizeof peer);
    cot_coap_peer_init(&peer, &cot_coap_defaults, 7);
    if (table.len == sizeof peer) {
        memcpy(&peer, table.p, sizeof peer);
        cot_coap_peer_adopt(&peer, &cot_coap_defaults);
    }
    while (cot_reader_left(&r) >= 6) {
        uint8_t what = cot_read_u8(&r);
        uint8_t a = cot_read_u8(&r);
        uint8_t b = cot_read_u8(&r);
        uint16_t mid = cot_read_u16(&r);
        cot_coap_exchange *x = &xs[b % EXCHANGES];
        cot_coap_head h = make_head(a, b, mid);
        now += (cot_ms)cot_read_u8(&r) << (what >> 3 & 15);
        switch (what & 7) {
        case 0:
            if (cot_coap_is_closed(x) && h.type <= COT_COAP_NON &&
                cot_coap_mid_next(&peer, &cot_coap_defaults, now, &h.mid) == COT_OK)
                cot_coap_open(x, &peer, &cot_coap_defaults, &h, mid * 65537u, now);
            break;
        case 1:
            (void)cot_coap_due(x, &peer, &cot_coap_defaults, now);
            break;
        case 2:
            cot_coap_close(x, &peer);
            break;
        case 3:
            cot_coap_answered(&peer, mid, b);
            break;
        case 4:
            (void)cot_coap_reject(&peer, &h);
            break;
        case 5:
            cot_coap_non_sent(&peer, b, now);
            break;
        default:
            receive(&h, now);
        }
        require(peer.waiting == counted());
    }
    return 0;
}
