/* SPDX-License-Identifier: Apache-2.0 */
/* LwM2M paths. */
#include "core/lwm2m/path.h"

#include "core/lwm2m/number.h"

#include <string.h>

cot_lwm2m_path cot_lwm2m_path_of(uint8_t level, uint16_t object, uint16_t instance,
                                 uint16_t resource, uint16_t resource_instance)
{
    cot_lwm2m_path p = {{object, instance, resource, resource_instance}, level};
    for (size_t i = level; i < 4; i++)
        p.id[i] = 0;
    return p;
}

cot_status cot_lwm2m_path_push(cot_lwm2m_path *p, uint16_t id)
{
    if (p->level >= 4)
        return COT_E_LIMIT;
    p->id[p->level++] = id;
    return COT_OK;
}

cot_status cot_lwm2m_path_push_text(cot_lwm2m_path *p, cot_bytes segment)
{
    uint64_t id;
    if (cot_decimal_parse_uint(segment, &id) != COT_OK || id >= COT_LWM2M_NO_ID ||
        (segment.len > 1 && segment.p[0] == '0'))
        return COT_E_MALFORMED;
    return cot_lwm2m_path_push(p, (uint16_t)id);
}

cot_status cot_lwm2m_path_parse(cot_bytes text, cot_lwm2m_path *out)
{
    cot_lwm2m_path p = {{0, 0, 0, 0}, 0};
    *out = p;
    if (text.len == 0)
        return COT_E_MALFORMED;
    const uint8_t *at = text.p;
    const uint8_t *end = at + text.len;
    if (*at == '/') {
        at++;
        if (at == end)
            return COT_OK;
    }
    for (;;) {
        cot_bytes segment = {at, 0};
        while (at < end && *at != '/')
            at++;
        segment.len = (size_t)(at - segment.p);
        cot_status s = cot_lwm2m_path_push_text(&p, segment);
        if (s != COT_OK)
            return s;
        if (at == end)
            break;
        at++;
    }
    *out = p;
    return COT_OK;
}

void cot_lwm2m_path_write(cot_writer *w, const cot_lwm2m_path *p)
{
    if (p->level == 0)
        cot_write_u8(w, '/');
    for (size_t i = 0; i < p->level; i++) {
        cot_write_u8(w, '/');
        cot_decimal_write_uint(w, p->id[i]);
    }
}

int cot_lwm2m_path_compare(const cot_lwm2m_path *a, const cot_lwm2m_path *b)
{
    for (size_t i = 0; i < a->level && i < b->level; i++) {
        if (a->id[i] != b->id[i])
            return a->id[i] < b->id[i] ? -1 : 1;
    }
    return (a->level > b->level) - (a->level < b->level);
}

bool cot_lwm2m_path_has_prefix(const cot_lwm2m_path *p, const cot_lwm2m_path *prefix)
{
    if (p->level < prefix->level)
        return false;
    for (size_t i = 0; i < prefix->level; i++) {
        if (p->id[i] != prefix->id[i])
            return false;
    }
    return true;
}
