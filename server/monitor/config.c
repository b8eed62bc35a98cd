/* SPDX-License-Identifier: Apache-2.0 */
/* Reads cotterd.conf. One table row a key; each error names file, line and key. */
#include "server/monitor/config.h"
#include "server/monitor/listen.h"

#include <errno.h>
#include <grp.h>
#include <libconfig.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum kind { TEXT, NUMBER, BOOLEAN, LISTENER, LISTENERS } kind;

typedef struct row {
    const char *key; /* full path with dots */
    kind kind;
    size_t offset; /* in config */
    size_t size;   /* TEXT: bytes; NUMBER: lowest value */
    uint32_t max;  /* NUMBER */
} row;

#define AT(member) offsetof(config, member)
#define TEXT_ROW(key, member)                                                                      \
    {                                                                                              \
        key, TEXT, AT(member), sizeof((config *)0)->member, 0                                      \
    }

static const row rows[] = {
    TEXT_ROW("data", data),
    TEXT_ROW("run", run),
    {"workers", NUMBER, AT(workers), 1, ROLE_WORKERS_MAX},
    {"max_devices", NUMBER, AT(max_devices), 1, 10000000},
    {"handshakes", NUMBER, AT(handshakes), 1, 4096},
    {"coap", LISTENERS, AT(coap), 0, 0},
    {"coaps", LISTENERS, AT(coaps), 0, 0},
    {"allow_nosec", BOOLEAN, AT(allow_nosec), 0, 0},
    TEXT_ROW("client_ca", client_ca),
    TEXT_ROW("public_uri", public_uri),
    {"http", LISTENER, AT(http), 0, 0},
    TEXT_ROW("http_unix", http_unix),
    {"https.listen", LISTENER, AT(https), 0, 0},
    TEXT_ROW("https.certificate", https_certificate),
    TEXT_ROW("https.key", https_key),
    {"registration.lifetime_min", NUMBER, AT(lifetime_min), 1, UINT32_MAX},
    {"registration.lifetime_max", NUMBER, AT(lifetime_max), 1, UINT32_MAX},
    TEXT_ROW("users.group", users[0]),
    TEXT_ROW("users.net", users[IPC_NET]),
    TEXT_ROW("users.keys", users[IPC_KEYS]),
    TEXT_ROW("users.hub", users[IPC_HUB]),
    TEXT_ROW("users.http", users[IPC_HTTP]),
};

typedef struct context {
    config *c;
    const char *file;
    char *error;
} context;

static cot_status wrong(const context *x, const config_setting_t *s, const char *key,
                        const char *what)
{
    (void)snprintf(x->error, CONFIG_ERROR_MAX, "%s:%u: %s: %s", x->file,
                   s == NULL ? 0 : config_setting_source_line(s), key, what);
    return COT_E_MALFORMED;
}

/* ---- one reader a kind ---- */

static cot_status read_text(const context *x, const row *r, const config_setting_t *s)
{
    const char *text = config_setting_get_string(s);
    if (text == NULL)
        return wrong(x, s, r->key, "must be a text in double quotes");
    if (strlen(text) >= r->size)
        return wrong(x, s, r->key, "is too long");
    memcpy((char *)x->c + r->offset, text, strlen(text) + 1);
    return COT_OK;
}

static cot_status read_number(const context *x, const row *r, const config_setting_t *s)
{
    int type = config_setting_type(s);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return wrong(x, s, r->key, "must be a number");
    long long v = config_setting_get_int64(s);
    if (type == CONFIG_TYPE_INT)
        v = config_setting_get_int(s);
    if (v < (long long)r->size || v > (long long)r->max) {
        char what[96];
        (void)snprintf(what, sizeof what, "must be from %zu to %u", r->size, r->max);
        return wrong(x, s, r->key, what);
    }
    uint32_t value = (uint32_t)v;
    memcpy((char *)x->c + r->offset, &value, sizeof value);
    return COT_OK;
}

static cot_status read_bool(const context *x, const row *r, const config_setting_t *s)
{
    if (config_setting_type(s) != CONFIG_TYPE_BOOL)
        return wrong(x, s, r->key, "must be true or false");
    bool v = config_setting_get_bool(s) != CONFIG_FALSE;
    memcpy((char *)x->c + r->offset, &v, sizeof v);
    return COT_OK;
}

static cot_status read_address(const context *x, const row *r, const config_setting_t *s,
                               config_listener *out)
{
    const char *text = config_setting_get_string(s);
    listen_address a;
    if (text == NULL)
        return wrong(x, s, r->key, "must be an address like \"127.0.0.1:5684\" or \"[::1]:5684\"");
    if (text[0] != '\0' && listen_parse(text, &a) != COT_OK)
        return wrong(x, s, r->key, "is no address like \"127.0.0.1:5684\" or \"[::1]:5684\"");
    (void)snprintf(out->text, sizeof out->text, "%s", text);
    return COT_OK;
}

