/* SPDX-License-Identifier: Apache-2.0 */
/* A whole device (client, updater, flash) and a small scripted LwM2M server on core/coap, joined by
 * the seeded lossy link in virtual time. The server takes registrations, serves one release by
 * Block2, counts notifications, and asks what the test tells it to ask. */
#ifndef COTTER_TESTS_VIRTUAL_WORLD_H
#define COTTER_TESTS_VIRTUAL_WORLD_H

#include "core/coap/block.h"
#include "core/coap/observe.h"
#include "core/coap/rules.h"
#include "core/coap/view.h"
#include "tests/virtual/link.h"
#include "tests/virtual/world_channel.h"

#include <cotter/client.h>
#include <cotter/crypto.h>
#include <cotter/update.h>

#define WORLD_BODY 8192
#define WORLD_SLOT 65536u
#define WORLD_LOG 2048u
#define WORLD_EVENTS (COT_EVENT_RESTART + 1)

enum { WORLD_DEVICE, WORLD_SERVER };

/* A request of the server, and its answer. */
typedef struct world_ask {
    uint8_t code;
    const char *path;  /* "3/0/4" */
    const char *query; /* "pmin=1&pmax=2", NULL none */
    uint16_t format;   /* of the payload */
    uint16_t accept;
    int observe; /* −1 none */
    const void *payload;
    size_t payload_len;
    uint8_t szx;
    bool non;
    uint16_t extra_option; /* 0 none; sent empty */
    bool one_block;        /* `payload` is block `block_num` of more to come: send just that */
    uint32_t block_num;
    bool last_block;
    cot_coap_token token; /* len 0: random; observations are cancelled by theirs */
} world_ask;

typedef struct world_answer {
    uint8_t code; /* 0: none came */
    uint16_t format;
    bool observed;
    uint32_t size1;
    size_t etag_len;
    size_t len;
    uint8_t body[WORLD_BODY];
    cot_coap_token token;
} world_answer;

typedef struct world {
    link net;
    cot_ms now;
    /* the device */
    cot_client client;
    cot_client_config config;
    cot_port port;
    world_channel channel;
    cot_update update;
    cot_update_config update_config;
    cot_observation observations[8];
    cot_attributes attributes[4];
    uint8_t rx[1280], tx[1280], request[1280], body[2048], manifest[512];
    uint8_t flash[COT_AREA_COUNT][WORLD_SLOT];
    long cut;      /* program/erase calls until the power goes; < 0: never */
    bool dark;     /* it went */
    uint32_t flip; /* payload offset in slot 1 whose bit does not hold what is written; 0: none */
    bool stranger; /* datagrams come from another address */
    link_packet inbox[64];
    size_t inbox_first, inbox_count;
    unsigned events[WORLD_EVENTS];
    cot_event last[WORLD_EVENTS];
    unsigned resets;
    bool running;    /* the device is polled */
    bool unresolved; /* the name does not resolve */
    bool unseeded;   /* there is no entropy */
    unsigned resolved;
    bool two_addresses; /* the name has a dead one first */
    cot_ms wake;
    /* the server */
    cot_coap_peer peer;
    cot_coap_exchange x;
    uint8_t out[1500];
    size_t out_len;
    uint8_t reply_out[1500];
    uint32_t session; /* of the device; 0: none */
    bool silent;      /* it is down */
    uint8_t refuse;   /* code that registrations get */
    uint8_t refuse_fetch;
    uint8_t release_tag; /* in its ETag */
    bool separate;       /* answers come as CON messages of their own */
    unsigned acks;       /* of these */
    uint16_t separate_mid;
    unsigned deaf; /* so many messages of the device are lost */
    bool registered;
    char endpoint[70];
    uint32_t lifetime;
    cot_ms expires; /* lifetime's end */
    cot_coap_collect collect;
    uint8_t links[WORLD_BODY];
    size_t links_len;
    unsigned registers, updates, deregisters;
    const uint8_t *release;
    size_t release_len;
    uint32_t asked_to; /* end of the furthest block of it that was asked for */
    unsigned notifications, confirmable_notifications;
    cot_coap_token observing; /* notifications with other tokens are reset */
    cot_coap_order order;
    bool reset_next; /* answer the next notification with RST */
    uint8_t notified[WORLD_BODY];
    size_t notified_len;
    cot_ms notified_at;
    /* the request in work */
    const world_ask *ask;
    world_answer *answer;
    cot_coap_push push;
    cot_coap_fetch fetch;
    bool asking;
    const char *broken; /* what must not happen, did */
} world;

/* Device with objects 0, 1, 3, 5 and 3303, not running yet; link of `loss` per cent, doubling and
 * reordering too when `rough`. Large: keep it static. */
void world_init(world *w, uint64_t seed, unsigned loss, bool rough);
/* Start (or restart) the device's image from `slot`. */
void world_boot(world *w, cot_area slot);
/* As the launcher does after a reset: choose, then boot. Returns the slot. */
cot_area world_reboot(world *w);
/* Run until `until`, or until *stop becomes true. */
void world_run(world *w, cot_ms until, const bool *stop);
/* Run until registered, at most `limit` ms. */
bool world_register(world *w, cot_ms limit);
/* Send a request and wait for the whole answer; repeats lost blocks itself, `tries` times in all. */
bool world_do(world *w, const world_ask *ask, world_answer *answer, unsigned tries);
/* Shorthands without loss: the code. */
uint8_t world_read(world *w, const char *path, uint16_t accept, world_answer *answer);
uint8_t world_put(world *w, const char *path, const char *text);
uint8_t world_post(world *w, const char *path, const char *text);
/* Integer in text/plain at `path`, or −1. */
long world_number(world *w, const char *path);

/* Wrap `image` as a release signed by the key that the device trusts. Returns its length. */
size_t world_release(uint8_t *out, size_t cap, uint64_t sequence, const uint8_t *image, size_t len);
/* The test's crypto: real SHA-256, and a "signature" that only the test's key makes. */
const cot_crypto *world_crypto(void);
extern const uint8_t world_vendor[16], world_class[16];

extern double world_temperature; /* 3303/0/5700 */
extern unsigned world_resets;    /* executions of 3303/0/5605 */
extern char world_label[40];     /* 3303/0/5750, writable */
extern int world_items[3];       /* 3303/0/6052/0…2, writable; −1: not there */

#endif
