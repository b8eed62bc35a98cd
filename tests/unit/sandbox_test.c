/* SPDX-License-Identifier: Apache-2.0 */
/* server/sandbox: each forbidden thing is tried in a process that has gone through the very functions that
 * cotterd's processes go through, and has a positive control that shows that it works without them. Release build. */
#include "server/role.h"
#include "server/sandbox/lists.h"
#include "server/sandbox/sandbox.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what a compromised process would like to do; 0: it worked ---- */

static int in_fd; /* a descriptor of a file outside, opened before */
static pid_t parent;

static int open_file(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static int open_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? errno : 0;
}

static int open_netlink(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0) < 0 ? errno : 0;
}

static int run_program(void)
{
    static char path[] = "/proc/self/exe";
    char *argv[] = {path, (char[]){"--nothing"}, NULL};
    char *env[] = {NULL};
    return execve(path, argv, env) != 0 ? errno : 0;
}

/* Not fork(): glibc 2.41 blocks all signals around it, and a call that is trapped while SIGSYS is blocked
 * ends the process without its line. */
static int new_process(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}

static void *nothing(void *p)
{
    return p;
}

static int new_thread(void)
{
    pthread_t t;
    return pthread_create(&t, NULL, nothing, NULL);
}

static int trace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 ? errno : 0;
}

static int signal_parent(void)
{
    return kill(parent, 0) != 0 ? errno : 0;
}

static int map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? errno
               : 0;
}

static int make_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0 ? errno : 0;
}

static int change_mode(void)
{
    return fchmod(in_fd, 0644) != 0 ? errno : 0;
}

static int make_folder(void)
{
    return mkdir("/tmp/sandbox_test_folder", 0700) != 0 && errno != EEXIST ? errno : 0;
}

static int new_namespace(void)
{
    return unshare(CLONE_NEWUTS) != 0 ? errno : 0;
}

static int be_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 ? errno : 0;
}

static int read_memory(void)
{
    char word[8];
    struct iovec here = {word, sizeof word};
    struct iovec there = {word, sizeof word};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) < 0 ? errno : 0;
}

static int raise_limit(void)
{
    struct rlimit r;
    return getrlimit(RLIMIT_CORE, &r) != 0 ? errno : 0;
}

static int own_signals(void)
{
    return fcntl(in_fd, F_SETOWN, getpid()) != 0 ? errno : 0;
}

static int block_shared(void)
{
    return fcntl(in_fd, F_SETFL, 0) != 0 ? errno : 0;
}

static int lock_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1,
                0) == MAP_FAILED
               ? errno
               : 0;
}

/* What shutdown() leaves of a listener: a TCP socket that a first sendto() connects to anywhere. */
static int tcp_fd;
static struct sockaddr_in target;

static int connect_by_sendto(void)
{
    ssize_t n = sendto(tcp_fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
                       (const struct sockaddr *)&target, sizeof target);
    return n < 0 && errno != EINPROGRESS ? errno : 0;
}

static int connect_by_sendmsg(void)
{
    char byte = 'x';
    struct iovec v = {&byte, 1};
    struct msghdr m = {
        .msg_name = &target, .msg_namelen = sizeof target, .msg_iov = &v, .msg_iovlen = 1};
    return sendmsg(tcp_fd, &m, MSG_FASTOPEN | MSG_NOSIGNAL) < 0 && errno != EINPROGRESS ? errno : 0;
}

/* Its close() would wait, in the process that it is sent to. */
static int linger_on_close(void)
{
    struct linger l = {.l_onoff = 1, .l_linger = 60};
    return setsockopt(tcp_fd, SOL_SOCKET, SO_LINGER, &l, sizeof l) != 0 ? errno : 0;
}

static int memory_file(void)
{
    return memfd_create("x", 0) < 0 ? errno : 0;
}

static const struct {
    const char *name; /* as it must be in the line that the process leaves */
    int (*f)(void);
    bool hub;  /* hub may */
    bool http; /* http may */
} forbidden[] = {
    {"openat", open_file, true, false},
    {"socket", open_socket, false, false},
    {"socket", open_netlink, false, false},
    {"execve", run_program, false, false},
    {"clone", new_process, false, false},
    {"rt_sigaction", new_thread, false, false}, /* the first call that glibc makes for it */
    {"ptrace", trace, false, false},
    {"kill", signal_parent, false, false},
    {"mmap", map_code, false, false},
    {"mprotect", make_code, false, false},
    {"fchmod", change_mode, true, false},
    {"mkdir", make_folder, false, false},
    {"unshare", new_namespace, false, false},
    {"prctl", be_dumpable, false, false},
    {"process_vm_readv", read_memory, false, false},
    {"prlimit64", raise_limit, false, false},
    {"fcntl", own_signals, false, false},
    {"fcntl", block_shared, false, false},
    {"mmap", lock_memory, false, false},
    {"sendto", connect_by_sendto, false, false},
    {"sendmsg", connect_by_sendmsg, false, false},
    {"setsockopt", linger_on_close, false, false},
    {"memfd_create", memory_file, true, true},
};
#define FORBIDDEN (sizeof forbidden / sizeof forbidden[0])

/* A listener of loopback, and one that was shut down. */
static void prepare_sockets(void)
{
    socklen_t len = sizeof target;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    target.sin_family = AF_INET;
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (const struct sockaddr *)&target, len) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&target, &len) != 0 || listen(tcp_fd, 8) != 0 ||
        shutdown(tcp_fd, SHUT_RD) != 0)
        abort();
}

