/* SPDX-License-Identifier: Apache-2.0 */
/* cotter-device: a POSIX device with objects 0, 1, 3, 5 and 3303 that works against any LwM2M 1.1
 * server. Built twice, as version 1.0.0 and 2.0.0, it is also the image of the demo's upgrade. */
#define _GNU_SOURCE
#include "examples/credentials.h"
#include "examples/launcher.h"
#include "examples/sensor.h"
#include "examples/trust.h"

#include <cotter/client.h>
#include <cotter/dtls.h>
#include <cotter/mbedtls.h>
#include <cotter/nosec.h>
#include <cotter/posix.h>
#include <cotter/update.h>

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEASURE_MS 1000u

typedef struct options {
    const char *state;
    const char *anchor;
    const char *credentials;
    uint32_t lifetime;
    uint16_t udp_port;
    int slot; /* −1: not started by a launcher */
} options;

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t rebind_asked;
static bool restart_asked;
static bool was_registered;

static credentials secrets;
static cot_posix posix;
static cot_port port;
static cot_nosec nosec;
static cot_dtls_client dtls;
static cot_dtls_client_config dtls_config;
static cot_dtls_aead aead;
static cot_dtls_aead_mbedtls aead_state;
static _Alignas(16) uint8_t arena[COT_DTLS_ARENA_X509];
static cot_dtls_blob chain[CERTIFICATES_MAX];
static cot_dtls_blob anchors[CERTIFICATES_MAX];
static cot_update update;
static cot_update_config update_config;
static uint8_t manifest[512];
static cot_client client;
static cot_client_config config;
static const cot_object *const objects[] = {&sensor_object};

/* UUIDv5(DNS, "cotter.example") and UUIDv5(that, "demo-sensor"). */
static const uint8_t vendor_id[16] = {0xF8, 0x4B, 0x22, 0x16, 0xBC, 0xDC, 0x58, 0xE5,
                                      0xBF, 0xAE, 0x50, 0xAF, 0x93, 0xFC, 0xD5, 0x22};
static const uint8_t class_id[16] = {0x87, 0x9F, 0x4A, 0x2E, 0x2B, 0xF3, 0x55, 0x26,
                                     0xA7, 0x0F, 0x8F, 0xEB, 0x4B, 0xBA, 0x2F, 0x0A};

static const char *const event_names[] = {
    [COT_EVENT_CONNECTING] = "connecting",
    [COT_EVENT_REFUSED] = "refused",
    [COT_EVENT_REGISTERED] = "registered",
    [COT_EVENT_UPDATED] = "updated",
    [COT_EVENT_LOST] = "lost",
    [COT_EVENT_DEREGISTERED] = "deregistered",
    [COT_EVENT_REBOOT] = "reboot",
    [COT_EVENT_FIRMWARE] = "firmware",
    [COT_EVENT_NOTIFIED] = "notify",
    [COT_EVENT_RESTART] = "restart",
};

static void on_event(void *app, const cot_event *e)
{
    (void)app;
    bool bad = e->kind == COT_EVENT_REFUSED || e->kind == COT_EVENT_LOST;
    bool never = e->kind == COT_EVENT_DEREGISTERED && !was_registered;
    was_registered = was_registered || e->kind == COT_EVENT_REGISTERED;
    fprintf(stderr, "level=%s event=%s endpoint=%s version=%s", bad ? "warning" : "info",
            never ? "stopped" : event_names[e->kind], secrets.endpoint, COTTER_DEVICE_VERSION);
    if (bad)
        fprintf(stderr, " reason=\"%s\" channel=\"%s\" code=%u.%02u", cot_status_text(e->status),
                cot_refusal_text(e->refusal), e->code >> 5, e->code & 31u);
    if (e->kind == COT_EVENT_FIRMWARE)
        fprintf(stderr, " state=%u result=%u", e->firmware_state, e->firmware_result);
    fputc('\n', stderr);
    if (e->kind == COT_EVENT_REBOOT)
        restart_asked = true;
}

static void on_signal(int sig)
{
    if (sig == SIGUSR1)
        rebind_asked = 1;
    else
        stop_asked = 1;
}

/* The port's reset: the launcher starts whatever is to be started. */
static void reset(void *ctx)
{
    (void)ctx;
    exit(LAUNCHER_RESTART);
}

static cot_status random_bytes(void *app, uint8_t *out, size_t len)
{
    (void)app;
    return port.entropy(port.ctx, out, len);
}

static cot_status psk(void *app, uint8_t key[static 64], size_t *len)
{
    (void)app;
    memcpy(key, secrets.psk, secrets.psk_len);
    *len = secrets.psk_len;
    return COT_OK;
}

static int64_t utc(void *app)
{
    (void)app;
    return (int64_t)time(NULL);
}

