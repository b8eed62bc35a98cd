/* SPDX-License-Identifier: Apache-2.0 */
/* The one status type of Cotter: 0 is success, negative is failure. Each function lists which of
 * these it may return and what the caller does then. */
#ifndef COTTER_STATUS_H
#define COTTER_STATUS_H

#include <stdint.h>

typedef enum cot_status {
    COT_OK = 0,
    COT_E_TRUNCATED = -1,   /* the input ended inside an element */
    COT_E_MALFORMED = -2,   /* the input breaks its format's rules */
    COT_E_SPACE = -3,       /* the caller's buffer is too small; the size needed is reported */
    COT_E_RANGE = -4,       /* a value is outside what its type or resource allows */
    COT_E_TYPE = -5,        /* a value has another type than asked for */
    COT_E_UNSUPPORTED = -6, /* well-formed, but of a kind that is not implemented */
    COT_E_NOT_FOUND = -7,   /* there is no such element */
    COT_E_EXISTS = -8,      /* there is such an element already */
    COT_E_DENIED = -9,      /* not allowed for this peer or in this state of rights */
    COT_E_AUTH = -10,       /* a signature, tag, key or certificate did not verify */
    COT_E_REPLAY = -11,     /* seen before: dropped */
    COT_E_STATE = -12,      /* the call does not fit the object's state */
    COT_E_AGAIN = -13,      /* cannot be done now; call again after the next event */
    COT_E_LIMIT = -14,      /* a configured bound is reached */
    COT_E_TIMEOUT = -15,    /* the peer did not answer in time */
    COT_E_CLOSED = -16,     /* the peer or the channel has closed */
    COT_E_IO = -17,         /* the port (socket, flash, entropy) failed */
    COT_E_INTERNAL = -18    /* an invariant does not hold: a bug */
} cot_status;

/* A short English text for `s`, never NULL. In an object file of its own, so that a device that does
 * not call it does not carry it. */
const char *cot_status_text(cot_status s);

/* Time in milliseconds since any fixed moment, monotonic; the caller of each sans-IO function passes
 * it in. Deadlines are of the same kind; COT_NEVER means that nothing is due. */
typedef uint64_t cot_ms;
#define COT_NEVER UINT64_MAX

#endif
