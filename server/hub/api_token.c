/* SPDX-License-Identifier: Apache-2.0 */
/* API: tokens and the audit log. Of a token only its SHA-256 is kept; its text is said once. */
#include "server/hub/api.h"

#include "core/lwm2m/text.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool hub_token_hash(cot_bytes token, uint8_t hash[static 32])
{
    unsigned len = 0;
    return EVP_Digest(token.p, token.len, hash, &len, EVP_sha256(), NULL) == 1 && len == 32;
}

bool hub_token_make(char text[static HUB_TOKEN_TEXT + 1])
{
    uint8_t random[33]; /* 44 characters of base64, the last one not used: 258 bits of 264 */
    cot_writer w;
    if (RAND_priv_bytes(random, sizeof random) != 1)
        return false;
    memcpy(text, "cot_", 4);
    uint8_t base64[44];
    cot_writer_init(&w, base64, sizeof base64);
    cot_base64_write(&w, (cot_bytes){random, sizeof random});
    for (size_t i = 0; i < HUB_TOKEN_TEXT - 4; i++)
        text[4 + i] = (char)(base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i]);
    text[HUB_TOKEN_TEXT] = '\0';
    cot_wipe(random, sizeof random);
    cot_wipe(base64, sizeof base64);
    return true;
}

static cot_status add_token(store *st, store_token *t, char text[static HUB_TOKEN_TEXT + 1])
{
    uint8_t hash[32];
    if (!hub_token_make(text) || !hub_token_hash(store_bytes(text), hash))
        return COT_E_IO;
    return store_token_add(st, t, hash, &t->id);
}

cot_status hub_first_token(store *st, int fd, store_ms now)
{
    char text[HUB_TOKEN_TEXT + 2];
    bool is_new = false;
    store_token t = {.role = STORE_ADMIN, .created_at = now};
    cot_status s = store_is_new(st, &is_new);
    if (s != COT_OK || !is_new || fd < 0)
        return s;
    (void)snprintf(t.name, sizeof t.name, "first start");
    s = add_token(st, &t, text);
    text[HUB_TOKEN_TEXT] = '\n';
    if (s == COT_OK && (ftruncate(fd, 0) != 0 ||
                        pwrite(fd, text, HUB_TOKEN_TEXT + 1, 0) != (ssize_t)HUB_TOKEN_TEXT + 1))
        s = COT_E_IO;
    cot_wipe(text, sizeof text);
    return s;
}

static const char *role_text(uint8_t role)
{
    static const char *const names[] = {"?", "read", "operate", "admin"};
    return role <= STORE_ADMIN ? names[role] : names[0];
}

static uint8_t role_of(cot_bytes text)
{
    for (uint8_t role = STORE_READ; role <= STORE_ADMIN; role++)
        if (cot_bytes_is(text, role_text(role)))
            return role;
    return 0;
}

static void write_token(cot_writer *w, const store_token *t, const char *secret)
{
    cot_cbor_write_map(w, secret == NULL ? 6 : 7);
    hub_put_uint(w, "id", (uint64_t)t->id);
    hub_put_text(w, "name", t->name);
    hub_put_text(w, "role", role_text(t->role));
    hub_put_time(w, "created_at", t->created_at);
    hub_put_time(w, "expires_at", t->expires_at);
    hub_put_time(w, "last_used_at", t->used_at);
    if (secret != NULL)
        hub_put_text(w, "token", secret);
}

/* Asked for twice, the answer to the first is lost and with it the text: that token goes. */
static cot_status remove_former(hub_request *rq)
{
    char made[24];
    long long id = 0;
    if (!hub_made_before(rq, made, sizeof made) || sscanf(made, "%lld", &id) != 1)
        return COT_OK;
    cot_status s = store_token_remove(rq->h->st, (store_id)id);
    return s == COT_E_NOT_FOUND ? COT_OK : s;
}

uint16_t hub_api_token_add(hub_request *rq)
{
    char text[HUB_TOKEN_TEXT + 1];
    char made[24];
    store_token t = {.created_at = rq->h->utc};
    cot_bytes name = hub_arg_text(rq, "name");
    t.role = role_of(hub_arg_text(rq, "role"));
    t.expires_at = (store_ms)hub_arg_uint(rq, "expires_at", 0, INT64_MAX);
    if (rq->bad == NULL && t.role == 0)
        rq->bad = "role";
    if (rq->bad == NULL && store_chars(t.name, sizeof t.name, name) != COT_OK)
        rq->bad = "name";
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    if (t.expires_at != 0 && t.expires_at <= rq->h->utc)
        return hub_problem(rq, 409, "\"expires_at\" is in the past: nobody could use that token.");
    cot_status s = remove_former(rq);
    if (s == COT_OK)
        s = add_token(rq->h->st, &t, text);
    (void)snprintf(made, sizeof made, "%lld", (long long)t.id);
    if (s == COT_OK)
        s = hub_note_made(rq, made);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "token");
    hub_audit_subject(rq, t.name);
    (void)snprintf(rq->detail, sizeof rq->detail, "role %s", role_text(t.role));
    write_token(&rq->w, &t, text);
    cot_wipe(text, sizeof text);
    return 201;
}

uint16_t hub_api_token_remove(hub_request *rq)
{
    store_token t;
    bool other = false;
    uint64_t id = hub_arg_uint(rq, "id", 0, INT64_MAX);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    cot_status s = store_token_get(rq->h->st, (store_id)id, &t);
    if (s == COT_OK && t.id == rq->token.id)
        return hub_problem(rq, 409, "A token cannot remove itself: use another one.");
    if (s == COT_OK && t.role == STORE_ADMIN) {
        s = store_token_any_admin(rq->h->st, t.id, &other);
        if (s == COT_OK && !other)
            return hub_problem(
                rq, 409, "This is the last admin token without an expiry: add another one first.");
    }
    if (s == COT_OK)
        s = store_token_remove(rq->h->st, t.id);
    if (s != COT_OK)
        return hub_problem_of(rq, s, "token");
    hub_audit_subject(rq, t.name);
    cot_cbor_write_map(&rq->w, 0);
    return 204;
}

static bool token_row(void *ctx, const store_token *t)
{
    hub_page *l = ctx;
    char cursor[24];
    if (!hub_page_item(l))
        return false;
    write_token(&l->rq->w, t, NULL);
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)t->id);
    return hub_page_item_end(l, cursor);
}

uint16_t hub_api_token_list(hub_request *rq)
{
    hub_page l;
    store_id after = hub_cursor_id(rq);
    hub_page_begin(&l, rq);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return hub_page_end(&l, store_token_list(rq->h->st, after, token_row, &l));
}

static bool audit_row(void *ctx, const store_audit *a)
{
    hub_page *l = ctx;
    cot_writer *w = &l->rq->w;
    char cursor[24];
    if (!hub_page_item(l))
        return false;
    cot_cbor_write_map(w, 5);
    hub_put_time(w, "at", a->at);
    hub_put_text(w, "actor", a->actor);
    hub_put_text(w, "action", a->action);
    hub_put_text_or_null(w, "subject", a->subject);
    hub_put_text_or_null(w, "detail", a->detail);
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)a->id);
    return hub_page_item_end(l, cursor);
}

uint16_t hub_api_audit_list(hub_request *rq)
{
    hub_page l;
    store_id before = hub_cursor_id(rq);
    hub_page_begin(&l, rq);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    return hub_page_end(&l, store_audit_list(rq->h->st, before, audit_row, &l));
}
