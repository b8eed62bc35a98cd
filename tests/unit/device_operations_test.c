/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on a registered device over a link without loss. */
#include "core/lwm2m/content.h"
#include "tests/unit/test.h"
#include "tests/virtual/world.h"

#include <string.h>

static world w;
static world_answer answer;

static int start(void **state)
{
    (void)state;
    world_init(&w, 1, 0, false);
    world_boot(&w, COT_AREA_SLOT_0);
    return world_register(&w, 10000) ? 0 : 1;
}

static int check(void **state)
{
    (void)state;
    if (w.broken != NULL)
        print_message("broken: %s\n", w.broken);
    return w.broken == NULL ? 0 : 1;
}

static void assert_body(const char *text)
{
    if (answer.len != strlen(text) || memcmp(answer.body, text, answer.len) != 0)
        fail_msg("%.*s is not %s", (int)answer.len, (const char *)answer.body, text);
}

static void registers_with_links(void **state)
{
    static const char links[] =
        "</>;rt=\"oma.lwm2m\";ct=\"112 11542\",</1/0>,</3/0>,</5>;ver=1.1,</5/0>,"
        "</3303/0>,</3303/1>";
    (void)state;
    assert_string_equal(w.endpoint, "device-of-tests");
    assert_int_equal(w.lifetime, 300);
    assert_int_equal(w.links_len, sizeof links - 1);
    assert_memory_equal(w.links, links, w.links_len);
    assert_int_equal(w.events[COT_EVENT_CONNECTING], 1);
    assert_int_equal(w.events[COT_EVENT_REGISTERED], 1);
    assert_int_equal(w.registers, 1);
}

static void reads_a_resource_as_text(void **state)
{
    (void)state;
    assert_int_equal(world_read(&w, "3/0/0", COT_FORMAT_TEXT, &answer), COT_COAP_CONTENT);
    assert_int_equal(answer.format, COT_FORMAT_TEXT);
    assert_body("Maker");
    assert_int_equal(world_read(&w, "3303/0/5700", COT_FORMAT_TEXT, &answer), COT_COAP_CONTENT);
    assert_body("20.5");
    assert_int_equal(world_read(&w, "3303/0/6050/2", COT_FORMAT_TEXT, &answer), COT_COAP_CONTENT);
    assert_body("9");
}

static void reads_an_instance_in_every_format(void **state)
{
    (void)state;
    assert_int_equal(world_read(&w, "3303/0", COT_FORMAT_TLV, &answer), COT_COAP_CONTENT);
    static const uint8_t tlv[] = {0xE4, 0x16, 0x44, 0x41, 0xA4, 0, 0,    0xE0, 0x16, 0x76,
                                  0xA6, 0x17, 0xA2, 0x41, 0,    7, 0x41, 2,    9};
    assert_int_equal(answer.len, sizeof tlv);
    assert_memory_equal(answer.body, tlv, sizeof tlv);
    assert_int_equal(world_read(&w, "3303/0", COT_COAP_NO_FORMAT, &answer), COT_COAP_CONTENT);
    assert_int_equal(answer.format, COT_FORMAT_SENML_CBOR);
    assert_int_equal(answer.body[0], 0x84); /* four records */
    assert_int_equal(world_read(&w, "3303", COT_FORMAT_SENML_CBOR, &answer), COT_COAP_CONTENT);
    assert_int_equal(answer.body[0], 0x88);
    assert_int_equal(world_read(&w, "3303/0", COT_FORMAT_TEXT, &answer), COT_COAP_NOT_ACCEPTABLE);
    assert_int_equal(world_read(&w, "3303/0", 50, &answer), COT_COAP_NOT_ACCEPTABLE);
    assert_int_equal(world_read(&w, "3303/9", 50, &answer), COT_COAP_NOT_FOUND); /* path first */
}

