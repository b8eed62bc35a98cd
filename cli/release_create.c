/* SPDX-License-Identifier: Apache-2.0 */
/* cotter release create: wrap an image into an unsigned SUIT envelope. */
#include "cli/ids.h"
#include "cli/release.h"
#include "core/cose/host/crypto_libcrypto.h"
#include "core/suit/write.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int create(const cli_ids *ids, long sequence, const char *out, cot_bytes image)
{
    uint8_t manifest[CLI_RELEASE_HEAD];
    uint8_t digest[COT_SUIT_DIGEST_SIZE];
    uint8_t unsigned_[64] = {0};
    cot_writer w;
    cot_suit_release release = {.sequence = (uint64_t)sequence, .size = image.len};
    memcpy(release.vendor_id, ids->vendor, sizeof release.vendor_id);
    memcpy(release.class_id, ids->class, sizeof release.class_id);
    cot_sha256_of(&cot_crypto_openssl, image.p, image.len, release.digest);
    cot_writer_init(&w, manifest, sizeof manifest);
    cot_suit_write_manifest(&w, &release);
    if (w.err != COT_OK) {
        cli_error("the manifest cannot be written: %s", cot_status_text(w.err));
        return CLI_FAILED;
    }
    cot_suit_digest((cot_bytes){manifest, w.len}, &cot_crypto_openssl, digest);
    if (!cli_release_write(out, false, (cot_bytes){manifest, w.len}, digest, unsigned_, image)) {
        return CLI_FAILED;
    }
    (void)printf(
        "Made %s: sequence %ld, image of %zu bytes. Next: cotter release sign --key FILE %s\n", out,
        sequence, image.len, out);
    return CLI_OK;
}

/* Remember the version beside the release, for publish. */
static bool write_version(const char *out, const char *version)
{
    char name[PATH_MAX];
    (void)snprintf(name, sizeof name, "%.4000s.version", out);
    FILE *f = cli_create(name, false);
    return f != NULL && fprintf(f, "%s\n", version) > 0 && cli_close(f, name);
}

static int run(cli *c, const char *const *args, int count)
{
    cli_ids ids;
    long sequence = 0;
    size_t len = 0;
    const char *out = cli_option_of(c, "out");
    const char *version = cli_option_of(c, "version");
    (void)count;
    if (!cli_ids_of(cli_option_of(c, "vendor"), cli_option_of(c, "class"), &ids) ||
        !cli_option_uint(c, "sequence", 1, LONG_MAX, 0, &sequence)) {
        return CLI_USAGE;
    }
    if (sequence == 0 || out == NULL) {
        cli_error("--sequence N (higher than of any earlier release) and --out FILE are needed");
        return CLI_USAGE;
    }
    uint8_t *image = cli_read_file(args[0], CLI_RELEASE_MAX - CLI_RELEASE_HEAD, &len);
    if (image == NULL) {
        return CLI_FAILED;
    }
    int status = create(&ids, sequence, out, (cot_bytes){image, len});
    free(image);
    return status == CLI_OK && version != NULL && !write_version(out, version) ? CLI_FAILED
                                                                               : status;
}

static const cli_option options[] = {
    {"vendor", "UUID|DOMAIN", "vendor id, as the group has it"},
    {"class", "UUID|NAME", "class id, as the group has it"},
    {"sequence", "N", "must rise with each release: devices refuse lower ones"},
    {"version", "TEXT", "what the image reports as 3/0/3; kept in FILE.version for publish"},
    {"out", "FILE", "the new release file, X.suit"},
    {NULL, NULL, NULL}};

const cli_command cli_release_create = {
    .name = "release create",
    .arguments = "IMAGE --vendor … --class … --sequence N --out FILE",
    .min_args = 1,
    .max_args = 1,
    .summary = "wrap a firmware image into a release file, to be signed",
    .options = options,
    .run = run,
};
