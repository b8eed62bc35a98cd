/* SPDX-License-Identifier: Apache-2.0 */
/* Read SenML packs in CBOR. */
#include "core/lwm2m/senml_cbor.h"

#include "core/cbor/float.h"

void cot_senml_reader_init(cot_senml_reader *s, const cot_lwm2m_path *base, cot_bytes pack)
{
    *s = (cot_senml_reader){.base = *base};
    cot_cbor_reader_init(&s->in, pack, COT_CBOR_ALLOW_INDEFINITE);
    s->left = cot_cbor_read_array(&s->in);
}

/* What one record holds itself, before base fields are applied. */
typedef struct fields {
    uint32_t seen; /* bit per label */
    cot_bytes name;
    cot_bytes unit;
    double time;
    cot_value value; /* COT_NONE: not given */
} fields;

static cot_value read_number(cot_cbor_reader *in)
{
    cot_cbor_item item = cot_cbor_next(in);
    cot_value v = {.type = COT_INTEGER};
    if (item.type == COT_CBOR_FLOAT)
        return cot_value_float(cot_cbor_item_double(&item));
    if (item.type == COT_CBOR_UINT && item.arg > INT64_MAX)
        return cot_value_uint(item.arg);
    cot_status s =
        item.type == COT_CBOR_TAG ? COT_E_UNSUPPORTED : cot_cbor_item_int(&item, &v.as.i);
    if (s != COT_OK)
        cot_reader_fail(&in->in, s);
    return v;
}

static cot_value read_link(cot_cbor_reader *in)
{
    cot_lwm2m_record text = {.value = cot_value_string(cot_cbor_read_text(in))};
    cot_value v;
    cot_status s = cot_lwm2m_value_as(&text, COT_OBJLNK, NULL, &v);
    if (s != COT_OK)
        cot_reader_fail(&in->in, s);
    return v;
}

/* Remember that `label` has been given; a second time is an error. */
static void once(cot_senml_reader *s, fields *f, int label)
{
    uint32_t bit = UINT32_C(1) << (label - COT_SENML_LOWEST);
    if ((f->seen & bit) != 0)
        cot_reader_fail(&s->in.in, COT_E_EXISTS);
    f->seen |= bit;
}

static void read_value(cot_senml_reader *s, fields *f, cot_value v)
{
    if (f->value.type != COT_NONE) /* at most one of v, vs, vb, vd, vlo */
        cot_reader_fail(&s->in.in, COT_E_EXISTS);
    f->value = v;
}

static void read_base_field(cot_senml_reader *s, int label)
{
    switch (label) {
    case COT_SENML_BASE_VERSION:
        if (cot_cbor_read_uint(&s->in) > 10)
            cot_reader_fail(&s->in.in, COT_E_UNSUPPORTED);
        break;
    case COT_SENML_BASE_NAME:
        s->basis.base_name = cot_cbor_read_text(&s->in);
        break;
    case COT_SENML_BASE_TIME:
        s->basis.time = cot_cbor_read_double(&s->in);
        s->basis.timed = true;
        break;
    case COT_SENML_BASE_UNIT:
        s->basis.unit = cot_cbor_read_text(&s->in);
        break;
    case COT_SENML_BASE_VALUE:
        s->basis.value = read_number(&s->in);
        break;
    default: /* base sum */
        read_number(&s->in);
    }
}

static void read_own_field(cot_senml_reader *s, fields *f, int label)
{
    switch (label) {
    case COT_SENML_NAME:
        f->name = cot_cbor_read_text(&s->in);
        break;
    case COT_SENML_UNIT:
        f->unit = cot_cbor_read_text(&s->in);
        break;
    case COT_SENML_VALUE:
        read_value(s, f, read_number(&s->in));
        break;
    case COT_SENML_STRING:
        read_value(s, f, cot_value_string(cot_cbor_read_text(&s->in)));
        break;
    case COT_SENML_BOOL:
        read_value(s, f, cot_value_bool(cot_cbor_read_bool(&s->in)));
        break;
    case COT_SENML_TIME:
        f->time = cot_cbor_read_double(&s->in);
        break;
    case COT_SENML_DATA:
        read_value(s, f, cot_value_opaque(cot_cbor_read_bytes(&s->in)));
        break;
    default: /* sum, update time: of no use to LwM2M */
        read_number(&s->in);
    }
}

/* A field with a text label: "vlo" is LwM2M's object link; others are read over, unless they say that
 * they must be understood (RFC 8428 section 4.4). */
static void read_extension(cot_senml_reader *s, fields *f, cot_bytes label)
{
    if (cot_bytes_is(label, "vlo")) {
        read_value(s, f, read_link(&s->in));
        return;
    }
    if (label.len > 0 && label.p[label.len - 1] == '_')
        cot_reader_fail(&s->in.in, COT_E_UNSUPPORTED);
    cot_cbor_skip(&s->in);
}

