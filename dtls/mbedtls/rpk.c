/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing, learning and writing certificate types. */
#include "dtls/mbedtls/rpk.h"

#include "dtls/hello.h"

#include <string.h>

/* The client's list (RFC 7250 section 3) in its order; the first that we can do wins. Without the
 * extension X.509 is meant. */
static cot_status choose(const cot__hello *hello, uint16_t extension, cot__types ours, bool *rpk)
{
    cot_bytes content;
    *rpk = false;
    if (!cot__hello_extension(hello, extension, &content))
        return ours.x509 ? COT_OK : COT_E_UNSUPPORTED;
    cot_reader r;
    cot_reader_init(&r, content.p, content.len);
    cot_bytes list = cot_read_bytes(&r, cot_read_u8(&r));
    if (cot_reader_end(&r) != COT_OK || list.len == 0)
        return COT_E_MALFORMED;
    for (size_t i = 0; i < list.len; i++) {
        if ((list.p[i] == COT__TYPE_RPK && ours.rpk) ||
            (list.p[i] == COT__TYPE_X509 && ours.x509)) {
            *rpk = list.p[i] == COT__TYPE_RPK;
            return COT_OK;
        }
    }
    return COT_E_UNSUPPORTED;
}

cot_status cot__rpk_choose(cot_bytes client_hello, cot__types client_types, cot__types server_types,
                           cot__rpk *out)
{
    cot__hello hello;
    memset(out, 0, sizeof *out);
    cot_status err = cot__client_hello_read(client_hello.p, client_hello.len, &hello);
    if (err != COT_OK)
        return COT_E_MALFORMED;
    err = choose(&hello, COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE, server_types, &out->server);
    if (err == COT_OK)
        err = choose(&hello, COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE, client_types, &out->client);
    out->settled = err == COT_OK;
    return err;
}

static cot_status learn(const cot__hello *hello, uint16_t extension, bool *rpk)
{
    cot_bytes content;
    *rpk = false;
    if (!cot__hello_extension(hello, extension, &content))
        return COT_OK;
    if (content.len != 1 || content.p[0] != COT__TYPE_RPK)
        return COT_E_MALFORMED;
    *rpk = true;
    return COT_OK;
}

cot_status cot__rpk_learn(cot_bytes server_hello, cot__rpk *out)
{
    cot__hello hello;
    memset(out, 0, sizeof *out);
    if (cot__server_hello_read(server_hello.p, server_hello.len, &hello) != COT_OK)
        return COT_E_MALFORMED;
    cot_status err = learn(&hello, COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE, &out->server);
    if (err == COT_OK)
        err = learn(&hello, COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE, &out->client);
    out->settled = err == COT_OK;
    return err;
}

/* Append to the body's extension block, which is its last part, and correct the block's length. */
static cot_status append(cot_writer *w, const cot__hello *hello, const uint8_t *bytes, size_t len)
{
    size_t block = hello->extensions.len;
    if (hello->extensions.p == NULL)
        cot_write_u16(w, 0);
    cot_write_bytes(w, bytes, len);
    if (w->err != COT_OK)
        return w->err;
    cot_writer length;
    cot_writer_init(&length, w->p + (w->len - len - block - 2), 2);
    cot_write_u16(&length, (uint16_t)(block + len));
    return COT_OK;
}

cot_status cot__rpk_answer(const cot__rpk *rpk, cot_writer *server_hello)
{
    uint8_t bytes[10];
    cot_writer w;
    cot__hello hello;
    cot_status err = cot__server_hello_read(server_hello->p, server_hello->len, &hello);
    if (err != COT_OK)
        return err;
    cot_writer_init(&w, bytes, sizeof bytes);
    if (rpk->client) {
        cot_write_u16(&w, COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE);
        cot_write_u16(&w, 1);
        cot_write_u8(&w, COT__TYPE_RPK);
    }
    if (rpk->server) {
        cot_write_u16(&w, COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE);
        cot_write_u16(&w, 1);
        cot_write_u8(&w, COT__TYPE_RPK);
    }
    return w.len == 0 ? COT_OK : append(server_hello, &hello, bytes, w.len);
}

cot_status cot__rpk_offer(cot_writer *client_hello)
{
    static const uint8_t both[12] = {
        0, COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE, 0, 2, 1, COT__TYPE_RPK,
        0, COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE, 0, 2, 1, COT__TYPE_RPK};
    cot__hello hello;
    cot_status err = cot__client_hello_read(client_hello->p, client_hello->len, &hello);
    return err != COT_OK ? err : append(client_hello, &hello, both, sizeof both);
}
