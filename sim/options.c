/* SPDX-License-Identifier: Apache-2.0 */
/* Reads cotter-sim's command line. */
#include "sim/options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static const char **text_option(sim_options *o, int c)
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
static bool number_option(sim_options *o, int c, const char *text)
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

static bool read_arguments(sim_options *o, int argc, char **argv)
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

static bool open_credentials(const sim_options *o, sim_credentials *c, bool *used)
{
    const char *mode = o->mode != NULL ? o->mode : (o->secure ? "psk" : "nosec");
    *used = strcmp(mode, "nosec") != 0;
    if (*used != o->secure) {
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

bool sim_options_credentials(sim_options *o, sim_credentials *c)
{
    bool used = false;
    if (!open_credentials(o, c, &used))
        return false;
    o->fleet_config.credentials = used ? c : NULL;
    return true;
}

bool sim_options_parse(sim_options *o, int argc, char **argv)
{
    *o = (sim_options){
        .fleet = "fleet.secret",
        .token_file = "/run/cotter/admin.token",
        .rounds = 1,
        .fleet_config = {
            .count = 100,
            .start_rate = 1000,
            .window = 64,
            .settings = {.prefix = "sim", .lifetime = 300, .notify_ms = 10000, .format = 112}}};
    if (!read_arguments(o, argc, argv))
        return false;
    if (!resolve(o->uri, &o->secure, &o->fleet_config.server)) {
        fprintf(stderr, "cotter-sim: '%s' is not coap[s]://HOST[:PORT] of an IPv4 host\n", o->uri);
        return false;
    }
    if (o->load == NULL)
        return true;
    if (strcmp(o->load, "updates") != 0 && strcmp(o->load, "handshakes") != 0) {
        fprintf(stderr, "cotter-sim: there is no load '%s'\n", o->load);
        return false;
    }
    o->fleet_config.load = o->load[0] == 'u' ? SIM_UPDATES : SIM_HANDSHAKES;
    if (o->duration == 0)
        o->duration = 5;
    return true;
}
