/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory in two states: as programs see them, and as they are on the platter. */
#include "tests/unit/crash_vfs.h"

#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

#define FILES 8u
#define NAME 128u
#define REGIONS 8u
#define WRITES 4096u

typedef struct image {
    uint8_t *p;
    size_t len;
    size_t cap;
} image;

typedef struct write_op {
    size_t at;
    size_t len;
    uint8_t *bytes; /* NULL: truncated to `at` */
} write_op;

typedef struct disk_file {
    char name[NAME];
    bool seen;    /* it exists for programs */
    bool durable; /* it exists on the platter */
    image now;
    image synced;
    write_op ops[WRITES]; /* since the last sync */
    size_t op_count;
    void *shm[REGIONS];
} disk_file;

typedef struct open_file {
    sqlite3_file base;
    disk_file *f;
} open_file;

static disk_file files[FILES];
static uint64_t steps;
static uint64_t cut;
static bool is_full;
static bool lying;

/* ---- images ---- */

static void reserve(image *i, size_t len)
{
    if (len <= i->cap)
        return;
    size_t cap = i->cap == 0 ? 65536 : i->cap;
    while (cap < len)
        cap *= 2;
    i->p = realloc(i->p, cap);
    if (i->p == NULL)
        abort();
    memset(i->p + i->cap, 0, cap - i->cap);
    i->cap = cap;
}

static void image_write(image *i, size_t at, const uint8_t *bytes, size_t len)
{
    reserve(i, at + len);
    memcpy(i->p + at, bytes, len);
    if (at + len > i->len)
        i->len = at + len;
}

static void image_cut(image *i, size_t len)
{
    if (len < i->len)
        memset(i->p + len, 0, i->len - len);
    i->len = len < i->len ? len : i->len;
}

static void image_copy(image *to, const image *from)
{
    reserve(to, from->len);
    if (from->len > 0)
        memcpy(to->p, from->p, from->len);
    image_cut(to, from->len);
    to->len = from->len;
}

static void forget_ops(disk_file *f)
{
    for (size_t i = 0; i < f->op_count; i++)
        free(f->ops[i].bytes);
    f->op_count = 0;
}

static void note(disk_file *f, size_t at, const void *bytes, size_t len)
{
    if (f->op_count == WRITES)
        abort(); /* the script is too long for this test */
    write_op *op = &f->ops[f->op_count++];
    *op = (write_op){at, len, NULL};
    if (bytes != NULL) {
        op->bytes = malloc(len);
        if (op->bytes == NULL)
            abort();
        memcpy(op->bytes, bytes, len);
    }
}

/* ---- SQLite's file methods ---- */

static bool off(void)
{
    steps++;
    return cut != 0 && steps >= cut;
}

static disk_file *file_of(sqlite3_file *p)
{
    return ((open_file *)(void *)p)->f;
}

static int x_close(sqlite3_file *p)
{
    (void)p;
    return SQLITE_OK;
}

static int x_read(sqlite3_file *p, void *out, int n, sqlite3_int64 at)
{
    const image *i = &file_of(p)->now;
    size_t len = (size_t)n;
    size_t from = (size_t)at;
    size_t have = from >= i->len ? 0 : i->len - from;
    if (have > len)
        have = len;
    memset(out, 0, len);
    if (have > 0)
        memcpy(out, i->p + from, have);
    return have == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int x_write(sqlite3_file *p, const void *bytes, int n, sqlite3_int64 at)
{
    disk_file *f = file_of(p);
    if (off())
        return SQLITE_IOERR_WRITE;
    if (is_full && (size_t)at + (size_t)n > f->now.len)
        return SQLITE_FULL;
    image_write(&f->now, (size_t)at, bytes, (size_t)n);
    note(f, (size_t)at, bytes, (size_t)n);
    return SQLITE_OK;
}

static int x_truncate(sqlite3_file *p, sqlite3_int64 size)
{
    disk_file *f = file_of(p);
    if (off())
        return SQLITE_IOERR_TRUNCATE;
    image_cut(&f->now, (size_t)size);
    note(f, (size_t)size, NULL, 0);
    return SQLITE_OK;
}

static int x_sync(sqlite3_file *p, int flags)
{
    disk_file *f = file_of(p);
    (void)flags;
    if (off())
        return SQLITE_IOERR_FSYNC;
    if (lying)
        return SQLITE_OK;
    image_copy(&f->synced, &f->now);
    f->durable = true;
    forget_ops(f);
    return SQLITE_OK;
}

static int x_size(sqlite3_file *p, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)file_of(p)->now.len;
    return SQLITE_OK;
}

static int x_lock(sqlite3_file *p, int level)
{
    (void)p;
    (void)level;
    return SQLITE_OK;
}

static int x_check_lock(sqlite3_file *p, int *held)
{
    (void)p;
    *held = 0;
    return SQLITE_OK;
}

