/* SPDX-License-Identifier: Apache-2.0 */
/* API: the server itself, and its events. */
#include "server/hub/api.h"

#include "core/lwm2m/text.h"

#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>

static cot_status put_workers(hub_request *rq)
{
    char name[24];
    uint64_t n = 0;
    cot_status s = COT_OK;
    hub_put_key(&rq->w, "workers");
    cot_cbor_write_array(&rq->w, rq->h->config.workers);
    for (unsigned i = 0; s == COT_OK && i < rq->h->config.workers; i++) {
        (void)snprintf(name, sizeof name, "worker.%u", i);
        s = store_count(rq->h->st, name, &n);
        cot_cbor_write_map(&rq->w, 2);
        hub_put_uint(&rq->w, "index", i);
        hub_put_uint(&rq->w, "registrations", n);
    }
    return s;
}

static void put_listeners(cot_writer *w, const char *key,
                          char list[HUB_LISTENERS][ROLE_ADDRESS_MAX])
{
    uint64_t count = 0;
    while (count < HUB_LISTENERS && list[count][0] != '\0')
        count++;
    hub_put_key(w, key);
    cot_cbor_write_array(w, count);
    for (uint64_t i = 0; i < count; i++)
        cot_cbor_write_text(w, store_bytes(list[i]));
}

/* RFC 7468: lines of 64 characters. */
static void put_certificate(cot_writer *w, cot_bytes der)
{
    uint8_t base64[1400];
    char pem[1600];
    size_t n = 0;
    cot_writer b;
    cot_writer_init(&b, base64, sizeof base64);
    cot_base64_write(&b, der);
    if (der.len == 0 || b.err != COT_OK) {
        hub_put_null(w, "server_certificate");
        return;
    }
    n = (size_t)snprintf(pem, sizeof pem, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < b.len; at += 64)
        n += (size_t)snprintf(pem + n, sizeof pem - n, "%.*s\n",
                              (int)(b.len - at < 64 ? b.len - at : 64), (const char *)base64 + at);
    (void)snprintf(pem + n, sizeof pem - n, "-----END CERTIFICATE-----\n");
    hub_put_text(w, "server_certificate", pem);
}

static void put_public_key(cot_writer *w, cot_bytes der)
{
    const unsigned char *p = der.p;
    unsigned char *spki = NULL;
    X509 *x = der.len == 0 ? NULL : d2i_X509(NULL, &p, (long)der.len);
    int n = x == NULL ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
    if (n > 0)
        hub_put_bytes(w, "server_public_key", (cot_bytes){spki, (size_t)n});
    else
        hub_put_null(w, "server_public_key");
    OPENSSL_free(spki);
    X509_free(x);
}

uint16_t hub_api_status(hub_request *rq)
{
    hub *h = rq->h;
    uint64_t devices = 0;
    uint64_t registered = 0;
    cot_bytes certificate = {h->config.certificate, h->config.certificate_len};
    cot_status s = store_count(h->st, "devices", &devices);
    if (s == COT_OK)
        s = store_count(h->st, "registered", &registered);
    cot_cbor_write_map(&rq->w, 9);
    hub_put_text(&rq->w, "version", h->config.version);
    hub_put_uint(&rq->w, "devices", devices);
    hub_put_uint(&rq->w, "registered", registered);
    if (s == COT_OK)
        s = put_workers(rq);
    put_public_key(&rq->w, certificate);
    put_certificate(&rq->w, certificate);
    put_listeners(&rq->w, "coaps", h->config.coaps);
    put_listeners(&rq->w, "coap", h->config.coap);
    hub_put_uint(&rq->w, "uptime_s", (h->now - h->started) / 1000);
    return s == COT_OK ? 200 : hub_problem_of(rq, s, "status");
}

/* The newest events after `since` that fit; *from: the first of them. */
static uint64_t first_that_fits(const hub *h, uint64_t since, size_t room)
{
    uint64_t from = h->event_next;
    size_t need = 0;
    while (from > h->event_first && from > since + 1) {
        const hub_event *e = &h->events[(from - 1) % HUB_EVENTS];
        need += e->len + 64;
        if (need > room)
            break;
        from--;
    }
    return from;
}

uint16_t hub_api_subscribe(hub_request *rq)
{
    hub *h = rq->h;
    uint64_t newest = h->event_next - 1;
    uint64_t since = hub_arg_uint(rq, "since", newest, UINT64_MAX - 1);
    if (rq->bad != NULL)
        return hub_bad_argument(rq);
    uint64_t from = first_that_fits(h, since, rq->w.cap - 256);
    cot_cbor_write_map(&rq->w, 3);
    hub_put_uint(&rq->w, "sequence", newest);
    hub_put_bool(&rq->w, "lost", since < newest && from > since + 1);
    hub_put_key(&rq->w, "events");
    cot_cbor_write_array(&rq->w, h->event_next - from);
    for (uint64_t n = from; n < h->event_next; n++) {
        const hub_event *e = &h->events[n % HUB_EVENTS];
        cot_cbor_write_map(&rq->w, 3);
        hub_put_uint(&rq->w, "sequence", n);
        hub_put_text(&rq->w, "name", e->name);
        hub_put_key(&rq->w, "body");
        cot_write_bytes(&rq->w, e->body, e->len);
    }
    h->subscribed = true;
    return 200;
}
