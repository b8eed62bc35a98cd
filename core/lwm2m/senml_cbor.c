/* SPDX-License-Identifier: Apache-2.0 */
/* Read SenML packs in CBOR. */
#include "core/lwm2m/senml_cbor.h"

#include "core/lwm2m/text.h"

#include <string.h>

/* What kinds of value each label takes, from COT_SENML_LOWEST on; IS_VALUE: it is the record's value. */
#define NUMBER (1u << COT_INTEGER | 1u << COT_UNSIGNED | 1u << COT_FLOAT)
#define TEXT (1u << COT_STRING)
#define IS_VALUE (1u << 15)
static const uint16_t kinds[COT_SENML_LABELS] = {
    NUMBER,                       /* base sum */
    NUMBER,                       /* base value */
    TEXT,                         /* base unit */
    NUMBER,                       /* base time */
    TEXT,                         /* base name */
    1u << COT_INTEGER,            /* base version */
    TEXT,                         /* name */
    TEXT,                         /* unit */
    NUMBER | IS_VALUE,            /* value */
    TEXT | IS_VALUE,              /* string value */
    1u << COT_BOOLEAN | IS_VALUE, /* boolean value */
    NUMBER,                       /* sum */
    NUMBER,                       /* time */
    NUMBER,                       /* update time */
    1u << COT_OPAQUE | IS_VALUE   /* data value */
};
#define FIELD(label) ((unsigned)(COT_SENML_##label - COT_SENML_LOWEST))

void cot_senml_reader_init(cot_senml_reader *s, cot_bytes pack)
{
    cot_cbor_reader_init(&s->in, pack, COT_CBOR_ALLOW_INDEFINITE);
    s->left = (size_t)cot_cbor_read_array(&s->in);
}

static bool is_number(const cot_value *v)
{
    return (NUMBER >> v->type & 1) != 0;
}

/* `item` as a value; COT_NONE for what no field may hold. The bits of a number are those of its value. */
static cot_status value_of(const cot_cbor_item *item, cot_value *v)
{
    static const uint8_t types[] = {
        [COT_CBOR_UINT] = COT_INTEGER, [COT_CBOR_NINT] = COT_INTEGER, [COT_CBOR_BYTES] = COT_OPAQUE,
        [COT_CBOR_TEXT] = COT_STRING,  [COT_CBOR_FLOAT] = COT_FLOAT,  [COT_CBOR_NONE] = COT_NONE,
    };
    bool high = item->arg > INT64_MAX;
    v->type = (cot_type)types[item->type];
    v->as.u = item->type == COT_CBOR_NINT ? ~item->arg : item->arg;
    if (item->type == COT_CBOR_UINT && high)
        v->type = COT_UNSIGNED;
    if (item->type == COT_CBOR_NINT && high)
        return COT_E_RANGE;
    if (item->type == COT_CBOR_BYTES || item->type == COT_CBOR_TEXT) {
        v->as.bytes.p = item->bytes.p;
        v->as.bytes.len = item->bytes.len;
    }
    if (item->type == COT_CBOR_SIMPLE && (item->arg == 20 || item->arg == 21)) {
        v->type = COT_BOOLEAN;
        v->as.b = item->arg == 21;
    }
    return item->type == COT_CBOR_TAG ? COT_E_UNSUPPORTED : COT_OK; /* decimal fractions */
}

/* Read the value of a field, once a record, into the place `at`. */
static cot_value *read_value(cot_senml_reader *s, unsigned at, unsigned allowed)
{
    cot_value *v = &s->field[at];
    if ((s->seen >> at & 1) != 0)
        cot_reader_fail(&s->in.in, COT_E_EXISTS);
    s->seen = (uint16_t)(s->seen | 1u << at);
    cot_cbor_item item = cot_cbor_next(&s->in);
    cot_status err = value_of(&item, v);
    if (err == COT_OK && (allowed >> v->type & 1) == 0)
        err = COT_E_TYPE;
    cot_reader_fail(&s->in.in, err);
    return v;
}

/* A field with a text label: "vlo" is LwM2M's object link; others are read over, unless they say that
 * they must be understood (RFC 8428 section 4.4). */
static void read_extension(cot_senml_reader *s, cot_bytes label)
{
    if (cot_bytes_is(label, "vlo")) {
        cot_value *v = read_value(s, FIELD(VALUE), TEXT);
        cot_reader_fail(&s->in.in, cot_lwm2m_text_decode(cot_value_bytes(v), COT_OBJLNK, NULL, v));
        return;
    }
    if (label.len > 0 && label.p[label.len - 1] == '_')
        cot_reader_fail(&s->in.in, COT_E_UNSUPPORTED);
    cot_cbor_skip(&s->in);
}

/* Where the label stands in the tables; COT_SENML_LABELS or above: we do not know it. */
static unsigned place_of(const cot_cbor_item *key)
{
    unsigned arg = key->arg < COT_SENML_LABELS ? (unsigned)key->arg : COT_SENML_LABELS;
    return key->type == COT_CBOR_UINT ? arg + FIELD(NAME) : FIELD(BASE_VERSION) - arg;
}

