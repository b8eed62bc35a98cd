/* SPDX-License-Identifier: Apache-2.0 */
/* One LwM2M value with its data type (OMA LwM2M Core 1.1, appendix C). Used by the callbacks of a
 * device's objects and by the content formats of both ends. */
#ifndef COTTER_VALUE_H
#define COTTER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cot_type {
    COT_NONE = 0, /* no value: executable resources */
    COT_INTEGER,  /* as.i */
    COT_UNSIGNED, /* as.u */
    COT_FLOAT,    /* as.f */
    COT_BOOLEAN,  /* as.b */
    COT_STRING,   /* as.bytes: UTF-8 without a terminating NUL */
    COT_OPAQUE,   /* as.bytes */
    COT_TIME,     /* as.i: seconds since 1970-01-01 UTC */
    COT_OBJLNK,   /* as.link; 65535:65535 is the null link */
    COT_CORELNK   /* as.bytes: CoRE link format text */
} cot_type;

typedef struct cot_value {
    cot_type type;
    union {
        int64_t i;
        uint64_t u;
        double f;
        bool b;
        struct {
            const uint8_t *p; /* borrowed; each function says how long it has to live */
            size_t len;
        } bytes;
        struct {
            uint16_t object;
            uint16_t instance;
        } link;
    } as;
} cot_value;

#endif
