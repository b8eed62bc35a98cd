/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA P-256 of the host configuration, by libcrypto. The low-level EC_KEY functions are used
 * because the EVP ones cost a quarter more for each new key. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dtls/mbedtls/alt.h"

#include <mbedtls/ecdsa.h>

#include <openssl/ecdsa.h>

int mbedtls_ecdsa_sign(mbedtls_ecp_group *grp, mbedtls_mpi *r, mbedtls_mpi *s, const mbedtls_mpi *d,
                       const unsigned char *buf, size_t blen,
                       int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    (void)f_rng;
    (void)p_rng;
    const EC_GROUP *group = cot__alt_group(grp);
    if (group == NULL)
        return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
    int err = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
    BIGNUM *key = cot__alt_from_mpi(d);
    EC_KEY *k = EC_KEY_new();
    ECDSA_SIG *sig = NULL;
    if (key != NULL && k != NULL && EC_KEY_set_group(k, group) && EC_KEY_set_private_key(k, key))
        sig = ECDSA_do_sign(buf, (int)blen, k);
    if (sig != NULL) {
        err = cot__alt_to_mpi(ECDSA_SIG_get0_r(sig), r);
        if (err == 0)
            err = cot__alt_to_mpi(ECDSA_SIG_get0_s(sig), s);
    }
    ECDSA_SIG_free(sig);
    EC_KEY_free(k);
    BN_clear_free(key);
    return err;
}

int mbedtls_ecdsa_verify(mbedtls_ecp_group *grp, const unsigned char *buf, size_t blen,
                         const mbedtls_ecp_point *Q, const mbedtls_mpi *r, const mbedtls_mpi *s)
{
    const EC_GROUP *group = cot__alt_group(grp);
    if (group == NULL)
        return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
    int err = MBEDTLS_ERR_ECP_VERIFY_FAILED;
    EC_POINT *q = cot__alt_from_point(group, grp, Q);
    EC_KEY *k = EC_KEY_new();
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *br = cot__alt_from_mpi(r);
    BIGNUM *bs = cot__alt_from_mpi(s);
    if (q != NULL && k != NULL && sig != NULL && br != NULL && bs != NULL &&
        EC_KEY_set_group(k, group) && EC_KEY_set_public_key(k, q) && ECDSA_SIG_set0(sig, br, bs)) {
        br = NULL; /* the signature's now */
        bs = NULL;
        if (ECDSA_do_verify(buf, (int)blen, sig, k) == 1)
            err = 0;
    }
    BN_free(br);
    BN_free(bs);
    ECDSA_SIG_free(sig);
    EC_KEY_free(k);
    EC_POINT_free(q);
    return err;
}
