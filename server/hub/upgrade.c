/* SPDX-License-Identifier: Apache-2.0 */
/* The upgrade engine: who is outdated, and one attempt from the offer to the confirmation. Each step is one stored
 * change, so that a kill at any moment leaves an upgrade that goes on or is tried again. */
#include "server/hub/upgrade.h"

#include "server/hub/api.h"

#include <stdio.h>
#include <string.h>

enum {
    RESULT_SUCCESS = 1,
    RESULT_SPACE = 2,
    RESULT_INTEGRITY = 5,
    RESULT_PACKAGE = 6,
    RESULT_FAILED = 8,
    RESULT_PROTOCOL = 9
};

static cot_lwm2m_path path_of(uint16_t resource)
{
    return cot_lwm2m_path_of(3, 5, 0, resource, 0);
}

static cot_status put(hub *h, store_upgrade *u)
{
    u->updated_at = h->utc;
    cot_status s = store_upgrade_put(h->st, u);
    if (s != COT_OK)
        return s;
    hub_write_upgrade(hub_event_begin(h), u, h->utc);
    hub_event_end(h, "upgrade");
    return COT_OK;
}

static cot_status move(hub *h, store_upgrade *u, store_upgrade_state state)
{
    u->state = (uint8_t)state;
    u->due_at = h->utc + h->config.upgrade_stall;
    return put(h, u);
}

/* ---- commands ---- */

/* *id: the command; 0 when the device's queue is full, then the attempt's deadline sees to it. */
static cot_status command(hub *h, store_id device, uint8_t operation, uint16_t resource,
                          uint16_t format, cot_bytes payload, store_id *id)
{
    store_command_new c = {
        .device = device,
        .operation = operation,
        .path = path_of(resource),
        .format = format,
        .payload = payload,
        .origin = STORE_ORIGIN_UPGRADE,
        .now = h->utc,
    };
    *id = 0;
    cot_status s = hub_command_add(h, &c, id);
    return s == COT_E_LIMIT ? COT_OK : s;
}

static cot_status write_uri(hub *h, const store_device *d, const char *uri, store_id *id)
{
    uint8_t payload[512];
    cot_lwm2m_encoder e;
    cot_writer w;
    cot_lwm2m_path path = path_of(1);
    cot_value v = cot_value_text(uri);
    cot_writer_init(&w, payload, sizeof payload);
    cot_lwm2m_encode_begin(&e, COT_FORMAT_SENML_CBOR, &path, &w);
    cot_lwm2m_encode_put(&e, &path, &v);
    if (cot_lwm2m_encode_end(&e) != COT_OK)
        return COT_E_INTERNAL;
    return command(h, d->id, IPC_OP_WRITE, 1, COT_FORMAT_SENML_CBOR, (cot_bytes){payload, w.len},
                   id);
}

/* An empty URI: give up what you have (object 5, version 1.1). Told from the offer by its format. */
cot_status hub_upgrade_cancel(hub *h, store_id device)
{
    store_id id = 0;
    cot_status s = store_command_withdraw(h->st, device, STORE_ORIGIN_UPGRADE, h->utc);
    return s == COT_OK
               ? command(h, device, IPC_OP_WRITE, 1, COT_FORMAT_TEXT, (cot_bytes){NULL, 0}, &id)
               : s;
}

static cot_status end_observation(hub *h, store_id device, uint16_t resource)
{
    store_observation o;
    store_id id = 0;
    cot_lwm2m_path path = path_of(resource);
    cot_status s = store_observation_get(h->st, device, &path, &o);
    if (s == COT_E_NOT_FOUND)
        return COT_OK;
    if (s == COT_OK)
        s = store_observation_remove(h->st, device, &path);
    return s == COT_OK ? command(h, device, IPC_OP_CANCEL, resource, 0,
                                 (cot_bytes){o.token, sizeof o.token}, &id)
                       : s;
}

/* ---- outcomes of an attempt ---- */

/* Trying the same release again cannot help. Over DTLS a wrong digest is no accident of the way. */
static bool final_result(const store_device *d, int16_t result)
{
    bool protected_link = d->registered && d->reg.mode != IPC_NOSEC;
    return result == RESULT_SPACE || result == RESULT_PACKAGE || result == RESULT_FAILED ||
           result == RESULT_PROTOCOL || (result == RESULT_INTEGRITY && protected_link);
}

