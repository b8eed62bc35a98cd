/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials of a simulated fleet. Each is derived from one secret in a 0600 file, so that a
 * fleet of any size can be provisioned once and run again: key = HMAC-SHA-256(secret, endpoint). */
#ifndef COTTER_SIM_CREDENTIALS_H
#define COTTER_SIM_CREDENTIALS_H

#include <cotter/dtls.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_SECRET 32
#define SIM_PSK 16

typedef struct sim_credentials {
    cot_peer_mode mode;
    uint8_t secret[SIM_SECRET];
    bool shared; /* every device has `key` (a peer that knows one key only) */
    uint8_t key[SIM_PSK];
    cot_dtls_blob server; /* RPK: its SubjectPublicKeyInfo; X.509: its certificate (usage 3) */
    struct evp_pkey_st *ca_key; /* X.509: signs the devices' certificates */
    struct x509_st *ca;
} sim_credentials;

/* Read the secret of FILE, or make it (0600). False with a line on stderr. */
bool sim_credentials_open(sim_credentials *c, cot_peer_mode mode, const char *file);
/* Read 32 hex digits: the one key of all devices. */
bool sim_credentials_shared(sim_credentials *c, const char *file);
/* Read DIR/ca.pem and DIR/ca.key. */
bool sim_credentials_ca(sim_credentials *c, const char *dir);
/* Read the server's certificate or public key (PEM). */
bool sim_credentials_server(sim_credentials *c, const char *file);
void sim_credentials_close(sim_credentials *c);

void sim_credentials_psk(const sim_credentials *c, const char *endpoint,
                         uint8_t out[static SIM_PSK]);

/* A device's own key and what goes with it. */
typedef struct sim_identity {
    uint8_t private_key[32];
    uint8_t der[700]; /* SubjectPublicKeyInfo or certificate */
    size_t der_len;
} sim_identity;

/* Derive the key; for X.509 issue a certificate for `endpoint` too. */
bool sim_credentials_identity(const sim_credentials *c, const char *endpoint, sim_identity *out);

#endif
