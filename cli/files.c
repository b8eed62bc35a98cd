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

/* All of an open file, which is closed. */
static uint8_t *read_all(FILE *f, const char *path, size_t max, size_t *len)
{
    struct stat st;
    size_t size = 0;
    uint8_t *bytes = NULL;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= max) {
        size = (size_t)st.st_size;
        bytes = malloc(size + 1);
    }
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

uint8_t *cli_read_file(const char *path, size_t max, size_t *len)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        cli_error("%s: %s", path, strerror(errno));
        return NULL;
    }
    return read_all(f, path, max, len);
}

/* What is wrong with an open file as a place for secrets; NULL: nothing. */
static const char *exposed(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))) {
        return "is no file";
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return "holds secrets, but belongs to another user";
    }
    return (st.st_mode & 077) != 0 ? "holds secrets, but others may use it; run chmod 600 on it"
                                   : NULL;
}

FILE *cli_open_private(const char *path)
{
    /* The shell's <(command) is a pipe of this process, named by a link in /dev/fd. */
    int follow = strncmp(path, "/dev/fd/", 8) == 0 ? 0 : O_NOFOLLOW;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | follow);
    if (fd < 0) {
        cli_error("%s: %s", path,
                  errno == ELOOP ? "holds secrets and must be no link" : strerror(errno));
        return NULL;
    }
    const char *wrong = exposed(fd);
    FILE *f = wrong == NULL ? fdopen(fd, "r") : NULL;
    if (f == NULL) {
        cli_error("%s: %s", path, wrong != NULL ? wrong : strerror(errno));
        (void)close(fd);
    }
    return f;
}

uint8_t *cli_read_private(const char *path, size_t max, size_t *len)
{
    FILE *f = cli_open_private(path);
    return f != NULL ? read_all(f, path, max, len) : NULL;
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
    FILE *f = strcmp(file, "-") == 0 ? stdin : cli_open_private(file);
    if (f == NULL) {
        return false;
    }
    bool got = fgets(out, (int)cap, f) != NULL;
    if (f != stdin) {
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