static void read_field(cot_senml_reader *s, const cot_cbor_item *key)
{
    unsigned at = place_of(key);
    if (key->type == COT_CBOR_TEXT) {
        read_extension(s, key->bytes);
        return;
    }
    if (key->type != COT_CBOR_UINT && key->type != COT_CBOR_NINT)
        cot_reader_fail(&s->in.in, COT_E_TYPE);
    if (at >= COT_SENML_LABELS) {
        cot_cbor_skip(&s->in);
        return;
    }
    unsigned kind = kinds[at];
    cot_value *v = read_value(s, (kind & IS_VALUE) != 0 ? FIELD(VALUE) : at, kind);
    if (at == FIELD(BASE_VERSION) && v->as.u > 10)
        cot_reader_fail(&s->in.in, COT_E_UNSUPPORTED);
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
    if (v->type != COT_INTEGER || base->type != COT_INTEGER) {
        v->as.f = as_double(v) + as_double(base);
        v->type = COT_FLOAT;
        return COT_OK;
    }
    uint64_t a = v->as.u; /* the bits of as.i */
    uint64_t b = base->as.u;
    v->as.u = a + b;
    /* Two of one sign whose sum has the other. */
    return (~(a ^ b) & (a ^ v->as.u)) >> 63 != 0 ? COT_E_RANGE : COT_OK;
}

/* COT_OK: there is another record; COT_E_NOT_FOUND: the pack is at its end. */
static cot_status begin_record(cot_senml_reader *s)
{
    cot_reader *in = &s->in.in;
    if (in->err != COT_OK)
        return in->err;
    if (s->left == COT_SENML_ENDLESS && cot_cbor_peek(&s->in) == COT_CBOR_BREAK) {
        cot_cbor_next(&s->in);
        s->left = 0;
    }
    if (s->left == 0)
        return cot_reader_end(in) == COT_OK ? COT_E_NOT_FOUND : COT_E_MALFORMED;
    if (s->left != COT_SENML_ENDLESS)
        s->left--;
    s->seen = 0;
    memset(&s->field[FIELD(NAME)], 0, sizeof s->field - FIELD(NAME) * sizeof s->field[0]);
    return COT_OK;
}

cot_status cot_senml_next_record(cot_senml_reader *s)
{
    cot_status err = begin_record(s);
    if (err != COT_OK)
        return err;
    size_t pairs = (size_t)cot_cbor_read_map(&s->in);
    for (; pairs > 0 && s->in.in.err == COT_OK; pairs--) {
        cot_cbor_item key = cot_cbor_next(&s->in);
        if (key.type == COT_CBOR_BREAK && pairs > SIZE_MAX / 2) /* counted down from ENDLESS */
            break;
        read_field(s, &key);
    }
    if (s->in.in.err == COT_OK)
        cot_reader_fail(&s->in.in, add(&s->field[FIELD(VALUE)], &s->field[FIELD(BASE_VALUE)]));
    return s->in.in.err;
}

const cot_value *cot_senml_field(const cot_senml_reader *s, int label)
{
    return &s->field[label - COT_SENML_LOWEST];
}

cot_bytes cot_senml_unit(const cot_senml_reader *s)
{
    const cot_value *unit = &s->field[FIELD(UNIT)];
    return cot_value_bytes(unit->type == COT_NONE ? &s->field[FIELD(BASE_UNIT)] : unit);
}

bool cot_senml_time(const cot_senml_reader *s, double *time)
{
    const cot_value *base = &s->field[FIELD(BASE_TIME)];
    const cot_value *own = &s->field[FIELD(TIME)];
    *time = as_double(base) + as_double(own);
    return base->type != COT_NONE || own->type != COT_NONE;
}

cot_status cot_senml_next(cot_senml_reader *s, cot_lwm2m_record *rec)
{
    uint8_t text[COT_LWM2M_PATH_TEXT]; /* base name and name, one after the other */
    cot_writer w;
    bool
        only_base; /* for the records behind it: no name, no value, and no path by itself ("/3/0/") */
    do {
        cot_status err = cot_senml_next_record(s);
        if (err != COT_OK)
            return err;
        cot_bytes base = cot_value_bytes(&s->field[FIELD(BASE_NAME)]);
        cot_bytes name = cot_value_bytes(&s->field[FIELD(NAME)]);
        cot_writer_init(&w, text, sizeof text);
        cot_write_bytes(&w, base.p, base.len);
        cot_write_bytes(&w, name.p, name.len);
        rec->value = s->field[FIELD(VALUE)];
        only_base = rec->value.type == COT_NONE && name.len == 0 &&
                    (base.len == 0 || base.p[base.len - 1] == '/');
    } while (only_base);
    if (w.err != COT_OK)
        return COT_E_MALFORMED;
    return cot_lwm2m_path_parse((cot_bytes){text, w.len}, &rec->path);
}
