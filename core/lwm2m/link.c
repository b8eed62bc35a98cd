/* SPDX-License-Identifier: Apache-2.0 */
/* CoRE link format: writer and reader. */
#include "core/lwm2m/link.h"

#include "core/lwm2m/number.h"

#include <string.h>

/* --- writing --- */

void cot_link_begin(cot_link_writer *l, cot_writer *w)
{
    l->w = w;
    l->any = false;
}

void cot_link_path(cot_link_writer *l, const cot_lwm2m_path *path)
{
    cot_write_text(l->w, l->any ? ",<" : "<");
    cot_lwm2m_path_write(l->w, path);
    cot_write_u8(l->w, '>');
    l->any = true;
}

static void write_name(cot_link_writer *l, const char *name)
{
    cot_write_u8(l->w, ';');
    cot_write_text(l->w, name);
    cot_write_u8(l->w, '=');
}

void cot_link_attr_text(cot_link_writer *l, const char *name, const char *value)
{
    write_name(l, name);
    cot_write_u8(l->w, '"');
    cot_write_text(l->w, value);
    cot_write_u8(l->w, '"');
}

void cot_link_attr_token(cot_link_writer *l, const char *name, const char *value)
{
    write_name(l, name);
    cot_write_text(l->w, value);
}

void cot_link_attr_uint(cot_link_writer *l, const char *name, uint64_t value)
{
    write_name(l, name);
    cot_decimal_write_uint(l->w, value);
}

void cot_link_attr_double(cot_link_writer *l, const char *name, double value)
{
    write_name(l, name);
    cot_decimal_write_double(l->w, value);
}

/* --- reading --- */

static bool printable(uint8_t c)
{
    return c > 0x20 && c != 0x7F;
}

/* Attribute names and unquoted values: visible, and nothing that the grammar uses itself. */
static bool token_byte(uint8_t c)
{
    return printable(c) && strchr("\";,<>=\\", c) == NULL;
}

/* A value's byte may also be "=", '<' or '>' (ptoken of RFC 6690 section 2). */
static bool value_byte(uint8_t c)
{
    return printable(c) && c != '"' && c != ';' && c != ',' && c != '\\';
}

static bool next_is(const cot_reader *r, uint8_t c)
{
    return cot_reader_left(r) > 0 && *r->p == c;
}

static cot_bytes take_while(cot_reader *r, bool (*member)(uint8_t))
{
    size_t n = 0;
    while (n < cot_reader_left(r) && member(r->p[n]))
        n++;
    return cot_read_bytes(r, n);
}

static void expect(cot_reader *r, uint8_t c)
{
    if (next_is(r, c))
        cot_read_u8(r);
    else
        cot_reader_fail(r, cot_reader_left(r) == 0 ? COT_E_TRUNCATED : COT_E_MALFORMED);
}

/* The inside of "…"; the opening quote has been read. Backslash takes the byte behind it along. */
static cot_bytes read_quoted(cot_reader *r)
{
    size_t n = 0;
    size_t left = cot_reader_left(r);
    while (n < left && r->p[n] != '"')
        n += r->p[n] == '\\' ? 2 : 1;
    cot_bytes inside = cot_read_bytes(r, n);
    expect(r, '"');
    return inside;
}

/* One ";name[=value]". */
static cot_link_attr_item read_attr(cot_reader *r)
{
    cot_link_attr_item item = {{NULL, 0}, {NULL, 0}, false, false};
    expect(r, ';');
    item.name = take_while(r, token_byte);
    if (item.name.len == 0)
        cot_reader_fail(r, COT_E_MALFORMED);
    item.has_value = next_is(r, '=');
    if (!item.has_value)
        return item;
    cot_read_u8(r);
    item.quoted = next_is(r, '"');
    if (item.quoted) {
        cot_read_u8(r);
        item.value = read_quoted(r);
    } else {
        item.value = take_while(r, value_byte);
        if (item.value.len == 0)
            cot_reader_fail(r, COT_E_MALFORMED);
    }
    return item;
}

static bool target_byte(uint8_t c)
{
    return printable(c) && c != '<' && c != '>' && c != '"';
}

/* The target below `root` as a path. */
static bool path_below(cot_bytes target, cot_bytes root, cot_lwm2m_path *path)
{
    if (root.len > 0 && root.p[root.len - 1] == '/')
        root.len--;
    if (target.len < root.len || (root.len > 0 && memcmp(target.p, root.p, root.len) != 0))
        return false;
    if (target.len == root.len)
        return root.len > 0; /* the root itself; an empty target is none */
    target.p += root.len;
    target.len -= root.len;
    return target.p[0] == '/' && cot_lwm2m_path_parse(target, path) == COT_OK;
}

void cot_link_reader_init(cot_link_reader *l, cot_bytes payload)
{
    cot_reader_init(&l->in, payload.p, payload.len);
    l->more = payload.len > 0;
}

cot_status cot_link_next(cot_link_reader *l, cot_bytes root, cot_link *out)
{
    cot_reader *r = &l->in;
    *out = (cot_link){.is_path = false};
    if (r->err != COT_OK)
        return r->err;
    if (!l->more)
        return COT_E_NOT_FOUND;
    expect(r, '<');
    out->target = take_while(r, target_byte);
    expect(r, '>');
    const uint8_t *attrs = r->p;
    while (next_is(r, ';'))
        read_attr(r);
    if (r->err == COT_OK)
        out->attrs = (cot_bytes){attrs, (size_t)(r->p - attrs)};
    l->more = cot_reader_left(r) > 0;
    if (l->more) {
        expect(r, ',');
        if (cot_reader_left(r) == 0)
            cot_reader_fail(r, COT_E_TRUNCATED);
    }
    if (r->err == COT_OK)
        out->is_path = path_below(out->target, root, &out->path);
    return r->err;
}

cot_status cot_link_attr_next(cot_bytes *attrs, cot_link_attr_item *out)
{
    cot_reader r;
    *out = (cot_link_attr_item){.has_value = false};
    if (attrs->len == 0)
        return COT_E_NOT_FOUND;
    cot_reader_init(&r, attrs->p, attrs->len);
    cot_link_attr_item item = read_attr(&r);
    if (r.err != COT_OK)
        return r.err;
    *out = item;
    attrs->p = r.p;
    attrs->len = cot_reader_left(&r);
    return COT_OK;
}

cot_status cot_link_attr_find(cot_bytes attrs, const char *name, cot_link_attr_item *out)
{
    cot_status s;
    do {
        s = cot_link_attr_next(&attrs, out);
    } while (s == COT_OK && !cot_bytes_is(out->name, name));
    return s;
}
