/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: epoll, a binary heap of deadlines, hooks before each sleep. */
#include "server/ipc/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MAX 60000u

cot_ms loop_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (cot_ms)t.tv_sec * 1000u + (cot_ms)(t.tv_nsec / 1000000);
}

cot_status loop_init(loop *l)
{
    memset(l, 0, sizeof *l);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->now = loop_clock();
    return l->epoll < 0 ? COT_E_IO : COT_OK;
}

void loop_free(loop *l)
{
    if (l->epoll >= 0)
        close(l->epoll);
    free(l->heap);
    memset(l, 0, sizeof *l);
    l->epoll = -1;
}

cot_status loop_watch(loop *l, loop_io *io, uint32_t events)
{
    struct epoll_event e = {.events = events, .data = {.ptr = io}};
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, io->fd, &e) == 0)
        return COT_OK;
    if (errno == ENOENT && epoll_ctl(l->epoll, EPOLL_CTL_ADD, io->fd, &e) == 0)
        return COT_OK;
    return COT_E_IO;
}

void loop_unwatch(loop *l, loop_io *io)
{
    if (io->fd >= 0)
        epoll_ctl(l->epoll, EPOLL_CTL_DEL, io->fd, NULL);
    for (int i = 0; i < l->pending_count; i++)
        if (l->pending[i] == io)
            l->pending[i] = NULL;
}

/* ---- deadlines: heap[0] is the earliest; each timer knows its place ---- */

static void place(loop *l, size_t i, loop_timer *t)
{
    l->heap[i] = t;
    t->slot = i + 1;
}

static void sift_up(loop *l, size_t i, loop_timer *t)
{
    while (i > 0 && l->heap[(i - 1) / 2]->at > t->at) {
        place(l, i, l->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(l, i, t);
}

static void sift_down(loop *l, size_t i, loop_timer *t)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= l->heap_len)
            break;
        if (child + 1 < l->heap_len && l->heap[child + 1]->at < l->heap[child]->at)
            child++;
        if (l->heap[child]->at >= t->at)
            break;
        place(l, i, l->heap[child]);
        i = child;
    }
    place(l, i, t);
}

void loop_disarm(loop *l, loop_timer *t)
{
    if (t->slot == 0)
        return;
    size_t i = t->slot - 1;
    t->slot = 0;
    loop_timer *last = l->heap[--l->heap_len];
    if (last == t)
        return;
    if (i > 0 && l->heap[(i - 1) / 2]->at > last->at)
        sift_up(l, i, last);
    else
        sift_down(l, i, last);
}

void loop_arm(loop *l, loop_timer *t, cot_ms at)
{
    loop_disarm(l, t);
    if (l->heap_len == l->heap_cap) {
        size_t cap = l->heap_cap == 0 ? 64 : l->heap_cap * 2;
        loop_timer **grown = realloc(l->heap, cap * sizeof *grown);
        if (grown == NULL)
            abort();
        l->heap = grown;
        l->heap_cap = cap;
    }
    t->at = at;
    l->heap_len++;
    sift_up(l, l->heap_len - 1, t);
}

/* ---- hooks ---- */

void loop_hook_add(loop *l, loop_hook *h)
{
    h->next = l->hooks;
    l->hooks = h;
}

void loop_hook_remove(loop *l, loop_hook *h)
{
    for (loop_hook **p = &l->hooks; *p != NULL; p = &(*p)->next) {
        if (*p == h) {
            *p = h->next;
            return;
        }
    }
}

/* ---- turns ---- */

static int wait_ms(const loop *l, cot_ms max_wait)
{
    cot_ms wait = max_wait < WAIT_MAX ? max_wait : WAIT_MAX;
    if (l->heap_len > 0) {
        cot_ms at = l->heap[0]->at;
        cot_ms left = at > l->now ? at - l->now : 0;
        wait = left < wait ? left : wait;
    }
    return l->stop ? 0 : (int)wait;
}

cot_status loop_turn(loop *l, cot_ms max_wait)
{
    struct epoll_event events[LOOP_EVENTS];
    for (loop_hook *h = l->hooks; h != NULL;) {
        loop_hook *next = h->next;
        h->before_sleep(h);
        h = next;
    }
    l->now = loop_clock();
    int n = epoll_wait(l->epoll, events, LOOP_EVENTS, wait_ms(l, max_wait));
    if (n < 0 && errno != EINTR)
        return COT_E_IO;
    l->now = loop_clock();
    l->pending_count = n < 0 ? 0 : n;
    for (int i = 0; i < l->pending_count; i++)
        l->pending[i] = events[i].data.ptr;
    for (int i = 0; i < l->pending_count; i++) {
        loop_io *io = l->pending[i];
        if (io != NULL)
            io->on_event(io, events[i].events);
    }
    l->pending_count = 0;
    while (l->heap_len > 0 && l->heap[0]->at <= l->now) {
        loop_timer *t = l->heap[0];
        loop_disarm(l, t);
        t->on_due(t);
    }
    return COT_OK;
}

cot_status loop_run(loop *l)
{
    while (!l->stop) {
        cot_status s = loop_turn(l, COT_NEVER);
        if (s != COT_OK)
            return s;
    }
    return COT_OK;
}

void loop_stop(loop *l)
{
    l->stop = true;
}
