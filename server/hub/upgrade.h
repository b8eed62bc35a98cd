/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of the upgrade engine: upgrade.c (steps), schedule.c (time). */
#ifndef COTTER_SERVER_HUB_UPGRADE_H
#define COTTER_SERVER_HUB_UPGRADE_H

#include "server/hub/hub.h"

#define HUB_ATTEMPTS 3u /* for each device and release */

/* Begin an attempt on a registered device. */
cot_status hub_upgrade_begin(hub *h, const store_device *d, store_upgrade *u);
/* The attempt is over. result: 5/0/5, or -1 when it is not known. The upgrade waits for its next attempt or has
 * failed. */
cot_status hub_upgrade_attempt_failed(hub *h, const store_device *d, store_upgrade *u,
                                      int16_t result, const char *detail);
/* The upgrade has failed, whatever attempts are left. */
cot_status hub_upgrade_failed(hub *h, const store_device *d, store_upgrade *u, const char *detail);
/* Tell the device to drop what it has downloaded. */
cot_status hub_upgrade_cancel(hub *h, store_id device);

#endif
