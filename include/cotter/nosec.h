/* SPDX-License-Identifier: Apache-2.0 */
/* The channel without security (coap://): datagrams pass as they are. For tests, closed networks
 * and a server on the same machine. */
#ifndef COTTER_NOSEC_H
#define COTTER_NOSEC_H

#include <cotter/channel.h>

typedef struct cot_nosec {
    cot_channel channel;
} cot_nosec;

/* Closed at first; open() opens at once. */
void cot_nosec_init(cot_nosec *ch);

#endif
