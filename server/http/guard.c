/* SPDX-License-Identifier: Apache-2.0 */
/* Host header, bearer token, and the bound on wrong tokens. */
#include "server/http/guard.h"

#include <openssl/sha.h>

#include <string.h>
#include <strings.h>

#define KNOWN_MS 60000u

bool http_guard_host(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(host, names[i], n) != 0) {
            continue;
        }
        const char *port = host + n;
        if (*port == '\0') {
            return true;
        }
        size_t digits = strspn(port + 1, "0123456789");
        return *port == ':' && digits > 0 && port[1 + digits] == '\0';
    }
    return false;
}

cot_bytes http_bearer(const char *authorization)
{
    cot_bytes none = {0};
    if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0) {
        return none;
    }
    const char *token = authorization + 7 + strspn(authorization + 7, " ");
    size_t n = strlen(token);
    for (size_t i = 0; i < n; i++) {
        if (token[i] <= ' ' || token[i] > '~') {
            return none;
        }
    }
    return n <= HTTP_TOKEN_MAX ? (cot_bytes){(const uint8_t *)token, n} : none;
}

static void digest_of(cot_bytes token, uint8_t out[static 32])
{
    (void)SHA256(token.p, token.len, out);
}

static uint64_t client_of(const http_guard *g, cot_bytes client)
{
    uint8_t text[16 + 16] = {0};
    uint8_t digest[32];
    memcpy(text, g->key, 16);
    size_t n = client.len < 16 ? client.len : 16;
    if (n > 0) {
        memcpy(text + 16, client.p, n);
    }
    (void)SHA256(text, sizeof text, digest);
    uint64_t hash = 0;
    memcpy(&hash, digest, sizeof hash);
    return hash | 1u;
}

static size_t known_slot(const uint8_t digest[static 32])
{
    return digest[0] % 64u;
}

bool http_guard_knows(const http_guard *g, cot_bytes token, cot_ms now)
{
    uint8_t digest[32];
    digest_of(token, digest);
    size_t i = known_slot(digest);
    return now < g->known[i].until && cot_equal_ct(g->known[i].digest, digest, sizeof digest);
}

bool http_guard_admit(const http_guard *g, cot_bytes client, cot_bytes token, cot_ms now)
{
    uint64_t hash = client_of(g, client);
    size_t i = (size_t)(hash >> 32) % 1024u;
    bool spent = g->clients[i].client == hash &&
                 g->clients[i].full_at > now + (HTTP_GUARD_BURST - 1) * HTTP_GUARD_REFILL_MS;
    return !spent || http_guard_knows(g, token, now);
}

void http_guard_accepted(http_guard *g, cot_bytes token, cot_ms now)
{
    uint8_t digest[32];
    digest_of(token, digest);
    size_t i = known_slot(digest);
    memcpy(g->known[i].digest, digest, sizeof digest);
    g->known[i].until = now + KNOWN_MS;
}

void http_guard_refused(http_guard *g, cot_bytes client, cot_bytes token, cot_ms now)
{
    uint8_t digest[32];
    uint64_t hash = client_of(g, client);
    size_t i = (size_t)(hash >> 32) % 1024u;
    digest_of(token, digest);
    size_t k = known_slot(digest);
    if (cot_equal_ct(g->known[k].digest, digest, sizeof digest)) {
        g->known[k].until = 0; /* removed or expired meanwhile */
    }
    /* A bucket is shared by the clients that fall on it: the newest owner takes it over, unless the old
     * one still has debts. */
    if (g->clients[i].client != hash && g->clients[i].full_at > now) {
        hash = g->clients[i].client;
    }
    cot_ms from = g->clients[i].full_at > now ? g->clients[i].full_at : now;
    g->clients[i].client = hash;
    g->clients[i].full_at = from + HTTP_GUARD_REFILL_MS;
}
