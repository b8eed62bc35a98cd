/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that the library itself has: 0, 1, 3 and, with an updater, 5. */
#include "device/engine.h"

#include <string.h>

void cot__objects_init(cot__client *c)
{
    cot__object_security(c, &c->builtin[0]);
    cot__object_server(c, &c->builtin[1]);
    cot__object_device(c, &c->builtin[2]);
    c->builtin_count = 3;
    if (c->config->update != NULL)
        cot__object_firmware(c, &c->builtin[c->builtin_count++]);
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
