/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and their encodings, through libcrypto. */
#include "cli/identity.h"

#include "cli/cli.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <stdlib.h>

char *cli_base64(const uint8_t *bytes, size_t len)
{
    char *text = malloc(4 * ((len + 2) / 3) + 1);
    if (text != NULL) {
        (void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
    }
    return text;
}

char *cli_hex(const uint8_t *bytes, size_t len)
{
    char *text = malloc(2 * len + 1);
    for (size_t i = 0; text != NULL && i < len; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    }
    return text;
}

EVP_PKEY *cli_p256_new(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (key == NULL) {
        cli_error("no key can be made: is the random number generator there?");
    }
    return key;
}

bool cli_p256_scalar(const EVP_PKEY *key, uint8_t out[static 32])
{
    BIGNUM *d = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
              BN_bn2binpad(d, out, 32) == 32;
    BN_clear_free(d);
    return ok;
}

char *cli_spki(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    char *text = len > 0 ? cli_base64(der, (size_t)len) : NULL;
    OPENSSL_free(der);
    return text;
}

char *cli_certificate(X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    char *text = len > 0 ? cli_base64(der, (size_t)len) : NULL;
    OPENSSL_free(der);
    return text;
}
