/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the place of dtls/mbedtls/keylog_off.c in a test program: writes the master secrets to
 * $SSLKEYLOGFILE (NSS key log format), so that tshark can read a capture. */
#include "dtls/mbedtls/shared.h"

#include <stdio.h>
#include <stdlib.h>

void cot__keylog(const unsigned char client_random[32], const unsigned char *secret)
{
    const char *path = getenv("SSLKEYLOGFILE");
    FILE *f = path == NULL ? NULL : fopen(path, "a");
    if (f == NULL)
        return;
    fputs("CLIENT_RANDOM ", f);
    for (size_t i = 0; i < 32; i++)
        fprintf(f, "%02x", client_random[i]);
    fputc(' ', f);
    for (size_t i = 0; i < 48; i++)
        fprintf(f, "%02x", secret[i]);
    fputc('\n', f);
    fclose(f);
}