static void reads_in_blocks(void **state)
{
    (void)state;
    static world_answer whole;
    assert_int_equal(world_read(&w, "3303", COT_FORMAT_SENML_CBOR, &whole), COT_COAP_CONTENT);
    world_ask a = {.code = COT_COAP_GET,
                   .path = "3303",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_FORMAT_SENML_CBOR,
                   .observe = -1,
                   .szx = 0};
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.len, whole.len);
    assert_memory_equal(answer.body, whole.body, whole.len);
    assert_true(answer.etag_len > 0 && whole.etag_len == 0);
}

static void refuses_what_is_not_there_or_not_allowed(void **state)
{
    (void)state;
    assert_int_equal(world_read(&w, "0/0", COT_COAP_NO_FORMAT, &answer), COT_COAP_UNAUTHORIZED);
    assert_int_equal(world_read(&w, "0/0/5", COT_COAP_NO_FORMAT, &answer), COT_COAP_UNAUTHORIZED);
    assert_int_equal(world_read(&w, "", COT_COAP_NO_FORMAT, &answer), COT_COAP_NOT_ALLOWED);
    assert_int_equal(world_read(&w, "4/0", COT_COAP_NO_FORMAT, &answer), COT_COAP_NOT_FOUND);
    assert_int_equal(world_read(&w, "3/1", COT_COAP_NO_FORMAT, &answer), COT_COAP_NOT_FOUND);
    assert_int_equal(world_read(&w, "3/0/99", COT_COAP_NO_FORMAT, &answer), COT_COAP_NOT_FOUND);
    assert_int_equal(world_read(&w, "3303/0/6050/1", COT_FORMAT_TEXT, &answer), COT_COAP_NOT_FOUND);
    assert_int_equal(world_read(&w, "3303/0/5700/0", COT_FORMAT_TEXT, &answer), COT_COAP_NOT_FOUND);
    assert_int_equal(world_read(&w, "x/0", COT_COAP_NO_FORMAT, &answer), COT_COAP_NOT_FOUND);
    assert_int_equal(world_read(&w, "3/0/4", COT_COAP_NO_FORMAT, &answer), COT_COAP_NOT_ALLOWED);
    assert_int_equal(world_put(&w, "3/0/0", "x"), COT_COAP_NOT_ALLOWED);
    assert_int_equal(world_put(&w, "3303", "x"), COT_COAP_NOT_ALLOWED);
    assert_int_equal(world_post(&w, "3303/0/5700", ""), COT_COAP_NOT_ALLOWED);
    world_ask a = {.code = COT_COAP_DELETE,
                   .path = "3303/0",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1};
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_NOT_ALLOWED);
}

static void writes_a_resource(void **state)
{
    (void)state;
    assert_int_equal(world_put(&w, "3303/0/5750", "kitchen"), COT_COAP_CHANGED);
    assert_string_equal(world_label, "kitchen");
    assert_int_equal(world_put(&w, "3303/0/6051", "101"), COT_COAP_BAD_REQUEST);
    assert_int_equal(world_put(&w, "3303/0/6051", "ten"), COT_COAP_BAD_REQUEST);
    assert_int_equal(world_put(&w, "3303/0/6051", "100"), COT_COAP_CHANGED);
}

static uint8_t write_tlv(uint8_t method, const char *path, const uint8_t *tlv, size_t len)
{
    world_ask a = {.code = method,
                   .path = path,
                   .format = COT_FORMAT_TLV,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1,
                   .payload = tlv,
                   .payload_len = len,
                   .szx = 6};
    assert_true(world_do(&w, &a, &answer, 1));
    return answer.code;
}

