/* SPDX-License-Identifier: Apache-2.0 */
/* A resource value in JSON → CBOR: what a device is to be written. */
#include "core/cbor/writer.h"
#include "core/lwm2m/text.h"
#include "server/http/json.h"

#include <stdlib.h>
#include <string.h>

static cot_status put_opaque(cot_bytes text, cot_writer *w)
{
    cot_writer raw;
    uint8_t *buf = malloc(text.len + 1);
    if (buf == NULL) {
        return COT_E_INTERNAL;
    }
    cot_writer_init(&raw, buf, text.len + 1);
    cot_status s = cot_base64_decode(text, &raw);
    if (s == COT_OK) {
        cot_cbor_write_bytes(w, (cot_bytes){buf, raw.len});
    }
    http_free(buf);
    return s;
}

static cot_status put_time(cot_bytes text, cot_writer *w)
{
    uint64_t ms = 0;
    cot_status s = http_time_parse(text, &ms);
    if (s == COT_OK) {
        cot_cbor_write_tag(w, 1);
        cot_cbor_write_uint(w, ms / 1000);
    }
    return s == COT_OK ? COT_OK : COT_E_MALFORMED;
}

/* "3:0": object and instance, each 0..65535 (65535:65535 is the null link). */
static bool objlink_ok(cot_bytes text)
{
    unsigned parts = 1;
    unsigned long v = 0;
    size_t n = 0; /* digits of this part */
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c == ':' && parts == 1 && n > 0) {
            parts = 2;
            v = 0;
            n = 0;
        } else if (c >= '0' && c <= '9' && !(n > 0 && v == 0)) {
            v = v * 10 + (unsigned long)(c - '0');
            n++;
        } else {
            return false;
        }
        if (v > 65535) {
            return false;
        }
    }
    return parts == 2 && n > 0;
}

static cot_status put_form(json_t *value, cot_writer *w)
{
    void *iter = json_object_iter(value);
    if (json_object_size(value) != 1) {
        return COT_E_TYPE;
    }
    const char *form = json_object_iter_key(iter);
    const json_t *content = json_object_iter_value(iter);
    if (!json_is_string(content)) {
        return COT_E_TYPE;
    }
    cot_bytes text = {(const uint8_t *)json_string_value(content), json_string_length(content)};
    if (strcmp(form, "opaque") == 0) {
        return put_opaque(text, w);
    }
    if (strcmp(form, "time") == 0) {
        return put_time(text, w);
    }
    if (strcmp(form, "objlink") == 0 && objlink_ok(text)) {
        cot_cbor_write_map(w, 1);
        cot_cbor_write_text(w, (cot_bytes){(const uint8_t *)"objlink", 7});
        cot_cbor_write_text(w, text);
        return COT_OK;
    }
    return strcmp(form, "objlink") == 0 ? COT_E_MALFORMED : COT_E_TYPE;
}

cot_status http_value_to_cbor(json_t *value, cot_writer *w)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        cot_cbor_write_text(
            w, (cot_bytes){(const uint8_t *)json_string_value(value), json_string_length(value)});
        return COT_OK;
    case JSON_INTEGER:
        cot_cbor_write_int(w, json_integer_value(value));
        return COT_OK;
    case JSON_REAL:
        cot_cbor_write_double(w, json_real_value(value));
        return COT_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        cot_cbor_write_bool(w, json_is_true(value));
        return COT_OK;
    case JSON_OBJECT:
        return put_form(value, w);
    case JSON_ARRAY:
    case JSON_NULL:
        return COT_E_TYPE;
    }
    return COT_E_TYPE;
}
