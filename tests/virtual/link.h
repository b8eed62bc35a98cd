/* SPDX-License-Identifier: Apache-2.0 */
/* A lossy datagram link in virtual time, driven by one seed: loss, duplication, delay, reordering.
 * Same seed, same calls: same packets. No clock, no socket; the ends are named by numbers. */
#ifndef COTTER_TESTS_VIRTUAL_LINK_H
#define COTTER_TESTS_VIRTUAL_LINK_H

#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_PACKETS 512
#define LINK_MTU 1500

typedef struct link_config {
    unsigned loss;    /* per cent of packets that vanish */
    unsigned dup;     /* per cent that arrive twice, each copy with a delay of its own */
    unsigned reorder; /* per cent that take `late` ms more, so that others pass them */
    cot_ms delay_min; /* of every packet */
    cot_ms delay_max;
    cot_ms late; /* at most */
} link_config;

typedef struct link_packet {
    cot_ms at;       /* when it arrives */
    uint64_t number; /* of packets of one moment the first sent arrives first */
    unsigned from;
    unsigned to;
    size_t len;
    uint8_t bytes[LINK_MTU];
} link_packet;

typedef struct link {
    link_config config;
    uint64_t state; /* of the generator */
    uint64_t sent;  /* packets given to the link; lost and doubled ones are counted below */
    uint64_t lost;
    uint64_t doubled;
    size_t count;
    link_packet packets[LINK_PACKETS]; /* on their way, in no order */
} link;

/* About 800 kB: keep it static or on the heap. */
void link_init(link *l, const link_config *c, uint64_t seed);
/* Pseudo-random 32 bits; shared by the link and what the test draws. */
uint32_t link_random(link *l);
/* Evenly in first … last. */
uint32_t link_between(link *l, uint32_t first, uint32_t last);
/* Is it one of `percent` in a hundred? */
bool link_chance(link *l, unsigned percent);
/* Give a packet to the link. More than LINK_MTU bytes, or than LINK_PACKETS on their way, are lost,
 * as on a real link. */
void link_send(link *l, unsigned from, unsigned to, const void *bytes, size_t len, cot_ms now);
/* Take the next packet that has arrived at `now`; false: none. */
bool link_receive(link *l, link_packet *p, cot_ms now);
/* When the next packet arrives; COT_NEVER: none is on its way. */
cot_ms link_deadline(const link *l);

/* Run `test` for seeds first … first + count − 1; print and return how many failed. Each failing seed
 * is printed with how to replay it. $COTTER_SEED runs that one only; $COTTER_SEEDS changes `count`. */
unsigned link_run_seeds(const char *name, uint64_t first, unsigned count,
                        bool (*test)(uint64_t seed));
/* Print the reason with which the test of this seed failed; for `return link_fail(…)`. */
bool link_fail(const char *reason, long long got, long long wanted);

#endif
