/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor makes and opens on disk: the data and run directories, the lock, table files, who the
 * children are. */
#ifndef COTTER_SERVER_MONITOR_FILES_H
#define COTTER_SERVER_MONITOR_FILES_H

#include "server/monitor/config.h"
#include "server/sandbox/sandbox.h"

typedef struct files {
    int lock;      /* RUN/lock: held by the monitor and every child; a new monitor waits for it */
    int data_lock; /* DATA/lock, likewise: one server a database */
    int empty;     /* RUN/empty: the children's root directory */
    int keys_dir;
    int hub_dir;
    int admin_token;
    int tables[ROLE_WORKERS_MAX];
    uint8_t boot_id[16];
    sandbox_identity id[5]; /* by ipc_role */
    uint32_t group;         /* of the admin token and http's Unix socket */
} files;

/* Directories: DATA (0711) with keys/ and hub/ (0700, each its process's); RUN (0755) with tables/ (0700),
 * table.N in it (0600), empty/ (0555), admin.token (0640), lock. Waits up to 10 s for the lock while
 * processes of an earlier monitor end.
 * COT_OK; COT_E_IO, COT_E_STATE with one line in `error`. */
cot_status files_prepare(files *f, const config *c, char error[static CONFIG_ERROR_MAX]);

/* There is no database (yet). */
bool files_fresh(const files *f);
/* Open `path` for reading. -1 with errno. */
int files_read(const char *path);
/* DATA/keys/NAME for reading. -1 with errno. */
int files_read_key_file(const files *f, const char *name);

#endif
