/* SPDX-License-Identifier: Apache-2.0 */
/* Object 3303, Temperature (OMA registry, version 1.0): a value that wanders by tenths of a degree,
 * its minimum and maximum with their reset, and a label that can be written. */
#include "examples/sensor.h"

#include <stdbool.h>
#include <string.h>

enum {
    MIN_MEASURED = 5601,
    MAX_MEASURED = 5602,
    RESET_MIN_MAX = 5605,
    VALUE = 5700,
    UNITS = 5701,
    APPLICATION_TYPE = 5750
};

#define STEPS 8
static const int wander[STEPS] = {0, 1, 2, 1, 0, -1, -2, -1}; /* tenths of a degree */
static double base;
static double value;
static double lowest;
static double highest;
static unsigned step;
static char label[64] = "demo sensor";

static const cot_resource resources[] = {
    {MIN_MEASURED, COT_FLOAT, COT_READ, 0},
    {MAX_MEASURED, COT_FLOAT, COT_READ, 0},
    {RESET_MIN_MAX, COT_NONE, COT_EXECUTE, 0},
    {VALUE, COT_FLOAT, COT_READ, 0},
    {UNITS, COT_STRING, COT_READ, 0},
    {APPLICATION_TYPE, COT_STRING, COT_READ | COT_WRITE, 0},
};
static const uint16_t instances[] = {0};

void sensor_init(double degrees)
{
    base = degrees;
    value = degrees;
    lowest = degrees;
    highest = degrees;
}

bool sensor_measure(void)
{
    double before = value;
    step = (step + 1) % STEPS;
    value = base + wander[step] / 10.0;
    lowest = value < lowest ? value : lowest;
    highest = value > highest ? value : highest;
    return value < before || value > before;
}

static cot_status text(cot_value *out, const char *t)
{
    out->type = COT_STRING;
    out->as.bytes.p = (const uint8_t *)t;
    out->as.bytes.len = strlen(t);
    return COT_OK;
}

static cot_status read_value(const cot_object *o, const cot_place *at, cot_value *out)
{
    (void)o;
    if (at->resource == UNITS)
        return text(out, "Cel");
    if (at->resource == APPLICATION_TYPE)
        return text(out, label);
    out->type = COT_FLOAT;
    out->as.f = at->resource == VALUE ? value : at->resource == MIN_MEASURED ? lowest : highest;
    return COT_OK;
}

static cot_status write_value(const cot_object *o, const cot_place *at, const cot_value *v,
                              cot_write_phase phase)
{
    (void)o, (void)at;
    size_t len = v == NULL ? 0 : v->as.bytes.len;
    if (len >= sizeof label)
        return COT_E_RANGE;
    if (phase == COT_CHECK)
        return COT_OK;
    memset(label, 0, sizeof label);
    if (len > 0)
        memcpy(label, v->as.bytes.p, len);
    return COT_OK;
}

static cot_status execute(const cot_object *o, const cot_place *at, const uint8_t *args, size_t len)
{
    (void)o, (void)at, (void)args, (void)len;
    lowest = value;
    highest = value;
    return COT_OK;
}

const cot_object sensor_object = {.id = 3303,
                                  .resources = resources,
                                  .resource_count = sizeof resources / sizeof resources[0],
                                  .instances = instances,
                                  .instance_count = 1,
                                  .read = read_value,
                                  .write = write_value,
                                  .execute = execute};
