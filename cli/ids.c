/* SPDX-License-Identifier: Apache-2.0 */
/* Vendor and class ids from UUID texts or names. */
#include "cli/ids.h"

#include "cli/cli.h"

#include <openssl/evp.h>

#include <ctype.h>
#include <string.h>

static const uint8_t dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

static bool from_text(const char *text, uint8_t out[static 16])
{
    unsigned v = 0;
    size_t n = 0;
    if (strlen(text) != 36) {
        return false;
    }
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-') {
                return false;
            }
        } else if (isxdigit((unsigned char)text[i]) == 0 || sscanf(text + i, "%2x", &v) != 1) {
            return false;
        } else {
            out[n++] = (uint8_t)v;
            i++;
        }
    }
    return true;
}

static bool hashed(const uint8_t space[static 16], const char *name, uint8_t out[static 16])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *h = EVP_MD_CTX_new();
    bool ok = h != NULL && EVP_DigestInit_ex(h, EVP_sha1(), NULL) == 1 &&
              EVP_DigestUpdate(h, space, 16) == 1 && EVP_DigestUpdate(h, name, strlen(name)) == 1 &&
              EVP_DigestFinal_ex(h, digest, NULL) == 1;
    EVP_MD_CTX_free(h);
    if (!ok) {
        cli_error("SHA-1 is not available");
        return false;
    }
    memcpy(out, digest, 16);
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x50);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
    return true;
}

bool cli_ids_of(const char *vendor, const char *class, cli_ids *out)
{
    if (vendor == NULL || class == NULL) {
        cli_error(
            "--vendor and --class are needed: each a UUID or a name, like example.com and sensor");
        return false;
    }
    return (from_text(vendor, out->vendor) || hashed(dns, vendor, out->vendor)) &&
           (from_text(class, out->class) || hashed(out->vendor, class, out->class));
}

void cli_uuid_text(const uint8_t id[static 16], char out[static 37])
{
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            out[at++] = '-';
        }
        (void)snprintf(out + at, 3, "%02x", (unsigned)id[i]);
        at += 2;
    }
}
