/* SPDX-License-Identifier: Apache-2.0 */
/* Map sealed memfds. */
#include "server/hub/sealed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

bool hub_sealed_map(int fd, size_t max, cot_bytes *out)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0 || (uint64_t)st.st_size > max)
        return false;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS)
        return false;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return false;
    *out = (cot_bytes){p, (size_t)st.st_size};
    return true;
}

void hub_sealed_unmap(cot_bytes mapped)
{
    union {
        const uint8_t *in;
        void *out;
    } p = {.in = mapped.p}; /* mmap gave it without const */
    (void)munmap(p.out, mapped.len);
}
