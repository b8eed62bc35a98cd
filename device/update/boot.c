/* SPDX-License-Identifier: Apache-2.0 */
/* The boot state in the log, and the decision which slot to start: shared by the client and by the
 * bootloader or launcher. */
#include "core/base/bytes.h"
#include "device/update/update.h"

#include <string.h>

#define KEY_BOOT 1u
#define LAYOUT 1u
#define RECORD_SIZE 57u
enum { AT_LAYOUT, AT_FLAGS, AT_CONFIRMED, AT_TRIAL, AT_RESULT, SMALL }; /* a byte each */
enum { FLAG_TRIAL = 1, FLAG_TRIED = 2 };

static bool is_slot(uint8_t v)
{
    return v == COT_AREA_SLOT_0 || v == COT_AREA_SLOT_1;
}

static cot_status decode(const uint8_t *bytes, size_t len, cot_boot_state *s)
{
    cot_reader r;
    uint8_t small[SMALL];
    cot_reader_init(&r, bytes, len);
    cot_read_copy(&r, small, sizeof small);
    s->confirmed_sequence = cot_read_u64(&r);
    s->trial_sequence = cot_read_u64(&r);
    s->trial_size = cot_read_u32(&r);
    cot_read_copy(&r, s->trial_digest, sizeof s->trial_digest);
    if (cot_reader_end(&r) != COT_OK || small[AT_LAYOUT] != LAYOUT ||
        !is_slot(small[AT_CONFIRMED]) || !is_slot(small[AT_TRIAL]))
        return COT_E_MALFORMED;
    s->confirmed_slot = (cot_area)small[AT_CONFIRMED];
    s->trial_slot = (cot_area)small[AT_TRIAL];
    s->result = small[AT_RESULT];
    s->trial = (small[AT_FLAGS] & FLAG_TRIAL) != 0;
    s->tried = (small[AT_FLAGS] & FLAG_TRIED) != 0;
    return COT_OK;
}

cot_status cot__boot_load(cot__log *log, cot_boot_state *out)
{
    uint8_t bytes[COT__LOG_VALUE_MAX];
    size_t len = 0;
    memset(out, 0, sizeof *out);
    out->confirmed_slot = COT_AREA_SLOT_0;
    out->trial_slot = COT_AREA_SLOT_1;
    cot_status s = cot__log_get(log, KEY_BOOT, bytes, &len);
    if (s == COT_E_NOT_FOUND)
        return COT_OK;
    return s == COT_OK && decode(bytes, len, out) == COT_OK ? COT_OK : COT_E_IO;
}

cot_status cot__boot_store(cot__log *log, const cot_boot_state *state)
{
    const uint8_t small[SMALL] = {
        [AT_LAYOUT] = LAYOUT,
        [AT_FLAGS] = (uint8_t)(state->trial * FLAG_TRIAL | state->tried * FLAG_TRIED),
        [AT_CONFIRMED] = (uint8_t)state->confirmed_slot,
        [AT_TRIAL] = (uint8_t)state->trial_slot,
        [AT_RESULT] = state->result,
    };
    uint8_t bytes[RECORD_SIZE];
    cot_writer w;
    cot_writer_init(&w, bytes, sizeof bytes);
    cot_write_bytes(&w, small, sizeof small);
    cot_write_u64(&w, state->confirmed_sequence);
    cot_write_u64(&w, state->trial_sequence);
    cot_write_u32(&w, state->trial_size);
    cot_write_bytes(&w, state->trial_digest, sizeof state->trial_digest);
    return cot__log_put(log, KEY_BOOT, bytes, w.len); /* exactly RECORD_SIZE */
}

cot_status cot_boot_read(const cot_port *port, cot_boot_state *out)
{
    cot__log log;
    cot_status s = cot__log_open(&log, port);
    return s != COT_OK ? s : cot__boot_load(&log, out);
}

static bool trial_is_whole(const cot_port *port, const cot_crypto *crypto, const cot_boot_state *b,
                           uint8_t *scratch, size_t scratch_len)
{
    cot_sha256 h;
    uint8_t digest[COT_SHA256_SIZE];
    if (scratch_len == 0 || b->trial_size > port->area[b->trial_slot].size)
        return false;
    crypto->sha256_start(crypto->ctx, &h);
    for (uint32_t at = 0; at < b->trial_size;) {
        size_t left = b->trial_size - at;
        size_t n = left < scratch_len ? left : scratch_len;
        if (port->flash_read(port->ctx, b->trial_slot, at, scratch, n) != COT_OK)
            return false;
        crypto->sha256_update(crypto->ctx, &h, scratch, n);
        at += (uint32_t)n;
    }
    crypto->sha256_finish(crypto->ctx, &h, digest);
    return cot_equal_ct(digest, b->trial_digest, sizeof digest);
}

cot_status cot_boot_choose(const cot_port *port, const cot_crypto *crypto, uint8_t *scratch,
                           size_t scratch_len, cot_area *slot)
{
    cot__log log;
    cot_boot_state b;
    *slot = COT_AREA_SLOT_0;
    cot_status s = cot__log_open(&log, port);
    if (s == COT_OK)
        s = cot__boot_load(&log, &b);
    if (s != COT_OK)
        return COT_E_IO;
    *slot = b.confirmed_slot;
    if (!b.trial || b.tried)
        return COT_OK;
    bool whole = trial_is_whole(port, crypto, &b, scratch, scratch_len);
    b.trial = whole;
    b.tried = whole;
    b.result = whole ? b.result : COT__FW_INTEGRITY;
    if (cot__boot_store(&log, &b) != COT_OK)
        return COT_E_IO; /* without the mark it would be tried for ever */
    if (whole)
        *slot = b.trial_slot;
    return COT_OK;
}
