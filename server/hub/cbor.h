/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR maps of API arguments and replies, in words that the API files use. */
#ifndef COTTER_SERVER_HUB_CBOR_H
#define COTTER_SERVER_HUB_CBOR_H

#include "server/hub/store/store.h"

#include "core/cbor/reader.h"
#include "core/cbor/writer.h"
#include "core/lwm2m/path.h"
#include "server/ipc/messages.h"

#include <cotter/value.h>

/* ---- writing: key and value of one map entry ---- */
void hub_put_key(cot_writer *w, const char *key);
void hub_put_text(cot_writer *w, const char *key,
                  const char *text); /* bytes that are no UTF-8 become "?" */
void hub_put_text_or_null(cot_writer *w, const char *key, const char *text); /* "" is null */
void hub_put_uint(cot_writer *w, const char *key, uint64_t v);
void hub_put_bool(cot_writer *w, const char *key, bool v);
void hub_put_null(cot_writer *w, const char *key);
void hub_put_time(cot_writer *w, const char *key, store_ms at); /* 0 is null */
void hub_put_bytes(cot_writer *w, const char *key, cot_bytes bytes);
void hub_put_hex(cot_writer *w, const char *key, const uint8_t *bytes, size_t len);
void hub_put_uuid(cot_writer *w, const char *key, const uint8_t uuid[static 16]);
void hub_put_path(cot_writer *w, const char *key, const cot_lwm2m_path *path); /* "/3/0" */
void hub_put_address(cot_writer *w, const char *key,
                     const ipc_address *address); /* "127.0.0.1:5683", "[::1]:5" */
/* "value" and "type" entries: two pairs. */
void hub_put_value(cot_writer *w, const cot_value *v);

const char *hub_mode_text(uint8_t mode);
const char *hub_reason_text(uint8_t reason); /* ipc_reason */
const char *hub_type_text(cot_type type);

/* ---- reading ---- */
/* The encoded value of `key` in a map; empty when it is not there or `map` is no map. */
cot_bytes hub_map_find(cot_bytes map, const char *key);
/* One encoded item. false: another type. */
bool hub_item_text(cot_bytes item, cot_bytes *out);
bool hub_item_bytes(cot_bytes item, cot_bytes *out);
bool hub_item_uint(cot_bytes item, uint64_t *out);
bool hub_item_bool(cot_bytes item, bool *out);
bool hub_item_null(cot_bytes item);
/* A value as rule 3 of docs/internals/api.md has it. false: none of these. */
bool hub_item_value(cot_bytes item, cot_value *out);

/* Lower-case hex of `len` bytes into out[0..2·len], NUL-terminated. */
void hub_hex(char *out, const uint8_t *bytes, size_t len);
bool hub_parse_uuid(cot_bytes text, uint8_t out[static 16]);
bool hub_parse_hex(cot_bytes text, uint8_t *out, size_t len);

#endif
