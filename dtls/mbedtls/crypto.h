/* SPDX-License-Identifier: Apache-2.0 */
/* cot_crypto_mbedtls has moved to a public header. */
#ifndef COTTER_MBEDTLS_CRYPTO_H
#define COTTER_MBEDTLS_CRYPTO_H

#include <cotter/mbedtls.h>

#endif
