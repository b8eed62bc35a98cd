/* SPDX-License-Identifier: Apache-2.0 */
/* One process's event loop: epoll, deadlines, and work to do before each sleep. Level-triggered, one
 * thread. All structs are the caller's and must stay where they are while they are in the loop; any
 * of them may be removed from within any callback, its own included. */
#ifndef COTTER_SERVER_IPC_LOOP_H
#define COTTER_SERVER_IPC_LOOP_H

#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `events` as in epoll(7): EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR. */
typedef struct loop_io loop_io;
struct loop_io {
    int fd;
    void (*on_event)(loop_io *io, uint32_t events);
    void *ctx;
};

/* A deadline. `at` and `slot` are the loop's; a zeroed struct with `on_due` and `ctx` set is idle. */
typedef struct loop_timer loop_timer;
struct loop_timer {
    void (*on_due)(loop_timer *t); /* the timer is idle again when this is called */
    void *ctx;
    cot_ms at;
    size_t slot; /* place in the loop's heap + 1; 0: idle */
};

/* Called once a turn, after all events and deadlines and before the loop sleeps. */
typedef struct loop_hook loop_hook;
struct loop_hook {
    void (*before_sleep)(loop_hook *h);
    void *ctx;
    loop_hook *next;
};

#define LOOP_EVENTS 64

typedef struct loop {
    int epoll;
    bool stop;
    cot_ms now; /* CLOCK_BOOTTIME in ms, read once a turn: the same in every process until reboot */
    loop_timer **heap;
    size_t heap_len;
    size_t heap_cap;
    loop_hook *hooks;
    void *pending[LOOP_EVENTS]; /* loop_io of this turn's events that are not yet called */
    int pending_count;
} loop;

/* COT_OK; COT_E_IO when the kernel refuses an epoll descriptor. */
cot_status loop_init(loop *l);
void loop_free(loop *l);

/* Watch io->fd for `events` (may be called again to change them). COT_OK; COT_E_IO. */
cot_status loop_watch(loop *l, loop_io *io, uint32_t events);
/* Stop watching; does not close the descriptor. Call before closing it. */
void loop_unwatch(loop *l, loop_io *io);

/* Call t->on_due at or after `at`; an armed timer is moved. O(log n). Aborts when out of memory. */
void loop_arm(loop *l, loop_timer *t, cot_ms at);
void loop_disarm(loop *l, loop_timer *t);

void loop_hook_add(loop *l, loop_hook *h);
void loop_hook_remove(loop *l, loop_hook *h);

/* One turn: wait for events up to the next deadline, at most `max_wait` (COT_NEVER: no limit).
 * COT_OK; COT_E_IO. */
cot_status loop_turn(loop *l, cot_ms max_wait);
/* Turns until loop_stop(). COT_OK; COT_E_IO. */
cot_status loop_run(loop *l);
void loop_stop(loop *l);

/* CLOCK_BOOTTIME now, in ms. */
cot_ms loop_clock(void);

#endif
