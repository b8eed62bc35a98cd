/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX port: flash areas as files. A file ends where the erased rest of its area begins, and is
 * opened for each operation, because Linux executes no file that somebody has open for writing. */
#define _GNU_SOURCE
#include "device/port/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const char *const names[COT_AREA_COUNT] = {"log", "slot0", "slot1"};

static int open_area(const cot_posix *p, cot_area area, int flags)
{
    mode_t mode = area == COT_AREA_LOG ? 0600 : 0700;
    return openat(p->dir, names[area], flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

cot_status cot__posix_flash_read(void *ctx, cot_area area, uint32_t offset, void *out, size_t len)
{
    uint8_t *to = out;
    memset(to, 0xFF, len);
    int fd = open_area(ctx, area, O_RDONLY);
    if (fd < 0)
        return errno == ENOENT ? COT_OK : COT_E_IO;
    ssize_t n;
    size_t done = 0;
    do {
        n = pread(fd, to + done, len - done, (off_t)(offset + done));
        done += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    (void)close(fd);
    return n < 0 ? COT_E_IO : COT_OK;
}

static cot_status write_all(int fd, uint32_t offset, const uint8_t *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, bytes + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return COT_E_IO;
        done += (size_t)n;
    }
    return COT_OK;
}

/* The log is what makes an image count, so the images are made durable before the log is. */
static cot_status sync_slots(const cot_posix *p)
{
    cot_status s = COT_OK;
    for (int area = COT_AREA_SLOT_0; area < COT_AREA_COUNT; area++) {
        int fd = open_area(p, (cot_area)area, O_RDONLY);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || fsync(fd) != 0)
            s = COT_E_IO;
        if (fd >= 0)
            (void)close(fd);
    }
    return s;
}

cot_status cot__posix_flash_program(void *ctx, cot_area area, uint32_t offset, const void *bytes,
                                    size_t len)
{
    const cot_posix *p = ctx;
    if (area == COT_AREA_LOG && sync_slots(p) != COT_OK)
        return COT_E_IO;
    int fd = open_area(p, area, O_WRONLY | O_CREAT);
    if (fd < 0)
        return COT_E_IO;
    cot_status s = write_all(fd, offset, bytes, len);
    if (s == COT_OK && area == COT_AREA_LOG && (fsync(fd) != 0 || fsync(p->dir) != 0))
        s = COT_E_IO;
    if (close(fd) != 0)
        s = COT_E_IO;
    return s;
}

static cot_status erase_open(int fd, uint32_t offset, size_t len)
{
    uint8_t ones[512];
    struct stat st;
    if (fstat(fd, &st) != 0)
        return COT_E_IO;
    if ((off_t)offset >= st.st_size)
        return COT_OK;
    if ((off_t)(offset + len) >= st.st_size)
        return ftruncate(fd, (off_t)offset) == 0 ? COT_OK : COT_E_IO;
    memset(ones, 0xFF, sizeof ones);
    cot_status s = COT_OK;
    for (size_t done = 0; done < len && s == COT_OK; done += sizeof ones) {
        size_t n = len - done < sizeof ones ? len - done : sizeof ones;
        s = write_all(fd, offset + (uint32_t)done, ones, n);
    }
    return s;
}

cot_status cot__posix_flash_erase(void *ctx, cot_area area, uint32_t offset, size_t len)
{
    const cot_posix *p = ctx;
    int fd = open_area(p, area, O_RDWR);
    if (fd < 0)
        return errno == ENOENT ? COT_OK : COT_E_IO;
    cot_status s = erase_open(fd, offset, len);
    if (s == COT_OK && area == COT_AREA_LOG && fsync(fd) != 0)
        s = COT_E_IO;
    if (close(fd) != 0)
        s = COT_E_IO;
    return s;
}
