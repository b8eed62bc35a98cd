/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between hub's two threads: the loop, which owns the channels, and the decider, which owns the
 * database. Each is one IPC message with its peer. */
#ifndef COTTER_SERVER_HUB_MESSAGE_H
#define COTTER_SERVER_HUB_MESSAGE_H

#include "server/ipc/messages.h"

#include <pthread.h>

typedef struct hub_message hub_message;
struct hub_message {
    hub_message *next;
    uint8_t role;  /* ipc_role of the peer; IPC_MONITOR for hub's own (below) */
    uint8_t index; /* of a worker */
    uint8_t type;  /* ipc_type; 0 with IPC_MONITOR: time has passed */
    int fd;        /* -1, or a descriptor that belongs to the message */
    size_t len;
    uint8_t body[];
};

/* Copies `body`. NULL when out of memory; `fd` stays the caller's then. */
hub_message *hub_message_new(uint8_t role, uint8_t index, uint8_t type, cot_bytes body, int fd);
void hub_message_free(hub_message *m); /* closes its descriptor; NULL is fine */

/* First in, first out. Not for two threads by itself: hub_queue is. */
typedef struct hub_list {
    hub_message *head;
    hub_message **tail;
    size_t count;
    size_t fds;   /* messages with a descriptor */
    size_t bytes; /* of all, their heads included */
} hub_list;

void hub_list_init(hub_list *l);
void hub_list_push(hub_list *l, hub_message *m);
hub_message *hub_list_pop(hub_list *l); /* NULL when empty */
/* Move all of `from` to the end of `to`. */
void hub_list_move(hub_list *to, hub_list *from);
void hub_list_clear(hub_list *l);

/* A list between two threads. */
typedef struct hub_queue {
    pthread_mutex_t lock;
    pthread_cond_t more; /* there is something, or it is closed */
    pthread_cond_t less; /* there is room */
    hub_list list;
    bool closed;
    int wake; /* eventfd written when something comes, or -1 */
} hub_queue;

void hub_queue_init(hub_queue *q, int wake);
void hub_queue_free(hub_queue *q);
/* Append all of `l`, which is empty afterwards. */
void hub_queue_put(hub_queue *q, hub_list *l);
/* Append one; waits while there are `bound` messages. */
void hub_queue_push(hub_queue *q, hub_message *m, size_t bound);
/* Everything that is there to the end of `out`. wait: until there is something. false: closed and
 * empty. */
bool hub_queue_take(hub_queue *q, hub_list *out, bool wait);
void hub_queue_close(hub_queue *q);

#endif