static int x_control(sqlite3_file *p, int op, void *arg)
{
    (void)p;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int x_sector(sqlite3_file *p)
{
    (void)p;
    return 512;
}

static int x_characteristics(sqlite3_file *p)
{
    (void)p;
    return 0;
}

static int x_shm_map(sqlite3_file *p, int region, int size, int extend, void volatile **out)
{
    disk_file *f = file_of(p);
    (void)extend;
    if ((unsigned)region >= REGIONS)
        return SQLITE_IOERR_SHMMAP;
    if (f->shm[region] == NULL)
        f->shm[region] = calloc(1, (size_t)size);
    *out = f->shm[region];
    return SQLITE_OK;
}

static int x_shm_lock(sqlite3_file *p, int at, int n, int flags)
{
    (void)p;
    (void)at;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void x_shm_barrier(sqlite3_file *p)
{
    (void)p;
}

static void drop_shm(disk_file *f)
{
    for (size_t i = 0; i < REGIONS; i++) {
        free(f->shm[i]);
        f->shm[i] = NULL;
    }
}

static int x_shm_unmap(sqlite3_file *p, int remove)
{
    if (remove)
        drop_shm(file_of(p));
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_size,
    .xLock = x_lock,
    .xUnlock = x_lock,
    .xCheckReservedLock = x_check_lock,
    .xFileControl = x_control,
    .xSectorSize = x_sector,
    .xDeviceCharacteristics = x_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

/* ---- SQLite's file system methods ---- */

static disk_file *find(const char *name, bool make)
{
    disk_file *unused = NULL;
    for (size_t i = 0; i < FILES; i++) {
        if (files[i].name[0] != '\0' && strcmp(files[i].name, name) == 0)
            return &files[i];
        if (files[i].name[0] == '\0' && unused == NULL)
            unused = &files[i];
    }
    if (!make || unused == NULL || strlen(name) >= NAME)
        return NULL;
    memcpy(unused->name, name, strlen(name) + 1);
    return unused;
}

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *p, int flags, int *out)
{
    open_file *o = (open_file *)(void *)p;
    (void)v;
    o->f = find(name == NULL ? "temporary" : name, true);
    if (o->f == NULL)
        return SQLITE_CANTOPEN;
    if (!o->f->seen && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    o->f->seen = true;
    o->base.pMethods = &methods;
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
    disk_file *f = find(name, false);
    (void)v;
    (void)sync;
    if (f == NULL || !f->seen)
        return SQLITE_IOERR_DELETE_NOENT;
    f->seen = false;
    f->durable = false;
    image_cut(&f->now, 0);
    image_cut(&f->synced, 0);
    forget_ops(f);
    return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
    const disk_file *f = find(name, false);
    (void)v;
    (void)flags;
    *out = f != NULL && f->seen;
    return SQLITE_OK;
}

static int v_full_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
    (void)v;
    if ((int)strlen(name) >= n)
        return SQLITE_CANTOPEN;
    memcpy(out, name, strlen(name) + 1);
    return SQLITE_OK;
}

void crash_vfs_install(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
    vfs = *unix_vfs; /* time, randomness, sleep */
    vfs.zName = "crash";
    vfs.pNext = NULL;
    vfs.szOsFile = sizeof(open_file);
    vfs.xOpen = v_open;
    vfs.xDelete = v_delete;
    vfs.xAccess = v_access;
    vfs.xFullPathname = v_full_path;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
}

void crash_vfs_clear(void)
{
    for (size_t i = 0; i < FILES; i++) {
        forget_ops(&files[i]);
        drop_shm(&files[i]);
        free(files[i].now.p);
        free(files[i].synced.p);
        memset(&files[i], 0, sizeof files[i]);
    }
    steps = 0;
    cut = 0;
    is_full = false;
    lying = false;
}

uint64_t crash_vfs_steps(void)
{
    return steps;
}

void crash_vfs_cut_at(uint64_t step)
{
    cut = step;
}

/* SplitMix64. */
static uint64_t next(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void settle(disk_file *f, uint64_t *seed)
{
    for (size_t i = 0; *seed != 0 && i < f->op_count; i++) {
        const write_op *op = &f->ops[i];
        if (next(seed) % 2 == 0)
            continue;
        f->durable = true; /* a new file's name may be there although nobody synced it */
        if (op->bytes == NULL)
            image_cut(&f->synced, op->at);
        else
            image_write(&f->synced, op->at, op->bytes,
                        next(seed) % 8 == 0 ? op->len / 512 / 2 * 512 : op->len);
    }
    image_copy(&f->now, &f->synced);
    f->seen = f->durable;
    forget_ops(f);
    drop_shm(f);
}

void crash_vfs_power_on(uint64_t seed)
{
    cut = 0;
    for (size_t i = 0; i < FILES; i++)
        if (files[i].name[0] != '\0')
            settle(&files[i], &seed);
}

void crash_vfs_full(bool full)
{
    is_full = full;
}

void crash_vfs_lie(bool lie)
{
    lying = lie;
}
