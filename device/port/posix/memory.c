/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX port: generous memory for one client. */
#include <cotter/posix.h>

#define OBSERVATIONS 16u

static uint8_t rx[1280];
static uint8_t tx[1280];
static uint8_t request[1280];
static uint8_t body[4096];
static cot_observation observations[OBSERVATIONS];
static cot_attributes attributes[OBSERVATIONS];

const cot_client_memory cot_posix_memory = {.rx = rx,
                                            .rx_cap = sizeof rx,
                                            .tx = tx,
                                            .tx_cap = sizeof tx,
                                            .request = request,
                                            .request_cap = sizeof request,
                                            .body = body,
                                            .body_cap = sizeof body,
                                            .observations = observations,
                                            .observation_count = OBSERVATIONS,
                                            .attributes = attributes,
                                            .attribute_count = OBSERVATIONS};