static cot_dtls_blob blob(const der *d)
{
    return (cot_dtls_blob){d->bytes, d->len};
}

static cot_channel *make_channel(void)
{
    static const cot_peer_mode modes[] = {[COT_MODE_PSK] = COT_PEER_PSK,
                                          [COT_MODE_RPK] = COT_PEER_RPK,
                                          [COT_MODE_X509] = COT_PEER_X509,
                                          [COT_MODE_NOSEC] = COT_PEER_NOSEC};
    if (secrets.mode == COT_MODE_NOSEC) {
        cot_nosec_init(&nosec);
        return &nosec.channel;
    }
    for (size_t i = 0; i < secrets.certificate_count; i++)
        chain[i] = blob(&secrets.certificates[i]);
    for (size_t i = 0; i < secrets.anchor_count; i++)
        anchors[i] = blob(&secrets.anchors[i]);
    cot_dtls_aead_mbedtls_init(&aead, &aead_state, arena, sizeof arena);
    dtls_config = (cot_dtls_client_config){
        .mode = modes[secrets.mode],
        .psk_identity = {(const uint8_t *)secrets.psk_identity, strlen(secrets.psk_identity)},
        .psk = psk,
        .private_key = secrets.has_private_key ? secrets.private_key : NULL,
        .own_spki = blob(&secrets.public_key),
        .own_chain = chain,
        .own_chain_count = secrets.certificate_count,
        .server_spki = blob(&secrets.server_public_key),
        .usage = secrets.usage,
        .server_certificate = blob(&secrets.server_certificate),
        .trust_anchors = anchors,
        .trust_anchor_count = secrets.anchor_count,
        .server_name = secrets.server_name[0] != '\0' ? secrets.server_name : NULL,
        .cid = true,
        .arena = arena,
        .arena_len = sizeof arena,
        .aead = &aead,
        .random = random_bytes,
        .time = utc};
    cot_dtls_client_init(&dtls, &dtls_config);
    return &dtls.channel;
}

static bool make_update(const options *o)
{
    if (o->state == NULL || o->anchor == NULL) { /* no updates: there is no object 5 */
        fprintf(stderr, "level=info event=no_updates endpoint=%s reason=\"%s is not given\"\n",
                secrets.endpoint, o->state == NULL ? "--state" : "--anchor");
        return true;
    }
    update_config =
        (cot_update_config){.port = &port,
                            .crypto = &cot_crypto_mbedtls,
                            .factory_sequence = COTTER_DEVICE_SEQUENCE,
                            .running_slot = o->slot == 1 ? COT_AREA_SLOT_1 : COT_AREA_SLOT_0,
                            .manifest = manifest,
                            .manifest_cap = sizeof manifest};
    memcpy(update_config.vendor_id, vendor_id, sizeof vendor_id);
    memcpy(update_config.class_id, class_id, sizeof class_id);
    if (!trust_read(&update_config.trust_anchor, o->anchor))
        return false;
    cot_status s = cot_update_init(&update, &update_config);
    if (s != COT_OK)
        fprintf(stderr, "cotter-device: %s: %s\n", o->state, cot_status_text(s));
    config.update = &update;
    return s == COT_OK;
}

static void note_boot(const options *o)
{
    cot_boot_state b;
    if (config.update == NULL || cot_boot_read(&port, &b) != COT_OK)
        return;
    fprintf(stderr,
            "level=info event=boot endpoint=%s version=%s slot=%d trial=%s sequence=%" PRIu64
            " result=%u\n",
            secrets.endpoint, COTTER_DEVICE_VERSION, o->slot, b.trial ? "yes" : "no",
            b.confirmed_sequence, b.result);
}

static bool make_client(const options *o)
{
    config = (cot_client_config){
        .endpoint = secrets.endpoint,
        .account = {secrets.server, 1, secrets.mode, o->lifetime, make_channel()},
        .device = {"Cotter", "cotter-device", secrets.endpoint, COTTER_DEVICE_VERSION},
        .objects = objects,
        .object_count = 1,
        .port = &port,
        .memory = cot_posix_memory,
        .event = on_event};
    if (!make_update(o))
        return false;
    cot_status s = cot_client_init(&client, &config);
    if (s != COT_OK)
        fprintf(stderr, "cotter-device: %s: %s\n", o->credentials, cot_status_text(s));
    return s == COT_OK;
}

static void measure(cot_ms now, cot_ms *next)
{
    if (now < *next)
        return;
    *next = now + MEASURE_MS;
    if (sensor_measure())
        cot_client_changed(&client, 3303, 0, 5700);
}

