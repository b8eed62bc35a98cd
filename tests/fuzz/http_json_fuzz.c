/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a reply of hub: what becomes JSON is JSON that jansson reads. */
#include "core/cbor/reader.h"
#include "server/http/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    http_text out = {0};
    cot_bytes in = {data, size};
    if (http_json_from_cbor(in, &out) == COT_OK) {
        cot_status s = cot_cbor_check(in, 0);
        if (s != COT_OK && s != COT_E_LIMIT) { /* it counts tags as depth, which JSON has not */
            abort();
        }
        /* jansson has neither NUL in keys nor integers beyond 64 bits. */
        bool nul = memmem(out.p, out.len, "\\u0000", 6) != NULL;
        json_t *j = json_loadb(out.p, out.len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
        if (j == NULL && !nul) {
            abort();
        }
        json_decref(j);
    }
    http_text_free(&out);
    return 0;
}
