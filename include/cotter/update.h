/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware updates by pull: object 5, the SUIT checks, the two slots, trial and confirmation. The
 * device decides what runs on it: only an image whose manifest is signed by the trust anchor, is
 * made for its vendor and class, has a higher sequence number, and whose bytes in the slot have the
 * signed digest, is ever marked for a trial. docs/internals/update.md. */
#ifndef COTTER_UPDATE_H
#define COTTER_UPDATE_H

#include <cotter/crypto.h>
#include <cotter/port.h>
#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cot_update_config {
    const cot_port *port;
    const cot_crypto *crypto;
    cot_p256_public
        trust_anchor;      /* the key that signs releases; of the factory, never set over LwM2M */
    uint8_t vendor_id[16]; /* UUID */
    uint8_t class_id[16];  /* UUID */
    uint64_t factory_sequence; /* of this very image, built in; never below the confirmed one */
    cot_area running_slot;     /* the slot that this very image runs from */
    uint32_t trial_ms;         /* a trial that is not confirmed by then restarts into the old
                                     image; 0: 300,000 */
    uint8_t *manifest;         /* for the envelope up to the payload; 512 bytes are enough */
    size_t manifest_cap;
} cot_update_config;

/* What the boot decision needs; one record of the log. */
typedef struct cot_boot_state {
    cot_area confirmed_slot; /* COT_AREA_SLOT_0 until the first update */
    cot_area trial_slot;
    uint8_t result; /* 5/0/5 of the last update */
    bool trial;     /* trial_slot is to be tried once */
    bool tried;     /* it has been started */
    uint32_t trial_size;
    uint64_t confirmed_sequence; /* 0 until the first confirmed update */
    uint64_t trial_sequence;
    uint8_t trial_digest[COT_SHA256_SIZE];
} cot_boot_state;

#define COT_UPDATE_SIZE (504 + 16 * sizeof(void *))
struct cot_update {
    _Alignas(8) unsigned char opaque[COT_UPDATE_SIZE];
};
typedef struct cot_update cot_update;

/* Read the state from the log and find out what the last restart meant: a trial that runs now waits
 * for its confirmation by the first authenticated registration; one that failed leaves result 8 in
 * 5/0/5. `config` is borrowed for the updater's life.
 * COT_OK; COT_E_IO: flash; COT_E_RANGE: geometry or configuration. */
cot_status cot_update_init(cot_update *u, const cot_update_config *config);

/* For the bootloader or launcher: decide which slot to start. A trial is given exactly one start:
 * that it was started is in the log before this returns. The image's digest is verified again from
 * the slot; one that does not match is never returned. `scratch` is for reading the slot, ≥ 64 bytes.
 * COT_OK, *slot is set; COT_E_IO: the log cannot be read or written, *slot is the confirmed one as
 * far as known. */
cot_status cot_boot_choose(const cot_port *port, const cot_crypto *crypto, uint8_t *scratch,
                           size_t scratch_len, cot_area *slot);

/* The state as the log has it; all zero but confirmed_slot when it was never written.
 * COT_OK; COT_E_IO; COT_E_RANGE: the port has no log area. */
cot_status cot_boot_read(const cot_port *port, cot_boot_state *out);

#endif
