/* SPDX-License-Identifier: Apache-2.0 */
/* From parameters and JSON members to one CBOR map, field by field. */
#include "server/http/schema.h"

#include "core/cbor/reader.h"
#include "core/cbor/writer.h"
#include "core/lwm2m/path.h"
#include "core/lwm2m/text.h"
#include "server/http/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct build {
    cot_writer *w;
    size_t count; /* pairs so far */
    http_secret *secret;
    http_problem *p;
    cot_bytes path; /* of the request, as it was written to w */
} build;

static cot_bytes bytes_of(const char *s)
{
    return (cot_bytes){(const uint8_t *)s, strlen(s)};
}

static void put_name(build *b, const http_field *f)
{
    cot_cbor_write_text(b->w, bytes_of(f->name));
    b->count++;
}

static bool bad(build *b, const http_field *f, const char *what)
{
    /* A name or id that cannot be one names nothing: 404, as any unknown one. */
    unsigned status = f->place == HTTP_IN_PATH && f->kind != HTTP_PATH ? 404 : 422;
    return http_problem_set(b->p, status, "%s: %s", f->name, what);
}

static bool is_name(cot_bytes t)
{
    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
            return false;
        }
    }
    return true;
}

static bool all_between(cot_bytes t, uint8_t low, uint8_t high)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.p[i] < low || t.p[i] > high) {
            return false;
        }
    }
    return true;
}

static bool is_lower_hex(cot_bytes t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (!((t.p[i] >= '0' && t.p[i] <= '9') || (t.p[i] >= 'a' && t.p[i] <= 'f'))) {
            return false;
        }
    }
    return true;
}

static bool is_uuid(cot_bytes t)
{
    uint8_t raw[1];
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        uint8_t twice[2] = {t.p[i], t.p[i]};
        if (dash ? t.p[i] != '-' : http_hex_decode((cot_bytes){twice, 2}, raw, 1, &n) != COT_OK) {
            return false;
        }
    }
    return t.len == 36;
}

static bool is_choice(const char *choices, cot_bytes t)
{
    while (*choices != '\0') {
        size_t n = strcspn(choices, "|");
        if (n == t.len && memcmp(choices, t.p, n) == 0) {
            return true;
        }
        choices += n + (choices[n] == '|' ? 1 : 0);
    }
    return false;
}

/* NULL when the text has its kind's form, else what it must be. */
static const char *form_error(const http_field *f, cot_bytes t)
{
    switch (f->kind) {
    case HTTP_TEXT:
        return cot_utf8_valid(t) ? NULL : "must be UTF-8";
    case HTTP_LINE:
        return all_between(t, ' ', '~') ? NULL : "must be printable ASCII";
    case HTTP_WORD:
        return all_between(t, '!', '~') ? NULL : "must be printable ASCII without spaces";
    case HTTP_NAME:
        return is_name(t) ? NULL : "must be letters, digits and . _ - and begin with no sign";
    case HTTP_HEXID:
        return is_lower_hex(t) ? NULL : "must be lower-case hex digits";
    case HTTP_UUID:
        return is_uuid(t) ? NULL : "must be a UUID like 6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    case HTTP_CHOICE:
        return is_choice(f->choices, t) ? NULL : f->choices;
    case HTTP_UINT:
    case HTTP_BOOL:
    case HTTP_HEX:
    case HTTP_BASE64:
    case HTTP_TIME:
    case HTTP_PATH:
    case HTTP_VALUE:
    case HTTP_VALUES:
        break;
    }
    return "is not a text";
}

static bool put_text(build *b, const http_field *f, cot_bytes t)
{
    char what[96];
    const char *error = form_error(f, t);
    if (error != NULL && f->kind == HTTP_CHOICE) {
        (void)snprintf(what, sizeof what, "must be one of %s", error);
        return bad(b, f, what);
    }
    if (error != NULL) {
        return bad(b, f, error);
    }
    if (f->max > 0 && (t.len < f->min || t.len > f->max)) {
        (void)snprintf(what, sizeof what, "must have %llu to %llu characters",
                       (unsigned long long)f->min, (unsigned long long)f->max);
        return bad(b, f, what);
    }
    put_name(b, f);
    cot_cbor_write_text(b->w, t);
    return true;
}

static bool put_uint(build *b, const http_field *f, bool is_number, uint64_t v)
{
    char what[96];
    if (!is_number || v < f->min || v > f->max) {
        (void)snprintf(what, sizeof what, "must be a whole number from %llu to %llu",
                       (unsigned long long)f->min, (unsigned long long)f->max);
        return bad(b, f, what);
    }
    put_name(b, f);
    cot_cbor_write_uint(b->w, v);
    return true;
}

