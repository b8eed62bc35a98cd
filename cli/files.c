/* SPDX-License-Identifier: Apache-2.0 */
/* Files with and without secrets, and passphrases. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

FILE *cli_create(const char *path, bool secret)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
    if (fd < 0) {
        cli_error("%s: %s", path,
                  errno == EEXIST ? "exists already; name another file" : strerror(errno));
        return NULL;
    }
    FILE *f = fdopen(fd, "w");
    if (f == NULL) {
        (void)close(fd);
        cli_error("%s: %s", path, strerror(errno));
    }
    return f;
}

bool cli_close(FILE *f, const char *path)
{
    bool good = fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (fclose(f) != 0 || !good) {
        cli_error("%s: cannot be written: %s", path, strerror(errno));
        return false;
    }
    return true;
}

uint8_t *cli_read_file(const char *path, size_t max, size_t *len)
{
    FILE *f = fopen(path, "re");
    struct stat st;
    if (f == NULL || fstat(fileno(f), &st) != 0) {
        cli_error("%s: %s", path, strerror(errno));
        if (f != NULL) {
            (void)fclose(f);
        }
        return NULL;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *bytes = S_ISREG(st.st_mode) && size <= max ? malloc(size + 1) : NULL;
    if (bytes == NULL || fread(bytes, 1, size, f) != size) {
        cli_error("%s: is no file of at most %zu bytes, or cannot be read", path, max);
        free(bytes);
        bytes = NULL;
    } else {
        bytes[size] = 0;
        *len = size;
    }
    (void)fclose(f);
    return bytes;
}

bool cli_is_private(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        cli_error("%s: %s", path, strerror(errno));
        return false;
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) { /* a pipe is its reader's own */
        cli_error("%s: holds secrets, but others may read it; run chmod 600 %s", path, path);
        return false;
    }
    return true;
}

static bool prompt(const char *question, char *out, size_t cap)
{
    struct termios old;
    FILE *tty = fopen("/dev/tty", "r+e");
    if (tty == NULL || tcgetattr(fileno(tty), &old) != 0) {
        cli_error("no terminal to ask for a passphrase; use --passphrase-file FILE");
        return false;
    }
    struct termios quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(question, tty);
    (void)fflush(tty);
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    bool got = fgets(out, (int)cap, tty) != NULL;
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
    (void)fputc('\n', tty);
    (void)fclose(tty);
    out[strcspn(out, "\r\n")] = '\0';
    return got;
}

static bool from_file(const char *file, char *out, size_t cap)
{
    bool is_stdin = strcmp(file, "-") == 0;
    if (!is_stdin && !cli_is_private(file)) {
        return false;
    }
    FILE *f = is_stdin ? stdin : fopen(file, "re");
    bool got = f != NULL && fgets(out, (int)cap, f) != NULL;
    if (f != NULL && !is_stdin) {
        (void)fclose(f);
    }
    if (!got) {
        cli_error("%s: no passphrase can be read from it", file);
        return false;
    }
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

bool cli_passphrase(const char *file, bool twice, char *out, size_t cap)
{
    char second[256] = "";
    if (file != NULL) {
        return from_file(file, out, cap);
    }
    if (!prompt("Passphrase: ", out, cap)) {
        return false;
    }
    bool same =
        !twice || (prompt("The same again: ", second, sizeof second) && strcmp(out, second) == 0);
    cot_wipe(second, sizeof second);
    if (!same) {
        cli_error("the two are not the same");
    }
    return same;
}
