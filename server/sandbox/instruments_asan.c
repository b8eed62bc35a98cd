/* SPDX-License-Identifier: Apache-2.0 */
/* What AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer call in a sealed process. Linked into
 * builds with -fsanitize only. */
#include "server/sandbox/lists.h"

#include <seccomp.h>

static const int calls[] = {
    SCMP_SYS(openat),       SCMP_SYS(open),
    SCMP_SYS(readlink),     SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),   SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction), SCMP_SYS(prctl),
    SCMP_SYS(sched_yield),  SCMP_SYS(tgkill),
    SCMP_SYS(getrusage),    SCMP_SYS(lseek),
    SCMP_SYS(mincore),      SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),    SCMP_SYS(pipe2),
    SCMP_SYS(pipe),         SCMP_SYS(stat),
    SCMP_SYS(mmap),         SCMP_SYS(mprotect),
    SCMP_SYS(sysinfo),      SCMP_SYS(rseq),
    SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(tkill),        SCMP_SYS(clone),
    SCMP_SYS(clone3),       SCMP_SYS(set_robust_list),
    SCMP_SYS(access),       SCMP_SYS(uname),
    SCMP_SYS(readlinkat),   SCMP_SYS(sched_getaffinity),
};

const sandbox_list sandbox_instruments = {calls, sizeof calls / sizeof calls[0]};
const bool sandbox_instrumented = true;

/* Leak checks need ptrace. */
static char asan[] = "ASAN_OPTIONS=detect_leaks=0:allow_user_segv_handler=0:abort_on_error=0";
char *const sandbox_environment[] = {asan, NULL};
