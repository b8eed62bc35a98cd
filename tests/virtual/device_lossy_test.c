/* SPDX-License-Identifier: Apache-2.0 */
/* A whole device on a link that loses, doubles and reorders, thousands of seeds. Rules (measuring.md 11):
 * up to 10 % loss each script ends in the right state within its stated time; up to 40 % within 24
 * hours by the client's own retries; and always: no effect twice, no wrong byte, no leaked exchange. */
#include "device/engine.h"
#include "tests/virtual/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 2000
#define HOUR ((cot_ms)3600 * 1000)
#define IMAGE_LEN 9001u
#define EXECUTES 5u

static world w;
static world_answer answer;
static uint8_t image[IMAGE_LEN];
static uint8_t release[IMAGE_LEN + 512];
static uint64_t lost;

static bool check(const char *what, bool good, long long seen)
{
    if (w.broken != NULL)
        return link_fail(w.broken, 0, 0);
    return good ? true : link_fail(what, seen, 0);
}

/* Wait until the device is registered; the limit is the rule's. */
static bool registered(unsigned loss)
{
    cot_ms limit = loss <= 10 ? HOUR / 10 : 24 * HOUR;
    cot_ms begun = w.now;
    bool good = world_register(&w, limit);
    return check("not registered in time", good, (long long)(w.now - begun));
}

static bool reads_whole(void)
{
    static world_answer first;
    world_ask a = {.code = COT_COAP_GET,
                   .path = "3303",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_FORMAT_SENML_CBOR,
                   .observe = -1,
                   .szx = 1};
    if (!world_do(&w, &a, &first, 40) || !world_do(&w, &a, &answer, 40))
        return check("never read", false, 0);
    bool same = first.len == answer.len && memcmp(first.body, answer.body, answer.len) == 0;
    return check("a wrong byte", first.code == COT_COAP_CONTENT && same, first.code);
}

static bool writes_whole(void)
{
    static const char text[] = "a label of thirty-nine bytes, in blocks";
    world_ask a = {.code = COT_COAP_PUT,
                   .path = "3303/0/5750",
                   .format = COT_FORMAT_TEXT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1,
                   .payload = text,
                   .payload_len = 39,
                   .szx = 0};
    if (!world_do(&w, &a, &answer, 40))
        return check("never written", false, 0);
    return check("a wrong write", answer.code == COT_COAP_CHANGED && strcmp(world_label, text) == 0,
                 answer.code);
}

/* Each Execute is one message: it has one effect or none, and one when it was answered. */
static bool executes_once(void)
{
    unsigned answered = 0;
    world_resets = 0;
    world_ask a = {.code = COT_COAP_POST,
                   .path = "3303/0/5605",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1};
    for (unsigned i = 0; i < EXECUTES; i++)
        answered += world_do(&w, &a, &answer, 1) && answer.code == COT_COAP_CHANGED;
    world_run(&w, w.now + 300000, NULL);
    return check("an effect twice, or none", world_resets >= answered && world_resets <= EXECUTES,
                 world_resets);
}

static bool observes(unsigned loss)
{
    world_ask a = {.code = COT_COAP_GET,
                   .path = "3303/0/5700",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_FORMAT_TEXT,
                   .observe = 0,
                   .szx = 6};
    char last[8];
    for (int i = 0; i < 8; i++) {
        if ((i == 0 || w.observing.len == 0) && /* a new registration forgets it */
            !world_do(&w, &a, &answer, 40))
            return check("never observed", false, 0);
        world_temperature = 30 + i;
        cot_client_changed(&w.client, 3303, 0, 5700);
        w.wake = w.now;
        world_run(&w, w.now + 10000, NULL);
    }
    (void)snprintf(last, sizeof last, "%d", 37);
    cot_ms end = w.now + (loss <= 10 ? HOUR / 10 : 24 * HOUR);
    while (w.now < end && w.observing.len > 0 &&
           (w.notified_len != 2 || memcmp(w.notified, last, 2) != 0) && w.broken == NULL)
        world_run(&w, w.now + 1000, NULL);
    bool gone = w.observing.len == 0;
    return check("the newest value did not come", gone || memcmp(w.notified, last, 2) == 0,
                 (long long)w.notifications);
}