static const char *result_text(int16_t result)
{
    switch (result) {
    case 2:
        return "the device has not enough storage";
    case 3:
        return "the device ran out of memory";
    case 4:
        return "the connection was lost during the download";
    case 5:
        return "signature or digest do not verify on the device";
    case 6:
        return "the release is not for this kind of device";
    case 7:
        return "the device could not use the URI";
    case 8:
        return "the update failed on the device, or the release is older than the one it runs";
    case 9:
        return "the device does not support the protocol of the URI";
    case 10:
        return "cancelled on the device";
    default:
        return "";
    }
}

/* No further attempt; what is left of it on the device's side ends, and there may be a newer release. */
cot_status hub_upgrade_failed(hub *h, const store_device *d, store_upgrade *u, const char *detail)
{
    u->state = STORE_UPGRADE_FAILED;
    u->due_at = 0;
    (void)snprintf(u->detail, sizeof u->detail, "%s", detail);
    cot_status s = put(h, u);
    if (s == COT_OK)
        s = end_observation(h, d->id, 3);
    if (s == COT_OK)
        s = end_observation(h, d->id, 5);
    return s == COT_OK ? hub_upgrade_check(h, d->id) : s;
}

cot_status hub_upgrade_attempt_failed(hub *h, const store_device *d, store_upgrade *u,
                                      int16_t result, const char *detail)
{
    if (result >= 0)
        u->result = result;
    if (u->attempts >= HUB_ATTEMPTS || final_result(d, result))
        return hub_upgrade_failed(h, d, u, detail);
    u->state = STORE_WAITING;
    u->due_at = h->utc + (h->config.upgrade_backoff << (u->attempts > 0 ? u->attempts - 1 : 0));
    (void)snprintf(u->detail, sizeof u->detail, "%s", detail);
    cot_status s = put(h, u);
    return s == COT_OK ? hub_upgrade_check(h, u->device) : s; /* there may be a newer release */
}

static cot_status confirm(hub *h, store_upgrade *u)
{
    u->state = STORE_CONFIRMED;
    u->result = RESULT_SUCCESS;
    u->due_at = 0;
    u->sent = u->size;
    u->detail[0] = '\0';
    cot_status s = store_device_set_sequence(h->st, u->device, u->sequence);
    if (s == COT_OK)
        s = put(h, u);
    if (s == COT_OK)
        s = end_observation(h, u->device, 3);
    if (s == COT_OK)
        s = end_observation(h, u->device, 5);
    return s == COT_OK ? hub_upgrade_check(h, u->device) : s;
}

/* ---- an attempt ---- */

/* The listener that a device with this address can reach: the first of its family. NULL: wildcards only. */
static const char *listener_of(const hub *h, const store_device *d)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    bool v4 = memcmp(d->reg.address.ip, mapped, sizeof mapped) == 0;
    for (size_t i = 0; i < HUB_LISTENERS; i++) {
        const char *text = d->reg.mode == IPC_NOSEC ? h->config.coap[i] : h->config.coaps[i];
        bool any = strncmp(text, "0.0.0.0:", 8) == 0 || strncmp(text, "[::]:", 5) == 0;
        if (text[0] != '\0' && !any && v4 == (text[0] != '['))
            return text;
    }
    return NULL;
}

/* Where this device fetches from: as it reaches us. NULL: not known. */
static const char *uri_of(const hub *h, const store_device *d, const store_upgrade *u, char *out,
                          size_t cap)
{
    bool nosec = d->reg.mode == IPC_NOSEC;
    bool use_public = !nosec && h->config.public_uri[0] != '\0';
    const char *listener = listener_of(h, d);
    char release[2 * STORE_RELEASE_ID + 1];
    hub_hex(release, u->release, STORE_RELEASE_ID);
    if (use_public)
        (void)snprintf(out, cap, "%s/fw/%s", h->config.public_uri, release);
    else if (listener != NULL)
        (void)snprintf(out, cap, "%s://%s/fw/%s", nosec ? "coap" : "coaps", listener, release);
    return use_public || listener != NULL ? out : NULL;
}

cot_status hub_upgrade_begin(hub *h, const store_device *d, store_upgrade *u)
{
    char text[ROLE_TEXT_MAX + 64];
    const char *uri = uri_of(h, d, u, text, sizeof text);
    u->attempts++;
    u->sent = 0;
    u->result = -1;
    u->detail[0] = '\0';
    if (uri == NULL)
        return hub_upgrade_failed(
            h, d, u,
            "the server listens on a wildcard address: set public_uri in its configuration");
    cot_status s = hub_upgrade_cancel(h, d->id); /* whatever it has of an earlier offer */
    if (s == COT_OK)
        s = command(h, d->id, IPC_OP_OBSERVE, 3, 0, (cot_bytes){NULL, 0}, &u->offer);
    if (s == COT_OK)
        s = command(h, d->id, IPC_OP_OBSERVE, 5, 0, (cot_bytes){NULL, 0}, &u->offer);
    u->offer = 0;
    if (s == COT_OK)
        s = write_uri(h, d, uri, &u->offer);
    return s == COT_OK ? move(h, u, STORE_OFFERED) : s;
}

