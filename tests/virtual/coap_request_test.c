/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over a lossy link: piggybacked, separate and NON. Always: no effect twice, no answer to another
 * request, no exchange left over, each ends in time. Without loss all succeed; at 10 % nearly all. */
#include "tests/virtual/pair.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REQUESTS = 24, SEEDS = 4000 };
enum mode { PIGGYBACK, SEPARATE, NON, MODES };

/* MAX_TRANSMIT_WAIT, then the separate response. */
#define REQUEST_MS ((cot_ms)(93000 + 247000))

typedef struct job { /* one request */
    cot_coap_token token;
    cot_ms begun;
    cot_ms due; /* of the separate response; COT_NEVER: none is owed */
    unsigned effects;
    bool answered;
    uint8_t mode;
} job;

typedef struct script {
    job jobs[REQUESTS];
    unsigned at; /* the request in work */
    unsigned ended;
} script;

static pair world;
static script plot;
static uint64_t wanted[MODES];
static uint64_t succeeded[MODES];
static uint64_t resent;
static uint64_t duplicates;

static void begin_request(pair *p)
{
    script *s = p->user;
    job *j = &s->jobs[s->at];
    j->mode = (uint8_t)link_between(&p->net, 0, MODES - 1);
    j->begun = p->now;
    cot_coap_writer *w =
        pair_begin(p, PAIR_CLIENT, j->mode == NON ? COT_COAP_NON : COT_COAP_CON, COT_COAP_POST);
    cot_coap_write_segments(w, COT_COAP_URI_PATH, "effect", '/');
    uint8_t number = (uint8_t)s->at;
    cot_coap_write_payload(w, &number, 1);
    j->token = p->end[PAIR_CLIENT].head.token;
    pair_send(p, PAIR_CLIENT);
}

/* The server's separate responses go out one after the other; then the client's next request. */
static void on_time(pair *p)
{
    script *s = p->user;
    for (unsigned i = 0; i < REQUESTS; i++) {
        job *j = &s->jobs[i];
        if (j->due > p->now || !pair_ready(p, PAIR_SERVER))
            continue;
        j->due = COT_NEVER;
        uint8_t number = (uint8_t)i;
        cot_coap_writer *w = pair_begin_response(p, PAIR_SERVER, &j->token, COT_COAP_CHANGED);
        cot_coap_write_payload(w, &number, 1);
        pair_send(p, PAIR_SERVER);
    }
    if (s->at < REQUESTS && s->ended == s->at && pair_ready(p, PAIR_CLIENT))
        begin_request(p);
    for (unsigned i = 0; i < REQUESTS; i++)
        if (s->jobs[i].due != COT_NEVER || s->ended < REQUESTS)
            p->wake = p->now + 50;
}

static void end_request(pair *p)
{
    script *s = p->user;
    if (p->now > s->jobs[s->at].begun + REQUEST_MS)
        p->broken = "a request took too long";
    s->at++;
    s->ended++;
}

static void on_lost(pair *p, unsigned at)
{
    if (at == PAIR_CLIENT)
        end_request(p);
}

static void serve(pair *p, const cot_coap_event *ev, const cot_coap_msg *m)
{
    script *s = p->user;
    unsigned number = m->payload.p[0];
    job *j = &s->jobs[number];
    if (ev->kind == COT_COAP_GOT_REQUEST)
        j->effects++;
    if (ev->kind == COT_COAP_GOT_REQUEST && j->mode == SEPARATE) {
        pair_empty(p, PAIR_SERVER, COT_COAP_ACK, m->head.mid);
        cot_coap_answered(&p->end[PAIR_SERVER].peer, m->head.mid, COT_COAP_EMPTY);
        j->due = p->now + link_between(&p->net, 0, 6000);
        return;
    }
    uint8_t echo = (uint8_t)number;
    cot_coap_writer *w = pair_reply_begin(p, PAIR_SERVER, m, COT_COAP_CHANGED);
    cot_coap_write_payload(w, &echo, 1);
    pair_reply(p, PAIR_SERVER, m);
}

static void on_event(pair *p, unsigned at, const cot_coap_event *ev, const cot_coap_msg *m)
{
    script *s = p->user;
    if (at == PAIR_SERVER && cot_coap_is_request(&m->head)) {
        serve(p, ev, m);
    } else if (ev->kind == COT_COAP_GOT_UNKNOWN) {
        uint8_t reply = cot_coap_reject(&p->end[at].peer, &m->head);
        if (reply != 0)
            pair_empty(p, at, reply, m->head.mid);
    } else if (ev->kind == COT_COAP_GOT_RESPONSE) {
        if (m->payload.p[0] != s->at)
            p->broken = "the answer to another request";
        s->jobs[s->at].answered = true;
        end_request(p);
    }
}

static bool check_end(const pair *p, const script *s, unsigned loss)
{
    if (p->broken != NULL)
        return link_fail(p->broken, (long long)s->at, 0);
    if (s->ended != REQUESTS)
        return link_fail("requests ended", (long long)s->ended, REQUESTS);
    for (int i = 0; i < 2; i++)
        if (p->end[i].peer.waiting != 0 || !cot_coap_is_closed(&p->end[i].x))
            return link_fail("exchanges left over", p->end[i].peer.waiting, 0);
    for (int i = 0; i < REQUESTS; i++) {
        const job *j = &s->jobs[i];
        if (j->effects > 1)
            return link_fail("effects of one request", j->effects, 1);
        if (j->answered && j->effects != 1)
            return link_fail("an answer without effect", j->effects, 1);
        if (loss == 0 && !j->answered)
            return link_fail("a request without loss was not answered", i, -1);
        if (loss <= 10) {
            wanted[j->mode]++;
            succeeded[j->mode] += j->answered;
        }
    }
    return true;
}

static bool run(uint64_t seed)
{
    pair *p = &world;
    unsigned loss = (unsigned)(seed % 5) * 10;
    pair_init(p, seed, loss, seed % 3 != 0);
    memset(&plot, 0, sizeof plot);
    for (int i = 0; i < REQUESTS; i++)
        plot.jobs[i].due = COT_NEVER;
    p->user = &plot;
    p->on_event = on_event;
    p->on_lost = on_lost;
    p->on_time = on_time;
    pair_run(p, p->now + 24 * 3600 * (cot_ms)1000);
    resent += p->resent;
    duplicates += p->duplicates;
    return check_end(p, &plot, loss);
}

int main(void)
{
    unsigned failed = link_run_seeds("coap_request_test", 1, SEEDS, run);
    printf("resent %" PRIu64 ", duplicates %" PRIu64 "\n", resent, duplicates);
    for (int i = 0; i < MODES; i++) {
        printf("mode %d, at most 10 %% loss: %" PRIu64 " of %" PRIu64 " answered\n", i,
               succeeded[i], wanted[i]);
        if (i != NON && succeeded[i] * 1000 < wanted[i] * 999) /* lost both ways 5 times: 0.02 % */
            failed++;
    }
    return failed == 0 ? 0 : 1;
}