static void writes_nothing_half(void **state)
{
    (void)state;
    static const uint8_t good[] = {0xE4, 0x16, 0x76, 'a', 't', 'i', 'c', 0xE1, 0x17, 0xA3, 50};
    static const uint8_t bad[] = {0xE2, 0x16, 0x76, 'n', 'o', 0xE1, 0x17, 0xA3, 101};
    static const uint8_t unknown[] = {0xE2, 0x16, 0x76, 'n', 'o', 0xC1, 0x63, 1};
    static const uint8_t readonly[] = {0xE2, 0x16, 0x76, 'n', 'o', 0xE4, 0x16, 0x44, 0, 0, 0, 0};
    static const uint8_t torn[] = {0xE2, 0x16, 0x76, 'n', 'o', 0xE4, 0x16};
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", good, sizeof good), COT_COAP_CHANGED);
    assert_string_equal(world_label, "atic");
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", bad, sizeof bad), COT_COAP_BAD_REQUEST);
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", unknown, sizeof unknown),
                     COT_COAP_NOT_FOUND);
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", readonly, sizeof readonly),
                     COT_COAP_NOT_ALLOWED);
    assert_int_equal(write_tlv(COT_COAP_PUT, "3303/0", torn, sizeof torn), COT_COAP_BAD_REQUEST);
    assert_string_equal(world_label, "atic");
}

static void replaces_and_updates(void **state)
{
    (void)state;
    static const uint8_t other[] = {0xE1, 0x17, 0xA3, 50};
    assert_int_equal(world_put(&w, "3303/0/5750", "kitchen"), COT_COAP_CHANGED);
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", other, sizeof other), COT_COAP_CHANGED);
    assert_string_equal(world_label, "kitchen"); /* partial update keeps the others */
    assert_int_equal(write_tlv(COT_COAP_PUT, "3303/0", other, sizeof other), COT_COAP_CHANGED);
    assert_string_equal(world_label, ""); /* replace resets them */
    assert_int_equal(world_resets, 0);    /* and only what can be written */
}

static void refuses_formats_and_options(void **state)
{
    (void)state;
    world_ask a = {.code = COT_COAP_PUT,
                   .path = "3303/0/5750",
                   .format = 60,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1,
                   .payload = "x",
                   .payload_len = 1};
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_BAD_FORMAT);
    a.format = COT_FORMAT_TEXT;
    a.extra_option = 2001;
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_BAD_OPTION);
    assert_string_equal(world_label, "");
    a.extra_option = 2000; /* unknown and elective */
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_CHANGED);
    world_ask text = {.code = COT_COAP_POST,
                      .path = "3303/0/5605",
                      .format = COT_FORMAT_TLV,
                      .accept = COT_COAP_NO_FORMAT,
                      .observe = -1};
    assert_true(world_do(&w, &text, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_BAD_FORMAT);
}

static void executes(void **state)
{
    (void)state;
    assert_int_equal(world_post(&w, "3303/0/5605", ""), COT_COAP_CHANGED);
    assert_int_equal(world_post(&w, "3303/1/5605", "0='a'"), COT_COAP_CHANGED);
    assert_int_equal(world_post(&w, "3303/0/5605", "x"), COT_COAP_BAD_REQUEST);
    assert_int_equal(world_resets, 2);
    assert_int_equal(world_post(&w, "3303/2/5605", ""), COT_COAP_NOT_FOUND);
    assert_int_equal(world_post(&w, "3/0/4", ""), COT_COAP_CHANGED);
    assert_int_equal(w.events[COT_EVENT_REBOOT], 1);
}

static void writes_in_blocks(void **state)
{
    (void)state;
    world_ask a = {.code = COT_COAP_PUT,
                   .path = "3303/0/5750",
                   .format = COT_FORMAT_TEXT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1,
                   .payload = "a label of thirty-nine bytes, in blocks",
                   .payload_len = 39};
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_CHANGED);
    assert_string_equal(world_label, "a label of thirty-nine bytes, in blocks");
    static uint8_t large[4096];
    a.payload = large;
    a.payload_len = sizeof large;
    a.szx = 6;
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_TOO_LARGE);
    assert_int_equal(answer.size1, sizeof w.body);
}

static uint8_t one_block(const char *path, const char *text, uint32_t num, bool last)
{
    world_ask a = {.code = COT_COAP_PUT,
                   .path = path,
                   .format = COT_FORMAT_TEXT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1,
                   .payload = text,
                   .payload_len = strlen(text),
                   .one_block = true,
                   .block_num = num,
                   .last_block = last};
    assert_true(world_do(&w, &a, &answer, 1));
    return answer.code;
}