static void read_field(cot_senml_reader *s, fields *f, const cot_cbor_item *key)
{
    int64_t label;
    cot_status err = COT_E_TYPE;
    if (key->type == COT_CBOR_TEXT) {
        read_extension(s, f, key->bytes);
        return;
    }
    if (key->type == COT_CBOR_UINT || key->type == COT_CBOR_NINT)
        err = cot_cbor_item_int(key, &label);
    if (err != COT_OK) {
        cot_reader_fail(&s->in.in, err);
        return;
    }
    if (label < COT_SENML_LOWEST || label > COT_SENML_HIGHEST) {
        cot_cbor_skip(&s->in);
        return;
    }
    once(s, f, (int)label);
    if (label < 0)
        read_base_field(s, (int)label);
    else
        read_own_field(s, f, (int)label);
}

static double as_double(const cot_value *v)
{
    if (v->type == COT_FLOAT)
        return v->as.f;
    return v->type == COT_UNSIGNED ? (double)v->as.u : (double)v->as.i;
}

/* Value plus base value (RFC 8428 section 4.5.4). */
static void add(cot_senml_reader *s, cot_value *v, const cot_value *base)
{
    bool number = v->type == COT_FLOAT || v->type == COT_INTEGER || v->type == COT_UNSIGNED;
    if (base->type == COT_NONE || !number)
        return;
    if (v->type != COT_INTEGER || base->type != COT_INTEGER) {
        *v = cot_value_float(as_double(v) + as_double(base));
    } else if (base->as.i > 0 ? v->as.i > INT64_MAX - base->as.i
                              : v->as.i < INT64_MIN - base->as.i) {
        cot_reader_fail(&s->in.in, COT_E_RANGE);
    } else {
        v->as.i += base->as.i;
    }
}

/* The map of one record. */
static void read_fields(cot_senml_reader *s, fields *f)
{
    uint64_t pairs = cot_cbor_read_map(&s->in);
    for (uint64_t i = 0; i < pairs && s->in.in.err == COT_OK; i++) {
        cot_cbor_item key = cot_cbor_next(&s->in);
        if (key.type == COT_CBOR_BREAK && pairs == COT_CBOR_INDEFINITE)
            return;
        read_field(s, f, &key);
    }
}

/* COT_OK: there is another record; COT_E_NOT_FOUND: the pack is at its end. */
static cot_status begin_record(cot_senml_reader *s)
{
    cot_reader *in = &s->in.in;
    if (in->err != COT_OK)
        return in->err;
    if (s->left == COT_CBOR_INDEFINITE && cot_cbor_peek(&s->in) == COT_CBOR_BREAK) {
        cot_cbor_next(&s->in);
        s->left = 0;
    }
    if (s->left == 0)
        return cot_reader_end(in) == COT_OK ? COT_E_NOT_FOUND : COT_E_MALFORMED;
    if (s->left != COT_CBOR_INDEFINITE)
        s->left--;
    return COT_OK;
}

cot_status cot_senml_next_record(cot_senml_reader *s, cot_senml_record *rec)
{
    fields f = {.value = {.type = COT_NONE}};
    *rec = (cot_senml_record){.value = {.type = COT_NONE}};
    cot_status err = begin_record(s);
    if (err != COT_OK)
        return err;
    read_fields(s, &f);
    add(s, &f.value, &s->basis.value);
    if (s->in.in.err != COT_OK)
        return s->in.in.err;
    rec->base_name = s->basis.base_name;
    rec->name = f.name;
    rec->unit = f.unit.len > 0 ? f.unit : s->basis.unit;
    rec->value = f.value;
    rec->timed =
        s->basis.timed || (f.seen & UINT32_C(1) << (COT_SENML_TIME - COT_SENML_LOWEST)) != 0;
    rec->time = s->basis.time + f.time;
    return COT_OK;
}

/* Base name and name, one after the other, as a path. */
static cot_status path_of(const cot_senml_record *r, cot_lwm2m_path *path)
{
    uint8_t text[COT_LWM2M_PATH_TEXT];
    cot_writer w;
    cot_writer_init(&w, text, sizeof text);
    cot_write_bytes(&w, r->base_name.p, r->base_name.len);
    cot_write_bytes(&w, r->name.p, r->name.len);
    if (w.err != COT_OK)
        return COT_E_MALFORMED;
    return cot_lwm2m_path_parse((cot_bytes){text, w.len}, path);
}

/* A record that only sets base fields for those behind it: no name of its own, no value, and the base
 * name is no path by itself ("/3/0/"). */
static bool only_base(const cot_senml_record *r)
{
    return r->value.type == COT_NONE && r->name.len == 0 &&
           (r->base_name.len == 0 || r->base_name.p[r->base_name.len - 1] == '/');
}

cot_status cot_senml_next(cot_senml_reader *s, cot_lwm2m_record *rec)
{
    cot_senml_record r;
    *rec = (cot_lwm2m_record){.value = {.type = COT_NONE}};
    do {
        cot_status err = cot_senml_next_record(s, &r);
        if (err != COT_OK)
            return err;
    } while (only_base(&r));
    cot_status err = path_of(&r, &rec->path);
    if (err == COT_OK && !cot_lwm2m_path_has_prefix(&rec->path, &s->base))
        err = COT_E_RANGE;
    if (err != COT_OK) {
        cot_reader_fail(&s->in.in, err);
        return err;
    }
    rec->value = r.value;
    rec->timed = r.timed;
    rec->time = r.time;
    return COT_OK;
}
