/* SPDX-License-Identifier: Apache-2.0 */
/* A file system for SQLite that loses power: what was not synced is gone, or half of it is. */
#ifndef COTTER_TESTS_UNIT_CRASH_VFS_H
#define COTTER_TESTS_UNIT_CRASH_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* Register as SQLite's default. Files lie in memory. */
void crash_vfs_install(void);
/* Forget all files. */
void crash_vfs_clear(void);

/* Writes, truncations and syncs so far. */
uint64_t crash_vfs_steps(void);
/* The power goes at that step: it and all later ones fail. 0: never. */
void crash_vfs_cut_at(uint64_t step);
/* Power is back. seed 0: nothing that was not synced is there; else each unsynced write is there or not,
 * by chance, and one of them in part. */
void crash_vfs_power_on(uint64_t seed);
/* The disk is full: writes that make a file longer fail. */
void crash_vfs_full(bool full);
/* Commits do not reach the disk: xSync says yes and does nothing (to see that the test notices). */
void crash_vfs_lie(bool lie);

#endif