static void takes_blocks_in_order_only(void **state)
{
    (void)state;
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 1", 1, false), COT_COAP_INCOMPLETE);
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 0", 0, false), COT_COAP_CONTINUE);
    assert_int_equal(one_block("3303/1/5750", "1", 1, true),
                     COT_COAP_INCOMPLETE); /* another path */
    assert_int_equal(one_block("3303/0/5750", "1", 1, true), COT_COAP_INCOMPLETE); /* forgotten */
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 0", 0, false), COT_COAP_CONTINUE);
    assert_int_equal(world_read(&w, "3/0/0", COT_FORMAT_TEXT, &answer), COT_COAP_CONTENT);
    assert_int_equal(one_block("3303/0/5750", "1", 1, true),
                     COT_COAP_INCOMPLETE); /* read between */
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 0", 0, false), COT_COAP_CONTINUE);
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 0", 0, false), COT_COAP_CONTINUE);
    assert_int_equal(one_block("3303/0/5750", "1", 1, true), COT_COAP_CHANGED);
    assert_string_equal(world_label, "sixteen bytes, 01");
}

static void links_wait_for_a_body(void **state)
{
    (void)state;
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 0", 0, false), COT_COAP_CONTINUE);
    cot_client_changed(&w.client, 3303, 65535, 65535);
    w.wake = w.now;
    world_run(&w, w.now + 2000, NULL);
    assert_int_equal(w.updates, 0);
    assert_int_equal(one_block("3303/0/5750", "1", 1, true), COT_COAP_CHANGED);
    assert_string_equal(world_label, "sixteen bytes, 01");
    world_run(&w, w.now + 2000, NULL);
    assert_int_equal(w.updates, 1);
}

static void gives_the_same_answer_again(void **state)
{
    (void)state;
    w.deaf = 1; /* the answer is lost, the server repeats its request */
    assert_int_equal(world_post(&w, "3303/0/5605", ""), COT_COAP_CHANGED);
    assert_int_equal(world_resets, 1);
    w.deaf = 1;
    assert_int_equal(world_read(&w, "3/0/0", COT_FORMAT_TEXT, &answer), COT_COAP_CONTENT);
    assert_body("Maker");
    w.deaf = 1;
    assert_int_equal(world_read(&w, "3/0/99", COT_FORMAT_TEXT, &answer), COT_COAP_NOT_FOUND);
    w.deaf = 1;
    assert_int_equal(one_block("3303/0/5750", "sixteen bytes, 0", 0, false), COT_COAP_CONTINUE);
    w.deaf = 1;
    assert_int_equal(one_block("3303/0/5750", "1", 1, true), COT_COAP_CHANGED);
    assert_string_equal(world_label, "sixteen bytes, 01");
}

static void writes_resource_instances(void **state)
{
    (void)state;
    static const uint8_t two[] = {0xA6, 0x17, 0xA4, 0x41, 0, 5, 0x41, 2, 6};
    static const uint8_t one[] = {0xA3, 0x17, 0xA4, 0x41, 1, 9};
    static const uint8_t beyond[] = {0xA3, 0x17, 0xA4, 0x41, 3, 9};
    static const uint8_t single[] = {0xA3, 0x16, 0x76, 0x41, 0, 'x'};
    static const uint8_t plain[] = {0xE1, 0x17, 0xA4, 9};
    assert_int_equal(write_tlv(COT_COAP_PUT, "3303/0/6052", two, sizeof two), COT_COAP_CHANGED);
    assert_true(world_items[0] == 5 && world_items[1] == -1 && world_items[2] == 6);
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0/6052", one, sizeof one), COT_COAP_CHANGED);
    assert_true(world_items[0] == 5 && world_items[1] == 9 && world_items[2] == 6);
    assert_int_equal(write_tlv(COT_COAP_PUT, "3303/0/6052", one, sizeof one), COT_COAP_CHANGED);
    assert_true(world_items[0] == -1 && world_items[1] == 9 && world_items[2] == -1);
    assert_int_equal(write_tlv(COT_COAP_PUT, "3303/0/6052", beyond, sizeof beyond),
                     COT_COAP_BAD_REQUEST);
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", plain, sizeof plain), COT_COAP_BAD_REQUEST);
    assert_int_equal(write_tlv(COT_COAP_POST, "3303/0", single, sizeof single),
                     COT_COAP_BAD_REQUEST);
    assert_int_equal(world_items[1], 9);
    assert_int_equal(world_put(&w, "3303/0/6052/2", "4"), COT_COAP_CHANGED);
    assert_int_equal(world_items[2], 4);
    assert_int_equal(world_put(&w, "3303/0/6052/3", "4"), COT_COAP_NOT_FOUND);
}

