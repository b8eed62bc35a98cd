/* SPDX-License-Identifier: Apache-2.0 */
/* What a bootloader does on a microcontroller: choose the slot, start its image, and start again when
 * it ends. A trial that ends before it was confirmed is not started a second time. */
#ifndef COTTER_EXAMPLES_LAUNCHER_H
#define COTTER_EXAMPLES_LAUNCHER_H

#include <cotter/crypto.h>
#include <cotter/status.h>

/* An image that exits with this wants to be started again: a restart of the device. */
#define LAUNCHER_RESTART 75

/* Run images of `state_dir` until a confirmed one ends for good; this very program becomes the image
 * in slot 0 when that is empty. An image gets the arguments argv[1…] and before them `--slot N`.
 * SIGTERM, SIGINT and SIGUSR1 are passed on to it. Returns the exit status. */
int launcher_run(const char *state_dir, const cot_crypto *crypto, char **argv);

#endif
