/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the messages' codecs share; internal to server/ipc. */
#ifndef COTTER_SERVER_IPC_CODEC_H
#define COTTER_SERVER_IPC_CODEC_H

#include "server/ipc/messages.h"

/* u16 length and bytes; latches COT_E_RANGE unless min ≤ length ≤ max. */
void ipc__put_blob(cot_writer *w, cot_bytes b, size_t min, size_t max);
cot_bytes ipc__get_blob(cot_reader *r, size_t min, size_t max);
/* One byte that must lie in min..max. */
void ipc__put_enum(cot_writer *w, uint8_t v, uint8_t min, uint8_t max);
uint8_t ipc__get_enum(cot_reader *r, uint8_t min, uint8_t max);
void ipc__put_location(cot_writer *w, const ipc_location *l);
void ipc__get_location(cot_reader *r, ipc_location *l);
void ipc__put_address(cot_writer *w, const ipc_address *a);
void ipc__get_address(cot_reader *r, ipc_address *a);
void ipc__put_path(cot_writer *w, const ipc_path *p);
void ipc__get_path(cot_reader *r, ipc_path *p);

#endif
