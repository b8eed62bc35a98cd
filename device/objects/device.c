/* SPDX-License-Identifier: Apache-2.0 */
/* Object 3, Device (OMA LwM2M Core 1.1 appendix E.4), its mandatory resources and the texts that the
 * application gives. */
#include "device/engine.h"

enum {
    MANUFACTURER = 0,
    MODEL = 1,
    SERIAL = 2,
    FIRMWARE_VERSION = 3,
    REBOOT = 4,
    ERROR_CODE = 11,
    BINDINGS = 16
};

static const cot_resource resources[] = {
    {MANUFACTURER, COT_STRING, COT_READ, 0}, {MODEL, COT_STRING, COT_READ, 0},
    {SERIAL, COT_STRING, COT_READ, 0},       {FIRMWARE_VERSION, COT_STRING, COT_READ, 0},
    {REBOOT, COT_NONE, COT_EXECUTE, 0},      {ERROR_CODE, COT_INTEGER, COT_READ | COT_MULTIPLE, 1},
    {BINDINGS, COT_STRING, COT_READ, 0},
};

static cot_status read_value(const cot_object *o, const cot_place *at, cot_value *v)
{
    const cot__client *c = o->ctx;
    const cot_device_info *info = &c->config->device;
    switch (at->resource) {
    case MANUFACTURER:
        return cot__text_value(info->manufacturer, v);
    case MODEL:
        return cot__text_value(info->model, v);
    case SERIAL:
        return cot__text_value(info->serial, v);
    case FIRMWARE_VERSION:
        return cot__text_value(info->firmware_version, v);
    case ERROR_CODE:
        *v = (cot_value){.type = COT_INTEGER}; /* 0: no error */
        return COT_OK;
    default:
        return cot__text_value("U", v);
    }
}

static cot_status execute(const cot_object *o, const cot_place *at, const uint8_t *args, size_t len)
{
    (void)at;
    (void)args;
    (void)len;
    cot__emit_kind(o->ctx, COT_EVENT_REBOOT);
    return COT_OK;
}

const cot_object cot__object_device = {.id = 3,
                                       .resources = resources,
                                       .resource_count = sizeof resources / sizeof resources[0],
                                       .instances = cot__instance_0,
                                       .instance_count = 1,
                                       .read = read_value,
                                       .execute = execute};
