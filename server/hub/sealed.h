/* SPDX-License-Identifier: Apache-2.0 */
/* A large body of a call, in a memfd that nobody can change any more. */
#ifndef COTTER_SERVER_HUB_SEALED_H
#define COTTER_SERVER_HUB_SEALED_H

#include "core/base/bytes.h"

/* Map it for reading. false: no descriptor, empty, longer than `max`, or not sealed (its sender could cut
 * it short under our eyes). Give it back with sealed_unmap. */
bool hub_sealed_map(int fd, size_t max, cot_bytes *out);
void hub_sealed_unmap(cot_bytes mapped);

#endif
