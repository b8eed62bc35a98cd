/* SPDX-License-Identifier: Apache-2.0 */
/* Types of standard resources. The IPSO resources mean the same in each object. */
#include "core/lwm2m/types.h"

#include <stdbool.h>
#include <stddef.h>

#define ANY UINT16_MAX

static const struct {
    uint16_t object; /* ANY: of every object from 3200 on */
    uint16_t first;
    uint16_t last;
    uint8_t type;
} rows[] = {
    {1, 0, 5, COT_INTEGER},
    {1, 6, 6, COT_BOOLEAN},
    {1, 7, 7, COT_STRING},
    {1, 13, 14, COT_INTEGER},
    {1, 22, 22, COT_STRING},
    {3, 0, 3, COT_STRING},
    {3, 6, 11, COT_INTEGER},
    {3, 13, 13, COT_TIME},
    {3, 14, 19, COT_STRING},
    {3, 20, 21, COT_INTEGER},
    {4, 0, 3, COT_INTEGER},
    {4, 4, 5, COT_STRING},
    {4, 6, 6, COT_INTEGER},
    {4, 7, 7, COT_STRING},
    {4, 8, 12, COT_INTEGER},
    {5, 0, 0, COT_OPAQUE},
    {5, 1, 1, COT_STRING},
    {5, 3, 3, COT_INTEGER},
    {5, 5, 5, COT_INTEGER},
    {5, 6, 7, COT_STRING},
    {5, 8, 9, COT_INTEGER},
    {6, 0, 4, COT_FLOAT},
    {6, 5, 5, COT_TIME},
    {6, 6, 6, COT_FLOAT},
    {7, 0, 7, COT_INTEGER},
    {ANY, 5518, 5518, COT_TIME},
    {ANY, 5600, 5604, COT_FLOAT},
    {ANY, 5700, 5700, COT_FLOAT},
    {ANY, 5701, 5701, COT_STRING},
    {ANY, 5702, 5704, COT_FLOAT},
    {ANY, 5750, 5751, COT_STRING},
    {ANY, 5821, 5821, COT_FLOAT},
    {ANY, 5850, 5850, COT_BOOLEAN},
    {ANY, 5851, 5852, COT_INTEGER},
    {ANY, 6042, 6042, COT_INTEGER},
};

cot_type cot_lwm2m_type_of(const cot_lwm2m_path *path)
{
    if (path->level < 3)
        return COT_NONE;
    uint16_t object = path->id[0];
    uint16_t resource = path->id[2];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool mine = rows[i].object == object || (rows[i].object == ANY && object >= 3200);
        if (mine && resource >= rows[i].first && resource <= rows[i].last)
            return (cot_type)rows[i].type;
    }
    return COT_NONE;
}
