/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest device, with one object of its own: a counter (id 32769, a private one).
 *     minimal coap://127.0.0.1:5683 my-endpoint */
#include <cotter/client.h>
#include <cotter/nosec.h>
#include <cotter/posix.h>

static int64_t count;

static cot_status read_count(const cot_object *o, const cot_place *at, cot_value *out)
{
    (void)o, (void)at;
    *out = (cot_value){.type = COT_INTEGER, .as.i = count};
    return COT_OK;
}

static cot_status write_count(const cot_object *o, const cot_place *at, const cot_value *v,
                              cot_write_phase phase)
{
    (void)o, (void)at;
    if (v != NULL && v->as.i < 0)
        return COT_E_RANGE;
    if (phase == COT_APPLY)
        count = v == NULL ? 0 : v->as.i;
    return COT_OK;
}

static cot_status increment(const cot_object *o, const cot_place *at, const uint8_t *args, size_t n)
{
    (void)o, (void)at, (void)args, (void)n;
    count++;
    return COT_OK;
}

static const cot_resource resources[] = {{0, COT_INTEGER, COT_READ | COT_WRITE, 0},
                                         {1, COT_NONE, COT_EXECUTE, 0}};
static const uint16_t instances[] = {0};
static const cot_object counter = {32769, NULL, resources,  2,           instances,
                                   1,     NULL, read_count, write_count, increment};
static const cot_object *const objects[] = {&counter};

int main(int argc, char **argv)
{
    static cot_posix posix;
    static cot_port port;
    static cot_nosec channel;
    static cot_client client;
    cot_nosec_init(&channel);
    if (argc != 3 || cot_posix_open(&posix, &port, 0, NULL, NULL) != COT_OK)
        return 2;
    cot_client_config config = {.endpoint = argv[2],
                                .account = {argv[1], 1, COT_MODE_NOSEC, 300, &channel.channel},
                                .objects = objects,
                                .object_count = 1,
                                .port = &port,
                                .memory = cot_posix_memory};
    for (cot_status s = cot_client_init(&client, &config); s == COT_OK;)
        cot_posix_wait(&posix, cot_client_poll(&client, cot_posix_now()));
    return 2;
}
