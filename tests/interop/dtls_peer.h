/* SPDX-License-Identifier: Apache-2.0 */
/* What the two programs of the DTLS interop tests share. */
#ifndef COTTER_TESTS_INTEROP_DTLS_PEER_H
#define COTTER_TESTS_INTEROP_DTLS_PEER_H

#include <cotter/dtls.h>

#include <stdio.h>

#define DATAGRAM 4096u

/* Ends the program with errno's text when not `ok`. */
void must(bool ok, const char *what);
cot_ms now_ms(void);
cot_status random_bytes(void *app, uint8_t *out, size_t len);
int64_t clock_now(void *app);

FILE *open_file(const char *dir, const char *name, const char *suffix, const char *mode);
cot_dtls_blob load(const char *dir, const char *name, const char *suffix);

/* dtls_peer client MODE DIR PORT [SUITE [nocid]]; `arena_len` bytes for handshakes. */
int run_client(const cot_dtls_aead *aead, size_t arena_len, int argc, char **argv);

#endif
