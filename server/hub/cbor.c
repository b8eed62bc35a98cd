/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR maps of API arguments and replies. */
#include "server/hub/cbor.h"

#include "core/lwm2m/value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

void hub_put_key(cot_writer *w, const char *key)
{
    cot_cbor_write_text(w, store_bytes(key));
}

void hub_put_text(cot_writer *w, const char *key, const char *text)
{
    cot_bytes b = store_bytes(text);
    hub_put_key(w, key);
    cot_cbor_write_text(w, cot_utf8_valid(b) ? b : store_bytes("?"));
}

void hub_put_text_or_null(cot_writer *w, const char *key, const char *text)
{
    if (text[0] == '\0')
        hub_put_null(w, key);
    else
        hub_put_text(w, key, text);
}

void hub_put_uint(cot_writer *w, const char *key, uint64_t v)
{
    hub_put_key(w, key);
    cot_cbor_write_uint(w, v);
}

void hub_put_bool(cot_writer *w, const char *key, bool v)
{
    hub_put_key(w, key);
    cot_cbor_write_bool(w, v);
}

void hub_put_null(cot_writer *w, const char *key)
{
    hub_put_key(w, key);
    cot_cbor_write_null(w);
}

void hub_put_time(cot_writer *w, const char *key, store_ms at)
{
    if (at <= 0)
        hub_put_null(w, key);
    else
        hub_put_uint(w, key, (uint64_t)at);
}

void hub_put_bytes(cot_writer *w, const char *key, cot_bytes bytes)
{
    hub_put_key(w, key);
    cot_cbor_write_bytes(w, bytes);
}

static char hex_digit(unsigned v)
{
    return "0123456789abcdef"[v & 15];
}

void hub_hex(char *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = hex_digit(bytes[i] >> 4u);
        out[2 * i + 1] = hex_digit(bytes[i]);
    }
    out[2 * len] = '\0';
}

void hub_put_hex(cot_writer *w, const char *key, const uint8_t *bytes, size_t len)
{
    char text[2 * 64 + 1];
    if (len > 64) {
        cot_writer_fail(w, COT_E_RANGE);
        return;
    }
    hub_hex(text, bytes, len);
    hub_put_text(w, key, text);
}

void hub_put_uuid(cot_writer *w, const char *key, const uint8_t uuid[static 16])
{
    char text[37];
    size_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[n++] = '-';
        text[n++] = hex_digit(uuid[i] >> 4u);
        text[n++] = hex_digit(uuid[i]);
    }
    text[n] = '\0';
    hub_put_text(w, key, text);
}

void hub_put_path(cot_writer *w, const char *key, const cot_lwm2m_path *path)
{
    uint8_t text[COT_LWM2M_PATH_TEXT];
    cot_writer t;
    cot_writer_init(&t, text, sizeof text);
    cot_lwm2m_path_write(&t, path);
    hub_put_key(w, key);
    cot_cbor_write_text(w, (cot_bytes){text, t.len});
}

void hub_put_address(cot_writer *w, const char *key, const ipc_address *address)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    char ip[INET6_ADDRSTRLEN] = "";
    char text[INET6_ADDRSTRLEN + 16];
    if (memcmp(address->ip, mapped, sizeof mapped) == 0) {
        (void)inet_ntop(AF_INET, address->ip + 12, ip, sizeof ip);
        (void)snprintf(text, sizeof text, "%s:%u", ip, (unsigned)address->port);
    } else {
        (void)inet_ntop(AF_INET6, address->ip, ip, sizeof ip);
        (void)snprintf(text, sizeof text, "[%s]:%u", ip, (unsigned)address->port);
    }
    hub_put_text(w, key, text);
}

static void write_objlink(cot_writer *w, const cot_value *v)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u:%u", (unsigned)v->as.link.object,
                   (unsigned)v->as.link.instance);
    cot_cbor_write_map(w, 1);
    hub_put_text(w, "objlink", text);
}

void hub_put_value(cot_writer *w, const cot_value *v)
{
    hub_put_key(w, "value");
    switch (v->type) {
    case COT_INTEGER:
        cot_cbor_write_int(w, v->as.i);
        break;
    case COT_UNSIGNED:
        cot_cbor_write_uint(w, v->as.u);
        break;
    case COT_TIME:
        cot_cbor_write_tag(w, 1);
        cot_cbor_write_int(w, v->as.i);
        break;
    case COT_FLOAT:
        cot_cbor_write_double(w, v->as.f);
        break;
    case COT_BOOLEAN:
        cot_cbor_write_bool(w, v->as.b);
        break;
    case COT_STRING:
    case COT_CORELNK:
        cot_cbor_write_text(w, cot_value_bytes(v));
        break;
    case COT_OPAQUE:
        cot_cbor_write_bytes(w, cot_value_bytes(v));
        break;
    case COT_OBJLNK:
        write_objlink(w, v);
        break;
    case COT_NONE:
        cot_cbor_write_null(w);
        break;
    }
    hub_put_text(w, "type", hub_type_text(v->type));
}

