/* SPDX-License-Identifier: Apache-2.0 */
/* The REST API as a table: which method and path is which operation, and what each takes. The tests
 * compare it with openapi.json. */
#ifndef COTTER_SERVER_HTTP_ROUTES_H
#define COTTER_SERVER_HTTP_ROUTES_H

#include "core/base/bytes.h"
#include "server/ipc/messages.h"

#include <jansson.h>

#define HTTP_BASE "/api/v1"
#define HTTP_PARAMS 2 /* path parameters of a route */
#define HTTP_JSON_MAX (96u * 1024u)
#define HTTP_UPLOAD_MAX (64u * 1024u * 1024u)

typedef enum http_method {
    HTTP_GET = 1,
    HTTP_POST = 2,
    HTTP_PUT = 4,
    HTTP_PATCH = 8,
    HTTP_DELETE = 16
} http_method;

typedef enum http_kind {
    HTTP_TEXT,  /* any UTF-8, min..max bytes */
    HTTP_LINE,  /* printable ASCII with spaces */
    HTTP_WORD,  /* printable ASCII without spaces */
    HTTP_NAME,  /* a letter or digit, then also . _ - */
    HTTP_HEXID, /* lower-case hex digits */
    HTTP_UUID,  /* 8-4-4-4-12 hex digits */
    HTTP_UINT,  /* min..max */
    HTTP_BOOL,
    HTTP_CHOICE, /* one of `choices` */
    HTTP_HEX,    /* hex → bytes, min..max of them */
    HTTP_BASE64, /* base64 → bytes */
    HTTP_TIME,   /* RFC 3339 → epoch ms */
    HTTP_PATH,   /* LwM2M path of min..max ids */
    HTTP_VALUE,  /* a resource value */
    HTTP_VALUES /* {"14": value, "7/1": value}, min..max of them, below the path → [{path, value}] */
} http_kind;

typedef enum http_place { HTTP_IN_PATH, HTTP_IN_QUERY, HTTP_IN_BODY, HTTP_IN_HEADER } http_place;

typedef struct http_field {
    const char *name; /* in CBOR too; HTTP_IN_HEADER: the header is "Idempotency-Key" */
    http_place place;
    http_kind kind;
    bool required;
    bool nullable;
    uint64_t min;
    uint64_t max;
    const char *choices; /* "nosec|psk" */
} http_field;

typedef enum http_body {
    HTTP_NO_BODY,
    HTTP_JSON, /* application/json, ≤ HTTP_JSON_MAX */
    HTTP_JSON_OR_NONE,
    HTTP_NDJSON, /* application/x-ndjson, ≤ HTTP_UPLOAD_MAX */
    HTTP_OCTETS  /* application/octet-stream, ≤ HTTP_UPLOAD_MAX */
} http_body;

enum {
    HTTP_LIVE = 1,    /* answered by a device now: not repeated to a restarted hub */
    HTTP_MAKES = 2,   /* hub gets `request`, so that a repetition makes nothing twice */
    HTTP_STREAM = 4,  /* server-sent events */
    HTTP_DOCUMENT = 8 /* answered by http itself, without a token */
};

/* A rule over several fields of the body. Returns NULL, or what is wrong and how to mend it. */
typedef const char *http_rule(json_t *body);

typedef struct http_route {
    http_method method;
    const char *path; /* below HTTP_BASE; "{name}" is one segment, "{name...}" the rest */
    ipc_api api;      /* 0 with HTTP_DOCUMENT */
    http_body body;
    unsigned flags;
    const char *operation; /* COMMAND_ADD: the fixed argument "operation" */
    const http_field *fields;
    size_t field_count;
    http_rule *rule;
} http_route;

extern const http_route http_routes[];
extern const size_t http_route_count;

/* The fields of a device as POST /devices and each line of an import take them. */
extern const http_route *http_device_route(void);

typedef struct http_match {
    const http_route *route;       /* NULL: see `allowed` */
    unsigned allowed;              /* methods that the path has; 0: no such path */
    cot_bytes params[HTTP_PARAMS]; /* still percent-encoded, in the order of the pattern */
} http_match;

/* Find the route of a request; `path` is what follows HTTP_BASE, still percent-encoded. */
http_match http_route_find(http_method method, cot_bytes path);

/* Name of the n-th parameter in a pattern; empty past the last. */
cot_bytes http_route_param(const http_route *route, size_t n);

#endif
