/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever lies in the log's flash, it opens, and what is put then is there after opening again. */
#include "device/update/update.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 1024u

static uint8_t flash[SIZE];

static cot_status read_flash(void *ctx, cot_area area, uint32_t offset, void *out, size_t len)
{
    (void)ctx, (void)area;
    memcpy(out, flash + offset, len);
    return COT_OK;
}

static cot_status program(void *ctx, cot_area area, uint32_t offset, const void *bytes, size_t len)
{
    (void)ctx, (void)area;
    for (size_t i = 0; i < len; i++) {
        if (flash[offset + i] != 0xFF)
            abort();
    }
    memcpy(flash + offset, bytes, len);
    return COT_OK;
}

static cot_status erase(void *ctx, cot_area area, uint32_t offset, size_t len)
{
    (void)ctx, (void)area;
    memset(flash + offset, 0xFF, len);
    return COT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_port port = {.flash_read = read_flash, .flash_program = program, .flash_erase = erase};
    port.area[COT_AREA_LOG] = (cot_area_geometry){SIZE, 256, 4};
    memset(flash, 0xFF, sizeof flash);
    memcpy(flash, data, size < SIZE ? size : SIZE);
    cot__log log;
    cot_boot_state state;
    cot_boot_state after;
    if (cot__log_open(&log, &port) != COT_OK)
        abort();
    if (cot__boot_load(&log, &state) != COT_OK)
        return 0; /* a record of another layout */
    state.trial_sequence++;
    if (cot__boot_store(&log, &state) != COT_OK)
        return 0; /* no room beside what else is there */
    if (cot_boot_read(&port, &after) != COT_OK || after.trial_sequence != state.trial_sequence ||
        after.confirmed_slot != state.confirmed_slot || after.trial != state.trial)
        abort();
    return 0;
}
