/* SPDX-License-Identifier: Apache-2.0 */
/* The notification attributes pmin and pmax (OMA LwM2M Core 1.1 section 7.3.2): set by
 * Write-Attributes at object, instance or resource level, inherited downwards. */
#include "device/engine.h"

#include "core/lwm2m/number.h"

static cot__attributes *slot(const cot__client *c, size_t i)
{
    return (cot__attributes *)(void *)&c->config->memory.attributes[i];
}

/* The attributes of `path`; without any, an unused slot, or NULL. */
static cot__attributes *find(const cot__client *c, const cot_lwm2m_path *path)
{
    cot__attributes *unused = NULL;
    for (size_t i = 0; i < c->config->memory.attribute_count; i++) {
        cot__attributes *a = slot(c, i);
        if (!a->used)
            unused = a;
        else if (cot_lwm2m_path_compare(&a->path, path) == 0)
            return a;
    }
    return unused;
}

/* Take "key=10" of the query; "key" alone takes the attribute away. False: no number. */
static bool take(const cot__request *q, const char *key, uint32_t *value, bool *has, uint32_t *left)
{
    cot_bytes text;
    uint64_t v = 0;
    if (!cot_coap_query_find(q->view.query, key, &text))
        return true;
    --*left;
    *has = text.p != NULL;
    if (*has && (cot_decimal_parse_uint(text, &v) != COT_OK || v > UINT32_MAX))
        return false;
    *value = (uint32_t)v;
    return true;
}

uint8_t cot__attributes_write(cot__client *c, const cot__request *q)
{
    if (q->path.level > 3)
        return COT_COAP_NOT_ALLOWED;
    if (!cot__path_exists(q->object, &q->path))
        return COT_COAP_NOT_FOUND;
    cot__attributes *to = find(c, &q->path);
    if (to == NULL)
        return COT_COAP_INTERNAL_ERROR;
    cot__attributes a = {.path = q->path};
    uint32_t left = q->view.query.count;
    if (to->used)
        a = *to;
    if (!take(q, "pmin", &a.pmin, &a.has_pmin, &left) ||
        !take(q, "pmax", &a.pmax, &a.has_pmax, &left) || left > 0)
        return COT_COAP_BAD_REQUEST; /* no number, or an attribute that we do not have */
    a.used = a.has_pmin || a.has_pmax;
    *to = a;
    return COT_COAP_CHANGED;
}

void cot__attributes_periods(const cot__client *c, const cot_lwm2m_path *path, cot_ms *pmin_ms,
                             cot_ms *pmax_ms)
{
    uint32_t pmin = c->default_pmin;
    uint32_t pmax = c->default_pmax;
    for (uint8_t level = 1; level <= 3; level++) { /* the deepest that has one counts */
        for (size_t i = 0; i < c->config->memory.attribute_count; i++) {
            const cot__attributes *a = slot(c, i);
            if (!a->used || a->path.level != level || !cot_lwm2m_path_has_prefix(path, &a->path))
                continue;
            pmin = a->has_pmin ? a->pmin : pmin;
            pmax = a->has_pmax ? a->pmax : pmax;
        }
    }
    *pmin_ms = (cot_ms)pmin * 1000;
    *pmax_ms = pmax < pmin ? 0 : (cot_ms)pmax * 1000; /* section 7.3.2: then pmax is ignored */
}

void cot__attributes_link(const cot__client *c, cot_link_writer *l, const cot_lwm2m_path *path)
{
    const cot__attributes *a = find(c, path);
    if (a == NULL || !a->used)
        return;
    if (a->has_pmin)
        cot_link_attr_uint(l, "pmin", a->pmin);
    if (a->has_pmax)
        cot_link_attr_uint(l, "pmax", a->pmax);
}
