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

/* What kinds of value each label takes, from COT_SENML_LOWEST on. */
#define NUMBER (1u << COT_INTEGER | 1u << COT_UNSIGNED | 1u << COT_FLOAT)
#define TEXT (1u << COT_STRING)
static const uint16_t kinds[COT_SENML_LABELS] = {
    NUMBER,            /* base sum */
    NUMBER,            /* base value */
    TEXT,              /* base unit */
    NUMBER,            /* base time */
    TEXT,              /* base name */
    1u << COT_INTEGER, /* base version */
    TEXT,              /* name */
    TEXT,              /* unit */
    NUMBER,            /* value */
    TEXT,              /* string value */
    1u << COT_BOOLEAN, /* boolean value */
    NUMBER,            /* sum */
    NUMBER,            /* time */
    NUMBER,            /* update time */
    1u << COT_OPAQUE   /* data value */
};
static const uint16_t value_labels =
    1u << (COT_SENML_VALUE - COT_SENML_LOWEST) | 1u << (COT_SENML_STRING - COT_SENML_LOWEST) |
    1u << (COT_SENML_BOOL - COT_SENML_LOWEST) | 1u << (COT_SENML_DATA - COT_SENML_LOWEST);

/* The record being read. */
typedef struct fields {
    cot_value own[COT_SENML_HIGHEST + 1]; /* by label; COT_NONE: not given */
    cot_value value;
    uint16_t seen; /* a bit for each label */
} fields;

static bool is_number(const cot_value *v)
{
    return (NUMBER >> v->type & 1) != 0;
}

/* `item` as a value; COT_NONE for what no field may hold. */
static cot_status value_of(const cot_cbor_item *item, cot_value *v)
{
    v->type = COT_NONE;
    switch (item->type) {
    case COT_CBOR_UINT:
        v->type = item->arg > INT64_MAX ? COT_UNSIGNED : COT_INTEGER;
        v->as.u = item->arg; /* the same bits as as.i where that is what it is */
        break;
    case COT_CBOR_NINT:
        v->type = COT_INTEGER;
        return cot_cbor_item_int(item, &v->as.i);
    case COT_CBOR_FLOAT:
        v->type = COT_FLOAT;
        v->as.f = cot_double_of_bits(item->arg);
        break;
    case COT_CBOR_TEXT:
    case COT_CBOR_BYTES:
        v->type = item->type == COT_CBOR_TEXT ? COT_STRING : COT_OPAQUE;
        v->as.bytes.p = item->bytes.p;
        v->as.bytes.len = item->bytes.len;
        break;
    case COT_CBOR_SIMPLE:
        if (item->arg == 20 || item->arg == 21)
            v->type = COT_BOOLEAN;
        v->as.b = item->arg == 21;
        break;
    case COT_CBOR_TAG: /* decimal fractions (tag 4) */
        return COT_E_UNSUPPORTED;
    case COT_CBOR_ARRAY:
    case COT_CBOR_MAP:
    case COT_CBOR_BREAK:
    case COT_CBOR_NONE:
        break;
    }
    return COT_OK;
}

static void read_value(cot_cbor_reader *in, unsigned allowed, cot_value *v)
{
    cot_cbor_item item = cot_cbor_next(in);
    cot_status err = value_of(&item, v);
    if (err == COT_OK && (allowed >> v->type & 1) == 0)
        err = COT_E_TYPE;
    cot_reader_fail(&in->in, err);
}

/* There may be one of v, vs, vb, vd, vlo. */
static void only_value(cot_senml_reader *s, const fields *f)
{
    if (f->value.type != COT_NONE)
        cot_reader_fail(&s->in.in, COT_E_EXISTS);
}

/* A field with a text label: "vlo" is LwM2M's object link; others are read over, unless they say that
 * they must be understood (RFC 8428 section 4.4). */
static void read_extension(cot_senml_reader *s, fields *f, cot_bytes label)
{
    if (cot_bytes_is(label, "vlo")) {
        cot_lwm2m_record text = {.form = COT_FORM_TYPED};
        only_value(s, f);
        read_value(&s->in, TEXT, &text.value);
        cot_reader_fail(&s->in.in, cot_lwm2m_value_as(&text, COT_OBJLNK, NULL, &f->value));
        return;
    }
    if (label.len > 0 && label.p[label.len - 1] == '_')
        cot_reader_fail(&s->in.in, COT_E_UNSUPPORTED);
    cot_cbor_skip(&s->in);
}

