/* SPDX-License-Identifier: Apache-2.0 */
/* Peak stack of the client above the main loop (measuring.md 4): the tests' world, a device and a scripted server in virtual
 * time, runs through registration, every operation, notifications and a whole upgrade; the stack below each call of
 * cot_client_poll is painted before and looked through after it. The callbacks of port and objects are in the figure, the
 * scripted server is not. Prints "stack N" and the deepest step. */
#include "core/lwm2m/content.h"
#include "tests/bench/stack/startup.h"
#include "tests/virtual/world.h"

#include <stdio.h>

#define PAINT 0x5AC3A53Cu
#define DEPTH_MAX 16384u /* bytes that are painted */
#define IMAGE_LEN 20000u

cot_ms __real_cot_client_poll(cot_client *client, cot_ms now);
cot_ms __wrap_cot_client_poll(cot_client *client, cot_ms now);

static world w;
static uint8_t image[IMAGE_LEN], release[IMAGE_LEN + 512];
static uint32_t deepest;
static const char *step, *deepest_step;

static uint32_t *stack_pointer(void)
{
    uint32_t *sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

cot_ms __wrap_cot_client_poll(cot_client *client, cot_ms now)
{
    uint32_t *sp = stack_pointer();
    uint32_t *bottom = sp - DEPTH_MAX / 4;
    for (volatile uint32_t *p = bottom; p < sp; p++)
        *p = PAINT;
    cot_ms next = __real_cot_client_poll(client, now);
    const volatile uint32_t *p = bottom;
    while (p < sp && *p == PAINT)
        p++;
    uint32_t depth = (uint32_t)(sp - p) * 4;
    if (depth > deepest) {
        deepest = depth;
        deepest_step = step;
    }
    return next;
}

static void check(bool good)
{
    if (good && w.broken == NULL)
        return;
    semihost_write("failed: ");
    semihost_write(step);
    semihost_write("\n");
    semihost_exit(1);
}

static void operate(void)
{
    static world_answer answer;
    const world_ask observe = {.code = COT_COAP_GET,
                               .path = "3303/0/5700",
                               .format = COT_COAP_NO_FORMAT,
                               .accept = COT_FORMAT_SENML_CBOR,
                               .observe = 0,
                               .szx = 6};
    step = "read of objects, one and many resources";
    check(world_read(&w, "3", COT_FORMAT_TLV, &answer) == COT_COAP_CONTENT &&
          world_read(&w, "3303", COT_FORMAT_SENML_CBOR, &answer) == COT_COAP_CONTENT);
    check(world_read(&w, "3/0/0", COT_FORMAT_TEXT, &answer) == COT_COAP_CONTENT);
    step = "discover";
    check(world_read(&w, "3303", COT_FORMAT_LINK, &answer) == COT_COAP_CONTENT);
    step = "write";
    check(world_put(&w, "3303/0/5750", "a label") == COT_COAP_CHANGED);
    step = "execute";
    check(world_post(&w, "3303/0/5605", "") == COT_COAP_CHANGED);
    step = "observe";
    check(world_do(&w, &observe, &answer, 1));
    world_temperature = 21;
    cot_client_changed(&w.client, 3303, 0, 5700);
    w.wake = w.now;
    world_run(&w, w.now + 60000, NULL);
    check(w.notifications + w.confirmable_notifications > 0);
}

static void upgrade(void)
{
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * 31);
    w.release = release;
    w.release_len = world_release(release, sizeof release, 2, image, sizeof image);
    step = "pull";
    check(world_put(&w, "5/0/1", "coaps://server.test/fw/1") == COT_COAP_CHANGED);
    world_run(&w, w.now + 60000, NULL);
    check(world_number(&w, "5/0/3") == 2);
    step = "update and restart";
    check(world_post(&w, "5/0/2", "") == COT_COAP_CHANGED);
    world_run(&w, w.now + 5000, NULL);
    check(w.resets == 1 && world_reboot(&w) == COT_AREA_SLOT_1);
    step = "trial and confirmation";
    check(world_register(&w, 10000) && world_number(&w, "5/0/5") == 1);
}

int main(void)
{
    static char line[96];
    step = "registration";
    world_init(&w, 1, 0, false);
    world_boot(&w, COT_AREA_SLOT_0);
    check(world_register(&w, 10000));
    operate();
    upgrade();
    (void)snprintf(line, sizeof line, "stack %lu (%s)\n", (unsigned long)deepest, deepest_step);
    semihost_write(line);
    return deepest < DEPTH_MAX ? 0 : 2;
}
