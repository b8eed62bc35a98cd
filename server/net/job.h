/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the device-management client share. */
#ifndef COTTER_SERVER_NET_JOB_H
#define COTTER_SERVER_NET_JOB_H

#include "server/net/net.h"

/* Steps of an observation with attributes; all other operations have the first only. */
enum { NET_STEP_MAIN = 0, NET_STEP_ATTRIBUTES = 1 };

/* The first block of a long answer: take a buffer for the whole. False: none is free, or the answer
 * is longer than IPC_PAYLOAD_MAX, or its block is not sound. */
bool net_job_first_block(net_worker *w, net_job *j, const cot_coap_view *v, cot_bytes payload);
/* What a READ or OBSERVE asks for at attempt 0, 1, 2; COT_COAP_NO_FORMAT: nothing is left to try. */
uint16_t net_job_accept(const net_worker *w, const net_job *j, uint8_t attempt);
/* The format that the body is sent in at that attempt; as above. */
uint16_t net_job_body_format(const net_worker *w, const net_job *j, uint8_t attempt);

#endif
