/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes over the seeded lossy link: loss, duplication, reordering, tiny datagrams, late
 * answers. Each failing seed is printed and replays with COTTER_SEED=… */
#include "tests/virtual/dtls_pair.h"

#include <stdio.h>
#include <stdlib.h>

static pair *p;

/* Any mode, any connection IDs, any datagram size, any delay of the answers. */
static void draw(uint64_t seed, const link_config *net)
{
    pair_init(p, net, seed);
    switch (link_random(&p->net) % 3) {
    case 0:
        pair_use_psk(p);
        break;
    case 1:
        pair_use_rpk(p);
        break;
    default:
        pair_use_x509(p, (cot_certificate_usage)(link_random(&p->net) % 4));
        break;
    }
    p->client_config.cid = link_chance(&p->net, 70);
    p->client_config.cid_len = (uint8_t)link_between(&p->net, 0, COT_DTLS_CID_IN_MAX);
    p->server_config.cid = link_chance(&p->net, 80);
    p->client_config.mtu = (uint16_t)link_between(&p->net, 256, 1280);
    p->server_config.mtu = (uint16_t)link_between(&p->net, 256, 1280);
    p->answer_after = link_chance(&p->net, 50) ? link_between(&p->net, 1, 1500) : 0;
    /* a handshake that the link kills is begun anew by the channel's user */
    p->server_config.retry_max_ms = 60000;
}

/* The client opens again until it is through, as device/ does; then data must pass. */
static bool reaches(uint64_t seed, const link_config *net, cot_ms within)
{
    draw(seed, net);
    cot_ms end = p->now + within;
    if (pair_begin(p) != COT_OK)
        return link_fail("begin", 0, 0);
    while (!pair_connect(p, end - p->now)) {
        if (p->now >= end)
            return link_fail("no session in time, ms", (long long)within, 0);
        pair_run(p, 1000);
        if (p->client.channel.state == COT_CHANNEL_CLOSED && pair_reopen(p) != COT_OK)
            return link_fail("reopen", 0, 0);
    }
    for (unsigned tries = 0; p->client_got == 0; tries++) {
        if (tries > 200)
            return link_fail("no data came through", p->server_got, 1);
        if (p->client.channel.state != COT_CHANNEL_OPEN)
            return link_fail("client lost its session, refusal", p->client.channel.refusal, 0);
        (void)pair_say(p, "ping");
        pair_run(p, 2000);
    }
    if (p->client_data_len != 4 || p->server_data_len != 4)
        return link_fail("other data", (long long)p->client_data_len, 4);
    return true;
}

static bool little_loss(uint64_t seed)
{
    static const link_config net = {10, 10, 20, 5, 60, 400};
    bool ok = reaches(seed, &net, 180000);
    pair_end(p);
    return ok;
}

static bool heavy_loss(uint64_t seed)
{
    static const link_config net = {40, 10, 30, 5, 200, 2000};
    bool ok = reaches(seed, &net, 24u * 3600u * 1000u);
    pair_end(p);
    return ok;
}

int main(void)
{
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return 1;
    unsigned failed = link_run_seeds("dtls_lossy little_loss", 1, 2000, little_loss) +
                      link_run_seeds("dtls_lossy heavy_loss", 10000, 500, heavy_loss);
    free(p);
    return failed == 0 ? 0 : 1;
}
