/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign by callback, through a method table of our own for Mbed TLS's key object. */
#include "dtls/mbedtls/sign_key.h"

#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <pk_wrap.h>

#define SCALAR 32u

static void write_integer(cot_writer *w, const uint8_t scalar[static SCALAR])
{
    size_t zeros = 0;
    while (zeros < SCALAR - 1 && scalar[zeros] == 0)
        zeros++;
    bool sign_byte = (scalar[zeros] & 0x80) != 0;
    cot_write_u8(w, 0x02);
    cot_write_u8(w, (uint8_t)(SCALAR - zeros + (sign_byte ? 1 : 0)));
    if (sign_byte)
        cot_write_u8(w, 0);
    cot_write_bytes(w, scalar + zeros, SCALAR - zeros);
}

size_t cot__signature_der(const uint8_t raw[static 64], uint8_t *out, size_t cap)
{
    uint8_t body[70];
    cot_writer b;
    cot_writer w;
    cot_writer_init(&b, body, sizeof body);
    write_integer(&b, raw);
    write_integer(&b, raw + SCALAR);
    cot_writer_init(&w, out, cap);
    cot_write_u8(&w, 0x30);
    cot_write_u8(&w, (uint8_t)b.len);
    cot_write_bytes(&w, body, b.len);
    return b.err == COT_OK && w.err == COT_OK ? w.len : 0;
}

static int can_do(mbedtls_pk_type_t type)
{
    return type == MBEDTLS_PK_ECDSA || type == MBEDTLS_PK_ECKEY;
}

static size_t bitlen(mbedtls_pk_context *pk)
{
    (void)pk;
    return 256;
}

static int sign(mbedtls_pk_context *pk, mbedtls_md_type_t md, const unsigned char *hash,
                size_t hash_len, unsigned char *sig, size_t cap, size_t *sig_len,
                int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    const cot_dtls_client_config *config = ((const cot_dtls_handshake *)pk->pk_ctx)->client;
    uint8_t raw[64];
    (void)f_rng;
    (void)p_rng;
    if (md != MBEDTLS_MD_SHA256 || hash_len != 32)
        return MBEDTLS_ERR_PK_BAD_INPUT_DATA;
    if (config->sign(config->app, hash, raw) != COT_OK)
        return MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED;
    *sig_len = cot__signature_der(raw, sig, cap);
    return *sig_len > 0 ? 0 : MBEDTLS_ERR_PK_BUFFER_TOO_SMALL;
}

static const mbedtls_pk_info_t by_callback = {
    .type = MBEDTLS_PK_ECDSA,
    .name = "callback",
    .get_bitlen = bitlen,
    .can_do = can_do,
    .sign_func = sign,
};

int cot__sign_key_setup(mbedtls_pk_context *pk, cot_dtls_handshake *h)
{
    const cot_dtls_client_config *config = h->client;
    mbedtls_pk_init(pk);
    if (config->sign != NULL) {
        pk->pk_info = &by_callback;
        pk->pk_ctx = h;
        return 0;
    }
    if (config->private_key == NULL)
        return MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
    int err = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (err == 0)
        err = mbedtls_ecp_read_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk),
                                   config->private_key, SCALAR);
    return err;
}
