/* SPDX-License-Identifier: Apache-2.0 */
/* cotter-sim: many LwM2M devices in one process, against any server. */
#include "sim/fleet.h"
#include "sim/probe.h"
#include "sim/provision.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: cotter-sim [OPTION…] coap[s]://HOST[:PORT]\n"
    "Simulate many LwM2M devices; Ctrl-C deregisters them and ends.\n\n"
    "  -n, --count N         devices (default 100)\n"
    "  -m, --mode MODE       nosec, psk, rpk or x509 (default: psk for coaps)\n"
    "      --prefix TEXT     endpoint names are TEXT-000000 … (default sim)\n"
    "      --fleet FILE      the fleet's secret, made when it is not there (default fleet.secret)\n"
    "      --key-file FILE   instead: one PSK for all devices, 32 hex digits\n"
    "      --ca DIR          x509: ca.pem and ca.key that sign the devices' certificates\n"
    "      --server-cert F   rpk, x509: the server's certificate (PEM)\n"
    "      --provision URL   add the devices by the server's REST API first\n"
    "      --token-file FILE for --provision (default /run/cotter/admin.token)\n"
    "      --group NAME      for --provision\n"
    "      --lifetime S      of the registrations (default 300)\n"
    "      --update S        registration update every S seconds (default: by lifetime)\n"
    "      --notify S        notify what is observed every S seconds (default 10)\n"
    "      --rate N          devices that start each second (default 1000)\n"
    "      --duration S      end after S seconds (default: never)\n"
    "      --load KIND       updates or handshakes: keep --window of them out all the time\n"
    "      --window N        for --load (default 64)\n"
    "      --rounds N        for --load: N rounds, each begins at a line on stdin and\n"
    "                        prints its own summary (default 1, begins at once)\n"
    "      --echo SIZE       no devices: datagrams of SIZE bytes to an echo service\n"
    "      --get PATH        no devices: CoAP GET of PATH\n"
    "      --report FILE     at the end, a line a device: endpoint, executes, writes\n"
    "      --stay            leave without deregistering\n"
    "      --json            the summary as one JSON line on stdout\n"
    "  -h, --help            this text\n"
    "      --version\n";

typedef struct options {
    const char *uri;
    const char *mode;
    const char *fleet;
    const char *key_file;
    const char *ca;
    const char *server_cert;
    const char *api;
    const char *token_file;
    const char *group;
    const char *report;
    const char *get;
    const char *load;
    unsigned long echo;
    unsigned long duration;
    unsigned long rounds;
    bool json;
    bool stay;
    sim_fleet_config fleet_config;
} options;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static bool number(const char *text, unsigned long most, unsigned long *out)
{
    char *end;
    *out = strtoul(text, &end, 10);
    return *text != '\0' && *text != '-' && *end == '\0' && *out <= most;
}

enum {
    OPT_PREFIX = 256,
    OPT_FLEET,
    OPT_KEY_FILE,
    OPT_CA,
    OPT_SERVER_CERT,
    OPT_PROVISION,
    OPT_TOKEN_FILE,
    OPT_GROUP,
    OPT_LIFETIME,
    OPT_UPDATE,
    OPT_NOTIFY,
    OPT_RATE,
    OPT_DURATION,
    OPT_LOAD,
    OPT_WINDOW,
    OPT_ROUNDS,
    OPT_ECHO,
    OPT_GET,
    OPT_REPORT,
    OPT_STAY,
    OPT_JSON,
    OPT_VERSION
};

static const struct option longs[] = {{"count", 1, NULL, 'n'},
                                      {"mode", 1, NULL, 'm'},
                                      {"prefix", 1, NULL, OPT_PREFIX},
                                      {"fleet", 1, NULL, OPT_FLEET},
                                      {"key-file", 1, NULL, OPT_KEY_FILE},
                                      {"ca", 1, NULL, OPT_CA},
                                      {"server-cert", 1, NULL, OPT_SERVER_CERT},
                                      {"provision", 1, NULL, OPT_PROVISION},
                                      {"token-file", 1, NULL, OPT_TOKEN_FILE},
                                      {"group", 1, NULL, OPT_GROUP},
                                      {"lifetime", 1, NULL, OPT_LIFETIME},
                                      {"update", 1, NULL, OPT_UPDATE},
                                      {"notify", 1, NULL, OPT_NOTIFY},
                                      {"rate", 1, NULL, OPT_RATE},
                                      {"duration", 1, NULL, OPT_DURATION},
                                      {"load", 1, NULL, OPT_LOAD},
                                      {"window", 1, NULL, OPT_WINDOW},
                                      {"rounds", 1, NULL, OPT_ROUNDS},
                                      {"echo", 1, NULL, OPT_ECHO},
                                      {"get", 1, NULL, OPT_GET},
                                      {"report", 1, NULL, OPT_REPORT},
                                      {"stay", 0, NULL, OPT_STAY},
                                      {"json", 0, NULL, OPT_JSON},
                                      {"help", 0, NULL, 'h'},
                                      {"version", 0, NULL, OPT_VERSION},
                                      {NULL, 0, NULL, 0}};

