/* SPDX-License-Identifier: Apache-2.0 */
/* The route table and its search. */
#include "server/http/routes.h"

#include "server/http/events.h"

#include <string.h>

#define LIST                                                                                       \
    {"limit", HTTP_IN_QUERY, HTTP_UINT, .min = 1, .max = 200},                                     \
    {                                                                                              \
        "cursor", HTTP_IN_QUERY, HTTP_WORD, .min = 1, .max = 512                                   \
    }
#define ENDPOINT                                                                                   \
    {                                                                                              \
        "endpoint", HTTP_IN_PATH, HTTP_TEXT, .required = true, .min = 1, .max = IPC_ENDPOINT_MAX   \
    }
#define PATH(least, most)                                                                          \
    {                                                                                              \
        "path", HTTP_IN_PATH, HTTP_PATH, .required = true, .min = least, .max = most               \
    }
#define GROUP_NAME                                                                                 \
    {                                                                                              \
        "name", HTTP_IN_PATH, HTTP_NAME, .required = true, .min = 1, .max = 63                     \
    }
#define WAIT                                                                                       \
    {                                                                                              \
        "wait", HTTP_IN_QUERY, HTTP_UINT, .max = 60                                                \
    }
#define TIMEOUT                                                                                    \
    {                                                                                              \
        "timeout", HTTP_IN_QUERY, HTTP_UINT, .min = 1, .max = 60                                   \
    }
#define COMMAND_ID                                                                                 \
    {                                                                                              \
        "id", HTTP_IN_PATH, HTTP_UINT, .required = true, .min = 1, .max = INT64_MAX                \
    }
#define HEX_ID                                                                                     \
    {                                                                                              \
        "id", HTTP_IN_PATH, HTTP_HEXID, .required = true, .min = 32, .max = 32                     \
    }
#define KEY                                                                                        \
    {                                                                                              \
        "idempotency_key", HTTP_IN_HEADER, HTTP_WORD, .min = 1, .max = 64                          \
    }
#define GROUP_QUERY                                                                                \
    {                                                                                              \
        "group", HTTP_IN_QUERY, HTTP_NAME, .min = 1, .max = 63                                     \
    }

