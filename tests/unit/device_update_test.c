/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware by pull, from the write of 5/0/1 to the confirmation, over a link without loss. */
#include "tests/unit/test.h"
#include "tests/virtual/world.h"

#include "core/lwm2m/content.h"

#include <string.h>

#define URI "coaps://server.test/fw/1"
#define IMAGE_LEN 20011u

static world w;
static uint8_t image[IMAGE_LEN];
static uint8_t release[IMAGE_LEN + 512];

static int start(void **state)
{
    (void)state;
    world_init(&w, 1, 0, false);
    world_boot(&w, COT_AREA_SLOT_0);
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * 31 + i / 256);
    w.release = release;
    w.release_len = world_release(release, sizeof release, 2, image, sizeof image);
    return w.release_len > 0 && world_register(&w, 10000) ? 0 : 1;
}

static int check(void **state)
{
    (void)state;
    if (w.broken != NULL)
        print_message("broken: %s\n", w.broken);
    return w.broken == NULL ? 0 : 1;
}

/* Write the URI, let the device work, and say what 5/0/3 and 5/0/5 are: state × 100 + result. */
static long pull(const char *uri)
{
    if (world_put(&w, "5/0/1", uri) != COT_COAP_CHANGED)
        return -1;
    world_run(&w, w.now + 60000, NULL);
    return world_number(&w, "5/0/3") * 100 + world_number(&w, "5/0/5");
}

static void assert_slot_untouched(void)
{
    for (size_t i = 0; i < WORLD_SLOT; i++)
        assert_int_equal(w.flash[COT_AREA_SLOT_1][i], 0xFF);
}

static void is_upgraded(void **state)
{
    (void)state;
    assert_int_equal(world_number(&w, "5/0/3"), 0);
    assert_int_equal(world_post(&w, "5/0/2", ""), COT_COAP_NOT_ALLOWED);
    assert_int_equal(pull(URI), 200);
    assert_memory_equal(w.flash[COT_AREA_SLOT_1], image, sizeof image);
    assert_int_equal(w.resets, 0);
    assert_int_equal(world_post(&w, "5/0/2", ""), COT_COAP_CHANGED);
    assert_int_equal(world_number(&w, "5/0/3"), 3);
    world_run(&w, w.now + 5000, NULL);
    assert_int_equal(w.resets, 1);
    assert_int_equal(w.events[COT_EVENT_RESTART], 1);
    assert_int_equal(world_reboot(&w), COT_AREA_SLOT_1);
    assert_true(world_register(&w, 10000));
    assert_int_equal(world_number(&w, "5/0/3"), 0);
    assert_int_equal(world_number(&w, "5/0/5"), 1);
    cot_boot_state boot;
    assert_int_equal(cot_boot_read(&w.port, &boot), COT_OK);
    assert_true(!boot.trial && !boot.tried && boot.confirmed_sequence == 2);
    assert_int_equal(world_reboot(&w), COT_AREA_SLOT_1); /* confirmed: it stays */
    assert_true(world_register(&w, 10000));
    assert_int_equal(world_number(&w, "5/0/5"), 1);
    w.release_len = world_release(release, sizeof release, 1, image, sizeof image);
    assert_int_equal(pull(URI), 8); /* older than the confirmed one */
    w.release_len = world_release(release, sizeof release, 3, image, 5000);
    assert_int_equal(pull(URI), 200); /* and from the second slot to the first */
    assert_memory_equal(w.flash[COT_AREA_SLOT_0], image, 5000);
}

static cot_area try_release(void)
{
    assert_int_equal(pull(URI), 200);
    assert_int_equal(world_post(&w, "5/0/2", ""), COT_COAP_CHANGED);
    world_run(&w, w.now + 5000, NULL);
    return world_reboot(&w);
}

static void goes_back_when_the_trial_dies(void **state)
{
    (void)state;
    assert_int_equal(try_release(), COT_AREA_SLOT_1);
    w.running = false;
    assert_int_equal(world_reboot(&w), COT_AREA_SLOT_0);
    assert_true(world_register(&w, 30000));
    assert_int_equal(world_number(&w, "5/0/3"), 0);
    assert_int_equal(world_number(&w, "5/0/5"), 8);
    assert_int_equal(try_release(), COT_AREA_SLOT_1); /* a second attempt is possible */
    assert_true(world_register(&w, 30000));
    assert_int_equal(world_number(&w, "5/0/5"), 1);
}

static void gives_a_silent_trial_up(void **state)
{
    (void)state;
    assert_int_equal(try_release(), COT_AREA_SLOT_1);
    w.silent = true;
    world_run(&w, w.now + 290000, NULL);
    assert_int_equal(w.resets, 1);
    world_run(&w, w.now + 20000, NULL);
    assert_int_equal(w.resets, 2);
    w.silent = false;
    assert_int_equal(world_reboot(&w), COT_AREA_SLOT_0);
}

