/* SPDX-License-Identifier: Apache-2.0 */
/* A channel between two processes: SOCK_SEQPACKET, small versioned messages, many of them in one
 * datagram, descriptors by SCM_RIGHTS. Non-blocking; what cannot be sent yet waits in a bounded queue.
 *
 * A message is a header and a body; the body of each type is in server/ipc/messages.h:
 *     u8 version (IPC_VERSION) · u8 type (ipc_type) · u16 flags (bit 0: a descriptor goes with it) ·
 *     u32 length of the body
 * A datagram holds whole messages, at most IPC_DATAGRAM_MAX bytes, and at most one descriptor, which
 * belongs to its last message. The receiver's one copy is recvmsg() itself: no memory is shared.
 * A datagram that breaks these rules closes the channel (it comes from a broken or hostile peer).
 *
 *     ipc_put_answer(ipc_begin(&ch, IPC_ANSWER), &answer);
 *     cot_status s = ipc_end(&ch, -1);
 */
#ifndef COTTER_SERVER_IPC_IPC_H
#define COTTER_SERVER_IPC_IPC_H

#include "core/base/bytes.h"
#include "server/ipc/loop.h"
#include "server/ipc/messages.h"

#define IPC_VERSION 1u
#define IPC_HEADER 8u
#define IPC_DATAGRAM_MAX 65536u
#define IPC_BODY_MAX (IPC_DATAGRAM_MAX - IPC_HEADER)
#define IPC_QUEUED_FDS 32u

typedef struct ipc_channel ipc_channel;

/* One received message. `body` is borrowed for the call. `fd` is -1, or a descriptor that the handler
 * owns from now on (with CLOEXEC set). Return COT_OK, or an error when the body is malformed: the channel is
 * closed then. */
typedef cot_status ipc_handler(ipc_channel *c, ipc_type type, cot_reader *body, int fd);
/* The peer has gone (process died, or broke the rules). The channel is already closed; the handler
 * may free it or open it again. */
typedef void ipc_closed(ipc_channel *c);

struct ipc_channel {
    loop_io io; /* io.fd is -1 when closed */
    loop *loop;
    loop_hook hook;
    ipc_handler *on_message;
    ipc_closed *on_closed;
    void *ctx;    /* the caller's */
    uint8_t *in;  /* IPC_DATAGRAM_MAX */
    uint8_t *out; /* messages that wait: out[out_head..out_tail) */
    size_t out_cap;
    size_t out_head;
    size_t out_tail;
    cot_writer draft; /* the message between ipc_begin and ipc_end */
    bool secret;      /* the caller's: wipe what came and what was sent as soon as it is used */
    bool blocked;     /* the kernel took no more; EPOLLOUT is watched */
    bool broken; /* the kernel refused what was to be sent; the channel ends at its next event */
    int fds[IPC_QUEUED_FDS]; /* of the queued messages that carry one, in order */
    size_t fd_count;
    uint64_t sent;
    uint64_t received; /* messages */
};

/* Take over the connected SOCK_SEQPACKET descriptor `fd` and serve it in `l`. `queue` is the bound of
 * the output queue in bytes, ≥ 2 × IPC_DATAGRAM_MAX. A zeroed channel may be opened; a closed one again,
 * which keeps its buffers and drops what was queued. What is sent in one turn of the loop goes out in
 * as few datagrams as possible before the loop sleeps.
 * COT_OK; COT_E_IO (fd is closed then); COT_E_INTERNAL out of memory (likewise). */
cot_status ipc_open(ipc_channel *c, loop *l, int fd, size_t queue);
/* Close without a callback. What is queued is lost. */
void ipc_close(ipc_channel *c);
/* Close and free the buffers. */
void ipc_free(ipc_channel *c);
bool ipc_is_open(const ipc_channel *c);

/* Start a message; write its body into the writer that is returned, then call ipc_end. Never NULL:
 * on a closed channel or a full queue the writer has no room and ipc_end reports it. */
cot_writer *ipc_begin(ipc_channel *c, ipc_type type);
/* Queue it. `fd` ≥ 0 is duplicated into the queue and stays the caller's.
 * COT_OK; COT_E_CLOSED; COT_E_LIMIT: the queue is full, nothing was queued: keep the work and try again
 * later, or refuse it; COT_E_RANGE: the body broke a limit of its struct (a bug). */
cot_status ipc_end(ipc_channel *c, int fd);
/* A message without a body. */
cot_status ipc_send_empty(ipc_channel *c, ipc_type type);
/* Send what is queued as far as the kernel takes it. The loop does this by itself. */
void ipc_flush(ipc_channel *c);
/* Bytes that may still be queued. */
size_t ipc_room(const ipc_channel *c);

/* A pair of connected descriptors, non-blocking, CLOEXEC, with send buffers of ~1 MiB. COT_OK; COT_E_IO. */
cot_status ipc_pair(int fds[2]);

#endif
