/* SPDX-License-Identifier: Apache-2.0 */
/* N simulated devices in one thread: their transport, their timers, and the load that a bench asks for. */
#ifndef COTTER_SIM_FLEET_H
#define COTTER_SIM_FLEET_H

#include "sim/client.h"
#include "sim/credentials.h"
#include "sim/wire.h"

typedef enum sim_load {
    SIM_LIVE,      /* each device lives by its own timers */
    SIM_UPDATES,   /* closed loop: always `window` Updates are out, devices taking turns */
    SIM_HANDSHAKES /* closed loop: always `window` handshakes are under way; each device makes one */
} sim_load;

typedef struct sim_fleet_config {
    struct sockaddr_in server;
    uint32_t count;
    sim_settings settings;
    const sim_credentials *credentials; /* NULL: NoSec */
    uint32_t start_rate;                /* devices a second that begin */
    sim_load load;
    uint32_t window;
} sim_fleet_config;

typedef struct sim_fleet sim_fleet;

/* NULL with a line on stderr. */
sim_fleet *sim_fleet_open(const sim_fleet_config *config);
void sim_fleet_close(sim_fleet *f);

/* Work until `until`, or until done() says so; called about 10 times a second with ctx. */
void sim_fleet_run(sim_fleet *f, cot_ms until, bool (*done)(void *ctx), void *ctx);

/* Let every registered device deregister from now on. */
void sim_fleet_leave(sim_fleet *f);
/* Give a device another source address. */
void sim_fleet_move(sim_fleet *f, uint32_t device);
/* Begin or end the closed loop of the configuration; outside it the fleet only lives. */
void sim_fleet_load(sim_fleet *f, bool on);
/* Bytes of the last datagram of an Update, for a peer that shall get the same. */
size_t sim_fleet_datagram(const sim_fleet *f);

const sim_counts *sim_fleet_counts(const sim_fleet *f);
uint32_t sim_fleet_registered(const sim_fleet *f);
const sim_client *sim_fleet_client(const sim_fleet *f, uint32_t device);
cot_ms sim_now(void);

#endif
