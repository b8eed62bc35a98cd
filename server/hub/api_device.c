/* SPDX-License-Identifier: Apache-2.0 */
/* API: devices, one by one and listed. */
#include "server/hub/api.h"

#include "server/hub/api_device.h"

#include "core/lwm2m/link.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string.h>

static void write_objects(cot_writer *w, cot_bytes links)
{
    cot_link_reader r;
    cot_link link;
    uint64_t count = 0;
    hub_put_key(w, "objects");
    size_t start = w->len;
    cot_link_reader_init(&r, links);
    while (cot_link_next(&r, (cot_bytes){NULL, 0}, &link) == COT_OK) {
        if (!link.is_path || link.path.level == 0)
            continue;
        cot_cbor_write_map(w, 1);
        hub_put_path(w, "path", &link.path);
        count++;
    }
    cot_cbor_insert_array(w, start, count);
}

void hub_write_device(cot_writer *w, const store_device *d, const cot_bytes *links)
{
    cot_cbor_write_map(w, links == NULL ? 13 : 14);
    hub_put_text(w, "endpoint", d->endpoint);
    hub_put_text(w, "mode", hub_mode_text(d->mode));
    hub_put_text_or_null(w, "identity", d->identity);
    hub_put_text_or_null(w, "group", d->group_name);
    hub_put_bool(w, "registered", d->registered);
    hub_put_text_or_null(w, "lwm2m", !d->registered ? "" : d->reg.version == 10 ? "1.0" : "1.1");
    hub_put_text_or_null(w, "binding", d->registered ? d->reg.binding : "");
    if (d->registered) {
        hub_put_uint(w, "lifetime", d->reg.lifetime);
        hub_put_address(w, "address", &d->reg.address);
    } else {
        hub_put_null(w, "lifetime");
        hub_put_null(w, "address");
    }
    hub_put_text_or_null(w, "version", d->version);
    hub_put_time(w, "last_seen_at", d->seen_at);
    hub_put_time(w, "registered_at", d->registered ? d->reg.registered_at : 0);
    hub_put_time(w, "created_at", d->created_at);
    if (links != NULL)
        write_objects(w, *links);
}

static uint16_t write_one(hub_request *rq, const store_device *d)
{
    size_t len = 0;
    cot_bytes links = {rq->h->links, 0};
    cot_status s = store_links(rq->h->st, d->id, rq->h->links, sizeof rq->h->links, &len);
    if (s != COT_OK && s != COT_E_NOT_FOUND)
        return hub_problem_of(rq, s, "device");
    links.len = len;
    hub_write_device(&rq->w, d, &links);
    return 200;
}

uint16_t hub_api_device_get(hub_request *rq)
{
    store_device d;
    uint16_t status = hub_need_device(rq, &d);
    return status != 0 ? status : write_one(rq, &d);
}

static bool device_row(void *ctx, const store_device *d)
{
    hub_page *l = ctx;
    if (!hub_page_item(l))
        return false;
    hub_write_device(&l->rq->w, d, NULL);
    return hub_page_item_end(l, d->endpoint);
}

uint16_t hub_api_device_list(hub_request *rq)
{
    hub_page l;
    store_group g;
    bool registered = false;
    store_device_filter f = {0};
    if (hub_arg_given(rq, "group")) {
        cot_status s = store_group_get(rq->h->st, hub_arg_text(rq, "group"), &g);
        if (s != COT_OK)
            return hub_problem_of(rq, s, "group");
        f.group = g.id;
    }
    if (hub_arg_given(rq, "registered")) {
        if (!hub_item_bool(hub_map_find(rq->args, "registered"), &registered))
            rq->bad = "registered";
        f.registered = registered ? STORE_YES : STORE_NO;
    }
    f.prefix = hub_arg_text_or_none(rq, "q");
    f.after = hub_arg_text_or_none(rq, "cursor");
    hub_page_begin(&l, rq);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return hub_page_end(&l, store_device_list(rq->h->st, &f, device_row, &l));
}

uint16_t hub_api_device_edit(hub_request *rq)
{
    store_device d;
    store_group g = {.id = 0};
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    if (hub_arg_given(rq, "group") &&
        (status = hub_need_group(rq, hub_arg_text(rq, "group"), &g)) != 0)
        return status;
    cot_status s = COT_OK;
    if (hub_arg_present(rq, "group"))
        s = store_device_set_group(rq->h->st, d.id, g.id);
    if (s == COT_OK)
        s = hub_upgrade_check(rq->h, d.id);
    if (s == COT_OK)
        s = store_device_by_id(rq->h->st, d.id, &d);
    return s == COT_OK ? write_one(rq, &d) : hub_problem_of(rq, s, "device");
}

uint16_t hub_api_device_remove(hub_request *rq)
{
    store_device d;
    uint16_t status = hub_need_device(rq, &d);
    if (status != 0)
        return status;
    cot_status s = store_device_remove(rq->h->st, d.id);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "device");
    if (d.registered)
        hub_drop(rq->h, &d, true);
    cot_cbor_write_map(&rq->w, 0);
    return 204;
}