cot_status hub_upgrade_command(hub *h, const store_command *c, uint8_t state, uint8_t code)
{
    store_upgrade u;
    store_device d;
    char detail[96];
    bool offer = c->operation == IPC_OP_WRITE && c->format == COT_FORMAT_SENML_CBOR;
    bool execute = c->operation == IPC_OP_EXECUTE;
    cot_status s = store_upgrade_active(h->st, c->device, &u);
    if (s == COT_OK && offer && c->id != u.offer)
        return COT_OK; /* of an upgrade that was superseded or stopped */
    if (s == COT_E_NOT_FOUND || c->operation == IPC_OP_CANCEL ||
        (!offer && !execute && c->operation != IPC_OP_OBSERVE))
        return COT_OK;
    if (s == COT_OK)
        s = store_device_by_id(h->st, c->device, &d);
    if (s != COT_OK)
        return s;
    if (execute &&
        (state == STORE_DONE || state == STORE_UNKNOWN)) /* it may have reset before it answered */
        return move(h, &u, STORE_UPDATING);
    if (state == STORE_DONE)
        return offer && u.state == STORE_OFFERED ? move(h, &u, STORE_DOWNLOADING) : COT_OK;
    (void)snprintf(detail, sizeof detail, "%s of the firmware object: %u.%02u",
                   offer     ? "write of the URI"
                   : execute ? "execute of the update"
                             : "observation",
                   code >> 5, code & 31u);
    return hub_upgrade_attempt_failed(h, &d, &u, -1, detail);
}

static cot_status state_reported(hub *h, store_upgrade *u, int64_t state)
{
    if (state == 1 && u->state == STORE_OFFERED)
        return move(h, u, STORE_DOWNLOADING);
    if (state == 2 && u->state == STORE_DOWNLOADING) {
        cot_status s = move(h, u, STORE_DOWNLOADED);
        store_id id = 0;
        return s == COT_OK ? command(h, u->device, IPC_OP_EXECUTE, 2, 0, (cot_bytes){NULL, 0}, &id)
                           : s;
    }
    return state == 3 && u->state == STORE_DOWNLOADED ? move(h, u, STORE_UPDATING) : COT_OK;
}

static cot_status result_reported(hub *h, const store_device *d, store_upgrade *u, int64_t result)
{
    bool arrived = strcmp(d->version, u->version) == 0;
    if (u->state == STORE_OFFERED || result == 0)
        return COT_OK; /* of an earlier update */
    if (result == RESULT_SUCCESS)
        return arrived ? confirm(h, u) : COT_OK;
    return hub_upgrade_attempt_failed(h, d, u, (int16_t)(result & 0x7F),
                                      result_text((int16_t)(result & 0x7F)));
}

cot_status hub_upgrade_value(hub *h, const store_device *d, const cot_lwm2m_path *path,
                             const cot_value *v)
{
    store_upgrade u;
    bool state = path->id[2] == 3;
    bool result = path->id[2] == 5;
    if (path->level != 3 || path->id[1] != 0 || (!state && !result) || v->type != COT_INTEGER)
        return COT_OK;
    cot_status s = store_upgrade_active(h->st, d->id, &u);
    if (s == COT_E_NOT_FOUND)
        return COT_OK;
    if (s != COT_OK)
        return s;
    return state ? state_reported(h, &u, v->as.i) : result_reported(h, d, &u, v->as.i);
}

cot_status hub_on_progress(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_progress p;
    store_device d;
    store_upgrade u;
    uint8_t id[STORE_RELEASE_ID];
    cot_status s = ipc_get_progress(r, &p);
    if (s != COT_OK || !hub_parse_hex(p.name, id, sizeof id))
        return s;
    s = store_device_by_location(h->st, &p.location, &d);
    if (s == COT_OK && !hub_is_holder(m, &d, &p.location))
        return COT_OK;
    if (s == COT_OK)
        s = store_upgrade_progress(h->st, d.id, id, p.sent, p.size,
                                   h->utc + h->config.upgrade_stall, h->utc);
    if (s == COT_OK)
        s = store_upgrade_get(h->st, d.id, id, &u);
    if (s == COT_E_NOT_FOUND)
        return COT_OK; /* fetched without being told to, or the upgrade is over */
    if (s != COT_OK)
        return s;
    hub_write_upgrade(hub_event_begin(h), &u, h->utc);
    hub_event_end(h, "upgrade");
    return COT_OK;
}