/* Hex or base64 → bytes; a secret goes aside. */
static bool put_octets(build *b, const http_field *f, cot_bytes t)
{
    uint8_t raw[256];
    char what[96];
    size_t len = 0;
    cot_writer w;
    cot_writer_init(&w, raw, sizeof raw);
    cot_status s =
        f->kind == HTTP_HEX ? http_hex_decode(t, raw, sizeof raw, &len) : cot_base64_decode(t, &w);
    len = f->kind == HTTP_HEX ? len : w.len;
    if (s == COT_E_MALFORMED) {
        cot_wipe(raw, sizeof raw);
        return bad(b, f, f->kind == HTTP_HEX ? "must be hex digits" : "must be base64");
    }
    if (s != COT_OK || len < f->min || len > f->max) {
        cot_wipe(raw, sizeof raw);
        (void)snprintf(what, sizeof what, "must be %llu to %llu bytes", (unsigned long long)f->min,
                       (unsigned long long)f->max);
        return bad(b, f, what);
    }
    if (f->kind == HTTP_HEX) {
        memcpy(b->secret->bytes, raw, len);
        b->secret->len = len;
    } else {
        put_name(b, f);
        cot_cbor_write_bytes(b->w, (cot_bytes){raw, len});
    }
    cot_wipe(raw, sizeof raw);
    return true;
}

static bool put_time(build *b, const http_field *f, cot_bytes t)
{
    uint64_t at = 0;
    if (http_time_parse(t, &at) != COT_OK) {
        return bad(b, f, "must be a time like 2026-11-24T17:00:00Z");
    }
    put_name(b, f);
    cot_cbor_write_uint(b->w, at);
    return true;
}

static bool path_ok(cot_bytes t, uint64_t min, uint64_t max)
{
    cot_lwm2m_path path;
    return t.len > 0 && t.p[0] != '/' && cot_lwm2m_path_parse(t, &path) == COT_OK &&
           path.level >= min && path.level <= max;
}

static bool put_path(build *b, const http_field *f, cot_bytes t)
{
    char what[96];
    if (t.len > 0 && t.p[0] == '/') {
        t = (cot_bytes){t.p + 1, t.len - 1};
    }
    if (!path_ok(t, f->min, f->max)) {
        (void)snprintf(what, sizeof what, "must be %u to %u numbers like 3/0/0", (unsigned)f->min,
                       (unsigned)f->max);
        return bad(b, f, what);
    }
    put_name(b, f);
    cot_cbor_write_text(b->w, t);
    if (b->w->err == COT_OK) {
        b->path = (cot_bytes){b->w->p + b->w->len - t.len, t.len};
    }
    return true;
}

/* A path or query parameter, or a header. */
static bool put_parameter(build *b, const http_field *f, cot_bytes t)
{
    char text[24];
    switch (f->kind) {
    case HTTP_UINT: {
        bool number = t.len > 0 && t.len < sizeof text && all_between(t, '0', '9');
        memcpy(text, t.p, number ? t.len : 0);
        text[number ? t.len : 0] = '\0';
        return put_uint(b, f, number, strtoull(text, NULL, 10));
    }
    case HTTP_BOOL:
        if (!cot_bytes_is(t, "true") && !cot_bytes_is(t, "false")) {
            return bad(b, f, "must be true or false");
        }
        put_name(b, f);
        cot_cbor_write_bool(b->w, cot_bytes_is(t, "true"));
        return true;
    case HTTP_PATH:
        return put_path(b, f, t);
    case HTTP_TEXT:
    case HTTP_LINE:
    case HTTP_WORD:
    case HTTP_NAME:
    case HTTP_HEXID:
    case HTTP_UUID:
    case HTTP_CHOICE:
    case HTTP_HEX:
    case HTTP_BASE64:
    case HTTP_TIME:
    case HTTP_VALUE:
    case HTTP_VALUES:
        break;
    }
    return put_text(b, f, t);
}

static bool put_value(build *b, json_t *value)
{
    cot_status s = http_value_to_cbor(value, b->w);
    if (s == COT_E_MALFORMED) {
        return http_problem_set(b->p, 422,
                                "value: opaque takes base64, time RFC 3339, objlink \"3:0\"");
    }
    if (s != COT_OK) {
        return http_problem_set(
            b->p, 422,
            "value: must be a string, number, true, false, {\"opaque\":base64}, "
            "{\"time\":RFC3339} or {\"objlink\":\"3:0\"}");
    }
    return true;
}

