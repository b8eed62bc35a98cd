/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR → JSON, without recursion: a stack of open arrays and maps. */
#include "core/cbor/reader.h"
#include "server/http/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum key_kind { KEY_PLAIN, KEY_TIME, KEY_VALUE } key_kind;

typedef struct frame {
    uint64_t left; /* items; of a map: keys and values */
    bool map;
    bool first;
    key_kind key; /* of the map's current pair */
} frame;

typedef struct walk {
    cot_cbor_reader in;
    http_text *out;
    frame open[COT_CBOR_MAX_DEPTH];
    size_t depth;
} walk;

static key_kind kind_of(cot_bytes key)
{
    if (cot_bytes_is(key, "value")) {
        return KEY_VALUE;
    }
    bool suffix = key.len >= 3 && memcmp(key.p + key.len - 3, "_at", 3) == 0;
    return suffix || cot_bytes_is(key, "at") ? KEY_TIME : KEY_PLAIN;
}

static void put_key(walk *w, frame *f, const cot_cbor_item *item)
{
    if (item->type != COT_CBOR_TEXT) {
        cot_reader_fail(&w->in.in, COT_E_UNSUPPORTED);
        return;
    }
    f->key = kind_of(item->bytes);
    http_text_json(w->out, item->bytes);
    http_text_adds(w->out, ":");
}

static void put_nint(walk *w, uint64_t n)
{
    if (n > INT64_MAX) {
        cot_reader_fail(&w->in.in, COT_E_RANGE);
        return;
    }
    http_text_addf(w->out, "%lld", -1 - (long long)n);
}

/* The shortest text that reads back as the same number: as a single if it is one, since most
 * sensors measure in singles and 21.7 is what they mean. */
static void put_double(walk *w, double v)
{
    char text[40];
    bool single = isfinite(v) && fabs(v) <= (double)FLT_MAX && (double)(float)v == v;
    int last = single ? 9 : 17;
    if (!isfinite(v)) {
        http_text_adds(w->out, "null");
        return;
    }
    for (int digits = single ? 6 : 15; digits <= last; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        if (single ? (double)strtof(text, NULL) == v : strtod(text, NULL) == v) {
            break;
        }
    }
    http_text_adds(w->out, text);
    if (strcspn(text, ".e") == strlen(text)) {
        http_text_adds(w->out, ".0"); /* stays a float for the reader */
    }
}

/* Tag 1: seconds since the epoch. What lies outside 1970..9999 has no text. */
static void put_tagged_time(walk *w, uint64_t tag)
{
    int64_t seconds = cot_cbor_read_int(&w->in);
    if (tag != 1) {
        cot_reader_fail(&w->in.in, COT_E_UNSUPPORTED);
        return;
    }
    http_text_adds(w->out, "{\"time\":");
    http_text_time(w->out, seconds < 0 || seconds > INT64_MAX / 1000 ? UINT64_MAX
                                                                     : (uint64_t)seconds * 1000);
    http_text_adds(w->out, "}");
}

static void put_bytes(walk *w, key_kind key, cot_bytes bytes)
{
    http_text_adds(w->out, key == KEY_VALUE ? "{\"opaque\":" : "");
    http_text_base64(w->out, bytes);
    http_text_adds(w->out, key == KEY_VALUE ? "}" : "");
}

static void put_simple(walk *w, uint64_t value)
{
    if (value < 20 || value > 22) {
        cot_reader_fail(&w->in.in, COT_E_UNSUPPORTED);
        return;
    }
    http_text_adds(w->out, value == 22 ? "null" : value == 21 ? "true" : "false");
}

static void open_frame(walk *w, const cot_cbor_item *item)
{
    bool map = item->type == COT_CBOR_MAP;
    if (w->depth == COT_CBOR_MAX_DEPTH || item->arg > UINT64_MAX / 2) {
        cot_reader_fail(&w->in.in, COT_E_LIMIT);
        return;
    }
    w->open[w->depth++] =
        (frame){.left = map ? item->arg * 2 : item->arg, .map = map, .first = true};
    http_text_adds(w->out, map ? "{" : "[");
}

static void put_item(walk *w, const cot_cbor_item *item, key_kind key)
{
    switch (item->type) {
    case COT_CBOR_UINT:
        if (key == KEY_TIME) {
            http_text_time(w->out, item->arg);
        } else {
            http_text_addf(w->out, "%llu", (unsigned long long)item->arg);
        }
        break;
    case COT_CBOR_NINT:
        put_nint(w, item->arg);
        break;
    case COT_CBOR_BYTES:
        put_bytes(w, key, item->bytes);
        break;
    case COT_CBOR_TEXT:
        http_text_json(w->out, item->bytes);
        break;
    case COT_CBOR_ARRAY:
    case COT_CBOR_MAP:
        open_frame(w, item);
        break;
    case COT_CBOR_TAG:
        put_tagged_time(w, item->arg);
        break;
    case COT_CBOR_SIMPLE:
        put_simple(w, item->arg);
        break;
    case COT_CBOR_FLOAT:
        put_double(w, cot_cbor_item_double(item));
        break;
    case COT_CBOR_BREAK:
    case COT_CBOR_NONE:
        cot_reader_fail(&w->in.in, COT_E_MALFORMED);
        break;
    }
}

static void close_frames(walk *w)
{
    while (w->depth > 0 && w->open[w->depth - 1].left == 0) {
        w->depth--;
        http_text_adds(w->out, w->open[w->depth].map ? "}" : "]");
    }
}

cot_status http_json_from_cbor(cot_bytes in, http_text *out)
{
    walk w = {.out = out};
    cot_cbor_reader_init(&w.in, in, 0);
    do {
        frame *f = w.depth > 0 ? &w.open[w.depth - 1] : NULL;
        cot_cbor_item item = cot_cbor_next(&w.in);
        bool is_key = f != NULL && f->map && f->left % 2 == 0;
        if (f != NULL) {
            http_text_adds(out, !f->first && (is_key || !f->map) ? "," : "");
            f->first = false;
            f->left--;
        }
        if (is_key) {
            put_key(&w, f, &item);
        } else {
            put_item(&w, &item, f != NULL ? f->key : KEY_PLAIN);
        }
        close_frames(&w);
    } while (w.depth > 0 && w.in.in.err == COT_OK && !out->failed);
    cot_status s = cot_reader_end(&w.in.in);
    return s == COT_OK && out->failed ? COT_E_INTERNAL : s;
}
