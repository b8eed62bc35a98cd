/* SPDX-License-Identifier: Apache-2.0 */
/* Texts from headers and parameters: host, bearer token, times, percent-encoding. A time that is taken is written as a
 * text that is taken as the same time; decoding never grows. */
#include "server/http/guard.h"
#include "server/http/schema.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_time(cot_bytes in)
{
    uint64_t at = 0;
    uint64_t back = 0;
    http_text t = {0};
    if (http_time_parse(in, &at) == COT_OK) {
        http_text_time(&t, at);
        require(http_time_parse((cot_bytes){(const uint8_t *)t.p + 1, t.len - 2}, &back) == COT_OK);
        require(at == back);
    }
    http_text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256];
    uint8_t out[256];
    http_target target;
    size_t len = 0;
    if (size >= sizeof text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    check_time((cot_bytes){data, size});
    require(http_bearer(text).len <= HTTP_TOKEN_MAX);
    require(!http_guard_host(text) || strlen(text) < 256);
    if (http_percent_decode((cot_bytes){data, size}, true, out, sizeof out, &len) == COT_OK) {
        require(len <= size);
    }
    if (http_target_parse(text, &target) == COT_OK) {
        require(target.path.len > 0 && target.path.p[0] == '/' &&
                target.query_count <= HTTP_QUERY_MAX);
    }
    return 0;
}