/* ---- why ---- */

static const char *advice(uint8_t reason, uint8_t mode)
{
    if (reason == IPC_REASON_IDENTITY_UNKNOWN && mode == IPC_X509)
        return "No device was added with this certificate name. Add it with --x509, or give the "
               "device the "
               "certificate that it was added with.";
    if (reason == IPC_REASON_ENDPOINT_NOT_COVERED && mode == IPC_NOSEC)
        return "Nobody added this endpoint: cotter device add ENDPOINT --nosec.";
    switch (reason) {
    case IPC_REASON_IDENTITY_UNKNOWN:
        return "No device has this PSK identity. Give the device the identity that it was added "
               "with.";
    case IPC_REASON_KEY_WRONG:
        return "The identity is known, but the key differs. Give the device the secret that it was "
               "added with, "
               "or remove and add it with a new one.";
    case IPC_REASON_NO_COMMON_SUITE:
        return "Device and server share no cipher suite. Offer one of TLS_PSK or TLS_ECDHE_ECDSA "
               "WITH_AES_128_CCM_8, _CCM or _GCM_SHA256; CBC is refused.";
    case IPC_REASON_CERT_UNTRUSTED:
        return "The device's certificate does not lead to a client CA of the server's "
               "configuration.";
    case IPC_REASON_CERT_EXPIRED:
        return "The device's certificate is outside its time of validity; check the clocks or "
               "renew it.";
    case IPC_REASON_RPK_UNKNOWN:
        return "No device was added with this public key.";
    case IPC_REASON_ENDPOINT_NOT_COVERED:
        return "The credential of the session belongs to another device, or this endpoint was not "
               "added. Use the "
               "endpoint name that the credential was added for.";
    case IPC_REASON_NOSEC_FORBIDDEN:
        return "This endpoint has a credential, so it cannot register without DTLS. Use coaps.";
    case IPC_REASON_PROTOCOL:
        return "The handshake broke the protocol; a capture shows where.";
    case IPC_REASON_TIMEOUT:
        return "The handshake was begun and not finished; datagrams are lost on the way, or the "
               "device gave up.";
    case IPC_REASON_OVERLOAD:
        return "Too many handshakes at once; the device tries again by itself.";
    default:
        return "";
    }
}

void hub_write_refusal(cot_writer *w, const store_refusal *r)
{
    cot_cbor_write_map(w, 6);
    hub_put_time(w, "at", r->at);
    hub_put_text(w, "reason", hub_reason_text(r->reason));
    hub_put_text(w, "mode", hub_mode_text(r->mode));
    hub_put_address(w, "address", &r->from);
    hub_put_text_or_null(w, "identity", r->identity);
    hub_put_text(w, "text", advice(r->reason, r->mode));
}

static bool refusal_row(void *ctx, const store_refusal *r)
{
    hub_page *l = ctx;
    if (l->count >= 20)
        return false;
    hub_write_refusal(&l->rq->w, r);
    l->count++;
    return true;
}

/* What was refused under the endpoint's name, its identity, or its key. */
uint16_t hub_api_device_why(hub_request *rq)
{
    store_device d = {.id = 0};
    hub_page l = {.rq = rq};
    uint8_t digest[32];
    char hex[65] = "";
    cot_bytes endpoint = hub_arg_text(rq, "endpoint");
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    cot_status s = store_device_get(rq->h->st, endpoint, &d);
    bool known = s == COT_OK;
    cot_cbor_write_map(&rq->w, 1);
    hub_put_key(&rq->w, "refusals");
    l.start = rq->w.len;
    s = store_refusal_list(rq->h->st, endpoint, refusal_row, &l);
    if (s == COT_OK && known && d.identity[0] != '\0' && !cot_bytes_is(endpoint, d.identity))
        s = store_refusal_list(rq->h->st, store_bytes(d.identity), refusal_row, &l);
    if (s == COT_OK && known && store_credential_digest(rq->h->st, d.id, digest) == COT_OK) {
        hub_hex(hex, digest, sizeof digest);
        s = store_refusal_list(rq->h->st, store_bytes(hex), refusal_row, &l);
    }
    if (s != COT_OK)
        return hub_problem_of(rq, s, "device");
    if (!known && l.count == 0)
        return hub_problem_of(rq, COT_E_NOT_FOUND, "device");
    cot_cbor_insert_array(&rq->w, l.start, l.count);
    return 200;
}

/* ---- add ---- */

static bool endpoint_fits(cot_bytes endpoint)
{
    bool good = endpoint.len >= 1 && endpoint.len <= IPC_ENDPOINT_MAX;
    for (size_t i = 0; good && i < endpoint.len; i++)
        good = endpoint.p[i] > 0x20 && endpoint.p[i] != 0x7F && endpoint.p[i] != '/' &&
               endpoint.p[i] != '"' && endpoint.p[i] != '?' && endpoint.p[i] != '#';
    return good;
}

