/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a process's rights away. */
#include "server/sandbox/sandbox.h"
#include "server/role.h"
#include "server/sandbox/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES 512
#define NAME_MAX_BYTES 24

/* ---- step 1 ---- */

static bool limit(__rlimit_resource_t what, rlim_t to)
{
    struct rlimit r = {.rlim_cur = to, .rlim_max = to};
    return setrlimit(what, &r) == 0;
}

static bool change_root(int root)
{
    return root < 0 || (fchdir(root) == 0 && chroot(".") == 0 && chdir("/") == 0);
}

static bool change_user(const sandbox_identity *id)
{
    if (!id->change)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(id->gid, id->gid, id->gid) == 0 &&
           setresuid(id->uid, id->uid, id->uid) == 0 && setuid(0) != 0;
}

cot_status sandbox_enter(sandbox_role role, const sandbox_identity *id, const char **what)
{
    struct rlimit locked = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)setrlimit(RLIMIT_MEMLOCK, &locked); /* where allowed */
    *what = "limits";
    if (!limit(RLIMIT_CORE, 0) || (role == SANDBOX_KEYS && !limit(RLIMIT_NOFILE, 256)))
        return COT_E_DENIED;
    *what = "root directory";
    if (id->change ? !change_root(id->root) : (id->root >= 0 && fchdir(id->root) != 0))
        return COT_E_DENIED;
    *what = "user";
    if (!change_user(id))
        return COT_E_DENIED;
    *what = "no_new_privs";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return COT_E_DENIED;
    *what = "dumpable";
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return COT_E_DENIED;
    *what = "parent death";
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) /* setresuid() would have cleared it */
        return COT_E_DENIED;
    return COT_OK;
}

void sandbox_secret(void *p, size_t len)
{
    (void)madvise(p, len, MADV_DONTDUMP);
    (void)mlock2(p, len, MLOCK_ONFAULT);
}

/* ---- step 2 ---- */

/* Made before the seal, because the handler may not allocate. */
static char names[NAMES][NAME_MAX_BYTES];

static void name_calls(void)
{
    uint32_t arch = seccomp_arch_native();
    for (int i = 0; i < NAMES; i++) {
        char *name = seccomp_syscall_resolve_num_arch(arch, i);
        (void)snprintf(names[i], sizeof names[i], "%s", name == NULL ? "unknown" : name);
        free(name);
    }
}

static void on_violation(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    int nr = info->si_syscall;
    log_line("error", "sandbox.violation", "syscall=%s number=%d",
             nr >= 0 && nr < NAMES ? names[nr] : "unknown", nr);
    /* The disposition is the default one again: the next forbidden call ends the process by SIGSYS. */
    (void)syscall(SYS_personality, 0xffffffffu);
    _exit(159);
}

static bool allow(scmp_filter_ctx ctx, const sandbox_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        int err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, list->calls[i], 0);
        if (err != 0 && err != -EEXIST)
            return false;
    }
    return true;
}

static bool allow_arguments(scmp_filter_ctx ctx, sandbox_role role)
{
    for (size_t i = 0; i < sandbox_rule_count; i++) {
        const sandbox_rule *r = &sandbox_rules[i];
        if ((r->roles >> role & 1) == 0)
            continue;
        int err = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call, r->args, r->arg);
        if (err != 0 && err != -EEXIST)
            return false;
    }
    return true;
}

cot_status sandbox_seal(sandbox_role role)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_violation;
    action.sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER);
    name_calls();
    if (sigaction(SIGSYS, &action, NULL) != 0)
        return COT_E_DENIED;
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_TRAP);
    if (ctx == NULL)
        return COT_E_DENIED;
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    bool ok = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && allow(ctx, &sandbox_common) &&
              allow(ctx, &sandbox_roles[role]) && allow(ctx, &sandbox_instruments) &&
              allow_arguments(ctx, role) && seccomp_load(ctx) == 0;
    seccomp_release(ctx);
    return ok ? COT_OK : COT_E_DENIED;
}
