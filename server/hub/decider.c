/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit. A message that wrote nothing is answered at once, also while others wait for the disk's
 * confirmation. While messages keep coming, a transaction stays open for 5 ms; as soon as none is
 * waiting, it is committed: so an idle hub answers without delay and a busy one shares one fsync. */
#include "server/hub/decider.h"

#include "server/role.h"

#include <time.h>

store_ms decider_wall_clock(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (store_ms)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(decider *d, hub_list *l)
{
    hub_queue_put(&d->out, l);
}

static void report(decider *d, const char *what)
{
    if (!d->reported)
        log_line("error", "hub.store", "reason=\"%s\"", what);
    d->reported = true;
}

/* The storage failed under this message: tell who waits for it. */
static void refuse(decider *d, hub_message *m)
{
    hub_list_clear(&d->hub->out);
    hub_refuse(d->hub, m);
    say(d, &d->hub->out);
    hub_message_free(m);
}

static void refuse_all(decider *d)
{
    hub_list_clear(&d->held);
    hub_event_undo(d->hub, d->events);
    for (hub_message *m = hub_list_pop(&d->works); m != NULL; m = hub_list_pop(&d->works))
        refuse(d, m);
}

static void commit(decider *d)
{
    if (!store_pending(d->hub->st))
        return;
    if (store_commit(d->hub->st) != COT_OK) {
        report(d, "a commit failed: is the disk full?");
        refuse_all(d);
        return;
    }
    d->reported = false;
    say(d, &d->held);
    hub_list_clear(&d->works);
}

static void work(decider *d, hub_message *m)
{
    hub *h = d->hub;
    uint64_t events = h->event_next;
    bool wrote = false;
    bool open = store_pending(h->st);
    h->now = loop_clock();
    h->utc = decider_wall_clock();
    cot_status s = hub_handle(h, m);
    say(d, &h->at_once);
    bool keep = s == COT_OK && !h->undo;
    cot_status end = store_work_end(h->st, keep, &wrote);
    if (!keep || end != COT_OK)
        hub_event_undo(h, events);
    if (end == COT_E_IO && !store_pending(h->st) && open)
        refuse_all(d); /* SQLite rolled the whole transaction back */
    if (s != COT_OK || end != COT_OK) {
        report(d, s == COT_E_IO || end != COT_OK
                      ? "the database cannot be written: is the disk full?"
                      : "a message could not be worked on");
        refuse(d, m);
    } else if (wrote) {
        if (!open) {
            d->since = h->now;
            d->events = events;
        }
        hub_list_move(&d->held, &h->out);
        hub_list_push(&d->works, m);
    } else {
        say(d, &h->out);
        hub_message_free(m);
    }
}

static void *run(void *arg)
{
    decider *d = arg;
    hub_list batch;
    bool alive = true;
    hub_list_init(&batch);
    (void)sem_post(&d->running);
    while (alive) {
        alive = hub_queue_take(&d->in, &batch, !store_pending(d->hub->st));
        if (batch.head == NULL)
            commit(d);
        for (hub_message *m = hub_list_pop(&batch); m != NULL; m = hub_list_pop(&batch)) {
            work(d, m);
            if (store_pending(d->hub->st) && loop_clock() - d->since >= DECIDER_COMMIT_MS)
                commit(d);
        }
    }
    commit(d);
    hub_queue_close(&d->out);
    return NULL;
}

cot_status decider_start(decider *d, hub *h, int wake)
{
    d->hub = h;
    d->reported = false;
    hub_queue_init(&d->in, -1);
    hub_queue_init(&d->out, wake);
    hub_list_init(&d->held);
    hub_list_init(&d->works);
    if (sem_init(&d->running, 0, 0) != 0 || pthread_create(&d->thread, NULL, run, d) != 0)
        return COT_E_INTERNAL;
    while (sem_wait(&d->running) != 0)
        ;
    return COT_OK;
}

void decider_stop(decider *d)
{
    hub_queue_close(&d->in);
    pthread_join(d->thread, NULL);
    hub_queue_free(&d->in);
}
