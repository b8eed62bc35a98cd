/* SPDX-License-Identifier: Apache-2.0 */
/* Object 1, Server (OMA LwM2M Core 1.1 appendix E.2): lifetime, default periods, binding, and the
 * trigger of a registration update. */
#include "device/engine.h"

enum {
    SHORT_ID = 0,
    LIFETIME = 1,
    DEFAULT_PMIN = 2,
    DEFAULT_PMAX = 3,
    STORING = 6,
    BINDING = 7,
    UPDATE_TRIGGER = 8
};

static const cot_resource resources[] = {
    {SHORT_ID, COT_INTEGER, COT_READ, 0},
    {LIFETIME, COT_INTEGER, COT_READ | COT_WRITE, 0},
    {DEFAULT_PMIN, COT_INTEGER, COT_READ | COT_WRITE, 0},
    {DEFAULT_PMAX, COT_INTEGER, COT_READ | COT_WRITE, 0},
    {STORING, COT_BOOLEAN, COT_READ, 0},
    {BINDING, COT_STRING, COT_READ, 0},
    {UPDATE_TRIGGER, COT_NONE, COT_EXECUTE, 0},
};

static cot_status read_value(const cot_object *o, const cot_place *at, cot_value *v)
{
    const cot__client *c = o->ctx;
    *v = (cot_value){.type = COT_INTEGER};
    switch (at->resource) {
    case SHORT_ID:
        v->as.i = c->config->account.short_server_id;
        return COT_OK;
    case LIFETIME:
        v->as.i = c->lifetime;
        return COT_OK;
    case DEFAULT_PMIN:
    case DEFAULT_PMAX:
        v->as.i = c->period[at->resource - DEFAULT_PMIN];
        return at->resource == DEFAULT_PMAX && v->as.i == 0 ? COT_E_NOT_FOUND : COT_OK;
    case STORING:
        v->type = COT_BOOLEAN;
        v->as.b = true;
        return COT_OK;
    default:
        return cot__text_value("U", v);
    }
}

static cot_status write_value(const cot_object *o, const cot_place *at, const cot_value *v,
                              cot_write_phase phase)
{
    cot__client *c = o->ctx;
    bool lifetime = at->resource == LIFETIME;
    uint64_t n = v == NULL ? 0 : (uint64_t)v->as.i; /* below 0 is out of range, too */
    if (v == NULL && lifetime)
        return COT_E_UNSUPPORTED;
    if (n > UINT32_MAX || (lifetime && n == 0))
        return COT_E_RANGE;
    if (phase == COT_CHECK)
        return COT_OK;
    if (!lifetime) {
        c->period[at->resource - DEFAULT_PMIN] = (uint32_t)n;
        return COT_OK;
    }
    c->lifetime = (uint32_t)n;
    c->update_at = c->now;
    return COT_OK;
}

static cot_status execute(const cot_object *o, const cot_place *at, const uint8_t *args, size_t len)
{
    cot__client *c = o->ctx;
    (void)at;
    (void)args;
    (void)len;
    c->update_at = c->now;
    return COT_OK;
}

const cot_object cot__object_server = {.id = 1,
                                       .resources = resources,
                                       .resource_count = sizeof resources / sizeof resources[0],
                                       .instances = cot__instance_0,
                                       .instance_count = 1,
                                       .read = read_value,
                                       .write = write_value,
                                       .execute = execute};
