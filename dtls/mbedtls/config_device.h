/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS for a microcontroller: client only, small tables, messages up to 2 KiB, CCM only. */
#ifndef COTTER_MBEDTLS_CONFIG_DEVICE_H
#define COTTER_MBEDTLS_CONFIG_DEVICE_H

#include "config_common.h"

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECDSA_DETERMINISTIC
#define MBEDTLS_HMAC_DRBG_C
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO cot__no_snprintf
int cot__no_snprintf(char *out, size_t cap, const char *format, ...);

#define MBEDTLS_SSL_IN_CONTENT_LEN 2048
#define MBEDTLS_SSL_OUT_CONTENT_LEN 2048
#define MBEDTLS_SSL_DTLS_MAX_BUFFERING 5120

#define COT_ARENA_LOCAL

#endif
