/* SPDX-License-Identifier: Apache-2.0 */
/* What adding one device and importing many have in common. */
#ifndef COTTER_SERVER_HUB_API_DEVICE_H
#define COTTER_SERVER_HUB_API_DEVICE_H

#include "server/hub/hub.h"

typedef struct new_device {
    store_device_new row; /* borrows from the map and from `digest` */
    uint8_t digest[32];
    uint16_t status; /* of the problem: 422, or 409 for a group that is not there */
} new_device;

/* Read a device to be added from a CBOR map. NULL; or a sentence that says what to change. `n` must
 * stay where it is. */
const char *hub_new_device_check(hub *h, cot_bytes map, new_device *n);

#endif
