/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest device: one object of its own, a counter (id 32769, a private one), without security.
 *     minimal coap://127.0.0.1:5683 my-endpoint */
#include <cotter/client.h>
#include <cotter/nosec.h>
#include <cotter/posix.h>

static int64_t count;

static cot_status counter_read(const cot_object *o, const cot_place *at, cot_value *out)
{
    (void)o, (void)at;
    out->type = COT_INTEGER;
    out->as.i = count;
    return COT_OK;
}

static cot_status counter_write(const cot_object *o, const cot_place *at, const cot_value *v,
                                cot_write_phase phase)
{
    (void)o, (void)at;
    if (v == NULL || v->as.i < 0)
        return v == NULL ? COT_E_UNSUPPORTED : COT_E_RANGE;
    if (phase == COT_APPLY)
        count = v->as.i;
    return COT_OK;
}

static cot_status counter_execute(const cot_object *o, const cot_place *at, const uint8_t *args,
                                  size_t len)
{
    (void)o, (void)at, (void)args, (void)len;
    count++;
    return COT_OK;
}

static const cot_resource resources[] = {{0, COT_INTEGER, COT_READ | COT_WRITE, 0},
                                         {1, COT_NONE, COT_EXECUTE, 0}};
static const uint16_t instances[] = {0};
static const cot_object counter = {.id = 32769,
                                   .resources = resources,
                                   .resource_count = 2,
                                   .instances = instances,
                                   .instance_count = 1,
                                   .read = counter_read,
                                   .write = counter_write,
                                   .execute = counter_execute};
static const cot_object *const objects[] = {&counter};
static uint8_t rx[1280], tx[1280], request[1280], body[2048];
static cot_observation observations[8];
static cot_client client;

int main(int argc, char **argv)
{
    static cot_posix posix;
    static cot_port port;
    static cot_nosec channel;
    cot_nosec_init(&channel);
    if (argc != 3 || cot_posix_open(&posix, &port, 0, NULL, NULL) != COT_OK)
        return 2;
    cot_client_config config = {.endpoint = argv[2],
                                .account = {argv[1], 1, COT_MODE_NOSEC, 300, &channel.channel},
                                .device = {.manufacturer = "Cotter", .firmware_version = "1.0.0"},
                                .objects = objects,
                                .object_count = 1,
                                .port = &port,
                                .memory = {rx, sizeof rx, tx, sizeof tx, request, sizeof request,
                                           body, sizeof body, observations, 8, NULL, 0}};
    if (cot_client_init(&client, &config) != COT_OK)
        return 2;
    for (;;)
        cot_posix_wait(&posix, cot_client_poll(&client, cot_posix_now()));
}
