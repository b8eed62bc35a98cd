/* SPDX-License-Identifier: Apache-2.0 */
/* core/lwm2m text values, numbers and paths: what is read is written as text that reads as the same
 * value; doubles are those of strtod. First byte: the type. */
#include "core/cbor/float.h"
#include "core/lwm2m/path.h"
#include "core/lwm2m/text.h"
#include "tests/fuzz/data_fuzz.h"

static void check_double(cot_bytes text, double got)
{
    char copy[256];
    if (text.len >= 20) /* further digits are only nearly exact, as the header says */
        return;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    HOLDS(cot_double_bits(strtod(copy, NULL)) == cot_double_bits(got));
}

static void check_path(cot_bytes text)
{
    uint8_t out[COT_LWM2M_PATH_TEXT];
    cot_lwm2m_path p;
    cot_writer w;
    if (cot_lwm2m_path_parse(text, &p) != COT_OK)
        return;
    cot_writer_init(&w, out, sizeof out);
    cot_lwm2m_path_write(&w, &p);
    HOLDS(w.err == COT_OK);
    size_t skip = text.p[0] == '/' ? 0 : 1; /* the first slash may be missing */
    HOLDS(w.len == text.len + skip && memcmp(out + skip, text.p, text.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[4096];
    static uint8_t room2[4096];
    static uint8_t out[8192];
    cot_writer scratch;
    cot_writer w;
    cot_value v;
    cot_value again;
    if (size < 2 || size > 4000)
        return 0;
    cot_type type = (cot_type)(COT_INTEGER + data[0] % (COT_CORELNK - COT_INTEGER + 1));
    cot_bytes text = {data + 1, size - 1};
    check_path(text);
    cot_writer_init(&scratch, room, sizeof room);
    if (cot_lwm2m_text_decode(text, type, &scratch, &v) != COT_OK)
        return 0;
    if (type == COT_FLOAT)
        check_double(text, v.as.f);
    cot_writer_init(&w, out, sizeof out);
    cot_lwm2m_text_write(&w, &v);
    HOLDS(w.err == COT_OK);
    if (type == COT_OPAQUE || type == COT_STRING || type == COT_BOOLEAN)
        HOLDS(w.len == text.len && memcmp(out, text.p, w.len) == 0);
    cot_writer_init(&scratch, room2, sizeof room2);
    HOLDS(cot_lwm2m_text_decode((cot_bytes){out, w.len}, type, &scratch, &again) == COT_OK);
    HOLDS(cot_value_equal(&v, &again));
    return 0;
}
