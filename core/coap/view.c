/* SPDX-License-Identifier: Apache-2.0 */
/* The options that Cotter knows, as one table (RFC 7252 section 5.4). */
#include "core/coap/view.h"

#include <string.h>

enum { IN_REQUEST = 1, IN_RESPONSE = 2, IN_BOTH = 3, REPEATS = 4, NOT_EMPTY = 8 };
enum value { NOTED = 0, UINT16 = 16, UINT32 = 32, BYTES = 48, SEGMENTS = 64, VALUE_MASK = 112 };

typedef struct rule {
    uint16_t number;
    uint16_t max;  /* bytes of a value */
    uint16_t has;  /* bit of view.has, or 0 */
    uint8_t what;  /* IN_…, REPEATS, NOT_EMPTY, and an enum value */
    uint8_t field; /* offset in the view */
} rule;

#define FIELD(name) (uint8_t) offsetof(cot_coap_view, name)

static const rule rules[] = {
    {COT_COAP_IF_MATCH, 8, COT_COAP_HAS_IF_MATCH, IN_REQUEST | REPEATS | BYTES, FIELD(if_match)},
    {COT_COAP_URI_HOST, 255, 0, IN_REQUEST | NOT_EMPTY, 0},
    {COT_COAP_ETAG, 8, COT_COAP_HAS_ETAG, IN_BOTH | REPEATS | NOT_EMPTY | BYTES, FIELD(etag)},
    {COT_COAP_IF_NONE_MATCH, 0, COT_COAP_HAS_IF_NONE_MATCH, IN_REQUEST, 0},
    {COT_COAP_OBSERVE, 3, COT_COAP_HAS_OBSERVE, IN_BOTH | UINT32, FIELD(observe)},
    {COT_COAP_URI_PORT, 2, 0, IN_REQUEST, 0},
    {COT_COAP_LOCATION_PATH, 255, 0, IN_RESPONSE | REPEATS | SEGMENTS, FIELD(path)},
    {COT_COAP_URI_PATH, 255, 0, IN_REQUEST | REPEATS | SEGMENTS, FIELD(path)},
    {COT_COAP_CONTENT_FORMAT, 2, 0, IN_BOTH | UINT16, FIELD(content_format)},
    {COT_COAP_MAX_AGE, 4, COT_COAP_HAS_MAX_AGE, IN_BOTH | UINT32, FIELD(max_age)},
    {COT_COAP_URI_QUERY, 255, 0, IN_REQUEST | REPEATS | SEGMENTS, FIELD(query)},
    {COT_COAP_ACCEPT, 2, 0, IN_REQUEST | UINT16, FIELD(accept)},
    {COT_COAP_LOCATION_QUERY, 255, 0, IN_RESPONSE | REPEATS | SEGMENTS, FIELD(query)},
    {COT_COAP_BLOCK2, 3, COT_COAP_HAS_BLOCK2, IN_BOTH | UINT32, FIELD(block2)},
    {COT_COAP_BLOCK1, 3, COT_COAP_HAS_BLOCK1, IN_BOTH | UINT32, FIELD(block1)},
    {COT_COAP_SIZE2, 4, COT_COAP_HAS_SIZE2, IN_BOTH | UINT32, FIELD(size2)},
    {COT_COAP_PROXY_URI, 1034, COT_COAP_HAS_PROXY, IN_REQUEST | NOT_EMPTY, 0},
    {COT_COAP_PROXY_SCHEME, 255, COT_COAP_HAS_PROXY, IN_REQUEST | NOT_EMPTY, 0},
    {COT_COAP_SIZE1, 4, COT_COAP_HAS_SIZE1, IN_BOTH | UINT32, FIELD(size1)},
    {COT_COAP_ECHO, 40, COT_COAP_HAS_ECHO, IN_BOTH | NOT_EMPTY | BYTES, FIELD(echo)},
    {COT_COAP_REQUEST_TAG, 8, COT_COAP_HAS_REQUEST_TAG, IN_REQUEST | REPEATS | BYTES,
     FIELD(request_tag)},
};

enum { RULES = sizeof rules / sizeof rules[0] };

/* The rule for an option that is legal here; NULL: to be treated as unknown. Options and rules both
 * ascend: `*at` is where the search for the one before ended. */
static const rule *rule_of(const rule **at, const cot_coap_option *o, unsigned direction,
                           bool repeated)
{
    const rule *r = *at;
    while (r < rules + RULES && r->number < o->number)
        r++;
    *at = r;
    bool legal = r < rules + RULES && r->number == o->number && (r->what & direction) != 0 &&
                 (!repeated || (r->what & REPEATS) != 0) &&
                 ((r->what & NOT_EMPTY) == 0 || o->value.len > 0) && o->value.len <= r->max;
    return legal ? r : NULL;
}

