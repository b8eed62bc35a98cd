/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated device answers to the server's requests. */
#ifndef COTTER_SIM_SERVE_H
#define COTTER_SIM_SERVE_H

#include "sim/client.h"

/* Serve a request that was not seen before. */
void sim_serve(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m, cot_ms now);
/* The answer to a duplicate: the same code, rebuilt, without its effect. */
void sim_serve_again(sim_client *c, sim_world *w, uint32_t device, const cot_coap_msg *m,
                     uint8_t code);
/* Notify every observation once. */
void sim_notify(sim_client *c, sim_world *w, uint32_t device, cot_ms now);

#endif