/* ---- who is outdated (rule 16) ---- */

/* The release that a group's devices should run. COT_E_NOT_FOUND: none. */
static cot_status target_of(hub *h, const store_group *g, store_release *out)
{
    cot_status s = g->has_release ? store_release_get(h->st, g->release, out)
                                  : store_release_newest(h->st, g->vendor, g->class_id, out);
    return s == COT_OK && out->state != STORE_PUBLISHED ? COT_E_NOT_FOUND : s;
}

/* *known: the version's release is known; one that is not counts only once for each release. */
static cot_status outdated(hub *h, const store_device *d, const store_group *g,
                           const store_release *target, bool *yes, bool *known)
{
    store_release running;
    cot_status s =
        store_release_of_version(h->st, g->vendor, g->class_id, store_bytes(d->version), &running);
    *known = s == COT_OK;
    *yes = strcmp(d->version, target->version) != 0 &&
           (!*known || running.sequence < target->sequence);
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}

/* A newer release takes the place of what waits or is under way to an older one. */
static cot_status supersede(hub *h, const store_device *d, const store_release *target)
{
    store_upgrade old;
    cot_status s = store_upgrade_superseded(h->st, d->id, target->id, &old);
    for (; s == COT_OK; s = store_upgrade_superseded(h->st, d->id, target->id, &old)) {
        old.state = STORE_UPGRADE_FAILED;
        old.due_at = 0;
        (void)snprintf(old.detail, sizeof old.detail, "superseded by %s", target->version);
        s = put(h, &old);
        if (s != COT_OK)
            return s;
    }
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}

static cot_status enlist(hub *h, const store_device *d, const store_group *g,
                         const store_release *target, bool known)
{
    store_upgrade u;
    cot_status s = supersede(h, d, target);
    if (s != COT_OK)
        return s;
    s = store_upgrade_get(h->st, d->id, target->id, &u);
    if (s == COT_OK && (u.state != STORE_CONFIRMED || !known || u.attempts >= HUB_ATTEMPTS))
        return COT_OK; /* it waits, or it has had its chance */
    if (s == COT_E_NOT_FOUND)
        u = (store_upgrade){.device = d->id, .result = -1};
    else if (s != COT_OK)
        return s;
    memcpy(u.endpoint, d->endpoint, sizeof u.endpoint);
    memcpy(u.release, target->id, sizeof u.release);
    memcpy(u.version, target->version, sizeof u.version);
    u.sequence = target->sequence;
    u.group = g->id;
    u.state = STORE_WAITING;
    u.due_at = 0;
    u.size = (uint64_t)target->envelope_size;
    return put(h, &u);
}

/* The device came back while an upgrade is under way: with what result? */
static cot_status ask_result(hub *h, const store_device *d)
{
    cot_lwm2m_path path = path_of(5);
    cot_status s = hub_read_start(h, HUB_READ_UPGRADE, d, IPC_OP_READ, &path, 0, 30000);
    return s == COT_E_LIMIT ? COT_OK : s; /* the attempt's deadline sees to it */
}

static cot_status check_target(hub *h, const store_device *d)
{
    store_group g;
    store_release target;
    bool yes = false;
    bool known = false;
    cot_status s = store_group_by_id(h->st, d->group, &g);
    if (s != COT_OK || g.policy != STORE_AUTOMATIC || g.stopped)
        return s;
    s = target_of(h, &g, &target);
    if (s == COT_OK)
        s = outdated(h, d, &g, &target, &yes, &known);
    return s == COT_OK && yes ? enlist(h, d, &g, &target, known) : s;
}

cot_status hub_upgrade_check(hub *h, store_id device)
{
    store_device d;
    store_upgrade u;
    cot_status s = store_device_by_id(h->st, device, &d);
    if (s != COT_OK || !d.registered || d.version[0] == '\0')
        return s;
    s = store_upgrade_active(h->st, device, &u);
    if (s == COT_OK && u.state != STORE_OFFERED)
        s = ask_result(h, &d);
    if (s == COT_OK && u.state == STORE_UPDATING)
        return COT_OK;
    if ((s == COT_OK || s == COT_E_NOT_FOUND) && d.group != 0)
        s = check_target(h, &d);
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}
