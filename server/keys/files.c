/* SPDX-License-Identifier: Apache-2.0 */
/* Read the key folder; make its files at the first start. */
#include "server/keys/files.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".new"

static cot_status read_file(int dir, const char *name, bool secret, uint8_t *buf, size_t cap,
                            size_t *len)
{
    struct stat st;
    *len = 0;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? COT_E_NOT_FOUND : COT_E_IO;
    cot_status s = COT_OK;
    if (fstat(fd, &st) != 0)
        s = COT_E_IO;
    else if (secret && (st.st_mode & 077) != 0)
        s = COT_E_DENIED;
    else if (st.st_size <= 0 || (size_t)st.st_size > cap)
        s = COT_E_MALFORMED;
    else if (read(fd, buf, (size_t)st.st_size) != st.st_size)
        s = COT_E_IO;
    else
        *len = (size_t)st.st_size;
    close(fd);
    return s;
}

static cot_status write_file(int dir, const char *name, mode_t mode, const uint8_t *bytes,
                             size_t len)
{
    if (unlinkat(dir, TEMPORARY, 0) != 0 && errno != ENOENT)
        return COT_E_IO;
    int fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return COT_E_IO;
    bool good = fchmod(fd, mode) == 0 && write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
    good = close(fd) == 0 && good && renameat(dir, TEMPORARY, dir, name) == 0 && fsync(dir) == 0;
    return good ? COT_OK : COT_E_IO;
}

static cot_status sealing_key(int dir, bool create, keys_files *f, const char **why)
{
    size_t len = 0;
    cot_status s = read_file(dir, KEYS_FILE_SEALING, true, f->sealing, KEYS_SEALING_KEY, &len);
    if (s == COT_E_NOT_FOUND && create) {
        bool made = RAND_priv_bytes(f->sealing, KEYS_SEALING_KEY) == 1;
        s = made ? write_file(dir, KEYS_FILE_SEALING, 0600, f->sealing, KEYS_SEALING_KEY)
                 : COT_E_IO;
        len = KEYS_SEALING_KEY;
    }
    if (s == COT_OK && len != KEYS_SEALING_KEY)
        s = COT_E_MALFORMED;
    if (s == COT_E_NOT_FOUND)
        *why = "keys/sealing.key is missing, but there is a database whose secrets only it opens: "
               "put it back from the backup";
    else if (s == COT_E_DENIED)
        *why = "keys/sealing.key may be read by other users: chmod 0600 it";
    else if (s == COT_E_MALFORMED)
        *why = "keys/sealing.key is not 32 bytes long: put it back from the backup";
    else
        *why = "keys/sealing.key cannot be read or written";
    return s;
}

/* Another key of the right length would start and then know no device: a sealed text tells. */
static cot_status sealing_check(int dir, bool create, const keys_files *f, const char **why)
{
    static const uint8_t text[] = "cotter sealing key";
    const cot_bytes name = {text, sizeof text - 1};
    uint8_t blob[KEYS_SEALED_SIZE];
    uint8_t opened[KEYS_SECRET_MAX];
    size_t len = 0;
    size_t opened_len = 0;
    cot_status s = read_file(dir, KEYS_FILE_CHECK, false, blob, sizeof blob, &len);
    if (s == COT_E_NOT_FOUND && create) {
        s = keys_seal(f->sealing, name, name, blob, &len);
        if (s == COT_OK)
            s = write_file(dir, KEYS_FILE_CHECK, 0600, blob, len);
    }
    if (s == COT_OK)
        s = keys_unseal(f->sealing, name, (cot_bytes){blob, len}, opened, &opened_len);
    if (s == COT_E_AUTH)
        *why = "keys/sealing.key is not the one that this data was sealed with: put it back from "
               "the backup";
    else
        *why = "keys/sealing.check is missing or broken: put it back from the backup";
    return s;
}

static cot_status server_key(int dir, bool create, keys_files *f, const char **why)
{
    uint8_t *der = OPENSSL_secure_malloc(KEYS_DER_MAX);
    size_t len = 0;
    *why = "keys/server.key cannot be read or written";
    if (der == NULL)
        return COT_E_IO;
    cot_status s = read_file(dir, KEYS_FILE_SERVER_KEY, true, der, KEYS_DER_MAX, &len);
    if (s == COT_E_NOT_FOUND && create) {
        s = keys_signer_create(der, &len);
        if (s == COT_OK)
            s = write_file(dir, KEYS_FILE_SERVER_KEY, 0600, der, len);
    }
    if (s == COT_OK && (f->signer = keys_signer_load((cot_bytes){der, len})) == NULL)
        s = COT_E_MALFORMED;
    OPENSSL_secure_clear_free(der, KEYS_DER_MAX);
    if (s == COT_E_NOT_FOUND)
        *why = "keys/server.key is missing: put it back from the backup, devices know the server "
               "by it";
    else if (s == COT_E_DENIED)
        *why = "keys/server.key may be read by other users: chmod 0600 it";
    else if (s == COT_E_MALFORMED)
        *why = "keys/server.key is not a P-256 private key in PKCS#8 DER";
    return s;
}

static cot_status server_certificate(int dir, bool create, const keys_files *f, const char **why)
{
    uint8_t der[KEYS_DER_MAX];
    size_t len = 0;
    cot_status s = read_file(dir, KEYS_FILE_SERVER_CERT, false, der, sizeof der, &len);
    if (s == COT_E_NOT_FOUND && create) {
        s = keys_signer_certificate(f->signer, der, &len);
        if (s == COT_OK)
            s = write_file(dir, KEYS_FILE_SERVER_CERT, 0644, der, len);
    }
    if (s == COT_OK && !keys_signer_fits(f->signer, (cot_bytes){der, len}))
        s = COT_E_MALFORMED;
    if (s == COT_E_NOT_FOUND)
        *why = "keys/server.crt is missing: put it back from the backup";
    else if (s == COT_E_MALFORMED)
        *why = "keys/server.crt is not a certificate of keys/server.key";
    else
        *why = "keys/server.crt cannot be read or written";
    return s;
}

cot_status keys_files_open(int dir, bool first_start, keys_files *out, const char **why)
{
    *out = (keys_files){NULL, NULL};
    *why = "out of memory";
    /* Private numbers of libcrypto's keys go to this heap too: locked, not dumped. It works unlocked
     * where the limits forbid locking. */
    if (!CRYPTO_secure_malloc_initialized() && CRYPTO_secure_malloc_init(65536, 32) == 0)
        return COT_E_IO;
    out->sealing = OPENSSL_secure_zalloc(KEYS_SEALING_KEY);
    if (out->sealing == NULL)
        return COT_E_IO;
    /* At a first start, what an interrupted one before has made is taken. */
    cot_status s = server_key(dir, first_start, out, why);
    if (s == COT_OK)
        s = server_certificate(dir, first_start, out, why);
    if (s == COT_OK)
        s = sealing_key(dir, first_start, out, why);
    if (s == COT_OK)
        s = sealing_check(dir, first_start, out, why);
    if (s != COT_OK)
        keys_files_close(out);
    return s;
}

void keys_files_close(keys_files *f)
{
    keys_signer_free(f->signer);
    OPENSSL_secure_clear_free(f->sealing, KEYS_SEALING_KEY);
    *f = (keys_files){NULL, NULL};
}
