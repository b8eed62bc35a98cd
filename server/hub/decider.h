/* SPDX-License-Identifier: Apache-2.0 */
/* The decider's thread: takes messages, lets the hub work, commits in groups, and lets go of what was
 * said when it may be said. */
#ifndef COTTER_SERVER_HUB_DECIDER_H
#define COTTER_SERVER_HUB_DECIDER_H

#include "server/hub/hub.h"

#include <semaphore.h>

#define DECIDER_COMMIT_MS 5u /* the longest that a stored work waits for its commit */
#define DECIDER_BOUND 8192u  /* messages that may wait for the decider */

typedef struct decider {
    hub *hub;
    hub_queue in;
    hub_queue out;
    pthread_t thread;
    sem_t running;   /* posted when the thread is set up: then the process may be sealed */
    hub_list held;   /* said by works that are not yet durable */
    hub_list works;  /* their messages, for the case that the commit fails */
    uint64_t events; /* number of the next event when the transaction began */
    cot_ms since;    /* when the transaction began */
    bool reported;   /* a failing store was logged; logged again after it worked */
} decider;

/* UTC in ms. */
store_ms decider_wall_clock(void);
/* Start the thread over `h`, which belongs to it from now on. wake: eventfd that is written when `out` has
 * something. COT_OK; COT_E_INTERNAL. */
cot_status decider_start(decider *d, hub *h, int wake);
/* Close `in`, wait for the thread to finish and commit; `out` still holds what it said last. */
void decider_stop(decider *d);

#endif
