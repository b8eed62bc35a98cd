/* SPDX-License-Identifier: Apache-2.0 */
/* cot_crypto through OpenSSL's libcrypto: for publish in the server, the command line and tests. */
#ifndef COTTER_COSE_HOST_CRYPTO_LIBCRYPTO_H
#define COTTER_COSE_HOST_CRYPTO_LIBCRYPTO_H

#include <cotter/crypto.h>

extern const cot_crypto cot_crypto_openssl;

#endif