static cot_status read_list(const context *x, const row *r, const config_setting_t *s)
{
    config_listener *list = (config_listener *)(void *)((char *)x->c + r->offset);
    memset(list, 0, ROLE_LISTENERS * sizeof *list);
    if (!config_setting_is_array(s) && !config_setting_is_list(s))
        return wrong(x, s, r->key, "must be a list like [ \"127.0.0.1:5684\" ]");
    int n = config_setting_length(s);
    if (n > (int)ROLE_LISTENERS)
        return wrong(x, s, r->key, "has more than 4 addresses");
    for (int i = 0; i < n; i++) {
        cot_status st = read_address(x, r, config_setting_get_elem(s, (unsigned)i), &list[i]);
        if (st != COT_OK)
            return st;
    }
    return COT_OK;
}

static cot_status read_row(const context *x, const row *r, const config_setting_t *s)
{
    switch (r->kind) {
    case TEXT:
        return read_text(x, r, s);
    case NUMBER:
        return read_number(x, r, s);
    case BOOLEAN:
        return read_bool(x, r, s);
    case LISTENER:
        return read_address(x, r, s, (config_listener *)(void *)((char *)x->c + r->offset));
    case LISTENERS:
        return read_list(x, r, s);
    }
    return COT_E_INTERNAL;
}

static const row *row_of(const char *key)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

/* A group's keys, "https.listen"; the root's have no prefix. */
static cot_status read_group(const context *x, const config_setting_t *group, const char *prefix)
{
    int n = config_setting_length(group);
    for (int i = 0; i < n; i++) {
        config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        char key[128];
        (void)snprintf(key, sizeof key, "%s%s", prefix, config_setting_name(s));
        if (config_setting_is_group(s) && prefix[0] == '\0')
            continue;
        const row *r = row_of(key);
        if (r == NULL)
            return wrong(x, s, key, "there is no such key");
        cot_status st = read_row(x, r, s);
        if (st != COT_OK)
            return st;
    }
    return COT_OK;
}

static cot_status read_groups(const context *x, const config_setting_t *root)
{
    static const char *const groups[] = {"https", "registration", "users"};
    cot_status st = COT_OK;
    int n = config_setting_length(root);
    for (int i = 0; i < n && st == COT_OK; i++) {
        config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
        if (!config_setting_is_group(s))
            continue;
        st = wrong(x, s, config_setting_name(s), "there is no such group");
        for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
            char prefix[32];
            (void)snprintf(prefix, sizeof prefix, "%s.", groups[g]);
            if (strcmp(groups[g], config_setting_name(s)) == 0)
                st = read_group(x, s, prefix);
        }
    }
    return st;
}

/* ---- what must fit together ---- */

static cot_status check_loopback(const context *x, const config_t *cfg, const char *key,
                                 const config_listener *l, const char *what)
{
    listen_address a;
    if (l->text[0] == '\0' || (listen_parse(l->text, &a) == COT_OK && listen_is_loopback(&a)))
        return COT_OK;
    return wrong(x, config_lookup(cfg, key), key, what);
}

/* A file of that key must be readable and hold a PEM block of that kind. */
static cot_status check_pem(const context *x, const config_t *cfg, const char *key,
                            const char *path, const char *label)
{
    static char text[65537];
    char what[64];
    if (path[0] == '\0')
        return COT_OK;
    FILE *f = fopen(path, "re");
    size_t n = f == NULL ? 0 : fread(text, 1, sizeof text - 1, f);
    int err = errno;
    if (f != NULL)
        (void)fclose(f);
    text[n] = '\0';
    if (n > 0 && strstr(text, "-----BEGIN ") != NULL && strstr(text, label) != NULL)
        return COT_OK;
    (void)snprintf(what, sizeof what, f == NULL ? "cannot be read: %s" : "holds no PEM %s",
                   f == NULL ? strerror(err) : label);
    return wrong(x, config_lookup(cfg, key), key, what);
}

/* A user that is named in the file must exist; those of the package may be missing (files.c). */
static cot_status check_users(const context *x, const config_t *cfg)
{
    for (unsigned role = IPC_NET; role <= IPC_HTTP; role++) {
        static const char *const keys[] = {"", "users.net", "users.keys", "users.hub",
                                           "users.http"};
        const config_setting_t *s = config_lookup(cfg, keys[role]);
        if (s != NULL && strncmp(x->c->users[role], "_cotter-", 8) != 0 &&
            getpwnam(x->c->users[role]) == NULL)
            return wrong(x, s, keys[role], "there is no such user");
    }
    const config_setting_t *group = config_lookup(cfg, "users.group");
    if (group != NULL && strcmp(x->c->users[0], "cotter") != 0 && getgrnam(x->c->users[0]) == NULL)
        return wrong(x, group, "users.group", "there is no such group");
    return COT_OK;
}

