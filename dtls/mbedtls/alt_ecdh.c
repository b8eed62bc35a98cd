/* SPDX-License-Identifier: Apache-2.0 */
/* ECDH P-256 of the host configuration, by libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dtls/mbedtls/alt.h"

#include <mbedtls/ecdh.h>

int mbedtls_ecdh_gen_public(mbedtls_ecp_group *grp, mbedtls_mpi *d, mbedtls_ecp_point *Q,
                            int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    (void)f_rng;
    (void)p_rng;
    const EC_GROUP *group = cot__alt_group(grp);
    if (group == NULL)
        return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
    int err = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
    EC_KEY *k = EC_KEY_new();
    if (k != NULL && EC_KEY_set_group(k, group) && EC_KEY_generate_key(k)) {
        err = cot__alt_to_mpi(EC_KEY_get0_private_key(k), d);
        if (err == 0)
            err = cot__alt_to_point(group, EC_KEY_get0_public_key(k), grp, Q);
    }
    EC_KEY_free(k);
    return err;
}

int mbedtls_ecdh_compute_shared(mbedtls_ecp_group *grp, mbedtls_mpi *z, const mbedtls_ecp_point *Q,
                                const mbedtls_mpi *d, int (*f_rng)(void *, unsigned char *, size_t),
                                void *p_rng)
{
    (void)f_rng;
    (void)p_rng;
    const EC_GROUP *group = cot__alt_group(grp);
    BN_CTX *ctx = cot__alt_context();
    if (group == NULL || ctx == NULL)
        return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
    int err = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
    EC_POINT *peer = cot__alt_from_point(group, grp, Q);
    EC_POINT *shared = EC_POINT_new(group);
    BIGNUM *key = cot__alt_from_mpi(d);
    BIGNUM *x = BN_new();
    if (peer != NULL && shared != NULL && key != NULL && x != NULL) {
        BN_set_flags(key, BN_FLG_CONSTTIME);
        if (EC_POINT_mul(group, shared, NULL, peer, key, ctx) &&
            !EC_POINT_is_at_infinity(group, shared) &&
            EC_POINT_get_affine_coordinates(group, shared, x, NULL, ctx))
            err = cot__alt_to_mpi(x, z);
    }
    BN_clear_free(x);
    BN_clear_free(key);
    EC_POINT_clear_free(shared);
    EC_POINT_free(peer);
    return err;
}
