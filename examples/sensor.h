/* SPDX-License-Identifier: Apache-2.0 */
/* The example's own object: 3303, Temperature, one instance. */
#ifndef COTTER_EXAMPLES_SENSOR_H
#define COTTER_EXAMPLES_SENSOR_H

#include <cotter/object.h>

extern const cot_object sensor_object;

/* Begin around `base` degrees. */
void sensor_init(double base);
/* Take a new measurement; true when the value changed. */
_Bool sensor_measure(void);

#endif
