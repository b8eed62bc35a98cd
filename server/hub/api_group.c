/* SPDX-License-Identifier: Apache-2.0 */
/* API: groups, and stopping and starting their upgrades. */
#include "server/hub/api.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <stdio.h>
#include <string.h>

#define PARALLEL_DEFAULT 10u
#define PARALLEL_MAX 100000u

static void write_group(cot_writer *w, const store_group *g)
{
    cot_cbor_write_map(w, 8);
    hub_put_text(w, "name", g->name);
    hub_put_uuid(w, "vendor_id", g->vendor);
    hub_put_uuid(w, "class_id", g->class_id);
    hub_put_text(w, "policy", g->policy == STORE_AUTOMATIC ? "automatic" : "manual");
    hub_put_uint(w, "parallel", g->parallel);
    if (g->has_release)
        hub_put_hex(w, "release", g->release, STORE_RELEASE_ID);
    else
        hub_put_null(w, "release");
    hub_put_bool(w, "stopped", g->stopped);
    hub_put_uint(w, "devices", g->devices);
}

/* PEM of a P-256 public key to SPKI DER. */
static bool take_key(cot_bytes pem, store_group *g)
{
    unsigned char *der = NULL;
    char group[32] = "";
    BIO *bio = pem.len > INT32_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    int n = 0;
    if (key != NULL && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
        OBJ_sn2nid(group) == NID_X9_62_prime256v1)
        n = i2d_PUBKEY(key, &der);
    bool good = n > 0 && (size_t)n <= sizeof g->key;
    if (good) {
        memcpy(g->key, der, (size_t)n);
        g->key_len = (size_t)n;
    }
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return good;
}

static const char no_release[] = "There is no such release.";

static const char *take_release(hub_request *rq, store_group *g)
{
    store_release r;
    g->has_release = false;
    if (!hub_arg_given(rq, "release"))
        return NULL;
    if (!hub_parse_hex(hub_arg_text(rq, "release"), g->release, STORE_RELEASE_ID))
        return "\"release\" is to be the id of a release, 32 hex digits, or null for the newest.";
    if (store_release_get(rq->h->st, g->release, &r) != COT_OK)
        return no_release;
    g->has_release = true;
    return NULL;
}

/* What is given of a group's members into `g`. NULL; or what to change. */
static const char *take_members(hub_request *rq, store_group *g)
{
    cot_bytes policy = hub_arg_text_or_none(rq, "policy");
    if (policy.len > 0 && !cot_bytes_is(policy, "manual") && !cot_bytes_is(policy, "automatic"))
        return "\"policy\" is to be manual or automatic.";
    if (policy.len > 0)
        g->policy = cot_bytes_is(policy, "automatic") ? STORE_AUTOMATIC : STORE_MANUAL;
    g->parallel = (uint32_t)hub_arg_uint(rq, "parallel", g->parallel, PARALLEL_MAX);
    if (g->parallel == 0)
        return "\"parallel\" is to be 1 to 100000.";
    if (hub_arg_given(rq, "vendor_id") && !hub_parse_uuid(hub_arg_text(rq, "vendor_id"), g->vendor))
        return "\"vendor_id\" is to be a UUID.";
    if (hub_arg_given(rq, "class_id") && !hub_parse_uuid(hub_arg_text(rq, "class_id"), g->class_id))
        return "\"class_id\" is to be a UUID.";
    if (hub_arg_given(rq, "release_key") && !take_key(hub_arg_text(rq, "release_key"), g))
        return "\"release_key\" is to be the PEM of a P-256 public key (cotter release keygen "
               "prints it).";
    return hub_arg_present(rq, "release") ? take_release(rq, g) : NULL;
}

static bool name_fits(cot_bytes name)
{
    bool good = name.len >= 1 && name.len <= STORE_NAME_MAX;
    for (size_t i = 0; good && i < name.len; i++)
        good = name.p[i] > 0x20 && name.p[i] != 0x7F && name.p[i] != '/' && name.p[i] != '?' &&
               name.p[i] != '#' && name.p[i] != '"';
    return good;
}