/* Options that take a text: where it goes. NULL: not one of them. */
static const char **text_option(options *o, int c)
{
    switch (c) {
    case 'm':
        return &o->mode;
    case OPT_PREFIX:
        return &o->fleet_config.settings.prefix;
    case OPT_FLEET:
        return &o->fleet;
    case OPT_KEY_FILE:
        return &o->key_file;
    case OPT_CA:
        return &o->ca;
    case OPT_SERVER_CERT:
        return &o->server_cert;
    case OPT_PROVISION:
        return &o->api;
    case OPT_TOKEN_FILE:
        return &o->token_file;
    case OPT_GROUP:
        return &o->group;
    case OPT_LOAD:
        return &o->load;
    case OPT_GET:
        return &o->get;
    case OPT_REPORT:
        return &o->report;
    default:
        return NULL;
    }
}

/* Options that take a number. False: out of range, or no option. */
static bool number_option(options *o, int c, const char *text)
{
    sim_fleet_config *f = &o->fleet_config;
    unsigned long v;
    if (!number(text, 100000000, &v))
        return false;
    switch (c) {
    case 'n':
        f->count = (uint32_t)v;
        return v > 0 && v <= 4000000;
    case OPT_LIFETIME:
        f->settings.lifetime = (uint32_t)v;
        return v > 0;
    case OPT_UPDATE:
        f->settings.update_ms = (uint32_t)v * 1000;
        return v <= 4000000;
    case OPT_NOTIFY:
        f->settings.notify_ms = (uint32_t)v * 1000;
        return v > 0 && v <= 4000000;
    case OPT_RATE:
        f->start_rate = (uint32_t)v;
        return v > 0;
    case OPT_DURATION:
        o->duration = v;
        return v > 0;
    case OPT_WINDOW:
        f->window = (uint32_t)v;
        return v > 0;
    case OPT_ROUNDS:
        o->rounds = v;
        return v > 0;
    case OPT_ECHO:
        o->echo = v;
        return v >= 8 && v <= WIRE_DATAGRAM;
    default:
        return false;
    }
}

static bool parse(options *o, int argc, char **argv)
{
    int c;
    while ((c = getopt_long(argc, argv, "n:m:h", longs, NULL)) != -1) {
        const char **text = text_option(o, c);
        if (c == 'h') {
            fputs(help, stdout);
            exit(0);
        } else if (c == OPT_VERSION) {
            puts("cotter-sim " COTTER_VERSION);
            exit(0);
        } else if (c == OPT_JSON) {
            o->json = true;
        } else if (c == OPT_STAY) {
            o->stay = true;
        } else if (text != NULL) {
            *text = optarg;
        } else if (c == '?' || !number_option(o, c, optarg)) {
            if (c != '?')
                fprintf(stderr, "cotter-sim: '%s' is not a number that fits here\n", optarg);
            return false;
        }
    }
    if (optind + 1 != argc) {
        fputs("cotter-sim: needs one URI, coap://HOST[:PORT] or coaps://…\n", stderr);
        return false;
    }
    o->uri = argv[optind];
    return true;
}

static bool resolve(const char *uri, bool *secure, struct sockaddr_in *out)
{
    char host[256];
    *secure = strncmp(uri, "coaps://", 8) == 0;
    if (!*secure && strncmp(uri, "coap://", 7) != 0)
        return false;
    const char *p = uri + (*secure ? 8 : 7);
    size_t len = strcspn(p, ":/");
    unsigned long port = *secure ? 5684 : 5683;
    if (len == 0 || len >= sizeof host || (p[len] == ':' && !number(p + len + 1, 65535, &port)))
        return false;
    memcpy(host, p, len);
    host[len] = '\0';
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return false;
    memcpy(out, found->ai_addr, sizeof *out);
    out->sin_port = htons((uint16_t)port);
    freeaddrinfo(found);
    return true;
}

