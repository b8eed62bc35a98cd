/* SPDX-License-Identifier: Apache-2.0 */
/* cotter-sim: many LwM2M devices in one process, against any server. */
#include "sim/options.h"
#include "sim/probe.h"
#include "sim/provision.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- what a person sees ---- */

typedef struct view {
    const sim_options *o;
    sim_fleet *fleet;
    cot_ms begun;
    cot_ms shown;
    uint64_t updates; /* at the last line */
    uint32_t wanted;  /* registered devices that end the phase; 0: none */
} view;

static void show(view *v, cot_ms now)
{
    const sim_counts *c = sim_fleet_counts(v->fleet);
    double seconds = (double)(now - v->shown) / 1000.0;
    fprintf(stderr,
            "%s%6.1f s  registered %u/%u  handshakes %llu  updates %llu (%.0f/s)  served %llu  "
            "notified %llu  lost %llu  refused %llu%s",
            isatty(2) ? "\r" : "", (double)(now - v->begun) / 1000.0,
            (unsigned)sim_fleet_registered(v->fleet), (unsigned)v->o->fleet_config.count,
            (unsigned long long)c->handshakes, (unsigned long long)c->updates,
            seconds > 0 ? (double)(c->updates - v->updates) / seconds : 0.0,
            (unsigned long long)c->requests, (unsigned long long)c->notifications,
            (unsigned long long)c->lost, (unsigned long long)c->refused,
            isatty(2) ? "\033[K" : "\n");
    v->updates = c->updates;
    v->shown = now;
}

static bool tick(void *ctx)
{
    view *v = ctx;
    cot_ms now = sim_now();
    if (!v->o->json && now - v->shown >= 1000)
        show(v, now);
    return stopped != 0 || (v->wanted != 0 && sim_fleet_registered(v->fleet) >= v->wanted);
}

static void summary(const sim_options *o, const sim_fleet *f, const sim_counts *before, cot_ms ms)
{
    const sim_counts *c = sim_fleet_counts(f);
    if (!o->json)
        return;
    printf(
        "{\"devices\":%u,\"registered\":%u,\"ms\":%llu,\"handshakes\":%llu,\"registrations\":%llu,"
        "\"updates\":%llu,\"updates_in_load\":%llu,\"handshakes_in_load\":%llu,\"served\":%llu,"
        "\"executes\":%llu,\"writes\":%llu,\"notifications\":%llu,\"lost\":%llu,\"resent\":%llu,"
        "\"refused\":%llu,\"datagram_bytes\":%zu}\n",
        (unsigned)o->fleet_config.count, (unsigned)sim_fleet_registered(f), (unsigned long long)ms,
        (unsigned long long)c->handshakes, (unsigned long long)c->registrations,
        (unsigned long long)c->updates, (unsigned long long)(c->updates - before->updates),
        (unsigned long long)(c->handshakes - before->handshakes), (unsigned long long)c->requests,
        (unsigned long long)c->executes, (unsigned long long)c->writes,
        (unsigned long long)c->notifications, (unsigned long long)c->lost,
        (unsigned long long)c->resent, (unsigned long long)c->refused, sim_fleet_datagram(f));
    fflush(stdout);
}

static bool report(const sim_options *o, const sim_fleet *f)
{
    if (o->report == NULL)
        return true;
    FILE *out = fopen(o->report, "w");
    if (out == NULL) {
        perror(o->report);
        return false;
    }
    for (uint32_t i = 0; i < o->fleet_config.count; i++) {
        char endpoint[64];
        const sim_client *c = sim_fleet_client(f, i);
        sim_endpoint(&o->fleet_config.settings, i, endpoint);
        fprintf(out, "%s,%u,%u\n", endpoint, (unsigned)c->executes, (unsigned)c->writes);
    }
    return fclose(out) == 0;
}

/* ---- the two kinds of run ---- */

/* Until all have registered: what a closed loop begins with. */
static void register_all(view *v)
{
    v->wanted = v->o->fleet_config.count;
    sim_fleet_run(v->fleet, COT_NEVER, tick, v);
    v->wanted = 0;
}

