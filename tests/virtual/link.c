/* SPDX-License-Identifier: Apache-2.0 */
/* A lossy datagram link in virtual time. */
#include "tests/virtual/link.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void link_init(link *l, const link_config *c, uint64_t seed)
{
    l->config = *c;
    l->state = seed;
    l->sent = 0;
    l->lost = 0;
    l->doubled = 0;
    l->count = 0;
}

/* splitmix64 */
uint32_t link_random(link *l)
{
    l->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = l->state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 32);
}

uint32_t link_between(link *l, uint32_t first, uint32_t last)
{
    uint64_t span = (uint64_t)last - first + 1;
    return first + (uint32_t)(span * link_random(l) >> 32);
}

bool link_chance(link *l, unsigned percent)
{
    return link_between(l, 0, 99) < percent;
}

static void put(link *l, unsigned from, unsigned to, const void *bytes, size_t len, cot_ms now)
{
    const link_config *c = &l->config;
    if (l->count == LINK_PACKETS || len > LINK_MTU) {
        l->lost++;
        return;
    }
    link_packet *p = &l->packets[l->count++];
    p->at = now + link_between(l, (uint32_t)c->delay_min, (uint32_t)c->delay_max);
    if (link_chance(l, c->reorder))
        p->at += link_between(l, 0, (uint32_t)c->late);
    p->number = l->sent;
    p->from = from;
    p->to = to;
    p->len = len;
    if (len > 0)
        memcpy(p->bytes, bytes, len);
}

void link_send(link *l, unsigned from, unsigned to, const void *bytes, size_t len, cot_ms now)
{
    l->sent++;
    if (link_chance(l, l->config.loss)) {
        l->lost++;
        return;
    }
    put(l, from, to, bytes, len, now);
    if (link_chance(l, l->config.dup)) {
        l->doubled++;
        put(l, from, to, bytes, len, now);
    }
}

static size_t first_of(const link *l)
{
    size_t best = 0;
    for (size_t i = 1; i < l->count; i++) {
        const link_packet *a = &l->packets[i];
        const link_packet *b = &l->packets[best];
        if (a->at < b->at || (a->at == b->at && a->number < b->number))
            best = i;
    }
    return best;
}

bool link_receive(link *l, link_packet *p, cot_ms now)
{
    if (l->count == 0)
        return false;
    size_t i = first_of(l);
    if (l->packets[i].at > now)
        return false;
    *p = l->packets[i];
    l->packets[i] = l->packets[--l->count];
    return true;
}

cot_ms link_deadline(const link *l)
{
    return l->count == 0 ? COT_NEVER : l->packets[first_of(l)].at;
}

bool link_fail(const char *reason, long long got, long long wanted)
{
    printf("  %s: got %lld, wanted %lld\n", reason, got, wanted);
    return false;
}

unsigned link_run_seeds(const char *name, uint64_t first, unsigned count,
                        bool (*test)(uint64_t seed))
{
    const char *one = getenv("COTTER_SEED");
    const char *many = getenv("COTTER_SEEDS");
    unsigned failed = 0;
    if (many != NULL)
        count = (unsigned)strtoul(many, NULL, 10);
    if (one != NULL) {
        first = strtoull(one, NULL, 10);
        count = 1;
    }
    for (uint64_t seed = first; seed < first + count; seed++) {
        if (test(seed))
            continue;
        failed++;
        printf("%s failed with seed %" PRIu64 "; replay: COTTER_SEED=%" PRIu64 " and this test\n",
               name, seed, seed);
    }
    printf("%s: %u of %u seeds failed\n", name, failed, count);
    return failed;
}
