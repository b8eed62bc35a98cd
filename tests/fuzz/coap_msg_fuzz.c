/* SPDX-License-Identifier: Apache-2.0 */
/* A message that parses is written back to the same bytes; its view and paths stay inside it. */
#include "core/coap/view.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void inside(const uint8_t *data, size_t size, cot_bytes b)
{
    require(b.len == 0 || (b.p >= data && b.p + b.len <= data + size));
}

static void walk(const uint8_t *data, size_t size, cot_coap_segments s)
{
    cot_bytes seg;
    uint32_t count = 0;
    while (cot_coap_segments_next(&s, &seg)) {
        inside(data, size, seg);
        count++;
    }
    require(s.count == 0);
    require(count <= size);
}

static void write_again(const uint8_t *data, size_t size, const cot_coap_msg *m)
{
    uint8_t *copy = malloc(size);
    cot_coap_writer w;
    cot_coap_options it;
    cot_coap_option o;
    size_t len;
    cot_coap_write_begin(&w, copy, size, &m->head);
    cot_coap_options_init(&it, m->options);
    while (cot_coap_options_next(&it, &o))
        cot_coap_write_option(&w, o.number, o.value.p, o.value.len);
    cot_coap_write_payload(&w, m->payload.p, m->payload.len);
    require(cot_coap_write_end(&w, &len) == COT_OK);
    require(len == size && memcmp(copy, data, size) == 0);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cot_coap_msg m;
    cot_coap_view v;
    cot_coap_segments rest;
    cot_bytes value = {NULL, 0};
    if (cot_coap_parse(data, size, &m) != COT_OK)
        return 0;
    inside(data, size, m.payload);
    inside(data, size, m.options);
    write_again(data, size, &m);
    cot_status status = cot_coap_view_fetch(&m, &v);
    require(status == COT_OK || status == COT_E_UNSUPPORTED || status == COT_E_MALFORMED);
    require((status == COT_E_UNSUPPORTED) == (v.error != 0));
    inside(data, size, v.etag);
    inside(data, size, v.if_match);
    inside(data, size, v.echo);
    inside(data, size, v.request_tag);
    walk(data, size, v.path);
    walk(data, size, v.query);
    if (cot_coap_path_starts(v.path, "rd", &rest))
        require(rest.count + 1 == v.path.count);
    if (cot_coap_query_find(v.query, "ep", &value))
        inside(data, size, value);
    return 0;
}
