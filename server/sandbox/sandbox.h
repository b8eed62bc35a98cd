/* SPDX-License-Identifier: Apache-2.0 */
/* What a process of cotterd may do, given away in two steps: who it is and what it sees of the machine
 * (before any of its code runs), then which system calls it may make. Lists: server/sandbox/lists.c. */
#ifndef COTTER_SERVER_SANDBOX_SANDBOX_H
#define COTTER_SERVER_SANDBOX_SANDBOX_H

#include <cotter/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sandbox_role {
    SANDBOX_MONITOR = 0,
    SANDBOX_NET = 1,
    SANDBOX_KEYS = 2,
    SANDBOX_HUB = 3,
    SANDBOX_HTTP = 4
} sandbox_role;

typedef struct sandbox_identity {
    uint32_t uid; /* used when `change` */
    uint32_t gid;
    bool change; /* the caller is root and becomes uid:gid */
    int root;    /* directory that becomes "/", or -1 */
} sandbox_identity;

/* Step 1: root directory, user, no new privileges, no core files, keys at most 256 descriptors, not dumpable,
 * dies with its parent.
 * COT_OK; COT_E_DENIED with *what naming the step that the kernel refused. */
cot_status sandbox_enter(sandbox_role role, const sandbox_identity *id, const char **what);

/* Step 2: only the role's list of system calls from now on, in every thread of the process. A call
 * outside it is not made: the process writes one line that names it and dies (SIGSYS).
 * COT_OK; COT_E_DENIED. */
cot_status sandbox_seal(sandbox_role role);

/* Keep secrets at [p, p+len) out of core files, and out of swap from their first use on when the limits
 * allow it. Page-aligned memory only (mmap). */
void sandbox_secret(void *p, size_t len);

#endif