static const http_field list_fields[] = {LIST};
static const http_field device_list[] = {
    GROUP_QUERY,
    {"registered", HTTP_IN_QUERY, HTTP_BOOL, .required = false},
    {"q", HTTP_IN_QUERY, HTTP_TEXT, .min = 1, .max = IPC_ENDPOINT_MAX},
    LIST,
};
static const http_field device_add[] = {
    KEY,
    {"endpoint", HTTP_IN_BODY, HTTP_WORD, .required = true, .min = 1, .max = IPC_ENDPOINT_MAX},
    {"mode", HTTP_IN_BODY, HTTP_CHOICE, .required = true, .choices = "nosec|psk|rpk|x509"},
    {"identity", HTTP_IN_BODY, HTTP_LINE, .nullable = true, .min = 1, .max = IPC_IDENTITY_MAX},
    {"secret", HTTP_IN_BODY, HTTP_HEX, .min = 16, .max = 64},
    {"public_key", HTTP_IN_BODY, HTTP_BASE64, .min = 64, .max = 256},
    {"group", HTTP_IN_BODY, HTTP_NAME, .nullable = true, .min = 1, .max = 63},
};
static const http_field device_only[] = {ENDPOINT};
static const http_field device_edit[] = {
    ENDPOINT,
    {"group", HTTP_IN_BODY, HTTP_NAME, .required = true, .nullable = true, .min = 1, .max = 63},
};
static const http_field device_page[] = {ENDPOINT, LIST};
static const http_field resource_read[] = {ENDPOINT, PATH(1, 4), TIMEOUT};
static const http_field discover[] = {ENDPOINT, PATH(1, 3), TIMEOUT};
static const http_field resource_write[] = {
    ENDPOINT, PATH(3, 4), WAIT, KEY, {"value", HTTP_IN_BODY, HTTP_VALUE, .required = true},
};
static const http_field instance_write[] = {
    ENDPOINT,
    PATH(2, 2),
    WAIT,
    KEY,
    {"values", HTTP_IN_BODY, HTTP_VALUES, .required = true, .min = 1, .max = 64},
};
static const http_field resource_execute[] = {
    ENDPOINT, PATH(3, 3), WAIT, KEY, {"arguments", HTTP_IN_BODY, HTTP_LINE, .min = 1, .max = 1024},
};
static const http_field observe[] = {
    ENDPOINT,
    PATH(1, 4),
    WAIT,
    KEY,
    {"pmin", HTTP_IN_BODY, HTTP_UINT, .max = 31536000},
    {"pmax", HTTP_IN_BODY, HTTP_UINT, .max = 31536000},
};
static const http_field observe_cancel[] = {ENDPOINT, PATH(1, 4), WAIT, KEY};
static const http_field command_get[] = {COMMAND_ID, WAIT};
static const http_field command_only[] = {COMMAND_ID};
static const http_field group_add[] = {
    {"name", HTTP_IN_BODY, HTTP_NAME, .required = true, .min = 1, .max = 63},
    {"vendor_id", HTTP_IN_BODY, HTTP_UUID, .required = true},
    {"class_id", HTTP_IN_BODY, HTTP_UUID, .required = true},
    {"policy", HTTP_IN_BODY, HTTP_CHOICE, .choices = "manual|automatic"},
    {"parallel", HTTP_IN_BODY, HTTP_UINT, .min = 1, .max = 100000},
    {"release_key", HTTP_IN_BODY, HTTP_TEXT, .nullable = true, .min = 1, .max = 1024},
};
static const http_field group_edit[] = {
    GROUP_NAME,
    {"vendor_id", HTTP_IN_BODY, HTTP_UUID, .required = false},
    {"class_id", HTTP_IN_BODY, HTTP_UUID, .required = false},
    {"policy", HTTP_IN_BODY, HTTP_CHOICE, .choices = "manual|automatic"},
    {"parallel", HTTP_IN_BODY, HTTP_UINT, .min = 1, .max = 100000},
    {"release", HTTP_IN_BODY, HTTP_HEXID, .nullable = true, .min = 32, .max = 32},
    {"release_key", HTTP_IN_BODY, HTTP_TEXT, .nullable = true, .min = 1, .max = 1024},
};
static const http_field group_only[] = {GROUP_NAME};
static const http_field release_add[] = {
    {"version", HTTP_IN_QUERY, HTTP_WORD, .required = true, .min = 1, .max = 64},
    {"group", HTTP_IN_QUERY, HTTP_NAME, .required = true, .min = 1, .max = 63},
};
static const http_field release_only[] = {HEX_ID};
static const http_field upgrade_list[] = {
    GROUP_QUERY,
    {"state", HTTP_IN_QUERY, HTTP_CHOICE,
     .choices = "waiting|offered|downloading|downloaded|updating|confirmed|failed|stopped"},
    LIST,
};
static const http_field token_add[] = {
    {"name", HTTP_IN_BODY, HTTP_LINE, .required = true, .min = 1, .max = 64},
    {"role", HTTP_IN_BODY, HTTP_CHOICE, .required = true, .choices = "read|operate|admin"},
    {"expires_at", HTTP_IN_BODY, HTTP_TIME, .nullable = true},
};
static const http_field token_only[] = {
    {"id", HTTP_IN_PATH, HTTP_UINT, .required = true, .min = 1, .max = INT64_MAX},
};
static const http_field subscribe[] = {
    {"since", HTTP_IN_QUERY, HTTP_UINT, .max = INT64_MAX},
    {"wait", HTTP_IN_QUERY, HTTP_UINT, .max = HTTP_READER_AGE_MS / 1000},
};

static const char *device_rule(json_t *body)
{
    const char *mode = json_string_value(json_object_get(body, "mode"));
    bool secret = json_object_get(body, "secret") != NULL;
    bool public_key = json_object_get(body, "public_key") != NULL;
    bool identity = json_is_string(json_object_get(body, "identity"));
    if (secret != (strcmp(mode, "psk") == 0)) {
        return secret ? "secret: only devices of mode psk have one"
                      : "secret: mode psk needs one, 32 to 128 hex digits";
    }
    if (public_key != (strcmp(mode, "rpk") == 0)) {
        return public_key ? "public_key: only devices of mode rpk have one"
                          : "public_key: mode rpk needs the SubjectPublicKeyInfo as base64 of DER";
    }
    if (identity && strcmp(mode, "psk") != 0 && strcmp(mode, "x509") != 0) {
        return "identity: only modes psk and x509 have one";
    }
    return NULL;
}

static const char *edit_rule(json_t *body)
{
    return json_object_size(body) > 0 ? NULL : "name at least one member to change";
}

#define FIELDS(f) .fields = (f), .field_count = sizeof(f) / sizeof *(f)

