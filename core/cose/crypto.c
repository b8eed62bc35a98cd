/* SPDX-License-Identifier: Apache-2.0 */
/* What every user of cot_crypto needs and no engine has to bring. */
#include <cotter/crypto.h>

#include <string.h>

cot_status cot_p256_public_parse(const uint8_t *bytes, size_t len, cot_p256_public *out)
{
    if (len == sizeof out->xy + 1 && bytes[0] == 0x04) {
        bytes++;
        len--;
    }
    if (len != sizeof out->xy)
        return COT_E_MALFORMED;
    memcpy(out->xy, bytes, len);
    return COT_OK;
}

void cot_sha256_of(const cot_crypto *crypto, const uint8_t *p, size_t n,
                   uint8_t out[static COT_SHA256_SIZE])
{
    cot_sha256 h;
    crypto->sha256_start(crypto->ctx, &h);
    crypto->sha256_update(crypto->ctx, &h, p, n);
    crypto->sha256_finish(crypto->ctx, &h, out);
}
