/* SPDX-License-Identifier: Apache-2.0 */
/* core/cbor: a canonical item that is read head by head and written again is the same bytes; what is
 * canonical is also accepted without that mode. */
#include "core/cbor/reader.h"
#include "core/cbor/writer.h"
#include "tests/fuzz/data_fuzz.h"

static void write_item(cot_writer *w, const cot_cbor_item *item)
{
    switch (item->type) {
    case COT_CBOR_UINT:
        cot_cbor_write_uint(w, item->arg);
        break;
    case COT_CBOR_NINT:
        cot_cbor_write_nint(w, item->arg);
        break;
    case COT_CBOR_BYTES:
        cot_cbor_write_bytes(w, item->bytes);
        break;
    case COT_CBOR_TEXT:
        cot_cbor_write_text(w, item->bytes);
        break;
    case COT_CBOR_ARRAY:
        cot_cbor_write_array(w, item->arg);
        break;
    case COT_CBOR_MAP:
        cot_cbor_write_map(w, item->arg);
        break;
    case COT_CBOR_TAG:
        cot_cbor_write_tag(w, item->arg);
        break;
    case COT_CBOR_SIMPLE:
        cot_cbor_write_simple(w, (uint8_t)item->arg);
        break;
    case COT_CBOR_FLOAT:
        cot_cbor_write_double(w, cot_cbor_item_double(item));
        break;
    case COT_CBOR_BREAK:
    case COT_CBOR_NONE:
        HOLDS(false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[1 << 16];
    cot_bytes in = {data, size};
    cot_cbor_reader r;
    cot_writer w;
    if (size > sizeof out)
        return 0;
    cot_status plain = cot_cbor_check(in, 0);
    cot_status lenient = cot_cbor_check(in, COT_CBOR_ALLOW_INDEFINITE);
    HOLDS(plain != COT_OK || lenient == COT_OK);
    if (cot_cbor_check(in, COT_CBOR_CANONICAL) != COT_OK)
        return 0;
    HOLDS(plain == COT_OK);
    cot_writer_init(&w, out, sizeof out);
    cot_cbor_reader_init(&r, in, COT_CBOR_CANONICAL);
    while (cot_reader_left(&r.in) > 0) {
        cot_cbor_type peeked = cot_cbor_peek(&r);
        cot_cbor_item item = cot_cbor_next(&r);
        HOLDS(item.type == peeked);
        write_item(&w, &item);
    }
    HOLDS(r.in.err == COT_OK && w.err == COT_OK);
    HOLDS(w.len == size && memcmp(out, data, size) == 0);
    return 0;
}
