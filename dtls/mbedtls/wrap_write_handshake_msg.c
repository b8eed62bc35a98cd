/* SPDX-License-Identifier: Apache-2.0 */
/* In front of mbedtls_ssl_write_handshake_msg_ext: adds the certificate type extensions of RFC
 * 7250 to our hellos, before the message is hashed and framed, and takes the session id out of a
 * server's: there is no resumption, so a client need not try. */
#include "dtls/mbedtls/handshake.h"

#include <string.h>

#define TYPE_AND_LENGTH 4u /* before the body; the DTLS fields come later */
#define SESSION_ID 34u     /* its length, in a hello's body */

static void drop_session_id(mbedtls_ssl_context *ssl, cot_writer *hello)
{
    size_t len = hello->p[SESSION_ID];
    uint8_t *id = hello->p + SESSION_ID + 1;
    memmove(id, id + len, hello->len - SESSION_ID - 1 - len);
    hello->p[SESSION_ID] = 0;
    hello->len -= len;
    ssl->session_negotiate->id_len = 0;
}

int mbedtls_ssl_write_handshake_msg_ext(mbedtls_ssl_context *ssl, int update_checksum,
                                        int force_flush)
{
    const cot_dtls_handshake *h = cot__handshake_of(ssl);
    bool hello = ssl->out_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE &&
                 (ssl->out_msg[0] == MBEDTLS_SSL_HS_SERVER_HELLO ||
                  ssl->out_msg[0] == MBEDTLS_SSL_HS_CLIENT_HELLO);
    if (hello && ssl->out_msglen >= TYPE_AND_LENGTH) {
        cot_writer w;
        cot_writer_init(&w, ssl->out_msg + TYPE_AND_LENGTH,
                        MBEDTLS_SSL_OUT_CONTENT_LEN - TYPE_AND_LENGTH);
        w.len = ssl->out_msglen - TYPE_AND_LENGTH;
        cot_status err = COT_OK;
        if (h->server != NULL)
            drop_session_id(ssl, &w);
        if (h->server != NULL)
            err = cot__rpk_answer(&h->rpk, &w);
        else if (h->client->mode == COT_PEER_RPK)
            err = cot__rpk_offer(&w);
        if (err != COT_OK)
            return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        ssl->out_msglen = w.len + TYPE_AND_LENGTH;
    }
    return cot__real_write_handshake_msg_ext(ssl, update_checksum, force_flush);
}
