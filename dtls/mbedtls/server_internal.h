/* SPDX-License-Identifier: Apache-2.0 */
/* The server object, for the files that make up its side. */
#ifndef COTTER_MBEDTLS_SERVER_INTERNAL_H
#define COTTER_MBEDTLS_SERVER_INTERNAL_H

#include "dtls/mbedtls/shared.h"

struct cot_dtls_server {
    cot__arena arena;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt own;     /* the chain, or only the key */
    mbedtls_x509_crt anchors; /* for device certificates */
    cot_bytes spki;           /* ours, for raw public keys */
    cot__types types_own;     /* what we can show */
    cot__types types_client;  /* what we can check */
    uint16_t mtu;
    bool cid;
    cot_status (*random)(void *app, uint8_t *out, size_t len);
    int64_t (*time)(void *app);
    void *app;
};

#endif
