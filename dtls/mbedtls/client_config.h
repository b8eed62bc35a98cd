/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up a client's handshake. */
#ifndef COTTER_MBEDTLS_CLIENT_CONFIG_H
#define COTTER_MBEDTLS_CLIENT_CONFIG_H

#include "dtls/mbedtls/shared.h"

/* Has the configuration all that its mode needs, within bounds? */
bool cot__client_config_complete(const cot_dtls_client_config *c);

/* Build Mbed TLS's configuration in the current arena and bind it. 0 or an Mbed TLS error. */
int cot__client_configure(cot_dtls_handshake *h);

#endif
