/* SPDX-License-Identifier: Apache-2.0 */
/* Fetch a release by Block2 over the session with the server. The intake (core/suit) hands payload
 * out only after the manifest is verified and checked, and no block is asked for in between: each
 * block goes through the intake before the next request is written. */
#include "device/update/update.h"

#include <string.h>

#define ATTEMPTS_MAX 10u  /* 225 s in all: a server may be restarted meanwhile */
#define ATTEMPT_MS 5000u  /* times the attempt's number */
#define HEAD_ROOM 2048u   /* what a release may have beside the image */
#define VERIFY_CHUNK 256u /* bytes read again a tick */

static void restart_intake(cot__update *u)
{
    cot_suit_intake_init(&u->intake, &u->device, u->config->crypto, u->config->manifest,
                         u->config->manifest_cap);
    u->stored = 0;
    u->verified = 0;
}

void cot__pull_begin(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    const cot_client_memory *m = &c->config->memory;
    restart_intake(u);
    cot_coap_fetch_init(&u->fetch, 0, (uint32_t)u->device.capacity + HEAD_ROOM,
                        cot__szx_for(m->rx_cap - COT_CHANNEL_OVERHEAD));
    u->attempts = 0;
    u->waiting = false;
    u->next_at = c->now;
}

/* Path and query of the URI: the '?' between them is taken out for the time being. */
static void write_uri(cot_coap_writer *m, char *path)
{
    char *query = path;
    while (*query != '\0' && *query != '?')
        query++;
    char mark = *query;
    *query = '\0';
    cot_coap_write_segments(m, COT_COAP_URI_PATH, path, '/');
    *query = mark;
    if (mark == '?')
        cot_coap_write_segments(m, COT_COAP_URI_QUERY, query + 1, '&');
}

static cot_status ask_block(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    const cot_client_memory *mem = &c->config->memory;
    cot_coap_block b = cot_coap_fetch_next(&u->fetch);
    cot_coap_writer m;
    cot_coap_head h;
    size_t len = 0;
    cot_status s = cot__request_head(c, COT_COAP_GET, &h);
    if (s != COT_OK)
        return s;
    cot_coap_write_begin(&m, mem->request, mem->request_cap, &h);
    write_uri(&m, u->uri + u->path_at);
    cot_coap_write_option_uint(&m, COT_COAP_BLOCK2, cot_coap_block_encode(&b));
    s = cot_coap_write_end(&m, &len);
    if (s == COT_OK)
        cot__request_send(c, COT__REQUEST_FETCH, &h, len);
    return s;
}

static void fail(cot__client *c, uint8_t result)
{
    cot__update_enter(c, COT__UPDATE_IDLE, result);
}

void cot__pull_tick(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    cot_status s = ask_block(c);
    if (s == COT_OK)
        u->waiting = true;
    else if (s == COT_E_AGAIN)
        u->next_at = c->now + ATTEMPT_MS;
    else
        fail(c, COT__FW_BAD_URI); /* does not fit into a request */
}

static cot_status program(cot__update *u, uint32_t at, const uint8_t *bytes, size_t len)
{
    const cot_port *port = u->config->port;
    uint32_t unit = u->area->erase_size;
    uint32_t e = (at + unit - 1) / unit * unit; /* one that began before was erased then */
    cot_status s = COT_OK;
    for (; e < at + len && s == COT_OK; e += unit)
        s = port->flash_erase(port->ctx, u->slot, e, unit);
    return s != COT_OK ? s : port->flash_program(port->ctx, u->slot, at, bytes, len);
}

/* Append to the image: whole program units go to flash, the rest waits in u->unit. */
static cot_status store(cot__update *u, cot_bytes bytes)
{
    uint32_t size = u->area->program_size;
    while (bytes.len > 0) {
        uint32_t held = u->stored % size;
        size_t n = bytes.len;
        cot_status s = COT_OK;
        if (held == 0 && n >= size) {
            n -= n % size;
            s = program(u, u->stored, bytes.p, n);
        } else {
            n = n < size - held ? n : size - held;
            memcpy(u->unit + held, bytes.p, n);
            if (held + n == size)
                s = program(u, u->stored - held, u->unit, size);
        }
        if (s != COT_OK)
            return s;
        u->stored += (uint32_t)n;
        bytes.p += n;
        bytes.len -= n;
    }
    return COT_OK;
}

static cot_status store_last(cot__update *u)
{
    uint32_t size = u->area->program_size;
    uint32_t held = u->stored % size;
    if (held == 0)
        return COT_OK;
    memset(u->unit + held, 0xFF, size - held);
    return program(u, u->stored - held, u->unit, size);
}

static cot_status finish(cot__update *u)
{
    const cot_crypto *crypto = u->config->crypto;
    cot_status s = cot_suit_intake_finish(&u->intake);
    if (s == COT_OK)
        s = store_last(u);
    crypto->sha256_start(crypto->ctx, &u->intake.hash);
    u->phase = COT__UPDATE_VERIFYING;
    return s;
}

static cot_status take(cot__update *u, cot_bytes payload)
{
    cot_bytes bytes;
    cot_status s = cot_suit_intake_feed(&u->intake, payload, &bytes);
    if (s == COT_OK)
        s = store(u, bytes);
    return s == COT_OK && u->fetch.done ? finish(u) : s;
}

static void try_again(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    u->attempts++;
    u->next_at = c->now + u->attempts * ATTEMPT_MS;
    if (u->attempts >= ATTEMPTS_MAX)
        fail(c, COT__FW_CONNECTION_LOST);
}

void cot__update_answer(cot__client *c, const cot_coap_msg *m, const cot_coap_view *v)
{
    cot__update *u = cot__update_of(c);
    u->waiting = false;
    if (u->phase != COT__UPDATE_FETCHING)
        return;
    if (m == NULL || COT_COAP_CLASS(m->head.code) == 5) {
        try_again(c);
        return;
    }
    if (m->head.code != COT_COAP_CONTENT) {
        fail(c, COT__FW_BAD_URI);
        return;
    }
    cot_status s = cot_coap_fetch_step(&u->fetch, v, m->payload);
    if (s == COT_E_STATE) /* another release lies there now */
        restart_intake(u);
    if (s == COT_E_STATE || s == COT_E_MALFORMED) {
        try_again(c);
        return;
    }
    if (s == COT_OK) {
        u->attempts = 0;
        u->next_at = c->now;
        s = take(u, m->payload);
    }
    if (s != COT_OK)
        fail(c, cot_suit_result(s)); /* COT_E_LIMIT of the fetch, too: too large */
}

/* One piece of the slot a tick. */
void cot__pull_verify(cot__client *c)
{
    cot__update *u = cot__update_of(c);
    const cot_port *port = u->config->port;
    const cot_crypto *crypto = u->config->crypto;
    uint8_t chunk[VERIFY_CHUNK];
    uint8_t digest[COT_SHA256_SIZE];
    uint32_t left = u->stored - u->verified;
    uint32_t n = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
    if (port->flash_read(port->ctx, u->slot, u->verified, chunk, n) != COT_OK) {
        fail(c, COT__FW_FAILED);
        return;
    }
    crypto->sha256_update(crypto->ctx, &u->intake.hash, chunk, n);
    u->verified += n;
    if (n < left)
        return;
    crypto->sha256_finish(crypto->ctx, &u->intake.hash, digest);
    if (cot_equal_ct(digest, u->intake.manifest.digest, sizeof digest))
        cot__update_enter(c, COT__UPDATE_READY, COT__FW_INITIAL);
    else
        fail(c, COT__FW_INTEGRITY);
}
