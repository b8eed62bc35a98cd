/* SPDX-License-Identifier: Apache-2.0 */
/* A release file: a SUIT envelope around an image. Not yet signed, its signature is 64 zero bytes. */
#ifndef COTTER_CLI_RELEASE_H
#define COTTER_CLI_RELEASE_H

#include "cli/cli.h"
#include "core/suit/envelope.h"

#define CLI_RELEASE_MAX (64u * 1024u * 1024u)
#define CLI_RELEASE_HEAD 1024u /* bytes of an envelope before its payload, at most */

typedef struct cli_release {
    uint8_t *bytes;
    size_t len;
    cot_suit_envelope envelope; /* borrows from bytes */
} cli_release;

/* Read and take apart. False (said). Free r->bytes. */
bool cli_release_read(const char *file, cli_release *r);
/* Write an envelope to a new file, or over the old one when `replace`. False (said). */
bool cli_release_write(const char *file, bool replace, cot_bytes manifest,
                       const uint8_t digest[static 36], const uint8_t signature[static 64],
                       cot_bytes payload);

#endif
