/* SPDX-License-Identifier: Apache-2.0 */
/* The updater's state, and the calls between it, object 5 and the engine. */
#ifndef COTTER_DEVICE_UPDATE_UPDATE_H
#define COTTER_DEVICE_UPDATE_UPDATE_H

#include "core/suit/intake.h"
#include "device/engine.h"
#include "device/update/log.h"

#include <cotter/update.h>

#define COT__URI_MAX 128u
#define COT__UNIT_MAX 32u /* of cot_area_geometry.program_size */

/* 5/0/3 */
enum { COT__FW_IDLE = 0, COT__FW_DOWNLOADING = 1, COT__FW_DOWNLOADED = 2, COT__FW_UPDATING = 3 };

/* 5/0/5 */
enum {
    COT__FW_INITIAL = 0,
    COT__FW_SUCCESS = 1,
    COT__FW_TOO_LARGE = 2,
    COT__FW_CONNECTION_LOST = 4,
    COT__FW_INTEGRITY = 5,
    COT__FW_BAD_URI = 7,
    COT__FW_FAILED = 8,
    COT__FW_PROTOCOL = 9,
    COT__FW_CANCELLED = 10
};

typedef enum cot__update_phase {
    COT__UPDATE_IDLE,
    COT__UPDATE_FETCHING,   /* 5/0/3 is 1 */
    COT__UPDATE_VERIFYING,  /* 1: everything is stored, the slot is read again */
    COT__UPDATE_READY,      /* 2 */
    COT__UPDATE_RESTARTING, /* 3: 5/0/2 was executed, answers and notifications leave first */
    COT__UPDATE_ON_TRIAL    /* 3: this image waits for its confirmation */
} cot__update_phase;

/* What is used most lies at the start, where an instruction of Thumb reaches it in 2 bytes. */
typedef struct cot__update {
    const cot_update_config *config;
    const cot_area_geometry *area; /* of `slot` */
    cot_area slot;                 /* where the image goes */
    cot__update_phase phase;
    uint8_t result;    /* 5/0/5 */
    uint8_t attempts;  /* in a row without an answer */
    uint8_t path_at;   /* of the path in `uri` */
    bool waiting;      /* a block was asked for */
    uint32_t stored;   /* payload bytes on flash or in `unit` */
    uint32_t verified; /* payload bytes read again */
    cot_ms next_at;    /* the phase's next step; ON_TRIAL: when the trial is given up */
    cot_boot_state boot;
    cot__log log;
    cot_coap_fetch fetch;
    cot_suit_intake intake;
    cot_suit_device device;
    char uri[COT__URI_MAX];
    uint8_t unit[COT__UNIT_MAX]; /* bytes that do not fill a program unit yet */
} cot__update;

_Static_assert(sizeof(cot__update) <= COT_UPDATE_SIZE, "COT_UPDATE_SIZE in cotter/update.h");

static inline cot__update *cot__update_of(const cot__client *c)
{
    return (cot__update *)(void *)c->config->update;
}

/* --- boot.c --- */
cot_status cot__boot_load(cot__log *log, cot_boot_state *out);
cot_status cot__boot_store(cot__log *log, const cot_boot_state *state);

/* --- update.c: the state machine --- */
uint8_t cot__update_state(const cot__update *u); /* 5/0/3 */
/* Enter `phase`, set the result, tell the application and the observers. */
void cot__update_enter(cot__client *c, cot__update_phase phase, uint8_t result);
void cot__update_registered(cot__client *c);
void cot__update_tick(cot__client *c);
cot_ms cot__update_deadline(const cot__client *c);
cot_status cot__update_begin(cot__client *c, cot_bytes uri,
                             cot_write_phase phase);           /* write 5/0/1 */
cot_status cot__update_install(cot__client *c);                /* 5/0/2 */
cot_status cot__update_cancel(cot__client *c, uint8_t result); /* 5/0/10 */

/* --- pull.c: fetch by Block2, check, store, read again --- */
void cot__pull_begin(cot__client *c);
void cot__pull_tick(cot__client *c);
/* An answer to a block request; m NULL: none came. */
void cot__update_answer(cot__client *c, const cot_coap_msg *m, const cot_coap_view *v);
void cot__pull_verify(cot__client *c);

#endif
