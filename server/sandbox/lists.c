/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls of each role, side by side; those with arguments that matter are in arguments.c. No role has
 * socket, connect, bind, execve, fork, clone, ptrace, kill; only hub can open files, below its root directory. */
#include "server/sandbox/lists.h"

#include <seccomp.h>

#define LIST(calls)                                                                                \
    {                                                                                              \
        calls, sizeof(calls) / sizeof((calls)[0])                                                  \
    }

static const int common[] = {
    /* the loop and the channels */
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(recvmsg),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    /* ending */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
};

/* Datagrams on the sockets that it was given; the size and seals of a firmware memfd; blocks for its table. */
static const int net[] = {
    SCMP_SYS(recvmmsg),   SCMP_SYS(sendmmsg),  SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(fallocate),
};

/* SQLite in WAL mode on its own directory, one thread, firmware in memfds. */
static const int hub[] = {
    SCMP_SYS(openat),       SCMP_SYS(open),        SCMP_SYS(pread64),         SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),        SCMP_SYS(fsync),       SCMP_SYS(fdatasync),       SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),    SCMP_SYS(unlink),      SCMP_SYS(unlinkat),        SCMP_SYS(fstat),
    SCMP_SYS(stat),         SCMP_SYS(lstat),       SCMP_SYS(newfstatat),      SCMP_SYS(statx),
    SCMP_SYS(access),       SCMP_SYS(faccessat),   SCMP_SYS(faccessat2),      SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),   SCMP_SYS(getcwd),      SCMP_SYS(geteuid),         SCMP_SYS(fchmod),
    SCMP_SYS(memfd_create), SCMP_SYS(sched_yield), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
};

/* TCP and Unix connections on the listeners that it was given. */
static const int http[] = {
    SCMP_SYS(accept4),     SCMP_SYS(recvfrom),    SCMP_SYS(shutdown),     SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(writev),       SCMP_SYS(readv),
    SCMP_SYS(poll),        SCMP_SYS(ppoll),       SCMP_SYS(fstat),        SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),       SCMP_SYS(sysinfo),     SCMP_SYS(memfd_create), SCMP_SYS(ftruncate),
    SCMP_SYS(pwrite64),    SCMP_SYS(pread64),     SCMP_SYS(getrusage),
};

const sandbox_list sandbox_common = LIST(common);
const sandbox_list sandbox_roles[5] = {
    [SANDBOX_NET] = LIST(net),
    [SANDBOX_KEYS] = {NULL, 0}, /* the loop only: keys are read and locked before the seal */
    [SANDBOX_HUB] = LIST(hub),
    [SANDBOX_HTTP] = LIST(http),
};
