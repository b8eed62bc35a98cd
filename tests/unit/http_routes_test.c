/* SPDX-License-Identifier: Apache-2.0 */
/* The route table and the OpenAPI document say the same: paths, methods, parameters, bodies. */
#include "tests/unit/test.h"

#include "server/http/assets.h"
#include "server/http/routes.h"

#include <stdio.h>
#include <string.h>

static json_t *document;

static int load(void **state)
{
    json_error_t e;
    (void)state;
    document = json_loadb((const char *)http_openapi_json, http_openapi_json_len,
                          JSON_REJECT_DUPLICATES, &e);
    return document != NULL ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

/* Follow "#/components/parameters/limit". */
static json_t *resolve(json_t *j)
{
    const char *ref = json_string_value(json_object_get(j, "$ref"));
    char kind[32] = "";
    char name[64] = "";
    if (ref == NULL) {
        return j;
    }
    assert_int_equal(sscanf(ref, "#/components/%31[a-z]/%63s", kind, name), 2);
    json_t *found =
        json_object_get(json_object_get(json_object_get(document, "components"), kind), name);
    if (found == NULL) {
        fail_msg("%s is not in the document", ref);
    }
    return found;
}

static const char *method_name(http_method m)
{
    return m == HTTP_GET     ? "get"
           : m == HTTP_POST  ? "post"
           : m == HTTP_PUT   ? "put"
           : m == HTTP_PATCH ? "patch"
                             : "delete";
}

/* The document writes "{path}" for the table's "{path...}". */
static json_t *operation_of(const http_route *r)
{
    char path[128];
    const char *dots = strstr(r->path, "...}");
    (void)snprintf(path, sizeof path, "%.*s%s",
                   (int)(dots != NULL ? dots - r->path : (long)strlen(r->path)), r->path,
                   dots != NULL ? "}" : "");
    json_t *operation = json_object_get(json_object_get(json_object_get(document, "paths"), path),
                                        method_name(r->method));
    if (operation == NULL) {
        fail_msg("%s %s is not in the document", method_name(r->method), path);
    }
    return operation;
}

static const char *place_name(http_place p)
{
    return p == HTTP_IN_PATH ? "path" : p == HTTP_IN_QUERY ? "query" : "header";
}

static const char *field_name(const http_field *f)
{
    return f->place == HTTP_IN_HEADER ? "Idempotency-Key" : f->name;
}

static void same_limits(const http_field *f, json_t *schema)
{
    json_t *max = json_object_get(schema, f->kind == HTTP_UINT ? "maximum" : "maxLength");
    json_t *min = json_object_get(schema, f->kind == HTTP_UINT ? "minimum" : "minLength");
    if (max != NULL && (uint64_t)json_integer_value(max) != f->max) {
        fail_msg("%s: maximum differs", f->name);
    }
    if (min != NULL && (uint64_t)json_integer_value(min) != f->min) {
        fail_msg("%s: minimum differs", f->name);
    }
    if (f->kind == HTTP_UINT) {
        assert_non_null(max);
    }
}

static void same_choices(const http_field *f, json_t *schema)
{
    char joined[256] = "";
    size_t i;
    json_t *choice;
    json_array_foreach(json_object_get(schema, "enum"), i, choice)
    {
        size_t at = strlen(joined);
        (void)snprintf(joined + at, sizeof joined - at, "%s%s", i > 0 ? "|" : "",
                       json_string_value(choice));
    }
    if (json_object_get(schema, "enum") != NULL) {
        assert_string_equal(joined, f->choices);
    }
}

static void same_field(const http_field *f, json_t *schema, bool required)
{
    schema = resolve(schema);
    if (required != f->required) {
        fail_msg("%s: required differs", f->name);
    }
    same_limits(f, schema);
    if (f->kind == HTTP_CHOICE) {
        same_choices(f, schema);
    }
}

static void same_parameters(const http_route *r, json_t *operation)
{
    json_t *parameters = json_object_get(operation, "parameters");
    size_t matched = 0;
    for (size_t i = 0; i < r->field_count; i++) {
        const http_field *f = &r->fields[i];
        size_t k;
        json_t *p;
        bool found = f->place == HTTP_IN_BODY;
        json_array_foreach(parameters, k, p)
        {
            p = resolve(p);
            if (!found &&
                strcmp(json_string_value(json_object_get(p, "name")), field_name(f)) == 0 &&
                strcmp(json_string_value(json_object_get(p, "in")), place_name(f->place)) == 0) {
                same_field(f, json_object_get(p, "schema"),
                           json_is_true(json_object_get(p, "required")));
                found = true;
                matched++;
            }
        }
        if (!found) {
            fail_msg("%s: parameter %s is not in the document", r->path, f->name);
        }
    }
    assert_int_equal(matched, json_array_size(parameters));
}

static bool has(json_t *array, const char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        if (strcmp(json_string_value(item), text) == 0) {
            return true;
        }
    }
    return false;
}

