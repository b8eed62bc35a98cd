/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing release files. */
#include "cli/release.h"

#include "core/suit/write.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_release_read(const char *file, cli_release *r)
{
    r->bytes = cli_read_file(file, CLI_RELEASE_MAX, &r->len);
    if (r->bytes == NULL) {
        return false;
    }
    cot_status s = cot_suit_envelope_parse((cot_bytes){r->bytes, r->len}, &r->envelope);
    const cot_suit_envelope *e = &r->envelope;
    if (s != COT_OK || !e->has_payload || e->payload_at == 0 ||
        e->payload_len != r->len - e->payload_at) {
        cli_error("%s: is no release: %s", file,
                  s != COT_OK ? cot_status_text(s) : "its image is missing or cut");
        free(r->bytes);
        r->bytes = NULL;
        return false;
    }
    return true;
}

static bool put(FILE *f, cot_bytes b)
{
    return b.len == 0 || fwrite(b.p, 1, b.len, f) == b.len;
}

bool cli_release_write(const char *file, bool replace, cot_bytes manifest,
                       const uint8_t digest[static 36], const uint8_t signature[static 64],
                       cot_bytes payload)
{
    uint8_t head[CLI_RELEASE_HEAD];
    char name[PATH_MAX];
    cot_writer w;
    cot_writer_init(&w, head, sizeof head);
    cot_suit_write_head(&w, digest, signature, manifest, payload.len);
    if (w.err != COT_OK) {
        cli_error("%s: the manifest is too large", file);
        return false;
    }
    (void)snprintf(name, sizeof name, "%.4000s%s", file, replace ? ".new" : "");
    FILE *f = cli_create(name, false);
    if (f == NULL) {
        return false;
    }
    bool ok = put(f, (cot_bytes){head, w.len}) && put(f, payload);
    ok = cli_close(f, name) && ok;
    if (ok && replace && rename(name, file) != 0) {
        cli_error("%s: %s", file, strerror(errno));
        ok = false;
    }
    if (!ok) {
        (void)unlink(name);
    }
    return ok;
}