static bool open_credentials(const options *o, bool secure, sim_credentials *c, bool *used)
{
    const char *mode = o->mode != NULL ? o->mode : (secure ? "psk" : "nosec");
    *used = strcmp(mode, "nosec") != 0;
    if (*used != secure) {
        fputs("cotter-sim: mode nosec goes with coap://, the others with coaps://\n", stderr);
        return false;
    }
    if (!*used)
        return true;
    if (o->key_file != NULL)
        return sim_credentials_shared(c, o->key_file);
    if (strcmp(mode, "psk") == 0)
        return sim_credentials_open(c, COT_PEER_PSK, o->fleet);
    if (strcmp(mode, "rpk") != 0 && strcmp(mode, "x509") != 0) {
        fprintf(stderr, "cotter-sim: there is no mode '%s'\n", mode);
        return false;
    }
    if (o->server_cert == NULL) {
        fputs("cotter-sim: rpk and x509 need --server-cert\n", stderr);
        return false;
    }
    bool x509 = strcmp(mode, "x509") == 0;
    if (x509 && o->ca == NULL) {
        fputs("cotter-sim: x509 needs --ca\n", stderr);
        return false;
    }
    return sim_credentials_open(c, x509 ? COT_PEER_X509 : COT_PEER_RPK, o->fleet) &&
           sim_credentials_server(c, o->server_cert) && (!x509 || sim_credentials_ca(c, o->ca));
}

/* ---- what a person sees ---- */

typedef struct view {
    const options *o;
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

static void summary(const options *o, const sim_fleet *f, const sim_counts *before, cot_ms ms)
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

static bool report(const options *o, const sim_fleet *f)
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
    const options *o = v->o;
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
    const options *o = v->o;
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

static int run_fleet(options *o)
{
    view v = {.o = o, .begun = sim_now(), .shown = sim_now()};
    v.fleet = sim_fleet_open(&o->fleet_config);
    if (v.fleet == NULL)
        return 1;
    if (o->fleet_config.load == SIM_LIVE)
        run_live(&v);
    else
        run_loads(&v);
    bool ok = report(o, v.fleet);
    sim_fleet_close(v.fleet);
    return ok ? 0 : 1;
}

static int run_probe(const options *o)
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
    sim_credentials credentials;
    bool secure = false;
    bool has_credentials = false;
    options o = {
        .fleet = "fleet.secret",
        .token_file = "/run/cotter/admin.token",
        .rounds = 1,
        .fleet_config = {
            .count = 100,
            .start_rate = 1000,
            .window = 64,
            .settings = {.prefix = "sim", .lifetime = 300, .notify_ms = 10000, .format = 112}}};
    if (!parse(&o, argc, argv))
        return 2;
    if (!resolve(o.uri, &secure, &o.fleet_config.server)) {
        fprintf(stderr, "cotter-sim: '%s' is not coap[s]://HOST[:PORT] of an IPv4 host\n", o.uri);
        return 2;
    }
    if (o.load != NULL && strcmp(o.load, "updates") != 0 && strcmp(o.load, "handshakes") != 0) {
        fprintf(stderr, "cotter-sim: there is no load '%s'\n", o.load);
        return 2;
    }
    if (o.load != NULL)
        o.fleet_config.load = o.load[0] == 'u' ? SIM_UPDATES : SIM_HANDSHAKES;
    if (o.load != NULL && o.duration == 0)
        o.duration = 5;
    if (o.echo != 0 || o.get != NULL)
        return run_probe(&o);
    if (!open_credentials(&o, secure, &credentials, &has_credentials))
        return 2;
    o.fleet_config.credentials = has_credentials ? &credentials : NULL;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int status = 1;
    if (o.api == NULL || sim_provision(o.api, o.token_file, o.group, &o.fleet_config.settings,
                                       o.fleet_config.credentials, o.fleet_config.count))
        status = run_fleet(&o);
    if (has_credentials)
        sim_credentials_close(&credentials);
    return status;
}
