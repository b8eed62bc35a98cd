/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS 1.2 master secret of a plain PSK handshake (RFC 4279 section 2, RFC 5246 section 8.1, RFC 7627
 * section 4), so that a PSK never has to leave this process. */
#ifndef COTTER_SERVER_KEYS_MASTER_H
#define COTTER_SERVER_KEYS_MASTER_H

#include "core/base/bytes.h"

#define KEYS_MASTER 48u

typedef struct keys_prf keys_prf; /* a prefetched HMAC-SHA-256 */

/* NULL when libcrypto has no HMAC or memory. */
keys_prf *keys_prf_new(void);
void keys_prf_free(keys_prf *prf);

/* P_SHA256(secret, label ‖ seed) (RFC 5246 section 5) into out[0..len). COT_OK; COT_E_IO (libcrypto failed,
 * `out` is zeroed); COT_E_LIMIT (label and seed together beyond 128 bytes). */
cot_status keys_prf_run(keys_prf *prf, cot_bytes secret, const char *label, cot_bytes seed,
                        uint8_t *out, size_t len);

/* Master secret of a PSK of 1..64 bytes. extended: seed is the session hash; else client random ‖ server
 * random. As keys_prf_run; COT_E_RANGE (psk too long). */
cot_status keys_master(keys_prf *prf, cot_bytes psk, bool extended, cot_bytes seed,
                       uint8_t out[static KEYS_MASTER]);

#endif
