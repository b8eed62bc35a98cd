/* SPDX-License-Identifier: Apache-2.0 */
/* API: releases. Publishing checks the whole envelope against the group's key, vendor and class: what does not
 * verify is not taken. */
#include "server/hub/api.h"
#include "server/hub/sealed.h"

#include "core/suit/intake.h"

#include "core/cose/host/crypto_libcrypto.h"

#include <stdio.h>
#include <string.h>

#define ENVELOPE_MAX ((size_t)256 << 20)
#define ENVELOPE_HEAD 4096u /* bytes before the payload */
#define SPKI_POINT 64u      /* x and y are the last bytes of a P-256 key's SPKI */

static void write_release(cot_writer *w, const store_release *r)
{
    cot_cbor_write_map(w, 10);
    hub_put_hex(w, "id", r->id, STORE_RELEASE_ID);
    hub_put_text(w, "version", r->version);
    hub_put_text_or_null(w, "group", r->group_name);
    hub_put_uuid(w, "vendor_id", r->vendor);
    hub_put_uuid(w, "class_id", r->class_id);
    hub_put_uint(w, "sequence", (uint64_t)r->sequence);
    hub_put_uint(w, "size", (uint64_t)r->size);
    hub_put_hex(w, "digest", r->digest, sizeof r->digest);
    hub_put_time(w, "created_at", r->created_at);
    hub_put_text(w, "state", r->state == STORE_PUBLISHED ? "published" : "withdrawn");
}

static const char *refusal(cot_status s)
{
    switch ((int)s) {
    case COT_E_AUTH:
        return "The signature or the payload's digest does not verify under the group's release "
               "key.";
    case COT_E_DENIED:
        return "The release is for another vendor or class than the group.";
    case COT_E_UNSUPPORTED:
        return "The envelope uses parts of SUIT that are not supported.";
    default:
        return "The body is no signed SUIT envelope, or it is cut short.";
    }
}

/* Check all of it; fill what the manifest says. */
static cot_status verify(const store_group *g, cot_bytes envelope, store_release *r)
{
    cot_p256_public key;
    cot_suit_device device = {g->vendor, g->class_id, &key, 0, UINT64_MAX};
    cot_suit_intake in;
    cot_suit_envelope parts;
    uint8_t head[ENVELOPE_HEAD];
    uint8_t digest[COT_SHA256_SIZE];
    cot_bytes stored;
    cot_status s = g->key_len <= SPKI_POINT
                       ? COT_E_AUTH
                       : cot_p256_public_parse(g->key + g->key_len - SPKI_POINT, SPKI_POINT, &key);
    if (s != COT_OK)
        return s;
    cot_suit_intake_init(&in, &device, &cot_crypto_openssl, head, sizeof head);
    s = cot_suit_intake_feed(&in, envelope, &stored);
    if (s == COT_OK)
        s = cot_suit_intake_finish(&in);
    if (s == COT_OK)
        s = cot_suit_envelope_parse(envelope, &parts);
    if (s == COT_OK && in.manifest.sequence > INT64_MAX)
        s = COT_E_RANGE;
    if (s != COT_OK)
        return s;
    cot_sha256_of(&cot_crypto_openssl, parts.manifest.p, parts.manifest.len, digest);
    memcpy(r->id, digest, STORE_RELEASE_ID);
    memcpy(r->digest, in.manifest.digest, sizeof r->digest);
    memcpy(r->vendor, g->vendor, STORE_UUID);
    memcpy(r->class_id, g->class_id, STORE_UUID);
    r->sequence = (int64_t)in.manifest.sequence;
    r->size = (int64_t)in.manifest.size;
    return COT_OK;
}

static uint16_t publish(hub_request *rq, const store_group *g, cot_bytes envelope, store_release *r)
{
    char made[STORE_VERSION_MAX + 1];
    cot_status s = verify(g, envelope, r);
    if (s != COT_OK)
        return hub_problem(rq, 422, refusal(s));
    if (!hub_made_before(rq, made, sizeof made)) {
        s = store_release_add(rq->h->st, r, envelope);
        if (s == COT_OK)
            s = hub_note_made(rq, r->version);
    }
    if (s == COT_OK)
        s = store_release_get(rq->h->st, r->id, r);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "release");
    write_release(&rq->w, r);
    return 201;
}

uint16_t hub_api_release_add(hub_request *rq)
{
    store_group g;
    store_release r = {.created_at = rq->h->utc};
    cot_bytes envelope;
    cot_bytes version = hub_arg_text(rq, "version");
    if (rq->bad == NULL && store_chars(r.version, sizeof r.version, version) != COT_OK)
        rq->bad = "version";
    cot_bytes name = hub_arg_text(rq, "group");
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    uint16_t status = hub_need_group(rq, name, &g);
    if (status != 0)
        return status;
    if (g.key_len == 0)
        return hub_problem(rq, 409, "The group has no release key: set its \"release_key\" first.");
    r.group = g.id;
    hub_audit_subject(rq, r.version);
    (void)snprintf(rq->detail, sizeof rq->detail, "group %s", g.name);
    if (!hub_sealed_map(rq->fd, ENVELOPE_MAX, &envelope))
        return hub_problem(rq, 422, "The envelope is empty, or longer than 256 MiB.");
    status = publish(rq, &g, envelope, &r);
    hub_sealed_unmap(envelope);
    return status;
}

static uint16_t need_release(hub_request *rq, store_release *r)
{
    uint8_t id[STORE_RELEASE_ID];
    cot_bytes text = hub_arg_text(rq, "id");
    if (rq->bad == NULL && !hub_parse_hex(text, id, sizeof id))
        return hub_problem_of(rq, COT_E_NOT_FOUND, "release");
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    cot_status s = store_release_get(rq->h->st, id, r);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "release");
    hub_audit_subject(rq, r->version);
    return 0;
}

uint16_t hub_api_release_get(hub_request *rq)
{
    store_release r;
    uint16_t status = need_release(rq, &r);
    if (status != 0)
        return status;
    write_release(&rq->w, &r);
    return 200;
}

uint16_t hub_api_release_remove(hub_request *rq)
{
    store_release r;
    uint16_t status = need_release(rq, &r);
    if (status != 0)
        return status;
    cot_status s = store_release_withdraw(rq->h->st, r.id);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "release");
    cot_cbor_write_map(&rq->w, 0);
    return 204;
}

static bool release_row(void *ctx, const store_release *r)
{
    hub_page *l = ctx;
    char cursor[24];
    if (!hub_page_item(l))
        return false;
    write_release(&l->rq->w, r);
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)r->seq);
    return hub_page_item_end(l, cursor);
}

uint16_t hub_api_release_list(hub_request *rq)
{
    hub_page l;
    store_id before = hub_cursor_id(rq);
    hub_page_begin(&l, rq);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return hub_page_end(&l, store_release_list(rq->h->st, before, release_row, &l));
}
