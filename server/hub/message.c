/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between the loop and the decider. */
#include "server/hub/message.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hub_message *hub_message_new(uint8_t role, uint8_t index, uint8_t type, cot_bytes body, int fd)
{
    hub_message *m = malloc(sizeof *m + body.len);
    if (m == NULL)
        return NULL;
    m->next = NULL;
    m->role = role;
    m->index = index;
    m->type = type;
    m->fd = fd;
    m->len = body.len;
    if (body.len > 0)
        memcpy(m->body, body.p, body.len);
    return m;
}

void hub_message_free(hub_message *m)
{
    if (m != NULL && (m->type == IPC_CALL || m->type == IPC_REPLY))
        cot_wipe(m->body, m->len); /* bearer tokens */
    if (m != NULL && m->fd >= 0)
        close(m->fd);
    free(m);
}

void hub_list_init(hub_list *l)
{
    l->head = NULL;
    l->tail = &l->head;
    l->count = 0;
    l->fds = 0;
    l->bytes = 0;
}

void hub_list_push(hub_list *l, hub_message *m)
{
    m->next = NULL;
    *l->tail = m;
    l->tail = &m->next;
    l->count++;
    l->fds += m->fd >= 0;
    l->bytes += sizeof *m + m->len;
}

hub_message *hub_list_pop(hub_list *l)
{
    hub_message *m = l->head;
    if (m == NULL)
        return NULL;
    l->head = m->next;
    if (l->head == NULL)
        l->tail = &l->head;
    l->count--;
    l->fds -= m->fd >= 0;
    l->bytes -= sizeof *m + m->len;
    return m;
}

void hub_list_move(hub_list *to, hub_list *from)
{
    if (from->head == NULL)
        return;
    *to->tail = from->head;
    to->tail = from->tail;
    to->count += from->count;
    to->fds += from->fds;
    to->bytes += from->bytes;
    hub_list_init(from);
}

void hub_list_clear(hub_list *l)
{
    for (hub_message *m = hub_list_pop(l); m != NULL; m = hub_list_pop(l))
        hub_message_free(m);
}

void hub_queue_init(hub_queue *q, int wake)
{
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
    pthread_cond_init(&q->less, NULL);
    hub_list_init(&q->list);
    q->closed = false;
    q->wake = wake;
}

void hub_queue_free(hub_queue *q)
{
    hub_list_clear(&q->list);
    pthread_cond_destroy(&q->less);
    pthread_cond_destroy(&q->more);
    pthread_mutex_destroy(&q->lock);
}

static void wake(hub_queue *q)
{
    uint64_t one = 1;
    pthread_cond_signal(&q->more);
    if (q->wake >= 0 && write(q->wake, &one, sizeof one) < 0)
        return; /* the counter is full: the reader is awake anyway */
}

void hub_queue_put(hub_queue *q, hub_list *l)
{
    if (l->head == NULL)
        return;
    pthread_mutex_lock(&q->lock);
    hub_list_move(&q->list, l);
    wake(q);
    pthread_mutex_unlock(&q->lock);
}

void hub_queue_push(hub_queue *q, hub_message *m, size_t bound)
{
    pthread_mutex_lock(&q->lock);
    while (q->list.count >= bound && !q->closed)
        pthread_cond_wait(&q->less, &q->lock);
    hub_list_push(&q->list, m);
    wake(q);
    pthread_mutex_unlock(&q->lock);
}

bool hub_queue_take(hub_queue *q, hub_list *out, bool wait)
{
    pthread_mutex_lock(&q->lock);
    while (wait && q->list.head == NULL && !q->closed)
        pthread_cond_wait(&q->more, &q->lock);
    bool alive = q->list.head != NULL || !q->closed;
    hub_list_move(out, &q->list);
    pthread_cond_signal(&q->less);
    pthread_mutex_unlock(&q->lock);
    return alive;
}

void hub_queue_close(hub_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_signal(&q->more);
    pthread_cond_signal(&q->less);
    pthread_mutex_unlock(&q->lock);
}
