/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m/link.c: links put together again, target by target and attribute by attribute, are the
 * same bytes. */
#include "core/lwm2m/link.h"
#include "tests/fuzz/data_fuzz.h"

static void write_attrs(cot_writer *w, cot_bytes attrs)
{
    cot_link_attr_item a;
    cot_status s;
    while ((s = cot_link_attr_next(&attrs, &a)) == COT_OK) {
        cot_write_u8(w, ';');
        cot_write_bytes(w, a.name.p, a.name.len);
        if (a.has_value)
            cot_write_u8(w, '=');
        if (a.quoted)
            cot_write_u8(w, '"');
        cot_write_bytes(w, a.value.p, a.value.len);
        if (a.quoted)
            cot_write_u8(w, '"');
    }
    HOLDS(s == COT_E_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[1 << 14];
    cot_link_reader l;
    cot_link link;
    cot_writer w;
    cot_status s;
    cot_bytes root = {(const uint8_t *)"/a", size % 3 == 0 ? 2 : 0};
    if (size > sizeof out)
        return 0;
    cot_writer_init(&w, out, sizeof out);
    cot_link_reader_init(&l, (cot_bytes){data, size});
    while ((s = cot_link_next(&l, root, &link)) == COT_OK) {
        cot_write_text(&w, w.len == 0 ? "<" : ",<");
        cot_write_bytes(&w, link.target.p, link.target.len);
        cot_write_u8(&w, '>');
        write_attrs(&w, link.attrs);
    }
    if (s == COT_E_NOT_FOUND)
        HOLDS(w.err == COT_OK && w.len == size && (size == 0 || memcmp(out, data, size) == 0));
    else
        HOLDS(s == COT_E_MALFORMED || s == COT_E_TRUNCATED);
    return 0;
}
