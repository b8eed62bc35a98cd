/* SPDX-License-Identifier: Apache-2.0 */
/* One simulated device: an LwM2M 1.1 client with objects 1, 3 and 3303, in a few hundred bytes.
 * Registers, updates, answers Read, Write, Execute, Discover and Observe, notifies. Nothing is kept of
 * a message: what has to be sent again is written again from the state, the same bytes.
 *
 * Plain messages in and out; the transport (NoSec or DTLS) is the fleet's. */
#ifndef COTTER_SIM_CLIENT_H
#define COTTER_SIM_CLIENT_H

#include "core/coap/rules.h"

#define SIM_LOCATION_MAX 40
#define SIM_OBSERVATIONS 2

typedef enum sim_state {
    SIM_IDLE,        /* nothing sent yet, or waiting to try again */
    SIM_HANDSHAKE,   /* the DTLS handshake is under way */
    SIM_REGISTERING, /* Register is out */
    SIM_REGISTERED,
    SIM_UPDATING, /* Update is out */
    SIM_LEAVING,  /* Deregister is out */
    SIM_LEFT
} sim_state;

typedef struct sim_observation {
    cot_coap_token token; /* len 0: unused */
    uint16_t resource;    /* of 3303/0 */
    uint16_t format;
    uint32_t sequence;
} sim_observation;

typedef struct sim_client {
    cot_coap_peer peer;
    cot_coap_exchange exchange; /* of our own request */
    sim_observation observation[SIM_OBSERVATIONS];
    uint8_t location[SIM_LOCATION_MAX]; /* of the registration, "rd/…", as it goes into Uri-Path */
    uint8_t location_len;
    uint8_t state; /* sim_state */
    uint8_t tries;
    uint32_t executes;
    uint32_t writes;
    cot_ms next_update;
    cot_ms next_notify;
} sim_client;

/* What all devices have in common. */
typedef struct sim_settings {
    const char *prefix; /* endpoint names are PREFIX-NNNNNN */
    uint32_t lifetime;  /* seconds */
    uint32_t update_ms; /* between two Updates; 0: only when the lifetime wants it */
    uint32_t notify_ms; /* between two notifications of an observed resource */
    uint16_t format;    /* of answers when the server names none */
} sim_settings;

typedef struct sim_counts {
    uint64_t handshakes;
    uint64_t registrations;
    uint64_t updates;
    uint64_t requests; /* served, duplicates not counted */
    uint64_t executes;
    uint64_t writes;
    uint64_t notifications;
    uint64_t refused; /* error answers to Register or Update */
    uint64_t lost;    /* exchanges without an answer */
    uint64_t resent;
} sim_counts;

/* Where a client's datagrams go; `device` is its number. */
typedef struct sim_sink {
    void (*send)(void *ctx, uint32_t device, const uint8_t *bytes, size_t len);
    void *ctx;
} sim_sink;

typedef struct sim_world {
    const sim_settings *settings;
    sim_sink sink;
    sim_counts *counts;
    uint64_t random; /* xorshift state, seeded: a run can be repeated */
} sim_world;

uint32_t sim_random(sim_world *w);
void sim_endpoint(const sim_settings *s, uint32_t device, char out[static 64]);

void sim_client_init(sim_client *c, sim_world *w);
/* Send Register; the transport is ready. */
void sim_client_register(sim_client *c, sim_world *w, uint32_t device, cot_ms now);
/* Send Update or Deregister, when registered and nothing is out. */
void sim_client_update(sim_client *c, sim_world *w, uint32_t device, cot_ms now);
void sim_client_leave(sim_client *c, sim_world *w, uint32_t device, cot_ms now);
/* A plain CoAP message came. */
void sim_client_receive(sim_client *c, sim_world *w, uint32_t device, const uint8_t *msg,
                        size_t len, cot_ms now);
/* Do what is due; call at the deadline. */
void sim_client_due(sim_client *c, sim_world *w, uint32_t device, cot_ms now);
cot_ms sim_client_deadline(const sim_client *c);

#endif
