/* SPDX-License-Identifier: Apache-2.0 */
/* Write: the whole payload is decoded and checked before the first value is applied. */
#include "device/engine.h"

typedef struct writing {
    const cot_object *o;
    const cot__request *q;
    uint16_t format;
    cot_write_phase phase;
} writing;

uint8_t cot__code_of(cot_status s)
{
    switch ((int)s) {
    case COT_OK:
        return COT_COAP_CHANGED;
    case COT_E_DENIED:
    case COT_E_STATE:
        return COT_COAP_NOT_ALLOWED;
    case COT_E_NOT_FOUND:
        return COT_COAP_NOT_FOUND;
    case COT_E_SPACE:
        return COT_COAP_TOO_LARGE;
    case COT_E_IO:
    case COT_E_AGAIN:
    case COT_E_INTERNAL:
        return COT_COAP_INTERNAL_ERROR;
    default:
        return COT_COAP_BAD_REQUEST;
    }
}

static cot_status write_value(const writing *w, const cot_lwm2m_record *rec, const cot_resource *r)
{
    uint8_t bytes[48]; /* of base64 in text/plain; more comes as opaque, TLV or SenML */
    cot_writer scratch;
    cot_value v;
    cot_writer_init(&scratch, bytes, sizeof bytes);
    cot_status s = cot_lwm2m_value_as(rec, (cot_type)r->type, &scratch, &v);
    if (s != COT_OK)
        return s;
    cot_place at = {rec->path.id[1], rec->path.id[2], rec->path.level == 4 ? rec->path.id[3] : 0};
    return w->o->write(w->o, &at, &v, w->phase);
}

/* Check the place of one record, check or apply its value. */
static cot_status write_record(const writing *w, const cot_lwm2m_record *rec)
{
    bool container = rec->form == COT_FORM_TYPED && rec->value.type == COT_NONE;
    if (rec->path.level < 3)
        return container ? COT_OK : COT_E_MALFORMED;
    const cot_resource *r = cot__resource_find(w->o, rec->path.id[2]);
    if (r == NULL)
        return COT_E_NOT_FOUND; /* the instance is the one that was located */
    if ((r->ops & COT_WRITE) == 0)
        return COT_E_DENIED;
    bool item = rec->path.level == 4;
    if (item && rec->path.id[3] >= r->items)
        return COT_E_RANGE;
    if (container)
        return COT_OK;
    return item == ((r->ops & COT_MULTIPLE) != 0) ? write_value(w, rec, r) : COT_E_TYPE;
}

static cot_status pass(writing *w, cot_write_phase phase)
{
    cot_lwm2m_decoder d;
    cot_lwm2m_record rec;
    w->phase = phase;
    cot_status s = cot_lwm2m_decode_begin(&d, w->format, &w->q->path, w->q->payload);
    while (s == COT_OK) {
        s = cot_lwm2m_decode_next(&d, &rec);
        if (s == COT_OK)
            s = write_record(w, &rec);
        else if (s == COT_E_NOT_FOUND)
            return COT_OK;
    }
    return s;
}

/* A replacing write: all that can be written goes back to its default first, but the one value that
 * is going to be set. */
static void reset_all(const writing *w)
{
    cot__walk walk;
    cot_place at;
    cot__walk_init(&walk, w->o, &w->q->path);
    while (cot__walk_next(&walk, &at)) {
        uint8_t ops = walk.resource->ops;
        if ((ops & COT_WRITE) != 0 && (w->q->path.level < 3 || (ops & COT_MULTIPLE) != 0))
            (void)w->o->write(w->o, &at, NULL, COT_APPLY);
    }
}

static uint8_t check_target(const cot__request *q, uint16_t format)
{
    if (!cot_lwm2m_format_supported(format))
        return COT_COAP_BAD_FORMAT;
    if (q->path.level < 2 || q->object->write == NULL)
        return COT_COAP_NOT_ALLOWED;
    if (q->resource != NULL) {
        if ((q->resource->ops & COT_WRITE) == 0)
            return COT_COAP_NOT_ALLOWED;
    } else if (format == COT_FORMAT_TEXT || format == COT_FORMAT_OPAQUE) {
        return COT_COAP_BAD_FORMAT;
    }
    return COT_COAP_CHANGED;
}

uint8_t cot__write(cot__client *c, const cot__request *q, bool replace)
{
    writing w = {.o = q->object, .q = q};
    w.format = q->view.content_format;
    if (w.format == COT_COAP_NO_FORMAT && q->path.level >= 3)
        w.format = COT_FORMAT_TEXT;
    uint8_t code = check_target(q, w.format);
    if (code != COT_COAP_CHANGED)
        return code;
    cot_status s = pass(&w, COT_CHECK);
    if (s != COT_OK)
        return cot__code_of(s);
    if (replace)
        reset_all(&w);
    s = pass(&w, COT_APPLY);
    cot__changed(c, &q->path);
    return s == COT_OK ? COT_COAP_CHANGED : COT_COAP_INTERNAL_ERROR;
}
