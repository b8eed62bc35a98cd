/* SPDX-License-Identifier: Apache-2.0 */
/* One NDJSON body of all devices, posted once: the import is all or nothing. */
#include "sim/provision.h"

#include "core/base/bytes.h"

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
    char *p;
    size_t len;
    size_t cap;
} text;

static bool append(text *t, const char *p, size_t len)
{
    if (t->len + len + 1 > t->cap) {
        size_t cap = (t->len + len + 1) * 2;
        char *grown = realloc(t->p, cap);
        if (grown == NULL)
            return false;
        t->p = grown;
        t->cap = cap;
    }
    memcpy(t->p + t->len, p, len);
    t->len += len;
    t->p[t->len] = '\0';
    return true;
}

static size_t on_answer(char *p, size_t size, size_t n, void *ctx)
{
    return append(ctx, p, size * n) ? size * n : 0;
}

static void add_key(json_t *device, const sim_credentials *c, const char *endpoint)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t key[SIM_PSK];
    char hex[2 * SIM_PSK + 1];
    sim_credentials_psk(c, endpoint, key);
    for (size_t i = 0; i < sizeof key; i++) {
        hex[2 * i] = digits[key[i] >> 4];
        hex[2 * i + 1] = digits[key[i] & 15];
    }
    hex[sizeof hex - 1] = '\0';
    json_object_set_new(device, "identity", json_string(endpoint));
    json_object_set_new(device, "secret", json_string(hex));
    cot_wipe(key, sizeof key);
    cot_wipe(hex, sizeof hex);
}

static bool add_public_key(json_t *device, const sim_credentials *c, const char *endpoint)
{
    sim_identity id;
    char base64[1000];
    if (!sim_credentials_identity(c, endpoint, &id))
        return false;
    (void)EVP_EncodeBlock((unsigned char *)base64, id.der, (int)id.der_len);
    json_object_set_new(device, "public_key", json_string(base64));
    cot_wipe(&id, sizeof id);
    return true;
}

/* One line of the body. */
static bool add_line(text *body, const char *group, const char *endpoint, const sim_credentials *c)
{
    static const char *const modes[] = {"nosec", "psk", "rpk", "x509"};
    json_t *device = json_object();
    json_object_set_new(device, "endpoint", json_string(endpoint));
    json_object_set_new(device, "mode", json_string(modes[c == NULL ? COT_PEER_NOSEC : c->mode]));
    if (group != NULL)
        json_object_set_new(device, "group", json_string(group));
    bool ok = true;
    if (c != NULL && c->mode == COT_PEER_PSK)
        add_key(device, c, endpoint);
    else if (c != NULL && c->mode == COT_PEER_RPK)
        ok = add_public_key(device, c, endpoint);
    else if (c != NULL)
        json_object_set_new(device, "identity", json_string(endpoint));
    char *line = json_dumps(device, JSON_COMPACT);
    ok = ok && line != NULL && append(body, line, strlen(line)) && append(body, "\n", 1);
    if (line != NULL)
        cot_wipe(line, strlen(line));
    free(line);
    json_decref(device);
    return ok;
}

static bool read_token(const char *file, char out[static 160])
{
    char token[128] = "";
    FILE *f = fopen(file, "r");
    bool ok = f != NULL && fgets(token, sizeof token, f) != NULL;
    if (f != NULL)
        fclose(f);
    token[strcspn(token, "\r\n")] = '\0';
    (void)snprintf(out, 160, "Authorization: Bearer %s", token);
    cot_wipe(token, sizeof token);
    if (!ok)
        fprintf(stderr, "cotter-sim: %s: no token there\n", file);
    return ok;
}

static bool post(const char *url, const char *authorization, const text *body)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, authorization);
    text answer = {0};
    long status = 0;
    headers = curl_slist_append(headers, "Content-Type: application/x-ndjson");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->p);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    CURLcode e = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (e != CURLE_OK)
        fprintf(stderr, "cotter-sim: %s: %s\n", url, curl_easy_strerror(e));
    else if (status != 200)
        fprintf(stderr, "cotter-sim: the import was refused: %s\n", answer.p ? answer.p : "");
    free(answer.p);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return e == CURLE_OK && status == 200;
}

bool sim_provision(const char *api, const char *token_file, const char *group,
                   const sim_settings *settings, const sim_credentials *credentials, uint32_t count)
{
    char url[512];
    char authorization[160];
    char endpoint[64];
    text body = {0};
    bool ok = read_token(token_file, authorization);
    (void)snprintf(url, sizeof url, "%s/api/v1/devices/import", api);
    for (uint32_t i = 0; ok && i < count; i++) {
        sim_endpoint(settings, i, endpoint);
        ok = add_line(&body, group, endpoint, credentials);
    }
    ok = ok && post(url, authorization, &body);
    if (body.p != NULL)
        cot_wipe(body.p, body.len);
    free(body.p);
    cot_wipe(authorization, sizeof authorization);
    return ok;
}
