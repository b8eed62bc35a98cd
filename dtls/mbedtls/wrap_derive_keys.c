/* SPDX-License-Identifier: Apache-2.0 */
/* In front of mbedtls_ssl_derive_keys: a server's PSK handshake waits here for the master secret,
 * which another process makes of a key that never comes here.
 *
 * Called from the parsing of ClientKeyExchange. The first time it raises the question and returns
 * "in progress"; keep_current_message makes Mbed TLS read the same message again on re-entry
 * (without hashing it twice), and then the library's function runs with the master secret in
 * place, told by `resume` that it need not compute one. */
#include "dtls/mbedtls/handshake.h"
#include "dtls/mbedtls/server_internal.h"

#include <string.h>

/* The hash of all messages through ClientKeyExchange (RFC 7627 section 3). */
static int session_hash(const mbedtls_ssl_context *ssl, uint8_t out[static 32])
{
    mbedtls_md_context_t copy;
    mbedtls_md_init(&copy);
    int err = mbedtls_md_setup(&copy, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
    if (err == 0)
        err = mbedtls_md_clone(&copy, &ssl->handshake->fin_sha256);
    if (err == 0)
        err = mbedtls_md_finish(&copy, out);
    mbedtls_md_free(&copy);
    return err;
}

static int ask(cot_dtls_handshake *h, mbedtls_ssl_context *ssl)
{
    int err = 0;
    h->need.identity = (cot_bytes){h->identity, h->identity_len};
    h->need.extended = ssl->handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
    memset(h->need.seed, 0, sizeof h->need.seed);
    if (h->need.extended)
        err = session_hash(ssl, h->need.seed);
    else
        memcpy(h->need.seed, ssl->handshake->randbytes, sizeof h->need.seed);
    if (err != 0)
        return err;
    cot__handshake_ask(h, COT__ASK_PSK);
    ssl->keep_current_message = 1;
    return MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}

int mbedtls_ssl_derive_keys(mbedtls_ssl_context *ssl)
{
    cot_dtls_handshake *h = cot__handshake_of(ssl);
    if (h->server == NULL || h->mode != COT_PEER_PSK)
        return cot__real_derive_keys(ssl);

    if (h->identity_len == 0) { /* longer than any that is registered */
        h->identity_known = false;
        if (h->server->random(h->server->app, h->master, sizeof h->master) != COT_OK)
            return MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
    } else if (h->asking != COT__ASK_PSK || !h->answered) {
        return ask(h, ssl);
    }
    h->asking = COT__ASK_NOTHING;
    memcpy(ssl->session_negotiate->master, h->master, sizeof h->master);
    cot_wipe(h->master, sizeof h->master);
    ssl->handshake->resume = 1;
    int err = cot__real_derive_keys(ssl);
    ssl->handshake->resume = 0;
    return err;
}
