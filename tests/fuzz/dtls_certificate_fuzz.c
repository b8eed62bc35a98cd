/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate messages from anybody, inside real handshakes: the first input byte says whose message is
 * replaced and in which mode, the rest is the message body. Property: no session comes of it. */
#include "core/base/bytes.h"
#include "tests/virtual/dtls_pair.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *body;
static size_t body_len;
static unsigned whose;
static bool replaced;
static bool same;
static pair *p;

/* Replace the Certificate message in a datagram of plaintext handshake records. Those that follow in
 * the same datagram are kept. */
static bool replace(pair *q, unsigned from, uint8_t *bytes, size_t *len)
{
    size_t at = 0;
    (void)q;
    while (from == whose && at + 25 <= *len && bytes[at] == 22 && bytes[at + 4] == 0) {
        uint8_t *record = bytes + at;
        size_t n = 13u + ((size_t)record[11] << 8 | record[12]);
        if (n > *len - at)
            break;
        if (record[13] != 11) {
            at += n;
            continue;
        }
        uint8_t out[PAIR_DATAGRAM];
        cot_writer w;
        same = n == 25 + body_len && memcmp(record + 25, body, body_len) == 0;
        replaced = true;
        cot_writer_init(&w, out, sizeof out);
        cot_write_bytes(&w, bytes, at);
        cot_write_bytes(&w, record, 11);
        cot_write_u16(&w, (uint16_t)(12 + body_len));
        cot_write_u8(&w, 11);
        cot_write_u24(&w, (uint32_t)body_len);
        cot_write_bytes(&w, record + 17, 2);
        cot_write_u24(&w, 0);
        cot_write_u24(&w, (uint32_t)body_len);
        cot_write_bytes(&w, body, body_len);
        cot_write_bytes(&w, record + n, *len - at - n);
        if (w.err != COT_OK)
            return true;
        memcpy(bytes, out, w.len);
        *len = w.len;
        break;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 1 || size > 1000)
        return 0;
    if (p == NULL)
        p = malloc(sizeof *p);
    if (p == NULL)
        abort();
    pair_init(p, NULL, 1);
    if ((input[0] & 1) != 0)
        pair_use_rpk(p);
    else
        pair_use_x509(p, (cot_certificate_usage)(input[0] >> 2 & 3));
    whose = input[0] >> 1 & 1;
    body = input + 1;
    body_len = size - 1;
    replaced = false;
    same = false;
    p->tap = replace;
    p->client_config.retry_max_ms = 1000;
    p->server_config.retry_max_ms = 1000;
    if (pair_begin(p) != COT_OK)
        abort();
    bool through = pair_connect(p, 5000);
    if (through && replaced && !same)
        abort();
    pair_end(p);
    return 0;
}