/* One resource of an instance: its whole path is the request's and `below`. */
static bool put_values_item(build *b, cot_bytes below, json_t *value)
{
    uint8_t whole[COT_LWM2M_PATH_TEXT];
    cot_writer w;
    cot_writer_init(&w, whole, sizeof whole);
    cot_write_bytes(&w, b->path.p, b->path.len);
    cot_write_u8(&w, '/');
    cot_write_bytes(&w, below.p, below.len);
    if (w.err != COT_OK || below.len == 0 || !path_ok((cot_bytes){whole, w.len}, 3, 4)) {
        return http_problem_set(b->p, 422, "values: a key must be like 14, or 7/1");
    }
    cot_cbor_write_map(b->w, 2);
    cot_cbor_write_text(b->w, bytes_of("path"));
    cot_cbor_write_text(b->w, (cot_bytes){whole, w.len});
    cot_cbor_write_text(b->w, bytes_of("value"));
    return put_value(b, value);
}

static bool put_values(build *b, const http_field *f, json_t *values)
{
    size_t n = json_object_size(values);
    const char *key;
    json_t *value;
    if (!json_is_object(values) || n < f->min || n > f->max) {
        return bad(b, f, "must be an object of 1 to 64 resources, {\"14\": value}");
    }
    put_name(b, f);
    cot_cbor_write_array(b->w, n);
    json_object_foreach(values, key, value)
    {
        if (!put_values_item(b, bytes_of(key), value)) {
            return false;
        }
    }
    return true;
}

/* JSON Schema's integer: 5 and 5.0. */
static bool put_json_uint(build *b, const http_field *f, json_t *v)
{
    double real = json_real_value(v);
    if (json_is_real(v)) {
        bool whole = real >= 0 && real == floor(real) && real < 9e15;
        return put_uint(b, f, whole, whole ? (uint64_t)real : 0);
    }
    json_int_t n = json_integer_value(v);
    return put_uint(b, f, json_is_integer(v) && n >= 0, n >= 0 ? (uint64_t)n : 0);
}

static bool put_member(build *b, const http_field *f, json_t *v)
{
    cot_bytes t = {(const uint8_t *)json_string_value(v), json_string_length(v)};
    if (json_is_null(v) && f->nullable) {
        put_name(b, f);
        cot_cbor_write_null(b->w);
        return true;
    }
    switch (f->kind) {
    case HTTP_UINT:
        return put_json_uint(b, f, v);
    case HTTP_BOOL:
        put_name(b, f);
        cot_cbor_write_bool(b->w, json_is_true(v));
        return json_is_boolean(v) ? true : bad(b, f, "must be true or false");
    case HTTP_VALUE:
        put_name(b, f);
        return put_value(b, v);
    case HTTP_VALUES:
        return put_values(b, f, v);
    case HTTP_TEXT:
    case HTTP_LINE:
    case HTTP_WORD:
    case HTTP_NAME:
    case HTTP_HEXID:
    case HTTP_UUID:
    case HTTP_CHOICE:
    case HTTP_HEX:
    case HTTP_BASE64:
    case HTTP_TIME:
    case HTTP_PATH:
        break;
    }
    if (!json_is_string(v)) {
        return bad(b, f, f->nullable ? "must be a string or null" : "must be a string");
    }
    if (f->kind == HTTP_HEX || f->kind == HTTP_BASE64) {
        return put_octets(b, f, t);
    }
    return f->kind == HTTP_TIME ? put_time(b, f, t) : put_text(b, f, t);
}

static const http_field *field_of(const http_route *route, http_place place, cot_bytes name)
{
    for (size_t i = 0; i < route->field_count; i++) {
        const http_field *f = &route->fields[i];
        if (f->place == place && cot_bytes_is(name, f->name)) {
            return f;
        }
    }
    return NULL;
}

static bool put_path_params(build *b, const http_input *in)
{
    uint8_t text[IPC_ENDPOINT_MAX + 1];
    for (size_t n = 0; n < HTTP_PARAMS; n++) {
        cot_bytes name = http_route_param(in->match->route, n);
        const http_field *f = field_of(in->match->route, HTTP_IN_PATH, name);
        size_t len = 0;
        if (f == NULL) {
            continue;
        }
        if (http_percent_decode(in->match->params[n], false, text, sizeof text, &len) != COT_OK) {
            return bad(b, f, "is too long or badly percent-encoded");
        }
        if (!put_parameter(b, f, (cot_bytes){text, len})) {
            return false;
        }
    }
    return true;
}

