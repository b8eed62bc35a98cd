/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and sealing the records of an established session: RFC 6347 section 4.1, RFC 9146. */
#include "dtls/record.h"

#include "core/base/bytes.h"

#include <stdatomic.h>
#include <string.h>

#define VERSION_1_2 0xfefdu
#define EPOCH 1u
#define NONCE_EXPLICIT 8u
#define PLAINTEXT_MAX 16384u
/* Additional data: without connection ID 13 bytes (RFC 5246 section 6.2.3.3), with one 23 + its
 * length (RFC 9146 section 5.3). */
#define AAD_MAX (23u + COT_DTLS_CID_OUT_MAX)

const uint8_t cot_dtls_close_notify[COT_DTLS_ALERT_LEN] = {1, 0};

static size_t tag_len(uint8_t suite)
{
    return suite == COT_DTLS_CCM_8 ? 8 : 16;
}

/* A store that a kill cannot see out of order: the compiler may not move others across it, and one
 * CPU's stores to shared memory reach a later process in program order. */
static void store_plain(uint64_t *at, uint64_t value)
{
    atomic_signal_fence(memory_order_seq_cst);
    *(volatile uint64_t *)at = value;
    atomic_signal_fence(memory_order_seq_cst);
}

bool cot_dtls_record_valid(const cot_dtls_record *r)
{
    static const uint8_t zero[sizeof r->zero];
    return r->suite >= COT_DTLS_CCM_8 && r->suite <= COT_DTLS_GCM && r->fresh <= 1 &&
           r->cid_in_len <= COT_DTLS_CID_IN_MAX && r->cid_out_len <= COT_DTLS_CID_OUT_MAX &&
           r->out_next <= COT_DTLS_NUMBER_MAX && r->in_top <= COT_DTLS_NUMBER_MAX &&
           memcmp(r->zero, zero, sizeof zero) == 0;
}

/* ---- the header on the wire ---- */

typedef struct header {
    cot_bytes cid;
    cot_bytes fragment;
    uint64_t number; /* without the epoch */
    uint16_t epoch;
    uint8_t type;
} header;

static void read_header(cot_reader *in, size_t cid_len, header *h)
{
    h->type = cot_read_u8(in);
    if (cot_read_u16(in) != VERSION_1_2)
        cot_reader_fail(in, COT_E_MALFORMED);
    h->epoch = cot_read_u16(in);
    h->number = cot_read_uint(in, 6);
    h->cid = cot_read_bytes(in, h->type == COT_DTLS_CID ? cid_len : 0);
    h->fragment = cot_read_bytes(in, cot_read_u16(in));
}

cot_status cot_dtls_record_cid(const uint8_t *dgram, size_t len, size_t cid_len,
                               const uint8_t **cid)
{
    cot_reader in;
    header h;
    cot_reader_init(&in, dgram, len);
    read_header(&in, cid_len, &h);
    if (in.err != COT_OK)
        return COT_E_MALFORMED;
    if (h.type != COT_DTLS_CID || cid_len == 0)
        return COT_E_UNSUPPORTED;
    *cid = h.cid.p;
    return COT_OK;
}

