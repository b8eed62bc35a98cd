/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with the headers that it must come after, in their order. */
#ifndef COTTER_TESTS_UNIT_TEST_H
#define COTTER_TESTS_UNIT_TEST_H
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#endif
