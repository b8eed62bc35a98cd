/* SPDX-License-Identifier: Apache-2.0 */
/* Observations and the last values of resources. */
#include "server/hub/store/command.h"

#include "server/hub/store/path.h"
#include "server/hub/store/query.h"

static void take_observation(query *q, store_observation *o)
{
    o->path = store__path_of_number(query_col_int(q, 0));
    query_col_copy(q, 1, o->token, sizeof o->token);
    query_col_chars(q, 2, o->attributes, sizeof o->attributes);
    o->created_at = query_col_int(q, 3);
}

static cot_status one_observation(query *q, store_observation *out)
{
    bool found = query_row(q);
    if (found)
        take_observation(q, out);
    return query_one(q, found);
}

cot_status store_observation_put(store *s, store_id device, const store_observation *o)
{
    query q;
    query_begin(&q, s,
                "INSERT INTO observations VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET token = excluded.token, attributes = excluded.attributes");
    query_int(&q, device);
    query_int(&q, store__path_number(&o->path));
    query_blob(&q, o->token, sizeof o->token);
    query_chars(&q, o->attributes);
    query_int(&q, o->created_at);
    return query_run(&q);
}

cot_status store_observation_get(store *s, store_id device, const cot_lwm2m_path *path,
                                 store_observation *out)
{
    query q;
    query_begin(&q, s,
                "SELECT path, token, attributes, created_at FROM observations"
                " WHERE device = ? AND path = ?");
    query_int(&q, device);
    query_int(&q, store__path_number(path));
    return one_observation(&q, out);
}

cot_status store_observation_by_token(store *s, store_id device, const uint8_t token[static 8],
                                      store_observation *out)
{
    query q;
    query_begin(&q, s,
                "SELECT path, token, attributes, created_at FROM observations"
                " WHERE device = ? AND token = ?");
    query_int(&q, device);
    query_blob(&q, token, 8);
    return one_observation(&q, out);
}

cot_status store_observation_remove(store *s, store_id device, const cot_lwm2m_path *path)
{
    query q;
    query_begin(&q, s, "DELETE FROM observations WHERE device = ? AND path = ?");
    query_int(&q, device);
    query_int(&q, store__path_number(path));
    return query_change(&q);
}

cot_status store_observation_list(store *s, store_id device, store_observation_row *row, void *ctx)
{
    store_observation o;
    query q;
    query_begin(&q, s,
                "SELECT path, token, attributes, created_at FROM observations WHERE device = ?"
                " ORDER BY path");
    query_int(&q, device);
    while (query_row(&q)) {
        take_observation(&q, &o);
        if (!row(ctx, &o))
            break;
    }
    return query_done(&q);
}

static void bind_value(query *q, const cot_value *v)
{
    switch (v->type) {
    case COT_INTEGER:
    case COT_TIME:
        query_int(q, v->as.i);
        break;
    case COT_UNSIGNED:
        query_int(q, (int64_t)v->as.u);
        break;
    case COT_BOOLEAN:
        query_int(q, v->as.b);
        break;
    case COT_OBJLNK:
        query_int(q, (int64_t)v->as.link.object << 16 | v->as.link.instance);
        break;
    case COT_FLOAT:
        query_blob(q, &v->as.f, sizeof v->as.f); /* its bits: a REAL column would lose NaN */
        break;
    case COT_STRING:
    case COT_OPAQUE:
    case COT_CORELNK:
        query_blob(q, v->as.bytes.len == 0 ? (const uint8_t *)"" : v->as.bytes.p, v->as.bytes.len);
        break;
    case COT_NONE:
        query_null(q);
        break;
    }
}

static void take_value(query *q, int col, cot_type type, cot_value *v)
{
    cot_bytes b;
    v->type = type;
    switch (type) {
    case COT_INTEGER:
    case COT_TIME:
        v->as.i = query_col_int(q, col);
        break;
    case COT_UNSIGNED:
        v->as.u = (uint64_t)query_col_int(q, col);
        break;
    case COT_BOOLEAN:
        v->as.b = query_col_int(q, col) != 0;
        break;
    case COT_OBJLNK:
        v->as.link.object = (uint16_t)(query_col_int(q, col) >> 16);
        v->as.link.instance = (uint16_t)query_col_int(q, col);
        break;
    case COT_FLOAT:
        query_col_copy(q, col, &v->as.f, sizeof v->as.f);
        break;
    case COT_STRING:
    case COT_OPAQUE:
    case COT_CORELNK:
        b = query_col_bytes(q, col);
        v->as.bytes.p = b.p;
        v->as.bytes.len = b.len;
        break;
    case COT_NONE:
        break;
    }
}

/* A number written past this program could name no type. */
static cot_type type_of(int64_t n)
{
    return n >= COT_NONE && n <= COT_CORELNK ? (cot_type)n : COT_NONE;
}

cot_status store_value_put(store *s, store_id device, const cot_lwm2m_path *path,
                           const cot_value *v, store_ms at)
{
    query q;
    query_begin(&q, s, "INSERT OR REPLACE INTO vals VALUES(?, ?, ?, ?, ?)");
    query_int(&q, device);
    query_int(&q, store__path_number(path));
    query_int(&q, v->type);
    bind_value(&q, v);
    query_int(&q, at);
    return query_run(&q);
}

cot_status store_value_list(store *s, store_id device, const cot_lwm2m_path *after,
                            store_value_row *row, void *ctx)
{
    query q;
    query_begin(
        &q, s,
        "SELECT path, type, value, at FROM vals WHERE device = ? AND path > ? ORDER BY path");
    query_int(&q, device);
    query_int(&q, store__path_number(after));
    while (query_row(&q)) {
        cot_lwm2m_path path = store__path_of_number(query_col_int(&q, 0));
        cot_value v = {COT_NONE, {0}};
        take_value(&q, 2, type_of(query_col_int(&q, 1)), &v);
        if (!row(ctx, &path, &v, query_col_int(&q, 3)))
            break;
    }
    return query_done(&q);
}