const http_route http_routes[] = {
    {.method = HTTP_GET, .path = "/health", .flags = HTTP_DOCUMENT},
    {.method = HTTP_GET, .path = "/openapi.json", .flags = HTTP_DOCUMENT},
    {.method = HTTP_GET, .path = "/status", .api = IPC_API_STATUS},
    {.method = HTTP_GET,
     .path = "/events",
     .api = IPC_API_SUBSCRIBE,
     .flags = HTTP_STREAM,
     FIELDS(subscribe)},
    {.method = HTTP_GET, .path = "/audit", .api = IPC_API_AUDIT_LIST, FIELDS(list_fields)},

    {.method = HTTP_GET, .path = "/devices", .api = IPC_API_DEVICE_LIST, FIELDS(device_list)},
    {.method = HTTP_POST,
     .path = "/devices",
     .api = IPC_API_DEVICE_ADD,
     .body = HTTP_JSON,
     .flags = HTTP_MAKES,
     FIELDS(device_add),
     .rule = device_rule},
    {.method = HTTP_POST,
     .path = "/devices/import",
     .api = IPC_API_DEVICE_IMPORT,
     .body = HTTP_NDJSON,
     .flags = HTTP_MAKES},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}",
     .api = IPC_API_DEVICE_GET,
     FIELDS(device_only)},
    {.method = HTTP_PATCH,
     .path = "/devices/{endpoint}",
     .api = IPC_API_DEVICE_EDIT,
     .body = HTTP_JSON,
     FIELDS(device_edit)},
    {.method = HTTP_DELETE,
     .path = "/devices/{endpoint}",
     .api = IPC_API_DEVICE_REMOVE,
     FIELDS(device_only)},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}/why",
     .api = IPC_API_DEVICE_WHY,
     FIELDS(device_only)},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}/values",
     .api = IPC_API_VALUE_LIST,
     FIELDS(device_page)},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}/commands",
     .api = IPC_API_COMMAND_LIST,
     FIELDS(device_page)},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}/observations",
     .api = IPC_API_OBSERVATION_LIST,
     FIELDS(device_only)},
    {.method = HTTP_PUT,
     .path = "/devices/{endpoint}/observations/{path...}",
     .api = IPC_API_COMMAND_ADD,
     .body = HTTP_JSON_OR_NONE,
     .flags = HTTP_MAKES,
     .operation = "observe",
     FIELDS(observe)},
    {.method = HTTP_DELETE,
     .path = "/devices/{endpoint}/observations/{path...}",
     .api = IPC_API_COMMAND_ADD,
     .flags = HTTP_MAKES,
     .operation = "cancel",
     FIELDS(observe_cancel)},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}/resources/{path...}",
     .api = IPC_API_RESOURCE_READ,
     .flags = HTTP_LIVE,
     FIELDS(resource_read)},
    {.method = HTTP_PUT,
     .path = "/devices/{endpoint}/resources/{path...}",
     .api = IPC_API_COMMAND_ADD,
     .body = HTTP_JSON,
     .flags = HTTP_MAKES,
     .operation = "write",
     FIELDS(resource_write)},
    {.method = HTTP_PUT,
     .path = "/devices/{endpoint}/instances/{path...}",
     .api = IPC_API_COMMAND_ADD,
     .body = HTTP_JSON,
     .flags = HTTP_MAKES,
     .operation = "write",
     FIELDS(instance_write)},
    {.method = HTTP_POST,
     .path = "/devices/{endpoint}/resources/{path...}",
     .api = IPC_API_COMMAND_ADD,
     .body = HTTP_JSON_OR_NONE,
     .flags = HTTP_MAKES,
     .operation = "execute",
     FIELDS(resource_execute)},
    {.method = HTTP_GET,
     .path = "/devices/{endpoint}/links/{path...}",
     .api = IPC_API_RESOURCE_DISCOVER,
     .flags = HTTP_LIVE,
     FIELDS(discover)},

    {.method = HTTP_GET, .path = "/commands/{id}", .api = IPC_API_COMMAND_GET, FIELDS(command_get)},
    {.method = HTTP_DELETE,
     .path = "/commands/{id}",
     .api = IPC_API_COMMAND_CANCEL,
     FIELDS(command_only)},

    {.method = HTTP_GET, .path = "/groups", .api = IPC_API_GROUP_LIST, FIELDS(list_fields)},
    {.method = HTTP_POST,
     .path = "/groups",
     .api = IPC_API_GROUP_ADD,
     .body = HTTP_JSON,
     .flags = HTTP_MAKES,
     FIELDS(group_add)},
    {.method = HTTP_GET, .path = "/groups/{name}", .api = IPC_API_GROUP_GET, FIELDS(group_only)},
    {.method = HTTP_PATCH,
     .path = "/groups/{name}",
     .api = IPC_API_GROUP_EDIT,
     .body = HTTP_JSON,
     FIELDS(group_edit),
     .rule = edit_rule},
    {.method = HTTP_DELETE,
     .path = "/groups/{name}",
     .api = IPC_API_GROUP_REMOVE,
     FIELDS(group_only)},
    {.method = HTTP_POST,
     .path = "/groups/{name}/stop",
     .api = IPC_API_UPGRADE_STOP,
     FIELDS(group_only)},
    {.method = HTTP_POST,
     .path = "/groups/{name}/start",
     .api = IPC_API_UPGRADE_START,
     FIELDS(group_only)},

    {.method = HTTP_GET, .path = "/releases", .api = IPC_API_RELEASE_LIST, FIELDS(list_fields)},
    {.method = HTTP_POST,
     .path = "/releases",
     .api = IPC_API_RELEASE_ADD,
     .body = HTTP_OCTETS,
     .flags = HTTP_MAKES,
     FIELDS(release_add)},
    {.method = HTTP_GET,
     .path = "/releases/{id}",
     .api = IPC_API_RELEASE_GET,
     FIELDS(release_only)},
    {.method = HTTP_DELETE,
     .path = "/releases/{id}",
     .api = IPC_API_RELEASE_REMOVE,
     FIELDS(release_only)},
    {.method = HTTP_GET, .path = "/upgrades", .api = IPC_API_UPGRADE_LIST, FIELDS(upgrade_list)},

    {.method = HTTP_GET, .path = "/tokens", .api = IPC_API_TOKEN_LIST, FIELDS(list_fields)},
    {.method = HTTP_POST,
     .path = "/tokens",
     .api = IPC_API_TOKEN_ADD,
     .body = HTTP_JSON,
     .flags = HTTP_MAKES,
     FIELDS(token_add)},
    {.method = HTTP_DELETE,
     .path = "/tokens/{id}",
     .api = IPC_API_TOKEN_REMOVE,
     FIELDS(token_only)},
};
const size_t http_route_count = sizeof http_routes / sizeof *http_routes;