static bool put_query(build *b, const http_input *in)
{
    uint8_t text[513];
    uint8_t decoded[32];
    char quoted[68];
    unsigned seen = 0;
    for (size_t n = 0; n < in->target->query_count; n++) {
        size_t len = 0;
        cot_bytes name = in->target->query[n].name;
        if (http_percent_decode(name, true, decoded, sizeof decoded, &len) == COT_OK) {
            name = (cot_bytes){decoded, len};
        }
        const http_field *f = field_of(in->match->route, HTTP_IN_QUERY, name);
        if (f == NULL) {
            return http_problem_set(b->p, 422, "%s: unknown query parameter",
                                    http_quote(quoted, name));
        }
        unsigned bit = 1u << (unsigned)(f - in->match->route->fields);
        if ((seen & bit) != 0) {
            return bad(b, f, "is given twice");
        }
        seen |= bit;
        if (http_percent_decode(in->target->query[n].value, true, text, sizeof text, &len) !=
            COT_OK) {
            return bad(b, f, "is too long or badly percent-encoded");
        }
        if (!put_parameter(b, f, (cot_bytes){text, len})) {
            return false;
        }
    }
    for (size_t i = 0; i < in->match->route->field_count; i++) {
        const http_field *f = &in->match->route->fields[i];
        if (f->place == HTTP_IN_QUERY && f->required && (seen & (1u << i)) == 0) {
            return bad(b, f, "is a required query parameter");
        }
    }
    return true;
}

static bool put_body(build *b, const http_route *route, json_t *body)
{
    char quoted[68];
    const char *key;
    json_t *value;
    json_object_foreach(body, key, value)
    {
        const http_field *f = field_of(route, HTTP_IN_BODY, bytes_of(key));
        if (f == NULL) {
            return http_problem_set(b->p, 422, "%s: unknown member",
                                    http_quote(quoted, bytes_of(key)));
        }
        if (!put_member(b, f, value)) {
            return false;
        }
    }
    for (size_t i = 0; i < route->field_count; i++) {
        const http_field *f = &route->fields[i];
        if (f->place == HTTP_IN_BODY && f->required && json_object_get(body, f->name) == NULL) {
            return bad(b, f, "is missing");
        }
    }
    const char *broken = route->rule != NULL ? route->rule(body) : NULL;
    return broken == NULL || http_problem_set(b->p, 422, "%s", broken);
}

static bool put_fixed(build *b, const http_input *in)
{
    const http_route *route = in->match->route;
    if (route->operation != NULL) {
        cot_cbor_write_text(b->w, bytes_of("operation"));
        cot_cbor_write_text(b->w, bytes_of(route->operation));
        b->count++;
    }
    cot_write_bytes(b->w, in->extra.p, in->extra.len);
    b->count += in->extra_count;
    const http_field *key = field_of(route, HTTP_IN_HEADER, bytes_of("idempotency_key"));
    if (key != NULL && in->idempotency_key != NULL) {
        return put_text(b, key, bytes_of(in->idempotency_key));
    }
    return true;
}

bool http_arguments(const http_input *in, cot_writer *w, http_secret *secret, http_problem *p)
{
    build b = {.w = w, .secret = secret, .p = p};
    size_t start = w->len;
    secret->len = 0;
    cot_cbor_write_map(w,
                       0); /* one byte, written again below: there are never more than 23 pairs */
    bool ok = put_path_params(&b, in) && put_query(&b, in) && put_fixed(&b, in) &&
              (in->body == NULL || put_body(&b, in->match->route, in->body));
    if (ok && w->err == COT_E_SPACE) {
        ok = http_problem_set(p, 413, "the body is too large; send less in one request");
    } else if (ok && w->err != COT_OK) {
        ok = http_problem_set(p, 422, "the body holds a value that cannot be sent");
    }
    if (!ok) {
        cot_wipe(secret, sizeof *secret);
        return false;
    }
    cot_writer head;
    cot_writer_init(&head, w->p + start, 1);
    cot_cbor_write_map(&head, b.count + (secret->len > 0 ? 1 : 0));
    return true;
}

json_t *http_body_parse(cot_bytes text, http_problem *p)
{
    json_error_t e;
    size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    json_t *body = json_loadb((const char *)text.p, text.len, flags, &e);
    if (body == NULL && json_error_code(&e) == json_error_numeric_overflow) {
        /* A whole number beyond 64 bits is a float, as in JavaScript. */
        body = json_loadb((const char *)text.p, text.len, flags | JSON_DECODE_INT_AS_REAL, &e);
    }
    if (body == NULL) {
        char quoted[68];
        (void)http_problem_set(
            p, 400, "JSON: line %d column %d: %s", e.line, e.column,
            http_quote(quoted, (cot_bytes){(const uint8_t *)e.text, strlen(e.text)}));
        return NULL;
    }
    if (!json_is_object(body)) {
        json_decref(body);
        (void)http_problem_set(p, 422, "the body must be a JSON object");
        return NULL;
    }
    return body;
}
