/* SPDX-License-Identifier: Apache-2.0 */
/* The port that does nothing. */
#ifndef COTTER_DEVICE_PORT_TEMPLATE_H
#define COTTER_DEVICE_PORT_TEMPLATE_H

#include <cotter/port.h>

extern const cot_port cot_port_template;

#endif