/* Runs f in a process; sealed as `role`, or free when role is 0. Its stderr is read into `said`. */
static int run(int role, int (*f)(void), char *said, size_t cap)
{
    int p[2];
    int status;
    size_t n = 0;
    assert_int_equal(pipe(p), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(p[0]);
        dup2(p[1], STDERR_FILENO);
        prepare_sockets();
        if (role != 0 && sandbox_seal((sandbox_role)role) != COT_OK)
            _exit(77);
        _exit(f() == 0 ? 0 : 1);
    }
    close(p[1]);
    for (ssize_t got; n + 1 < cap && (got = read(p[0], said + n, cap - 1 - n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    close(p[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void positive_controls(void **state)
{
    (void)state;
    char said[1024];
    for (size_t i = 0; i < FORBIDDEN; i++) {
        int status = run(0, forbidden[i].f, said, sizeof said);
        bool execs = forbidden[i].f == run_program; /* ends as this program with a wrong argument */
        if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && !execs))
            fail_msg("%s does not work without the sandbox either (%x)", forbidden[i].name, status);
    }
}

static void forbidden_things_end_the_process_and_are_named(void **state)
{
    (void)state;
    char said[1024];
    char want[64];
    for (int role = SANDBOX_NET; role <= SANDBOX_HTTP; role++) {
        for (size_t i = 0; i < FORBIDDEN; i++) {
            if ((role == SANDBOX_HUB && forbidden[i].hub) ||
                (role == SANDBOX_HTTP && forbidden[i].http))
                continue;
            int status = run(role, forbidden[i].f, said, sizeof said);
            (void)snprintf(want, sizeof want, "event=sandbox.violation syscall=%s ",
                           forbidden[i].name);
            if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
                fail_msg("role %d may %s (%x): %s", role, forbidden[i].name, status, said);
            if (strstr(said, want) == NULL)
                fail_msg("role %d: %s is not named: %s", role, forbidden[i].name, said);
        }
    }
}

/* What a role does all day: the filters on arguments let it pass. */
static int usual_calls(void)
{
    char byte = 'x';
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || munmap(p, 4096) != 0)
        return 1;
    int copy = fcntl(in_fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0 || close(copy) != 0)
        return 2;
    return sendmsg(tcp_fd, &m, MSG_NOSIGNAL) < 0 && errno == EPIPE ? 0 : 3; /* not connected */
}

static int usual_calls_of_http(void)
{
    int one = 1;
    if (setsockopt(tcp_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        setsockopt(tcp_fd, IPPROTO_TCP, TCP_CORK, &one, sizeof one) != 0)
        return 1;
    return send(tcp_fd, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE ? 0 : 2;
}

static void allowed_things_work_after_the_seal(void **state)
{
    (void)state;
    char said[1024];
    for (int role = SANDBOX_NET; role <= SANDBOX_HTTP; role++) {
        assert_int_equal(run(role, usual_calls, said, sizeof said), 0);
        for (size_t i = 0; i < FORBIDDEN; i++)
            if ((role == SANDBOX_HUB && forbidden[i].hub) ||
                (role == SANDBOX_HTTP && forbidden[i].http))
                assert_int_equal(run(role, forbidden[i].f, said, sizeof said), 0);
    }
    assert_int_equal(run(SANDBOX_HTTP, usual_calls_of_http, said, sizeof said), 0);
}

/* ---- step 1 ---- */

static char folder[64];

static int entered(void)
{
    int root = open(folder, O_RDONLY | O_DIRECTORY);
    sandbox_identity id = {.uid = 61234, .gid = 61234, .change = true, .root = root};
    const char *what = "";
    struct stat st;
    if (sandbox_enter(SANDBOX_NET, &id, &what) != COT_OK)
        return fprintf(stderr, "enter: %s\n", what);
    close(root);
    /* Nothing of the machine is there, nor a way back up. */
    if (stat("/etc", &st) == 0 || stat("/proc", &st) == 0 || stat("/../../etc", &st) == 0)
        return fprintf(stderr, "the root directory is not empty\n");
    if (mkdir("/x", 0700) == 0 || chroot(".") == 0 || chmod("/", 0777) == 0)
        return fprintf(stderr, "it may change its root directory\n");
    if (getuid() != 61234 || geteuid() != 61234 || getgid() != 61234 || getgroups(0, NULL) != 0)
        return fprintf(stderr, "wrong user or groups\n");
    if (setuid(0) == 0 || setgid(0) == 0)
        return fprintf(stderr, "it becomes root again\n");
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return fprintf(stderr, "dumpable, or may get new privileges\n");
    int sig = 0;
    if (prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0) != 0 || sig != SIGKILL)
        return fprintf(stderr, "does not die with its parent\n");
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return fprintf(stderr, "may leave a core file\n");
    return 0;
}

static void step_1_leaves_no_user_no_files_no_way_back(void **state)
{
    (void)state;
    char said[1024];
    if (geteuid() != 0)
        skip();
    (void)snprintf(folder, sizeof folder, "/tmp/sandbox_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0555), 0);
    int status = run(0, entered, said, sizeof said);
    (void)rmdir(folder);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s", said);
}

/* A release build has no instruments' list. */
static void a_release_is_not_instrumented(void **state)
{
    (void)state;
    assert_false(sandbox_instrumented);
    assert_int_equal(sandbox_instruments.count, 0);
    assert_null(sandbox_environment[0]);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--nothing") == 0)
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_is_not_instrumented),
        cmocka_unit_test(positive_controls),
        cmocka_unit_test(forbidden_things_end_the_process_and_are_named),
        cmocka_unit_test(allowed_things_work_after_the_seal),
        cmocka_unit_test(step_1_leaves_no_user_no_files_no_way_back),
    };
    parent = getpid();
    in_fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