/* The group of that name as it is now. */
static uint16_t reply_group(hub_request *rq, uint16_t status)
{
    store_group g;
    uint16_t failed = hub_need_group(rq, store_bytes(rq->subject), &g);
    if (failed != 0)
        return failed;
    write_group(&rq->w, &g);
    return status;
}

uint16_t hub_api_group_add(hub_request *rq)
{
    store_group g = {.parallel = PARALLEL_DEFAULT, .created_at = rq->h->utc};
    store_id id = 0;
    char made[STORE_NAME_MAX + 1];
    cot_bytes name = hub_arg_text(rq, "name");
    (void)hub_arg_text(rq, "vendor_id");
    (void)hub_arg_text(rq, "class_id");
    const char *wrong = take_members(rq, &g);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    if (wrong != NULL)
        return hub_problem(rq, wrong == no_release ? 409 : 422, wrong);
    if (!name_fits(name))
        return hub_problem(
            rq, 422,
            "\"name\" is to be 1 to 64 bytes without spaces, control characters and / \" ? #.");
    (void)store_chars(g.name, sizeof g.name, name);
    hub_audit_subject(rq, g.name);
    cot_status s = COT_OK;
    if (!hub_made_before(rq, made, sizeof made)) {
        s = store_group_add(rq->h->st, &g, &id);
        if (s == COT_OK)
            s = hub_note_made(rq, g.name);
    }
    return s == COT_OK ? reply_group(rq, 201) : hub_problem_of(rq, s, "group");
}

static uint16_t named_group(hub_request *rq, store_group *g)
{
    cot_bytes name = hub_arg_text(rq, "name");
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    uint16_t status = hub_need_group(rq, name, g);
    if (status == 0)
        hub_audit_subject(rq, g->name);
    return status;
}

uint16_t hub_api_group_get(hub_request *rq)
{
    store_group g;
    uint16_t status = named_group(rq, &g);
    if (status != 0)
        return status;
    write_group(&rq->w, &g);
    return 200;
}

uint16_t hub_api_group_edit(hub_request *rq)
{
    store_group g;
    uint16_t status = named_group(rq, &g);
    if (status != 0)
        return status;
    const char *wrong = take_members(rq, &g);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    if (wrong != NULL)
        return hub_problem(rq, wrong == no_release ? 409 : 422, wrong);
    cot_status s = store_group_edit(rq->h->st, &g);
    return s == COT_OK ? reply_group(rq, 200) : hub_problem_of(rq, s, "group");
}

uint16_t hub_api_group_remove(hub_request *rq)
{
    store_group g;
    uint16_t status = named_group(rq, &g);
    if (status != 0)
        return status;
    if (g.devices > 0)
        return hub_problem(rq, 409, "The group has devices: move or remove them first.");
    cot_status s = store_group_remove(rq->h->st, g.id);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "group");
    cot_cbor_write_map(&rq->w, 0);
    return 204;
}

static bool group_row(void *ctx, const store_group *g)
{
    hub_page *l = ctx;
    if (!hub_page_item(l))
        return false;
    write_group(&l->rq->w, g);
    return hub_page_item_end(l, g->name);
}

uint16_t hub_api_group_list(hub_request *rq)
{
    hub_page l;
    cot_bytes after = hub_arg_text_or_none(rq, "cursor");
    hub_page_begin(&l, rq);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return hub_page_end(&l, store_group_list(rq->h->st, after, group_row, &l));
}

static uint16_t set_stopped(hub_request *rq, bool stopped)
{
    store_group g;
    uint16_t status = named_group(rq, &g);
    if (status != 0)
        return status;
    g.stopped = stopped;
    cot_status s = store_group_edit(rq->h->st, &g);
    if (s == COT_OK)
        s = stopped ? hub_upgrade_stop(rq->h, g.id)
                    : store_upgrade_start(rq->h->st, g.id, rq->h->utc);
    return s == COT_OK ? reply_group(rq, 200) : hub_problem_of(rq, s, "group");
}

uint16_t hub_api_upgrade_stop(hub_request *rq)
{
    return set_stopped(rq, true);
}

uint16_t hub_api_upgrade_start(hub_request *rq)
{
    return set_stopped(rq, false);
}
