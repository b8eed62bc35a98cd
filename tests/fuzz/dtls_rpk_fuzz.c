/* SPDX-License-Identifier: Apache-2.0 */
/* Hellos and their certificate type extensions. Property: only types that both can do are chosen,
 * and a hello that was extended reads as before, with our extensions in it when there were none. */
#include "dtls/hello.h"
#include "dtls/mbedtls/rpk.h"

#include <stdlib.h>
#include <string.h>

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void choose(cot_bytes hello, unsigned bits)
{
    cot__types client = {(bits & 1) != 0, (bits & 2) != 0};
    cot__types server = {(bits & 4) != 0, (bits & 8) != 0};
    cot__rpk rpk;
    cot_status err = cot__rpk_choose(hello, client, server, &rpk);
    check(rpk.settled == (err == COT_OK));
    if (err != COT_OK)
        return;
    check(rpk.client ? client.rpk : client.x509);
    check(rpk.server ? server.rpk : server.x509);
}

static void extend(const uint8_t *body, size_t len, bool client)
{
    static uint8_t buf[70000];
    cot__hello before;
    cot__hello after;
    cot_bytes x;
    cot_status err = client ? cot__client_hello_read(body, len, &before)
                            : cot__server_hello_read(body, len, &before);
    memcpy(buf, body, len);
    cot_writer w = {buf, sizeof buf, len, COT_OK};
    cot__rpk both = {true, true, true};
    cot_status got = client ? cot__rpk_offer(&w) : cot__rpk_answer(&both, &w);
    if (err != COT_OK) {
        check(got != COT_OK);
        return;
    }
    if (got != COT_OK)
        return;
    if (before.extensions.len > 65000)
        return;
    check((client ? cot__client_hello_read(buf, w.len, &after)
                  : cot__server_hello_read(buf, w.len, &after)) == COT_OK);
    check(cot_bytes_equal(before.random, after.random) &&
          cot_bytes_equal(before.suites, after.suites));
    check(after.extensions.len == before.extensions.len + (client ? 12 : 10));
    check(cot__hello_extension(&after, COT_DTLS_EXT_CLIENT_CERTIFICATE_TYPE, &x));
    check(cot__hello_extension(&after, COT_DTLS_EXT_SERVER_CERTIFICATE_TYPE, &x));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    cot__rpk rpk;
    if (size < 1 || size > 60000)
        return 0;
    cot_bytes body = {input + 1, size - 1};
    choose(body, input[0]);
    cot_status err = cot__rpk_learn(body, &rpk);
    check(rpk.settled == (err == COT_OK));
    extend(body.p, body.len, true);
    extend(body.p, body.len, false);
    return 0;
}
