/* SPDX-License-Identifier: Apache-2.0 */
/* What libcrypto alone needs for the public-key work of a mutual ECDHE-ECDSA P-256 handshake on the server:
 * one signature, two verifications (the device's certificate, its CertificateVerify), one key
 * generation, one ECDH. Algorithms fetched once, contexts reused where libcrypto lets them.
 * Prints {"handshakes":N,"seconds":S,"sign":…} for the seconds given (CPU time of this thread). */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int ok)
{
    if (ok != 1) {
        fputs("crypto_limit: libcrypto failed\n", stderr);
        exit(1);
    }
}

typedef struct limit {
    EVP_PKEY *own;
    EVP_PKEY *peer;
    EVP_PKEY_CTX *sign;
    EVP_PKEY_CTX *verify;
    EVP_PKEY_CTX *keygen;
    unsigned char digest[32];
    unsigned char signature[80];
    size_t signature_len;
} limit;

static void setup(limit *l)
{
    l->own = EVP_EC_gen("P-256");
    l->peer = EVP_EC_gen("P-256");
    l->sign = EVP_PKEY_CTX_new_from_pkey(NULL, l->own, NULL);
    l->verify = EVP_PKEY_CTX_new_from_pkey(NULL, l->own, NULL);
    l->keygen = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    must(EVP_PKEY_sign_init(l->sign));
    must(EVP_PKEY_verify_init(l->verify));
    must(EVP_PKEY_keygen_init(l->keygen));
    must(EVP_PKEY_CTX_set_group_name(l->keygen, "P-256"));
}

static void sign(limit *l)
{
    l->signature_len = sizeof l->signature;
    must(EVP_PKEY_sign(l->sign, l->signature, &l->signature_len, l->digest, sizeof l->digest));
}

static void verify(limit *l)
{
    must(EVP_PKEY_verify(l->verify, l->signature, l->signature_len, l->digest, sizeof l->digest));
}

static void generate(limit *l, EVP_PKEY **key)
{
    *key = NULL;
    must(EVP_PKEY_keygen(l->keygen, key));
}

static void agree(limit *l, EVP_PKEY *key)
{
    unsigned char secret[32];
    size_t len = sizeof secret;
    EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    must(EVP_PKEY_derive_init(derive));
    must(EVP_PKEY_derive_set_peer_ex(derive, l->peer, 0));
    must(EVP_PKEY_derive(derive, secret, &len));
    EVP_PKEY_CTX_free(derive);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 3;
    limit l = {0};
    double part[4] = {0};
    long done = 0;
    setup(&l);
    double begun = cpu();
    while (cpu() - begun < seconds) {
        EVP_PKEY *key;
        l.digest[0]++;
        double t0 = cpu();
        sign(&l);
        double t1 = cpu();
        verify(&l);
        verify(&l);
        double t2 = cpu();
        generate(&l, &key);
        double t3 = cpu();
        agree(&l, key);
        double t4 = cpu();
        EVP_PKEY_free(key);
        part[0] += t1 - t0;
        part[1] += t2 - t1;
        part[2] += t3 - t2;
        part[3] += t4 - t3;
        done++;
    }
    double n = (double)done;
    printf("{\"handshakes\":%ld,\"seconds\":%.3f,\"sign_per_s\":%.0f,\"verify_per_s\":%.0f,"
           "\"keygen_per_s\":%.0f,\"ecdh_per_s\":%.0f}\n",
           done, cpu() - begun, n / part[0], 2 * n / part[1], n / part[2], n / part[3]);
    return 0;
}