/* Until the trial's reset: write the URI, wait, execute, as a server does again and again. */
static void reach_reset(cot_ms end)
{
    world_ask uri = {.code = COT_COAP_PUT,
                     .path = "5/0/1",
                     .format = COT_FORMAT_TEXT,
                     .accept = COT_COAP_NO_FORMAT,
                     .observe = -1,
                     .payload = "coaps://server.test/fw/1",
                     .payload_len = 24,
                     .szx = 6};
    world_ask install = {.code = COT_COAP_POST,
                         .path = "5/0/2",
                         .format = COT_COAP_NO_FORMAT,
                         .accept = COT_COAP_NO_FORMAT,
                         .observe = -1};
    while (w.now < end && w.running && w.broken == NULL) {
        if (world_number(&w, "5/0/3") == 0)
            (void)world_do(&w, &uri, &answer, 5);
        for (int i = 0; i < 20 && world_number(&w, "5/0/3") == 1; i++)
            world_run(&w, w.now + 30000, NULL);
        if (world_number(&w, "5/0/3") == 2)
            (void)world_do(&w, &install, &answer, 5);
        world_run(&w, w.now + 5000, NULL);
    }
}

static bool upgrades(unsigned loss)
{
    cot_ms end = w.now + (loss <= 10 ? HOUR : 24 * HOUR);
    cot_boot_state boot = {.confirmed_slot = COT_AREA_SLOT_0};
    while (w.now < end && w.broken == NULL && boot.confirmed_slot != COT_AREA_SLOT_1) {
        reach_reset(end);
        bool trial = world_reboot(&w) == COT_AREA_SLOT_1;
        if (trial && memcmp(w.flash[COT_AREA_SLOT_1], image, sizeof image) != 0)
            return check("a wrong byte in the slot", false, 0);
        (void)world_register(&w, HOUR / 10); /* a trial that does not reach the server resets */
        if (w.running && !registered(loss))
            return false;
        (void)cot_boot_read(&w.port, &boot);
    }
    return check("no upgrade in time", boot.confirmed_slot == COT_AREA_SLOT_1,
                 (long long)w.resets) &&
           check("not the new image", world_reboot(&w) == COT_AREA_SLOT_1, 0);
}

/* What counts against NSTART is what is really on its way, on both ends. */
static bool leaks_nothing(void)
{
    const cot__client *c = cot__of(&w.client);
    bool busy = c->request_kind != COT__REQUEST_NONE;
    bool server_busy = !cot_coap_is_closed(&w.x);
    return check("a leaked exchange of the device", c->peer.waiting == busy, c->peer.waiting) &&
           check("a leaked exchange of the server", w.peer.waiting == server_busy, w.peer.waiting);
}

static bool run(uint64_t seed)
{
    unsigned loss = (unsigned)(seed % 5) * 10;
    world_init(&w, seed, loss, seed % 3 != 0);
    w.release = release;
    w.release_len = world_release(release, sizeof release, 2, image, sizeof image);
    world_boot(&w, COT_AREA_SLOT_0);
    if (seed % 7 == 0)
        w.config.memory.request_cap = 192; /* links in blocks */
    if (seed % 2 == 0)
        w.config.memory.tx = w.rx; /* one buffer for both */
    bool good = registered(loss) && reads_whole() && writes_whole() && executes_once() &&
                registered(loss) && observes(loss) && registered(loss) && upgrades(loss);
    lost += w.net.lost;
    return good && leaks_nothing();
}

int main(void)
{
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * 131 + i / 251);
    unsigned failed = link_run_seeds("device_lossy_test", 1, SEEDS, run);
    printf("%llu packets lost\n", (unsigned long long)lost);
    return failed == 0 ? 0 : 1;
}
