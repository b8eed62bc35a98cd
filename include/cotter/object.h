/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a device: a table and at most three callbacks each. The library does the protocol
 * (paths, formats, types, rights, observation); a callback only moves values. */
#ifndef COTTER_OBJECT_H
#define COTTER_OBJECT_H

#include <cotter/status.h>
#include <cotter/value.h>

#include <stddef.h>
#include <stdint.h>

/* Operations that a resource allows, and its kind; or-ed together. */
enum {
    COT_READ = 1,
    COT_WRITE = 2,
    COT_EXECUTE = 4,
    COT_MULTIPLE = 8 /* has resource instances 0 … items-1 */
};

typedef struct cot_resource {
    uint16_t id;
    uint8_t type; /* cot_type; COT_NONE for an executable resource */
    uint8_t ops;
    uint8_t items; /* COT_MULTIPLE: one more than the highest resource-instance id; else 0 */
} cot_resource;

/* A value in flight between the library and a callback. `item` is the resource-instance id,
 * 0 for a single resource. */
typedef struct cot_place {
    uint16_t instance;
    uint16_t resource;
    uint16_t item;
} cot_place;

typedef enum cot_write_phase {
    COT_CHECK, /* say whether the value would be taken; change nothing */
    COT_APPLY  /* take it: all values of the request have passed the check */
} cot_write_phase;

typedef struct cot_object cot_object;
struct cot_object {
    uint16_t id;
    const char *version;           /* "1.1"; NULL for 1.0, which is not announced */
    const cot_resource *resources; /* ascending by id */
    uint8_t resource_count;
    const uint16_t *instances; /* ascending ids. The application may change both members between two
                                  polls, and then calls cot_client_changed() for the object. */
    uint8_t instance_count;
    void *ctx; /* the application's */

    /* Put the present value into *out, with the type of the table. Bytes are borrowed by the
     * library until the next call of any callback.
     * COT_OK; COT_E_NOT_FOUND: an optional resource (instance) that is not there: left out, or
     * 4.04 when asked for by itself; anything else answers 5.00. May be called at any poll, also
     * without a request (observation), so it should be quick. NULL: nothing is readable. */
    cot_status (*read)(const cot_object *o, const cot_place *at, cot_value *out);

    /* Check or take one value, whose type is that of the table; bytes live during the call only.
     * v == NULL: a write that replaces an instance or a multiple resource begins: reset this one
     * to its default, or answer COT_E_UNSUPPORTED (no harm) if it has to stay. Its new value, if the
     * request has one, follows.
     * COT_OK; COT_E_RANGE, COT_E_TYPE: 4.00; COT_E_DENIED, COT_E_STATE: 4.05; COT_E_IO: 5.00.
     * In COT_APPLY a failure (5.00 always) does not undo what was applied before. NULL: nothing is writable. */
    cot_status (*write)(const cot_object *o, const cot_place *at, const cot_value *v,
                        cot_write_phase phase);

    /* Run an executable resource; args are the request's bytes (OMA LwM2M Core 1.1 section 6.3.5),
     * borrowed. Answers as for a write. What takes long or restarts the device is to be noted and
     * done after the poll. NULL: nothing is executable. */
    cot_status (*execute)(const cot_object *o, const cot_place *at, const uint8_t *args,
                          size_t len);
};

#endif
