/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's DTLS side: established sessions in the table, running handshakes in a bounded pool. */
#ifndef COTTER_SERVER_NET_SESSION_H
#define COTTER_SERVER_NET_SESSION_H

#include "server/net/net.h"

/* Memory for handshakes, the server's certificate (DER) and the CAs of client certificates (PEM, may be
 * empty). COT_OK; else *why is one line. */
cot_status net_session_open(net_worker *w, cot_bytes certificate, cot_bytes anchors,
                            const char **why);
/* Free what it holds outside the table; sessions stay. */
void net_session_release(net_worker *w);
/* A datagram came on a DTLS socket. `bytes` are changed. */
void net_session_datagram(net_worker *w, const table_address *from, uint8_t *bytes, size_t len);
/* The slot that a datagram's connection ID names, or TABLE_NONE; only a hint. */
uint32_t net_session_peek(const net_worker *w, const uint8_t *bytes, size_t len);
/* Seal a message for the slot's session and queue it to `to`. Returns the datagram's size, 0: it cannot
 * be sent (then the session has ended). */
size_t net_session_send(net_worker *w, uint32_t slot, const table_address *to, const uint8_t *bytes,
                        size_t len);
/* Bytes that a message of `len` takes in a datagram. */
size_t net_session_size(net_worker *w, uint32_t slot, size_t len);
/* The slot goes: end a handshake context that it still has. */
void net_session_drop_slot(net_worker *w, uint32_t slot);
/* Answers to what handshakes ask for, and the questions again after hub or keys restarted. */
void net_session_on_master(net_worker *w, const ipc_master *m);
void net_session_on_credential(net_worker *w, const ipc_credential *c);
void net_session_on_signature(net_worker *w, const ipc_signature *s);
void net_session_ask_again(net_worker *w);
/* Say close_notify to the peer. */
void net_session_close(net_worker *w, uint32_t slot);

#endif
