/* SPDX-License-Identifier: Apache-2.0 */
/* The stateless first exchange of a DTLS server (RFC 6347 section 4.2.1): a ClientHello without a
 * valid cookie is answered with a HelloVerifyRequest and leaves no state, here or anywhere. */
#ifndef COTTER_DTLS_COOKIE_H
#define COTTER_DTLS_COOKIE_H

#include <cotter/crypto.h>
#include <cotter/status.h>

#include <stddef.h>
#include <stdint.h>

#define COT_DTLS_COOKIE_LEN 20u /* ≤ 32, as DTLS 1.0 clients want */
#define COT_DTLS_HELLO_VERIFY_LEN (13u + 12u + 3u + COT_DTLS_COOKIE_LEN)
#define COT_DTLS_COOKIE_ROTATION_MS 60000u /* a cookie is good for one to two of these */

typedef struct cot_dtls_cookie {
    uint8_t secret[2][32]; /* of odd and even periods */
    uint64_t period;       /* number of the current one */
    uint8_t valid[2];
    const cot_crypto *crypto;
    cot_status (*random)(void *app, uint8_t *out, size_t len);
    void *app;
} cot_dtls_cookie;

/* COT_OK; COT_E_IO: no random bytes. */
cot_status cot_dtls_cookie_init(cot_dtls_cookie *c, const cot_crypto *crypto, cot_ms now,
                                cot_status (*random)(void *app, uint8_t *out, size_t len),
                                void *app);

typedef enum cot_dtls_first {
    COT_DTLS_FIRST_DROP,   /* not a whole DTLS 1.2 ClientHello: count and drop */
    COT_DTLS_FIRST_VERIFY, /* send reply[0..*reply_len) to the same address; keep nothing */
    COT_DTLS_FIRST_ACCEPT  /* the address is proven: start a handshake and give it this datagram */
} cot_dtls_first;

/* Judge a datagram from an address without a running handshake, or with a live session (which goes
 * on untouched until the new handshake is done). `address` is any unique encoding, ≤ 64 bytes. */
cot_dtls_first cot_dtls_cookie_check(cot_dtls_cookie *c, const uint8_t *address, size_t address_len,
                                     const uint8_t *dgram, size_t len, cot_ms now,
                                     uint8_t reply[static COT_DTLS_HELLO_VERIFY_LEN],
                                     size_t *reply_len);

#endif
