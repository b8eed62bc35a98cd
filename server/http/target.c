/* SPDX-License-Identifier: Apache-2.0 */
/* The request target: path, query, percent-encoding (RFC 3986). */
#include "server/http/schema.h"

#include <string.h>

static cot_status add_pair(http_target *out, cot_bytes pair)
{
    if (pair.len == 0) {
        return COT_OK;
    }
    if (out->query_count == HTTP_QUERY_MAX) {
        return COT_E_LIMIT;
    }
    const uint8_t *equals = memchr(pair.p, '=', pair.len);
    size_t name = equals != NULL ? (size_t)(equals - pair.p) : pair.len;
    size_t rest = equals != NULL ? name + 1 : name;
    out->query[out->query_count].name = (cot_bytes){pair.p, name};
    out->query[out->query_count].value = (cot_bytes){pair.p + rest, pair.len - rest};
    out->query_count++;
    return COT_OK;
}

cot_status http_target_parse(const char *uri, http_target *out)
{
    memset(out, 0, sizeof *out);
    if (uri[0] != '/') {
        const char *authority = strstr(uri, "://");
        uri = authority != NULL ? strchr(authority + 3, '/') : NULL;
        if (uri == NULL) {
            return COT_E_MALFORMED;
        }
    }
    size_t end = strcspn(uri, "#");
    size_t path = strcspn(uri, "?#");
    out->path = (cot_bytes){(const uint8_t *)uri, path};
    cot_status s = COT_OK;
    for (size_t at = path; s == COT_OK && at < end;) {
        at++; /* '?' or '&' */
        size_t len = strcspn(uri + at, "&#");
        s = add_pair(out, (cot_bytes){(const uint8_t *)uri + at, len});
        at += len;
    }
    return s;
}

cot_status http_percent_decode(cot_bytes in, bool plus, uint8_t *out, size_t cap, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.p[i];
        size_t one = 0;
        if (*len == cap) {
            return COT_E_SPACE;
        }
        if (c == '%') {
            if (in.len - i < 3 ||
                http_hex_decode((cot_bytes){in.p + i + 1, 2}, &c, 1, &one) != COT_OK) {
                return COT_E_MALFORMED;
            }
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        out[(*len)++] = c;
    }
    return COT_OK;
}
