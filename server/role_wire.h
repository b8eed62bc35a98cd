/* SPDX-License-Identifier: Apache-2.0 */
/* How the monitor hands a role its configuration, descriptors and first channels. */
#ifndef COTTER_SERVER_ROLE_WIRE_H
#define COTTER_SERVER_ROLE_WIRE_H

#include "server/role.h"

/* Bodies of IPC_START and IPC_DESCRIPTOR; as ipc_put_NAME and ipc_get_NAME. */
void role_put_config(cot_writer *w, const role_config *c);
cot_status role_get_config(cot_reader *r, role_config *c);
void role_put_fd(cot_writer *w, const role_fd *f); /* without the descriptor itself */
cot_status role_get_fd(cot_reader *r, role_fd *f);

/* In the new process: take descriptors and configuration from the monitor's channel `fd`. Waits at
 * most 10 s. COT_OK; COT_E_TIMEOUT; COT_E_CLOSED; COT_E_MALFORMED. The loop and channel are static. */
cot_status role_receive(role_env *env, int fd);

#endif
