/* SPDX-License-Identifier: Apache-2.0 */
/* The notification attributes pmin and pmax (OMA LwM2M Core 1.1 section 7.3.2): set by
 * Write-Attributes at object, instance or resource level, inherited downwards. */
#include "device/engine.h"

#include "core/lwm2m/number.h"

#include <string.h>

static const char names[COT__PERIODS][5] = {"pmin", "pmax"};

/* The attributes of `path`; without any, a free place, or NULL. */
static cot__attributes *find(const cot__client *c, const cot_lwm2m_path *path)
{
    cot__attributes *a = (cot__attributes *)(void *)c->config->memory.attributes;
    cot__attributes *unused = NULL;
    for (size_t n = c->config->memory.attribute_count; n > 0; n--, a++) {
        if (a->has == 0)
            unused = a;
        else if (cot_lwm2m_path_compare(&a->path, path) == 0)
            return a;
    }
    return unused;
}

/* Take "key=10" of the query; "key" alone takes the attribute away. False: no number, or an
 * attribute that we do not have. */
static bool take(cot_bytes text, cot__attributes *to)
{
    size_t n = sizeof names[0] - 1;
    uint8_t k = 0;
    uint64_t v = 0;
    while (text.len < n || memcmp(text.p, names[k], n) != 0) {
        if (++k == COT__PERIODS)
            return false;
    }
    to->has &= (uint8_t) ~(1u << k);
    if (text.len == n)
        return true;
    cot_bytes number = {text.p + n + 1, text.len - n - 1};
    if (text.p[n] != '=' || cot_decimal_parse_uint(number, &v) != COT_OK || v > UINT32_MAX)
        return false;
    to->has |= (uint8_t)(1u << k);
    to->period[k] = (uint32_t)v;
    return true;
}

uint8_t cot__attributes_write(cot__client *c, const cot__request *q)
{
    if (q->path.level > 3)
        return COT_COAP_NOT_ALLOWED;
    cot__attributes *to = find(c, &q->path);
    if (to == NULL)
        return COT_COAP_INTERNAL_ERROR;
    cot__attributes a = *to;
    cot_coap_segments query = q->view.query;
    cot_bytes text;
    while (cot_coap_segments_next(&query, &text)) {
        if (!take(text, &a))
            return COT_COAP_BAD_REQUEST;
    }
    a.path = q->path;
    *to = a;
    return COT_COAP_CHANGED;
}

uint32_t cot__attributes_period(const cot__client *c, const cot_lwm2m_path *path, bool max)
{
    uint32_t period = c->period[max];
    cot_lwm2m_path p = *path;
    for (p.level = 1; p.level <= path->level; p.level++) { /* the deepest that has one counts */
        const cot__attributes *a = find(c, &p);
        if (a != NULL && (a->has >> max & 1) != 0)
            period = a->period[max];
    }
    return period;
}

void cot__attributes_link(const cot__client *c, cot_link_writer *l, const cot_lwm2m_path *path)
{
    const cot__attributes *a = find(c, path);
    for (uint8_t k = 0; a != NULL && k < COT__PERIODS; k++) {
        if ((a->has >> k & 1) != 0)
            cot_link_attr_uint(l, names[k], a->period[k]);
    }
}
