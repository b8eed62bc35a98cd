/* SPDX-License-Identifier: Apache-2.0 */
/* dtls/nosec.c and the texts of refusals. */
#include "tests/unit/test.h"

#include <cotter/nosec.h>

#include <string.h>

static void datagrams_pass_as_they_are(void **state)
{
    (void)state;
    cot_nosec n;
    cot_channel *ch = &n.channel;
    uint8_t out[8];
    uint8_t bytes[] = "data";
    cot_datagram in = {bytes, 4};
    const uint8_t *data;
    size_t len;
    cot_nosec_init(&n);
    assert_int_equal(ch->state, COT_CHANNEL_CLOSED);
    assert_int_equal(ch->ops->send(ch, bytes, 4, out, sizeof out, &len), COT_E_STATE);
    assert_int_equal(ch->ops->received(ch, &in, 0, &data, &len), COT_OK);
    assert_int_equal(len, 0);
    assert_int_equal(in.len, 0);

    assert_int_equal(ch->ops->open(ch, 0), COT_OK);
    assert_int_equal(ch->state, COT_CHANNEL_OPEN);
    assert_int_equal(ch->ops->send(ch, bytes, 4, out, 3, &len), COT_E_SPACE);
    assert_int_equal(len, 4);
    assert_int_equal(ch->ops->send(ch, bytes, 4, out, sizeof out, &len), COT_OK);
    assert_memory_equal(out, "data", 4);
    in = (cot_datagram){bytes, 4};
    assert_int_equal(ch->ops->received(ch, &in, 0, &data, &len), COT_OK);
    assert_int_equal(len, 4);
    assert_ptr_equal(data, bytes);
    assert_int_equal(in.len, 0);
    assert_int_equal(ch->ops->drain(ch, 0, out, sizeof out, &len), COT_OK);
    assert_int_equal(len, 0);
    assert_true(ch->ops->deadline(ch) == COT_NEVER);
    ch->ops->close(ch, out, sizeof out, &len);
    assert_int_equal(len, 0);
    assert_int_equal(ch->state, COT_CHANNEL_CLOSED);
}

static void every_refusal_has_a_text(void **state)
{
    (void)state;
    for (int r = COT_REFUSAL_NONE; r <= COT_REFUSAL_LOCAL; r++)
        assert_string_not_equal(cot_refusal_text((cot_refusal)r), "unknown reason");
    assert_string_equal(cot_refusal_text((cot_refusal)(COT_REFUSAL_LOCAL + 1)), "unknown reason");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_pass_as_they_are),
        cmocka_unit_test(every_refusal_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