/* The rule's type is that of the field at its offset. `at`: where the option starts; `end`: where all
 * options end. */
static void store(cot_coap_view *v, const rule *r, cot_bytes value, const uint8_t *at,
                  const uint8_t *end)
{
    void *field = (uint8_t *)v + r->field;
    uint16_t *number16 = field;
    uint32_t *number32 = field;
    cot_bytes *bytes = field;
    cot_coap_segments *segments = field;
    bool first = (v->has & r->has) == 0;
    v->has |= r->has;
    switch ((enum value)(r->what & VALUE_MASK)) {
    case UINT16:
        *number16 = (uint16_t)cot_coap_option_uint(value);
        break;
    case UINT32:
        *number32 = cot_coap_option_uint(value);
        break;
    case BYTES:
        if (first)
            *bytes = value;
        break;
    case SEGMENTS:
        if (segments->count++ == 0) {
            segments->p = at;
            segments->len = (uint32_t)(end - at);
        }
        break;
    case NOTED:
    case VALUE_MASK:
        break;
    }
}

cot_status cot_coap_view_fetch(const cot_coap_msg *m, cot_coap_view *v)
{
    cot_coap_options it;
    cot_coap_option o;
    bool request = cot_coap_is_request(&m->head);
    bool refused = false;
    uint32_t last = 0;
    const rule *next_rule = rules;
    memset(v, 0, sizeof *v);
    v->content_format = COT_COAP_NO_FORMAT;
    v->accept = COT_COAP_NO_FORMAT;
    cot_coap_options_init(&it, m->options);
    for (;;) {
        const uint8_t *at = it.r.p;
        if (!cot_coap_options_next(&it, &o))
            break;
        const rule *r =
            rule_of(&next_rule, &o, request ? IN_REQUEST : IN_RESPONSE, o.number == last);
        last = o.number;
        if (r != NULL)
            store(v, r, o.value, at, it.r.end);
        else if (COT_COAP_IS_CRITICAL(o.number))
            refused = true;
    }
    if (refused && (!request || m->head.type != COT_COAP_CON))
        return COT_E_MALFORMED;
    if (refused)
        v->error = COT_COAP_BAD_OPTION;
    else if (COT_COAP_HAS(v, PROXY))
        v->error = COT_COAP_NO_PROXY;
    return v->error == 0 ? COT_OK : COT_E_UNSUPPORTED;
}

bool cot_coap_segments_next(cot_coap_segments *s, cot_bytes *seg)
{
    cot_reader r;
    uint32_t number = 0;
    if (s->count == 0)
        return false;
    cot_reader_init(&r, s->p, s->len);
    *seg = cot__coap_read_option(&r, &number);
    s->p = r.p;
    s->len = (uint32_t)cot_reader_left(&r);
    s->count--;
    return r.err == COT_OK;
}

bool cot_coap_path_starts(cot_coap_segments path, const char *text, cot_coap_segments *rest)
{
    while (*text != '\0') {
        cot_bytes seg;
        cot_bytes want = {(const uint8_t *)text, 0};
        while (text[want.len] != '\0' && text[want.len] != '/')
            want.len++;
        if (!cot_coap_segments_next(&path, &seg) || !cot_bytes_equal(seg, want))
            return false;
        text += want.len;
        if (*text != '\0')
            text++;
    }
    *rest = path;
    return true;
}

bool cot_coap_path_is(cot_coap_segments path, const char *text)
{
    cot_coap_segments rest;
    cot_bytes seg;
    if (!cot_coap_path_starts(path, text, &rest))
        return false;
    if (*text == '\0' && rest.count == 1)
        return cot_coap_segments_next(&rest, &seg) && seg.len == 0;
    return rest.count == 0;
}

bool cot_coap_query_find(cot_coap_segments query, const char *key, cot_bytes *value)
{
    cot_bytes seg;
    size_t n = strlen(key);
    while (cot_coap_segments_next(&query, &seg)) {
        if (seg.len < n || (n > 0 && memcmp(seg.p, key, n) != 0))
            continue;
        bool bare = seg.len == n;
        if (!bare && seg.p[n] != '=')
            continue;
        value->p = bare ? NULL : seg.p + n + 1;
        value->len = bare ? 0 : seg.len - n - 1;
        return true;
    }
    return false;
}