static const http_field *body_field(const http_route *r, const char *name)
{
    for (size_t i = 0; i < r->field_count; i++) {
        if (r->fields[i].place == HTTP_IN_BODY && strcmp(r->fields[i].name, name) == 0) {
            return &r->fields[i];
        }
    }
    fail_msg("%s: %s is in the document only", r->path, name);
    return NULL;
}

/* One object schema: each property is a field; what the table requires is required. */
static void same_object(const http_route *r, json_t *schema, json_t *seen)
{
    const char *name;
    json_t *property;
    json_t *required = json_object_get(schema, "required");
    assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
    json_object_foreach(json_object_get(schema, "properties"), name, property)
    {
        const http_field *f = body_field(r, name);
        (void)json_object_set(seen, name, json_true());
        if (f->required) {
            assert_true(has(required, name));
        }
        if (f->kind != HTTP_HEX && f->kind != HTTP_BASE64 && f->kind != HTTP_VALUES) {
            same_limits(f, resolve(property));
        }
    }
}

static void same_body(const http_route *r, json_t *operation)
{
    static const char *const types[] = {NULL, "application/json", "application/json",
                                        "application/x-ndjson", "application/octet-stream"};
    json_t *body = json_object_get(operation, "requestBody");
    assert_int_equal(body != NULL, r->body != HTTP_NO_BODY);
    if (body == NULL) {
        return;
    }
    assert_int_equal(json_is_true(json_object_get(body, "required")), r->body != HTTP_JSON_OR_NONE);
    json_t *content = json_object_get(json_object_get(body, "content"), types[r->body]);
    assert_non_null(content);
    if (r->body != HTTP_JSON && r->body != HTTP_JSON_OR_NONE) {
        return;
    }
    json_t *schema = resolve(json_object_get(content, "schema"));
    json_t *choices = json_object_get(schema, "oneOf");
    json_t *seen = json_object();
    size_t i;
    json_t *choice;
    json_array_foreach(choices, i, choice)
    {
        same_object(r, resolve(choice), seen);
    }
    if (choices == NULL) {
        same_object(r, schema, seen);
    }
    for (i = 0; i < r->field_count; i++) {
        if (r->fields[i].place == HTTP_IN_BODY &&
            json_object_get(seen, r->fields[i].name) == NULL) {
            fail_msg("%s: member %s is not in the document", r->path, r->fields[i].name);
        }
    }
    json_decref(seen);
}

static void every_route_is_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < http_route_count; i++) {
        const http_route *r = &http_routes[i];
        json_t *operation = operation_of(r);
        same_parameters(r, operation);
        same_body(r, operation);
        bool open = json_is_array(json_object_get(operation, "security"));
        assert_int_equal(open, (r->flags & HTTP_DOCUMENT) != 0);
    }
}

static void every_operation_is_routed(void **state)
{
    const char *path;
    const char *method;
    json_t *item;
    json_t *operation;
    size_t count = 0;
    (void)state;
    json_object_foreach(json_object_get(document, "paths"), path, item)
    {
        json_object_foreach(item, method, operation)
        {
            count++;
        }
    }
    assert_int_equal(count, http_route_count);
}

static http_match find(http_method m, const char *path)
{
    return http_route_find(m, (cot_bytes){(const uint8_t *)path, strlen(path)});
}

static void finds_routes(void **state)
{
    (void)state;
    http_match m = find(HTTP_GET, "/devices/a%2Fb/resources/3/0/0");
    assert_int_equal(m.route->api, IPC_API_RESOURCE_READ);
    assert_true(cot_bytes_is(m.params[0], "a%2Fb"));
    assert_true(cot_bytes_is(m.params[1], "3/0/0"));
    assert_true(cot_bytes_is(http_route_param(m.route, 0), "endpoint"));
    assert_true(cot_bytes_is(http_route_param(m.route, 1), "path"));
    assert_int_equal(http_route_param(m.route, 2).len, 0);
    assert_int_equal(find(HTTP_POST, "/devices/import").route->api, IPC_API_DEVICE_IMPORT);
    assert_int_equal(find(HTTP_GET, "/devices/%69mport").route->api, IPC_API_DEVICE_GET);
    m = find(HTTP_PUT, "/devices/a");
    assert_null(m.route);
    assert_int_equal(m.allowed, HTTP_GET | HTTP_PATCH | HTTP_DELETE);
    static const char *const nowhere[] = {"",
                                          "/",
                                          "/device",
                                          "/devices/",
                                          "/devices/a/",
                                          "/devices//why",
                                          "/devices/a/resources",
                                          "/devices/a/resources/",
                                          "/status/x",
                                          "devices"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        m = find(HTTP_GET, nowhere[i]);
        assert_null(m.route);
        assert_int_equal(m.allowed, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_documented),
        cmocka_unit_test(every_operation_is_routed),
        cmocka_unit_test(finds_routes),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
