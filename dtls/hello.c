/* SPDX-License-Identifier: Apache-2.0 */
/* Reading hello bodies. */
#include "dtls/hello.h"

#include <string.h>

#define VERSION_MAJOR 254u

static void read_random_and_session(cot_reader *r, cot__hello *h)
{
    if (cot_read_u8(r) != VERSION_MAJOR)
        cot_reader_fail(r, COT_E_MALFORMED);
    cot_read_u8(r);
    h->random = cot_read_bytes(r, 32);
    size_t n = cot_read_u8(r);
    if (n > 32)
        cot_reader_fail(r, COT_E_MALFORMED);
    h->session_id = cot_read_bytes(r, n);
}

static cot_status read_extensions(cot_reader *r, cot__hello *h)
{
    if (r->err == COT_OK && cot_reader_left(r) > 0) {
        size_t n = cot_read_u16(r);
        const uint8_t *start = r->p;
        h->extensions = cot_read_bytes(r, n);
        if (r->err == COT_OK && n == 0)
            h->extensions.p = start; /* present, but empty */
        cot_reader list;
        cot_reader_init(&list, h->extensions.p, h->extensions.len);
        while (cot_reader_left(&list) > 0) {
            cot_read_u16(&list);
            cot_read_bytes(&list, cot_read_u16(&list));
        }
        if (list.err != COT_OK)
            cot_reader_fail(r, COT_E_MALFORMED);
    }
    return cot_reader_end(r);
}

cot_status cot__client_hello_read(const uint8_t *body, size_t len, cot__hello *out)
{
    cot_reader r;
    memset(out, 0, sizeof *out);
    cot_reader_init(&r, body, len);
    read_random_and_session(&r, out);
    out->cookie = cot_read_bytes(&r, cot_read_u8(&r));
    out->suites = cot_read_bytes(&r, cot_read_u16(&r));
    if (out->suites.len % 2 != 0)
        cot_reader_fail(&r, COT_E_MALFORMED);
    out->compression = cot_read_bytes(&r, cot_read_u8(&r));
    return read_extensions(&r, out);
}

cot_status cot__server_hello_read(const uint8_t *body, size_t len, cot__hello *out)
{
    cot_reader r;
    memset(out, 0, sizeof *out);
    cot_reader_init(&r, body, len);
    read_random_and_session(&r, out);
    out->suites = cot_read_bytes(&r, 2);
    out->compression = cot_read_bytes(&r, 1);
    return read_extensions(&r, out);
}

bool cot__hello_extension(const cot__hello *h, uint16_t type, cot_bytes *out)
{
    cot_reader r;
    cot_reader_init(&r, h->extensions.p, h->extensions.len);
    while (cot_reader_left(&r) > 0) {
        uint16_t t = cot_read_u16(&r);
        cot_bytes content = cot_read_bytes(&r, cot_read_u16(&r));
        if (r.err == COT_OK && t == type) {
            *out = content;
            return true;
        }
    }
    return false;
}
