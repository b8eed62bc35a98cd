/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that the library itself has: 1, 3 and, with an updater, 5. Object 0 is not in the tables:
 * nothing in it can be reached over the air (operations.c answers 4.01). */
#include "device/engine.h"

#include <string.h>

const uint16_t cot__instance_0[1] = {0};
static const cot_object *const builtin[] = {&cot__object_server, &cot__object_device,
                                            &cot__object_firmware};

void cot__objects_init(cot__client *c)
{
    c->builtin_count = c->config->update != NULL ? 3 : 2;
    for (uint8_t i = 0; i < c->builtin_count; i++) {
        c->builtin[i] = *builtin[i];
        c->builtin[i].ctx = c;
    }
}

cot_status cot__text_value(const char *text, cot_value *v)
{
    if (text == NULL)
        return COT_E_NOT_FOUND;
    v->type = COT_STRING;
    v->as.bytes.p = (const uint8_t *)text;
    v->as.bytes.len = strlen(text);
    return COT_OK;
}