static void does_not_confirm_without_authentication(void **state)
{
    (void)state;
    assert_int_equal(try_release(), COT_AREA_SLOT_1);
    w.channel.channel.mode = COT_PEER_NOSEC;
    assert_true(world_register(&w, 30000));
    assert_int_equal(world_number(&w, "5/0/3"), 3);
    w.running = false;
    assert_int_equal(world_reboot(&w), COT_AREA_SLOT_0);
}

static void does_not_boot_what_was_changed_in_flash(void **state)
{
    (void)state;
    assert_int_equal(pull(URI), 200);
    assert_int_equal(world_post(&w, "5/0/2", ""), COT_COAP_CHANGED);
    world_run(&w, w.now + 5000, NULL);
    w.flash[COT_AREA_SLOT_1][77] ^= 1;
    assert_int_equal(world_reboot(&w), COT_AREA_SLOT_0);
    assert_true(world_register(&w, 30000));
    assert_int_equal(world_number(&w, "5/0/5"), 5);
}

static void refuses_a_bad_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        if (memcmp(release + i, "\x58\x40", 2) == 0) {
            release[i + 2] ^= 1; /* the signature's first byte */
            break;
        }
    }
    assert_int_equal(pull(URI), 5);
    assert_slot_untouched();
    assert_true(w.asked_to <= 1024); /* nothing beyond the block that completes the manifest */
}

static void refuses_another_class(void **state)
{
    (void)state;
    w.update_config.class_id[0] ^= 1;
    cot_update_init(&w.update, &w.update_config);
    assert_int_equal(pull(URI), 6);
    assert_slot_untouched();
    assert_true(w.asked_to <= 1024);
}

static void refuses_an_older_one(void **state)
{
    (void)state;
    w.release_len = world_release(release, sizeof release, 0, image, sizeof image);
    assert_int_equal(pull(URI), 8);
    assert_slot_untouched();
    assert_true(w.asked_to <= 1024);
}

static void refuses_a_tampered_payload(void **state)
{
    (void)state;
    release[w.release_len - 5] ^= 1;
    assert_int_equal(pull(URI), 5);
    assert_int_equal(world_post(&w, "5/0/2", ""), COT_COAP_NOT_ALLOWED);
}

static void refuses_what_flash_did_not_keep(void **state)
{
    (void)state;
    w.flip = 12345;
    assert_int_equal(pull(URI), 5);
    assert_int_equal(world_post(&w, "5/0/2", ""), COT_COAP_NOT_ALLOWED);
}

static void begins_anew_when_the_release_changes(void **state)
{
    (void)state;
    assert_int_equal(world_put(&w, "5/0/1", URI), COT_COAP_CHANGED);
    world_run(&w, w.now + 1000, NULL);
    assert_true(w.asked_to > 2048 && w.asked_to < w.release_len);
    for (size_t i = 0; i < sizeof image; i++)
        image[i] ^= 0x55;
    w.release_len = world_release(release, sizeof release, 3, image, sizeof image);
    w.release_tag = 1;
    world_run(&w, w.now + 60000, NULL);
    assert_int_equal(world_number(&w, "5/0/3"), 2);
    assert_memory_equal(w.flash[COT_AREA_SLOT_1], image, sizeof image);
}

static void counts_failures_in_a_row_only(void **state)
{
    (void)state;
    assert_int_equal(world_put(&w, "5/0/1", URI), COT_COAP_CHANGED);
    for (int i = 0; i < 4; i++) {
        w.refuse_fetch = COT_COAP_UNAVAILABLE;
        world_run(&w, w.now + 100000, NULL);
        w.refuse_fetch = 0;
        uint32_t before = w.asked_to;
        while (w.asked_to == before && w.now < 10000000)
            world_run(&w, w.now + 10, NULL);
    }
    world_run(&w, w.now + 100000, NULL);
    assert_int_equal(world_number(&w, "5/0/3"), 2);
}

static void refuses_a_shortened_one(void **state)
{
    (void)state;
    w.release_len -= 2000;
    long seen = pull(URI);
    assert_true(seen == 5 || seen == 6);
}

static void refuses_a_too_large_one(void **state)
{
    (void)state;
    static uint8_t large[WORLD_SLOT + 1000];
    static uint8_t out[WORLD_SLOT + 2000];
    w.release = out;
    w.release_len = world_release(out, sizeof out, 2, large, sizeof large);
    assert_int_equal(pull(URI), 2);
    assert_slot_untouched();
}

static void refuses_uris(void **state)
{
    (void)state;
    assert_int_equal(pull("coaps://other.test/fw/1"), 7);
    assert_int_equal(pull("coap://server.test/fw/1"), 7);
    assert_int_equal(pull("coaps://server.test:5685/fw/1"), 7);
    assert_int_equal(pull("https://server.test/fw/1"), 9);
    assert_int_equal(pull("coaps://server.test/fw/2"), 7);
    assert_int_equal(w.asked_to, 0);
}

