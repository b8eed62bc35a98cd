/* SPDX-License-Identifier: Apache-2.0 */
/* cot_crypto through OpenSSL's libcrypto: for the command line, the tests and fuzzers. */
#ifndef COTTER_CLI_CRYPTO_OPENSSL_H
#define COTTER_CLI_CRYPTO_OPENSSL_H

#include <cotter/crypto.h>

extern const cot_crypto cot_crypto_openssl;

#endif
