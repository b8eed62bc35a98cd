/* SPDX-License-Identifier: Apache-2.0 */
/* P-256 keys and certificates for the DTLS tests, made anew by libcrypto in each run. */
#ifndef COTTER_TESTS_VIRTUAL_DTLS_CERTS_H
#define COTTER_TESTS_VIRTUAL_DTLS_CERTS_H

#include <cotter/dtls.h>

#include <openssl/evp.h>

typedef struct cert_key {
    EVP_PKEY *key;
    uint8_t spki[128]; /* DER */
    size_t spki_len;
    uint8_t scalar[32];
} cert_key;

typedef struct cert {
    cert_key key;
    uint8_t der[1024];
    size_t der_len;
} cert;

typedef struct cert_wish {
    const char *name; /* common name */
    const char *dns;  /* subject alternative name, NULL: none */
    bool ca;
    int64_t not_before; /* seconds since 1970 */
    int64_t not_after;
    const cert *issuer; /* NULL: self-signed */
} cert_wish;

void cert_make_key(cert_key *out);
void cert_make(cert *out, const cert_wish *wish);
void cert_free(cert *c);

cot_dtls_blob cert_der(const cert *c);
cot_dtls_blob cert_spki(const cert *c);

/* ECDSA over a digest: raw r || s; or DER (returns its length). */
void cert_sign_raw(const cert_key *k, const uint8_t digest[static 32], uint8_t out[static 64]);
size_t cert_sign_der(const cert_key *k, const uint8_t digest[static 32], uint8_t out[static 72]);

#endif
