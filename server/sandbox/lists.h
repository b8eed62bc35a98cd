/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that each role may make once it is sealed; internal to server/sandbox. */
#ifndef COTTER_SERVER_SANDBOX_LISTS_H
#define COTTER_SERVER_SANDBOX_LISTS_H

#include "server/sandbox/sandbox.h"

#include <seccomp.h>

typedef struct sandbox_list {
    const int *calls; /* numbers as libseccomp knows them */
    size_t count;
} sandbox_list;

/* What every role may do, then what only this one may. */
extern const sandbox_list sandbox_common;
extern const sandbox_list sandbox_roles[5]; /* by sandbox_role */

/* A call that is allowed when all its `args` hold; several rules for one call are alternatives. In arguments.c. */
typedef struct sandbox_rule {
    uint8_t roles; /* bit n: sandbox_role n */
    int call;
    uint8_t args;
    struct scmp_arg_cmp arg[2];
} sandbox_rule;

extern const sandbox_rule *const sandbox_rules;
extern const size_t sandbox_rule_count;

/* What the build's instruments need: empty (instruments_none.c), or what AddressSanitizer calls
 * (instruments_asan.c). CMake links one of the two files by the build's flags; no release can get the other. */
extern const sandbox_list sandbox_instruments;
extern const bool sandbox_instrumented;
/* The environment of children, NULL-terminated. */
extern char *const sandbox_environment[];

#endif