static cot_status check_files(const context *x, const config_t *cfg)
{
    const config *c = x->c;
    cot_status st = check_pem(x, cfg, "client_ca", c->client_ca, "CERTIFICATE");
    if (st == COT_OK)
        st = check_pem(x, cfg, "https.certificate", c->https_certificate, "CERTIFICATE");
    if (st == COT_OK)
        st = check_pem(x, cfg, "https.key", c->https_key, "PRIVATE KEY");
    const char *uri = c->public_uri;
    if (st == COT_OK && uri[0] != '\0' && strncmp(uri, "coaps://", 8) != 0 &&
        strncmp(uri, "coap://", 7) != 0)
        st = wrong(x, config_lookup(cfg, "public_uri"), "public_uri",
                   "must begin with coaps:// or coap://");
    return st == COT_OK ? check_users(x, cfg) : st;
}

static cot_status check(const context *x, const config_t *cfg)
{
    const config *c = x->c;
    cot_status st = COT_OK;
    for (size_t i = 0; i < ROLE_LISTENERS && st == COT_OK && !c->allow_nosec; i++)
        st = check_loopback(x, cfg, "coap", &c->coap[i],
                            "plain CoAP off loopback needs allow_nosec = true");
    if (st == COT_OK)
        st = check_loopback(x, cfg, "http", &c->http, "plain HTTP is for loopback only; use https");
    if (st == COT_OK && c->lifetime_min > c->lifetime_max)
        st = wrong(x, config_lookup(cfg, "registration"), "registration.lifetime_min",
                   "is above registration.lifetime_max");
    bool https = c->https.text[0] != '\0';
    if (st == COT_OK && https && (c->https_certificate[0] == '\0' || c->https_key[0] == '\0'))
        st = wrong(x, config_lookup(cfg, "https"), "https.listen",
                   "needs https.certificate and https.key");
    if (st == COT_OK && (c->data[0] != '/' || c->run[0] != '/'))
        st = wrong(x, config_lookup(cfg, c->data[0] != '/' ? "data" : "run"),
                   c->data[0] != '/' ? "data" : "run", "must be an absolute path");
    return st == COT_OK ? check_files(x, cfg) : st;
}

static void defaults(config *c)
{
    memset(c, 0, sizeof *c);
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    bool root = geteuid() == 0;
    (void)snprintf(c->data, sizeof c->data, "%s", "/var/lib/cotter");
    if (root || runtime == NULL || strlen(runtime) > 128)
        (void)snprintf(c->run, sizeof c->run, "%s", "/run/cotter");
    else
        (void)snprintf(c->run, sizeof c->run, "%s/cotter", runtime);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    c->workers = cpus < 1 ? 1 : cpus > (long)ROLE_WORKERS_MAX ? ROLE_WORKERS_MAX : (uint32_t)cpus;
    c->max_devices = 1000000;
    c->handshakes = 256;
    c->lifetime_min = 1;
    c->lifetime_max = 31536000;
    (void)snprintf(c->coaps[0].text, ROLE_ADDRESS_MAX, "%s", "0.0.0.0:5684");
    (void)snprintf(c->coaps[1].text, ROLE_ADDRESS_MAX, "%s", "[::]:5684");
    (void)snprintf(c->http.text, ROLE_ADDRESS_MAX, "%s", "127.0.0.1:8080");
    static const char *const users[5] = {"cotter", "_cotter-net", "_cotter-keys", "_cotter-hub",
                                         "_cotter-http"};
    for (size_t i = 0; i < 5; i++)
        (void)snprintf(c->users[i], sizeof c->users[i], "%s", users[i]);
}

cot_status config_load(config *c, const char *file, char error[static CONFIG_ERROR_MAX])
{
    context x = {.c = c, .file = file, .error = error};
    defaults(c);
    config_t cfg;
    config_init(&cfg);
    cot_status st = COT_OK;
    if (config_read_file(&cfg, file) != CONFIG_TRUE) {
        if (config_error_type(&cfg) == CONFIG_ERR_FILE_IO) {
            (void)snprintf(error, CONFIG_ERROR_MAX, "%s: cannot be read: %s", file,
                           strerror(errno));
            st = COT_E_NOT_FOUND;
        } else {
            (void)snprintf(error, CONFIG_ERROR_MAX, "%s:%d: %s", file, config_error_line(&cfg),
                           config_error_text(&cfg));
            st = COT_E_MALFORMED;
        }
    }
    const config_setting_t *root = config_root_setting(&cfg);
    if (st == COT_OK)
        st = read_group(&x, root, "");
    if (st == COT_OK)
        st = read_groups(&x, root);
    if (st == COT_OK)
        st = check(&x, &cfg);
    if (st == COT_OK && c->http_unix[0] == '\0')
        (void)snprintf(c->http_unix, sizeof c->http_unix, "%.240s/http.sock", c->run);
    config_destroy(&cfg);
    return st;
}