const http_route *http_device_route(void)
{
    for (size_t i = 0; i < http_route_count; i++) {
        if (http_routes[i].api == IPC_API_DEVICE_ADD) {
            return &http_routes[i];
        }
    }
    return NULL;
}

/* The next segment of "/a/b", without its slash. */
static cot_bytes next_segment(cot_bytes *path)
{
    cot_bytes rest = {path->p + 1, path->len - 1};
    const uint8_t *slash = memchr(rest.p, '/', rest.len);
    cot_bytes segment = {rest.p, slash != NULL ? (size_t)(slash - rest.p) : rest.len};
    *path = (cot_bytes){rest.p + segment.len, rest.len - segment.len};
    return segment;
}

static bool match_pattern(const char *pattern, cot_bytes path, cot_bytes params[HTTP_PARAMS])
{
    cot_bytes left = {(const uint8_t *)pattern, strlen(pattern)};
    size_t n = 0;
    while (left.len > 0) {
        if (path.len == 0 || path.p[0] != '/') {
            return false;
        }
        cot_bytes want = next_segment(&left);
        bool param = want.p[0] == '{';
        if (param && want.p[want.len - 2] == '.') {
            params[n] = (cot_bytes){path.p + 1, path.len - 1};
            return params[n].len > 0;
        }
        cot_bytes got = next_segment(&path);
        if (param) {
            params[n++] = got;
        }
        if (param ? got.len == 0 : !cot_bytes_equal(want, got)) {
            return false;
        }
    }
    return path.len == 0;
}

static bool literal(const http_route *route)
{
    return strchr(route->path, '{') == NULL;
}

/* A path without parameters is meant before one with: /devices/import is never a device. */
http_match http_route_find(http_method method, cot_bytes path)
{
    http_match found = {0};
    bool found_literal = false;
    for (size_t i = 0; i < http_route_count; i++) {
        const http_route *route = &http_routes[i];
        cot_bytes params[HTTP_PARAMS] = {{0}};
        if ((found_literal && !literal(route)) || !match_pattern(route->path, path, params)) {
            continue;
        }
        found_literal = found_literal || literal(route);
        found.allowed |= (unsigned)route->method;
        if (route->method == method && found.route == NULL) {
            found.route = route;
            memcpy(found.params, params, sizeof params);
        }
    }
    return found;
}

cot_bytes http_route_param(const http_route *route, size_t n)
{
    const char *p = route->path;
    for (size_t i = 0; (p = strchr(p, '{')) != NULL; i++, p++) {
        if (i == n) {
            return (cot_bytes){(const uint8_t *)p + 1, strcspn(p + 1, ".}")};
        }
    }
    return (cot_bytes){0};
}
