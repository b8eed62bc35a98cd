/* SPDX-License-Identifier: Apache-2.0 */
/* Write a release: the manifest of our profile, its digest, and the envelope's head. */
#include "core/suit/write.h"

#include "core/cbor/writer.h"
#include "core/cose/sign1.h"
#include "core/suit/envelope.h"

#include <string.h>

enum { REPORT_ALL = 15, FETCH_REPORT = 2 }; /* reporting policies of the draft's examples */

static cot_bytes text(const char *t)
{
    return (cot_bytes){(const uint8_t *)t, strlen(t)};
}

/* A byte string around what is written from `start` on. */
static void wrap(cot_writer *w, size_t start)
{
    uint8_t head[9];
    cot_writer h;
    cot_writer_init(&h, head, sizeof head);
    cot_cbor_write_bytes_head(&h, w->len - start);
    cot_write_insert(w, start, head, h.len);
}

static void write_command(cot_writer *w, uint64_t code, uint64_t argument)
{
    cot_cbor_write_uint(w, code);
    cot_cbor_write_uint(w, argument);
}

/* What the image is and for whom: run before each sequence. */
static void write_shared(cot_writer *w, const cot_suit_release *r)
{
    cot_cbor_write_array(w, 6);
    cot_cbor_write_uint(w, 20); /* override-parameters */
    cot_cbor_write_map(w, 4);
    cot_cbor_write_uint(w, 1); /* vendor-id */
    cot_cbor_write_bytes(w, (cot_bytes){r->vendor_id, sizeof r->vendor_id});
    cot_cbor_write_uint(w, 2); /* class-id */
    cot_cbor_write_bytes(w, (cot_bytes){r->class_id, sizeof r->class_id});
    cot_cbor_write_uint(w, 3); /* image-digest */
    cot_cbor_write_bytes_head(w, COT_SUIT_DIGEST_SIZE);
    cot_suit_digest_write(w, r->digest);
    cot_cbor_write_uint(w, 14); /* image-size */
    cot_cbor_write_uint(w, r->size);
    write_command(w, 1, REPORT_ALL); /* vendor-identifier */
    write_command(w, 2, REPORT_ALL); /* class-identifier */
}

static void write_common(cot_writer *w, const cot_suit_release *r)
{
    static const uint8_t component[] = {0};
    cot_cbor_write_map(w, 2);
    cot_cbor_write_uint(w, 2); /* components [[h'00']] */
    cot_cbor_write_array(w, 1);
    cot_cbor_write_array(w, 1);
    cot_cbor_write_bytes(w, (cot_bytes){component, sizeof component});
    cot_cbor_write_uint(w, 4); /* shared-sequence */
    size_t start = w->len;
    write_shared(w, r);
    wrap(w, start);
}

static void write_validate(cot_writer *w)
{
    cot_cbor_write_array(w, 2);
    write_command(w, 3, REPORT_ALL); /* image-match */
}

static void write_install(cot_writer *w)
{
    cot_cbor_write_array(w, 6);
    cot_cbor_write_uint(w, 20); /* override-parameters */
    cot_cbor_write_map(w, 1);
    cot_cbor_write_uint(w, 21); /* uri */
    cot_cbor_write_text(w, text(COT_SUIT_PAYLOAD_KEY));
    write_command(w, 21, FETCH_REPORT); /* fetch */
    write_command(w, 3, REPORT_ALL);    /* image-match */
}

void cot_suit_write_manifest(cot_writer *w, const cot_suit_release *r)
{
    size_t start = w->len;
    cot_cbor_write_map(w, 5);
    write_command(w, 1, 1);           /* manifest-version */
    write_command(w, 2, r->sequence); /* sequence-number */
    cot_cbor_write_uint(w, 3);        /* common */
    size_t inner = w->len;
    write_common(w, r);
    wrap(w, inner);
    cot_cbor_write_uint(w, 7); /* validate */
    inner = w->len;
    write_validate(w);
    wrap(w, inner);
    cot_cbor_write_uint(w, 20); /* install */
    inner = w->len;
    write_install(w);
    wrap(w, inner);
    wrap(w, start);
}

void cot_suit_digest(cot_bytes manifest, const cot_crypto *crypto,
                     uint8_t out[static COT_SUIT_DIGEST_SIZE])
{
    uint8_t hash[COT_SHA256_SIZE];
    cot_writer w;
    cot_sha256_of(crypto, manifest.p, manifest.len, hash);
    cot_writer_init(&w, out, COT_SUIT_DIGEST_SIZE);
    cot_suit_digest_write(&w, hash);
}

void cot_suit_signing_digest(const uint8_t digest[static COT_SUIT_DIGEST_SIZE],
                             const cot_crypto *crypto, uint8_t out[static COT_SHA256_SIZE])
{
    cot_cose_sign1_digest(cot_cose_es256_protected(), (cot_bytes){digest, COT_SUIT_DIGEST_SIZE},
                          crypto, out);
}

void cot_suit_write_head(cot_writer *w, const uint8_t digest[static COT_SUIT_DIGEST_SIZE],
                         const uint8_t signature[static COT_P256_SIG_SIZE], cot_bytes manifest,
                         uint64_t payload_len)
{
    cot_cbor_write_tag(w, 107);
    cot_cbor_write_map(w, 3);
    cot_cbor_write_uint(w, 2); /* authentication */
    size_t start = w->len;
    cot_cbor_write_array(w, 2);
    cot_cbor_write_bytes(w, (cot_bytes){digest, COT_SUIT_DIGEST_SIZE});
    size_t inner = w->len;
    cot_cose_sign1_write(w, signature);
    wrap(w, inner);
    wrap(w, start);
    cot_cbor_write_uint(w, 3); /* manifest */
    cot_write_bytes(w, manifest.p, manifest.len);
    cot_cbor_write_text(w, text(COT_SUIT_PAYLOAD_KEY));
    cot_cbor_write_bytes_head(w, payload_len);
}
