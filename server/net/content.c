/* SPDX-License-Identifier: Apache-2.0 */
/* What devices send becomes SenML CBOR for hub, and back for those that do not speak it. TLV and text do not
 * say what type a value has: core/lwm2m/types.h knows the common objects, the rest is judged by its bytes. */
#include "core/lwm2m/content.h"
#include "core/cbor/reader.h"
#include "core/lwm2m/types.h"
#include "server/net/net.h"

#include <string.h>

static uint8_t opaque[IPC_PAYLOAD_MAX]; /* base64 of a text payload is decoded to here */

static cot_lwm2m_path path_of(const ipc_path *p)
{
    return cot_lwm2m_path_of(p->count, p->id[0], p->id[1], p->id[2], p->id[3]);
}

/* Of an object that we do not know: printable UTF-8 is a string, else opaque. */
static cot_type guess(const cot_lwm2m_record *rec)
{
    cot_bytes b = cot_value_bytes(&rec->value);
    for (size_t i = 0; i < b.len; i++)
        if (b.p[i] < 0x20 && b.p[i] != '\n' && b.p[i] != '\t' && b.p[i] != '\r')
            return COT_OPAQUE;
    return cot_utf8_valid(b) ? COT_STRING : COT_OPAQUE;
}

/* A typed value of what the decoder yielded. */
static cot_status type_value(const cot_lwm2m_record *rec, cot_value *out)
{
    cot_writer scratch;
    if (rec->form == COT_FORM_TYPED) {
        *out = rec->value;
        return COT_OK;
    }
    cot_type type = cot_lwm2m_type_of(&rec->path);
    if (type == COT_NONE)
        type = guess(rec);
    cot_writer_init(&scratch, opaque, sizeof opaque);
    cot_status s = cot_lwm2m_value_as(rec, type, &scratch, out);
    if (s == COT_OK)
        return s;
    *out = rec->value; /* not what the model says: as it is */
    out->type = guess(rec);
    return COT_OK;
}

static cot_status convert(const ipc_path *path, uint16_t from, uint16_t to, cot_bytes payload,
                          cot_writer *out)
{
    cot_lwm2m_path base = path_of(path);
    cot_lwm2m_decoder d;
    cot_lwm2m_encoder e;
    cot_lwm2m_record rec;
    cot_status s = cot_lwm2m_decode_begin(&d, from, &base, payload);
    if (s != COT_OK)
        return s;
    cot_lwm2m_encode_begin(&e, to, &base, out);
    while ((s = cot_lwm2m_decode_next(&d, &rec)) == COT_OK) {
        if (rec.value.type == COT_NONE)
            continue;
        s = type_value(&rec, &rec.value);
        if (s != COT_OK)
            return s;
        rec.form = COT_FORM_TYPED;
        cot_lwm2m_encode_put_record(&e, &rec);
    }
    if (s != COT_E_NOT_FOUND)
        return s;
    return cot_lwm2m_encode_end(&e);
}

cot_status net_to_senml(const ipc_path *path, uint16_t format, cot_bytes payload, cot_writer *out)
{
    return convert(path, format, COT_FORMAT_SENML_CBOR, payload, out);
}

cot_status net_from_senml(const ipc_path *path, uint16_t format, cot_bytes payload, cot_writer *out)
{
    return convert(path, COT_FORMAT_SENML_CBOR, format, payload, out);
}