static void ignores_strangers(void **state)
{
    (void)state;
    w.stranger = true;
    assert_int_equal(world_read(&w, "3/0/0", COT_FORMAT_TEXT, &answer), 0);
    w.stranger = false;
    assert_int_equal(world_read(&w, "3/0/0", COT_FORMAT_TEXT, &answer), COT_COAP_CONTENT);
}

static void answers_a_non_request(void **state)
{
    (void)state;
    world_ask a = {.code = COT_COAP_GET,
                   .path = "3/0/0",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_FORMAT_TEXT,
                   .observe = -1,
                   .szx = 6,
                   .non = true};
    assert_true(world_do(&w, &a, &answer, 1));
    assert_body("Maker");
}

static void discovers(void **state)
{
    (void)state;
    assert_int_equal(world_read(&w, "3303", COT_FORMAT_LINK, &answer), COT_COAP_CONTENT);
    assert_int_equal(answer.format, COT_FORMAT_LINK);
    assert_body(
        "</3303>,</3303/0>,</3303/0/5605>,</3303/0/5700>,</3303/0/5750>,</3303/0/6050>;dim=2,"
        "</3303/0/6051>,</3303/1>,</3303/1/5605>,</3303/1/5700>,</3303/1/5750>,"
        "</3303/1/6050>;dim=2,</3303/1/6051>");
    world_ask a = {.code = COT_COAP_PUT,
                   .path = "3303/0/5700",
                   .query = "pmin=10&pmax=60",
                   .format = COT_COAP_NO_FORMAT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1};
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_CHANGED);
    assert_int_equal(world_read(&w, "3303/0/5700", COT_FORMAT_LINK, &answer), COT_COAP_CONTENT);
    assert_body("</3303/0/5700>;pmin=10;pmax=60");
    a.query = "pmin";
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(world_read(&w, "3303/0/5700", COT_FORMAT_LINK, &answer), COT_COAP_CONTENT);
    assert_body("</3303/0/5700>;pmax=60");
    a.query = "pmin=7&gt=5"; /* all of it or nothing */
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_BAD_REQUEST);
    a.query = "pmin:7";
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_BAD_REQUEST);
    assert_int_equal(world_read(&w, "3303/0/5700", COT_FORMAT_LINK, &answer), COT_COAP_CONTENT);
    assert_body("</3303/0/5700>;pmax=60");
    a.query = "gt=5";
    assert_true(world_do(&w, &a, &answer, 1));
    assert_int_equal(answer.code, COT_COAP_BAD_REQUEST);
    assert_int_equal(world_read(&w, "5", COT_FORMAT_LINK, &answer), COT_COAP_CONTENT);
    assert_memory_equal(answer.body, "</5>;ver=1.1,</5/0>,", 20);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, check)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(registers_with_links),
        CASE(reads_a_resource_as_text),
        CASE(reads_an_instance_in_every_format),
        CASE(reads_in_blocks),
        CASE(refuses_what_is_not_there_or_not_allowed),
        CASE(writes_a_resource),
        CASE(writes_nothing_half),
        CASE(replaces_and_updates),
        CASE(refuses_formats_and_options),
        CASE(executes),
        CASE(writes_in_blocks),
        CASE(takes_blocks_in_order_only),
        CASE(links_wait_for_a_body),
        CASE(gives_the_same_answer_again),
        CASE(writes_resource_instances),
        CASE(ignores_strangers),
        CASE(answers_a_non_request),
        CASE(discovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
