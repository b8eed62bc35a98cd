/* SPDX-License-Identifier: Apache-2.0 */
/* Object 0, Security. Nothing in it can be reached over the air (operations.c answers 4.01): it is in
 * the table so that a bootstrap server can come to it later. */
#include "device/engine.h"

static const uint16_t instances[] = {0};

void cot__object_security(cot__client *c, cot_object *o)
{
    *o = (cot_object){.id = 0, .instances = instances, .instance_count = 1, .ctx = c};
}
