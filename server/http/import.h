/* SPDX-License-Identifier: Apache-2.0 */
/* POST /devices/import: each line is checked, and its secret sealed, as it comes in; hub gets a
 * CBOR sequence without a secret in it. */
#ifndef COTTER_SERVER_HTTP_IMPORT_H
#define COTTER_SERVER_HTTP_IMPORT_H

#include "server/http/server.h"

/* NULL: out of memory. */
http_import *http_import_new(http_request *r);
/* Take up to `n` bytes; fewer when too many secrets are with keys: the request is suspended then. */
size_t http_import_take(http_import *m, const char *data, size_t n);
/* The body is whole: answers, or suspends and asks hub when all is sealed. */
void http_import_finish(http_import *m);
void http_import_free(http_import *m); /* NULL is fine */

#endif