const char *hub_mode_text(uint8_t mode)
{
    static const char *const names[] = {"nosec", "psk", "rpk", "x509"};
    return mode <= IPC_X509 ? names[mode] : "?";
}

const char *hub_reason_text(uint8_t reason)
{
    static const char *const names[] = {
        "?",
        "identity-unknown",
        "key-wrong",
        "no-common-suite",
        "certificate-untrusted",
        "certificate-expired",
        "rpk-unknown",
        "endpoint-not-covered",
        "nosec-forbidden",
        "protocol",
        "timeout",
        "overload",
    };
    return reason < sizeof names / sizeof names[0] ? names[reason] : names[0];
}

const char *hub_type_text(cot_type type)
{
    static const char *const names[] = {"none",   "integer", "unsigned", "float",   "boolean",
                                        "string", "opaque",  "time",     "objlink", "corelink"};
    return (unsigned)type < sizeof names / sizeof names[0] ? names[type] : "none";
}

cot_bytes hub_map_find(cot_bytes map, const char *key)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, map, 0);
    uint64_t pairs = cot_cbor_read_map(&r);
    for (uint64_t i = 0; i < pairs && r.in.err == COT_OK; i++) {
        cot_bytes name = cot_cbor_read_text(&r);
        cot_bytes value = cot_cbor_skip(&r);
        if (r.in.err == COT_OK && cot_bytes_is(name, key))
            return value;
    }
    return (cot_bytes){NULL, 0};
}

bool hub_item_text(cot_bytes item, cot_bytes *out)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, item, 0);
    *out = cot_cbor_read_text(&r);
    return r.in.err == COT_OK;
}

bool hub_item_bytes(cot_bytes item, cot_bytes *out)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, item, 0);
    *out = cot_cbor_read_bytes(&r);
    return r.in.err == COT_OK;
}

bool hub_item_uint(cot_bytes item, uint64_t *out)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, item, 0);
    *out = cot_cbor_read_uint(&r);
    return r.in.err == COT_OK;
}

bool hub_item_bool(cot_bytes item, bool *out)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, item, 0);
    *out = cot_cbor_read_bool(&r);
    return r.in.err == COT_OK;
}

bool hub_item_null(cot_bytes item)
{
    return item.len == 1 && item.p[0] == 0xF6;
}

static bool read_objlink(cot_bytes item, cot_value *out)
{
    cot_bytes text;
    unsigned ids[2] = {0, 0};
    size_t part = 0;
    if (!hub_item_text(hub_map_find(item, "objlink"), &text) || text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c == ':' && part == 0 && i > 0 && i + 1 < text.len)
            part = 1;
        else if (c >= '0' && c <= '9' && ids[part] < 65536)
            ids[part] = ids[part] * 10 + (c - (unsigned)'0');
        else
            return false;
    }
    if (part != 1 || ids[0] > 65535 || ids[1] > 65535)
        return false;
    *out = cot_value_objlnk((uint16_t)ids[0], (uint16_t)ids[1]);
    return true;
}

static bool read_number(const cot_cbor_item *i, cot_value *out)
{
    int64_t v = 0;
    if (i->type == COT_CBOR_FLOAT) {
        *out = cot_value_float(cot_cbor_item_double(i));
        return true;
    }
    if (cot_cbor_item_int(i, &v) == COT_OK)
        *out = cot_value_int(v);
    else if (i->type == COT_CBOR_UINT)
        *out = cot_value_uint(i->arg);
    else
        return false;
    return true;
}

bool hub_item_value(cot_bytes item, cot_value *out)
{
    cot_cbor_reader r;
    cot_cbor_reader_init(&r, item, 0);
    cot_cbor_item i = cot_cbor_next(&r);
    if (r.in.err != COT_OK)
        return false;
    if (i.type == COT_CBOR_UINT || i.type == COT_CBOR_NINT || i.type == COT_CBOR_FLOAT)
        return read_number(&i, out);
    if (i.type == COT_CBOR_TEXT)
        *out = cot_value_string(i.bytes);
    else if (i.type == COT_CBOR_BYTES)
        *out = cot_value_opaque(i.bytes);
    else if (i.type == COT_CBOR_SIMPLE && (i.arg == 20 || i.arg == 21))
        *out = cot_value_bool(i.arg == 21);
    else if (i.type == COT_CBOR_TAG && i.arg == 1)
        *out = cot_value_time(cot_cbor_read_int(&r));
    else if (i.type == COT_CBOR_MAP)
        return read_objlink(item, out);
    else
        return false;
    return r.in.err == COT_OK;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hub_parse_hex(cot_bytes text, uint8_t *out, size_t len)
{
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(text.p[2 * i]);
        int low = hex_value(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hub_parse_uuid(cot_bytes text, uint8_t out[static 16])
{
    uint8_t digits[32];
    size_t n = 0;
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text.p[i] == '-'))
            return false;
        if (!dash)
            digits[n++] = text.p[i];
    }
    return hub_parse_hex((cot_bytes){digits, n}, out, 16);
}