static void gives_up_a_server_that_fails(void **state)
{
    (void)state;
    w.refuse_fetch = COT_COAP_UNAVAILABLE;
    assert_int_equal(pull(URI), 100);
    world_run(&w, w.now + 200000, NULL);
    assert_int_equal(world_number(&w, "5/0/3"), 0);
    assert_int_equal(world_number(&w, "5/0/5"), 4);
    w.refuse_fetch = 0;
    assert_int_equal(pull(URI), 200);
}

static void is_cancelled(void **state)
{
    (void)state;
    assert_int_equal(world_post(&w, "5/0/10", ""), COT_COAP_NOT_ALLOWED);
    assert_int_equal(world_put(&w, "5/0/1", URI), COT_COAP_CHANGED);
    assert_int_equal(world_number(&w, "5/0/3"), 1);
    assert_int_equal(world_post(&w, "5/0/10", ""), COT_COAP_CHANGED);
    assert_int_equal(world_number(&w, "5/0/3"), 0);
    assert_int_equal(world_number(&w, "5/0/5"), 10);
    assert_int_equal(pull(URI), 200);
    world_ask a = {.code = COT_COAP_PUT,
                   .path = "5/0/1",
                   .format = COT_FORMAT_TEXT,
                   .accept = COT_COAP_NO_FORMAT,
                   .observe = -1};
    static world_answer answer;
    assert_true(world_do(&w, &a, &answer, 1)); /* an empty URI, as a 1.0 server cancels */
    assert_int_equal(answer.code, COT_COAP_CHANGED);
    assert_int_equal(world_number(&w, "5/0/3"), 0);
    assert_int_equal(world_number(&w, "5/0/5"), 0);
}

static void resumes_after_a_lost_registration(void **state)
{
    (void)state;
    assert_int_equal(world_put(&w, "5/0/1", URI), COT_COAP_CHANGED);
    world_run(&w, w.now + 1000, NULL);
    uint32_t before = w.asked_to;
    assert_true(before > 0 && before < w.release_len);
    w.silent = true;
    world_run(&w, w.now + 120000, NULL);
    w.silent = false;
    world_run(&w, w.now + 300000, NULL);
    assert_int_equal(world_number(&w, "5/0/3"), 2);
    assert_memory_equal(w.flash[COT_AREA_SLOT_1], image, sizeof image);
}

/* The power goes at the n-th program or erase of a whole upgrade, for every n: what boots is always
 * either the old image or the verified new one, and a later attempt succeeds. */
static void survives_every_power_cut(void **state)
{
    (void)state;
    unsigned cuts = 0;
    for (long n = 0;; n++) {
        start(NULL);
        w.release_len = world_release(release, sizeof release, 2, image, 3000);
        w.cut = n;
        (void)world_put(&w, "5/0/1", URI);
        world_run(&w, w.now + 30000, NULL);
        if (!w.dark) {
            (void)world_post(&w, "5/0/2", "");
            world_run(&w, w.now + 5000, NULL);
        }
        if (!w.dark) { /* until the confirmation */
            long left = w.cut;
            cot_area slot = world_reboot(&w);
            assert_int_equal(slot, COT_AREA_SLOT_1);
            w.cut = left;
            (void)world_register(&w, 20000);
        }
        bool went = w.dark;
        cuts += went;
        cot_area slot = world_reboot(&w);
        if (slot == COT_AREA_SLOT_1)
            assert_memory_equal(w.flash[COT_AREA_SLOT_1], image, 3000);
        assert_true(world_register(&w, 60000));
        assert_null(w.broken);
        if (!went)
            break;
        if (slot == COT_AREA_SLOT_0)
            assert_int_equal(try_release(), COT_AREA_SLOT_1);
    }
    assert_true(cuts >= 5);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, check)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(is_upgraded),
        CASE(goes_back_when_the_trial_dies),
        CASE(gives_a_silent_trial_up),
        CASE(does_not_confirm_without_authentication),
        CASE(does_not_boot_what_was_changed_in_flash),
        CASE(refuses_a_bad_signature),
        CASE(refuses_another_class),
        CASE(refuses_an_older_one),
        CASE(refuses_a_tampered_payload),
        CASE(refuses_what_flash_did_not_keep),
        CASE(begins_anew_when_the_release_changes),
        CASE(counts_failures_in_a_row_only),
        CASE(refuses_a_shortened_one),
        CASE(refuses_a_too_large_one),
        CASE(refuses_uris),
        CASE(gives_up_a_server_that_fails),
        CASE(is_cancelled),
        CASE(resumes_after_a_lost_registration),
        CASE(survives_every_power_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