static uint8_t mode_of(cot_bytes text)
{
    for (uint8_t mode = IPC_NOSEC; mode <= IPC_X509; mode++)
        if (cot_bytes_is(text, hub_mode_text(mode)))
            return mode;
    return UINT8_MAX;
}

static cot_bytes text_in(cot_bytes map, const char *key)
{
    cot_bytes text = {NULL, 0};
    (void)hub_item_text(hub_map_find(map, key), &text);
    return text;
}

static cot_bytes bytes_in(cot_bytes map, const char *key)
{
    cot_bytes bytes = {NULL, 0};
    (void)hub_item_bytes(hub_map_find(map, key), &bytes);
    return bytes;
}

static const char *check_credential(cot_bytes map, new_device *n)
{
    cot_bytes identity = text_in(map, "identity");
    cot_bytes key = bytes_in(map, "public_key");
    unsigned digest_len = 0;
    n->row.sealed = bytes_in(map, "sealed");
    if (identity.len > IPC_IDENTITY_MAX)
        return "\"identity\" is longer than 128 bytes.";
    if ((n->row.mode == IPC_PSK || n->row.mode == IPC_X509) && identity.len == 0)
        identity = n->row.endpoint;
    if (n->row.mode == IPC_PSK && (n->row.sealed.len == 0 || n->row.sealed.len > IPC_SEALED_MAX))
        return "Mode psk needs a \"secret\".";
    if (n->row.mode != IPC_PSK && n->row.sealed.len > 0)
        return "Only mode psk has a \"secret\".";
    if ((n->row.mode == IPC_RPK) != (key.len > 0))
        return "Mode rpk, and no other, needs a \"public_key\".";
    if (n->row.mode == IPC_PSK || n->row.mode == IPC_X509)
        n->row.identity = identity;
    if (identity.len > IPC_IDENTITY_MAX)
        return "The endpoint is too long to be the identity too: give an \"identity\" of at most "
               "128 bytes.";
    if (n->row.mode == IPC_RPK) {
        if (EVP_Digest(key.p, key.len, n->digest, &digest_len, EVP_sha256(), NULL) != 1)
            return "The public key could not be hashed.";
        n->row.digest = (cot_bytes){n->digest, sizeof n->digest};
    }
    return NULL;
}

const char *hub_new_device_check(hub *h, cot_bytes map, new_device *n)
{
    uint16_t mid = 0;
    store_group g;
    *n = (new_device){.row = {.now = h->utc}, .status = 422};
    n->row.endpoint = text_in(map, "endpoint");
    n->row.mode = mode_of(text_in(map, "mode"));
    if (!endpoint_fits(n->row.endpoint))
        return "\"endpoint\" is to be 1 to 255 bytes without spaces, control characters and / \" ? "
               "#.";
    if (n->row.mode == UINT8_MAX)
        return "\"mode\" is to be nosec, psk, rpk or x509.";
    const char *wrong = check_credential(map, n);
    if (wrong != NULL)
        return wrong;
    cot_bytes group = text_in(map, "group");
    if (group.len > 0) {
        if (store_group_get(h->st, group, &g) != COT_OK) {
            n->status = 409; /* 404 would say that the device is not there */
            return "There is no such group: add it first.";
        }
        n->row.group = g.id;
    }
    if (RAND_bytes((unsigned char *)&mid, sizeof mid) != 1)
        return "The server has no random numbers.";
    n->row.mid = (uint16_t)(mid | 0x8000);
    return NULL;
}

uint16_t hub_api_device_add(hub_request *rq)
{
    new_device n;
    store_device d;
    store_id id = 0;
    uint64_t devices = 0;
    char made[IPC_ENDPOINT_MAX + 1];
    cot_status s = COT_OK;
    const char *wrong = hub_new_device_check(rq->h, rq->args, &n);
    if (wrong != NULL)
        return hub_problem(rq, n.status, wrong);
    (void)store_chars(rq->subject, sizeof rq->subject, n.row.endpoint);
    if (!hub_made_before(rq, made, sizeof made)) {
        s = store_count(rq->h->st, "devices", &devices);
        if (s == COT_OK && devices >= rq->h->config.max_devices)
            return hub_problem(
                rq, 409,
                "The server has as many devices as its configuration allows (max_devices).");
        if (s == COT_OK)
            s = store_device_add(rq->h->st, &n.row, &id);
        if (s == COT_E_EXISTS)
            return hub_problem(
                rq, 409, "A device with this endpoint, identity or public key is there already.");
        if (s == COT_OK)
            s = hub_note_made(rq, rq->subject);
    }
    if (s == COT_OK)
        s = store_device_get(rq->h->st, n.row.endpoint, &d);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "device");
    uint16_t status = write_one(rq, &d);
    return status == 200 ? 201 : status;
}
