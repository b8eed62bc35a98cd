/* SPDX-License-Identifier: Apache-2.0 */
/* The closed loop towards an echo service or another CoAP server. */
#include "sim/probe.h"

#include "core/coap/msg.h"
#include "sim/fleet.h"
#include "sim/wire.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LOST_MS 1000u

typedef struct probe {
    const probe_config *config;
    wire *wire;
    uint16_t *mid; /* by device: of its datagram; the answer carries it in the same place */
    cot_ms *sent;  /* 0: nothing is out */
    uint32_t flying;
    uint32_t cursor;
    int64_t answers;
} probe;

static size_t write_probe(const probe_config *c, uint16_t mid, uint8_t out[static WIRE_DATAGRAM])
{
    cot_coap_head h = {.type = COT_COAP_CON, .code = COT_COAP_GET, .mid = mid, .token = {.len = 4}};
    cot_coap_writer w;
    size_t len = 0;
    cot_coap_write_begin(&w, out, WIRE_DATAGRAM, &h);
    if (c->kind == PROBE_GET)
        cot_coap_write_segments(&w, COT_COAP_URI_PATH, c->path, '/');
    (void)cot_coap_write_end(&w, &len);
    if (c->kind == PROBE_ECHO && c->size > len) {
        memset(out + len, 'x', c->size - len);
        len = c->size;
    }
    return len;
}

static void send_one(probe *p, uint32_t device, cot_ms now)
{
    uint8_t out[WIRE_DATAGRAM];
    size_t len = write_probe(p->config, p->mid[device], out);
    p->sent[device] = now;
    wire_send(p->wire, device, out, len);
}

static void fill_window(probe *p, cot_ms now)
{
    for (uint32_t n = 0; n < p->config->count && p->flying < p->config->window; n++) {
        uint32_t device = p->cursor;
        p->cursor = device + 1 == p->config->count ? 0 : device + 1;
        if (p->sent[device] != 0)
            continue;
        p->mid[device]++;
        p->flying++;
        send_one(p, device, now);
    }
}

static void take(probe *p, const wire_packet *packet)
{
    uint32_t device = packet->device;
    if (device >= p->config->count || packet->len < 4 || p->sent[device] == 0)
        return;
    if ((packet->bytes[2] << 8 | packet->bytes[3]) != p->mid[device])
        return;
    p->sent[device] = 0;
    p->flying--;
    p->answers++;
}

static void repeat_lost(probe *p, cot_ms now)
{
    for (uint32_t i = 0; i < p->config->count; i++)
        if (p->sent[i] != 0 && now - p->sent[i] >= LOST_MS)
            send_one(p, i, now);
}

static void loop(probe *p)
{
    cot_ms end = sim_now() + p->config->duration;
    cot_ms checked = sim_now();
    for (cot_ms now = sim_now(); now < end; now = sim_now()) {
        const wire_packet *packets;
        size_t n;
        while ((n = wire_receive(p->wire, &packets)) > 0)
            for (size_t i = 0; i < n; i++)
                take(p, &packets[i]);
        fill_window(p, now);
        if (now - checked >= LOST_MS) {
            repeat_lost(p, now);
            checked = now;
        }
        wire_flush(p->wire);
        struct pollfd fd = {.fd = wire_poll_fd(p->wire), .events = POLLIN};
        (void)poll(&fd, 1, 100);
    }
}

int64_t probe_run(const probe_config *c)
{
    probe p = {.config = c, .answers = -1};
    p.wire = wire_open(&c->server, c->count);
    p.mid = calloc(c->count, sizeof *p.mid);
    p.sent = calloc(c->count, sizeof *p.sent);
    if (p.wire != NULL && p.mid != NULL && p.sent != NULL) {
        p.answers = 0;
        loop(&p);
    }
    wire_close(p.wire);
    free(p.mid);
    free(p.sent);
    return p.answers;
}
