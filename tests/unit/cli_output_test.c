/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line lets through to a terminal. */
#include "tests/unit/test.h"

#include "cli/cli.h"

#include <string.h>

static void passes_text_and_no_commands(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } texts[] = {
        {"plain text, 21.5 °C ✓ 𝄞", "plain text, 21.5 °C ✓ 𝄞"},
        {"\033[31mred\033[0m", "?[31mred?[0m"},
        {"a\nb\tc\rd\x7f", "a?b?c?d?"},
        {"csi \xc2\x9b"
         "31m, st \xc2\x9c, first \xc2\x80, after \xc2\xa0.",
         "csi ?31m, st ?, first ?, after \xc2\xa0."},
        {"\xe2\x80\xae"
         "evil\xe2\x80\xac \xe2\x80\xaa \xe2\x81\xa6x\xe2\x81\xa9 \xe2\x80\xa8",
         "?evil? ? ?x? ?"},
        {"no UTF-8: \x9b \xc2 \xe2\x80", "no UTF-8: ? ? ??"},
        {"\xc2\xc2\x9b", "??"},
        {"", ""},
    };
    char text[128];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        (void)snprintf(text, sizeof text, "%s", texts[i].from);
        assert_string_equal(cli_printable(text), texts[i].to);
    }
}

static void finds_each_text_of_a_document(void **state)
{
    (void)state;
    json_t *j = json_pack("{s:s, s:[s, {s:s, s:i}, [s]], s:n}", "a", "1\033", "b", "2\xc2\x9b", "c",
                          "3\n", "d", 4, "5\x7f", "e");
    json_t *want = json_pack("{s:s, s:[s, {s:s, s:i}, [s]], s:n}", "a", "1?", "b", "2?", "c", "3?",
                             "d", 4, "5?", "e");
    assert_non_null(j);
    cli_make_printable(j);
    assert_int_equal(json_equal(j, want), 1);
    json_decref(j);
    json_decref(want);
    cli_make_printable(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_text_and_no_commands),
        cmocka_unit_test(finds_each_text_of_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
