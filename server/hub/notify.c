/* SPDX-License-Identifier: Apache-2.0 */
/* Values that devices report: stored as the last known, told to who listens, shown to the upgrade engine. */
#include "server/hub/hub.h"

#include "server/hub/api.h"

#include "core/lwm2m/content.h"
#include "core/lwm2m/types.h"

#include <string.h>

bool hub_record_value(const cot_lwm2m_record *rec, cot_value *v)
{
    /* SenML can say neither a time nor a float without a fraction. */
    cot_type want = cot_lwm2m_type_of(&rec->path);
    *v = rec->value;
    if (rec->form != COT_FORM_TYPED || rec->value.type == COT_NONE)
        return false;
    if (want != COT_NONE && cot_lwm2m_value_as(rec, want, NULL, v) != COT_OK)
        *v = rec->value;
    return true;
}

static cot_status value(hub *h, const store_device *d, const cot_lwm2m_path *path,
                        const cot_value *v)
{
    cot_bytes text = v->type == COT_STRING ? cot_value_bytes(v) : (cot_bytes){NULL, 0};
    cot_status s = store_value_put(h->st, d->id, path, v, h->utc);
    bool version = path->level == 3 && path->id[0] == 3 && path->id[1] == 0 && path->id[2] == 3;
    if (s == COT_OK && version && text.p != NULL && text.len <= STORE_VERSION_MAX &&
        cot_utf8_valid(text) && !cot_bytes_is(text, d->version))
        s = store_device_set_version(h->st, d->id, text);
    if (s == COT_OK && path->id[0] == 5)
        s = hub_upgrade_value(h, d, path, v);
    return s;
}

cot_status hub_values(hub *h, const store_device *d, const cot_lwm2m_path *path, uint16_t format,
                      cot_bytes payload)
{
    cot_lwm2m_decoder dec;
    cot_lwm2m_record rec;
    cot_value v;
    cot_status s = COT_OK;
    if (cot_lwm2m_decode_begin(&dec, format, path, payload) != COT_OK)
        return COT_OK;
    while (s == COT_OK && cot_lwm2m_decode_next(&dec, &rec) == COT_OK)
        if (rec.path.level >= 3 && hub_record_value(&rec, &v))
            s = value(h, d, &rec.path, &v);
    return s;
}

void hub_write_values(cot_writer *w, const cot_lwm2m_path *path, uint16_t format, cot_bytes payload)
{
    cot_lwm2m_decoder dec;
    cot_lwm2m_record rec;
    cot_value v;
    uint64_t count = 0;
    hub_put_key(w, "values");
    size_t start = w->len;
    if (cot_lwm2m_decode_begin(&dec, format, path, payload) == COT_OK)
        while (cot_lwm2m_decode_next(&dec, &rec) == COT_OK) {
            if (rec.path.level < 3 || !hub_record_value(&rec, &v))
                continue;
            cot_cbor_write_map(w, 3);
            hub_put_path(w, "path", &rec.path);
            hub_put_value(w, &v);
            count++;
        }
    cot_cbor_insert_array(w, start, count);
}

static void event(hub *h, const store_device *d, const store_observation *o, const ipc_notify *n)
{
    cot_writer *w = hub_event_begin(h);
    cot_cbor_write_map(w, 4);
    hub_put_text(w, "endpoint", d->endpoint);
    hub_put_path(w, "path", &o->path);
    hub_put_time(w, "at", h->utc);
    hub_write_values(w, &o->path, n->format, n->payload);
    hub_event_end(h, "notify");
}

cot_status hub_on_notify(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_notify n;
    store_device d;
    store_observation o;
    cot_status s = ipc_get_notify(r, &n);
    if (s != COT_OK)
        return s;
    s = store_device_by_location(h->st, &n.location, &d);
    if (s == COT_OK && !hub_is_holder(m, &d, &n.location))
        return COT_OK;
    if (s == COT_OK)
        s = store_observation_by_token(h->st, d.id, n.token, &o);
    if (s == COT_E_NOT_FOUND)
        return COT_OK; /* ended meanwhile */
    if (s != COT_OK)
        return s;
    if (n.code >> 5 != 2) /* the device ended it with an error (RFC 7641 section 3.2) */
        return store_observation_remove(h->st, d.id, &o.path);
    s = hub_values(h, &d, &o.path, n.format, n.payload);
    if (s == COT_OK)
        s = store_registration_seen(h->st, &n.location, h->utc);
    if (s == COT_OK)
        event(h, &d, &o, &n);
    return s;
}
