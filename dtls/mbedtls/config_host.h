/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS for cotterd, cotter-sim and POSIX devices: client and server, P-256 and the SHA-256
 * block function through libcrypto (alt_*.c), asynchronous signatures, messages up to 4 KiB. */
#ifndef COTTER_MBEDTLS_CONFIG_HOST_H
#define COTTER_MBEDTLS_CONFIG_HOST_H

#include "config_common.h"

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AESNI_C
#define MBEDTLS_GCM_C
#define MBEDTLS_ECDSA_SIGN_ALT
#define MBEDTLS_ECDSA_VERIFY_ALT
#define MBEDTLS_ECDH_GEN_PUBLIC_ALT
#define MBEDTLS_ECDH_COMPUTE_SHARED_ALT
#define MBEDTLS_SHA256_PROCESS_ALT

#define MBEDTLS_SSL_SRV_C
#define MBEDTLS_SSL_DTLS_HELLO_VERIFY
#define MBEDTLS_SSL_ASYNC_PRIVATE

#define MBEDTLS_SSL_IN_CONTENT_LEN 4224
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4224
#define MBEDTLS_SSL_DTLS_MAX_BUFFERING 10240

#define COT_ARENA_LOCAL _Thread_local /* the current arena is a thread's own */

#endif
