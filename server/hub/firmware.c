/* SPDX-License-Identifier: Apache-2.0 */
/* Releases for workers to serve: the envelope as it was published, in a sealed memfd. It is not checked
 * again: the device decides (rule 15). One copy a release, whoever asks: a worker that asks without end gets
 * descriptors of the same memory. */
#include "server/hub/hub.h"

#include "server/hub/cbor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static cot_status fill(hub *h, const store_release *r, int fd)
{
    uint64_t at = 0;
    uint64_t size = (uint64_t)r->envelope_size;
    while (at < size) {
        size_t n = size - at < sizeof h->payload ? (size_t)(size - at) : sizeof h->payload;
        cot_status s = store_release_read(h->st, r->seq, at, h->payload, n);
        if (s != COT_OK)
            return s;
        if (write(fd, h->payload, n) != (ssize_t)n)
            return COT_E_IO;
        at += n;
    }
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0
               ? COT_OK
               : COT_E_IO;
}

/* The copy that is there; NULL. */
static hub_image *find(hub *h, const store_release *r)
{
    for (size_t i = 0; i < HUB_IMAGES; i++)
        if (h->images[i].seq == r->seq)
            return &h->images[i];
    return NULL;
}

/* The place of the copy that was not asked for longest. */
static hub_image *oldest(hub *h)
{
    hub_image *best = &h->images[0];
    for (size_t i = 1; i < HUB_IMAGES; i++)
        if (h->images[i].used < best->used)
            best = &h->images[i];
    return best;
}

static cot_status load(hub *h, const store_release *r, hub_image **out)
{
    hub_image *image = find(h, r);
    if (image == NULL) {
        int fd = memfd_create("firmware", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        cot_status s = fd < 0 ? COT_E_IO : fill(h, r, fd);
        if (s != COT_OK) {
            if (fd >= 0)
                close(fd);
            return s;
        }
        image = oldest(h);
        hub_image_drop(image);
        *image = (hub_image){r->seq, fd, 0};
    }
    image->used = ++h->image_clock;
    *out = image;
    return COT_OK;
}

void hub_image_drop(hub_image *image)
{
    if (image->seq != 0)
        close(image->fd);
    image->seq = 0;
}

cot_status hub_on_firmware_open(hub *h, const hub_message *m, cot_reader *r)
{
    ipc_firmware_open open;
    store_release release;
    hub_image *image = NULL;
    uint8_t id[STORE_RELEASE_ID];
    ipc_firmware answer = {.status = COT_E_NOT_FOUND};
    int fd = -1;
    cot_status s = ipc_get_firmware_open(r, &open);
    if (s != COT_OK)
        return s;
    answer.id = open.id;
    if (hub_parse_hex(open.name, id, sizeof id))
        answer.status = store_release_get(h->st, id, &release);
    if (answer.status == COT_OK && release.state != STORE_PUBLISHED)
        answer.status = COT_E_NOT_FOUND;
    if (answer.status == COT_OK)
        answer.status = load(h, &release, &image);
    if (answer.status == COT_OK) {
        fd = fcntl(image->fd, F_DUPFD_CLOEXEC, 0);
        answer.size = (uint64_t)release.envelope_size;
        memcpy(answer.etag, release.digest, sizeof answer.etag);
    }
    if ((answer.status == COT_OK && fd < 0) ||
        (answer.status != COT_OK && answer.status != COT_E_NOT_FOUND))
        answer.status = COT_E_AGAIN;
    ipc_put_firmware(hub_begin(h, IPC_NET, m->index, IPC_FIRMWARE), &answer);
    hub_end(h, fd);
    return COT_OK;
}
