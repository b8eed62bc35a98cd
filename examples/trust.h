/* SPDX-License-Identifier: Apache-2.0 */
/* The release trust anchor of cotter-device: a file of the factory with a P-256 public key (PEM,
 * SubjectPublicKeyInfo), as `cotter release keygen` writes it. */
#ifndef COTTER_EXAMPLES_TRUST_H
#define COTTER_EXAMPLES_TRUST_H

#include <cotter/crypto.h>

#include <stdbool.h>

/* False: a line that names the file is printed. */
bool trust_read(cot_p256_public *key, const char *file);

#endif
