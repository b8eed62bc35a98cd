/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the functions of Mbed TLS that the host configuration gives to libcrypto. */
#ifndef COTTER_MBEDTLS_ALT_H
#define COTTER_MBEDTLS_ALT_H

#include <mbedtls/ecp.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

/* P-256, and a BIGNUM context; made once a thread. NULL: another curve, or no memory. */
const EC_GROUP *cot__alt_group(const mbedtls_ecp_group *grp);
BN_CTX *cot__alt_context(void);

/* New objects, NULL on failure (a point that is not on the curve, among others). */
BIGNUM *cot__alt_from_mpi(const mbedtls_mpi *m);
EC_POINT *cot__alt_from_point(const EC_GROUP *group, const mbedtls_ecp_group *grp,
                              const mbedtls_ecp_point *point);

/* 0 or an Mbed TLS error. */
int cot__alt_to_mpi(const BIGNUM *bn, mbedtls_mpi *m);
int cot__alt_to_point(const EC_GROUP *group, const EC_POINT *p, const mbedtls_ecp_group *grp,
                      mbedtls_ecp_point *point);

#endif