static void note_handshake(cot_channel_state *before)
{
    cot_channel_state state = dtls.channel.state;
    if (secrets.mode != COT_MODE_NOSEC && state == COT_CHANNEL_OPEN && *before != state)
        fprintf(stderr, "level=info event=handshake endpoint=%s connection_id=%s\n",
                secrets.endpoint, dtls.record.cid_out_len > 0 ? "yes" : "no");
    *before = state;
}

static void rebind(void)
{
    bool good = cot_posix_rebind(&posix) == COT_OK;
    fprintf(stderr, "level=info event=rebind endpoint=%s done=%s\n", secrets.endpoint,
            good ? "yes" : "no");
    if (secrets.mode == COT_MODE_NOSEC) /* nothing but an Update tells the server the new address */
        (void)cot_client_update(&client);
    rebind_asked = 0;
}

static int run(void)
{
    cot_ms measure_at = 0;
    cot_channel_state state = COT_CHANNEL_CLOSED;
    for (;;) {
        cot_ms now = cot_posix_now();
        if (stop_asked || restart_asked)
            cot_client_stop(&client);
        if (rebind_asked)
            rebind();
        measure(now, &measure_at);
        cot_ms next = cot_client_poll(&client, now);
        note_handshake(&state);
        if (next == COT_NEVER && (stop_asked || restart_asked))
            return restart_asked ? LAUNCHER_RESTART : 0;
        cot_posix_wait(&posix, next < measure_at ? next : measure_at);
    }
}

static const char usage[] =
    "Usage: cotter-device [OPTION]… CREDENTIALS\n"
    "An LwM2M 1.1 device with objects 0, 1, 3, 5 and 3303.\n"
    "\n"
    "  --state DIR      keep firmware slots and update state in DIR (made when absent);\n"
    "                   without it the device takes no updates\n"
    "  --anchor FILE    public key (PEM) that signs releases; without it no updates\n"
    "  --lifetime S     registration lifetime in seconds (default 300)\n"
    "  --port N         local UDP port (default: any free one)\n"
    "  --slot N         run as the image of slot N; used by the launcher\n"
    "  --version, --help\n"
    "\n"
    "CREDENTIALS is the file that `cotter device add` writes; only its owner may read it.\n"
    "SIGUSR1 changes the UDP port, as a NAT would. SIGTERM deregisters and ends.\n";

static bool number(const char *text, long min, long max, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return *end == '\0' && end != text && *out >= min && *out <= max;
}

/* −1: go on; else the exit status. */
static int parse(int argc, char **argv, options *o)
{
    static const struct option names[] = {
        {"state", required_argument, NULL, 's'},    {"anchor", required_argument, NULL, 'a'},
        {"lifetime", required_argument, NULL, 'l'}, {"port", required_argument, NULL, 'p'},
        {"slot", required_argument, NULL, 'n'},     {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    long v = 0;
    int ch;
    while ((ch = getopt_long(argc, argv, "", names, NULL)) != -1) {
        bool good = ch != '?';
        if (ch == 's')
            o->state = optarg;
        else if (ch == 'a')
            o->anchor = optarg;
        else if (ch == 'l' && (good = number(optarg, 1, INT32_MAX, &v)))
            o->lifetime = (uint32_t)v;
        else if (ch == 'p' && (good = number(optarg, 1, 65535, &v)))
            o->udp_port = (uint16_t)v;
        else if (ch == 'n' && (good = number(optarg, 0, 1, &v)))
            o->slot = (int)v;
        else if (ch == 'v')
            return printf("cotter-device %s\n", COTTER_DEVICE_VERSION) < 0;
        else if (ch == 'h')
            return fputs(usage, stdout) < 0;
        if (!good) {
            if (ch != '?')
                fprintf(stderr, "cotter-device: %s is out of range\n", argv[optind - 1]);
            fprintf(stderr, "cotter-device: try --help\n");
            return 2;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    o->credentials = argv[optind];
    return -1;
}

int main(int argc, char **argv)
{
    options o = {.lifetime = 300, .slot = -1};
    struct sigaction sa = {.sa_handler = on_signal};
    int status = parse(argc, argv, &o);
    if (status >= 0)
        return status;
    if (!credentials_read(&secrets, o.credentials))
        return 2;
    if (o.state != NULL && o.slot < 0)
        return launcher_run(o.state, &cot_crypto_mbedtls, argv);
    (void)sigaction(SIGTERM, &sa, NULL);
    (void)sigaction(SIGINT, &sa, NULL);
    (void)sigaction(SIGUSR1, &sa, NULL);
    sensor_init((COTTER_DEVICE_VERSION[0] - '0') * 20.0 +
                0.5); /* the visible difference of 2.0.0 */
    if (cot_posix_open(&posix, &port, o.udp_port, o.state, reset) != COT_OK) {
        perror("cotter-device");
        return 71;
    }
    if (!make_client(&o))
        return 2;
    note_boot(&o);
    return run();
}
