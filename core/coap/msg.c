/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP message codec (RFC 7252 section 3). */
#include "core/coap/msg.h"

#include <string.h>

enum { VERSION = 1, TOKEN_MAX = 8, MARKER = 0xff };

/* An option's delta and length are nibbles; 13 and 14 mean that one or two more bytes follow. */
enum { NIBBLE_8 = 13, NIBBLE_16 = 14, BASE_8 = 13, BASE_16 = 269, EXT_MAX = BASE_16 + 0xffff };

bool cot_coap_token_equal(const cot_coap_token *a, const cot_coap_token *b)
{
    return a->len == b->len && a->len <= TOKEN_MAX && memcmp(a->b, b->b, a->len) == 0;
}

bool cot_coap_is_request(const cot_coap_head *h)
{
    return h->code != COT_COAP_EMPTY && COT_COAP_CLASS(h->code) == 0;
}

bool cot_coap_is_response(const cot_coap_head *h)
{
    unsigned cls = COT_COAP_CLASS(h->code);
    return cls == 2 || cls == 4 || cls == 5;
}

static uint32_t read_extended(cot_reader *r, unsigned nibble)
{
    if (nibble < NIBBLE_8)
        return nibble;
    if (nibble == NIBBLE_8)
        return BASE_8 + (uint32_t)cot_read_u8(r);
    if (nibble == NIBBLE_16)
        return BASE_16 + (uint32_t)cot_read_u16(r);
    cot_reader_fail(r, COT_E_MALFORMED);
    return 0;
}

cot_bytes cot__coap_read_option(cot_reader *r, uint32_t *number)
{
    unsigned first = cot_read_u8(r);
    *number += read_extended(r, first >> 4);
    uint32_t len = read_extended(r, first & 15u);
    if (*number > 0xffff)
        cot_reader_fail(r, COT_E_MALFORMED);
    return cot_read_bytes(r, len);
}

/* What a message of each type may be (sections 4.1 to 4.3, and table 1): a bit for each class, and for
 * Empty that of class 1, which is reserved. */
static bool head_is_legal(const cot_coap_head *h)
{
    enum { EMPTY = 1 << 1, REQUEST = 1 << 0, RESPONSE = 1 << 2 | 1 << 4 | 1 << 5 };
    static const uint8_t legal[] = {
        [COT_COAP_CON] = EMPTY | REQUEST | RESPONSE,
        [COT_COAP_NON] = REQUEST | RESPONSE,
        [COT_COAP_ACK] = EMPTY | RESPONSE,
        [COT_COAP_RST] = EMPTY,
    };
    unsigned cls = COT_COAP_CLASS(h->code);
    if (cls == 1)
        return false;
    if (h->code == COT_COAP_EMPTY)
        cls = 1;
    return (legal[h->type] >> cls & 1) != 0;
}

/* Check the options and find where they end; what follows the marker is the payload. */
static cot_status parse_body(cot_reader *r, cot_coap_msg *m)
{
    uint32_t number = 0;
    m->options.p = r->p;
    while (cot_reader_left(r) > 0 && *r->p != MARKER)
        cot__coap_read_option(r, &number);
    if (r->err != COT_OK)
        return COT_E_MALFORMED;
    m->options.len = (size_t)(r->p - m->options.p);
    if (cot_reader_left(r) == 0)
        return COT_OK;
    (void)cot_read_u8(r);
    m->payload = cot_read_bytes(r, cot_reader_left(r));
    return m->payload.len > 0 ? COT_OK : COT_E_MALFORMED;
}

cot_status cot_coap_parse(const uint8_t *dgram, size_t len, cot_coap_msg *m)
{
    cot_reader r;
    memset(m, 0, sizeof *m);
    cot_reader_init(&r, dgram, len);
    unsigned first = cot_read_u8(&r);
    m->head.type = (uint8_t)(first >> 4 & 3u);
    m->head.code = cot_read_u8(&r);
    m->head.mid = cot_read_u16(&r);
    if (r.err != COT_OK)
        return COT_E_TRUNCATED;
    if (first >> 6 != VERSION)
        return COT_E_UNSUPPORTED;
    unsigned token_len = first & 15u;
    if (token_len > TOKEN_MAX || cot_reader_left(&r) < token_len || !head_is_legal(&m->head))
        return COT_E_MALFORMED;
    if (m->head.code == COT_COAP_EMPTY)
        return len == COT_COAP_EMPTY_LEN && token_len == 0 ? COT_OK : COT_E_MALFORMED;
    m->head.token.len = (uint8_t)token_len;
    cot_read_copy(&r, m->head.token.b, token_len);
    return parse_body(&r, m);
}