/* Has the next round been asked for? Meanwhile the fleet lives on. */
static bool asked(void *ctx)
{
    struct pollfd in = {.fd = 0, .events = POLLIN};
    char line[64];
    if (tick(ctx))
        return true;
    if (poll(&in, 1, 0) <= 0)
        return false;
    if (read(0, line, sizeof line) <= 0)
        stopped = 1;
    return true;
}

static void run_loads(view *v)
{
    const sim_options *o = v->o;
    if (o->fleet_config.load == SIM_UPDATES)
        register_all(v);
    for (unsigned long i = 0; i < o->rounds && stopped == 0; i++) {
        if (o->rounds > 1) {
            fputs("ready\n", stderr);
            sim_fleet_run(v->fleet, COT_NEVER, asked, v);
        }
        sim_counts before = *sim_fleet_counts(v->fleet);
        cot_ms begun = sim_now();
        sim_fleet_load(v->fleet, true);
        sim_fleet_run(v->fleet, begun + o->duration * 1000, tick, v);
        sim_fleet_load(v->fleet, false);
        summary(o, v->fleet, &before, sim_now() - begun);
    }
}

static void run_live(view *v)
{
    const sim_options *o = v->o;
    cot_ms begun = sim_now();
    sim_counts before = *sim_fleet_counts(v->fleet);
    sim_fleet_run(v->fleet, o->duration == 0 ? COT_NEVER : begun + o->duration * 1000, tick, v);
    summary(o, v->fleet, &before, sim_now() - begun);
    if (o->stay)
        return;
    stopped = 0;
    sim_fleet_leave(v->fleet);
    sim_fleet_run(v->fleet, sim_now() + 1000 + o->fleet_config.count / 20, tick, v);
}

/* A run in which no device ever got through has failed; say so. */
static bool reached(const view *v)
{
    const sim_counts *c = sim_fleet_counts(v->fleet);
    if (c->registrations > 0 || c->handshakes > 0)
        return true;
    fprintf(
        stderr,
        "cotter-sim: none of %u devices could register: %llu refused, the others got no answer\n",
        (unsigned)v->o->fleet_config.count, (unsigned long long)c->refused);
    return false;
}

static int run_fleet(sim_options *o)
{
    view v = {.o = o, .begun = sim_now(), .shown = sim_now()};
    v.fleet = sim_fleet_open(&o->fleet_config);
    if (v.fleet == NULL)
        return 1;
    if (o->fleet_config.load == SIM_LIVE)
        run_live(&v);
    else
        run_loads(&v);
    bool ok = report(o, v.fleet) && reached(&v);
    sim_fleet_close(v.fleet);
    return ok ? 0 : 1;
}

static int run_probe(const sim_options *o)
{
    probe_config c = {.server = o->fleet_config.server,
                      .count = o->fleet_config.count,
                      .window = o->fleet_config.window,
                      .kind = o->get != NULL ? PROBE_GET : PROBE_ECHO,
                      .size = o->echo,
                      .path = o->get,
                      .duration = (o->duration == 0 ? 5 : o->duration) * 1000};
    int64_t answers = probe_run(&c);
    if (answers >= 0)
        printf("{\"answers\":%lld,\"ms\":%llu}\n", (long long)answers,
               (unsigned long long)c.duration);
    return answers >= 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    sim_options o;
    sim_credentials credentials = {0};
    if (!sim_options_parse(&o, argc, argv))
        return 2;
    if (o.echo != 0 || o.get != NULL)
        return run_probe(&o);
    if (!sim_options_credentials(&o, &credentials))
        return 2;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int status = 1;
    if (o.api == NULL || sim_provision(o.api, o.token_file, o.group, &o.fleet_config.settings,
                                       o.fleet_config.credentials, o.fleet_config.count))
        status = run_fleet(&o);
    sim_credentials_close(&credentials);
    return status;
}
