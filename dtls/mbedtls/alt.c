/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and points between Mbed TLS and libcrypto. */
#include "dtls/mbedtls/alt.h"

#include "core/base/bytes.h"

#include <openssl/obj_mac.h>

#define SCALAR 32
#define POINT 65

const EC_GROUP *cot__alt_group(const mbedtls_ecp_group *grp)
{
    static _Thread_local EC_GROUP *p256;
    if (grp->id != MBEDTLS_ECP_DP_SECP256R1)
        return NULL;
    if (p256 == NULL)
        p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    return p256;
}

BN_CTX *cot__alt_context(void)
{
    static _Thread_local BN_CTX *ctx;
    if (ctx == NULL)
        ctx = BN_CTX_new();
    return ctx;
}

BIGNUM *cot__alt_from_mpi(const mbedtls_mpi *m)
{
    uint8_t b[SCALAR];
    if (mbedtls_mpi_write_binary(m, b, sizeof b) != 0)
        return NULL;
    BIGNUM *bn = BN_bin2bn(b, sizeof b, NULL);
    cot_wipe(b, sizeof b);
    return bn;
}

int cot__alt_to_mpi(const BIGNUM *bn, mbedtls_mpi *m)
{
    uint8_t b[SCALAR];
    if (BN_bn2binpad(bn, b, sizeof b) != SCALAR)
        return MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
    int err = mbedtls_mpi_read_binary(m, b, sizeof b);
    cot_wipe(b, sizeof b);
    return err;
}

EC_POINT *cot__alt_from_point(const EC_GROUP *group, const mbedtls_ecp_group *grp,
                              const mbedtls_ecp_point *point)
{
    uint8_t b[POINT];
    size_t n = 0;
    if (mbedtls_ecp_point_write_binary(grp, point, MBEDTLS_ECP_PF_UNCOMPRESSED, &n, b, sizeof b) !=
        0)
        return NULL;
    EC_POINT *p = EC_POINT_new(group);
    if (p != NULL && !EC_POINT_oct2point(group, p, b, n, cot__alt_context())) {
        EC_POINT_free(p);
        p = NULL;
    }
    return p;
}

int cot__alt_to_point(const EC_GROUP *group, const EC_POINT *p, const mbedtls_ecp_group *grp,
                      mbedtls_ecp_point *point)
{
    uint8_t b[POINT];
    size_t n = EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, b, sizeof b,
                                  cot__alt_context());
    return n == sizeof b ? mbedtls_ecp_point_read_binary(grp, point, b, n)
                         : MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
}
