/* SPDX-License-Identifier: Apache-2.0 */
/* Vendor and class ids as SUIT makes them: version 5 UUIDs (RFC 9562) of names. */
#ifndef COTTER_CLI_IDS_H
#define COTTER_CLI_IDS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cli_ids {
    uint8_t vendor[16];
    uint8_t class[16];
} cli_ids;

/* Each text is a UUID or a name: the vendor's a domain, hashed in the DNS namespace; the class's hashed in the
 * vendor's. False (said) when one is missing. */
bool cli_ids_of(const char *vendor, const char *class, cli_ids *out);
/* "6ba7b810-9dad-11d1-80b4-00c04fd430c8". */
void cli_uuid_text(const uint8_t id[static 16], char out[static 37]);

#endif
