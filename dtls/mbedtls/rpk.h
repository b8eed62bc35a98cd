/* SPDX-License-Identifier: Apache-2.0 */
/* Raw public keys (RFC 7250): negotiation of the certificate types. The messages themselves are
 * changed in wrap_*.c. */
#ifndef COTTER_MBEDTLS_RPK_H
#define COTTER_MBEDTLS_RPK_H

#include "core/base/bytes.h"

#define COT__TYPE_X509 0u
#define COT__TYPE_RPK 2u

/* What both ends have agreed on. */
typedef struct cot__rpk {
    bool client; /* the client's certificate is a raw public key */
    bool server; /* the server's is */
    bool settled;
} cot__rpk;

/* Which types our side can do for one of the two directions. */
typedef struct cot__types {
    bool x509;
    bool rpk;
} cot__types;

/* Server: choose from a ClientHello body. `client_types`, `server_types`: what we can do.
 * COT_OK; COT_E_UNSUPPORTED: no common type; COT_E_MALFORMED: a bad hello or list. */
cot_status cot__rpk_choose(cot_bytes client_hello, cot__types client_types, cot__types server_types,
                           cot__rpk *out);

/* Client that offered raw public keys and nothing else: read a ServerHello body's answer.
 * COT_OK; COT_E_MALFORMED: an answer that was not offered, or no hello. */
cot_status cot__rpk_learn(cot_bytes server_hello, cot__rpk *out);

/* Append the answer (server) or the offer (client) to a hello body in w->p[0..w->len), a writer
 * that holds the body; its extension block grows. COT_E_SPACE: no room. */
cot_status cot__rpk_answer(const cot__rpk *rpk, cot_writer *server_hello);
cot_status cot__rpk_offer(cot_writer *client_hello);

#endif
