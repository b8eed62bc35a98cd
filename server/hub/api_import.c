/* SPDX-License-Identifier: Apache-2.0 */
/* API: import of many devices, all or nothing. */
#include "server/hub/api.h"
#include "server/hub/api_device.h"
#include "server/hub/sealed.h"

#include <stdio.h>

#define IMPORT_MAX ((size_t)256 << 20)
#define ERRORS_MAX 100u /* lines that are named; more would not help */

typedef struct import {
    hub_request *rq;
    uint64_t count;
    uint64_t errors;
    uint64_t malformed;  /* of them: lines that are wrong by themselves */
    uint8_t text[40000]; /* the errors' CBOR */
    cot_writer w;
} import;

static void error(import *im, uint64_t line, const char *detail)
{
    if (im->errors++ >= ERRORS_MAX)
        return;
    cot_cbor_write_map(&im->w, 2);
    hub_put_uint(&im->w, "line", line);
    hub_put_text(&im->w, "detail", detail);
}

/* COT_OK also for a device that is wrong; an error of the store ends the import. */
static cot_status one(import *im, cot_bytes map, uint64_t room)
{
    new_device n = {.status = 409};
    store_id id = 0;
    uint64_t line = im->count + 1;
    (void)hub_item_uint(hub_map_find(map, "line"), &line);
    const char *wrong = im->count >= room
                            ? "The server has as many devices as it may (max_devices)."
                            : hub_new_device_check(im->rq->h, map, &n);
    im->count++;
    if (wrong != NULL) {
        im->malformed += n.status == 422;
        error(im, line, wrong);
        return COT_OK;
    }
    cot_status s = store_device_add(im->rq->h->st, &n.row, &id);
    if (s == COT_E_EXISTS) {
        error(im, line, "A device with this endpoint, identity or public key is there already.");
        s = COT_OK;
    }
    return s;
}

static uint16_t conclude(import *im, cot_status s)
{
    hub_request *rq = im->rq;
    uint64_t named = im->errors < ERRORS_MAX ? im->errors : ERRORS_MAX;
    char made[24];
    if (s == COT_E_MALFORMED)
        return hub_problem(rq, 422, "The import is no sequence of devices.");
    if (s != COT_OK)
        return hub_problem_of(rq, s, "device");
    if (im->errors > 0) {
        cot_writer_init(&rq->w, rq->h->reply, sizeof rq->h->reply);
        cot_cbor_write_map(&rq->w, 3);
        hub_put_text(&rq->w, "title", im->malformed > 0 ? "Unprocessable Content" : "Conflict");
        hub_put_text(&rq->w, "detail",
                     "Nothing was imported: mend the lines that are named and import all again.");
        hub_put_key(&rq->w, "errors");
        cot_cbor_write_array(&rq->w, named);
        cot_write_bytes(&rq->w, im->text, im->w.len);
        return im->malformed > 0 ? 422 : 409;
    }
    (void)snprintf(made, sizeof made, "%llu", (unsigned long long)im->count);
    (void)snprintf(rq->detail, sizeof rq->detail, "%s devices", made);
    if (hub_note_made(rq, made) != COT_OK)
        return hub_problem_of(rq, COT_E_IO, "device");
    cot_cbor_write_map(&rq->w, 1);
    hub_put_uint(&rq->w, "imported", im->count);
    return 200;
}

static uint16_t run(hub_request *rq, cot_bytes sequence)
{
    static import im; /* too large for a stack; the decider is one thread */
    cot_cbor_reader r;
    uint64_t devices = 0;
    im.rq = rq;
    im.count = 0;
    im.errors = 0;
    im.malformed = 0;
    cot_writer_init(&im.w, im.text, sizeof im.text);
    cot_cbor_reader_init(&r, sequence, 0);
    cot_status s = store_count(rq->h->st, "devices", &devices);
    uint64_t max = rq->h->config.max_devices;
    while (s == COT_OK && cot_reader_left(&r.in) > 0) {
        cot_bytes map = cot_cbor_skip(&r);
        s = r.in.err == COT_OK ? one(&im, map, devices >= max ? 0 : max - devices)
                               : COT_E_MALFORMED;
    }
    return conclude(&im, s);
}

uint16_t hub_api_device_import(hub_request *rq)
{
    char made[24];
    unsigned long long count = 0;
    if (hub_made_before(rq, made, sizeof made) && sscanf(made, "%llu", &count) == 1) {
        cot_cbor_write_map(&rq->w, 1);
        hub_put_uint(&rq->w, "imported", count);
        return 200;
    }
    cot_bytes sequence;
    if (!hub_sealed_map(rq->fd, IMPORT_MAX, &sequence))
        return hub_problem(rq, 422, "The import is empty, or longer than 256 MiB.");
    uint16_t status = run(rq, sequence);
    hub_sealed_unmap(sequence);
    return status;
}
