/* SPDX-License-Identifier: Apache-2.0 */
/* dtls_peer's client with the device's configuration of Mbed TLS and without libcrypto, in the
 * arenas that the header promises to be enough:
 *   dtls_device_peer client MODE DIR PORT [SUITE [nocid]] */
#include "tests/interop/dtls_peer.h"

#include <cotter/mbedtls.h>

#include <string.h>

int main(int argc, char **argv)
{
    static _Alignas(16) uint8_t scratch[COT_DTLS_AEAD_SCRATCH];
    cot_dtls_aead aead;
    cot_dtls_aead_mbedtls state;
    bool psk = argc > 2 && strcmp(argv[2], "psk") == 0;
    cot_dtls_aead_mbedtls_init(&aead, &state, scratch, sizeof scratch);
    return run_client(&aead, psk ? COT_DTLS_ARENA_PSK : COT_DTLS_ARENA_X509, argc, argv);
}
