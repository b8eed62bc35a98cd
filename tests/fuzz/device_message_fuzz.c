/* SPDX-License-Identifier: Apache-2.0 */
/* A registered device gets arbitrary messages over its session: never a crash, no datagram above
 * 1,280 bytes or to anybody else, no flash operation out of step, and it goes on answering.
 * Input: rows of length (2 bytes), message. */
#include "tests/virtual/world.h"

#include <stdlib.h>
#include <string.h>

static world w;

static void must(bool good)
{
    if (!good)
        abort();
}

static void deliver(const uint8_t *message, size_t len)
{
    uint8_t dgram[LINK_MTU];
    if (len > sizeof dgram - WORLD_HEAD)
        return;
    world_head(dgram, WORLD_DATA, w.session);
    memcpy(dgram + WORLD_HEAD, message, len);
    link_send(&w.net, WORLD_SERVER, WORLD_DEVICE, dgram, len + WORLD_HEAD, w.now);
    world_run(&w, w.now + 700, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world_answer answer;
    world_init(&w, 1, 0, false);
    world_boot(&w, COT_AREA_SLOT_0);
    if (size % 2 == 0)
        w.config.memory.tx = w.rx;
    must(world_register(&w, 10000));
    while (size >= 2) {
        size_t len = (size_t)(data[0] << 8 | data[1]) % 1300;
        data += 2;
        size -= 2;
        len = len < size ? len : size;
        deliver(data, len);
        data += len;
        size -= len;
    }
    must(w.broken == NULL);
    if (w.resets > 0)
        return 0;
    world_run(&w, w.now + 600000, NULL); /* whatever was begun ends */
    must(world_register(&w, 3600000));
    must(world_read(&w, "3/0/0", 0, &answer) == COT_COAP_CONTENT && w.broken == NULL);
    return 0;
}
