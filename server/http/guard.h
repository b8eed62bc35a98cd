/* SPDX-License-Identifier: Apache-2.0 */
/* Who may knock: the Host header on plain HTTP, and a bound on wrong tokens per client. */
#ifndef COTTER_SERVER_HTTP_GUARD_H
#define COTTER_SERVER_HTTP_GUARD_H

#include "core/base/bytes.h"

/* A token is 1..127 characters; hub's are "cot_" and 43 of base64url. */
#define HTTP_TOKEN_MAX 127u
#define HTTP_GUARD_BURST 20u      /* wrong tokens a client may send in a row */
#define HTTP_GUARD_REFILL_MS 500u /* and then one more each */

typedef struct http_guard {
    struct {
        uint64_t client; /* hash of the address; 0: free */
        cot_ms full_at;  /* when its allowance is whole again */
    } clients[1024];
    struct {
        uint8_t digest[32];
        cot_ms until;
    } known[64];     /* tokens that hub accepted within the last minute */
    uint8_t key[16]; /* of the hash; random */
} http_guard;

/* Does `host` (as in the header) name this machine's loopback, by literal address or "localhost"? Against DNS
 * rebinding: a page from elsewhere that resolves its own name to 127.0.0.1 is refused. */
bool http_guard_host(const char *host);

/* Did hub accept this token within the last minute? */
bool http_guard_knows(const http_guard *g, cot_bytes token, cot_ms now);
/* May a request of this client be passed on to hub? Always, when its token was accepted lately; else while
 * the client has wrong tokens left. `client` is its address, or empty for the Unix socket. */
bool http_guard_admit(const http_guard *g, cot_bytes client, cot_bytes token, cot_ms now);
/* hub accepted / refused the token (anything but 401 / 401). */
void http_guard_accepted(http_guard *g, cot_bytes token, cot_ms now);
void http_guard_refused(http_guard *g, cot_bytes client, cot_bytes token, cot_ms now);

/* The token of "Bearer TOKEN"; empty when it has another form. */
cot_bytes http_bearer(const char *authorization);

#endif
