/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m TLV and SenML CBOR through content.h: what decodes and can be encoded decodes to the same
 * records, and encodes to the same bytes from then on. First byte: format and level of the base. */
#include "core/lwm2m/content.h"
#include "tests/fuzz/data_fuzz.h"

#define MAX_RECORDS 64

typedef struct records {
    cot_lwm2m_record r[MAX_RECORDS];
    size_t n;
} records;

static cot_status decode(uint32_t format, const cot_lwm2m_path *base, cot_bytes in, records *out)
{
    cot_lwm2m_decoder d;
    cot_status s = cot_lwm2m_decode_begin(&d, format, base, in);
    out->n = 0;
    while (s == COT_OK && out->n < MAX_RECORDS) {
        cot_lwm2m_record *rec = &out->r[out->n];
        s = cot_lwm2m_decode_next(&d, rec);
        if (s != COT_OK)
            break;
        HOLDS(cot_lwm2m_path_has_prefix(&rec->path, base));
        out->n++;
        for (cot_type t = COT_INTEGER; t <= COT_CORELNK; t++) {
            uint8_t room[64];
            cot_writer scratch;
            cot_value v;
            cot_writer_init(&scratch, room, sizeof room);
            cot_status as = cot_lwm2m_value_as(rec, t, &scratch, &v);
            HOLDS(v.type == (as == COT_OK ? t : COT_NONE));
        }
    }
    return s;
}

static cot_status encode(uint32_t format, const cot_lwm2m_path *base, const records *in,
                         cot_writer *w)
{
    cot_lwm2m_encoder e;
    cot_lwm2m_encode_begin(&e, format, base, w);
    for (size_t i = 0; i < in->n; i++)
        cot_lwm2m_encode_put(&e, &in->r[i].path, &in->r[i].value);
    return cot_lwm2m_encode_end(&e);
}

/* Emptiness is written by TLV only, and that of the base itself by nothing. */
static bool leaves_no_trace(uint32_t format, const cot_lwm2m_path *base,
                            const cot_lwm2m_record *rec)
{
    return rec->value.type == COT_NONE &&
           (format == COT_FORMAT_SENML_CBOR || (rec->path.level == 2 && base->level == 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static records first;
    static records second;
    static uint8_t one[1 << 15];
    static uint8_t two[1 << 15];
    cot_writer w;
    cot_writer v;
    if (size < 1 || size > 4096)
        return 0;
    uint32_t format = (data[0] & 1) != 0 ? COT_FORMAT_TLV : COT_FORMAT_SENML_CBOR;
    cot_lwm2m_path base = cot_lwm2m_path_of((uint8_t)((data[0] >> 1) % 5), 3, 0, 7, 1);
    cot_bytes in = {data + 1, size - 1};
    if (decode(format, &base, in, &first) != COT_E_NOT_FOUND)
        return 0;
    cot_writer_init(&w, one, sizeof one);
    cot_status s = encode(format, &base, &first, &w);
    if (s !=
        COT_OK) { /* out of order, twice, or without an instance: legal to read, not to write */
        HOLDS(s == COT_E_STATE || s == COT_E_RANGE || s == COT_E_TYPE);
        return 0;
    }
    HOLDS(decode(format, &base, (cot_bytes){one, w.len}, &second) == COT_E_NOT_FOUND);
    size_t i = 0;
    for (size_t j = 0; j < second.n; i++, j++) {
        while (i < first.n && leaves_no_trace(format, &base, &first.r[i]))
            i++;
        HOLDS(i < first.n);
        HOLDS(cot_lwm2m_path_compare(&first.r[i].path, &second.r[j].path) == 0);
        HOLDS(cot_value_equal(&first.r[i].value, &second.r[j].value));
    }
    for (; i < first.n; i++)
        HOLDS(leaves_no_trace(format, &base, &first.r[i]));
    cot_writer_init(&v, two, sizeof two);
    HOLDS(encode(format, &base, &second, &v) == COT_OK);
    HOLDS(v.len == w.len && memcmp(one, two, w.len) == 0);
    cot_writer_init(&v, two, w.len > 0 ? w.len - 1 : 0); /* one byte short: the need is told */
    if (w.len > 0) {
        HOLDS(encode(format, &base, &first, &v) == COT_E_SPACE);
        HOLDS(v.len == w.len);
    }
    return 0;
}
