/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher of cotter-device. */
#define _GNU_SOURCE
#include "examples/launcher.h"

#include <cotter/posix.h>
#include <cotter/update.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32
#define CRASH_PAUSE_S 2
#define TRIAL_S                                                                                    \
    330 /* a trial gives itself up after 300 s; one that hangs is ended here, as by a watchdog */

static volatile sig_atomic_t child;
static volatile sig_atomic_t ending;
static volatile sig_atomic_t overdue;

static void pass_on(int sig)
{
    if (sig == SIGALRM) {
        overdue = 1;
        return;
    }
    if (sig != SIGUSR1)
        ending = 1;
    if (child > 0)
        (void)kill((pid_t)child, sig);
}

static bool catch_signals(void)
{
    struct sigaction sa = {.sa_handler = pass_on};
    return sigaction(SIGTERM, &sa, NULL) == 0 && sigaction(SIGINT, &sa, NULL) == 0 &&
           sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGALRM, &sa, NULL) == 0;
}

/* Copy our own executable into `slot0`, whole or not at all. */
static bool make_factory_image(int dir)
{
    struct stat st;
    if (fstatat(dir, "slot0", &st, 0) == 0)
        return true;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = openat(dir, "slot0.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    bool good = from >= 0 && to >= 0 && fstat(from, &st) == 0;
    for (off_t done = 0; good && done < st.st_size;)
        good = sendfile(to, from, &done, (size_t)(st.st_size - done)) > 0;
    good = good && fsync(to) == 0;
    if (from >= 0)
        (void)close(from);
    if (to >= 0 && close(to) != 0)
        good = false;
    return good && renameat(dir, "slot0.new", dir, "slot0") == 0;
}

static void execute_image(const char *state_dir, cot_area slot, char **argv)
{
    char path[4096];
    char option[] = "--slot";
    char number[2] = {slot == COT_AREA_SLOT_0 ? '0' : '1', '\0'};
    char *args[ARGS_MAX + 4] = {argv[0], option, number};
    size_t n = 3;
    for (size_t i = 1; argv[i] != NULL && n < ARGS_MAX + 3; i++)
        args[n++] = argv[i];
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (snprintf(path, sizeof path, "%s/slot%s", state_dir, number) < (int)sizeof path)
        (void)execv(path, args);
    fprintf(stderr, "level=error event=start slot=%s reason=\"%s\"\n", number, strerror(errno));
    _exit(127);
}

static bool on_trial(const cot_port *port)
{
    cot_boot_state state;
    return cot_boot_read(port, &state) == COT_OK && state.trial;
}

static int wait_for(const cot_port *port, pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        if (overdue && on_trial(port))
            (void)kill(pid, SIGKILL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_image(const cot_port *port, const char *state_dir, cot_area slot, char **argv)
{
    pid_t pid = fork();
    if (pid < 0)
        return 71;
    if (pid == 0)
        execute_image(state_dir, slot, argv);
    child = pid;
    if (ending)
        (void)kill(pid, SIGTERM); /* the signal came before the child was known */
    fprintf(stderr, "level=info event=start slot=%d pid=%ld\n", slot - COT_AREA_SLOT_0, (long)pid);
    overdue = 0;
    (void)alarm(TRIAL_S);
    int status = wait_for(port, pid);
    (void)alarm(0);
    child = 0;
    fprintf(stderr, "level=info event=end slot=%d status=%d\n", slot - COT_AREA_SLOT_0, status);
    return status;
}

static int run_images(const cot_port *port, const cot_crypto *crypto, const char *state_dir,
                      char **argv)
{
    static uint8_t scratch[4096];
    for (;;) {
        cot_area slot;
        cot_status s = cot_boot_choose(port, crypto, scratch, sizeof scratch, &slot);
        if (s != COT_OK)
            fprintf(stderr, "level=error event=boot reason=\"%s\"\n", cot_status_text(s));
        int status = run_image(port, state_dir, slot, argv);
        if (ending)
            return status;
        bool trial = on_trial(port);
        if (status != LAUNCHER_RESTART && !trial && status < 128)
            return status; /* a wrong option, a missing file */
        if (status != LAUNCHER_RESTART) {
            struct timespec pause = {.tv_sec = trial ? 0 : CRASH_PAUSE_S};
            (void)nanosleep(&pause, NULL);
        }
    }
}

int launcher_run(const char *state_dir, const cot_crypto *crypto, char **argv)
{
    static cot_posix posix;
    static cot_port port;
    if (cot_posix_open(&posix, &port, 0, state_dir, NULL) != COT_OK || !catch_signals() ||
        !make_factory_image(posix.dir)) {
        fprintf(stderr, "cotter-device: %s: %s\n", state_dir, strerror(errno));
        return 73;
    }
    (void)close(posix.fd); /* the launcher needs the areas only */
    posix.fd = -1;
    int status = run_images(&port, crypto, state_dir, argv);
    cot_posix_close(&posix);
    return status;
}
