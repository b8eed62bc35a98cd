/* SPDX-License-Identifier: Apache-2.0 */
/* The record layer of an established session (RFC 6347 section 4.1, RFC 9146), epoch 1 always:
 * there is no renegotiation. Functions over a caller-owned cot_dtls_record; no allocation, no
 * hidden state.
 *
 * Every change is one to three ordered 64-bit stores through a function that the caller may give,
 * so that the record can lie in memory that outlives the process: a kill between any two stores
 * never lets a replay in and never uses a number twice. */
#ifndef COTTER_DTLS_RECORD_H
#define COTTER_DTLS_RECORD_H

#include <cotter/dtls.h>

#include <stdbool.h>

#define COT_DTLS_ALERT 21u
#define COT_DTLS_HANDSHAKE 22u
#define COT_DTLS_DATA 23u
#define COT_DTLS_CID 25u /* outer type of records with a connection ID */

#define COT_DTLS_NUMBER_MAX ((UINT64_C(1) << 48) - 1)
#define COT_DTLS_HEADER 13u /* bytes before connection ID and fragment */

/* Writes `value` to `*at`; NULL in the functions below means a plain ordered store. */
typedef void (*cot_dtls_store)(uint64_t *at, uint64_t value);

/* Is `r` a session that the functions below can take? For records from an untrusted place. */
bool cot_dtls_record_valid(const cot_dtls_record *r);

/* The connection ID in a datagram's first record, for finding its session before anything else:
 * COT_OK with *cid borrowed (cid_len bytes); COT_E_UNSUPPORTED: a record without connection ID
 * (find the session by address); COT_E_MALFORMED: not a DTLS 1.2 record: drop. */
cot_status cot_dtls_record_cid(const uint8_t *dgram, size_t len, size_t cid_len,
                               const uint8_t **cid);

typedef struct cot_dtls_opened {
    uint8_t *data; /* in the datagram */
    size_t len;
    uint64_t number;
    uint8_t type; /* the inner one: COT_DTLS_DATA, _ALERT, _HANDSHAKE; nothing else comes out */
    bool newest;  /* newer than all before: the address may be adopted (RFC 9146 section 6) */
} cot_dtls_opened;

/* Open the first record of in->p[0..len) in place and advance `in` past it (to the datagram's end
 * when its header cannot be read). Changes nothing in `r`: cot_dtls_record_accept() does.
 * COT_OK; else the record is dropped and counted:
 *   COT_E_TRUNCATED, COT_E_MALFORMED: no DTLS 1.2 record, or the inner type is missing;
 *   COT_E_UNSUPPORTED: epoch 0, a later epoch, or an outer type that does not belong (without the
 *     connection ID that we gave; change_cipher_spec);
 *   COT_E_NOT_FOUND: another connection ID than ours;
 *   COT_E_REPLAY: received before, or older than the window;
 *   COT_E_AUTH: does not authenticate. */
cot_status cot_dtls_record_open(const cot_dtls_record *r, const cot_dtls_aead *aead,
                                cot_datagram *in, cot_dtls_opened *out);

/* Enter an opened record's number into the replay window. Before its data is used.
 * COT_OK; COT_E_CLOSED: it was number 2^48 − 1: use the data, then end the session. */
cot_status cot_dtls_record_accept(cot_dtls_record *r, uint64_t number, cot_dtls_store store);

/* Take `count` numbers for records to be sent, *first … *first + count − 1. They are used up from
 * the store on, sent or not.
 * COT_OK; COT_E_CLOSED: none left; end the session. */
cot_status cot_dtls_record_reserve(cot_dtls_record *r, uint64_t count, uint64_t *first,
                                   cot_dtls_store store);

/* Bytes of a record that carries `len` bytes. */
size_t cot_dtls_record_size(const cot_dtls_record *r, size_t len);

/* Seal data[0..len) (may lie in `dgram`) with a reserved number into dgram[0..cap).
 * COT_OK, *used set; COT_E_SPACE: *used is the size needed; COT_E_RANGE: number > 2^48 − 1, type
 * not one of ours or len > 2^14; COT_E_INTERNAL: the AEAD failed. */
cot_status cot_dtls_record_seal(const cot_dtls_record *r, const cot_dtls_aead *aead,
                                uint64_t number, uint8_t type, const uint8_t *data, size_t len,
                                uint8_t *dgram, size_t cap, size_t *used);

/* What a peer's alert asks for. */
typedef enum cot_dtls_alert_action {
    COT_DTLS_ALERT_IGNORE, /* a warning, or malformed */
    COT_DTLS_ALERT_CLOSE,  /* close_notify: answer with close_notify, end the session */
    COT_DTLS_ALERT_FATAL   /* end the session, answer nothing */
} cot_dtls_alert_action;

cot_dtls_alert_action cot_dtls_alert_read(const uint8_t *data, size_t len);

#define COT_DTLS_ALERT_LEN 2u
extern const uint8_t cot_dtls_close_notify[COT_DTLS_ALERT_LEN];

#endif