static void read_labelled(cot_senml_reader *s, fields *f, int label)
{
    unsigned at = (unsigned)(label - COT_SENML_LOWEST);
    cot_value *v = label < 0 ? &s->basis[at] : &f->own[label];
    if ((value_labels >> at & 1) != 0) {
        only_value(s, f);
        v = &f->value;
    }
    if ((f->seen >> at & 1) != 0)
        cot_reader_fail(&s->in.in, COT_E_EXISTS);
    f->seen = (uint16_t)(f->seen | 1u << at);
    read_value(&s->in, kinds[at], v);
    if (label == COT_SENML_BASE_VERSION && (v->as.i < 0 || v->as.i > 10))
        cot_reader_fail(&s->in.in, COT_E_UNSUPPORTED);
}

static void read_field(cot_senml_reader *s, fields *f, const cot_cbor_item *key)
{
    int64_t label;
    if (key->type == COT_CBOR_TEXT) {
        read_extension(s, f, key->bytes);
        return;
    }
    cot_reader_fail(&s->in.in, cot_cbor_item_int(key, &label));
    if (label < COT_SENML_LOWEST || label > COT_SENML_HIGHEST)
        cot_cbor_skip(&s->in);
    else
        read_labelled(s, f, (int)label);
}

/* 0 when not given (RFC 8428 section 4.5.3). */
static double as_double(const cot_value *v)
{
    if (v->type == COT_FLOAT)
        return v->as.f;
    if (v->type == COT_UNSIGNED)
        return (double)v->as.u;
    return v->type == COT_INTEGER ? (double)v->as.i : 0.0;
}

/* Value plus base value (RFC 8428 section 4.5.4). */
static cot_status add(cot_value *v, const cot_value *base)
{
    if (base->type == COT_NONE || !is_number(v))
        return COT_OK;
    if (v->type != COT_INTEGER || base->type != COT_INTEGER)
        *v = cot_value_float(as_double(v) + as_double(base));
    else if (base->as.i > 0 ? v->as.i > INT64_MAX - base->as.i : v->as.i < INT64_MIN - base->as.i)
        return COT_E_RANGE;
    else
        v->as.i += base->as.i;
    return COT_OK;
}

/* The map of one record. */
static void read_fields(cot_senml_reader *s, fields *f)
{
    uint64_t pairs = cot_cbor_read_map(&s->in);
    for (; pairs > 0 && s->in.in.err == COT_OK; pairs--) {
        cot_cbor_item key = cot_cbor_next(&s->in);
        if (key.type == COT_CBOR_BREAK && pairs > UINT32_MAX) /* counted down from INDEFINITE */
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
    static const cot_value none = {.type = COT_NONE};
    const cot_value *basis = s->basis - COT_SENML_LOWEST;
    fields f = {.value = none};
    *rec = (cot_senml_record){.value = none};
    cot_status err = begin_record(s);
    if (err != COT_OK)
        return err;
    read_fields(s, &f);
    if (s->in.in.err == COT_OK)
        cot_reader_fail(&s->in.in, add(&f.value, &basis[COT_SENML_BASE_VALUE]));
    if (s->in.in.err != COT_OK)
        return s->in.in.err;
    const cot_value *unit = &f.own[COT_SENML_UNIT];
    const cot_value *time = &f.own[COT_SENML_TIME];
    rec->base_name = cot_value_bytes(&basis[COT_SENML_BASE_NAME]);
    rec->name = cot_value_bytes(&f.own[COT_SENML_NAME]);
    rec->unit = cot_value_bytes(unit->type == COT_NONE ? &basis[COT_SENML_BASE_UNIT] : unit);
    rec->value = f.value;
    rec->timed = time->type != COT_NONE || basis[COT_SENML_BASE_TIME].type != COT_NONE;
    rec->time = as_double(&basis[COT_SENML_BASE_TIME]) + as_double(time);
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
