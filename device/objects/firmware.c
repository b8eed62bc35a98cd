/* SPDX-License-Identifier: Apache-2.0 */
/* Object 5, Firmware Update 1.1 (OMA LwM2M Core 1.1 appendix E.6), by pull only. */
#include "device/update/update.h"

#include <string.h>

enum {
    PACKAGE = 0,
    PACKAGE_URI = 1,
    UPDATE = 2,
    STATE = 3,
    RESULT = 5,
    PROTOCOLS = 8,
    DELIVERY = 9,
    CANCEL = 10
};
enum { PROTOCOL_COAP = 0, PROTOCOL_COAPS = 1, DELIVERY_PULL = 0 };

static const cot_resource resources[] = {
    {PACKAGE, COT_OPAQUE, COT_WRITE, 0},  {PACKAGE_URI, COT_STRING, COT_READ | COT_WRITE, 0},
    {UPDATE, COT_NONE, COT_EXECUTE, 0},   {STATE, COT_INTEGER, COT_READ, 0},
    {RESULT, COT_INTEGER, COT_READ, 0},   {PROTOCOLS, COT_INTEGER, COT_READ | COT_MULTIPLE, 1},
    {DELIVERY, COT_INTEGER, COT_READ, 0}, {CANCEL, COT_NONE, COT_EXECUTE, 0},
};

static cot_status read_value(const cot_object *o, const cot_place *at, cot_value *v)
{
    const cot__client *c = o->ctx;
    const cot__update *u = cot__update_of(c);
    *v = (cot_value){.type = COT_INTEGER};
    switch (at->resource) {
    case PACKAGE_URI:
        return cot__text_value(u->uri, v);
    case STATE:
        v->as.i = cot__update_state(u);
        return COT_OK;
    case RESULT:
        v->as.i = u->result;
        return COT_OK;
    case PROTOCOLS: /* the scheme of our own server: the image comes over that session */
        v->as.i = c->config->account.mode == COT_MODE_NOSEC ? PROTOCOL_COAP : PROTOCOL_COAPS;
        return COT_OK;
    default:
        v->as.i = DELIVERY_PULL;
        return COT_OK;
    }
}

/* 5/0/0: no image comes this way, but an empty one (or one zero byte) resets the state machine. */
static cot_status write_package(cot__client *c, const cot_value *v, cot_write_phase phase)
{
    bool reset = v->as.bytes.len == 0 || (v->as.bytes.len == 1 && v->as.bytes.p[0] == 0);
    if (!reset || cot__update_state(cot__update_of(c)) == COT__FW_UPDATING)
        return COT_E_DENIED;
    return phase == COT_CHECK ? COT_OK : cot__update_cancel(c, COT__FW_INITIAL);
}

static cot_status write_value(const cot_object *o, const cot_place *at, const cot_value *v,
                              cot_write_phase phase)
{
    cot__client *c = o->ctx;
    if (v == NULL)
        return COT_E_UNSUPPORTED;
    if (at->resource == PACKAGE)
        return write_package(c, v, phase);
    cot_bytes uri = {v->as.bytes.p, v->as.bytes.len};
    return cot__update_begin(c, uri, phase);
}

static cot_status execute(const cot_object *o, const cot_place *at, const uint8_t *args, size_t len)
{
    (void)args;
    (void)len;
    return at->resource == UPDATE ? cot__update_install(o->ctx)
                                  : cot__update_cancel(o->ctx, COT__FW_CANCELLED);
}

const cot_object cot__object_firmware = {.id = 5,
                                         .version = "1.1",
                                         .resources = resources,
                                         .resource_count = sizeof resources / sizeof resources[0],
                                         .instances = cot__instance_0,
                                         .instance_count = 1,
                                         .read = read_value,
                                         .write = write_value,
                                         .execute = execute};