static size_t write_aad(uint8_t aad[static AAD_MAX], uint8_t type, uint64_t number, cot_bytes cid,
                        size_t inner_len)
{
    static const uint8_t placeholder[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    cot_writer w;
    cot_writer_init(&w, aad, AAD_MAX);
    if (type == COT_DTLS_CID) {
        cot_write_bytes(&w, placeholder, sizeof placeholder);
        cot_write_u8(&w, COT_DTLS_CID);
        cot_write_u8(&w, (uint8_t)cid.len);
    } else {
        cot_write_u16(&w, EPOCH);
        cot_write_uint(&w, number, 6);
    }
    cot_write_u8(&w, type);
    cot_write_u16(&w, VERSION_1_2);
    if (type == COT_DTLS_CID) {
        cot_write_u16(&w, EPOCH);
        cot_write_uint(&w, number, 6);
        cot_write_bytes(&w, cid.p, cid.len);
    }
    cot_write_u16(&w, (uint16_t)inner_len);
    return w.len;
}

/* ---- receiving ---- */

static bool seen(const cot_dtls_record *r, uint64_t number)
{
    if (number > r->in_top)
        return false;
    uint64_t age = r->in_top - number;
    return age > 63 || (r->in_window >> age & 1) != 0;
}

/* All that can be said before the AEAD. */
static cot_status check_header(const cot_dtls_record *r, const header *h)
{
    if (h->epoch != EPOCH)
        return COT_E_UNSUPPORTED;
    if (h->type == COT_DTLS_CID
            ? r->cid_in_len == 0
            : r->cid_in_len != 0 || h->type < COT_DTLS_ALERT || h->type > COT_DTLS_DATA)
        return COT_E_UNSUPPORTED;
    if (h->cid.len != 0 && memcmp(h->cid.p, r->cid_in, h->cid.len) != 0)
        return COT_E_NOT_FOUND;
    if (h->fragment.len < NONCE_EXPLICIT + tag_len(r->suite) ||
        h->fragment.len > NONCE_EXPLICIT + tag_len(r->suite) + PLAINTEXT_MAX)
        return COT_E_MALFORMED;
    return seen(r, h->number) ? COT_E_REPLAY : COT_OK;
}

/* DTLSInnerPlaintext: content, type, zeros (RFC 9146 section 4). */
static cot_status strip_inner(cot_dtls_opened *out)
{
    while (out->len > 0 && out->data[out->len - 1] == 0)
        out->len--;
    if (out->len == 0)
        return COT_E_MALFORMED;
    out->type = out->data[--out->len];
    return out->type >= COT_DTLS_ALERT && out->type <= COT_DTLS_DATA ? COT_OK : COT_E_UNSUPPORTED;
}

cot_status cot_dtls_record_open(const cot_dtls_record *r, const cot_dtls_aead *aead,
                                cot_datagram *in, cot_dtls_opened *out)
{
    cot_reader rd;
    header h;
    memset(out, 0, sizeof *out);
    cot_reader_init(&rd, in->p, in->len);
    read_header(&rd, r->cid_in_len, &h);
    uint8_t *start = in->p;
    size_t used = rd.err == COT_OK ? in->len - cot_reader_left(&rd) : in->len;
    in->p += used;
    in->len -= used;
    if (rd.err != COT_OK)
        return rd.err;
    cot_status err = check_header(r, &h);
    if (err != COT_OK)
        return err;

    uint8_t *fragment = start + (used - h.fragment.len);
    uint8_t nonce[12];
    uint8_t aad[AAD_MAX];
    size_t sealed = h.fragment.len - NONCE_EXPLICIT;
    memcpy(nonce, r->iv_in, 4);
    memcpy(nonce + 4, fragment, NONCE_EXPLICIT);
    size_t aad_len = write_aad(aad, h.type, h.number, h.cid, sealed - tag_len(r->suite));
    out->data = fragment + NONCE_EXPLICIT;
    out->len = sealed - tag_len(r->suite);
    out->type = h.type;
    out->number = h.number;
    out->newest = h.number > r->in_top;
    err = aead->open(aead->ctx, (cot_dtls_suite)r->suite, r->key_in, nonce, aad, aad_len, out->data,
                     sealed, out->data);
    if (err == COT_OK && h.type == COT_DTLS_CID)
        err = strip_inner(out);
    return err;
}

cot_status cot_dtls_record_accept(cot_dtls_record *r, uint64_t number, cot_dtls_store store)
{
    cot_dtls_store put = store == NULL ? store_plain : store;
    if (number > r->in_top) {
        uint64_t by = number - r->in_top;
        uint64_t window = by > 63 ? 1 : r->in_window << by | 1;
        put(&r->in_window, UINT64_MAX); /* all seen, until both words fit each other again */
        put(&r->in_top, number);
        put(&r->in_window, window);
    } else if (r->in_top - number <= 63) {
        put(&r->in_window, r->in_window | UINT64_C(1) << (r->in_top - number));
    }
    return number == COT_DTLS_NUMBER_MAX ? COT_E_CLOSED : COT_OK;
}

/* ---- sending ---- */

cot_status cot_dtls_record_reserve(cot_dtls_record *r, uint64_t count, uint64_t *first,
                                   cot_dtls_store store)
{
    cot_dtls_store put = store == NULL ? store_plain : store;
    if (count > COT_DTLS_NUMBER_MAX - r->out_next)
        return COT_E_CLOSED;
    *first = r->out_next;
    put(&r->out_next, r->out_next + count);
    return COT_OK;
}

size_t cot_dtls_record_size(const cot_dtls_record *r, size_t len)
{
    size_t inner = r->cid_out_len > 0 ? 1 : 0;
    return COT_DTLS_HEADER + r->cid_out_len + NONCE_EXPLICIT + len + inner + tag_len(r->suite);
}

cot_status cot_dtls_record_seal(const cot_dtls_record *r, const cot_dtls_aead *aead,
                                uint64_t number, uint8_t type, const uint8_t *data, size_t len,
                                uint8_t *dgram, size_t cap, size_t *used)
{
    *used = cot_dtls_record_size(r, len);
    if (number > COT_DTLS_NUMBER_MAX || type < COT_DTLS_ALERT || type > COT_DTLS_DATA ||
        len > PLAINTEXT_MAX)
        return COT_E_RANGE;
    if (*used > cap)
        return COT_E_SPACE;

    bool with_cid = r->cid_out_len > 0;
    uint8_t outer = with_cid ? COT_DTLS_CID : type;
    size_t header_len = COT_DTLS_HEADER + r->cid_out_len;
    uint8_t *plain = dgram + header_len + NONCE_EXPLICIT;
    if (len > 0)
        memmove(plain, data, len); /* before the header may overwrite it */
    size_t inner = len;
    if (with_cid)
        plain[inner++] = type;

    cot_writer w;
    cot_writer_init(&w, dgram, header_len + NONCE_EXPLICIT);
    cot_write_u8(&w, outer);
    cot_write_u16(&w, VERSION_1_2);
    cot_write_u16(&w, EPOCH);
    cot_write_uint(&w, number, 6);
    cot_write_bytes(&w, r->cid_out, r->cid_out_len);
    cot_write_u16(&w, (uint16_t)(*used - header_len));
    cot_write_u16(&w, EPOCH); /* explicit nonce = epoch and number (RFC 6655 section 3) */
    cot_write_uint(&w, number, 6);

    uint8_t nonce[12];
    uint8_t aad[AAD_MAX];
    memcpy(nonce, r->iv_out, 4);
    memcpy(nonce + 4, plain - NONCE_EXPLICIT, NONCE_EXPLICIT);
    size_t aad_len = write_aad(aad, outer, number, (cot_bytes){r->cid_out, r->cid_out_len}, inner);
    return aead->seal(aead->ctx, (cot_dtls_suite)r->suite, r->key_out, nonce, aad, aad_len, plain,
                      inner, plain);
}

cot_dtls_alert_action cot_dtls_alert_read(const uint8_t *data, size_t len)
{
    if (len != COT_DTLS_ALERT_LEN)
        return COT_DTLS_ALERT_IGNORE;
    if (data[0] == 2)
        return COT_DTLS_ALERT_FATAL;
    return data[1] == 0 ? COT_DTLS_ALERT_CLOSE : COT_DTLS_ALERT_IGNORE;
}
