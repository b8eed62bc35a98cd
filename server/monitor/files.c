/* SPDX-License-Identifier: Apache-2.0 */
/* Directories, lock, table files and identities of cotterd's processes. */
#include "server/monitor/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000
#define FALLBACK_UID 61200u /* + role: of systemd's range for users that are in no file */

static cot_status wrong(char *error, const char *path, const char *what)
{
    (void)snprintf(error, CONFIG_ERROR_MAX, "%s: %s: %s", path, what, strerror(errno));
    return COT_E_IO;
}

/* Make `path` and what is missing above it; returns a descriptor of it, or -1. */
static int make_path(const char *path, mode_t mode)
{
    char part[CONFIG_PATH_MAX + 32];
    for (const char *p = path + 1; *p != '\0'; p++) {
        size_t n = (size_t)(p - path);
        if (*p != '/' || n >= sizeof part)
            continue;
        memcpy(part, path, n);
        part[n] = '\0';
        if (mkdir(part, 0755) == 0 ? chmod(part, 0755) != 0 : errno != EEXIST)
            return -1;
    }
    bool made = mkdir(path, mode) == 0;
    if (!made && errno != EEXIST)
        return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && made && fchmod(fd, mode) != 0) /* whatever the umask was */
        return -1;
    return fd;
}

static int make_dir(int parent, const char *name, mode_t mode)
{
    if (mkdirat(parent, name, mode) != 0 && errno != EEXIST)
        return -1;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fchmod(fd, mode) != 0)
        return -1;
    return fd;
}

/* Give a process's directory and the plain files in it to its user: after a change of users. */
static cot_status hand_over(int dir, const sandbox_identity *id)
{
    struct stat st;
    if (!id->change || fstat(dir, &st) != 0 || (st.st_uid == id->uid && st.st_gid == id->gid))
        return COT_OK;
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    if (d == NULL)
        return COT_E_IO;
    bool ok = true;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        if (e->d_type == DT_REG)
            ok = fchownat(dir, e->d_name, id->uid, id->gid, AT_SYMLINK_NOFOLLOW) == 0 && ok;
    closedir(d);
    return ok && fchown(dir, id->uid, id->gid) == 0 ? COT_OK : COT_E_IO;
}

static void identify(files *f, const config *c)
{
    bool root = geteuid() == 0;
    const struct group *g = getgrnam(c->users[0]);
    f->group = g != NULL ? g->gr_gid : getegid();
    for (unsigned role = IPC_NET; root && role <= IPC_HTTP; role++) {
        const struct passwd *p = getpwnam(c->users[role]);
        f->id[role].change = true;
        f->id[role].uid = p != NULL ? p->pw_uid : FALLBACK_UID + role;
        f->id[role].gid = p != NULL ? p->pw_gid : FALLBACK_UID + role;
        if (p == NULL)
            log_line("warn", "monitor.user_missing", "user=%s fallback_uid=%u", c->users[role],
                     f->id[role].uid);
    }
    if (!root)
        log_line("warn", "monitor.not_root",
                 "fallback=\"children keep this user and root directory\"");
}

static cot_status take_lock(int *lock, const char *path, int dir, char *error)
{
    /* Read-only: the children hold it too, and must not be able to fill the disk through it. */
    *lock = openat(dir, "lock", O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*lock < 0)
        return wrong(error, path, "lock cannot be made");
    for (int waited = 0; flock(*lock, LOCK_EX | LOCK_NB) != 0; waited += 20) {
        if (waited >= LOCK_WAIT_MS) {
            (void)snprintf(error, CONFIG_ERROR_MAX, "%s: another cotterd uses this directory",
                           path);
            return COT_E_STATE;
        }
        struct timespec pause = {.tv_nsec = 20000000};
        (void)nanosleep(&pause, NULL);
    }
    return COT_OK;
}

static cot_status prepare_run(files *f, const config *c, char *error)
{
    int run = make_path(c->run, 0755);
    if (run < 0)
        return wrong(error, c->run, "directory cannot be made");
    cot_status s = take_lock(&f->lock, c->run, run, error);
    if (s != COT_OK)
        return s;
    f->empty = make_dir(run, "empty", 0555);
    int tables = make_dir(run, "tables", 0700);
    if (f->empty < 0 || tables < 0)
        return wrong(error, c->run, "directories cannot be made");
    for (uint32_t i = 0; i < c->workers; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "table.%u", i);
        f->tables[i] = openat(tables, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (f->tables[i] < 0)
            return wrong(error, c->run, "table file cannot be opened");
    }
    f->admin_token = openat(run, "admin.token", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (f->admin_token < 0 || fchmod(f->admin_token, 0640) != 0)
        return wrong(error, c->run, "admin.token cannot be opened");
    if (geteuid() == 0 && fchown(f->admin_token, 0, f->group) != 0)
        return wrong(error, c->run, "admin.token cannot be given to its group");
    close(tables);
    close(run);
    return COT_OK;
}

static cot_status prepare_data(files *f, const config *c, char *error)
{
    int data = make_path(c->data, 0711);
    if (data < 0)
        return wrong(error, c->data, "directory cannot be made");
    cot_status s = take_lock(&f->data_lock, c->data, data, error);
    if (s != COT_OK)
        return s;
    f->keys_dir = make_dir(data, "keys", 0700);
    f->hub_dir = make_dir(data, "hub", 0700);
    close(data);
    if (f->keys_dir < 0 || f->hub_dir < 0 || hand_over(f->keys_dir, &f->id[IPC_KEYS]) != COT_OK ||
        hand_over(f->hub_dir, &f->id[IPC_HUB]) != COT_OK)
        return wrong(error, c->data, "directories cannot be made");
    if (!files_fresh(f) && faccessat(f->keys_dir, "sealing.key", F_OK, 0) != 0) {
        (void)snprintf(error, CONFIG_ERROR_MAX,
                       "%s/keys/sealing.key: is missing, but there is a database sealed with it: "
                       "restore it from your backup",
                       c->data);
        return COT_E_STATE;
    }
    return COT_OK;
}

static cot_status read_boot_id(files *f, char *error)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    char text[37];
    int fd = files_read(path);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (n < 36)
        return wrong(error, path, "cannot be read");
    size_t digits = 0;
    for (size_t i = 0; i < 36 && digits < 32; i++) {
        char ch = text[i];
        if (ch == '-')
            continue;
        uint8_t v = (uint8_t)(ch <= '9' ? ch - '0' : ch - 'a' + 10);
        f->boot_id[digits / 2] = (uint8_t)(f->boot_id[digits / 2] << 4 | (v & 15));
        digits++;
    }
    return COT_OK;
}

cot_status files_prepare(files *f, const config *c, char error[static CONFIG_ERROR_MAX])
{
    memset(f, 0, sizeof *f);
    identify(f, c);
    cot_status s = prepare_run(f, c, error);
    if (s == COT_OK)
        s = prepare_data(f, c, error);
    if (s == COT_OK)
        s = read_boot_id(f, error);
    for (unsigned role = IPC_NET; role <= IPC_HTTP; role++)
        f->id[role].root = role == IPC_HUB ? f->hub_dir : f->empty;
    return s;
}

bool files_fresh(const files *f)
{
    return faccessat(f->hub_dir, "cotter.db", F_OK, 0) != 0;
}

int files_read(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC);
}

int files_read_key_file(const files *f, const char *name)
{
    return openat(f->keys_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}
