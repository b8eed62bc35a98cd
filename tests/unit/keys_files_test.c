/* SPDX-License-Identifier: Apache-2.0 */
/* The key folder: made once, read again, refused when something is missing or readable by others; and
 * what the DTLS key signs and its certificate says. */
#include "tests/unit/test.h"

#include "server/keys/files.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static int dir;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cotter-keys-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    dir = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    return dir < 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlinkat(dir, KEYS_FILE_SEALING, 0);
    (void)unlinkat(dir, KEYS_FILE_CHECK, 0);
    (void)unlinkat(dir, KEYS_FILE_SERVER_KEY, 0);
    (void)unlinkat(dir, KEYS_FILE_SERVER_CERT, 0);
    close(dir);
    return rmdir(folder);
}

static void make(void)
{
    keys_files f;
    const char *why = "";
    assert_int_equal(keys_files_open(dir, true, &f, &why), COT_OK);
    keys_files_close(&f);
}

static void read_back(uint8_t *buf, size_t cap, const char *name, size_t *len)
{
    int fd = openat(dir, name, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, buf, cap);
    assert_true(n > 0);
    *len = (size_t)n;
    close(fd);
}

static void first_start_makes_files_that_only_we_read(void **state)
{
    struct stat st;
    (void)state;
    make();
    assert_int_equal(fstatat(dir, KEYS_FILE_SEALING, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(fstatat(dir, KEYS_FILE_SERVER_KEY, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void later_starts_read_the_same_key(void **state)
{
    keys_files a;
    keys_files b;
    const char *why = "";
    (void)state;
    make();
    assert_int_equal(keys_files_open(dir, false, &a, &why), COT_OK);
    assert_int_equal(keys_files_open(dir, true, &b, &why), COT_OK);
    assert_memory_equal(a.sealing, b.sealing, KEYS_SEALING_KEY);
    keys_files_close(&a);
    keys_files_close(&b);
}

static void a_missing_sealing_key_is_never_made_anew(void **state)
{
    keys_files f;
    const char *why = "";
    (void)state;
    make();
    assert_int_equal(unlinkat(dir, KEYS_FILE_SEALING, 0), 0);
    assert_int_equal(keys_files_open(dir, false, &f, &why), COT_E_NOT_FOUND);
    assert_non_null(strstr(why, "sealing.key is missing"));
    assert_int_equal(faccessat(dir, KEYS_FILE_SEALING, F_OK, 0), -1);
}

static void another_sealing_key_is_refused(void **state)
{
    keys_files f;
    const char *why = "";
    uint8_t other[KEYS_SEALING_KEY] = {9};
    (void)state;
    make();
    int fd = openat(dir, KEYS_FILE_SEALING, O_WRONLY);
    assert_int_equal(write(fd, other, sizeof other), sizeof other);
    close(fd);
    assert_int_equal(keys_files_open(dir, false, &f, &why), COT_E_AUTH);
    assert_non_null(strstr(why, "not the one"));
}

static void a_readable_sealing_key_is_refused(void **state)
{
    keys_files f;
    const char *why = "";
    (void)state;
    make();
    assert_int_equal(fchmodat(dir, KEYS_FILE_SEALING, 0640, 0), 0);
    assert_int_equal(keys_files_open(dir, false, &f, &why), COT_E_DENIED);
    assert_non_null(strstr(why, "sealing.key"));
}

static void a_certificate_of_another_key_is_refused(void **state)
{
    keys_files f;
    const char *why = "";
    (void)state;
    make();
    assert_int_equal(unlinkat(dir, KEYS_FILE_SERVER_KEY, 0), 0);
    assert_int_equal(keys_files_open(dir, true, &f, &why), COT_E_MALFORMED);
    assert_non_null(strstr(why, "server.crt"));
}

static void signatures_verify_under_the_certificate(void **state)
{
    uint8_t der[2048];
    size_t len = 0;
    uint8_t digest[32] = {7};
    uint8_t sig[KEYS_SIGNATURE_MAX];
    size_t sig_len = 0;
    keys_files f;
    const char *why = "";
    (void)state;
    make();
    assert_int_equal(keys_files_open(dir, false, &f, &why), COT_OK);
    read_back(der, sizeof der, KEYS_FILE_SERVER_CERT, &len);
    const unsigned char *p = der;
    X509 *x = d2i_X509(NULL, &p, (long)len);
    assert_non_null(x);
    for (unsigned i = 0; i < 3; i++) {
        digest[0] = (uint8_t)i;
        assert_int_equal(keys_sign(f.signer, digest, sig, &sig_len), COT_OK);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
        assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
        assert_int_equal(EVP_PKEY_verify(ctx, sig, sig_len, digest, 32), 1);
        digest[1] ^= 1;
        assert_int_not_equal(EVP_PKEY_verify(ctx, sig, sig_len, digest, 32), 1);
        EVP_PKEY_CTX_free(ctx);
    }
    assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
    assert_int_equal(X509_check_ca(x), 0);
    X509_free(x);
    keys_files_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_start_makes_files_that_only_we_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(later_starts_read_the_same_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_sealing_key_is_never_made_anew, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_sealing_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_readable_sealing_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_of_another_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signatures_verify_under_the_certificate, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