void cot_coap_options_init(cot_coap_options *it, cot_bytes options)
{
    cot_reader_init(&it->r, options.p, options.len);
    it->number = 0;
}

bool cot_coap_options_next(cot_coap_options *it, cot_coap_option *o)
{
    if (cot_reader_left(&it->r) == 0)
        return false;
    o->value = cot__coap_read_option(&it->r, &it->number);
    o->number = (uint16_t)it->number;
    return it->r.err == COT_OK;
}

uint32_t cot_coap_option_uint(cot_bytes value)
{
    uint32_t v = 0;
    for (size_t i = 0; i < value.len; i++)
        v = v << 8 | value.p[i];
    return v;
}

void cot_coap_write_begin(cot_coap_writer *m, uint8_t *buf, size_t cap, const cot_coap_head *h)
{
    cot_writer_init(&m->w, buf, cap);
    m->payload = 0;
    m->number = 0;
    if (h->token.len > TOKEN_MAX) {
        cot_writer_fail(&m->w, COT_E_RANGE);
        return;
    }
    uint32_t first = VERSION << 6 | (h->type & 3u) << 4 | h->token.len;
    cot_write_u32(&m->w, first << 24 | (uint32_t)h->code << 16 | h->mid);
    cot_write_bytes(&m->w, h->token.b, h->token.len);
}

static unsigned nibble_of(uint32_t v)
{
    if (v < BASE_8)
        return v;
    return v < BASE_16 ? NIBBLE_8 : NIBBLE_16;
}

static void write_extended(cot_writer *w, uint32_t v)
{
    if (v >= BASE_16)
        cot_write_u16(w, (uint16_t)(v - BASE_16));
    else if (v >= BASE_8)
        cot_write_u8(w, (uint8_t)(v - BASE_8));
}

void cot_coap_write_option(cot_coap_writer *m, uint16_t number, const void *value, size_t len)
{
    if (number < m->number || m->payload != 0) {
        cot_writer_fail(&m->w, COT_E_STATE);
        return;
    }
    if (len > EXT_MAX) {
        cot_writer_fail(&m->w, COT_E_RANGE);
        return;
    }
    uint32_t delta = (uint32_t)number - m->number;
    m->number = number;
    cot_write_u8(&m->w, (uint8_t)(nibble_of(delta) << 4 | nibble_of((uint32_t)len)));
    write_extended(&m->w, delta);
    write_extended(&m->w, (uint32_t)len);
    cot_write_bytes(&m->w, value, len);
}

void cot_coap_write_option_uint(cot_coap_writer *m, uint16_t number, uint32_t v)
{
    uint8_t b[4];
    size_t n = 0;
    for (int shift = 24; shift >= 0; shift -= 8)
        if (v >> shift != 0)
            b[n++] = (uint8_t)(v >> shift);
    cot_coap_write_option(m, number, b, n);
}

void cot_coap_write_segments(cot_coap_writer *m, uint16_t number, const char *text, char separator)
{
    while (*text != '\0') {
        size_t n = 0;
        while (text[n] != '\0' && text[n] != separator)
            n++;
        cot_coap_write_option(m, number, text, n);
        text += n;
        if (*text != '\0')
            text++;
    }
}

cot_writer *cot_coap_write_payload_begin(cot_coap_writer *m)
{
    if (m->payload != 0)
        cot_writer_fail(&m->w, COT_E_STATE);
    cot_write_u8(&m->w, MARKER);
    m->payload = m->w.len;
    return &m->w;
}

void cot_coap_write_payload(cot_coap_writer *m, const void *payload, size_t len)
{
    if (len > 0)
        cot_write_bytes(cot_coap_write_payload_begin(m), payload, len);
}

cot_status cot_coap_write_end(cot_coap_writer *m, size_t *len)
{
    if (m->payload != 0 && m->w.len == m->payload) {
        m->w.len--;
        m->payload = 0;
        if (m->w.err == COT_E_SPACE && m->w.len <= m->w.cap) /* only the marker had no room */
            m->w.err = COT_OK;
    }
    *len = m->w.len;
    return m->w.err;
}

void cot_coap_write_empty(uint8_t out[COT_COAP_EMPTY_LEN], uint8_t type, uint16_t mid)
{
    out[0] = (uint8_t)(VERSION << 6 | (type & 3) << 4);
    out[1] = COT_COAP_EMPTY;
    out[2] = (uint8_t)(mid >> 8);
    out[3] = (uint8_t)mid;
}
