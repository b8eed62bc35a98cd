/* SPDX-License-Identifier: Apache-2.0 */
/* Four 16-bit fields, id + 1 each and 0 for "not there"; the top bit is flipped because SQLite orders
 * signed numbers. */
#include "server/hub/store/path.h"

#define SIGN ((uint64_t)1 << 63)

int64_t store__path_number(const cot_lwm2m_path *p)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 4; i++)
        v = v << 16 | (i < p->level ? (uint64_t)p->id[i] + 1 : 0);
    return (int64_t)(v ^ SIGN);
}

cot_lwm2m_path store__path_of_number(int64_t number)
{
    cot_lwm2m_path p = {{0, 0, 0, 0}, 0};
    uint64_t v = (uint64_t)number ^ SIGN;
    for (unsigned i = 0; i < 4; i++) {
        uint16_t field = (uint16_t)(v >> (48 - 16 * i));
        if (field == 0)
            break;
        p.id[p.level++] = (uint16_t)(field - 1);
    }
    return p;
}
