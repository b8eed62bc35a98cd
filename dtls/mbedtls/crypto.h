/* SPDX-License-Identifier: Apache-2.0 */
/* <cotter/crypto.h> by Mbed TLS. */
#ifndef COTTER_MBEDTLS_CRYPTO_H
#define COTTER_MBEDTLS_CRYPTO_H

#include <cotter/crypto.h>

/* Needs no arena of the caller's: p256_verify works on ~6 KiB of stack. */
extern const cot_crypto cot_crypto_mbedtls;

#endif
